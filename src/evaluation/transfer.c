#include "evaluation/transfer.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

/* ---- quantiles ---- */

/* Linear between order statistics. */
static double quantile(const double *sorted, size_t n, double q) {
    const double at = q * (double)(n - 1);
    const size_t i = (size_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* set 0: all cases, 1: abnormal ones, 2: normal ones. Returns their count. */
static size_t gather(const sx_eval_cases *c, size_t set, double *out) {
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        if (set == 0 || (set == 1) == (c->labels[i] != 0)) out[n++] = c->scores[0][i];
    sx_sort_values(out, n);
    return n;
}

static bool make_quantiles(const sx_eval_cases *c, sx_score_quantiles *out, sx_error *err) {
    double *values = sx_calloc_for(c->count + 1, sizeof *values, "scores", err);
    for (size_t set = 0; values && set < SX_SCORE_SETS; set++) {
        const size_t n = gather(c, set, values);
        for (size_t k = 0; k < SX_SCORE_QUANTILES; k++)
            out->values[set][k] =
                n ? quantile(values, n, (double)k / (SX_SCORE_QUANTILES - 1)) : (double)NAN;
    }
    free(values);
    return values != NULL;
}

/* ---- */

static bool measure_distances(const sx_eval_cases *c, const sx_score_quantiles *earlier,
                              sx_transfer *out, sx_error *err) {
    double *values = sx_calloc_for(c->count + 1, sizeof *values, "scores", err);
    for (size_t set = 0; values && set < SX_SCORE_SETS; set++) {
        const double *before = earlier->values[set];
        const size_t n = gather(c, set, values), m = isnan(before[0]) ? 0 : SX_SCORE_QUANTILES;
        out->ks[set] = sx_ks_distance(before, m, values, n);
        out->wasserstein[set] = sx_wasserstein_distance(before, m, values, n);
    }
    free(values);
    return values != NULL;
}

static bool recalibrate(const sx_eval_input *in, const sx_eval_cases *c, sx_transfer *out,
                        sx_error *err) {
    const sx_calibration *k = &out->before;
    double *values = sx_calloc_for(c->count + 1, sizeof *values, "scores", err);
    if (!values) return false;
    for (size_t i = 0; i < c->count; i++) {
        const double s = fmin(fmax(c->scores[0][i], 1e-6), 1 - 1e-6);
        values[i] = 1 / (1 + exp(-(k->intercept + k->slope * log(s / (1 - s)))));
    }
    out->recalibrated = true;
    const sx_cases view = sx_eval_cases_view(c);
    const bool ok = sx_calibrate(c->labels, values, &view.groups, k->bin_count, false,
                                 in->boot.level, &out->after, err);
    free(values);
    return ok;
}

static bool choose_here(const sx_eval_cases *c, sx_transfer *out, sx_error *err) {
    sx_ranking r;
    sx_levels l = { 0 };
    out->threshold = out->sensitivity = out->specificity = (double)NAN;
    if (!c->positives || c->positives == c->count) return true;
    if (!sx_ranking_make(&r, c->labels, c->scores[0], c->count, err)) return false;
    const bool ok = sx_levels_make(&l, &r, err);
    if (ok) {
        out->threshold = sx_youden(&l);
        const sx_rates rates = sx_rates_of(sx_confusion_at(&l, out->threshold));
        out->sensitivity = rates.sensitivity;
        out->specificity = rates.specificity;
    }
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}

bool sx_transfer_compute(const sx_eval_input *in, const sx_eval_cases *c, const char *from,
                         const char *name, const sx_calibration *calibration, sx_transfer *out,
                         sx_error *err) {
    sx_score_quantiles earlier;
    *out = (sx_transfer){ .external = from != NULL, .calibrated = calibration != NULL };
    if (!make_quantiles(c, &out->scores, err)) return false;
    if (!from) return true;
    if (!sx_earlier_scores(from, name, &earlier, &out->has_earlier, err) ||
        !choose_here(c, out, err) ||
        (out->has_earlier && !measure_distances(c, &earlier, out, err)))
        return false;
    if (!calibration) return true;
    const sx_cases view = sx_eval_cases_view(c);
    if (!sx_external_calibration(c->labels, c->scores[0], &view.groups, in->boot.level,
                                 &out->calibration, err))
        return false;
    out->before = *calibration;
    return isnan(calibration->slope) || recalibrate(in, c, out, err);
}
