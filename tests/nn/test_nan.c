/* An op with a NaN in its input has a NaN in its output: fused or not, in training and prediction,
 * in f32 and bf16. meson.build runs this at every level of SPINEXR_CPU, since oneDNN's kernels
 * differ. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/run_plan.h"

/* Input "x" gets the NaN, input "z" has none. */
typedef struct nan_case {
    const char *name;
    sx_shape x, z; /* z.n 0: there is none */
    sx_node *(*build)(sx_graph *g, sx_node *x, sx_node *z);
    int least; /* NaNs in the output, at any place of the input's */
} nan_case;

#define MAP(size, channels)                                                                        \
    { 2, size, size, channels }

/* ---- convolutions with what is folded into them ---- */

static sx_node *conv(sx_graph *g, sx_node *x, int out, int kernel, int stride) {
    return sx_conv2d(
        g, x, "conv",
        (sx_conv){
            .out = out, .kernel = kernel, .stride = stride, .pad = kernel / 2, .bias = true });
}

static sx_node *conv1_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, conv(g, x, 24, 1, 1));
}
static sx_node *conv1_swish(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, conv(g, x, 24, 1, 1), SX_ACT_SWISH);
}
static sx_node *conv1_sigmoid(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, conv(g, x, 24, 1, 1), SX_ACT_SIGMOID);
}
static sx_node *conv3_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, conv(g, x, 40, 3, 1));
}
static sx_node *conv3_half_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, conv(g, x, 32, 3, 2));
}
static sx_node *winograd_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, conv(g, x, 32, 3, 1));
}
static sx_node *stem_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, conv(g, x, 64, 7, 2));
}

static sx_node *depthwise(sx_graph *g, sx_node *x, int kernel, int stride, sx_act act) {
    const int c = x ? sx_node_shape(x).c : 1;
    x = sx_conv2d(
        g, x, "conv",
        (sx_conv){ .out = c, .kernel = kernel, .stride = stride, .pad = kernel / 2, .groups = c });
    return sx_activation(g, x, act);
}
static sx_node *depthwise3_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return depthwise(g, x, 3, 1, SX_ACT_RELU);
}
static sx_node *depthwise5_swish(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return depthwise(g, x, 5, 2, SX_ACT_SWISH);
}

static sx_node *conv_norm_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    x = sx_batch_norm(g, conv(g, x, 32, 3, 1), "norm", (sx_bn){ .frozen = true });
    return sx_relu(g, x);
}
static sx_node *conv_add_relu(sx_graph *g, sx_node *x, sx_node *z) {
    x = sx_batch_norm(g, conv(g, x, 32, 1, 1), "norm", (sx_bn){ .frozen = true });
    return sx_relu(g, sx_add(g, x, z));
}
/* The NaN is in what is added. */
static sx_node *added_to_conv(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, sx_add(g, conv(g, z, 32, 1, 1), x));
}
static sx_node *added_to_winograd(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, sx_add(g, conv(g, z, 32, 3, 1), x));
}

/* ---- linear layers ---- */

static sx_node *linear_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, sx_linear(g, x, "fc", 40, true));
}
static sx_node *linear_sigmoid(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, sx_linear(g, x, "fc", 40, true), SX_ACT_SIGMOID);
}
static sx_node *linear_add_relu(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, sx_add(g, sx_linear(g, z, "fc", 32, true), x));
}
static sx_node *dynamic(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, sx_dynamic_linear(g, x, z, 0, 24));
}
static sx_node *dynamic_filters(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, sx_dynamic_linear(g, z, x, 0, 8));
}
static sx_node *attention(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_self_attention(g, x, "attention", 2);
}

/* ---- norms, activations, sums ---- */

static sx_node *relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, x);
}
static sx_node *sigmoid(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, x, SX_ACT_SIGMOID);
}
static sx_node *swish(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, x, SX_ACT_SWISH);
}
static sx_node *gelu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, x, SX_ACT_GELU);
}
static sx_node *linear_gelu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, sx_linear(g, x, "linear", 40, true), SX_ACT_GELU);
}
static sx_node *hard_sigmoid(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_activation(g, x, SX_ACT_HARD_SIGMOID);
}
static sx_node *norm(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_batch_norm(g, sx_concat(g, (sx_node *[]){ z, x }, 2), "norm",
                         (sx_bn){ .frozen = true });
}
static sx_node *norm_relu(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, norm(g, x, z));
}
static sx_node *batch_norm_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, sx_batch_norm(g, x, "norm", (sx_bn){ 0 }));
}
static sx_node *layer_norm(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_layer_norm(g, x, "norm");
}
static sx_node *layer_norm_relu(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_relu(g, sx_layer_norm(g, x, "norm"));
}
static sx_node *sum_relu(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_relu(g, sx_add(g, z, x));
}
static sx_node *weighted(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_weighted_sum(g, (sx_node *[]){ z, x }, 2, "edge_weights");
}
static sx_node *scaled(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_channel_scale(g, x, z);
}
static sx_node *scale(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_channel_scale(g, z, x);
}

