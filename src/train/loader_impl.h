/* One sample of a loader; only for loader.c. */
#ifndef SX_TRAIN_LOADER_IMPL_H
#define SX_TRAIN_LOADER_IMPL_H

#include <pthread.h>

#include "train/copy_paste.h"
#include "train/loader.h"

/* The source of films: the cache file, else memory, else their own files. For any number of
 * threads. */
typedef struct sx_samples {
    const sx_loader_film *films;
    size_t count;
    sx_loader_options o;
    sx_fit fit;
    pthread_mutex_t lock; /* of what follows */
    sx_fitted *kept;      /* [count]; no pixels: not kept */
    size_t bytes;
    sx_donors donors;          /* if o.copy_paste */
    double *read, *unreadable; /* [count] 1: the film could be read, could not; numbers for sums */
} sx_samples;

bool sx_samples_init(sx_samples *s, const sx_loader_film *films, size_t count,
                     const sx_loader_options *o, sx_error *err) SX_MUST_USE;
void sx_samples_free(sx_samples *s);

/* Film i as the sample at position `place` in the whole run; only the position determines the
 * random numbers. The previous content of `out` is freed, also on failure. */
bool sx_samples_make(sx_samples *s, size_t i, uint64_t place, sx_example *out,
                     sx_error *err) SX_MUST_USE;
void sx_sample_free(sx_example *e); /* and clears it */

#endif
