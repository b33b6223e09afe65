/* Which film comes when: shuffled without end, rare findings more often, split over ranks, in
 * batches of films of like shape. The order depends on the seed alone, never on threads or timing,
 * and can be taken up at any place. */
#ifndef SX_DATA_SAMPLER_H
#define SX_DATA_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Repeat factors of LVIS (Gupta et al. 2019, appendix B.2): for a class that is on a fraction f of
 * the films r = max(1, sqrt(threshold / f)); a film's factor is the highest of its classes', 1 for
 * one without. classes[first[i] .. first[i + 1]) are those of film i (repetitions do not count),
 * each in 0..class_count. SX_ERR_VALUE: a class beyond that range; SX_ERR_MEMORY. */
bool sx_repeat_factors(const size_t *first, const int *classes, size_t films, int class_count,
                       double threshold, double *factors, sx_error *err) SX_MUST_USE;

/* Films [*begin, *end) of rank `rank` of `world` when each is to be seen once, in order:
 * evaluation. */
void sx_shard(size_t films, int rank, int world, size_t *begin, size_t *end);

typedef struct sx_sampler_options {
    size_t film_count;     /* at least 1 */
    const double *factors; /* [film_count], each >= 0, copied; NULL: each film once an epoch */
    bool in_order;         /* not shuffled */
    uint64_t seed;
    int rank, world; /* 0 and 0: one process. All ranks give the same seed. */
} sx_sampler_options;

/* An endless row of films, epoch after epoch; rank r takes its elements r, r + world, ... In an
 * epoch a film of factor f stands floor(f) times and with probability f - floor(f) once more. */
typedef struct sx_sampler sx_sampler;
sx_sampler *sx_sampler_new(const sx_sampler_options *options, sx_error *err) SX_MUST_USE;
void sx_sampler_free(sx_sampler *s); /* NULL is allowed */

size_t sx_sampler_next(sx_sampler *s);             /* the index of a film */
uint64_t sx_sampler_position(const sx_sampler *s); /* how many this rank has taken */
uint64_t sx_sampler_epoch(const sx_sampler *s);    /* that of the last film taken, from 0 */
void sx_sampler_seek(sx_sampler *s, uint64_t position);

/* Batches of films of one group each, e.g. upright and lying ones, so that little is padded. A
 * batch is given out as soon as a group is full, as Detectron2's AspectRatioGroupedDataset does. */
typedef struct sx_batches sx_batches;
/* group: [films], 0..groups-1, copied. Owns `sampler` from then on, also when it fails. */
sx_batches *sx_batches_new(sx_sampler *sampler, const uint8_t *group, size_t films, int groups,
                           size_t batch, sx_error *err) SX_MUST_USE;
void sx_batches_free(sx_batches *b);                /* NULL is allowed */
void sx_batches_next(sx_batches *b, size_t *films); /* fills `batch` indices */
/* Goes to the batch of that number, from 0: the next one then equals that of an uninterrupted
 * run. */
void sx_batches_seek(sx_batches *b, uint64_t number);

/* 1 if wider than high: the groups of sx_batches_new. */
static inline uint8_t sx_aspect_group(int width, int height) {
    return width > height;
}

#endif
