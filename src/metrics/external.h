/* How a model does on films of another origin: calibration in the large, observed against expected,
 * distances between score distributions. */
#ifndef SX_METRICS_EXTERNAL_H
#define SX_METRICS_EXTERNAL_H

#include "metrics/proportion.h"

typedef struct sx_external {
    /* The intercept of a logistic regression of the truth with logit(score) as offset, ideally 0
     * (Steyerberg 2019); scores clipped to [1e-6, 1 - 1e-6]. NaN where a class is absent. */
    double in_the_large;
    sx_interval in_the_large_interval; /* Wald's, with the variance times in_the_large_effect */
    double observed, expected;         /* positive cases; sum of the scores */
    double ratio;                      /* observed / expected; NaN: nothing is expected */
    /* log scale, SE^2 = ratio_effect (1 - observed / n) / observed (Debray 2017) */
    sx_interval ratio_interval;
    /* Design effects of the clusters (sx_design_effect), of the residuals label - p of the fitted
     * model and label - ratio score; NaN where the number itself is undefined. */
    double in_the_large_effect, ratio_effect;
} sx_external;

/* Scores must be in 0..1; the cases are those of `groups`, their clusters. Error: SX_ERR_MEMORY. */
bool sx_external_calibration(const unsigned char *labels, const double *scores,
                             const sx_groups *groups, double level, sx_external *out,
                             sx_error *err) SX_MUST_USE;

/* Distances of two samples, each sorted ascending: the largest difference between the empirical
 * distribution functions (Kolmogorov and Smirnov), and the area between them (Wasserstein's). NaN
 * if a sample is empty. */
double sx_ks_distance(const double *a, size_t a_count, const double *b, size_t b_count);
double sx_wasserstein_distance(const double *a, size_t a_count, const double *b, size_t b_count);

#endif
