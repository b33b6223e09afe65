/* Every op's backward pass against central differences of its forward pass. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "models/synthetic_weights.h"
#include "nn/plan.h"
#include "support/check.h"
#include "support/run_plan.h"

typedef sx_node *build_fn(sx_graph *g, sx_node *x);

/* A learned array is the op's input, so that its gradient can be checked like that of any
 * parameter. */
typedef struct run {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
    int64_t count;
    float *out, *pull; /* the loss is the sum of out * pull */
} run;

static void start(run *r, sx_shape in, build_fn *build, const char *what, const char *frozen,
                  sx_plan_options o) {
    sx_error err = { 0 };
    *r = (run){ .graph = sx_graph_new(&err) };
    sx_node *x = sx_learned(r->graph, "x", in.n * in.h * in.w, in.c, 1);
    sx_output(r->graph, "y", build(r->graph, sx_reshape(r->graph, x, in)));
    if (!sx_graph_finish(r->graph, &err)) fail_msg("%s: %s", what, err.message);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ .own = true }, &err);
    CHECK_OK(r->store != NULL, err);
    for (size_t i = 0; frozen && i < sx_graph_param_count(r->graph); i++)
        if (strcmp(sx_graph_param(r->graph, i)->name, frozen) == 0)
            sx_store_set_trainable(r->store, sx_graph_param(r->graph, i), false);
    o.training = true;
    r->plan = sx_plan_new(r->graph, r->store, o, &err);
    if (!r->plan) fail_msg("%s: %s", what, err.message);
    r->count = sx_plan_output_count(r->plan, "y");
    r->out = malloc((size_t)r->count * sizeof(float));
    r->pull = malloc((size_t)r->count * sizeof(float));
    assert_true(r->out && r->pull);
    const uint64_t key = sx_rng_key(what, 0);
    for (int64_t i = 0; i < r->count; i++)
        r->pull[i] = (float)(2 * sx_rng_unit(key, (uint64_t)i) - 1);
}

static void stop(run *r) {
    free(r->out);
    free(r->pull);
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

static double loss(run *r) {
    sx_error err = { 0 };
    double sum = 0;
    float *sizes = sx_plan_input(r->plan, "sizes", NULL, NULL);
    if (sizes) memcpy(sizes, (float[]){ 32, 30, 700, 600 }, 4 * sizeof *sizes);
    check_run(r->plan);
    CHECK_OK(sx_plan_output(r->plan, "y", r->out, r->count, &err), err);
    for (int64_t i = 0; i < r->count; i++)
        sum += (double)r->out[i] * (double)r->pull[i];
    return sum;
}

static double difference(run *r, float *v, float step) {
    const float old = *v;
    *v = old + step;
    const double up = loss(r), high = (double)*v;
    *v = old - step;
    const double down = loss(r), low = (double)*v;
    *v = old;
    return (up - down) / (high - low);
}

/* A difference has f32's rounding in it (a small part of the parameter's largest gradient is
 * allowed for that), and a long step may cross a kink of ReLU or max: then a shorter one must
 * agree. Signs count. */
static void check_place(run *r, float *v, double got, double most, const char *where) {
    static const float step[] = { 4e-3F, 1e-3F, 3e-4F };
    double want[3];
    for (int k = 0; k < 3; k++) {
        want[k] = difference(r, v, step[k]);
        if (fabs(got - want[k]) <= 0.01 * fmax(fabs(got), fabs(want[k])) + 0.005 * most) return;
    }
    fail_msg("gradient of %s is %g, differences say %g, %g, %g (largest gradient %g)", where, got,
             want[0], want[1], want[2], most);
}

static void check_param(run *r, const sx_param *p, const char *what) {
    enum { PLACES = 7 };
    float *v = sx_store_f32_mutable(r->store, p), *g = sx_store_grad(r->store, p);
    int64_t n = 1;
    for (int i = 0; i < p->ndim; i++)
        n *= p->dims[i];
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)g[i]));
    for (int64_t k = 0; k < PLACES; k++) {
        char where[160];
        const int64_t i = k * (n - 1) / (PLACES - 1);
        snprintf(where, sizeof where, "%s: %s[%lld]", what, p->name, (long long)i);
        check_place(r, &v[i], (double)g[i], most, where);
    }
}

