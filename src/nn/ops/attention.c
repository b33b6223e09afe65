/* Self-attention without its two projections: qkv [batch][steps][1][3c] -> [batch][steps][1][c]. */
#include <stdlib.h>

#include "base/mem.h"
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_attention_attr *a = n->attr;
    sx_shape x = n->inputs[0]->shape;
    if (a->heads < 1 || x.c % (3 * a->heads))
        return sx_fail(err, SX_ERR_VALUE, "%d channels cannot be split among %d heads", x.c,
                       a->heads);
    n->shape = (sx_shape){ x.n, x.h, x.w, x.c / 3 };
    return true;
}

static size_t scratch_floats(const sx_step *s) {
    const sx_attention_attr *a = s->node->attr;
    size_t steps = (size_t)s->out->shape.h, d = (size_t)(s->out->shape.c / a->heads);
    if (sx_plan_training(s->plan)) return 4 * d * steps + 2 * steps * steps;
    return 2 * d * steps + steps + d;
}

/* Each (sequence, head) pair has its own scratch. */
static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    (void)err;
    const sx_attention_attr *a = s->node->attr;
    size_t gradient = sx_plan_training(p) ? (size_t)sx_shape_count(s->inputs[0]->shape) : 0;
    sx_plan_need_scratch(p, (scratch_floats(s) * (size_t)(s->out->shape.n * a->heads) + gradient) *
                                sizeof(float));
    return true;
}

static void pairs(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    const sx_attention_attr *a = s->node->attr;
    const int steps = s->out->shape.h, c = s->out->shape.c;
    const int64_t size = (int64_t)sx_dtype_size(s->out->dtype);
    for (int64_t i = begin; i < end; i++) {
        int64_t b = i / a->heads;
        float *tmp = (float *)sx_plan_scratch(s->plan) + (size_t)i * scratch_floats(s);
        sx_kernels_get(s->out->dtype)
            ->attention((char *)s->out->data + b * steps * c * size,
                        (const char *)s->inputs[0]->data + b * steps * 3 * c * size, steps, c,
                        a->heads, (int)(i % a->heads), tmp);
    }
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_attention_attr *a = s->node->attr;
    sx_share_work(s->plan, (int64_t)s->out->shape.n * a->heads, 1e9, pairs, s);
    return true;
}

/* The gradient of qkv is collected in the scratch, behind the pairs' parts, and then passed on. */
static void back_pairs(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    const sx_attention_attr *a = s->node->attr;
    const int steps = s->out->shape.h, c = s->out->shape.c;
    const int64_t size = (int64_t)sx_dtype_size(s->out->dtype),
                  all = (int64_t)s->out->shape.n * a->heads;
    float *scratch = sx_plan_scratch(s->plan);
    char *dqkv = (char *)(scratch + all * (int64_t)scratch_floats(s));
    for (int64_t i = begin; i < end; i++) {
        const int64_t b = i / a->heads;
        sx_kernels_get(s->out->dtype)
            ->attention_back(
                dqkv + b * steps * 3 * c * size, (const char *)s->out->grad + b * steps * c * size,
                (const char *)s->inputs[0]->data + b * steps * 3 * c * size, steps, c, a->heads,
                (int)(i % a->heads), scratch + i * (int64_t)scratch_floats(s));
    }
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_attention_attr *a = s->node->attr;
    const int64_t all = (int64_t)s->out->shape.n * a->heads;
    sx_share_work(s->plan, all, 1e9, back_pairs, s);
    sx_pass_grad(s, s->inputs[0],
                 (float *)sx_plan_scratch(s->plan) + all * (int64_t)scratch_floats(s));
    return true;
}

static double flops(const sx_node *n) {
    return 4.0 * (double)sx_shape_count(n->shape) * n->shape.h;
}

const sx_op sx_op_attention = { .name = "attention",
                                .saves = SX_SAVES_INPUTS,
                                .infer = infer,
                                .prepare = prepare,
                                .forward = forward,
                                .backward = backward,
                                .flops = flops };

sx_node *sx_self_attention(sx_graph *g, sx_node *x, const char *name, int heads) {
    if (!x) return NULL;
    const int c = x->shape.c;
    sx_scope_push(g, "%s", name);
    sx_linear_attr project = { 3 * c, true };
    sx_node *qkv = sx_node_begin(g, (sx_node_spec){ .op = &sx_op_linear,
                                                    .name = "in_proj",
                                                    .inputs = &x,
                                                    .input_count = 1,
                                                    .attr = &project,
                                                    .attr_size = sizeof project });
    sx_node_param(qkv, SX_WEIGHT, SX_PARAM_WEIGHT, "_weight", 2, (int64_t[]){ 3 * c, c });
    sx_node_param(qkv, SX_BIAS, SX_PARAM_BIAS, "_bias", 1, (int64_t[]){ 3 * c });
    qkv = sx_node_done(qkv);
    sx_attention_attr attr = { heads };
    sx_node *y = sx_node_simple(g, &sx_op_attention, qkv, &attr, sizeof attr);
    y = sx_linear(g, y, "out_proj", c, true);
    sx_scope_pop(g);
    return y;
}
