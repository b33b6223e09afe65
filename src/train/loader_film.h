/* The films of a training set. */
#ifndef SX_TRAIN_LOADER_FILM_H
#define SX_TRAIN_LOADER_FILM_H

#include "data/augment.h"

/* One film of the training set; owned by the caller, must outlive the loader. */
typedef struct sx_loader_film {
    const char *id, *path;
    const sx_film_box *boxes; /* in pixels of the film */
    const int *labels;        /* [count] */
    size_t count;
    float target;      /* classifiers: 1 abnormal, 0 normal */
    int width, height; /* 0: not known */
} sx_loader_film;

/* Whether the boxes name all findings of a film: it has some, or is normal. */
static inline bool sx_loader_film_known(const sx_loader_film *f) {
    return f->count > 0 || f->target < 0.5F;
}

#endif
