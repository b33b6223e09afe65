#include <math.h>
#include <string.h>

#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    if (n->in[0]->shape.c != 4 || !sx_same_shape(n->in[0]->shape, n->in[1]->shape))
        return sx_fail(err, SX_ERR_MISMATCH, "deltas and boxes must both be [rows][1][1][4]");
    n->shape = n->in[0]->shape;
    return true;
}

static void forward(sx_step *s) {
    const sx_deltas_attr *a = s->node->attr;
    const float *d = s->in[0]->data, *b = s->in[1]->data;
    float *out = s->out->data;
    for (int64_t r = 0; r < sx_rows(s->out->shape); r++, d += 4, b += 4, out += 4) {
        const float w = b[2] - b[0], h = b[3] - b[1];
        const float cx = d[0] / a->weights[0] * w + b[0] + 0.5F * w;
        const float cy = d[1] / a->weights[1] * h + b[1] + 0.5F * h;
        const float nw = expf(fminf(d[2] / a->weights[2], a->clamp)) * w;
        const float nh = expf(fminf(d[3] / a->weights[3], a->clamp)) * h;
        out[0] = cx - 0.5F * nw;
        out[1] = cy - 0.5F * nh;
        out[2] = cx + 0.5F * nw;
        out[3] = cy + 0.5F * nh;
    }
}

const sx_op sx_op_apply_deltas = { .name = "apply_deltas",
                                   .flags = SX_TAKES_ANY | SX_GIVES_F32,
                                   .saves = SX_SAVES_INPUTS,
                                   .infer = infer,
                                   .forward = forward };

sx_node *sx_apply_deltas(sx_graph *g, sx_node *deltas, sx_node *boxes, const float weights[4], float clamp) {
    sx_deltas_attr a = { .clamp = clamp };
    memcpy(a.weights, weights, sizeof a.weights);
    sx_node *in[] = { deltas, boxes };
    return sx_node_done(sx_node_begin(
        g,
        (sx_node_spec){ .op = &sx_op_apply_deltas, .in = in, .ins = 2, .attr = &a, .attr_size = sizeof a }));
}
