/* Evaluating classifiers: measures with bootstrap intervals, curves with bands, calibration,
 * pooling of films into studies or patients. Arrays in, numbers out. */
#ifndef SX_METRICS_CLASSIFICATION_H
#define SX_METRICS_CLASSIFICATION_H

#include "metrics/bootstrap.h"
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

/* Models on the same cases. Label 0 or 1; scores finite. */
typedef struct sx_cases {
    const unsigned char *labels;
    const double *const *scores; /* [model_count] arrays of n */
    size_t count, model_count;
    sx_groups groups; /* what a bootstrap draws */
} sx_cases;

/* The point estimates of one model. */
bool sx_measure_all(const unsigned char *label, const double *score, size_t n, double threshold,
                    double out[SX_MEASURES], sx_error *err) SX_MUST_USE;

/* value[(model * SX_MEASURES + measure) * resamples + b]: every measure of every model in every
 * resample, thresholds fixed. NaN where a measure does not exist; a resample with one class is all
 * NaN and counted in one_class. Free with sx_class_boot_free. */
typedef struct sx_class_boot {
    double *values;
    size_t model_count, resamples, one_class;
} sx_class_boot;
bool sx_class_bootstrap(const sx_cases *c, const double *threshold, const sx_bootstrap *how,
                        sx_class_boot *out, sx_error *err) SX_MUST_USE;
void sx_class_boot_free(sx_class_boot *b);
double *sx_class_boot_values(const sx_class_boot *b, size_t model, sx_measure m);

/* ROC and precision-recall curves on a grid with pointwise bootstrap bands. */
enum { SX_CURVE_POINTS = 101 };
typedef struct sx_curves {
    double x[SX_CURVE_POINTS];   /* 0, 0.01 .. 1 */
    double roc[SX_CURVE_POINTS]; /* sensitivity at 1 - specificity = x */
    double roc_low[SX_CURVE_POINTS], roc_high[SX_CURVE_POINTS];
    double pr[SX_CURVE_POINTS]; /* precision at recall x */
    double pr_low[SX_CURVE_POINTS], pr_high[SX_CURVE_POINTS];
} sx_curves;
/* `how->resamples` 0: no bands (NaN). Error: a class is absent, memory. */
bool sx_class_curves(const unsigned char *label, const double *score, const sx_groups *groups,
                     const sx_bootstrap *how, sx_curves *out, sx_error *err) SX_MUST_USE;

typedef struct sx_reliability_bin {
    double low, high; /* of the score; the last bin includes its high end */
    size_t n, positives;
    double mean_score, rate; /* NaN when empty */
    sx_interval interval;    /* Wilson, of the rate */
} sx_reliability_bin;

enum { SX_RELIABILITY_BINS_MAX = 50 };
typedef struct sx_calibration {
    sx_reliability_bin bins[SX_RELIABILITY_BINS_MAX];
    size_t bin_count;
    double ece, mce; /* expected and maximum calibration error over the bins (Guo et al. 2017) */
    double brier, log_loss;  /* log loss with scores clipped to [1e-15, 1 - 1e-15] */
    double intercept, slope; /* logistic recalibration on logit(score), clipped to 1e-6; ideal 0 and
                                1; NaN when the classes can be separated or one is absent */
} sx_calibration;
/* Bins of equal width, or of equal numbers when by_quantile (equal scores stay together). Scores
 * must lie in 0..1 (SX_ERR_VALUE). */
bool sx_calibrate(const unsigned char *label, const double *score, size_t n, size_t bins,
                  bool by_quantile, double level, sx_calibration *out, sx_error *err) SX_MUST_USE;

typedef enum sx_pooling { SX_POOL_MAX, SX_POOL_NOISY_OR } sx_pooling;
/* Scores and labels of groups: the highest score, or 1 - product of (1 - score) (scores in 0..1); a
 * group is positive when any case is. out_* hold groups->count values; a group without case gets
 * score NaN. */
void sx_pool_scores(const unsigned char *label, const double *score, const sx_groups *groups,
                    sx_pooling how, unsigned char *out_label, double *out_score);

#endif
