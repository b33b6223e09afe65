/* The boxes of all detectors of a bundle on one film. */
#ifndef SX_PIPELINE_DETECT_FILM_H
#define SX_PIPELINE_DETECT_FILM_H

#include "pipeline/bundle.h"
#include "pipeline/bundle_info.h"
#include "pipeline/film_views.h"

/* Before fusion, detector by detector. Zeros: empty. */
typedef struct sx_detector_boxes {
    sx_detection *items; /* [count]; labels are those of the bundle */
    int *detectors;      /* [count] the detector of each */
    size_t count;
} sx_detector_boxes;

/* Appends the boxes of every detector, in pixels of the film as decoded. No other thread uses the
 * networks meanwhile; `info` describes them. Errors: those of sx_model_detect; SX_ERR_VALUE (a box
 * that is not finite); SX_ERR_MEMORY. Free *out with sx_detector_boxes_free, also after an
 * error. */
bool sx_detect_each(const sx_bundle_info *info, const sx_bundle *networks, sx_film_views *views,
                    sx_tta tta, sx_detector_boxes *out, sx_error *err) SX_MUST_USE;
void sx_detector_boxes_free(sx_detector_boxes *b); /* {0} is allowed */

/* The boxes of the film: those of a single detector as they are; otherwise fused (detect/fuse.h)
 * with weights[detector_count][label_count], of which the best 100 are kept. By falling score. Free
 * *out with sx_detections_free. Error: SX_ERR_MEMORY. */
bool sx_fuse_detectors(const sx_bundle_info *info, const float *weights,
                       const sx_detector_boxes *each, sx_detections *out,
                       sx_error *err) SX_MUST_USE;

#endif
