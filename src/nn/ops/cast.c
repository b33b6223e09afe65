/* Conversion between f32 and bf16, inserted by the planner only. */
#include "nn/ops/common.h"

static void range(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    const sx_kernels *k = sx_kernels_get(SX_BF16);
    if (s->out->dtype == SX_BF16)
        k->from_f32((uint16_t *)s->out->data + begin, (const float *)s->inputs[0]->data + begin,
                    end - begin);
    else
        k->to_f32((float *)s->out->data + begin, (const uint16_t *)s->inputs[0]->data + begin,
                  end - begin);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    int64_t n = sx_shape_count(s->out->shape);
    sx_share_work(s->plan, n, (double)n * 6, range, s);
    return true;
}

/* The gradient is passed back in the input's dtype. */
static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    (void)err;
    if (sx_plan_training(p))
        sx_plan_need_scratch(p, (size_t)sx_shape_count(s->inputs[0]->shape) * sizeof(float));
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const int64_t n = sx_shape_count(s->out->shape);
    const sx_kernels *k = sx_kernels_get(SX_BF16);
    void *g = sx_plan_scratch(s->plan);
    if (s->out->dtype == SX_BF16)
        k->to_f32(g, s->out->grad, n);
    else
        k->from_f32(g, s->out->grad, n);
    sx_pass_grad(s, s->inputs[0], g);
    return true;
}

const sx_op sx_op_cast = { .name = "cast",
                           .flags = SX_TAKES_ANY,
                           .prepare = prepare,
                           .forward = forward,
                           .again = forward,
                           .backward = backward };
