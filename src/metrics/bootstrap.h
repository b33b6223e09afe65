/* Bootstrap resamples of groups (films, studies, patients), as numbers of copies. Resample b of a
 * seed is the same whatever the thread, and whatever else is computed from it: two models, or two
 * measures, evaluated with one seed are compared on the same resamples. */
#ifndef SX_METRICS_BOOTSTRAP_H
#define SX_METRICS_BOOTSTRAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context.h"
#include "base/error.h"
#include "metrics/interval.h"

typedef struct sx_groups {
    const uint32_t
        *of; /* [case_count] group of each case, 0 .. count-1; NULL: every case is its own group */
    size_t case_count, count;
} sx_groups;

typedef struct sx_bootstrap {
    size_t resamples; /* 10,000 for classification, 1,000 for detection */
    uint64_t seed;
    double level;              /* 0.95 */
    const sx_context *context; /* threads; NULL: one */
    struct sx_comm *comm; /* ranks that share the resamples (train/comm.h); NULL: one process */
} sx_bootstrap;

/* How resamples are made: fn(ctx, begin, end) for ranges of at least `grain`, on all threads. */
typedef struct sx_resample_work {
    sx_range_fn *fn;
    void *ctx;
    size_t grain;
    double
        *values; /* [number_count][resamples], zeros at first; fn writes column b of resample b */
    size_t number_count;
    const atomic_bool *failed; /* fn could not, for want of memory */
} sx_resample_work;

/* All of them, each rank its part; then all ranks have the whole of `value`. Error:
 * SX_ERR_MEMORY. */
bool sx_resample_all(const sx_bootstrap *how, const sx_resample_work *w, sx_error *err) SX_MUST_USE;

/* copies[g] of each group in resample b; `count` draws with replacement. */
void sx_resample_groups(uint64_t seed, size_t b, size_t count, uint32_t *copies);
/* weight[i] of each case in resample b; `scratch` holds groups->count numbers (unused without
 * `of`). */
void sx_resample_cases(const sx_groups *g, uint64_t seed, size_t b, uint32_t *scratch,
                       uint32_t *weight);

/* What the resamples say about one number. `values` is sorted in place. */
typedef struct sx_boot_summary {
    sx_interval interval; /* percentiles */
    double mean, se;
    size_t defined; /* resamples in which the number exists (both classes present, denominator not
                       0) */
} sx_boot_summary;
sx_boot_summary sx_boot_summarise(double *values, size_t n, double level);
/* Two-sided p of "the difference is 0": twice the smaller share of resamples on either side, each
 * side counting ties and one more (Davison & Hinkley 1997, 4.2.5), at most 1. NaN are left out. */
double sx_boot_p(const double *difference, size_t n);

#endif
