/* 1x1 and depthwise convolutions: the kernels of every instruction set against the definition, with
 * ranges and channels that leave every remainder of the register blocks; and plans that use them
 * against plain ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/synthetic_weights.h"
#include "nn/ops.h"
#include "nn/plan.h"
#include "support/kernel_check.h"
#include "support/run_plan.h"

static const sx_act acts[] = { SX_ACT_NONE, SX_ACT_RELU, SX_ACT_SWISH, SX_ACT_GELU };
enum { ACTS = sizeof acts / sizeof *acts, ROUNDINGS = 12 };

/* ---- 1x1 ---- */

typedef struct pointwise_case {
    int in, out, rows;
} pointwise_case;

static const pointwise_case pointwise_cases[] = {
    { 1, 1, 1 }, { 3, 7, 50 }, { 16, 32, 49 }, { 24, 144, 97 }, { 65, 96, 13 }, { 40, 250, 64 }
};

static kernel_expected expect_products(const pointwise_case *c, const kernel_array *x,
                                       const kernel_array *w, const kernel_array *bias,
                                       const kernel_array *residual) {
    kernel_expected e = kernel_expect((int64_t)c->rows * c->out);
    for (int64_t at = 0; at < e.count; at++) {
        for (int i = 0; i < c->in; i++)
            kernel_add_term(&e, at,
                            kernel_at(x, at / c->out * c->in + i) *
                                kernel_at(w, at % c->out * c->in + i));
        if (bias) kernel_add_term(&e, at, kernel_at(bias, at % c->out));
        if (residual) kernel_add_term(&e, at, kernel_at(residual, at));
    }
    return e;
}

/* The pixels in two parts, the panels of the second one by one. `added`: with a residual, which is
 * also the output if there is a bias. */
static void check_pointwise_case(const sx_kernels *k, const pointwise_case *c, sx_act act,
                                 bool biased, bool added) {
    const int panels = (c->out + 31) / 32;
    kernel_array x = kernel_random("x", (int64_t)c->rows * c->in, SX_F32),
                 w = kernel_random("w", (int64_t)c->out * c->in, SX_F32),
                 bias = kernel_random("bias", panels * 32, SX_F32),
                 u = kernel_unset((int64_t)panels * c->in * 32, SX_F32),
                 residual = kernel_random("residual", (int64_t)c->rows * c->out, SX_F32),
                 y = added && biased ? kernel_copy(&residual)
                                     : kernel_unset((int64_t)c->rows * c->out, SX_F32);
    for (int i = c->out; i < panels * 32; i++)
        kernel_set(&bias, i, 0);
    kernel_expected e = expect_products(c, &x, &w, biased ? &bias : NULL, added ? &residual : NULL);
    kernel_expect_act(&e, act);
    k->pointwise_weights(u.data, w.data, c->out, c->in, 0, 1);
    k->pointwise_weights(u.data, w.data, c->out, c->in, 1, panels);
    const sx_pointwise_job job = { .in = c->in,
                                   .out = c->out,
                                   .x = x.data,
                                   .u = u.data,
                                   .bias = biased ? bias.data : NULL,
                                   .residual = !added   ? NULL
                                               : biased ? y.data
                                                        : residual.data,
                                   .act = act,
                                   .y = y.data };
    k->pointwise(&job, 0, c->rows / 3, 0, panels);
    for (int p = 0; p < panels; p++)
        k->pointwise(&job, c->rows / 3, c->rows, p, p + 1);
    kernel_compare("pointwise", &y, &e, ROUNDINGS);
    kernel_free(&x);
    kernel_free(&w);
    kernel_free(&bias);
    kernel_free(&u);
    kernel_free(&residual);
    kernel_free(&y);
    kernel_expected_free(&e);
}

static void check_pointwise(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (size_t i = 0; i < sizeof pointwise_cases / sizeof *pointwise_cases; i++)
        for (int a = 0; a < ACTS; a++)
            for (int form = 0; form < 4; form++)
                check_pointwise_case(k, &pointwise_cases[i], acts[a], form % 2, form / 2);
}

/* ---- depthwise ---- */

/* One output: the taps inside the map. */
static void add_taps(kernel_expected *e, const sx_depthwise_job *j, const kernel_array *x,
                     const kernel_array *w, int64_t at) {
    const sx_shape in = j->in, o = j->out;
    const int64_t c = at % o.c, pixel = at / o.c, image = pixel / o.w / o.h;
    for (int tap = 0; tap < j->kernel * j->kernel; tap++) {
        const int64_t y = pixel / o.w % o.h * j->stride - j->pad + tap / j->kernel,
                      column = pixel % o.w * j->stride - j->pad + tap % j->kernel;
        if (y < 0 || column < 0 || y >= in.h || column >= in.w) continue;
        kernel_add_term(e, at,
                        kernel_at(x, ((image * in.h + y) * in.w + column) * in.c + c) *
                            kernel_at(w, tap * o.c + c));
    }
}

static void check_depthwise_case(const sx_kernels *k, sx_dtype t, const sx_depthwise_job *j,
                                 sx_act act) {
    const int64_t lines = (int64_t)j->out.n * j->out.h, count = sx_shape_count(j->out);
    kernel_array x = kernel_random("x", sx_shape_count(j->in), t),
                 w = kernel_random("w", (int64_t)j->kernel * j->kernel * j->in.c, SX_F32),
                 bias = kernel_random("bias", j->in.c, SX_F32), y = kernel_unset(count, t);
    kernel_expected e = kernel_expect(count);
    const bool biased = act != SX_ACT_NONE;
    for (int64_t at = 0; at < count; at++) {
        add_taps(&e, j, &x, &w, at);
        if (biased) kernel_add_term(&e, at, kernel_at(&bias, at % j->out.c));
    }
    kernel_expect_act(&e, act);
    const float *b = biased ? bias.data : NULL;
    k->depthwise(y.data, x.data, w.data, b, act, j, 0, 2);
    k->depthwise(y.data, x.data, w.data, b, act, j, 2, lines);
    kernel_compare("depthwise", &y, &e, ROUNDINGS);
    kernel_free(&x);
    kernel_free(&w);
    kernel_free(&bias);
    kernel_free(&y);
    kernel_expected_free(&e);
}

