#include <math.h>
#include <string.h>

#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    if (n->inputs[0]->shape.c != 4 || !sx_same_shape(n->inputs[0]->shape, n->inputs[1]->shape))
        return sx_fail(err, SX_ERR_MISMATCH, "deltas and boxes must both be [rows][1][1][4]");
    n->shape = n->inputs[0]->shape;
    return true;
}

/* Unlike fminf this keeps NaN. */
static float at_most(float v, float limit) {
    return v > limit ? limit : v;
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_deltas_attr *a = s->node->attr;
    const float *d = s->inputs[0]->data, *b = s->inputs[1]->data;
    float *out = s->out->data;
    for (int64_t r = 0; r < sx_rows(s->out->shape); r++, d += 4, b += 4, out += 4) {
        const float w = b[2] - b[0], h = b[3] - b[1];
        const float cx = d[0] / a->weights[0] * w + b[0] + 0.5F * w;
        const float cy = d[1] / a->weights[1] * h + b[1] + 0.5F * h;
        const float nw = expf(at_most(d[2] / a->weights[2], a->clamp)) * w;
        const float nh = expf(at_most(d[3] / a->weights[3], a->clamp)) * h;
        out[0] = cx - 0.5F * nw;
        out[1] = cy - 0.5F * nh;
        out[2] = cx + 0.5F * nw;
        out[3] = cy + 0.5F * nh;
    }
    return true;
}

/* x0 = cx - nw / 2, x1 = cx + nw / 2 with cx = d0 w + x + w / 2 and nw = exp(min(d2, clamp)) w; the
 * same for y. */
static void back_axis(float *dd, float *dlow, float *dhigh, const float g[2], float d, float grow,
                      float size, const sx_deltas_attr *a, int axis) {
    const float dc = g[0] + g[1], dn = 0.5F * (g[1] - g[0]);
    const float e = expf(at_most(grow, a->clamp));
    dd[0] = dc * size / a->weights[axis];
    dd[2] = grow <= a->clamp ? dn * e * size / a->weights[2 + axis] : 0;
    const float dsize = dc * (d + 0.5F) + dn * e;
    *dlow = dc - dsize;
    *dhigh = dsize;
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_deltas_attr *a = s->node->attr;
    const float *d = s->inputs[0]->data, *b = s->inputs[1]->data, *g = s->out->grad;
    const int64_t rows = sx_rows(s->out->shape);
    float *dd = sx_plan_scratch(s->plan), *db = dd + 4 * rows;
    for (int64_t r = 0; r < rows; r++)
        for (int axis = 0; axis < 2; axis++) {
            const int64_t at = 4 * r + axis;
            back_axis(dd + at, db + at, db + at + 2, (float[]){ g[at], g[at + 2] },
                      d[at] / a->weights[axis], d[at + 2] / a->weights[2 + axis], b[at + 2] - b[at],
                      a, axis);
        }
    sx_pass_grad(s, s->inputs[0], dd);
    sx_pass_grad(s, s->inputs[1], db);
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    if (s->inputs[0]->dtype != SX_F32 || s->inputs[1]->dtype != SX_F32)
        return sx_fail(err, SX_ERR_INTERNAL, "boxes and deltas must be f32");
    if (sx_plan_training(p))
        sx_plan_need_scratch(p, 8 * sizeof(float) * (size_t)sx_rows(s->out->shape));
    return true;
}

const sx_op sx_op_apply_deltas = { .name = "apply_deltas",
                                   .flags = SX_TAKES_ANY | SX_PREFERS_F32 | SX_GIVES_F32,
                                   .saves = SX_SAVES_INPUTS,
                                   .infer = infer,
                                   .prepare = prepare,
                                   .forward = forward,
                                   .backward = backward };

sx_node *sx_apply_deltas(sx_graph *g, sx_node *deltas, sx_node *boxes, const float weights[4],
                         float clamp) {
    sx_deltas_attr a = { .clamp = clamp };
    memcpy(a.weights, weights, sizeof a.weights);
    sx_node *in[] = { deltas, boxes };
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &sx_op_apply_deltas,
                                                         .inputs = in,
                                                         .input_count = 2,
                                                         .attr = &a,
                                                         .attr_size = sizeof a }));
}
