/* Test-time augmentation (sx_tta): several views of one film combined into one result. */
#ifndef SX_PIPELINE_TTA_H
#define SX_PIPELINE_TTA_H

#include "models/model.h"
#include "spinexr/types.h"

/* The mean of the logits; a classifier's input has one size, so SCALES changes nothing. Errors:
 * those of sx_model_classify, and memory. */
bool sx_tta_classify(sx_model *m, const sx_image *film, sx_tta tta, float *logit,
                     sx_error *err) SX_MUST_USE;

/* Boxes of all views, mirrored back and fused (detect/fuse.h), by falling score, at most `options`'
 * number. Errors: those of sx_model_detect, and memory. */
bool sx_tta_detect(sx_model *m, const sx_image *film, sx_tta tta,
                   const sx_model_detect_options *options, sx_detections *out,
                   sx_error *err) SX_MUST_USE;

#endif
