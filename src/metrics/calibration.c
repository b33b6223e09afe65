#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/classification.h"
#include "metrics/sort.h"

static double clip(double v, double eps) {
    return fmin(fmax(v, eps), 1 - eps);
}

/* Newton's method for P(y = 1) = 1 / (1 + exp(-(a + b logit(score)))). */
static void recalibrate(const unsigned char *label, const double *score, size_t n,
                        sx_calibration *out) {
    double a = 0, b = 1;
    out->intercept = out->slope = NAN;
    for (int step = 0; step < 100; step++) {
        double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
        for (size_t i = 0; i < n; i++) {
            double s = clip(score[i], 1e-6), x = log(s / (1 - s));
            double p = 1 / (1 + exp(-(a + b * x))), w = p * (1 - p), r = (label[i] != 0) - p;
            g0 += r;
            g1 += r * x;
            h00 += w;
            h01 += w * x;
            h11 += w * x * x;
        }
        double det = h00 * h11 - h01 * h01;
        if (!(det > 1e-12 * h00 * h11)) return; /* one score only, or separable classes */
        double da = (h11 * g0 - h01 * g1) / det, db = (h00 * g1 - h01 * g0) / det;
        double most = fmax(fabs(da), fabs(db)), damp = most > 2 ? 2 / most : 1;
        a += damp * da;
        b += damp * db;
        if (fabs(a) > 100 || fabs(b) > 100) return;
        if (most < 1e-12) {
            out->intercept = a;
            out->slope = b;
            return;
        }
    }
}

/* edge[0..bins]: where each bin ends in the ascending order of the cases. */
static void cut_bins(const double *score, const uint32_t *down, size_t n, bool by_quantile,
                     sx_calibration *out, size_t *edge) {
    edge[0] = 0;
    for (size_t k = 1; k <= out->bin_count; k++) {
        size_t at = by_quantile ? n * k / out->bin_count : edge[k - 1];
        double high = (double)k / (double)out->bin_count;
        if (by_quantile) {
            if (at < edge[k - 1]) at = edge[k - 1];
            while (at > 0 && at < n && score[down[n - 1 - at]] == score[down[n - at]])
                at++;
        } else {
            while (at < n && (k == out->bin_count || score[down[n - 1 - at]] < high))
                at++;
        }
        edge[k] = at;
    }
}

/* The cases of bin k are down[n - 1 - i] for i in [edge[k], edge[k + 1]). */
static bool fill_bin(const unsigned char *label, const double *score, const sx_groups *groups,
                     const uint32_t *down, const size_t *edge, size_t k, bool by_quantile,
                     double level, signed char *outcomes, sx_calibration *out, sx_error *err) {
    const size_t n = groups->case_count;
    sx_reliability_bin *b = &out->bins[k];
    sx_proportion rate;
    double sum = 0;
    memset(outcomes, -1, n);
    b->n = edge[k + 1] - edge[k];
    for (size_t i = edge[k]; i < edge[k + 1]; i++) {
        sum += score[down[n - 1 - i]];
        outcomes[down[n - 1 - i]] = label[down[n - 1 - i]] != 0;
    }
    if (!sx_proportion_of_cases(outcomes, groups, level, &rate, err)) return false;
    const bool some = b->n > 0;
    b->low = !by_quantile ? (double)k / (double)out->bin_count
             : some       ? score[down[n - 1 - edge[k]]]
                          : NAN;
    b->high = !by_quantile ? (double)(k + 1) / (double)out->bin_count
              : some       ? score[down[n - edge[k + 1]]]
                           : NAN;
    b->positives = (size_t)rate.k;
    b->mean_score = some ? sum / (double)b->n : NAN;
    b->rate = rate.value;
    b->interval = rate.interval;
    const double gap = some ? fabs(b->rate - b->mean_score) : 0;
    out->ece += gap * (double)b->n / (double)n;
    out->mce = fmax(out->mce, gap);
    return true;
}

bool sx_calibrate(const unsigned char *label, const double *score, const sx_groups *groups,
                  size_t bin_count, bool by_quantile, double level, sx_calibration *out,
                  sx_error *err) {
    const size_t n = groups->case_count;
    *out = (sx_calibration){ .bin_count = bin_count };
    if (bin_count == 0 || bin_count > SX_RELIABILITY_BINS_MAX)
        return sx_fail(err, SX_ERR_USAGE, "%zu reliability bins; 1 to %d", bin_count,
                       SX_RELIABILITY_BINS_MAX);
    if (n == 0) return sx_fail(err, SX_ERR_VALUE, "no case to calibrate on");
    for (size_t i = 0; i < n; i++)
        if (!(score[i] >= 0 && score[i] <= 1))
            return sx_fail(err, SX_ERR_VALUE, "score %g is not a probability", score[i]);
    size_t edge[SX_RELIABILITY_BINS_MAX + 1];
    uint32_t *down = sx_calloc_for(n, sizeof *down, "scores", err);
    signed char *outcomes = sx_calloc_for(n, 1, "scores", err);
    bool ok = down && outcomes && sx_sort_descending(score, n, down, err);
    if (ok) cut_bins(score, down, n, by_quantile, out, edge);
    for (size_t k = 0; ok && k < bin_count; k++)
        ok = fill_bin(label, score, groups, down, edge, k, by_quantile, level, outcomes, out, err);
    free(down);
    free(outcomes);
    if (!ok) return false;
    for (size_t i = 0; i < n; i++) {
        double y = label[i] != 0, s = clip(score[i], 1e-15);
        out->brier += (y - score[i]) * (y - score[i]) / (double)n;
        out->log_loss -= (label[i] ? log(s) : log(1 - s)) / (double)n;
    }
    recalibrate(label, score, n, out);
    return true;
}
