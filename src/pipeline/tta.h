/* Test-time augmentation (sx_tta): several views of one film combined into one result. */
#ifndef SX_PIPELINE_TTA_H
#define SX_PIPELINE_TTA_H

#include "models/model.h"
#include "spinexr/types.h"

/* Computes the mean of the logits[classes]. A classifier's input has one size, so SCALES changes
 * nothing. *distance: that of the film itself, not of its mirror image (sx_model_classify_film).
 * Errors: those of sx_model_classify, and SX_ERR_MEMORY. */
bool sx_tta_classify(sx_model *m, const sx_image *film, sx_tta tta, float *logits, double *distance,
                     sx_error *err) SX_MUST_USE;

/* Detects boxes in all views, mirrors them back and fuses them (detect/fuse.h). The result is in
 * descending order of score and has at most the number of boxes in `options`. Errors: those of
 * sx_model_detect, and SX_ERR_MEMORY. */
bool sx_tta_detect(sx_model *m, const sx_image *film, sx_tta tta,
                   const sx_model_detect_options *options, sx_detections *out,
                   sx_error *err) SX_MUST_USE;

#endif
