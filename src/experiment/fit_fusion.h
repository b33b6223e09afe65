/* Fits the weights with which the boxes of several detectors are fused, for each class. */
#ifndef SX_EXPERIMENT_FIT_FUSION_H
#define SX_EXPERIMENT_FIT_FUSION_H

#include "metrics/box_match.h"
#include "pipeline/detect_film.h"

/* Classes with fewer lesions keep equal weights: their AP says little. */
enum { SX_FUSION_LEAST_LESIONS = 10 };

/* What the detectors found on the validation films, and what there is. */
typedef struct sx_fusion_films {
    const sx_bundle_info *info;
    const sx_detector_boxes *films; /* [film_count] */
    size_t film_count;
    const sx_truth_box *truth; /* [truth_count]; labels are those of the bundle */
    size_t truth_count;
    double iou; /* from which a box hits a lesion */
} sx_fusion_films;

typedef struct sx_fusion_gain {
    double equal, fitted; /* AP of the fused boxes with equal and with the fitted weights; NaN: the
                             class has no lesion */
} sx_fusion_gain;

/* Writes weights[detector_count][label_count] and gains[label_count]. From equal weights, each
 * detector in turn takes the weight of 0, 0.25, 0.5, 0.75 and 1 that gives the highest AP, if it
 * raises AP by at least 0.005, until no change does. The largest weight of a class is 1. The result
 * depends on nothing but the boxes. Error: SX_ERR_MEMORY, SX_ERR_VALUE. */
bool sx_fusion_fit(const sx_fusion_films *f, float *weights, sx_fusion_gain *gains,
                   sx_error *err) SX_MUST_USE;

#endif
