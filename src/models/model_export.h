/* Export: a network and its weights as ONNX. */
#ifndef SX_MODELS_MODEL_EXPORT_H
#define SX_MODELS_MODEL_EXPORT_H

#include "models/arch.h"

/* Writes `out` with the input "image" of this shape (nn/onnx/onnx.h says how). *any_batch (may be
 * NULL): whether the model takes any number of images. `w` NULL: synthetic weights. Errors: those
 * of sx_network_build, sx_store_open and sx_onnx_export. */
bool sx_model_export(const sx_network *net, const sx_weights *w, sx_shape image, sx_part part,
                     const char *out, bool *any_batch, sx_error *err) SX_MUST_USE;

#endif
