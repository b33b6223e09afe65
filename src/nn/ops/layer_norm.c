#include <string.h>

#include "nn/ops/common.h"

typedef struct ln_state {
    float *weight, *bias;
} ln_state;

static bool infer(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->in[0]->shape;
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    size_t c = (size_t)s->out->shape.c;
    ln_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    const float *w = sx_store_f32(sx_plan_store(p), s->node->param[SX_WEIGHT]);
    const float *b = sx_store_f32(sx_plan_store(p), s->node->param[SX_BIAS]);
    if (st) st->weight = sx_plan_alloc(p, c, sizeof(float));
    if (st) st->bias = sx_plan_alloc(p, c, sizeof(float));
    if (!st || !w || !b || !st->weight || !st->bias) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    memcpy(st->weight, w, c * sizeof(float));
    memcpy(st->bias, b, c * sizeof(float));
    return true;
}

static void rows(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    ln_state *st = s->state;
    sx_kernels_get(s->out->dtype)
        ->layer_norm(s->out->data, s->in[0]->data, st->weight, st->bias, s->out->shape.c,
                     s->act == SX_ACT_RELU, begin, end);
}

static void forward(sx_step *s) {
    sx_share_work(sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 8, rows, s);
}

const sx_op sx_op_layer_norm = {
    .name = "layer_norm", .saves = SX_SAVES_INPUTS, .infer = infer, .prepare = prepare, .forward = forward
};

sx_node *sx_layer_norm(sx_graph *g, sx_node *x, const char *name) {
    sx_node *n =
        sx_node_begin(g, (sx_node_spec){ .op = &sx_op_layer_norm, .name = name, .in = &x, .ins = 1 });
    if (!n) return NULL;
    const int64_t c[] = { x->shape.c };
    sx_node_param(n, SX_WEIGHT, SX_PARAM_NORM, "weight", 1, c);
    sx_node_param(n, SX_BIAS, SX_PARAM_NORM, "bias", 1, c);
    return sx_node_done(n);
}
