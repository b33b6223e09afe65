#include <omp.h>

#include "base/context_impl.h"
#include "base/cpu.h"
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

enum { CACHE_FLOATS = 1 << 19, PANEL = 32 };

/* In training a batch norm magnifies the rounding errors of the convolution before it. Those of
 * F(4x4) are some four times those of direct convolution, so that only layers with a bias or a
 * frozen norm use it forward. Those of F(2x2) are smaller than those of direct convolution. At
 * AVX-512, where direct convolution reaches 90 % of the peak and not half of it, layers before a
 * batch norm are direct, the gradients too. */
static bool precedes_batch_norm(const sx_step *s) {
    return sx_plan_training(s->plan) && !s->bn && !((const sx_conv *)s->node->attr)->bias;
}

/* In training the input's gradient has the channels exchanged, and that of the weights needs whole
 * panels. */
static bool shape_fits(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const int unit = sx_plan_training(s->plan) ? PANEL : PANEL / 2;
    return a->kernel == 3 && a->stride <= 1 && a->pad == 1 && a->pad_more == 0 && a->groups <= 1 &&
           s->inputs[0]->shape.c % unit == 0 && s->out->shape.c % unit == 0 &&
           s->out->dtype == SX_F32;
}

/* Output channels with those that fill the last panel. */
static int whole_panels(int out) {
    return (out + PANEL - 1) / PANEL * PANEL;
}

bool sx_conv_winograd_fits(const sx_step *s, int tile) {
    return shape_fits(s) && (!precedes_batch_norm(s) || (tile == 2 && !sx_cpu_get()->avx512));
}

bool sx_conv_winograd_back_apart(const sx_step *s) {
    return shape_fits(s) && precedes_batch_norm(s) && !sx_cpu_get()->avx512;
}

static int frequencies(int tile) {
    return (tile + 2) * (tile + 2);
}

static int64_t tiles_of(const sx_step *s, int tile) {
    const sx_shape y = s->out->shape;
    return (int64_t)y.n * ((y.h + tile - 1) / tile) * ((y.w + tile - 1) / tile);
}

typedef struct weights_job {
    float *u;
    const float *w;
    int tile, out, in;
} weights_job;

static void transform_weights(void *ctx, int64_t begin, int64_t end) {
    weights_job *j = ctx;
    sx_kernels_get(SX_F32)->winograd_weights(j->u, j->w, j->tile, j->out, j->in, begin, end);
}

static bool transform_all(const void *ctx, const float *w, void *packed, sx_error *err) {
    const sx_step *s = ctx;
    const sx_conv_state *st = s->state;
    (void)err;
    sx_conv_winograd_transform(s, st->tile, w, s->out->shape.c, s->inputs[0]->shape.c, packed);
    return true;
}

int64_t sx_conv_winograd_block(const sx_step *s, int tile, int64_t tiles, int64_t threads) {
    const int64_t in = s->inputs[0]->shape.c;
    int64_t most = CACHE_FLOATS / (frequencies(tile) * in) / 12 * 12;
    most = most < 24 ? 24 : most > 96 ? 96 : most;
    int64_t blocks = (tiles + most - 1) / most;
    blocks = (blocks + threads - 1) / threads * threads;
    return (tiles + blocks - 1) / blocks;
}

bool sx_conv_winograd_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    sx_plan_need_scratch(p, sx_conv_winograd_scratch(s, st->tile));
    s->kernel = st->tile == 4 ? "winograd f4x4" : "winograd f2x2";
    if (sx_plan_training(p)) return true;
    const sx_packing packing = { s->kernel, sx_conv_winograd_bytes(s, st->tile), transform_all, s };
    st->weights = sx_packed(p, &packing, s->node->params[SX_WEIGHT], s->bn, st->scale, err);
    return st->weights != NULL;
}

static int64_t block_of(const sx_step *s, int tile) {
    return sx_conv_winograd_block(s, tile, tiles_of(s, tile), sx_plan_threads(s->plan));
}

static void multiply_tiles(const sx_step *s, const sx_winograd_job *job) {
    float *scratch = sx_plan_scratch(s->plan);
    const sx_kernels *k = sx_kernels_get(SX_F32);
    const int64_t tiles = tiles_of(s, job->tile), block = block_of(s, job->tile);
    const int64_t blocks = (tiles + block - 1) / block;
    const int64_t part = frequencies(job->tile) * block * (job->in.c + whole_panels(job->out.c));
#pragma omp parallel for schedule(dynamic, 1) num_threads(sx_plan_threads(s->plan))
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t begin = b * block, end = begin + block;
        k->winograd(job, scratch + omp_get_thread_num() * part, begin, end < tiles ? end : tiles);
    }
}

