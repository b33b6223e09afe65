/* Bootstrap resamples of groups (films, studies, patients). A resample is a number of copies for
 * each group. Resample b of a seed depends neither on the number of threads or ranks nor on what is
 * computed from it. Two models, or two measures, that are evaluated with the same seed are
 * therefore compared on the same resamples. */
#ifndef SX_METRICS_BOOTSTRAP_H
#define SX_METRICS_BOOTSTRAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "metrics/interval.h"

typedef struct sx_groups {
    /* [case_count] group of each case; NULL: every case is a group of its own */
    const uint32_t *of;
    size_t case_count, count; /* cases; groups */
} sx_groups;

static inline uint32_t sx_group_of(const sx_groups *g, size_t i) {
    return g->of ? g->of[i] : (uint32_t)i;
}

static inline size_t sx_group_count(const sx_groups *g) {
    return g->of ? g->count : g->case_count;
}

typedef struct sx_bootstrap {
    size_t resamples; /* usually 10,000 for classification, 1,000 for detection */
    uint64_t seed;
    double level;              /* of the intervals, e.g. 0.95 */
    const sx_context *context; /* threads and cancellation; NULL: one thread */
    struct sx_comm *comm; /* ranks that share the resamples (train/comm.h); NULL: one process */
} sx_bootstrap;

/* fn(ctx, begin, end) computes a range of at most `grain` resamples, from any thread. */
typedef struct sx_resample_work {
    sx_range_fn *fn;
    void *ctx;
    size_t grain;
    double *values; /* [number_count][resamples], all 0; fn sets column b for resample b */
    size_t number_count;
    const atomic_bool *failed; /* set by fn when memory ran out */
} sx_resample_work;

/* Computes all resamples, a part on each rank, and gives all ranks the complete `values`. Errors:
 * SX_ERR_MEMORY, SX_ERR_CANCELLED (soon after the context was cancelled). */
bool sx_resample_all(const sx_bootstrap *how, const sx_resample_work *w, sx_error *err) SX_MUST_USE;

/* copies[g]: how often resample b draws group g, in `count` draws with replacement. */
void sx_resample_groups(uint64_t seed, size_t b, size_t count, uint32_t *copies);
/* weight[i]: how often resample b counts case i. `scratch` has room for g->count numbers (not used
 * when g->of is NULL). */
void sx_resample_cases(const sx_groups *g, uint64_t seed, size_t b, uint32_t *scratch,
                       uint32_t *weight);

typedef struct sx_boot_summary {
    sx_interval interval; /* percentiles */
    double mean, se;      /* with an infinite resample: mean infinite, se NaN */
    size_t defined;       /* resamples in which the number is not NaN */
} sx_boot_summary;
/* Summarises the n resamples of one number and sorts them in place. */
sx_boot_summary sx_boot_summarise(double *values, size_t n, double level);
/* Two-sided p value of the hypothesis that a difference is 0: twice the smaller share of resamples
 * on either side of 0, where each side counts the ties and one more (Davison & Hinkley 1997,
 * section 4.2.5), at most 1. NaN is left out. */
double sx_boot_p(const double *difference, size_t n);

#endif