/* ---- pooling, copies, boxes ---- */

static sx_node *max_pool(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_max_pool(g, x, (sx_pool){ .kernel = 3, .stride = 2, .pad = 1 });
}
static sx_node *avg_pool(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_avg_pool(g, x, (sx_pool){ .kernel = 2, .stride = 2 });
}
static sx_node *global_pool(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_global_avg_pool(g, x);
}
static sx_node *upsample(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_upsample2x(g, x);
}
static sx_node *flatten(sx_graph *g, sx_node *x, sx_node *z) {
    (void)z;
    return sx_flatten(g, x);
}
static const sx_roi_align_spec roi = { .size = 7, .levels = 1, .min_stride = 4, .per_image = 3 };
static sx_node *roi_boxes(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_roi_align(g, &z, x, roi);
}
static const float delta_weights[] = { 2, 2, 1, 1 };
static sx_node *deltas(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_apply_deltas(g, x, z, delta_weights, 4.135F);
}
static sx_node *delta_boxes(sx_graph *g, sx_node *x, sx_node *z) {
    return sx_apply_deltas(g, z, x, delta_weights, 4.135F);
}

static const nan_case cases[] = {
    { "1x1 convolution, relu", MAP(10, 16), { 0 }, conv1_relu, 24 },
    { "1x1 convolution, swish", MAP(10, 16), { 0 }, conv1_swish, 24 },
    { "1x1 convolution, sigmoid", MAP(10, 16), { 0 }, conv1_sigmoid, 24 },
    { "sigmoid of few channels", { 2, 1, 1, 16 }, { 0 }, conv1_sigmoid, 24 },
    { "3x3 convolution, relu", MAP(10, 24), { 0 }, conv3_relu, 4 * 40 },
    { "3x3 convolution of stride 2, relu", MAP(12, 32), { 0 }, conv3_half_relu, 32 },
    { "Winograd, relu", MAP(28, 32), { 0 }, winograd_relu, 4 * 32 },
    { "7x7 stem, relu", MAP(24, 3), { 0 }, stem_relu, 64 },
    { "depthwise, relu", MAP(10, 48), { 0 }, depthwise3_relu, 4 },
    { "depthwise, swish", MAP(12, 48), { 0 }, depthwise5_swish, 1 },
    { "convolution, norm, relu", MAP(10, 16), { 0 }, conv_norm_relu, 4 * 32 },
    { "convolution, norm, sum, relu", MAP(10, 32), MAP(10, 32), conv_add_relu, 32 },
    { "added to a convolution", MAP(10, 32), MAP(10, 32), added_to_conv, 1 },
    { "added to Winograd", MAP(28, 32), MAP(28, 32), added_to_winograd, 1 },
    { "linear, relu", { 6, 1, 1, 32 }, { 0 }, linear_relu, 40 },
    { "linear, sigmoid", { 6, 1, 1, 32 }, { 0 }, linear_sigmoid, 40 },
    { "added to linear", { 6, 1, 1, 32 }, { 6, 1, 1, 32 }, linear_add_relu, 1 },
    { "dynamic linear", { 3, 4, 1, 16 }, { 3, 1, 1, 16 * 24 }, dynamic, 24 },
    { "dynamic filters", { 3, 1, 1, 16 * 8 }, { 3, 4, 1, 16 }, dynamic_filters, 4 },
    { "attention", { 2, 5, 1, 32 }, { 0 }, attention, 32 },
    { "relu", MAP(5, 13), { 0 }, relu, 1 },
    { "sigmoid", MAP(5, 13), { 0 }, sigmoid, 1 },
    { "swish", MAP(5, 13), { 0 }, swish, 1 },
    { "gelu", MAP(5, 13), { 0 }, gelu, 1 },
    { "linear, gelu", { 6, 1, 1, 32 }, { 0 }, linear_gelu, 40 },
    { "hard sigmoid", MAP(5, 13), { 0 }, hard_sigmoid, 1 },
    { "norm", MAP(5, 13), MAP(5, 16), norm, 1 },
    { "norm, relu", MAP(5, 13), MAP(5, 16), norm_relu, 1 },
    { "norm of the batch, relu", MAP(5, 13), { 0 }, batch_norm_relu, 1 },
    { "layer norm", { 6, 1, 1, 21 }, { 0 }, layer_norm, 21 },
    { "layer norm, relu", { 6, 1, 1, 21 }, { 0 }, layer_norm_relu, 21 },
    { "sum, relu", MAP(5, 13), MAP(5, 13), sum_relu, 1 },
    { "weighted sum", MAP(5, 13), MAP(5, 13), weighted, 1 },
    { "scaled map", MAP(5, 13), { 2, 1, 1, 13 }, scaled, 1 },
    { "scale of a map", { 2, 1, 1, 13 }, MAP(5, 13), scale, 25 },
    { "max pool", MAP(9, 21), { 0 }, max_pool, 1 },
    { "average pool", MAP(8, 21), { 0 }, avg_pool, 1 },
    { "global average pool", MAP(8, 21), { 0 }, global_pool, 1 },
    { "upsampling", MAP(5, 13), { 0 }, upsample, 4 },
    { "flatten", MAP(5, 13), { 0 }, flatten, 1 },
    { "ROIAlign's boxes", { 6, 1, 1, 4 }, MAP(16, 16), roi_boxes, 7 * 7 * 16 },
    { "deltas", { 6, 1, 1, 4 }, { 6, 1, 1, 4 }, deltas, 2 },
    { "boxes of deltas", { 6, 1, 1, 4 }, { 6, 1, 1, 4 }, delta_boxes, 2 },
};

