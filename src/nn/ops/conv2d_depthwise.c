/* Backward pass of a depthwise convolution (one kernel per channel) in loops along channels. oneDNN
 * has no fast kernel for 5x5 depthwise convolutions on nhwc arrays. */
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
    for (int i = 0; i < c; i++)
        for (int k = 0; k < taps * taps; k++)
            turned[k * c + i] = w[i * taps * taps + k];
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
