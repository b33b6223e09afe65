#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/classification.h"
#include "metrics/sort.h"

enum { POINTS = SX_CURVE_POINTS };

/* Sensitivity at each 1 - specificity of the grid, linear between the points of the ROC curve; the
 * upper end where the curve rises vertically. */
static void roc_on_grid(const sx_levels *l, double *out) {
    double p = (double)l->positives, n = (double)l->negatives, x0 = 0, y0 = 0;
    size_t g = 0, k = 0;
    uint64_t tp = 0, fp = 0;
    while (g < POINTS) {
        double at = (double)g / (POINTS - 1);
        double x1 = x0, y1 = y0;
        while (k < l->count) {
            x1 = (double)(fp + l->neg[k]) / n;
            y1 = (double)(tp + l->pos[k]) / p;
            if (x1 > at) break;
            fp += l->neg[k];
            tp += l->pos[k];
            x0 = x1;
            y0 = y1;
            k++;
        }
        out[g++] = k < l->count && x1 > x0 ? y0 + (y1 - y0) * (at - x0) / (x1 - x0) : y0;
    }
}

/* Precision at the highest threshold that reaches each recall of the grid, without interpolation;
 * at recall 0 the precision of the highest score. */
static void pr_on_grid(const sx_levels *l, double *out) {
    uint64_t tp = 0, called = 0;
    size_t k = 0;
    for (size_t g = 0; g < POINTS; g++) {
        double need = (double)g / (POINTS - 1) * (double)l->positives - 1e-9;
        while (k < l->count && (called == 0 || (double)tp < need)) {
            tp += l->pos[k];
            called += (uint64_t)l->pos[k] + l->neg[k];
            k++;
        }
        out[g] = called ? (double)tp / (double)called : NAN;
    }
}

typedef struct band_job {
    const sx_ranking *ranking;
    const sx_groups *groups;
    const sx_bootstrap *how;
    double *value; /* [2 * POINTS][resamples] */
    atomic_bool failed;
} band_job;

static void band_range(void *ctx, size_t begin, size_t end) {
    band_job *job = ctx;
    sx_levels l = { 0 };
    uint32_t *weight = sx_calloc(job->groups->case_count, sizeof *weight);
    uint32_t *scratch = sx_calloc(job->groups->of ? job->groups->count : 1, sizeof *scratch);
    bool ok = weight && scratch && sx_levels_make(&l, job->ranking, NULL);
    for (size_t b = begin; ok && b < end; b++) {
        double grid[2 * POINTS];
        sx_resample_cases(job->groups, job->how->seed, b, scratch, weight);
        sx_levels_count(&l, job->ranking, weight);
        bool both = l.positives && l.negatives;
        if (both) {
            roc_on_grid(&l, grid);
            pr_on_grid(&l, grid + POINTS);
        }
        for (size_t g = 0; g < 2 * POINTS; g++)
            job->value[g * job->how->resamples + b] = both ? grid[g] : NAN;
    }
    if (!ok) atomic_store(&job->failed, true);
    sx_levels_free(&l);
    free(weight);
    free(scratch);
}

static bool bands(const sx_ranking *r, const sx_groups *groups, const sx_bootstrap *how,
                  sx_curves *out, sx_error *err) {
    double *value = sx_calloc_for(how->resamples, 2 * POINTS * sizeof *value, "bands", err);
    if (!value) return false;
    band_job job = { .ranking = r, .groups = groups, .how = how, .value = value };
    const sx_resample_work w = { .fn = band_range,
                                 .ctx = &job,
                                 .grain = 50,
                                 .values = value,
                                 .number_count = 2 * POINTS,
                                 .failed = &job.failed };
    const bool ok = sx_resample_all(how, &w, err);
    for (size_t g = 0; ok && g < 2 * POINTS; g++) {
        double *v = value + g * how->resamples;
        sx_sort_values(v, how->resamples);
        sx_interval i = sx_percentile_interval(v, how->resamples, how->level);
        *(g < POINTS ? &out->roc_low[g] : &out->pr_low[g - POINTS]) = i.low;
        *(g < POINTS ? &out->roc_high[g] : &out->pr_high[g - POINTS]) = i.high;
    }
    free(value);
    return ok;
}

bool sx_class_curves(const unsigned char *label, const double *score, const sx_groups *groups,
                     const sx_bootstrap *how, sx_curves *out, sx_error *err) {
    sx_ranking r;
    sx_levels l = { 0 };
    if (!sx_ranking_make(&r, label, score, groups->case_count, err)) return false;
    bool ok = sx_levels_make(&l, &r, err);
    if (ok && (!l.positives || !l.negatives))
        ok = sx_fail(err, SX_ERR_VALUE, "all %zu cases are of one class: no curve",
                     groups->case_count);
    for (size_t g = 0; ok && g < POINTS; g++) {
        out->x[g] = (double)g / (POINTS - 1);
        out->roc_low[g] = out->roc_high[g] = out->pr_low[g] = out->pr_high[g] = NAN;
    }
    if (ok) {
        roc_on_grid(&l, out->roc);
        pr_on_grid(&l, out->pr);
    }
    if (ok && how->resamples) ok = bands(&r, groups, how, out, err);
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}