void sx_conv_winograd_forward(sx_step *s, const float *u) {
    const sx_conv_state *st = s->state;
    const sx_winograd_job job = { .in = s->inputs[0]->shape,
                                  .out = s->out->shape,
                                  .tile = st->tile,
                                  .x = s->inputs[0]->data,
                                  .u = u,
                                  .bias = st->bias,
                                  .residual = s->residual ? s->residual->data : NULL,
                                  .act = s->act,
                                  .y = s->out->data };
    multiply_tiles(s, &job);
}

/* The gradient of the input is the output's gradient convolved with the kernels rotated by 180
 * degrees. */
void sx_conv_winograd_back(sx_step *s, const float *u, const void *g, void *dx) {
    const sx_conv_state *st = s->state;
    const sx_winograd_job job = { .in = s->out->shape,
                                  .out = s->inputs[0]->shape,
                                  .tile = st->back_tile,
                                  .x = g,
                                  .u = u,
                                  .y = dx };
    multiply_tiles(s, &job);
}

size_t sx_conv_winograd_bytes(const sx_step *s, int tile) {
    return (size_t)(frequencies(tile) * whole_panels(s->out->shape.c) * s->inputs[0]->shape.c) *
           sizeof(float);
}

size_t sx_conv_winograd_scratch(const sx_step *s, int tile) {
    return (size_t)(sx_plan_threads(s->plan) * frequencies(tile) * block_of(s, tile) *
                    (s->inputs[0]->shape.c + whole_panels(s->out->shape.c))) *
           sizeof(float);
}

void sx_conv_winograd_transform(const sx_step *s, int tile, const float *w, int out, int in,
                                float *u) {
    weights_job job = { u, w, tile, out, in };
    const int columns = whole_panels(out);
    sx_share_work(s->plan, columns, 4.0 * frequencies(tile) * columns * in, transform_weights,
                  &job);
}

/* ---- the weights' gradient ---- */

enum { GRAD_TILES = 192, GRAD_MIN_TILES = 256, GRAD_MAX_BYTES = 16 << 20 };

/* Worthwhile for many tiles, unless the sums of 36 numbers per weight are too large. */
bool sx_conv_winograd_weights_fit(const sx_step *s) {
    const sx_conv_state *st = s->state;
    return st->back_tile && tiles_of(s, 4) >= GRAD_MIN_TILES &&
           sx_conv_winograd_bytes(s, 4) <= GRAD_MAX_BYTES;
}

size_t sx_conv_winograd_weights_scratch(const sx_step *s) {
    const size_t in = (size_t)s->inputs[0]->shape.c, out = (size_t)s->out->shape.c;
    return sx_conv_winograd_bytes(s, 4) + 36 * GRAD_TILES * (in + out) * sizeof(float);
}

typedef struct grad_job {
    const sx_kernels *kernels;
    sx_winograd_job winograd;
    float *u, *v, *m, *w;
    int64_t first, tiles; /* of a block */
} grad_job;

static void grad_tiles(void *ctx, int64_t begin, int64_t end) {
    const grad_job *j = ctx;
    j->kernels->winograd_grad_tiles(&j->winograd, j->v, j->m, j->first, j->tiles, begin, end);
}

static void grad_sums(void *ctx, int64_t begin, int64_t end) {
    const grad_job *j = ctx;
    j->kernels->winograd_grad_sums(j->u, j->v, j->m, j->tiles, j->winograd.in.c, j->winograd.out.c,
                                   j->first > 0, begin, end);
}

static void grad_weights(void *ctx, int64_t begin, int64_t end) {
    const grad_job *j = ctx;
    j->kernels->winograd_grad_weights(j->w, j->u, j->winograd.out.c, j->winograd.in.c, begin, end);
}

void sx_conv_winograd_weights(sx_step *s, const void *g, float *plain, void *scratch) {
    const sx_shape in = s->inputs[0]->shape, out = s->out->shape;
    const int64_t tiles = tiles_of(s, 4);
    const double bytes = (double)sx_conv_winograd_bytes(s, 4);
    grad_job job = { .kernels = sx_kernels_get(SX_F32),
                     .winograd = { .in = in, .out = out, .x = s->inputs[0]->data, .g = g },
                     .u = scratch,
                     .w = plain };
    job.v = job.u + sx_conv_winograd_bytes(s, 4) / sizeof(float);
    job.m = job.v + (int64_t)36 * GRAD_TILES * in.c;
    for (; job.first < tiles; job.first += GRAD_TILES) {
        job.tiles = tiles - job.first < GRAD_TILES ? tiles - job.first : GRAD_TILES;
        sx_share_work(s->plan, job.tiles, 36.0 * 4 * GRAD_TILES * (in.c + out.c), grad_tiles, &job);
        sx_share_work(s->plan, (int64_t)36 * out.c / 32, bytes, grad_sums, &job);
    }
    sx_share_work(s->plan, out.c, bytes, grad_weights, &job);
}
