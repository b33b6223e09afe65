/* The list of ops; each is defined in a file of nn/ops/. The planner refers to none by name except
 * `cast`, which it inserts itself. */
#ifndef SX_NN_OPS_H
#define SX_NN_OPS_H

#include "nn/op.h"

extern const sx_op sx_op_conv2d, sx_op_batch_norm, sx_op_activation, sx_op_max_pool, sx_op_avg_pool,
    sx_op_global_avg_pool, sx_op_concat, sx_op_add, sx_op_upsample2x, sx_op_linear,
    sx_op_layer_norm, sx_op_attention, sx_op_dynamic_linear, sx_op_reshape, sx_op_flatten,
    sx_op_learned, sx_op_roi_align, sx_op_apply_deltas, sx_op_learned_boxes, sx_op_detach,
    sx_op_cast, sx_op_channel_scale, sx_op_drop_path, sx_op_weighted_sum, sx_op_dropout;

#endif
