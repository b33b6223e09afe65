#include "metrics/heterogeneity.h"

#include <math.h>

/* The regularised incomplete gamma functions by their series (x < a + 1) and continued fraction
 * (Abramowitz & Stegun 6.5.29 and 6.5.31, the latter evaluated as Lentz does). */
static double lower_series(double a, double x) {
    double term = 1 / a, sum = term;
    for (int k = 1; k < 10000 && fabs(term) > 1e-17 * fabs(sum); k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum * exp(a * log(x) - x - lgamma(a));
}

static double upper_fraction(double a, double x) {
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
    for (int k = 1; k < 10000; k++) {
        const double an = -k * (k - a);
        b += 2;
        d = an * d + b;
        c = b + an / c;
        if (fabs(d) < tiny) d = tiny;
        if (fabs(c) < tiny) c = tiny;
        d = 1 / d;
        const double step = d * c;
        h *= step;
        if (fabs(step - 1) < 1e-16) break;
    }
    return h * exp(a * log(x) - x - lgamma(a));
}

double sx_chi_squared_tail(double x, double df) {
    if (!(df > 0) || !(x >= 0)) return NAN;
    if (x == 0) return 1;
    if (isinf(x)) return 0;
    const double a = df / 2, half = x / 2;
    return half < a + 1 ? 1 - lower_series(a, half) : upper_fraction(a, half);
}

sx_heterogeneity sx_cochran_q(const double *values, const double *variances, size_t n) {
    sx_heterogeneity h = { 0, NAN, NAN, NAN, NAN };
    double weights = 0, sum = 0, q = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]) || !(variances[i] > 0) || isinf(variances[i])) continue;
        weights += 1 / variances[i];
        sum += values[i] / variances[i];
        h.group_count++;
    }
    if (h.group_count) h.mean = sum / weights;
    if (h.group_count < 2) return h;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]) && variances[i] > 0 && isfinite(variances[i]))
            q += (values[i] - h.mean) * (values[i] - h.mean) / variances[i];
    const double df = (double)(h.group_count - 1);
    h.q = q;
    h.p = sx_chi_squared_tail(q, df);
    h.i_squared = q > df ? (q - df) / q : 0;
    return h;
}

sx_heterogeneity sx_cochran_q_proportions(const sx_proportion *groups, size_t count) {
    enum { MOST = 64 };
    double values[MOST], variances[MOST];
    size_t used = 0;
    for (size_t i = 0; i < count && used < MOST; i++) {
        const sx_proportion *p = &groups[i];
        if (!p->n) continue;
        const double k = (double)p->k / p->design_effect + 0.5;
        const double rest = (double)(p->n - p->k) / p->design_effect + 0.5;
        values[used] = log(k / rest);
        variances[used++] = 1 / k + 1 / rest;
    }
    sx_heterogeneity h = sx_cochran_q(values, variances, used);
    h.mean = 1 / (1 + exp(-h.mean));
    return h;
}
