/* Measures of classifiers with bootstrap intervals, curves with bands, calibration, pooling of
 * films into studies or patients. */
#ifndef SX_METRICS_CLASSIFICATION_H
#define SX_METRICS_CLASSIFICATION_H

#include "metrics/bootstrap.h"
#include "metrics/proportion.h"
#include "metrics/roc.h"

typedef enum sx_measure {
    SX_AUROC,
    SX_AP,
    SX_SENSITIVITY,
    SX_SPECIFICITY,
    SX_PRECISION,
    SX_NPV,
    SX_ACCURACY,
    SX_BALANCED_ACCURACY,
    SX_F1,
    SX_MCC,
    SX_BRIER,
    SX_MEASURES
} sx_measure;

const char *sx_measure_key(sx_measure m);  /* "average_precision" */
const char *sx_measure_name(sx_measure m); /* "average precision" */

/* Models on the same cases. Labels are 0 or 1, scores finite. */
typedef struct sx_cases {
    const unsigned char *labels;
    const double *const *scores; /* [model_count] arrays of count */
    size_t count, model_count;
    sx_groups groups; /* what a bootstrap draws */
} sx_cases;

/* The point estimates of one model on n cases; NaN where a measure is undefined. Errors: those of
 * sx_ranking_make. */
bool sx_measure_all(const unsigned char *label, const double *score, size_t n, double threshold,
                    double out[SX_MEASURES], sx_error *err) SX_MUST_USE;

/* Sensitivity, specificity, precision, NPV and accuracy of the first model; c->groups are the
 * clusters. The others have n = 0. Error: SX_ERR_MEMORY. */
bool sx_class_proportions(const sx_cases *c, double threshold, double level,
                          sx_proportion out[SX_MEASURES], sx_error *err) SX_MUST_USE;

typedef struct sx_class_boot {
    double *values; /* [model_count][SX_MEASURES][resamples]; NaN where a measure is undefined */
    size_t model_count, resamples;
    size_t one_class; /* resamples that hold one class only: all NaN */
} sx_class_boot;
/* Every measure of every model in every resample, with threshold[model] fixed. Errors: those of
 * sx_ranking_make. Free *out with sx_class_boot_free. */
bool sx_class_bootstrap(const sx_cases *c, const double *threshold, const sx_bootstrap *how,
                        sx_class_boot *out, sx_error *err) SX_MUST_USE;
void sx_class_boot_free(sx_class_boot *b);
/* values of one model and measure: [resamples]. */
double *sx_class_boot_values(const sx_class_boot *b, size_t model, sx_measure m);

/* ROC and precision-recall curves on a grid, with pointwise bootstrap bands. */
enum { SX_CURVE_POINTS = 101 };
typedef struct sx_curves {
    double x[SX_CURVE_POINTS];   /* 0, 0.01 .. 1 */
    double roc[SX_CURVE_POINTS]; /* sensitivity at 1 - specificity = x */
    double roc_low[SX_CURVE_POINTS], roc_high[SX_CURVE_POINTS];
    double pr[SX_CURVE_POINTS]; /* precision at recall x */
    double pr_low[SX_CURVE_POINTS], pr_high[SX_CURVE_POINTS];
} sx_curves;
/* Without resamples the bands are NaN. Errors: SX_ERR_VALUE (a class is absent), SX_ERR_MEMORY. */
bool sx_class_curves(const unsigned char *label, const double *score, const sx_groups *groups,
                     const sx_bootstrap *how, sx_curves *out, sx_error *err) SX_MUST_USE;

typedef struct sx_reliability_bin {
    double low, high; /* of the score; only the last bin includes its high end */
    size_t n, positives;
    double mean_score, rate; /* rate: positives / n; NaN when the bin is empty */
    sx_interval interval;    /* of the rate, as in sx_proportion */
} sx_reliability_bin;

enum { SX_RELIABILITY_BINS_MAX = 50 };
typedef struct sx_calibration {
    sx_reliability_bin bins[SX_RELIABILITY_BINS_MAX];
    size_t bin_count;
    double ece, mce;        /* expected and maximum calibration error (Guo et al. 2017) */
    double brier, log_loss; /* log loss: of scores clipped to [1e-15, 1 - 1e-15] */
    /* Of a logistic regression on logit(score), clipped to [1e-6, 1 - 1e-6]; ideally 0 and 1. NaN
     * when the scores separate the classes or one is absent. */
    double intercept, slope;
} sx_calibration;
/* bin_count (1 .. SX_RELIABILITY_BINS_MAX) bins of equal width, or with by_quantile of equal
 * numbers of cases (equal scores stay together). The cases are those of `groups`, their clusters.
 * Errors: SX_ERR_VALUE (a score is not in 0..1), SX_ERR_USAGE (bin_count), SX_ERR_MEMORY. */
bool sx_calibrate(const unsigned char *label, const double *score, const sx_groups *groups,
                  size_t bin_count, bool by_quantile, double level, sx_calibration *out,
                  sx_error *err) SX_MUST_USE;

typedef enum sx_pooling { SX_POOL_MAX, SX_POOL_NOISY_OR } sx_pooling;
/* Scores and labels of groups from those of their cases: the highest score, or for scores in 0..1
 * 1 - product of (1 - score). A group is positive if any of its cases is; a group without a case
 * gets the score NaN. out_label and out_score hold groups->count values. */
void sx_pool_scores(const unsigned char *label, const double *score, const sx_groups *groups,
                    sx_pooling how, unsigned char *out_label, double *out_score);

#endif
