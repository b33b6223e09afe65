/* Stable sorting of scores. */
#ifndef SX_METRICS_SORT_H
#define SX_METRICS_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* order[0..n): the indices of score[0..n) from the highest score to the lowest, equal scores in
 * their given order. n < 2^32, no NaN; -0 equals 0. Radix sort. Fails only when memory is out. */
bool sx_sort_descending(const double *score, size_t n, uint32_t *order, sx_error *err) SX_MUST_USE;
/* values ascending, in place; NaN last. */
void sx_sort_values(double *values, size_t n);

#endif
