/* Stochastic depth (Huang 2016): the images for which a layer is skipped. The random numbers are an
 * input. */
#include "base/rng.h"
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_shape d = n->inputs[0]->shape;
    const sx_drop_path_attr *a = n->attr;
    if (d.h != 1 || d.w != 1 || d.c != 4)
        return sx_fail(err, SX_ERR_MISMATCH, "draws must be [n][1][1][4]");
    if (!(a->rate >= 0 && a->rate < 1))
        return sx_fail(err, SX_ERR_VALUE, "the drop rate %g is not in [0, 1)", (double)a->rate);
    n->shape = (sx_shape){ d.n, 1, 1, 1 };
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    (void)p;
    return s->inputs[0]->dtype == SX_F32 || sx_fail(err, SX_ERR_INTERNAL, "draws must be f32");
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_drop_path_attr *a = s->node->attr;
    const float *draw = s->inputs[0]->data;
    float *out = s->out->data;
    for (int i = 0; i < s->out->shape.n; i++, draw += 4) {
        uint64_t key = 0;
        for (int k = 0; k < 4; k++)
            key |= (uint64_t)draw[k] << 16 * k;
        const bool stays = sx_rng_unit(key, (uint64_t)a->layer) >= (double)a->rate;
        out[i] = stays ? 1 / (1 - a->rate) : 0;
    }
    return true;
}

const sx_op sx_op_drop_path = { .name = "drop_path",
                                .flags = SX_TAKES_ANY | SX_PREFERS_F32 | SX_GIVES_F32,
                                .stops_gradient = true,
                                .infer = infer,
                                .prepare = prepare,
                                .forward = forward };

sx_node *sx_drop_path(sx_graph *g, sx_node *draw, int layer, float rate) {
    const sx_drop_path_attr a = { layer, rate };
    return sx_node_simple(g, &sx_op_drop_path, draw, &a, sizeof a);
}
