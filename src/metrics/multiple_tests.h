/* p-values of several tests that are reported together. */
#ifndef SX_METRICS_MULTIPLE_TESTS_H
#define SX_METRICS_MULTIPLE_TESTS_H

#include <stddef.h>

#include "base/fail.h"

/* Holm's adjusted p-values (Scandinavian Journal of Statistics 1979), which hold the familywise
 * error rate for any dependence between the tests: with p sorted, the i-th smallest of m becomes
 * the largest of (m - j + 1) p_j for j <= i, at most 1. NaN is no test and stays NaN. adjusted:
 * [count], may be p. Error: SX_ERR_MEMORY. */
bool sx_holm(const double *p, size_t count, double *adjusted, sx_error *err) SX_MUST_USE;

#endif
