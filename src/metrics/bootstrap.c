#include "metrics/bootstrap.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "data/sampler.h"
#include "metrics/sort.h"
#include "train/comm.h"

typedef struct part {
    const sx_context *context;
    const sx_resample_work *work;
    size_t first;
} part;

/* A few resamples at a time, so that a cancelled run ends soon. */
static void run_part(void *ctx, size_t begin, size_t end) {
    const part *p = ctx;
    const size_t step = p->work->grain > 0 ? p->work->grain : 1;
    for (size_t at = begin; at < end && !sx_context_cancelled(p->context); at += step)
        p->work->fn(p->work->ctx, p->first + at, p->first + (at + step < end ? at + step : end));
}

bool sx_resample_all(const sx_bootstrap *how, const sx_resample_work *w, sx_error *err) {
    size_t begin, end;
    sx_shard(how->resamples, sx_comm_rank(how->comm), sx_comm_size(how->comm), &begin, &end);
    part p = { how->context, w, begin };
    sx_parallel_for(how->context, end - begin, w->grain, run_part, &p);
    /* Each rank has zeros in the columns of the others. */
    sx_comm_sum(how->comm, w->values, w->number_count * how->resamples);
    const bool ok =
        sx_context_check(how->context, err) &&
        (!atomic_load(w->failed) || sx_fail(err, SX_ERR_MEMORY, "out of memory in the bootstrap"));
    return sx_comm_all_succeeded(how->comm, ok, err);
}

void sx_resample_groups(uint64_t seed, size_t b, size_t count, uint32_t *copies) {
    uint64_t key = sx_rng_key("eval/bootstrap", seed);
    memset(copies, 0, count * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        uint64_t u = sx_rng_u64(key, (uint64_t)b * count + i) >> 32;
        /* The probabilities differ by less than count / 2^32. */
        copies[u * count >> 32]++;
    }
}

void sx_resample_cases(const sx_groups *g, uint64_t seed, size_t b, uint32_t *scratch,
                       uint32_t *weight) {
    if (!g->of) {
        sx_resample_groups(seed, b, g->case_count, weight);
        return;
    }
    sx_resample_groups(seed, b, g->count, scratch);
    for (size_t i = 0; i < g->case_count; i++)
        weight[i] = scratch[g->of[i]];
}

sx_boot_summary sx_boot_summarise(double *values, size_t n, double level) {
    sx_boot_summary s = { .mean = NAN, .se = NAN };
    sx_sort_values(values, n);
    s.interval = sx_percentile_interval(values, n, level);
    while (s.defined < n && !isnan(values[s.defined]))
        s.defined++;
    if (s.defined == 0) return s;
    double sum = 0, square = 0;
    for (size_t i = 0; i < s.defined; i++)
        sum += values[i];
    s.mean = sum / (double)s.defined;
    for (size_t i = 0; i < s.defined; i++)
        square += (values[i] - s.mean) * (values[i] - s.mean);
    if (s.defined > 1) s.se = sqrt(square / (double)(s.defined - 1));
    return s;
}

double sx_boot_p(const double *difference, size_t n) {
    size_t below = 0, above = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        all += !isnan(difference[i]);
        below += difference[i] <= 0;
        above += difference[i] >= 0;
    }
    if (!all) return NAN;
    return fmin(2 * (double)((below < above ? below : above) + 1) / (double)(all + 1), 1);
}
