/* Makes batches of films: separate threads read, resize and augment films while the network works,
 * two batches ahead of it. The content of batch k depends only on the seed and on k, not on the
 * threads or on the cache. Each film is first resized to the size for training (sx_loader_fit), the
 * size that caches hold. Memory is limited to three batches, one full-size film per thread, and
 * cache_bytes. */
#ifndef SX_TRAIN_LOADER_H
#define SX_TRAIN_LOADER_H

#include "data/augment.h"
#include "data/film_cache.h"
#include "train/loader_film.h"
#include "train/trainer.h"

typedef struct sx_loader_options {
    const sx_context *context; /* threads and messages; borrowed; NULL: one thread, silent */
    int batch;                 /* films of a step, of all ranks together */
    int rank, ranks;           /* this rank reads its part of each batch; 0 and 0: one process */
    uint64_t seed;
    sx_pixels pixels;
    /* classifiers: the fixed size, with a flip as the only augmentation; 0: as in `augment` */
    int width, height;
    bool
        letterbox; /* classifiers: films keep their aspect ratio in this size (image/letterbox.h) */
    sx_augment_options augment; /* flip probability in both cases */
    /* LVIS's repeat factors (the authors' 0.1); 0: every film once an epoch */
    double repeat_threshold;
    /* Detectors: the share of draws, 0 to 1 (excluded), that are films without boxes; 0: as many
     * as there are. */
    double empty_share;
    /* Detectors: the share of samples, 0 to 1, that get a box of a rare class of another film
     * (copy_paste.h, data/paste.h); 0: none. */
    double copy_paste;
    /* Classifiers: alpha of MixUp, 0 < alpha <= 1 (sx_augment_mix; the partner is any film of the
     * set); 0: none. And sx_augment_mild. */
    double mixup;
    bool mild;
    bool group_by_aspect; /* separate batches for portrait and landscape films */
    /* of the same films, in order, in sx_loader_fit's size; NULL: none; not owned */
    const sx_film_cache *store;
    sx_film_notes *notes; /* receives warnings about films that are read; borrowed; may be NULL */
    /* films that are not in the cache are kept in memory up to this size; 0: 1 GiB */
    size_t cache_bytes;
    int threads; /* 0: as many as the context has; at most 8 */
    /* An unreadable film is logged once and becomes an empty film without boxes; otherwise it is an
     * error. */
    bool skip_unreadable;
    /* Detectors: of the boxes' labels. Classifiers: the network's outputs. Output 0 is the film's
     * target, output 1 + k whether it has a box of label k; the latter are not known (NaN) of an
     * abnormal film without boxes. 0: 1. */
    int classes;
} sx_loader_options;

typedef struct sx_loader sx_loader;

/* Errors: SX_ERR_MISSING (no films), SX_ERR_VALUE (a label that is not a class; names the film),
 * SX_ERR_USAGE (a batch that cannot be divided evenly). */
sx_loader *sx_loader_new(const sx_loader_film *films, size_t count, const sx_loader_options *o,
                         sx_error *err) SX_MUST_USE;
void sx_loader_free(sx_loader *f);
int sx_loader_batch(const sx_loader *f); /* films in a batch, of this rank */
/* The size for training: the fixed one, or the largest shorter side that may be drawn. */
sx_fit sx_loader_fit(const sx_loader_options *o);
/* Seconds that callers of sx_loader_next have spent in it so far. */
double sx_loader_waited(const sx_loader *f);
typedef struct sx_loader_counts {
    size_t read, unreadable; /* films that were drawn so far, each counted once */
} sx_loader_counts;
/* All ranks call it together, when they need no more batches; comm NULL: one process. */
sx_loader_counts sx_loader_count_films(sx_loader *f, sx_comm *comm);
/* The next batch: sx_loader_batch samples, valid until the next call. Errors: those of reading a
 * film, which they name. */
const sx_example *sx_loader_next(sx_loader *f, sx_error *err) SX_MUST_USE;
/* Goes to batch `number`, from 0. Only before the first sx_loader_next. */
void sx_loader_seek(sx_loader *f, uint64_t number);

#endif
