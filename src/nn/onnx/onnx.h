/* A graph and its weights as an ONNX model (opset 17), for other runtimes. Images are [n][3][h][w]
 * there, rows of features [rows][c]. Every op that the networks of this program use has a
 * counterpart. ROIAlign over a pyramid becomes one RoiAlign for each level and a selection of the
 * level. A parameter that several levels share is one initializer.
 *
 * The model of a graph of one image takes any number of images, the dimension "batch", if no op
 * joins or numbers them (sx_onnx_any_batch): classifiers, RetinaNet, EfficientDet and RTMDet.
 * Others have the graph's number. */
#ifndef SX_NN_ONNX_ONNX_H
#define SX_NN_ONNX_ONNX_H

#include "base/str.h"
#include "nn/graph.h"
#include "nn/store.h"

typedef struct sx_onnx_entry {
    const char *key, *value;
} sx_onnx_entry;

bool sx_onnx_any_batch(const sx_graph *g);

/* `metadata` ends with a NULL key; NULL: none. `values` (NULL: not wanted) gets a line for each
 * input and output, such as "input image float32 [batch, 3, 224, 224]". Errors: SX_ERR_LIMIT,
 * SX_ERR_IO, SX_ERR_MEMORY, SX_ERR_UNSUPPORTED (names an op without a counterpart). */
bool sx_onnx_export(const sx_graph *g, sx_store *store, const char *name,
                    const sx_onnx_entry *metadata, const char *path, sx_str *values,
                    sx_error *err) SX_MUST_USE;

#endif
