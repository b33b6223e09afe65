/* Convolution, with what the planner folded into it: a batch norm with fixed statistics (into weights and
 * bias), a residual sum, an activation. */
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/threads.h"
#include "nn/ops/common.h"

typedef struct conv_state {
    sx_prim *forward;     /* NULL: Winograd's way is taken */
    int64_t tiles, block; /* of Winograd's way: 4x4 outputs in all, and at a time */
    const void *weights;
    float *bias; /* with the folded norm's shift */
} conv_state;

static bool infer(sx_node *n, sx_error *err) {
    const sx_conv *a = n->attr;
    sx_shape x = n->in[0]->shape;
    int groups = a->groups > 1 ? a->groups : 1, stride = a->stride > 0 ? a->stride : 1;
    if (a->kernel < 1 || a->out < 1 || x.c % groups || a->out % groups)
        return sx_fail(err, SX_ERR_VALUE, "kernel %d, %d to %d channels, %d groups do not fit", a->kernel,
                       x.c, a->out, groups);
    int whole = 2 * a->pad + a->pad_more - a->kernel;
    n->shape = (sx_shape){ x.n, (x.h + whole) / stride + 1, (x.w + whole) / stride + 1, a->out };
    if (x.h + whole < 0 || x.w + whole < 0)
        return sx_fail(err, SX_ERR_VALUE, "input %dx%d is smaller than the kernel", x.h, x.w);
    return true;
}

static double flops(const sx_node *n) {
    const sx_conv *a = n->attr;
    int groups = a->groups > 1 ? a->groups : 1;
    return 2.0 * (double)sx_shape_count(n->shape) * a->kernel * a->kernel * (n->in[0]->shape.c / groups);
}

static sx_conv_desc describe(const sx_step *s, sx_prim_kind kind) {
    const sx_conv *a = s->node->attr;
    return (sx_conv_desc){
        .kind = kind,
        .src = s->in[0]->shape,
        .dst = s->out->shape,
        .kernel = a->kernel,
        .stride = a->stride > 0 ? a->stride : 1,
        .pad = a->pad,
        .pad_end = a->pad + a->pad_more,
        .groups = a->groups,
        .src_dtype = s->in[0]->dtype,
        .weight_dtype = s->in[0]->dtype,
        .dst_dtype = s->out->dtype,
        .bias = a->bias || s->bn,
        .add_dst = s->residual,
        .act = s->act,
        .inference = !sx_plan_training(s->plan),
    };
}

/* Winograd's way pays from this many tiles on: below, the larger weights (36 numbers for 9) cost more than the
 * products saved; the more channels, the more tiles must share them. */
enum { MIN_TILES = 49, WEIGHTS_PER_TILE = 2048, CACHE_FLOATS = 1 << 19 };

static bool winograd_fits(const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const sx_shape y = s->out->shape;
    const int64_t tiles = (int64_t)y.n * ((y.h + 3) / 4) * ((y.w + 3) / 4);
    const bool shape = a->kernel == 3 && a->stride <= 1 && a->pad == 1 && a->pad_more == 0 &&
                       a->groups <= 1 && s->in[0]->shape.c % 32 == 0 && y.c % 32 == 0;
    return shape && s->out->dtype == SX_F32 && (s->act == SX_ACT_NONE || s->act == SX_ACT_RELU) &&
           !sx_plan_training(s->plan) && !sx_plan_get_options(s->plan)->plain && tiles >= MIN_TILES &&
           tiles * WEIGHTS_PER_TILE >= (int64_t)s->in[0]->shape.c * y.c;
}

typedef struct weights_job {
    float *u;
    const float *w;
    int out, in;
} weights_job;

static void transform_weights(void *ctx, int64_t begin, int64_t end) {
    weights_job *j = ctx;
    sx_kernels_get(SX_F32)->winograd_weights(j->u, j->w, j->out, j->in, begin, end);
}

static bool pack_winograd(sx_plan *p, sx_step *s, const float *scale, sx_error *err) {
    conv_state *st = s->state;
    const sx_param *w = s->node->param[SX_WEIGHT];
    const int out = s->out->shape.c, in = s->in[0]->shape.c;
    const size_t bytes = (size_t)36 * (size_t)out * (size_t)in * sizeof(float);
    char key[320];
    snprintf(key, sizeof key, "%s|%s|winograd", w->name, s->bn ? s->bn->name : "");
    st->weights = sx_store_packed(sx_plan_store(p), key, NULL);
    if (st->weights) return true;
    weights_job job = { .u = sx_aligned_alloc(bytes), .out = out, .in = in };
    float *copy = scale ? sx_scaled_weights(p, w, scale) : NULL;
    job.w = scale ? copy : sx_store_f32(sx_plan_store(p), w);
    if (!job.u || !job.w) {
        sx_aligned_free(job.u);
        sx_aligned_free(copy);
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for the weights %s", w->name);
    }
    sx_share_work(out, (double)bytes, transform_weights, &job);
    sx_aligned_free(copy);
    sx_store_forget(sx_plan_store(p), w);
    st->weights = job.u;
    return sx_store_add_packed(sx_plan_store(p), key, job.u, bytes, err);
}