static void go_back(run *r) {
    sx_dtype dtype;
    sx_store_zero_grads(r->store);
    loss(r);
    void *grad = sx_plan_output_grad(r->plan, "y", &dtype);
    assert_non_null(grad);
    for (int64_t i = 0; i < r->count; i++)
        if (dtype == SX_F32)
            ((float *)grad)[i] = r->pull[i];
        else
            ((uint16_t *)grad)[i] = sx_f32_to_bf16(r->pull[i]);
    check_backward(r->plan);
}

static void check(sx_shape in, build_fn *build, const char *what, const char *frozen) {
    run r;
    start(&r, in, build, what, frozen, (sx_plan_options){ .compute = SX_F32 });
    go_back(&r);
    int checked = 0;
    for (size_t i = 0; i < sx_graph_param_count(r.graph); i++) {
        const sx_param *p = sx_graph_param(r.graph, i);
        if (!sx_store_trainable(r.store, p)) continue;
        check_param(&r, p, what);
        checked++;
    }
    assert_true(checked > 0);
    stop(&r);
}

static sx_node *conv3(sx_graph *g, sx_node *x) {
    return sx_conv2d(g, x, "conv", (sx_conv){ .out = 16, .kernel = 3, .pad = 1, .bias = true });
}
static sx_node *conv_winograd(sx_graph *g, sx_node *x) {
    x = sx_conv2d(g, x, "conv1", (sx_conv){ .out = 64, .kernel = 3, .pad = 1, .bias = true });
    return sx_conv2d(g, x, "conv2", (sx_conv){ .out = 32, .kernel = 3, .pad = 1, .bias = true });
}
static sx_node *conv_wide(sx_graph *g, sx_node *x) {
    return sx_conv2d(g, x, "conv", (sx_conv){ .out = 80, .kernel = 3, .pad = 1 });
}
static sx_node *conv_shortcut(sx_graph *g, sx_node *x) {
    return sx_conv2d(g, x, "conv", (sx_conv){ .out = 48, .kernel = 1, .stride = 2 });
}
static sx_node *conv_stride(sx_graph *g, sx_node *x) {
    return sx_conv2d(g, x, "conv", (sx_conv){ .out = 16, .kernel = 3, .stride = 2, .pad = 1 });
}
static sx_node *conv_pointwise(sx_graph *g, sx_node *x) {
    return sx_relu(g, sx_conv2d(g, x, "conv", (sx_conv){ .out = 48, .kernel = 1, .bias = true }));
}
/* each of these can be worked out again from the one before */
static sx_node *chain(sx_graph *g, sx_node *x) {
    sx_node *y = sx_conv2d(g, x, "conv1", (sx_conv){ .out = 16, .kernel = 1 });
    y = sx_activation(g, sx_batch_norm(g, y, "norm1", (sx_bn){ .counter = true }), SX_ACT_SWISH);
    y = sx_add(g, y, sx_activation(g, y, SX_ACT_SIGMOID));
    y = sx_batch_norm(g, sx_concat(g, (sx_node *[]){ x, y }, 2), "norm2", (sx_bn){ 0 });
    y = sx_conv2d(g, sx_activation(g, y, SX_ACT_SIGMOID), "conv2",
                  (sx_conv){ .out = 16, .kernel = 3, .pad = 1 });
    y = sx_linear(g, sx_flatten(g, sx_global_avg_pool(g, y)), "wide", 256, true);
    return sx_linear(g, sx_relu(g, sx_layer_norm(g, y, "norm3")), "narrow", 4, true);
}
/* what the planner folds: norm with fixed statistics, residual, activation */
static sx_node *residual_block(sx_graph *g, sx_node *x) {
    sx_node *y = sx_conv2d(g, x, "conv1", (sx_conv){ .out = 32, .kernel = 3, .pad = 1 });
    y = sx_relu(g, sx_batch_norm(g, y, "norm1", (sx_bn){ .frozen = true }));
    y = sx_conv2d(g, y, "conv2", (sx_conv){ .out = 32, .kernel = 1 });
    y = sx_batch_norm(g, y, "norm2", (sx_bn){ .frozen = true });
    return sx_relu(g, sx_add(g, y, x));
}
/* a value with several readers: gradients add up, the batch's statistics are shared */
static sx_node *dense_layers(sx_graph *g, sx_node *x) {
    for (int i = 0; i < 2; i++) {
        sx_scope_push(g, "layer%d", i);
        sx_node *h = sx_relu(g, sx_batch_norm(g, x, "norm", (sx_bn){ .counter = true }));
        h = sx_conv2d(g, h, "conv", (sx_conv){ .out = 16, .kernel = 3, .pad = 1 });
        x = sx_concat(g, (sx_node *[]){ x, h }, 2);
        sx_scope_pop(g);
    }
    return sx_batch_norm(g, x, "last", (sx_bn){ 0 });
}
/* DenseNet's transition, where the planner swaps convolution and pool */
static sx_node *transition(sx_graph *g, sx_node *x) {
    x = sx_relu(g, sx_batch_norm(g, x, "norm", (sx_bn){ 0 }));
    x = sx_conv2d(g, x, "conv", (sx_conv){ .out = 16, .kernel = 1 });
    return sx_avg_pool(g, x, (sx_pool){ .kernel = 2, .stride = 2 });
}
static sx_node *max_pool(sx_graph *g, sx_node *x) {
    return sx_max_pool(g, x, (sx_pool){ .kernel = 3, .stride = 2, .pad = 1 });
}
static sx_node *pooled(sx_graph *g, sx_node *x) {
    return sx_global_avg_pool(g, sx_avg_pool(g, x, (sx_pool){ .kernel = 2, .stride = 2 }));
}
static sx_node *upsampled(sx_graph *g, sx_node *x) {
    return sx_add(g, sx_upsample2x(g, x),
                  sx_conv2d(g, sx_upsample2x(g, x), "conv", (sx_conv){ .out = 32, .kernel = 1 }));
}
static sx_node *joined(sx_graph *g, sx_node *x) {
    sx_node *y = sx_activation(g, x, SX_ACT_SIGMOID);
    return sx_conv2d(g, sx_concat(g, (sx_node *[]){ x, y }, 2), "conv",
                     (sx_conv){ .out = 16, .kernel = 1 });
}
static sx_node *activations(sx_graph *g, sx_node *x) {
    return sx_activation(
        g, sx_add(g, sx_activation(g, x, SX_ACT_SWISH), sx_activation(g, x, SX_ACT_SIGMOID)),
        SX_ACT_SWISH);
}
static sx_node *layers(sx_graph *g, sx_node *x) {
    x = sx_relu(g, sx_layer_norm(g, sx_linear(g, x, "fc1", 24, false), "norm"));
    return sx_linear(g, sx_relu(g, sx_linear(g, x, "fc2", 16, true)), "fc3", 5, true);
}
static sx_node *attention(sx_graph *g, sx_node *x) {
    return sx_add(g, sx_self_attention(g, x, "attn", 4), x);
}
static sx_node *dynamic(sx_graph *g, sx_node *x) {
    sx_node *rows = sx_learned(g, "features", 3, 16, 1);
    sx_node *filters = sx_linear(g, rows, "filters", 2 * 32 * 16, true);
    x = sx_layer_norm(g, sx_dynamic_linear(g, x, filters, 0, 16), "norm");
    return sx_dynamic_linear(g, x, filters, 32 * 16, 32);
}
static sx_node *conv_depthwise(sx_graph *g, sx_node *x) {
    x = sx_conv2d(g, x, "conv1", (sx_conv){ .out = 24, .kernel = 3, .pad = 1, .groups = 24 });
    x = sx_activation(g, sx_batch_norm(g, x, "norm", (sx_bn){ .frozen = true }), SX_ACT_SWISH);
    return sx_conv2d(
        g, x, "conv2",
        (sx_conv){ .out = 24, .kernel = 5, .stride = 2, .pad = 1, .pad_more = 1, .groups = 24 });
}
/* the sigmoid and the swish follow a convolution: they stay steps of their own in training */
static sx_node *squeeze_excite(sx_graph *g, sx_node *x) {
    sx_node *e = sx_conv2d(g, sx_global_avg_pool(g, x), "reduce",
                           (sx_conv){ .out = 8, .kernel = 1, .bias = true });
    e = sx_conv2d(g, sx_activation(g, e, SX_ACT_SWISH), "expand",
                  (sx_conv){ .out = 16, .kernel = 1, .bias = true });
    return sx_channel_scale(g, x, sx_activation(g, e, SX_ACT_SIGMOID));
}
static sx_node *one_scale(sx_graph *g, sx_node *x) {
    sx_node *e =
        sx_conv2d(g, sx_global_avg_pool(g, x), "squeeze", (sx_conv){ .out = 1, .kernel = 1 });
    return sx_add(g, sx_channel_scale(g, x, e), x);
}
static sx_node *sum_of_maps(sx_graph *g, sx_node *x) {
    sx_node *maps[3] = { x, sx_activation(g, x, SX_ACT_SWISH),
                         sx_activation(g, x, SX_ACT_SIGMOID) };
    return sx_weighted_sum(g, maps, 3, "edge_weights");
}
/* a block of ConvNeXt: all of its ops on a map */
static sx_node *convnext_block(sx_graph *g, sx_node *x) {
    sx_node *y = sx_conv2d(
        g, x, "conv", (sx_conv){ .out = 16, .kernel = 7, .pad = 3, .groups = 16, .bias = true });
    y = sx_linear(g, sx_layer_norm_eps(g, y, "norm", 1e-6F), "fc1", 24, true);
    y = sx_linear(g, sx_activation(g, y, SX_ACT_GELU), "fc2", 16, true);
    return sx_add(g, sx_channel_scale(g, y, sx_learned_scale(g, "layer_scale", 16, 2)), x);
}
static sx_node *hard_gate(sx_graph *g, sx_node *x) {
    sx_node *e = sx_conv2d(g, sx_global_avg_pool(g, x), "fc",
                           (sx_conv){ .out = 16, .kernel = 1, .bias = true });
    return sx_channel_scale(g, x, sx_activation(g, e, SX_ACT_HARD_SIGMOID));
}
static sx_node *max_pool_same(sx_graph *g, sx_node *x) {
    return sx_max_pool(g, x, (sx_pool){ .kernel = 3, .stride = 2, .pad_more = 1 });
}
static sx_node *roi(sx_graph *g, sx_node *x) {
    sx_node *boxes = sx_learned_boxes(g, "init_proposal_boxes.weight", 3,
                                      sx_input(g, "sizes", (sx_shape){ 2, 1, 1, 2 }));
    /* maps of strides 4 and 8 below an image of 32 x 32; the large box of the second image is read
     * from the second */
    sx_node *half = sx_max_pool(g, x, (sx_pool){ .kernel = 1, .stride = 2 });
    return sx_roi_align(
        g, (sx_node *[]){ x, half }, sx_detach(g, boxes),
        (sx_roi_align_spec){
            .size = 3, .sampling_ratio = 2, .levels = 2, .min_stride = 4, .per_image = 3 });
}
static sx_node *boxes_moved(sx_graph *g, sx_node *x) {
    static const float weights[4] = { 2, 2, 1, 1 };
    sx_node *boxes = sx_learned_boxes(g, "init_proposal_boxes.weight", 3,
                                      sx_input(g, "sizes", (sx_shape){ 2, 1, 1, 2 }));
    return sx_apply_deltas(g, sx_linear(g, x, "fc", 4, true), boxes, weights, 8.74F);
}

