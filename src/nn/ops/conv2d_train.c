#include <string.h>

#include "base/mem.h"
#include "nn/ops/conv2d.h"
#include "nn/plan.h"

static size_t rounded(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static size_t most(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t weight_bytes(const sx_prim *p) {
    return p ? sx_prim_weight_bytes(p) : 0;
}

static bool make_backward(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    float *weights;
    if (!sx_step_param_grad(s, SX_WEIGHT, &weights, err)) return false;
    st->back_tile = sx_conv_choose_back(p, s);
    st->depthwise = sx_conv_depthwise_fits(s);
    if (st->depthwise) return true;
    if (s->inputs[0]->needs_grad && !st->back_tile) {
        sx_conv_desc d = sx_conv_describe(s, SX_PRIM_BACKWARD_DATA);
        st->back_data = sx_prim_conv(&d, err);
        if (!st->back_data) return false;
    }
    st->on_tiles = weights && sx_conv_weights_fit(s);
    st->winograd_weights = weights && sx_conv_winograd_weights_fit(s);
    if (weights && !st->on_tiles && !st->winograd_weights) {
        sx_conv_desc d = sx_conv_describe(s, SX_PRIM_BACKWARD_WEIGHTS);
        d.weight_dtype = SX_F32;
        d.bias = false; /* sx_add_column_sums computes the gradient of the bias */
        st->back_weights = sx_prim_conv(&d, err);
        if (!st->back_weights) return false;
    }
    return true;
}

/* Layout of the scratch: the primitive's own, packed weights (or their gradient), plain weights,
 * and an input gradient that has to be added to another. */
bool sx_conv_train_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    const sx_param *w = s->node->params[SX_WEIGHT];
    size_t plain = sizeof(float);
    for (int i = 0; i < w->ndim; i++)
        plain *= (size_t)w->dims[i];
    if (s->out->needs_grad && !make_backward(p, s, err)) return false;
    size_t own = st->forward ? sx_prim_scratch(st->forward) : sx_conv_winograd_scratch(s, st->tile);
    if (st->back_tile) own = most(own, sx_conv_winograd_scratch(s, st->back_tile));
    if (st->back_data) own = most(own, sx_prim_scratch(st->back_data));
    if (st->back_weights) own = most(own, sx_prim_scratch(st->back_weights));
    if (st->depthwise) own = most(own, sx_conv_depthwise_scratch(s));
    if (st->on_tiles) own = most(own, sx_conv_weights_scratch(s));
    if (st->winograd_weights) own = most(own, sx_conv_winograd_weights_scratch(s));
    own = most(own, sx_reduce_scratch(p, s->out->shape.c));
    st->packed_at = rounded(own);
    size_t packed = st->forward ? weight_bytes(st->forward) : sx_conv_winograd_bytes(s, st->tile);
    if (st->back_tile) packed = most(packed, sx_conv_winograd_bytes(s, st->back_tile));
    packed = most(packed, most(weight_bytes(st->back_data), weight_bytes(st->back_weights)));
    st->plain_at = st->packed_at + rounded(packed);
    st->turned_at = st->plain_at + rounded(plain);
    st->data_at = st->turned_at + (st->back_tile || st->depthwise ? rounded(plain) : 0);
    size_t data =
        (st->back_data || st->back_tile) && sx_step_comes_later(s, s->inputs[0])
            ? (size_t)sx_shape_count(s->inputs[0]->shape) * sx_dtype_size(s->inputs[0]->dtype)
            : 0;
    sx_plan_need_scratch(p, st->data_at + data);
    return true;
}

static void *scratch_at(sx_step *s, size_t at) {
    return (char *)sx_plan_scratch(s->plan) + at;
}

static void scale_rows(const sx_plan *p, float *w, const sx_param *param, const float *scale) {
    int64_t per = 1;
    for (int i = 1; i < param->ndim; i++)
        per *= param->dims[i];
#pragma omp parallel for num_threads(sx_plan_threads(p))
    for (int64_t o = 0; o < param->dims[0]; o++)
        for (int64_t i = 0; i < per; i++)
            w[o * per + i] *= scale[o];
}

static int64_t count_of(const sx_param *p) {
    int64_t n = 1;
    for (int i = 0; i < p->ndim; i++)
        n *= p->dims[i];
    return n;
}

/* The current weights, times the scale of the folded norm. NULL on failure. */
static const float *current_weights(sx_step *s, sx_error *err) {
    const sx_conv_state *st = s->state;
    const sx_param *param = s->node->params[SX_WEIGHT];
    const float *w = sx_step_param(s, SX_WEIGHT, err);
    if (!w || !st->scale) return w;
    float *copy = scratch_at(s, st->plain_at);
    memcpy(copy, w, (size_t)count_of(param) * sizeof *copy);
    scale_rows(s->plan, copy, param, st->scale);
    return copy;
}

/* [in][out][2 - y][2 - x] from [out][in][y][x]. */
static void turn_kernels(const sx_plan *p, float *to, const float *w, int64_t out, int64_t in) {
#pragma omp parallel for num_threads(sx_plan_threads(p))
    for (int64_t i = 0; i < in; i++)
        for (int64_t o = 0; o < out; o++)
            for (int k = 0; k < 9; k++)
                to[(i * out + o) * 9 + 8 - k] = w[(o * in + i) * 9 + k];
}

const float *sx_conv_train_transform(sx_step *s, bool turned, sx_error *err) {
    const sx_conv_state *st = s->state;
    const int out = s->out->shape.c, in = s->inputs[0]->shape.c;
    const float *w = current_weights(s, err);
    float *u = scratch_at(s, st->packed_at);
    if (!w) return NULL;
    if (turned) {
        float *other = scratch_at(s, st->turned_at);
        turn_kernels(s->plan, other, w, out, in);
        w = other;
    }
    sx_conv_winograd_transform(s, turned ? st->back_tile : st->tile, w, turned ? in : out,
                               turned ? out : in, u);
    return u;
}

const void *sx_conv_train_pack(sx_step *s, const sx_prim *prim, sx_error *err) {
    sx_conv_state *st = s->state;
    const float *w = current_weights(s, err);
    void *packed = scratch_at(s, st->packed_at);
    return w && sx_prim_pack(prim, w, packed, err) ? packed : NULL;
}

/* The gradient of the weights in the checkpoint's layout, by oneDNN. */
static bool run_back_weights(sx_step *s, const void *g, float *plain, sx_error *err) {
    const sx_conv_state *st = s->state;
    void *packed = scratch_at(s, st->packed_at);
    const sx_prim_args args = { .src = s->inputs[0]->data,
                                .weights = packed,
                                .dst = (void *)(uintptr_t)g,
                                .scratch = sx_plan_scratch(s->plan) };
    return sx_prim_run(st->back_weights, &args, err) &&
           sx_prim_unpack(st->back_weights, packed, plain, err);
}

static bool back_weights(sx_step *s, const void *g, float *grad, sx_error *err) {
    sx_conv_state *st = s->state;
    const sx_param *param = s->node->params[SX_WEIGHT];
    float *plain = scratch_at(s, st->plain_at);
    if (st->depthwise)
        sx_conv_depthwise_weights(s, g, plain);
    else if (st->on_tiles)
        sx_conv_weights_run(s, g, plain, sx_plan_scratch(s->plan));
    else if (st->winograd_weights)
        sx_conv_winograd_weights(s, g, plain, sx_plan_scratch(s->plan));
    else if (!run_back_weights(s, g, plain, err))
        return false;
    if (st->scale) scale_rows(s->plan, plain, param, st->scale);
    const int64_t n = count_of(param);
#pragma omp parallel for simd num_threads(sx_plan_threads(s->plan)) if (n > 1 << 15)
    for (int64_t i = 0; i < n; i++)
        grad[i] += plain[i];
    return true;
}

static bool back_depthwise(sx_step *s, const void *g, sx_error *err) {
    const sx_conv_state *st = s->state;
    sx_value *x = s->inputs[0];
    const float *w = current_weights(s, err);
    if (!w) return false;
    sx_conv_depthwise_back(s, w, scratch_at(s, st->turned_at), g, x->grad, sx_grad_accumulates(x));
    return true;
}

/* Writes the gradient of the input to `to`. */
static bool run_back_data(sx_step *s, const void *g, void *to, sx_error *err) {
    const sx_conv_state *st = s->state;
    if (!st->back_data) {
        const float *u = sx_conv_train_transform(s, true, err);
        if (u) sx_conv_winograd_back(s, u, g, to);
        return u != NULL;
    }
    const void *w = sx_conv_train_pack(s, st->back_data, err);
    const sx_prim_args args = {
        .src = to, .weights = w, .dst = (void *)(uintptr_t)g, .scratch = sx_plan_scratch(s->plan)
    };
    return w && sx_prim_run(st->back_data, &args, err);
}

static bool back_data(sx_step *s, const void *g, sx_error *err) {
    const sx_conv_state *st = s->state;
    sx_value *x = s->inputs[0], *base = x;
    if (st->depthwise) return back_depthwise(s, g, err);
    while (base->base)
        base = base->base;
    void *to = base->grad_written ? scratch_at(s, st->data_at) : x->grad;
    if (!run_back_data(s, g, to, err)) return false;
    if (to == x->grad)
        base->grad_written = true;
    else
        sx_pass_grad(s, x, to);
    return true;
}

bool sx_conv_backward(sx_step *s, sx_error *err) {
    sx_conv_state *st = s->state;
    const void *g = sx_step_grad(s);
    float *bias, *weights;
    if (!sx_step_param_grad(s, SX_BIAS, &bias, err) ||
        !sx_step_param_grad(s, SX_WEIGHT, &weights, err))
        return false;
    if (s->residual) sx_pass_grad(s, s->residual, g);
    if (bias) sx_add_column_sums(s, bias, g, sx_rows(s->out->shape), s->out->shape.c, st->scale);
    if (weights && !back_weights(s, g, weights, err)) return false;
    return !s->inputs[0]->grad || back_data(s, g, err);
}
