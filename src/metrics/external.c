#include "metrics/external.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

static double logit(double score) {
    const double s = fmin(fmax(score, 1e-6), 1 - 1e-6);
    return log(s / (1 - s));
}

/* Newton's method; the log likelihood is concave in the intercept. */
static double fit_intercept(const unsigned char *labels, const double *scores, size_t n,
                            double *information) {
    double intercept = 0;
    for (int step = 0; step < 100; step++) {
        double gradient = 0;
        *information = 0;
        for (size_t i = 0; i < n; i++) {
            const double p = 1 / (1 + exp(-intercept - logit(scores[i])));
            gradient += (labels[i] != 0) - p;
            *information += p * (1 - p);
        }
        const double change = fmax(fmin(gradient / *information, 4), -4);
        intercept += change;
        if (fabs(change) < 1e-13) break;
    }
    return intercept;
}

/* The log of observed / expected: its variance is that of the sum of label - ratio score. */
static bool compare_counts(const unsigned char *labels, const double *scores,
                           const sx_groups *groups, double z, double *residuals, sx_external *e,
                           sx_error *err) {
    const size_t n = groups->case_count;
    for (size_t i = 0; i < n; i++)
        residuals[i] = (labels[i] != 0) - e->ratio * scores[i];
    if (!sx_design_effect(residuals, groups, &e->ratio_effect, err)) return false;
    const double half = z * sqrt(e->ratio_effect * (1 - e->observed / (double)n) / e->observed);
    e->ratio_interval = (sx_interval){ e->ratio * exp(-half), e->ratio * exp(half) };
    return true;
}

static bool shift_scores(const unsigned char *labels, const double *scores, const sx_groups *groups,
                         double z, double *residuals, sx_external *e, sx_error *err) {
    double information;
    const double a = fit_intercept(labels, scores, groups->case_count, &information);
    for (size_t i = 0; i < groups->case_count; i++)
        residuals[i] = (labels[i] != 0) - 1 / (1 + exp(-a - logit(scores[i])));
    if (!sx_design_effect(residuals, groups, &e->in_the_large_effect, err)) return false;
    const double half = z * sqrt(e->in_the_large_effect / information);
    e->in_the_large = a;
    e->in_the_large_interval = (sx_interval){ a - half, a + half };
    return true;
}

bool sx_external_calibration(const unsigned char *labels, const double *scores,
                             const sx_groups *groups, double level, sx_external *out,
                             sx_error *err) {
    const double z = -sx_normal_quantile((1 - level) / 2);
    const size_t n = groups->case_count;
    sx_external e = { .in_the_large = NAN,
                      .in_the_large_interval = { NAN, NAN },
                      .ratio = NAN,
                      .ratio_interval = { NAN, NAN },
                      .in_the_large_effect = NAN,
                      .ratio_effect = NAN };
    double *residuals = sx_calloc_for(n + 1, sizeof *residuals, "calibration", err);
    bool ok = residuals != NULL;
    for (size_t i = 0; i < n; i++) {
        e.observed += labels[i] != 0;
        e.expected += scores[i];
    }
    if (e.expected > 0) e.ratio = e.observed / e.expected;
    if (ok && e.observed > 0 && e.expected > 0)
        ok = compare_counts(labels, scores, groups, z, residuals, &e, err);
    if (ok && e.observed > 0 && e.observed < (double)n)
        ok = shift_scores(labels, scores, groups, z, residuals, &e, err);
    free(residuals);
    *out = e;
    return ok;
}

/* ---- distances ---- */

typedef struct distances {
    double largest, area;
} distances;

static distances compare(const double *a, size_t a_count, const double *b, size_t b_count) {
    distances d = { 0, 0 };
    size_t i = 0, k = 0;
    double last = 0, difference = 0;
    if (!a_count || !b_count) return (distances){ NAN, NAN };
    while (i < a_count || k < b_count) {
        const double at = k == b_count || (i < a_count && a[i] <= b[k]) ? a[i] : b[k];
        if (i + k > 0) d.area += fabs(difference) * (at - last);
        while (i < a_count && a[i] <= at)
            i++;
        while (k < b_count && b[k] <= at)
            k++;
        difference = (double)i / (double)a_count - (double)k / (double)b_count;
        d.largest = fmax(d.largest, fabs(difference));
        last = at;
    }
    return d;
}

double sx_ks_distance(const double *a, size_t a_count, const double *b, size_t b_count) {
    return compare(a, a_count, b, b_count).largest;
}

double sx_wasserstein_distance(const double *a, size_t a_count, const double *b, size_t b_count) {
    return compare(a, a_count, b, b_count).area;
}
