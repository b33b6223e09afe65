/* The classification numbers of VinDr-SpineXR's evaluator, to the digit: NumPy's stream, their
 * percentile rule, and their slip. With a given threshold they look up the ROC point of the next
 * higher retained threshold, so sensitivity and specificity (and the recall inside precision)
 * belong to a stricter threshold than the one named; only F1 is that of the threshold. The
 * bootstrap always gives the threshold, so its sensitivities are a little low and its specificities
 * a little high. Use metrics/classification.h for the right ones. */
#ifndef SX_METRICS_VINDR_METRICS_H
#define SX_METRICS_VINDR_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum sx_vindr_measure {
    SX_VINDR_AUC,
    SX_VINDR_F1,
    SX_VINDR_SENSITIVITY,
    SX_VINDR_SPECIFICITY,
    SX_VINDR_PRECISION,
    SX_VINDR_MEASURES
} sx_vindr_measure;

/* Scores are taken as float32, as theirs are. threshold NaN: Youden's on the ROC without its
 * collinear points; *used tells which. Error: a class is absent, memory. */
bool sx_vindr_point(const unsigned char *label, const double *score, size_t n, double threshold,
                    double out[SX_VINDR_MEASURES], double *used, sx_error *err) SX_MUST_USE;

typedef struct sx_vindr_boot {
    double mean[SX_VINDR_MEASURES], low[SX_VINDR_MEASURES], high[SX_VINDR_MEASURES];
    double first[SX_VINDR_MEASURES][5]; /* the first five resamples, for comparison */
    size_t resamples, skipped;          /* skipped: drawn with one class only, not counted */
} sx_vindr_boot;

/* RandomState(seed), `resamples` (theirs: 1999, 10,000) with both classes; level 0.95. Gives up
 * (SX_ERR_VALUE) when a hundred times as many resamples have been drawn as asked for. */
bool sx_vindr_bootstrap(const unsigned char *label, const double *score, size_t n, double threshold,
                        size_t resamples, uint32_t seed, double level, sx_vindr_boot *out,
                        sx_error *err) SX_MUST_USE;

#endif
