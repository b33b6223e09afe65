/* Two-class measures from labels and scores: exact, ties counted as ties. A case is called positive
 * when its score is at least the threshold.
 *
 * Everything rests on the levels: the distinct scores from high to low with the number of positive
 * and of negative cases at each. Building them sorts once; a bootstrap resample only changes the
 * numbers. */
#ifndef SX_METRICS_ROC_H
#define SX_METRICS_ROC_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct sx_ranking {
    size_t count, level_count;
    uint32_t *order;       /* cases from the highest score to the lowest */
    uint32_t *starts;      /* [level_count + 1] first rank of each level */
    double *scores;        /* [level_count] */
    unsigned char *labels; /* [count] of the case at each rank */
} sx_ranking;

/* score: finite. Error: no case, NaN or infinity (SX_ERR_VALUE), memory. */
bool sx_ranking_make(sx_ranking *r, const unsigned char *label, const double *score, size_t n,
                     sx_error *err) SX_MUST_USE;
void sx_ranking_free(sx_ranking *r);

typedef struct sx_levels {
    size_t count;
    const double *scores; /* of the ranking; high to low */
    uint32_t *pos, *neg;  /* [count] cases at each level */
    uint64_t positives, negatives;
} sx_levels;

bool sx_levels_make(sx_levels *l, const sx_ranking *r, sx_error *err) SX_MUST_USE;
void sx_levels_free(sx_levels *l);
/* Counts case i weight[i] times; NULL: once. */
void sx_levels_count(sx_levels *l, const sx_ranking *r, const uint32_t *weight);

/* Area under the ROC curve (trapezoids; ties half); NaN when a class is absent. */
double sx_auroc(const sx_levels *l);
/* Sum over distinct scores of (R_k - R_(k-1)) P_k, no interpolation; NaN without a positive. */
double sx_average_precision(const sx_levels *l);
/* The threshold of the largest sensitivity + specificity - 1; the highest of several. When no
 * threshold is better than calling nothing positive: the highest score + 1. NaN when a class is
 * absent. */
double sx_youden(const sx_levels *l);
/* The highest threshold whose sensitivity is at least `least`; NaN without a positive. */
double sx_threshold_for_sensitivity(const sx_levels *l, double least);
/* The lowest threshold whose specificity is at least `least`; NaN without a negative. */
double sx_threshold_for_specificity(const sx_levels *l, double least);

typedef struct sx_confusion2 {
    uint64_t tp, fp, tn, fn;
} sx_confusion2;

sx_confusion2 sx_confusion_at(const sx_levels *l, double threshold);

/* Each NaN where its denominator is 0. */
typedef struct sx_rates {
    double sensitivity, specificity, precision, npv, accuracy, f1, balanced_accuracy, mcc;
    double lr_positive, lr_negative; /* likelihood ratios */
} sx_rates;

sx_rates sx_rates_of(sx_confusion2 c);

#endif
