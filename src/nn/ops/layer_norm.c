#include <string.h>

#include "nn/ops/common.h"

typedef struct ln_state {
    float *weight, *bias;
    double *sums; /* training: [2][c] */
} ln_state;

static bool infer(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->inputs[0]->shape;
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    size_t c = (size_t)s->out->shape.c;
    ln_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    const float *w = sx_store_f32(sx_plan_store(p), s->node->params[SX_WEIGHT]);
    const float *b = sx_store_f32(sx_plan_store(p), s->node->params[SX_BIAS]);
    if (st) st->weight = sx_plan_alloc(p, c, sizeof(float));
    if (st) st->bias = sx_plan_alloc(p, c, sizeof(float));
    if (!st || !w || !b || !st->weight || !st->bias)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    memcpy(st->weight, w, c * sizeof(float));
    memcpy(st->bias, b, c * sizeof(float));
    if (!sx_plan_training(p)) return true;
    st->sums = sx_plan_alloc(p, 2 * c, sizeof(double));
    sx_plan_need_scratch(p, sx_reduce_scratch(p, 2 * (int64_t)c));
    return st->sums || sx_fail(err, SX_ERR_MEMORY, "out of memory");
}

static float eps_of(const sx_step *s) {
    return ((const sx_layer_norm_attr *)s->node->attr)->eps;
}

static void rows(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    ln_state *st = s->state;
    sx_kernels_get(s->out->dtype)
        ->layer_norm(s->out->data, s->inputs[0]->data, st->weight, st->bias, s->out->shape.c,
                     eps_of(s), s->act == SX_ACT_RELU, begin, end);
}

static bool forward(sx_step *s, sx_error *err) {
    ln_state *st = s->state;
    if (sx_plan_training(s->plan)) {
        const size_t bytes = (size_t)s->out->shape.c * sizeof(float);
        const float *w = sx_step_param(s, SX_WEIGHT, err), *b = sx_step_param(s, SX_BIAS, err);
        if (!w || !b) return false;
        memcpy(st->weight, w, bytes);
        memcpy(st->bias, b, bytes);
    }
    sx_share_work(s->plan, sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 8, rows,
                  s);
    return true;
}

typedef struct back_job {
    sx_step *s;
    bool add;
} back_job;

static void back_rows(void *ctx, double *part, int64_t begin, int64_t end) {
    back_job *j = ctx;
    sx_value *x = j->s->inputs[0];
    const int c = x->shape.c;
    sx_kernels_get(x->dtype)->layer_norm_back(x->grad, part, part + c, j->s->out->grad, x->data,
                                              ((ln_state *)j->s->state)->weight, c, eps_of(j->s),
                                              j->add, begin, end);
}

static bool backward(sx_step *s, sx_error *err) {
    ln_state *st = s->state;
    const int c = s->out->shape.c;
    float *dw, *db;
    if (!sx_step_param_grad(s, SX_WEIGHT, &dw, err) || !sx_step_param_grad(s, SX_BIAS, &db, err))
        return false;
    (void)sx_step_grad(s);
    back_job j = { s, s->inputs[0]->grad && sx_grad_accumulates(s->inputs[0]) };
    sx_reduce_rows(s, sx_rows(s->out->shape), 2 * (int64_t)c, back_rows, &j, st->sums);
    for (int i = 0; i < c; i++) {
        if (dw) dw[i] += (float)st->sums[i];
        if (db) db[i] += (float)st->sums[c + i];
    }
    return true;
}

const sx_op sx_op_layer_norm = { .name = "layer_norm",
                                 .folds = SX_FOLD_RELU,
                                 .saves = SX_SAVES_INPUTS,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .forward = forward,
                                 .again = forward,
                                 .backward = backward };

sx_node *sx_layer_norm_eps(sx_graph *g, sx_node *x, const char *name, float eps) {
    const sx_layer_norm_attr a = { eps };
    sx_node *n = sx_node_begin(g, (sx_node_spec){ .op = &sx_op_layer_norm,
                                                  .name = name,
                                                  .inputs = &x,
                                                  .input_count = 1,
                                                  .attr = &a,
                                                  .attr_size = sizeof a });
    if (!n) return NULL;
    const int64_t c[] = { x->shape.c };
    sx_node_param(n, SX_WEIGHT, SX_PARAM_NORM, "weight", 1, c);
    sx_node_param(n, SX_BIAS, SX_PARAM_NORM, "bias", 1, c);
    return sx_node_done(n);
}

sx_node *sx_layer_norm(sx_graph *g, sx_node *x, const char *name) {
    return sx_layer_norm_eps(g, x, name, 1e-5F);
}
