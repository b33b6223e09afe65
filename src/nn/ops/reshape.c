/* The same memory with another shape, or without a gradient. */
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    sx_shape x = n->inputs[0]->shape;
    n->shape = *(const sx_shape *)n->attr;
    if (sx_shape_count(x) != sx_shape_count(n->shape))
        return sx_fail(err, SX_ERR_MISMATCH, "%lld numbers cannot be reshaped to %lld",
                       (long long)sx_shape_count(x), (long long)sx_shape_count(n->shape));
    return true;
}

static bool infer_same(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->inputs[0]->shape;
    return true;
}

const sx_op sx_op_reshape = { .name = "reshape",
                              .flags = SX_IS_VIEW | SX_TAKES_ANY,
                              .infer = infer };
const sx_op sx_op_detach = { .name = "detach",
                             .flags = SX_IS_VIEW | SX_TAKES_ANY,
                             .stops_gradient = true,
                             .infer = infer_same };

sx_node *sx_reshape(sx_graph *g, sx_node *x, sx_shape shape) {
    return sx_node_simple(g, &sx_op_reshape, x, &shape, sizeof shape);
}
sx_node *sx_detach(sx_graph *g, sx_node *x) {
    return sx_node_simple(g, &sx_op_detach, x, NULL, 0);
}
