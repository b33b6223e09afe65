/* Calibration of a framework on validation films: one temperature for all classifiers
 * (metrics/temperature.h), the threshold of their ensemble, their familiarity
 * (experiment/fit_familiarity.h), and the operating points of the detector's classes. */
#ifndef SX_EXPERIMENT_CALIBRATE_H
#define SX_EXPERIMENT_CALIBRATE_H

#include "base/context_impl.h"
#include "experiment/fit_fused_threshold.h"
#include "experiment/fit_points.h"
#include "metrics/classification.h"

typedef struct sx_calibrate_options {
    const sx_context *context;  /* may be NULL */
    const char *const *weights; /* [weight_count] weight files, and folders of them */
    size_t weight_count;
    const char *data; /* validation set: a folder or an annotation file */
    const char *list; /* file with ids of the films to use; NULL: all films of the set */
    const char *out;  /* folder for the new weight files, created if necessary */
    bool overwrite;   /* replace files that are there */
    sx_points_options points;
    int tiles;         /* with which the detectors see films; 0 or 1: none (pipeline/tiles.h) */
    double unfamiliar; /* share of the films, 0..1, that is beyond the limit of familiarity */
    /* Called when the weights are open, before films are read; false: the fit fails with *err.
     * NULL: any weights. */
    bool (*check)(void *user, bool classifiers, bool detector, sx_error *err);
    void *user;
} sx_calibrate_options;

/* How the ensemble predicts the films at one temperature. */
typedef struct sx_calibrate_fit {
    double temperature;
    double threshold; /* before: the stored one; after: P at which Youden's J is largest */
    sx_calibration calibration;
} sx_calibrate_fit;

typedef struct sx_calibrate_result {
    int classifier_count;           /* 0: what follows, up to distance_limit, is not set */
    size_t film_count;              /* films with a label */
    sx_calibrate_fit before, after; /* at the stored and at the fitted temperature */
    bool separated;           /* the mean logit 0 separates the classes: sx_temperature_separates */
    double distance_limit;    /* NaN: familiarity was not fitted: too few films, or no features */
    bool no_features;         /* of a classifier, to which familiarity could be fitted */
    int familiarity_kept;     /* it was not fitted: classifiers that have that of an earlier fit */
    sx_fitted_points points;  /* count 0: there is no detector */
    sx_fused_threshold fused; /* NaN without classifiers or detectors */
    int written;              /* weight files */
} sx_calibrate_result;

/* Fits what the weights need and writes every weight file to `out` under its own name, with the new
 * metadata (docs/weights.md). A file is replaced as a whole, the input too if `out` is its folder.
 * A film that cannot be read is an error. No file is written before all is fitted. A temperature at
 * its bound is logged as a warning. Errors: those of sx_bundle_open, sx_film_set_open,
 * sx_points_fit and of reading a film; SX_ERR_UNSUPPORTED (a file that is not safetensors),
 * SX_ERR_USAGE (two files of one name), SX_ERR_VALUE (only normal or only abnormal films),
 * SX_ERR_IO (also a file that exists if `overwrite` is not set, or another run that writes there),
 * SX_ERR_CANCELLED. Free *out with sx_calibrate_result_free, also after an error. */
bool sx_calibrate_weights(const sx_calibrate_options *o, sx_calibrate_result *out,
                          sx_error *err) SX_MUST_USE;
void sx_calibrate_result_free(sx_calibrate_result *r);

#endif
