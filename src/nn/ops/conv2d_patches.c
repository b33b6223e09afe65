/* Convolution with a stride as a matrix product of patches (kernels/patches.inc). For kernels with
 * a stride on nhwc arrays oneDNN's code for AVX2 runs at a third of the speed of the others. */
#include <omp.h>

#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum { CACHE_FLOATS = 1 << 17, ROWS = 12 }; /* ROWS: a multiple of every register block's */

bool sx_conv_patches_fit(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return a->kernel > 1 && a->stride > 1 && a->groups <= 1 && s->inputs[0]->shape.c % 32 == 0 &&
           s->out->shape.c % 32 == 0 && s->inputs[0]->dtype == SX_F32 && s->out->dtype == SX_F32 &&
           !sx_plan_training(s->plan);
}

static int64_t weight_floats(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    return (int64_t)a->kernel * a->kernel * s->inputs[0]->shape.c * a->out;
}

static int64_t row_floats(const sx_step *s) {
    return (int64_t)s->inputs[0]->shape.c + s->out->shape.c;
}

/* Output pixels of a block. */
static int64_t block_of(const sx_step *s) {
    const int64_t most = CACHE_FLOATS / row_floats(s) / ROWS * ROWS;
    return most < ROWS ? ROWS : most > 8 * ROWS ? 8 * ROWS : most;
}

typedef struct weights_job {
    float *u;
    const float *w;
    int kernel, out, in;
} weights_job;

static void arrange(void *ctx, int64_t begin, int64_t end) {
    const weights_job *j = ctx;
    sx_kernels_get(SX_F32)->patches_weights(j->u, j->w, j->kernel, j->out, j->in, begin, end);
}

static bool arrange_all(const void *ctx, const float *w, void *packed, sx_error *err) {
    const sx_step *s = ctx;
    const sx_conv *a = s->node->attr;
    weights_job job = { packed, w, a->kernel, a->out, s->inputs[0]->shape.c };
    (void)err;
    sx_share_work(s->plan, a->out, 4.0 * (double)weight_floats(s), arrange, &job);
    return true;
}

static int64_t floats_of_thread(const sx_step *s) {
    return block_of(s) * row_floats(s);
}

static void forward(sx_step *s) {
    const sx_conv_state *st = s->state;
    const sx_conv *a = s->node->attr;
    const sx_patches_job job = { .in = s->inputs[0]->shape,
                                 .out = s->out->shape,
                                 .kernel = a->kernel,
                                 .stride = a->stride,
                                 .pad = a->pad,
                                 .x = s->inputs[0]->data,
                                 .u = st->weights,
                                 .bias = st->bias,
                                 .residual = s->residual ? s->residual->data : NULL,
                                 .act = s->act,
                                 .y = s->out->data };
    const int64_t pixels = sx_rows(s->out->shape), block = block_of(s), own = floats_of_thread(s);
    const int64_t blocks = (pixels + block - 1) / block;
    float *scratch = sx_plan_scratch(s->plan);
    const sx_kernels *k = sx_kernels_get(SX_F32);
#pragma omp parallel for schedule(dynamic, 1) num_threads(sx_plan_threads(s->plan))
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t begin = b * block, end = begin + block < pixels ? begin + block : pixels;
        k->patches(&job, scratch + omp_get_thread_num() * own, begin, end);
    }
}

bool sx_conv_patches_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    const size_t bytes = (size_t)weight_floats(s) * sizeof(float);
    const sx_packing packing = { s->kernel = "patches", bytes, arrange_all, s };
    st->own = forward;
    sx_plan_need_scratch(p, (size_t)(sx_plan_threads(p) * floats_of_thread(s)) * sizeof(float));
    st->weights = sx_packed(p, &packing, s->node->params[SX_WEIGHT], s->bn, st->scale, err);
    return st->weights != NULL;
}
