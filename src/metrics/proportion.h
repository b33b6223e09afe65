/* Proportions of cases that come in clusters, such as the films of a patient. */
#ifndef SX_METRICS_PROPORTION_H
#define SX_METRICS_PROPORTION_H

#include "base/fail.h"
#include "metrics/bootstrap.h"

typedef struct sx_proportion {
    uint64_t k, n;        /* successes, cases */
    double value;         /* k / n; NaN for n = 0 */
    double design_effect; /* at least 1; NaN for n = 0 */
    sx_interval interval; /* Wilson's of n / design_effect cases; NaN for n = 0 */
} sx_proportion;

/* A proportion from the successes and cases of each cluster, [cluster_count]; clusters without a
 * case are left out. The design effect is the variance of the ratio estimator k / n over that of n
 * independent cases (Rao & Scott, Biometrics 1992, 48:577):
 *     m / (m - 1) sum_j (k_j - n_j k / n)^2 / n^2  over  k / n (1 - k / n) / (n - 1)
 * for m clusters. It is 1 if each cluster has one case. Smaller values than 1, which negative
 * correlation or chance gives, are set to 1, as the R package RSCABS does. Where nothing can be
 * estimated, because there is one cluster or because all cases are alike, it is that of cases that
 * are alike within their cluster, sum_j n_j^2 / n. */
sx_proportion sx_proportion_of(const uint64_t *successes, const uint64_t *cases,
                               size_t cluster_count, double level);

/* The design effect of a sum of residuals whose mean is 0, by the formula above with the residuals
 * of a cluster for k_j - n_j k / n and those of the cases in the denominator: the variance of the
 * sum by cluster over that of independent cases. Never below 1; of one cluster, or of residuals
 * that are all 0, sum_j n_j^2 / n. residuals: [groups->case_count]. Error: SX_ERR_MEMORY. */
bool sx_design_effect(const double *residuals, const sx_groups *groups, double *effect,
                      sx_error *err) SX_MUST_USE;

/* A proportion from single cases: outcomes[i] is 1 for a success, 0 for a failure and negative for
 * a case that does not count. Error: SX_ERR_MEMORY. */
bool sx_proportion_of_cases(const signed char *outcomes, const sx_groups *groups, double level,
                            sx_proportion *out, sx_error *err) SX_MUST_USE;

#endif