static const struct {
    const char *what;
    sx_shape in;
    build_fn *build;
    const char *frozen; /* a parameter that gets no gradient by definition */
    /* a ReLU near zero or a near rival of a maximum may fall on the other side in bf16 */
    bool kinks;
} cases[] = {
    { "conv2d 3x3", { 2, 7, 6, 16 }, conv3 },
    { "conv2d 3x3, Winograd's way", { 1, 27, 26, 32 }, conv_winograd },
    { "conv2d 3x3, wide", { 2, 7, 6, 64 }, conv_wide },
    { "conv2d 1x1, stride 2", { 2, 7, 6, 32 }, conv_shortcut },
    { "conv2d stride 2", { 2, 7, 6, 16 }, conv_stride },
    { "conv2d 1x1 and relu", { 2, 5, 4, 32 }, conv_pointwise, NULL, true },
    { "conv2d with frozen norm, residual, relu", { 2, 6, 5, 32 }, residual_block, NULL, true },
    { "batch_norm over pieces", { 2, 6, 6, 32 }, dense_layers },
    { "transition", { 2, 6, 4, 32 }, transition },
    { "max_pool", { 2, 7, 6, 16 }, max_pool },
    { "avg_pool and global_avg_pool", { 2, 6, 4, 16 }, pooled },
    { "upsample2x and add", { 2, 3, 4, 32 }, upsampled },
    { "concat", { 2, 4, 4, 16 }, joined },
    { "activations", { 2, 4, 4, 16 }, activations },
    { "norms and activations in a row", { 2, 6, 5, 16 }, chain, NULL, true },
    { "linear and layer_norm", { 6, 1, 1, 20 }, layers, NULL, true },
    { "conv2d depthwise and swish", { 2, 8, 6, 24 }, conv_depthwise },
    { "channel_scale: squeeze and excite", { 2, 5, 4, 16 }, squeeze_excite },
    { "convnext's block: layer_norm and gelu on maps", { 2, 8, 6, 16 }, convnext_block },
    { "channel_scale: hard sigmoid", { 2, 5, 4, 16 }, hard_gate },
    { "channel_scale of one number", { 2, 5, 4, 16 }, one_scale },
    { "weighted_sum", { 2, 12, 11, 16 }, sum_of_maps },
    { "max_pool, same padding", { 2, 8, 6, 16 }, max_pool_same, NULL, true },
    { "attention", { 2, 7, 1, 32 }, attention },
    { "dynamic_linear", { 3, 3, 3, 32 }, dynamic },
    { "roi_align", { 2, 8, 8, 16 }, roi, "init_proposal_boxes.weight" },
    { "apply_deltas and learned_boxes", { 6, 1, 1, 8 }, boxes_moved },
};

