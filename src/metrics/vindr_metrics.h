/* Reproduces the classification numbers of VinDr-SpineXR's own evaluator to the digit: NumPy's
 * random numbers, their percentile rule, and an error in their code. For a given threshold they
 * look up the ROC point of the next higher threshold that the curve retains, so that sensitivity,
 * specificity and precision are those of a stricter threshold; only F1 is that of the given
 * threshold. Their bootstrap always uses a given threshold, so its sensitivities are slightly low
 * and its specificities slightly high. metrics/classification.h computes the correct values. */
#ifndef SX_METRICS_VINDR_METRICS_H
#define SX_METRICS_VINDR_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "metrics/bootstrap.h"

typedef enum sx_vindr_measure {
    SX_VINDR_AUC,
    SX_VINDR_F1,
    SX_VINDR_SENSITIVITY,
    SX_VINDR_SPECIFICITY,
    SX_VINDR_PRECISION,
    SX_VINDR_MEASURES
} sx_vindr_measure;

/* Scores are rounded to float32, as theirs are. threshold NaN: Youden's on the ROC curve without
 * its collinear points; *used is the threshold in force. Errors: SX_ERR_VALUE (a class is absent),
 * SX_ERR_MEMORY. */
bool sx_vindr_point(const unsigned char *label, const double *score, size_t n, double threshold,
                    double out[SX_VINDR_MEASURES], double *used, sx_error *err) SX_MUST_USE;

typedef struct sx_vindr_boot {
    double mean[SX_VINDR_MEASURES], low[SX_VINDR_MEASURES], high[SX_VINDR_MEASURES];
    double first[SX_VINDR_MEASURES][5]; /* the first five resamples, for comparison */
    size_t resamples, skipped;          /* skipped: drawn with one class only and drawn again */
} sx_vindr_boot;

/* how->resamples resamples with both classes from RandomState(how->seed); theirs are 10,000, seed
 * 1999 and level 0.95. Each rank draws them all. Errors: SX_ERR_VALUE (after a hundred times as
 * many draws), SX_ERR_MEMORY, SX_ERR_CANCELLED. */
bool sx_vindr_bootstrap(const unsigned char *label, const double *score, size_t n, double threshold,
                        const sx_bootstrap *how, sx_vindr_boot *out, sx_error *err) SX_MUST_USE;

#endif
