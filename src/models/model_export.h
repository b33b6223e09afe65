/* Export: a network and its weights as ONNX. */
#ifndef SX_MODELS_MODEL_EXPORT_H
#define SX_MODELS_MODEL_EXPORT_H

#include "base/str.h"
#include "models/arch.h"

typedef struct sx_model_exported {
    bool any_batch; /* the model takes any number of images */
    sx_str values;  /* its inputs and outputs: a line each (sx_onnx_export); the caller frees it */
} sx_model_exported;

/* The shape for one image that a network is shown and exported with unless another is asked for:
 * the size that the weights store (NULL: none), else that of the architecture, for a detector
 * 1088 x 800. Error: SX_ERR_FORMAT (a stored size). */
bool sx_network_usual_shape(const sx_network *net, const sx_weights *w, sx_shape *shape,
                            sx_error *err) SX_MUST_USE;

/* Writes `out` with the input "image" of this shape (nn/onnx/onnx.h says how), and the architecture
 * and the weights' spinexr.resize as metadata. `info` may be NULL. `w` NULL: synthetic weights.
 * Errors: those of sx_network_build, sx_store_open and sx_onnx_export. */
bool sx_model_export(const sx_network *net, const sx_weights *w, sx_shape image, sx_part part,
                     const char *out, sx_model_exported *info, sx_error *err) SX_MUST_USE;

#endif
