/* Calibration of an ensemble: one temperature for all its classifiers (metrics/temperature.h) and
 * one operating point, fitted to validation films. */
#ifndef SX_EXPERIMENT_CALIBRATE_H
#define SX_EXPERIMENT_CALIBRATE_H

#include "base/context_impl.h"
#include "metrics/classification.h"

typedef struct sx_calibrate_options {
    const sx_context *context;  /* may be NULL */
    const char *const *weights; /* [weight_count] weight files, and folders of them */
    size_t weight_count;
    const char *data; /* validation set: a folder or an annotation file */
    const char *list; /* file with ids of the films to use; NULL: all films of the set */
} sx_calibrate_options;

/* How the ensemble predicts the films at one temperature. */
typedef struct sx_calibrate_fit {
    double temperature;
    double threshold; /* P at which Youden's J is largest */
    sx_calibration calibration;
} sx_calibrate_fit;

typedef struct sx_calibrate_result {
    size_t film_count;
    int classifier_count;
    sx_calibrate_fit before, after; /* at the stored and at the fitted temperature */
} sx_calibrate_result;

/* Fits both and stores them in every classifier's weight file, which is replaced as a whole:
 * spinexr.temperature, .threshold, .threshold_chosen_on. A film that cannot be read is an error. If
 * an error occurs before the first file is written, no file is changed. If the temperature is at a
 * bound of its range, a warning is logged. Errors: those of sx_bundle_open, sx_film_set_open and of
 * reading a film; SX_ERR_MISSING (no classifier), SX_ERR_UNSUPPORTED (a file that is not
 * safetensors), SX_ERR_VALUE (only normal or only abnormal films), SX_ERR_IO, SX_ERR_CANCELLED. */
bool sx_calibrate_weights(const sx_calibrate_options *o, sx_calibrate_result *out,
                          sx_error *err) SX_MUST_USE;

#endif
