#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->inputs[0]->shape;
    return true;
}

static void range(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_kernels_get(s->out->dtype)
        ->activate(s->out->data, s->inputs[0]->data, *(const sx_act *)s->node->attr, begin, end);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    int64_t n = sx_shape_count(s->out->shape);
    sx_share_work(s->plan, n, (double)n * 4, range, s);
    return true;
}

static void back_range(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    const sx_act act = *(const sx_act *)s->node->attr;
    sx_kernels_get(s->out->dtype)
        ->activate_back(s->out->grad,
                        act == SX_ACT_RELU || act == SX_ACT_SIGMOID ? s->out->data
                                                                    : s->inputs[0]->data,
                        act, begin, end);
}

/* relu' = y > 0 and sigmoid' = y (1 - y) need only the output; the others need the input. */
static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const int64_t n = sx_shape_count(s->out->shape);
    if (!s->inputs[0]->grad) return true;
    sx_share_work(s->plan, n, (double)n * 8, back_range, s);
    sx_pass_grad(s, s->inputs[0], s->out->grad);
    return true;
}

static sx_act act_of(const sx_node *n) {
    return *(const sx_act *)n->attr;
}

/* In training only ReLU: the backward pass of the others needs their input. oneDNN 2 has no hard
 * sigmoid. */
static bool can_fold(const sx_node *n, bool training) {
    return act_of(n) == SX_ACT_RELU || (!training && act_of(n) != SX_ACT_HARD_SIGMOID);
}

const sx_op sx_op_activation = { .name = "activation",
                                 .folded_as = SX_FOLD_ACT,
                                 .folded_act = act_of,
                                 .can_fold = can_fold,
                                 .saves = SX_SAVES_INPUTS | SX_SAVES_OUTPUT,
                                 .infer = infer,
                                 .forward = forward,
                                 .again = forward,
                                 .backward = backward };

sx_node *sx_activation(sx_graph *g, sx_node *x, sx_act act) {
    return sx_node_simple(g, &sx_op_activation, x, &act, sizeof act);
}