static void test_gradients(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(cases[i].in, cases[i].build, cases[i].what, cases[i].frozen);
}

static void check_same(const run *a, const run *b, const char *what) {
    for (size_t i = 0; i < sx_graph_param_count(a->graph); i++) {
        const sx_param *p = sx_graph_param(a->graph, i);
        size_t n = sizeof(float);
        for (int k = 0; k < p->ndim; k++)
            n *= (size_t)p->dims[k];
        const float *x = sx_store_grad(a->store, p), *y = sx_store_grad(b->store, p);
        if (x && memcmp(x, y, n) != 0)
            fail_msg("%s: recomputed, the gradient of %s differs", what, p->name);
        x = sx_store_f32(a->store, p), y = sx_store_f32(b->store, p);
        if (memcmp(x, y, n) != 0) fail_msg("%s: recomputed, %s differs", what, p->name);
    }
}

/* Recomputed values are the same to the bit, for any graph, and norms update their running
 * statistics once. */
static void test_recomputed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int half = 0; half < 1 + sx_plan_has_bf16(); half++) {
            run kept, again;
            const sx_dtype t = half ? SX_BF16 : SX_F32;
            const sx_shape in = cases[i].in;
            build_fn *build = cases[i].build;
            const char *what = cases[i].what, *frozen = cases[i].frozen;
            start(&kept, in, build, what, frozen, (sx_plan_options){ .compute = t });
            start(&again, in, build, what, frozen,
                  (sx_plan_options){ .compute = t, .recompute = true });
            for (int k = 0; k < 2; k++) {
                go_back(&kept);
                go_back(&again);
                check_same(&kept, &again, what);
            }
            if (sx_plan_memory(again.plan) > sx_plan_memory(kept.plan))
                fail_msg("%s: %zu bytes, %zu when all is kept", what, sx_plan_memory(again.plan),
                         sx_plan_memory(kept.plan));
            stop(&kept);
            stop(&again);
        }
}

