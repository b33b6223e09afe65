/* Convolution with a 1x1 kernel in code of our own (kernels/pointwise.inc): products, sum and
 * activation of a strip of pixels while it is in the cache. oneDNN's products of small maps are as
 * fast; those of large maps are not, nor is its code for Swish and GELU. */
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum { PANEL = 32, MANY_STRIPS = 16 };

bool sx_conv_pointwise_fits(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return a->kernel == 1 && a->stride <= 1 && !a->pad && !a->pad_more && a->groups <= 1 &&
           s->inputs[0]->dtype == SX_F32 && s->out->dtype == SX_F32 && !sx_plan_training(s->plan);
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

static sx_pointwise_job job_of(const sx_step *s) {
    const sx_conv_state *st = s->state;
    return (sx_pointwise_job){ .in = s->inputs[0]->shape.c,
                               .out = s->out->shape.c,
                               .x = s->inputs[0]->data,
                               .u = st->weights,
                               .bias = st->bias,
                               .residual = s->residual ? s->residual->data : NULL,
                               .act = s->act,
                               .y = s->out->data };
}

static int64_t strips_of(const sx_step *s) {
    return (sx_rows(s->out->shape) + SX_POINTWISE_STRIP - 1) / SX_POINTWISE_STRIP;
}

/* Strips [begin, end) of the panels [first, last). */
static void run_strips(const sx_step *s, int64_t begin, int64_t end, int first, int last) {
    const sx_pointwise_job job = job_of(s);
    const int64_t rows = sx_rows(s->out->shape), past = end * SX_POINTWISE_STRIP;
    sx_kernels_get(SX_F32)->pointwise(&job, begin * SX_POINTWISE_STRIP, past < rows ? past : rows,
                                      first, last);
}

static void whole_strips(void *ctx, int64_t begin, int64_t end) {
    const sx_step *s = ctx;
    run_strips(s, begin, end, 0, (int)panels_of(s));
}

/* Parts [begin, end): the strips of the first panel, then those of the next one. */
static void strips_of_panels(void *ctx, int64_t begin, int64_t end) {
    const sx_step *s = ctx;
    const int64_t strips = strips_of(s);
    for (int64_t i = begin; i < end;) {
        const int64_t panel = i / strips, next = (panel + 1) * strips,
                      past = end < next ? end : next;
        run_strips(s, i - panel * strips, past - panel * strips, (int)panel, (int)panel + 1);
        i = past;
    }
}

/* A byte of the arrays takes about as long as in other loops, an operation a sixteenth of that. A
 * small map has too few strips to share, so that each panel of outputs is a part, too. */
static void forward(sx_step *s) {
    const int64_t strips = strips_of(s);
    const double bytes =
        (double)(sx_shape_count(s->inputs[0]->shape) + sx_shape_count(s->out->shape)) * 4 +
        s->op->flops(s->node) / 16;
    if (strips >= MANY_STRIPS * sx_plan_threads(s->plan))
        sx_share_work(s->plan, strips, bytes, whole_strips, s);
    else
        sx_share_work(s->plan, strips * panels_of(s), bytes, strips_of_panels, s);
}

bool sx_conv_pointwise_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    const sx_packing packing = { s->kernel = "pointwise", weight_bytes(s), arrange_all, s };
    st->own = forward;
    st->weights = sx_packed(p, &packing, s->node->params[SX_WEIGHT], s->bn, st->scale, err);
    return st->weights != NULL;
}
