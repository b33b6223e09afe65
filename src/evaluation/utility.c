#include "evaluation/utility.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static const sx_boot_summary none = { { NAN, NAN }, NAN, NAN, 0 };

/* ---- bootstrap of the table of two by two ---- */

typedef struct job {
    const sx_eval_cases *cases;
    const sx_groups *groups;
    const sx_bootstrap *how;
    double threshold, prevalence;
    double *values; /* [SX_PREDICTIVE_MEASURES][resamples] */
    atomic_bool failed;
} job;

static sx_confusion2 count(const sx_eval_cases *c, double threshold, const uint32_t *weight) {
    sx_confusion2 n = { 0 };
    for (size_t i = 0; i < c->count; i++) {
        const bool called = c->scores[0][i] >= threshold;
        const uint32_t copies = weight ? weight[i] : 1;
        if (c->labels[i])
            *(called ? &n.tp : &n.fn) += copies;
        else
            *(called ? &n.fp : &n.tn) += copies;
    }
    return n;
}

static void resample_range(void *ctx, size_t begin, size_t end) {
    job *j = ctx;
    uint32_t *weight = sx_calloc(j->groups->case_count + 1, sizeof *weight);
    uint32_t *scratch = sx_calloc(j->groups->count + 1, sizeof *scratch);
    const bool ok = weight && scratch;
    for (size_t b = begin; ok && b < end; b++) {
        double v[SX_PREDICTIVE_MEASURES];
        sx_resample_cases(j->groups, j->how->seed, b, scratch, weight);
        const sx_rates r = sx_rates_of(count(j->cases, j->threshold, weight));
        sx_predictive_values(r.sensitivity, r.specificity, j->prevalence, v);
        for (size_t k = 0; k < SX_PREDICTIVE_MEASURES; k++)
            j->values[k * j->how->resamples + b] = v[k];
    }
    if (!ok) atomic_store(&j->failed, true);
    free(weight);
    free(scratch);
}

static bool resample(const sx_eval_input *in, const sx_eval_cases *c, const sx_groups *groups,
                     double threshold, sx_utility *out, sx_error *err) {
    const size_t n = in->boot.resamples;
    job j = { c, groups, &in->boot, threshold, out->prevalence, NULL, false };
    j.values = sx_calloc_for(n, SX_PREDICTIVE_MEASURES * sizeof *j.values, "resamples", err);
    if (!j.values) return false;
    const sx_resample_work w = { .fn = resample_range,
                                 .ctx = &j,
                                 .grain = 100,
                                 .values = j.values,
                                 .number_count = SX_PREDICTIVE_MEASURES,
                                 .failed = &j.failed };
    const bool ok = sx_resample_all(&in->boot, &w, err);
    for (size_t k = 0; ok && k < SX_PREDICTIVE_MEASURES; k++)
        out->boot[k] = sx_boot_summarise(j.values + k * n, n, in->boot.level);
    free(j.values);
    return ok;
}

/* ---- */

/* Bands need fewer resamples than the intervals in tables. */
static bool make_curve(const sx_eval_input *in, const sx_eval_cases *c, const sx_groups *groups,
                       sx_utility *out, sx_error *err) {
    sx_bootstrap bands = in->boot;
    if (bands.resamples > 2000) bands.resamples = 2000;
    out->has_curve = true;
    return sx_decision_curve_of(c->labels, c->scores[0], groups, out->prevalence, &bands,
                                &out->curve, err);
}

bool sx_utility_compute(const sx_eval_input *in, const sx_eval_cases *c, double threshold,
                        double prevalence, bool probabilities, sx_utility *out, sx_error *err) {
    const sx_cases view = sx_eval_cases_view(c);
    const sx_confusion2 n = count(c, threshold, NULL);
    const sx_rates r = sx_rates_of(n);
    const bool both = c->positives && c->positives < c->count;
    *out = (sx_utility){ .prevalence = prevalence };
    sx_predictive_values(r.sensitivity, r.specificity, prevalence, out->values);
    sx_predictive_intervals(n, prevalence, in->boot.level, out->analytic);
    for (int k = 0; k < SX_PREDICTIVE_MEASURES; k++)
        out->boot[k] = none;
    if (!both) return true;
    return (!in->boot.resamples || resample(in, c, &view.groups, threshold, out, err)) &&
           (!probabilities || make_curve(in, c, &view.groups, out, err));
}
