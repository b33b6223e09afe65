/* Depthwise convolutions (one kernel per channel) in loops along channels. oneDNN's kernels for
 * nhwc arrays read a few channels of many pixels at a time, which maps larger than the cache take
 * badly, and apply Swish slowly; for the backward pass of 5x5 kernels it has none that is fast. */
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

bool sx_conv_depthwise_fits(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return a->groups > 1 && a->groups == a->out && a->groups == s->inputs[0]->shape.c;
}

static sx_depthwise_job job_of(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return (sx_depthwise_job){ s->inputs[0]->shape, s->out->shape, a->kernel,
                               a->stride > 1 ? a->stride : 1, a->pad };
}

/* ---- forward ---- */

bool sx_conv_depthwise_forward_fits(const sx_step *s) {
    return sx_conv_depthwise_fits(s) && !s->residual && s->inputs[0]->dtype == SX_F32 &&
           s->out->dtype == SX_F32 && !sx_plan_training(s->plan);
}

/* [kernel * kernel][c] from [c][1][kernel][kernel] */
static void taps_first(float *to, const float *w, int c, int taps) {
    for (int i = 0; i < c; i++)
        for (int k = 0; k < taps; k++)
            to[(int64_t)k * c + i] = w[(int64_t)i * taps + k];
}

static bool pack_weights(const void *ctx, const float *w, void *packed, sx_error *err) {
    const sx_step *s = ctx;
    const sx_conv *a = s->node->attr;
    (void)err;
    taps_first(packed, w, a->out, a->kernel * a->kernel);
    return true;
}

static void forward_lines(void *ctx, int64_t begin, int64_t end) {
    const sx_step *s = ctx;
    const sx_conv_state *st = s->state;
    const sx_depthwise_job job = job_of(s);
    sx_kernels_get(s->out->dtype)
        ->depthwise(s->out->data, s->inputs[0]->data, st->weights, st->bias, s->act, &job, begin,
                    end);
}

static void forward(sx_step *s) {
    const sx_shape y = s->out->shape;
    sx_share_work(s->plan, (int64_t)y.n * y.h, (double)sx_shape_count(y) * 16, forward_lines, s);
}

bool sx_conv_depthwise_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    const sx_conv *a = s->node->attr;
    const size_t bytes = (size_t)a->kernel * (size_t)a->kernel * (size_t)a->out * sizeof(float);
    const sx_packing packing = { s->kernel = "depthwise", bytes, pack_weights, s };
    st->own = forward;
    st->weights = sx_packed(p, &packing, s->node->params[SX_WEIGHT], s->bn, st->scale, err);
    return st->weights != NULL;
}

/* ---- backward ---- */

typedef struct back {
    const sx_step *s;
    const void *g;
    const float *w; /* [kernel * kernel][c] */
    void *dx;
    bool add;
} back;

static void lines(void *ctx, int64_t begin, int64_t end) {
    const back *b = ctx;
    const sx_depthwise_job job = job_of(b->s);
    sx_kernels_get(b->s->out->dtype)->depthwise_back(b->dx, b->g, b->w, &job, b->add, begin, end);
}

void sx_conv_depthwise_back(sx_step *s, const float *w, float *turned, const void *g, void *dx,
                            bool add) {
    const int c = s->out->shape.c, taps = ((const sx_conv *)s->node->attr)->kernel;
    taps_first(turned, w, c, taps * taps);
    back b = { s, g, turned, dx, add };
    const sx_shape x = s->inputs[0]->shape;
    sx_share_work(s->plan, (int64_t)x.n * x.h, (double)sx_shape_count(x) * 16, lines, &b);
}

static void sum_taps(void *ctx, double *part, int64_t begin, int64_t end) {
    const back *b = ctx;
    const sx_depthwise_job job = job_of(b->s);
    sx_kernels_get(b->s->out->dtype)
        ->depthwise_weights(part, b->s->inputs[0]->data, b->g, &job, begin, end);
}

static int64_t width(const sx_step *s) {
    const int k = ((const sx_conv *)s->node->attr)->kernel;
    return (int64_t)k * k * s->out->shape.c;
}

size_t sx_conv_depthwise_scratch(const sx_step *s) {
    return sx_reduce_scratch(s->plan, width(s));
}

void sx_conv_depthwise_weights(sx_step *s, const void *g, float *plain) {
    const int c = s->out->shape.c, taps = (int)(width(s) / c);
    double *sum = (double *)sx_plan_scratch(s->plan) + (int64_t)sx_plan_threads(s->plan) * width(s);
    back b = { .s = s, .g = g };
    sx_reduce_rows(s, (int64_t)s->out->shape.n * s->out->shape.h, width(s), sum_taps, &b, sum);
    for (int i = 0; i < c; i++)
        for (int k = 0; k < taps; k++)
            plain[i * taps + k] = (float)sum[(int64_t)k * c + i];
}