/* Blocks of tiles that fit the cache, and as many as keep every thread busy. */
static void plan_winograd(sx_plan *p, sx_step *s) {
    conv_state *st = s->state;
    const sx_shape y = s->out->shape;
    const int in = s->in[0]->shape.c;
    st->tiles = (int64_t)y.n * ((y.h + 3) / 4) * ((y.w + 3) / 4);
    int64_t most = CACHE_FLOATS / (36 * (int64_t)in) / 12 * 12, threads = sx_threads();
    most = most < 24 ? 24 : most > 96 ? 96 : most;
    int64_t blocks = (st->tiles + most - 1) / most;
    blocks = (blocks + threads - 1) / threads * threads;
    st->block = (st->tiles + blocks - 1) / blocks;
    sx_plan_need_scratch(p, (size_t)(threads * 36 * st->block * (in + y.c)) * sizeof(float));
    s->kernel = "winograd f4x4";
}

static bool prepare_bias(sx_plan *p, sx_step *s, float **scale, sx_error *err) {
    const sx_conv *a = s->node->attr;
    conv_state *st = s->state;
    if (!s->bn && !a->bias) return true;
    st->bias = sx_plan_alloc(p, (size_t)a->out, sizeof *st->bias);
    *scale = s->bn ? sx_plan_alloc(p, (size_t)a->out, sizeof **scale) : NULL;
    if (!st->bias || (s->bn && !*scale)) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (s->bn && !sx_bn_affine(p, s->bn, *scale, st->bias, err)) return false;
    const float *b = a->bias ? sx_store_f32(sx_plan_store(p), s->node->param[SX_BIAS]) : NULL;
    if (a->bias && !b) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    for (int i = 0; b && i < a->out; i++)
        st->bias[i] += b[i] * (*scale ? (*scale)[i] : 1.0F);
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    conv_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    float *scale = NULL;
    if (!st) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (!prepare_bias(p, s, &scale, err)) return false;
    if (winograd_fits(s)) {
        plan_winograd(p, s);
        return pack_winograd(p, s, scale, err);
    }
    sx_conv_desc d = describe(s, SX_PRIM_FORWARD);
    st->forward = sx_prim_conv(&d, err);
    if (!st->forward) return false;
    s->kernel = sx_prim_kernel(st->forward);
    sx_plan_need_scratch(p, sx_prim_scratch(st->forward));
    st->weights = sx_packed_weights(p, st->forward, s->node->param[SX_WEIGHT], s->bn, scale, err);
    return st->weights != NULL;
}

static void forward_winograd(sx_step *s) {
    conv_state *st = s->state;
    const sx_winograd_job job = { .in = s->in[0]->shape,
                                  .out = s->out->shape,
                                  .x = s->in[0]->data,
                                  .u = st->weights,
                                  .bias = st->bias,
                                  .residual = s->residual ? s->residual->data : NULL,
                                  .relu = s->act == SX_ACT_RELU,
                                  .y = s->out->data };
    const sx_kernels *k = sx_kernels_get(SX_F32);
    const int64_t blocks = (st->tiles + st->block - 1) / st->block;
    const int64_t scratch = 36 * st->block * (job.in.c + job.out.c);
#pragma omp parallel for schedule(dynamic, 1) num_threads(sx_threads())
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t begin = b * st->block, end = begin + st->block;
        k->winograd(&job, (float *)sx_plan_scratch(s->plan) + omp_get_thread_num() * scratch, begin,
                    end < st->tiles ? end : st->tiles);
    }
}

static void forward(sx_step *s) {
    conv_state *st = s->state;
    if (!st->forward) {
        forward_winograd(s);
        return;
    }
    if (s->residual && !s->residual_in_place)
        memcpy(s->out->data, s->residual->data,
               (size_t)sx_shape_count(s->out->shape) * sx_dtype_size(s->out->dtype));
    sx_prim_run(st->forward, &(sx_prim_args){ .src = s->in[0]->data,
                                              .weights = st->weights,
                                              .bias = st->bias,
                                              .dst = s->out->data,
                                              .scratch = sx_plan_scratch(s->plan) });
}

static void release(sx_step *s) {
    conv_state *st = s->state;
    if (st) sx_prim_free(st->forward);
}

const sx_op sx_op_conv2d = { .name = "conv2d",
                             .saves = SX_SAVES_INPUTS,
                             .infer = infer,
                             .prepare = prepare,
                             .forward = forward,
                             .release = release,
                             .flops = flops };

sx_node *sx_conv2d(sx_graph *g, sx_node *x, const char *name, sx_conv conv) {
    sx_node *n = sx_node_begin(
        g,
        (sx_node_spec){
            .op = &sx_op_conv2d, .name = name, .in = &x, .ins = 1, .attr = &conv, .attr_size = sizeof conv });
    if (!n) return NULL;
    int groups = conv.groups > 1 ? conv.groups : 1;
    sx_node_param(n, SX_WEIGHT, SX_PARAM_WEIGHT, "weight", 4,
                  (int64_t[]){ conv.out, x->shape.c / groups, conv.kernel, conv.kernel });
    if (conv.bias) sx_node_param(n, SX_BIAS, SX_PARAM_BIAS, "bias", 1, (int64_t[]){ conv.out });
    return sx_node_done(n);
}
