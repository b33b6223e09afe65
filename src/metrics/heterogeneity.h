/* Whether a measure is the same in several independent groups: Cochran's Q. */
#ifndef SX_METRICS_HETEROGENEITY_H
#define SX_METRICS_HETEROGENEITY_H

#include "metrics/proportion.h"

/* The probability that a chi-squared variable with `df` degrees of freedom exceeds x. NaN for
 * df <= 0 or a negative x. */
double sx_chi_squared_tail(double x, double df);

typedef struct sx_heterogeneity {
    size_t group_count; /* groups with a finite value and a positive variance; the others are
                           left out */
    double q;           /* the sum of w (x - mean)^2 with w = 1 / variance; NaN below two groups */
    double p;           /* of Q under equality: chi-squared with group_count - 1 degrees */
    double i_squared;   /* (Q - df) / Q, at least 0 (Higgins & Thompson 2002) */
    double mean;        /* weighted by 1 / variance */
} sx_heterogeneity;

/* Cochran's Q (Biometrics 1954) of independent estimates and their variances. */
sx_heterogeneity sx_cochran_q(const double *values, const double *variances, size_t n);

/* The same for proportions, compared as log odds. k successes and n - k failures, both divided by
 * the design effect (Rao & Scott 1992), then have 1/2 added, and the variance is
 * 1 / (k + 1/2) + 1 / (n - k + 1/2) (Gart & Zweifel 1967). Groups with n = 0 are left out. `mean`
 * is turned back into a proportion. At most 64 groups. */
sx_heterogeneity sx_cochran_q_proportions(const sx_proportion *groups, size_t count);

#endif
