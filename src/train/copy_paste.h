/* The boxes of rare classes in a training set, of which one is drawn for copy-paste. */
#ifndef SX_TRAIN_COPY_PASTE_H
#define SX_TRAIN_COPY_PASTE_H

#include "train/loader_film.h"

typedef struct sx_donor {
    size_t film, box; /* of the film */
} sx_donor;

/* Classes that have at most as many boxes as the mean class with boxes are rare. */
typedef struct sx_donors {
    sx_donor *items;
    size_t *first; /* [class_count + 1] of each rare class in `items` */
    int class_count;
} sx_donors;

/* Labels are 0 .. classes - 1. Error: SX_ERR_MEMORY. */
bool sx_donors_make(sx_donors *d, const sx_loader_film *films, size_t count, int classes,
                    sx_error *err) SX_MUST_USE;
void sx_donors_free(sx_donors *d); /* {0} is allowed */

/* Draws a rare class, each alike, and one of its boxes on another film than `film`. NULL: ten draws
 * gave none, or there is no box at all. */
const sx_donor *sx_donors_draw(const sx_donors *d, size_t film, const sx_draws *draws);

#endif
