#include "metrics/interval.h"

#include <math.h>

double sx_normal_quantile(double p) {
    if (!(p > 0 && p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    if (p > 0.5) return -sx_normal_quantile(1 - p);
    /* Abramowitz & Stegun 26.2.23 (error below 4.5e-4), refined by Halley steps on erfc. */
    double t = sqrt(-2 * log(p));
    double x = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                         (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
    for (int i = 0; i < 4; i++) {
        double e = erfc(-x / sqrt(2.0)) / 2 - p;
        double u = e * sqrt(2 * acos(-1.0)) * exp(x * x / 2);
        x -= u / (1 + x * u / 2);
    }
    return x;
}

sx_interval sx_wilson_of(double p, double n, double level) {
    if (!(n > 0) || isnan(p)) return (sx_interval){ NAN, NAN };
    double z = -sx_normal_quantile((1 - level) / 2);
    double middle = p + z * z / (2 * n), half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    double scale = 1 + z * z / n;
    return (sx_interval){ p == 0 ? 0 : (middle - half) / scale,
                          p == 1 ? 1 : (middle + half) / scale };
}

sx_interval sx_wilson(uint64_t k, uint64_t n, double level) {
    return sx_wilson_of(n ? (double)k / (double)n : (double)NAN, (double)n, level);
}

sx_interval sx_normal_interval(double mean, double se, double level, double least, double most) {
    if (isnan(mean) || isnan(se)) return (sx_interval){ NAN, NAN };
    double z = -sx_normal_quantile((1 - level) / 2);
    return (sx_interval){ fmax(mean - z * se, least), fmin(mean + z * se, most) };
}

static double percentile(const double *sorted, size_t n, double q) {
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    const double part = at - (double)i;
    if (i + 1 >= n) return sorted[n - 1];
    /* Infinite neighbours have no difference, and 0 times an infinite one is NaN. */
    if (part == 0 || sorted[i] == sorted[i + 1]) return sorted[i];
    return sorted[i] + part * (sorted[i + 1] - sorted[i]);
}

sx_interval sx_percentile_interval(const double *sorted, size_t n, double level) {
    while (n && isnan(sorted[n - 1]))
        n--;
    if (n == 0) return (sx_interval){ NAN, NAN };
    return (sx_interval){ percentile(sorted, n, (1 - level) / 2),
                          percentile(sorted, n, (1 + level) / 2) };
}

double sx_mcnemar(uint64_t b, uint64_t c) {
    uint64_t n = b + c, k = b < c ? b : c;
    if (n == 0) return 1;
    double sum = 0;
    for (uint64_t i = 0; i <= k; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) -
                   (double)n * log(2.0));
    return fmin(2 * sum, 1);
}