/* bf16 has other kernels; its gradients point where f32's do. */
static void check_half(sx_shape in, build_fn *build, const char *what, const char *frozen,
                       double most) {
    run full, half;
    start(&full, in, build, what, frozen, (sx_plan_options){ .compute = SX_F32 });
    start(&half, in, build, what, frozen, (sx_plan_options){ .compute = SX_BF16 });
    go_back(&full);
    go_back(&half);
    for (size_t i = 0; i < sx_graph_param_count(full.graph); i++) {
        const sx_param *p = sx_graph_param(full.graph, i);
        const float *a = sx_store_grad(full.store, p), *b = sx_store_grad(half.store, p);
        if (!a) continue;
        int64_t n = 1;
        double off = 0, size = 0;
        for (int k = 0; k < p->ndim; k++)
            n *= p->dims[k];
        for (int64_t k = 0; k < n; k++) {
            off += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
            size += (double)a[k] * (double)a[k];
        }
        if (!(sqrt(off) <= most * sqrt(size)))
            fail_msg("%s: gradient of %s is off by %g of %g in bf16", what, p->name, sqrt(off),
                     sqrt(size));
    }
    stop(&full);
    stop(&half);
}

static void test_half_gradients(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_half(cases[i].in, cases[i].build, cases[i].what, cases[i].frozen,
                   cases[i].kinks ? 0.2 : 0.01);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_gradients),
                                        cmocka_unit_test(test_recomputed),
                                        cmocka_unit_test(test_half_gradients) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
