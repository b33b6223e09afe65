/* Convolution, with what the planner folds into it: a batch norm with fixed statistics (into
 * weights and bias), a residual sum, an activation. */
#include "nn/ops/conv2d.h"

#include <omp.h>
#include <string.h>

#include "base/cpu.h"
#include "nn/plan.h"

/* No convolution of the networks on a larger map depends on the number of threads, and one in 700
 * random ones (up to 12,000 pixels, up to 8 threads). */
enum { FEW_PIXELS = 4096 };

static bool infer(sx_node *n, sx_error *err) {
    const sx_conv *a = n->attr;
    sx_shape x = n->inputs[0]->shape;
    int groups = a->groups > 1 ? a->groups : 1, stride = a->stride > 0 ? a->stride : 1;
    if (a->kernel < 1 || a->out < 1 || x.c % groups || a->out % groups)
        return sx_fail(err, SX_ERR_VALUE, "kernel %d, %d to %d channels, %d groups do not fit",
                       a->kernel, x.c, a->out, groups);
    int whole = 2 * a->pad + a->pad_more - a->kernel;
    n->shape = (sx_shape){ x.n, (x.h + whole) / stride + 1, (x.w + whole) / stride + 1, a->out };
    if (x.h + whole < 0 || x.w + whole < 0)
        return sx_fail(err, SX_ERR_VALUE, "input %dx%d is smaller than the kernel", x.h, x.w);
    return true;
}

static double flops(const sx_node *n) {
    const sx_conv *a = n->attr;
    const int group_channels = n->inputs[0]->shape.c / (a->groups > 1 ? a->groups : 1);
    return 2.0 * (double)sx_shape_count(n->shape) * a->kernel * a->kernel * group_channels;
}

sx_conv_desc sx_conv_describe(const sx_step *s, sx_prim_kind kind) {
    const sx_conv *a = s->node->attr;
    return (sx_conv_desc){
        .kind = kind,
        .src = s->inputs[0]->shape,
        .dst = s->out->shape,
        .kernel = a->kernel,
        .stride = a->stride > 0 ? a->stride : 1,
        .pad = a->pad,
        .pad_end = a->pad + a->pad_more,
        .groups = a->groups,
        .src_dtype = s->inputs[0]->dtype,
        .weight_dtype = s->inputs[0]->dtype,
        .dst_dtype = s->out->dtype,
        .bias = a->bias || s->bn,
        .add_dst = s->residual,
        .act = s->act,
        .inference = !sx_plan_training(s->plan),
    };
}

/* The bias that the kernel adds: the layer's bias and the shift of the folded norm. */
static bool prepare_bias(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_conv *a = s->node->attr;
    sx_conv_state *st = s->state;
    if (!s->bn && !a->bias) return true;
    st->bias = sx_plan_alloc(p, ((size_t)a->out + 31) / 32 * 32, sizeof *st->bias);
    st->scale = s->bn ? sx_plan_alloc(p, (size_t)a->out, sizeof *st->scale) : NULL;
    if (!st->bias || (s->bn && !st->scale)) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (s->bn && !sx_bn_affine(p, s->bn, st->scale, st->bias, err)) return false;
    const float *b = a->bias ? sx_store_f32(sx_plan_store(p), s->node->params[SX_BIAS]) : NULL;
    if (a->bias && !b) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    for (int i = 0; b && i < a->out; i++)
        st->bias[i] += b[i] * (st->scale ? st->scale[i] : 1.0F);
    return true;
}

/* A 1x1 convolution as the product of the pixels and the weights. */
static sx_prim *product(const sx_step *s, const sx_conv_desc *d, sx_error *err) {
    const int64_t m = sx_rows(s->out->shape), n = d->dst.c, k = d->src.c;
    return sx_prim_matmul(&(sx_matmul_desc){ .batch = 1,
                                             .m = m,
                                             .n = n,
                                             .k = k,
                                             .a_stride = { m * k, k, 1 },
                                             .c_stride = { m * n, n, 1 },
                                             .a_dtype = d->src_dtype,
                                             .b_dtype = d->weight_dtype,
                                             .c_dtype = d->dst_dtype,
                                             .pack_b = true,
                                             .bias = d->bias,
                                             .add_c = d->add_dst,
                                             .act = d->act },
                          err);
}

/* oneDNN's fallback divides the sums of a product among the threads. */
static bool is_fallback(const sx_prim *p) {
    return strstr(sx_prim_kernel(p), "gemm") != NULL;
}

/* With AVX-512, oneDNN's kernels larger than 1x1 choose their blocks by the number of threads where
 * an image has few pixels, and with them the order of the sums. */
static bool blocks_follow_threads(const sx_plan *p, const sx_step *s) {
    const sx_conv *a = s->node->attr;
    const sx_shape y = s->out->shape;
    return sx_cpu_get()->avx512 && s->out->dtype == SX_F32 && !sx_plan_training(p) &&
           sx_plan_threads(p) <= SX_PLAN_SAME_THREADS && a->kernel > 1 &&
           (int64_t)y.h * y.w <= FEW_PIXELS;
}

/* oneDNN's convolution. Where its last digits would depend on the number of threads, it is made for
 * one. */
static sx_prim *direct(const sx_plan *p, const sx_step *s, const sx_conv_desc *d, sx_error *err) {
    const int before = omp_get_max_threads();
    if (blocks_follow_threads(p, s)) omp_set_num_threads(1);
    sx_prim *prim = sx_prim_conv(d, err);
    omp_set_num_threads(before);
    return prim;
}

/* Takes a way of our own, if one fits, in place of a kernel of oneDNN whose last digits would
 * depend on the number of threads. */