/* ---- running them ---- */

typedef struct net {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} net;

static void start(net *n, const nan_case *c, sx_plan_options o) {
    sx_error err = { 0 };
    sx_graph *g = n->graph = sx_graph_new(&err);
    sx_node *x = sx_input(g, "x", c->x), *z = c->z.n ? sx_input(g, "z", c->z) : NULL;
    sx_output(g, "y", c->build(g, x, z));
    CHECK_OK(sx_graph_finish(g, &err), err);
    n->weights = sx_synthetic_weights(g, &err);
    n->store = n->weights
                   ? sx_store_open(g, n->weights, (sx_store_options){ .own = o.training }, &err)
                   : NULL;
    n->plan = n->store ? sx_plan_new(g, n->store, o, &err) : NULL;
    if (!n->plan) fail_msg("%s: %s", c->name, err.message);
}

static void stop(net *n) {
    sx_plan_free(n->plan);
    sx_store_free(n->store);
    sx_weights_free(n->weights);
    sx_graph_free(n->graph);
}

static void put(void *data, sx_dtype t, int64_t i, float v) {
    if (t == SX_F32)
        ((float *)data)[i] = v;
    else
        ((uint16_t *)data)[i] = sx_f32_to_bf16(v);
}

/* Numbers that are valid boxes where there are four of them. */
static void fill(sx_plan *p, const char *name) {
    sx_dtype t;
    sx_shape s;
    void *data = sx_plan_input(p, name, &t, &s);
    const uint64_t key = sx_rng_key(name, 1);
    for (int64_t i = 0; data && i < sx_shape_count(s); i++) {
        const float r = (float)sx_rng_unit(key, (uint64_t)i);
        put(data, t, i, s.c == 4 ? 10 * r + (i % 4 < 2 ? 0 : 30) : 2 * r - 1.2F);
    }
}

static int count_nan(const net *n) {
    int64_t count;
    float *out = check_output(n->plan, "y", &count);
    int found = 0;
    for (int64_t i = 0; i < count; i++)
        found += isnan(out[i]);
    free(out);
    return found;
}

/* A NaN at place `at` of x; at < 0: none. */
static int run_with_nan(net *n, int64_t at) {
    sx_dtype t;
    fill(n->plan, "x");
    fill(n->plan, "z");
    void *x = sx_plan_input(n->plan, "x", &t, NULL);
    if (at >= 0) put(x, t, at, NAN);
    check_run(n->plan);
    return count_nan(n);
}

/* False, with a message, if a NaN is lost. */
static bool check_case(const nan_case *c, sx_plan_options o) {
    net n;
    bool kept = true;
    start(&n, c, o);
    if (run_with_nan(&n, -1)) fail_msg("%s: NaN without cause", c->name);
    const int64_t count = sx_shape_count(c->x), step = count / 61 + 1;
    for (int64_t at = 0; kept && at < count; at += step) {
        const int found = run_with_nan(&n, at);
        kept = found >= c->least;
        if (!kept)
            print_error("%s (%s, %s, %s): a NaN at %lld of %lld gives %d, not %d or more\n",
                        c->name, o.compute == SX_F32 ? "f32" : "bf16",
                        o.training ? "training" : "prediction", o.plain ? "plain" : "fused",
                        (long long)at, (long long)count, found, c->least);
    }
    stop(&n);
    return kept;
}

static void check_all(sx_dtype t) {
    bool kept = true;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int k = 0; k < 4; k++) {
            const sx_plan_options o = { .compute = t, .training = k & 1, .plain = k >> 1 };
            kept = check_case(&cases[i], o) && kept;
        }
    assert_true(kept);
}

static void test_nan_stays_in_f32(void **state) {
    (void)state;
    check_all(SX_F32);
}

static void test_nan_stays_in_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    check_all(SX_BF16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nan_stays_in_f32),
        cmocka_unit_test(test_nan_stays_in_bf16),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