static void check_depthwise(const sx_kernels *k, sx_dtype t) {
    static const int channels[] = { 1, 8, 19, 32, 67, 130 };
    /* height, width, kernel, stride, rows above and columns to the left, in all */
    static const int maps[][6] = { { 9, 31, 3, 1, 1, 2 }, { 8, 30, 3, 2, 0, 1 },
                                   { 5, 29, 5, 1, 2, 4 }, { 6, 12, 5, 2, 1, 3 },
                                   { 3, 2, 7, 1, 3, 6 },  { 4, 1, 3, 1, 1, 2 } };
    for (int i = 0; i < 36; i++) {
        const int *m = maps[i % 6], c = channels[i / 6];
        const sx_depthwise_job j = { { 2, m[0], m[1], c },
                                     { 2, (m[0] + m[5] - m[2]) / m[3] + 1,
                                       (m[1] + m[5] - m[2]) / m[3] + 1, c },
                                     m[2],
                                     m[3],
                                     m[4] };
        /* bf16 numbers are rounded before the activation, too: only where that makes no difference
         */
        check_depthwise_case(k, t, &j, acts[(i + i / 6) % (t == SX_F32 ? ACTS : 2)]);
    }
}

static void test_pointwise(void **state) {
    (void)state;
    kernel_each_level(check_pointwise, false);
}

static void test_depthwise(void **state) {
    (void)state;
    kernel_each_level(check_depthwise, true);
}

/* ---- plans ---- */

/* An inverted bottleneck: 1x1, norm and Swish; depthwise with a stride, norm and Swish; 1x1. Then a
 * 1x1 convolution whose sum with its input goes through ReLU. */
static sx_graph *new_graph(sx_error *err) {
    sx_graph *g = sx_graph_new(err);
    if (!g) return NULL;
    sx_node *x = sx_input(g, "image", (sx_shape){ 2, 31, 27, 24 });
    x = sx_conv2d(g, x, "expand", (sx_conv){ .out = 72, .kernel = 1 });
    x = sx_activation(g, sx_batch_norm(g, x, "norm1", (sx_bn){ 0 }), SX_ACT_SWISH);
    x = sx_conv2d(
        g, x, "depthwise",
        (sx_conv){ .out = 72, .kernel = 5, .stride = 2, .pad = 1, .pad_more = 1, .groups = 72 });
    x = sx_activation(g, sx_batch_norm(g, x, "norm2", (sx_bn){ 0 }), SX_ACT_SWISH);
    x = sx_conv2d(g, x, "project", (sx_conv){ .out = 40, .kernel = 1, .bias = true });
    sx_node *more = sx_conv2d(g, x, "more", (sx_conv){ .out = 40, .kernel = 1, .bias = true });
    sx_output(g, "y", sx_relu(g, sx_add(g, more, x)));
    return g;
}

static float *run(sx_graph *g, sx_store *store, sx_plan_options o, int64_t *count) {
    sx_error err = { 0 };
    sx_dtype t;
    sx_shape shape;
    sx_plan *p = sx_plan_new(g, store, o, &err);
    CHECK_OK(p != NULL, err);
    float *x = sx_plan_input(p, "image", &t, &shape);
    for (int64_t i = 0; i < sx_shape_count(shape); i++)
        x[i] = (float)(i % 17) / 8 - 1;
    check_run(p);
    const char *const kernels[] = { "pointwise", "depthwise", "pointwise", "pointwise" };
    const int known = o.convolution == SX_CONV_POINTWISE ? 4 : 2;
    for (int i = 0; i < known && !o.plain; i++)
        if (o.convolution == SX_CONV_AUTO || i != 1)
            assert_string_equal(sx_plan_step_info(p, i).kernel, kernels[i]);
    float *y = check_output(p, "y", count);
    sx_plan_free(p);
    return y;
}

/* The plan's results against a plain one's, with any number of threads the same. */
static void check_plans(sx_conv_way way) {
    sx_error err = { 0 };
    sx_graph *g = new_graph(&err);
    CHECK_OK(g && sx_graph_finish(g, &err), err);
    sx_weights *w = sx_synthetic_weights(g, &err);
    sx_store *store = w ? sx_store_open(g, w, (sx_store_options){ 0 }, &err) : NULL;
    CHECK_OK(store != NULL, err);
    int64_t n;
    float *want = run(g, store, (sx_plan_options){ .plain = true, .threads = 1 }, &n),
          *one = run(g, store, (sx_plan_options){ .threads = 1, .convolution = way }, &n);
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)want[i]));
    for (int64_t i = 0; i < n; i++)
        assert_true(fabs((double)one[i] - (double)want[i]) <= 2e-6 * largest);
    for (int threads = 2; threads <= 3; threads++) {
        float *y = run(g, store, (sx_plan_options){ .threads = threads, .convolution = way }, &n);
        assert_memory_equal(y, one, (size_t)n * sizeof *y);
        free(y);
    }
    free(one);
    free(want);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

/* With Swish the cost model chooses them at every level. */
static void test_plans(void **state) {
    (void)state;
    check_plans(SX_CONV_AUTO);
}

static void test_pointwise_plans(void **state) {
    (void)state;
    check_plans(SX_CONV_POINTWISE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointwise),
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_pointwise_plans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