static bool replace_direct(sx_plan *p, sx_step *s, bool *replaced, sx_error *err) {
    sx_conv_state *st = s->state;
    const sx_plan_options *o = sx_plan_get_options(p);
    const bool depthwise = sx_conv_depthwise_forward_fits(s);
    *replaced = !o->plain && o->convolution == SX_CONV_AUTO &&
                (is_fallback(st->forward) || blocks_follow_threads(p, s)) &&
                (depthwise || sx_conv_patches_fit(s));
    if (!*replaced) return true;
    sx_prim_free(st->forward);
    st->forward = NULL;
    return depthwise ? sx_conv_depthwise_prepare(p, s, err) : sx_conv_patches_prepare(p, s, err);
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    if (!st) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (!prepare_bias(p, s, err)) return false;
    sx_conv_way way;
    if (!sx_conv_choose(p, s, &way, err)) return false;
    if (way == SX_CONV_WINOGRAD4 || way == SX_CONV_WINOGRAD2) {
        st->tile = way == SX_CONV_WINOGRAD4 ? 4 : 2;
        return sx_conv_winograd_prepare(p, s, err) &&
               (!sx_plan_training(p) || sx_conv_train_prepare(p, s, err));
    }
    if (way == SX_CONV_PATCHES) return sx_conv_patches_prepare(p, s, err);
    if (way == SX_CONV_POINTWISE) return sx_conv_pointwise_prepare(p, s, err);
    if (way == SX_CONV_DEPTHWISE) return sx_conv_depthwise_prepare(p, s, err);
    sx_conv_desc d = sx_conv_describe(s, SX_PRIM_FORWARD);
    st->forward = way == SX_CONV_PRODUCT ? product(s, &d, err) : direct(p, s, &d, err);
    if (!st->forward) return false;
    bool replaced;
    if (!replace_direct(p, s, &replaced, err)) return false;
    if (replaced) return true;
    s->kernel = sx_prim_kernel(st->forward);
    sx_plan_need_scratch(p, sx_prim_scratch(st->forward));
    if (sx_plan_training(p)) return sx_conv_train_prepare(p, s, err);
    st->weights =
        sx_packed_weights(p, st->forward, s->node->params[SX_WEIGHT], s->bn, st->scale, err);
    return st->weights != NULL;
}

/* In training the layer's bias changes with every step. */
static bool refresh_bias(sx_step *s, sx_error *err) {
    const sx_conv_state *st = s->state;
    const sx_conv *a = s->node->attr;
    if (!sx_plan_training(s->plan) || !a->bias || s->bn) return true;
    const float *b = sx_step_param(s, SX_BIAS, err);
    if (b) memcpy(st->bias, b, (size_t)a->out * sizeof *b);
    return b != NULL;
}

static bool forward_winograd(sx_step *s, sx_error *err) {
    const sx_conv_state *st = s->state;
    const float *u = sx_plan_training(s->plan) ? sx_conv_train_transform(s, false, err)
                                               : (const float *)st->weights;
    if (!u) return false;
    sx_conv_winograd_forward(s, u);
    return true;
}

static bool forward(sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    if (!refresh_bias(s, err)) return false;
    if (st->own) return st->own(s), true;
    if (!st->forward) return forward_winograd(s, err);
    const void *w =
        sx_plan_training(s->plan) ? sx_conv_train_pack(s, st->forward, err) : st->weights;
    if (!w) return false;
    if (s->residual && !s->residual_in_place)
        memcpy(s->out->data, s->residual->data,
               (size_t)sx_shape_count(s->out->shape) * sx_dtype_size(s->out->dtype));
    return sx_prim_run(st->forward,
                       &(sx_prim_args){ .src = s->inputs[0]->data,
                                        .weights = w,
                                        .bias = st->bias,
                                        .dst = s->out->data,
                                        .scratch = sx_plan_scratch(s->plan) },
                       err);
}

static void release(sx_step *s) {
    sx_conv_state *st = s->state;
    if (!st) return;
    sx_prim_free(st->forward);
    sx_prim_free(st->back_data);
    sx_prim_free(st->back_weights);
}

static bool is_pointwise(const sx_node *n) {
    const sx_conv *a = n->attr;
    return a->kernel == 1 && a->stride <= 1 && !a->pad && !a->pad_more && !a->bias &&
           a->groups <= 1;
}

const sx_op sx_op_conv2d = { .name = "conv2d",
                             .folds = SX_FOLD_NORM | SX_FOLD_SUM | SX_FOLD_ACT,
                             .is_pointwise = is_pointwise,
                             .saves = SX_SAVES_INPUTS,
                             .infer = infer,
                             .prepare = prepare,
                             .forward = forward,
                             .backward = sx_conv_backward,
                             .release = release,
                             .flops = flops };

sx_node *sx_conv2d(sx_graph *g, sx_node *x, const char *name, sx_conv conv) {
    sx_node *n = sx_node_begin(g, (sx_node_spec){ .op = &sx_op_conv2d,
                                                  .name = name,
                                                  .inputs = &x,
                                                  .input_count = 1,
                                                  .attr = &conv,
                                                  .attr_size = sizeof conv });
    if (!n) return NULL;
    int groups = conv.groups > 1 ? conv.groups : 1;
    sx_node_param(n, SX_WEIGHT, SX_PARAM_WEIGHT, "weight", 4,
                  (int64_t[]){ conv.out, x->shape.c / groups, conv.kernel, conv.kernel });
    if (conv.bias) sx_node_param(n, SX_BIAS, SX_PARAM_BIAS, "bias", 1, (int64_t[]){ conv.out });
    return sx_node_done(n);
}
