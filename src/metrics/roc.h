/* Measures of a two-class test from labels (0 or 1) and scores. A case is called positive if its
 * score is at least the threshold. Ties are treated exactly.
 *
 * All measures are computed from the levels: the distinct scores from high to low, with the number
 * of positive and negative cases at each. They are sorted once; a bootstrap resample only changes
 * the numbers. */
#ifndef SX_METRICS_ROC_H
#define SX_METRICS_ROC_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_ranking {
    size_t count, level_count;
    uint32_t *order;       /* cases from the highest score to the lowest */
    uint32_t *starts;      /* [level_count + 1] first rank of each level */
    double *scores;        /* [level_count] */
    unsigned char *labels; /* [count] of the case at each rank */
} sx_ranking;

/* Errors: SX_ERR_VALUE (no case, a score that is not finite), SX_ERR_MEMORY. Free *r with
 * sx_ranking_free. */
bool sx_ranking_make(sx_ranking *r, const unsigned char *label, const double *score, size_t n,
                     sx_error *err) SX_MUST_USE;
void sx_ranking_free(sx_ranking *r);

typedef struct sx_levels {
    size_t count;
    const double *scores; /* [count] high to low; owned by the ranking */
    uint32_t *pos, *neg;  /* [count] cases at each level */
    uint64_t positives, negatives;
} sx_levels;

/* Every case once. Free *l with sx_levels_free. */
bool sx_levels_make(sx_levels *l, const sx_ranking *r, sx_error *err) SX_MUST_USE;
void sx_levels_free(sx_levels *l);
/* Counts again, case i weight[i] times; NULL: once. */
void sx_levels_count(sx_levels *l, const sx_ranking *r, const uint32_t *weight);

/* Area under the ROC curve by trapezoids, so that ties count half; NaN when a class is absent. */
double sx_auroc(const sx_levels *l);
/* The sum over distinct scores of (R_k - R_(k-1)) P_k, without interpolation; NaN without a
 * positive case. */
double sx_average_precision(const sx_levels *l);
/* The threshold with the largest sensitivity + specificity - 1 (Youden's J), the highest of equals;
 * the highest score + 1 if none is better than calling nothing positive. NaN when a class is
 * absent. */
double sx_youden(const sx_levels *l);
/* The highest threshold whose sensitivity is at least `least`; NaN without a positive case. */
double sx_threshold_for_sensitivity(const sx_levels *l, double least);
/* The lowest threshold whose specificity is at least `least`; NaN without a negative case. */
double sx_threshold_for_specificity(const sx_levels *l, double least);

typedef struct sx_confusion2 {
    uint64_t tp, fp, tn, fn;
} sx_confusion2;

sx_confusion2 sx_confusion_at(const sx_levels *l, double threshold);

/* NaN where a denominator is 0. */
typedef struct sx_rates {
    double sensitivity, specificity, precision, npv, accuracy, f1, balanced_accuracy, mcc;
    double lr_positive, lr_negative; /* likelihood ratios */
} sx_rates;

sx_rates sx_rates_of(sx_confusion2 c);

#endif
