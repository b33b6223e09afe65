/* The order of films in training. Films are shuffled, films with rare findings are repeated, and
 * films of similar shape are put into batches, which are divided among ranks. The order depends
 * only on the seed, not on threads or timing, and can be continued at any position. */
#ifndef SX_DATA_SAMPLER_H
#define SX_DATA_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* Repeat factors as in LVIS (Gupta et al. 2019, appendix B.2): a class that is on a fraction f of
 * the films has max(1, sqrt(threshold / f)); a film has the largest factor of its classes, or 1
 * without any. classes[first[i] .. first[i + 1]) are those of film i, each in 0 .. class_count-1,
 * where repetitions count once. factors[film_count]. Errors: SX_ERR_VALUE (a class out of range),
 * SX_ERR_MEMORY. */
bool sx_repeat_factors(const size_t *first, const int *classes, size_t film_count, int class_count,
                       double threshold, double *factors, sx_error *err) SX_MUST_USE;

/* Multiplies the factors of the films that are `empty` (have no box) so that they are, on average,
 * this share (0 <= share < 1) of all draws, and gives their number. 0: there are none, and nothing
 * changes. */
size_t sx_share_factors(const uint8_t *empty, size_t film_count, double share, double *factors);

/* The share [*begin, *end) of a rank when each of `count` items is processed once, in order. */
void sx_shard(size_t count, int rank, int world, size_t *begin, size_t *end);

typedef struct sx_sampler_options {
    size_t film_count;     /* at least 1 */
    const double *factors; /* [film_count] each >= 0, copied; NULL: each film once per epoch */
    bool in_order;         /* not shuffled */
    uint64_t seed;
    int rank, world; /* 0 and 0: one process. All ranks pass the same seed. */
} sx_sampler_options;

/* An endless sequence of films, epoch after epoch, of which rank r takes the elements r, r + world,
 * ... In an epoch a film of factor f occurs floor(f) times, and with probability f - floor(f) once
 * more. */
typedef struct sx_sampler sx_sampler;
sx_sampler *sx_sampler_new(const sx_sampler_options *options, sx_error *err) SX_MUST_USE;
void sx_sampler_free(sx_sampler *s); /* NULL is allowed */

size_t sx_sampler_next(sx_sampler *s);             /* the index of a film */
uint64_t sx_sampler_position(const sx_sampler *s); /* how many this rank has taken */
uint64_t sx_sampler_epoch(const sx_sampler *s);    /* of the last film taken, from 0 */
void sx_sampler_seek(sx_sampler *s, uint64_t position);

/* Batches in which all films are of one group, e.g. upright or wide ones, so that little padding is
 * needed. As in Detectron2's AspectRatioGroupedDataset, a batch is returned when a group is
 * full. */
typedef struct sx_batches sx_batches;
/* group[film_count]: 0 .. group_count-1, copied. Takes ownership of `sampler`, also on failure. */
sx_batches *sx_batches_new(sx_sampler *sampler, const uint8_t *group, size_t film_count,
                           int group_count, size_t batch, sx_error *err) SX_MUST_USE;
void sx_batches_free(sx_batches *b);                /* NULL is allowed */
void sx_batches_next(sx_batches *b, size_t *films); /* films[batch]: indices */
/* Continues at the batch of that number, from 0, as an uninterrupted run would. */
void sx_batches_seek(sx_batches *b, uint64_t number);

/* 1 if wider than high: a group for sx_batches_new. */
static inline uint8_t sx_aspect_group(int width, int height) {
    return width > height;
}

#endif
