/* The attributes of the ops, which the ops and the ONNX writer read. The others are in nn/graph.h:
 * conv2d: sx_conv; batch_norm: sx_bn; activation: sx_act; pools: sx_pool; roi_align:
 * sx_roi_align_spec. */
#ifndef SX_NN_OPS_ATTRS_H
#define SX_NN_OPS_ATTRS_H

#include "nn/graph.h"

typedef struct sx_linear_attr {
    int out;
    bool bias;
} sx_linear_attr;

typedef struct sx_layer_norm_attr {
    float eps;
} sx_layer_norm_attr;

typedef struct sx_attention_attr {
    int heads;
} sx_attention_attr;

typedef struct sx_dynamic_attr {
    int64_t offset;
    int out;
} sx_dynamic_attr;

typedef struct sx_learned_attr {
    int rows, c, times;
} sx_learned_attr;

typedef struct sx_drop_path_attr {
    int layer;
    float rate;
} sx_drop_path_attr;

typedef struct sx_dropout_attr {
    int layer;
    float rate;
} sx_dropout_attr;

typedef struct sx_deltas_attr {
    float weights[4];
    float clamp;
} sx_deltas_attr;

#endif
