/* DeLong's nonparametric variance of the area under the ROC curve (DeLong et al. 1988), computed
 * from midranks in O(n log n) (Sun & Xu 2014). */
#ifndef SX_METRICS_DELONG_H
#define SX_METRICS_DELONG_H

#include <stddef.h>

#include "base/fail.h"

typedef struct sx_delong {
    double auc, variance; /* variance NaN when a class has fewer than 2 cases */
    double s10, s01;      /* parts of the variance: from the positives, from the negatives */
    size_t positives, negatives;
} sx_delong;

/* The placement values of n cases, `positives` of which are positive and some negative. values:
 * first for each positive case the share of negative ones below it, then for each negative case the
 * share of positive ones above it, ties by half, both in the order of the cases. Error:
 * SX_ERR_MEMORY. */
bool sx_delong_placements(const unsigned char *label, const double *score, size_t n,
                          size_t positives, double *values, sx_error *err) SX_MUST_USE;

/* Errors: SX_ERR_VALUE (a class is absent), SX_ERR_MEMORY. */
bool sx_delong_one(const unsigned char *label, const double *score, size_t n, sx_delong *out,
                   sx_error *err) SX_MUST_USE;

typedef struct sx_delong_pair {
    sx_delong a, b;
    double covariance;
    double difference; /* a - b */
    double se;         /* of the difference */
    double z, p; /* two-sided; NaN when se is 0 and the difference is not; p is 1 when both are 0 */
} sx_delong_pair;

/* Two models on the same cases. Errors: as above. */
bool sx_delong_two(const unsigned char *label, const double *a, const double *b, size_t n,
                   sx_delong_pair *out, sx_error *err) SX_MUST_USE;

#endif
