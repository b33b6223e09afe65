#include "metrics/decision_curve.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

enum { POINTS = SX_DECISION_POINTS };

static double threshold_of(size_t point) {
    return (double)(point + 1) / 100;
}

/* Net benefit at every threshold, from the highest to the lowest as the levels are. */
static void benefits_of(const sx_levels *l, double prevalence, double *out) {
    const double positives = (double)l->positives, negatives = (double)l->negatives;
    const double abnormal = prevalence > 0 ? prevalence : positives / (positives + negatives);
    uint64_t tp = 0, fp = 0;
    size_t k = 0;
    for (size_t i = POINTS; i-- > 0;) {
        const double t = threshold_of(i);
        while (k < l->count && l->scores[k] >= t) {
            tp += l->pos[k];
            fp += l->neg[k++];
        }
        out[i] = abnormal * (double)tp / positives -
                 (1 - abnormal) * (double)fp / negatives * t / (1 - t);
    }
}

typedef struct job {
    const sx_ranking *ranking;
    const sx_groups *groups;
    const sx_bootstrap *how;
    double prevalence;
    double *values; /* [POINTS][resamples] */
    atomic_bool failed;
} job;

static void resample_range(void *ctx, size_t begin, size_t end) {
    job *j = ctx;
    sx_levels l = { 0 };
    uint32_t *weight = sx_calloc(j->groups->case_count, sizeof *weight);
    uint32_t *scratch = sx_calloc(j->groups->of ? j->groups->count : 1, sizeof *scratch);
    const bool ok = weight && scratch && sx_levels_make(&l, j->ranking, NULL);
    for (size_t b = begin; ok && b < end; b++) {
        double benefits[POINTS];
        sx_resample_cases(j->groups, j->how->seed, b, scratch, weight);
        sx_levels_count(&l, j->ranking, weight);
        const bool both = l.positives && l.negatives;
        if (both) benefits_of(&l, j->prevalence, benefits);
        for (size_t i = 0; i < POINTS; i++)
            j->values[i * j->how->resamples + b] = both ? benefits[i] : (double)NAN;
    }
    if (!ok) atomic_store(&j->failed, true);
    sx_levels_free(&l);
    free(weight);
    free(scratch);
}

static bool add_band(const sx_ranking *r, const sx_groups *groups, double prevalence,
                     const sx_bootstrap *how, sx_decision_curve *out, sx_error *err) {
    double *values = sx_calloc_for(how->resamples, POINTS * sizeof *values, "bands", err);
    if (!values) return false;
    job j = {
        .ranking = r, .groups = groups, .how = how, .prevalence = prevalence, .values = values
    };
    const sx_resample_work w = { .fn = resample_range,
                                 .ctx = &j,
                                 .grain = 50,
                                 .values = values,
                                 .number_count = POINTS,
                                 .failed = &j.failed };
    const bool ok = sx_resample_all(how, &w, err);
    for (size_t i = 0; ok && i < POINTS; i++) {
        double *v = values + i * how->resamples;
        sx_sort_values(v, how->resamples);
        const sx_interval band = sx_percentile_interval(v, how->resamples, how->level);
        out->lows[i] = band.low;
        out->highs[i] = band.high;
    }
    free(values);
    return ok;
}

static void treat_all(sx_decision_curve *out) {
    for (size_t i = 0; i < POINTS; i++) {
        const double t = threshold_of(i);
        out->thresholds[i] = t;
        out->treat_all[i] = out->prevalence - (1 - out->prevalence) * t / (1 - t);
        out->lows[i] = out->highs[i] = (double)NAN;
    }
}

bool sx_decision_curve_of(const unsigned char *labels, const double *scores,
                          const sx_groups *groups, double prevalence, const sx_bootstrap *how,
                          sx_decision_curve *out, sx_error *err) {
    const size_t n = groups->case_count;
    const bool stated = prevalence > 0 && prevalence < 1;
    sx_ranking r;
    sx_levels l = { 0 };
    for (size_t i = 0; i < n; i++)
        if (!(scores[i] >= 0 && scores[i] <= 1))
            return sx_fail(err, SX_ERR_VALUE, "score %g is not in 0..1", scores[i]);
    if (!sx_ranking_make(&r, labels, scores, n, err)) return false;
    bool ok = sx_levels_make(&l, &r, err);
    if (ok && (!l.positives || !l.negatives))
        ok = sx_fail(err, SX_ERR_VALUE, "all %zu cases are of one class: no decision curve", n);
    if (ok) {
        out->prevalence = stated ? prevalence : (double)l.positives / (double)n;
        benefits_of(&l, stated ? prevalence : 0, out->benefits);
        treat_all(out);
        ok = !how->resamples || add_band(&r, groups, stated ? prevalence : 0, how, out, err);
    }
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}
