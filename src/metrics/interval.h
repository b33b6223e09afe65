/* Intervals and tests from counts. */
#ifndef SX_METRICS_INTERVAL_H
#define SX_METRICS_INTERVAL_H

#include <stddef.h>
#include <stdint.h>

typedef struct sx_interval {
    double low, high; /* NaN when there is none */
} sx_interval;

/* Quantile of the standard normal distribution, 0 < p < 1, to double precision. */
double sx_normal_quantile(double p);
/* Wilson's score interval (1927) of k successes in n; level: e.g. 0.95. NaN for n = 0. */
sx_interval sx_wilson(uint64_t k, uint64_t n, double level);
/* The same of a proportion and a number of cases that need not be whole, such as an effective
 * sample size. */
sx_interval sx_wilson_of(double proportion, double n, double level);
/* mean +- z se, clipped to [least, most]. */
sx_interval sx_normal_interval(double mean, double se, double level, double least, double most);
/* Percentile interval of values that are sorted ascending with NaN last; NaN is left out. Linear
 * between order statistics (Hyndman & Fan type 7, NumPy's default); infinite between a finite and
 * an infinite one. */
sx_interval sx_percentile_interval(const double *sorted, size_t n, double level);
/* p value of the two-sided exact McNemar test of b and c discordant pairs: the binomial tail
 * doubled, at most 1. */
double sx_mcnemar(uint64_t b, uint64_t c);

#endif
