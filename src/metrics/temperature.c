#include "metrics/temperature.h"

#include <math.h>

/* The derivative of the negative log likelihood with respect to b = 1 / T; it rises with b. */
static double slope(const unsigned char *label, const double *logit, size_t n,
                    const double target[2], double b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (1 / (1 + exp(-b * logit[i])) - target[label[i] != 0]) * logit[i];
    return sum;
}

bool sx_temperature_separates(const unsigned char *label, const double *logit, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (label[i] ? !(logit[i] > 0) : !(logit[i] < 0)) return false;
    return true;
}

bool sx_temperature_fit(const unsigned char *label, const double *logit, size_t n,
                        double *temperature, sx_error *err) {
    double count[2] = { 0, 0 };
    for (size_t i = 0; i < n; i++) {
        count[label[i] != 0]++;
        if (!isfinite(logit[i]))
            return sx_fail(err, SX_ERR_VALUE, "a logit is not a finite number");
    }
    if (count[0] == 0 || count[1] == 0)
        return sx_fail(err, SX_ERR_VALUE,
                       "a temperature needs normal and abnormal films: %.0f and %.0f are there",
                       count[0], count[1]);
    double target[2] = { 0, 1 };
    if (sx_temperature_separates(label, logit, n)) { /* the likelihood has no maximum */
        target[0] = 1 / (count[0] + 2);
        target[1] = (count[1] + 1) / (count[1] + 2);
    }
    double low = log(1 / SX_TEMPERATURE_HIGH), high = log(1 / SX_TEMPERATURE_LOW);
    /* Bisection: 60 steps narrow an interval of 6 to below 1e-16. */
    for (int step = 0; step < 60; step++) {
        const double middle = (low + high) / 2;
        if (slope(label, logit, n, target, exp(middle)) > 0)
            high = middle;
        else
            low = middle;
    }
    *temperature = exp(-(low + high) / 2);
    return true;
}

double sx_threshold_below(float score) {
    return ((double)score + (double)nextafterf(score, 0)) / 2;
}
