/* Stable sorting of scores. */
#ifndef SX_METRICS_SORT_H
#define SX_METRICS_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* order[n]: the indices of score[n] from the highest score to the lowest, equal scores in the given
 * order. n < 2^32; no NaN; -0 equals 0. A radix sort. Error: SX_ERR_MEMORY. */
bool sx_sort_descending(const double *score, size_t n, uint32_t *order, sx_error *err) SX_MUST_USE;
/* Sorts values ascending, in place, NaN last. */
void sx_sort_values(double *values, size_t n);

#endif
