/* Writes the parts of onnx.proto that a model needs, with base/protobuf.h. Nodes are collected in
 * memory. Weights are not copied but written at the end. */
#ifndef SX_NN_ONNX_PROTO_H
#define SX_NN_ONNX_PROTO_H

#include <stdint.h>

#include "base/str.h"

typedef struct sx_onnx sx_onnx;

sx_onnx *sx_onnx_new(sx_error *err) SX_MUST_USE;
void sx_onnx_free(sx_onnx *m);

enum { SX_ONNX_FLOAT = 1, SX_ONNX_INT64 = 7 };

/* One attribute of a node; a list of them ends with a NULL name. */
typedef struct sx_onnx_attr {
    const char *name;
    enum { SX_ATTR_INT, SX_ATTR_FLOAT, SX_ATTR_INTS, SX_ATTR_STRING } kind;
    int64_t i;
    float f;
    const int64_t *ints;
    int count;
    const char *s;
} sx_onnx_attr;

/* inputs and outputs: names; attrs may be NULL. Sticky: failures show in sx_onnx_save. */
void sx_onnx_node(sx_onnx *m, const char *op, const char *name, const char *const *inputs,
                  int input_count, const char *const *outputs, int output_count,
                  const sx_onnx_attr *attrs);
/* f32 weights that stay where they are until sx_onnx_save. */
void sx_onnx_weights(sx_onnx *m, const char *name, int ndim, const int64_t *dims,
                     const float *data);
/* A small constant, copied. */
void sx_onnx_ints(sx_onnx *m, const char *name, int ndim, const int64_t *dims, const int64_t *data);
void sx_onnx_floats(sx_onnx *m, const char *name, int ndim, const int64_t *dims, const float *data);
/* A dimension of an input or output that is the number of images, "batch". */
enum { SX_ONNX_BATCH = -1 };
void sx_onnx_input(sx_onnx *m, const char *name, int ndim, const int64_t *dims);
void sx_onnx_output(sx_onnx *m, const char *name, int ndim, const int64_t *dims);
void sx_onnx_metadata(sx_onnx *m, const char *key, const char *value);

/* Errors: SX_ERR_LIMIT (2 GiB, protobuf's limit), SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_onnx_save(sx_onnx *m, const char *graph_name, int opset, const char *path,
                  sx_error *err) SX_MUST_USE;

#endif
