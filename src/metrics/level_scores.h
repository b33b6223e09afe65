/* How well the levels of attributes predict the labels of cases: cross-validated scores. */
#ifndef SX_METRICS_LEVEL_SCORES_H
#define SX_METRICS_LEVEL_SCORES_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_level_set {
    const uint32_t *levels; /* [count] of each case, below level_count */
    size_t level_count;
} sx_level_set;

typedef struct sx_level_cases {
    const unsigned char *labels; /* [count] */
    const uint32_t *folds;       /* [count] below fold_count; cases of one patient share a fold */
    size_t count, fold_count;
} sx_level_cases;

/* out[count]: the score of each case is the sum over the sets of log(P(level | positive) /
 * P(level | negative)), counted on the cases of the other folds with 1/2 added to each level (naive
 * Bayes). Cases of a level that the other folds do not have score 0. Error: SX_ERR_MEMORY. */
bool sx_level_scores(const sx_level_cases *c, const sx_level_set *sets, size_t set_count,
                     double *out, sx_error *err) SX_MUST_USE;

#endif
