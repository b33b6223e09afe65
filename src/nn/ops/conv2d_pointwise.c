/* Convolution with a 1x1 kernel and an activation in code of our own (kernels/pointwise.inc).
 * oneDNN's products are as fast, but its code for Swish and GELU takes two to three times as long
 * as ours, more than the products of few input channels. */
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum { PANEL = 32 };

bool sx_conv_pointwise_fits(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return a->kernel == 1 && a->stride <= 1 && !a->pad && !a->pad_more && a->groups <= 1 &&
           !s->residual && s->inputs[0]->dtype == SX_F32 && s->out->dtype == SX_F32 &&
           !sx_plan_training(s->plan);
}

static int64_t panels_of(const sx_step *s) {
    return (s->out->shape.c + PANEL - 1) / PANEL;
}

typedef struct weights_job {
    float *u;
    const float *w;
    int out, in;
} weights_job;

static void arrange(void *ctx, int64_t begin, int64_t end) {
    const weights_job *j = ctx;
    sx_kernels_get(SX_F32)->pointwise_weights(j->u, j->w, j->out, j->in, begin, end);
}

static size_t weight_bytes(const sx_step *s) {
    return (size_t)panels_of(s) * PANEL * (size_t)s->inputs[0]->shape.c * sizeof(float);
}

static bool arrange_all(const void *ctx, const float *w, void *packed, sx_error *err) {
    const sx_step *s = ctx;
    weights_job job = { packed, w, s->out->shape.c, s->inputs[0]->shape.c };
    (void)err;
    sx_share_work(s->plan, panels_of(s), (double)weight_bytes(s), arrange, &job);
    return true;
}

static void strips(void *ctx, int64_t begin, int64_t end) {
    const sx_step *s = ctx;
    const sx_conv_state *st = s->state;
    const sx_pointwise_job job = { .in = s->inputs[0]->shape.c,
                                   .out = s->out->shape.c,
                                   .x = s->inputs[0]->data,
                                   .u = st->weights,
                                   .bias = st->bias,
                                   .act = s->act,
                                   .y = s->out->data };
    const int64_t rows = sx_rows(s->out->shape), last = end * SX_POINTWISE_STRIP;
    sx_kernels_get(SX_F32)->pointwise(&job, begin * SX_POINTWISE_STRIP, last < rows ? last : rows);
}

/* A byte of the arrays takes about as long as in other loops; an operation a hundredth of that. */
static void forward(sx_step *s) {
    const double bytes =
        (double)(sx_shape_count(s->inputs[0]->shape) + sx_shape_count(s->out->shape)) * 4 +
        s->op->flops(s->node) / 16;
    sx_share_work(s->plan, (sx_rows(s->out->shape) + SX_POINTWISE_STRIP - 1) / SX_POINTWISE_STRIP,
                  bytes, strips, s);
}

bool sx_conv_pointwise_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    const sx_packing packing = { s->kernel = "pointwise", weight_bytes(s), arrange_all, s };
    st->own = forward;
    st->weights = sx_packed(p, &packing, s->node->params[SX_WEIGHT], s->bn, st->scale, err);
    return st->weights != NULL;
}
