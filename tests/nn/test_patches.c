/* Convolution by patches: the kernels of every instruction set against the definition, with blocks
 * of output pixels that leave every remainder of the register blocks; and plans that use it against
 * plain ones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "models/synthetic_weights.h"
#include "nn/op.h"
#include "nn/ops.h"
#include "nn/plan.h"
#include "support/kernel_check.h"
#include "support/run_plan.h"

typedef struct patch_case {
    sx_shape in;
    int out, kernel, stride, pad, pad_more;
} patch_case;

static const patch_case cases[] = {
    { { 1, 1, 1, 32 }, 32, 3, 2, 1, 0 },  { { 2, 9, 14, 32 }, 64, 3, 2, 1, 0 },
    { { 1, 12, 9, 96 }, 32, 3, 2, 0, 1 }, { { 1, 11, 13, 32 }, 96, 5, 3, 2, 0 },
    { { 3, 6, 7, 160 }, 32, 2, 2, 0, 0 }, { { 1, 17, 8, 64 }, 32, 7, 2, 3, 0 },
};

static sx_shape out_of(const patch_case *c) {
    const int whole = 2 * c->pad + c->pad_more - c->kernel;
    return (sx_shape){ c->in.n, (c->in.h + whole) / c->stride + 1,
                       (c->in.w + whole) / c->stride + 1, c->out };
}

/* The definition, one output channel of one pixel. */
static void add_products(const patch_case *c, kernel_expected *e, const kernel_array *w,
                         const kernel_array *x, int64_t pixel, int o) {
    const sx_shape in = c->in, out = out_of(c);
    const int taps = c->kernel * c->kernel;
    for (int t = 0; t < taps; t++) {
        const int64_t y = pixel / out.w % out.h * c->stride - c->pad + t / c->kernel,
                      column = pixel % out.w * c->stride - c->pad + t % c->kernel;
        if (y < 0 || column < 0 || y >= in.h || column >= in.w) continue;
        const int64_t from = ((pixel / out.w / out.h * in.h + y) * in.w + column) * in.c;
        for (int i = 0; i < in.c; i++)
            kernel_add_term(e, pixel * out.c + o,
                            kernel_at(w, ((int64_t)o * in.c + i) * taps + t) *
                                kernel_at(x, from + i));
    }
}

typedef struct problem {
    kernel_array w, x, bias, residual;
    kernel_expected want;
} problem;

/* act(convolution + bias + residual) */
static problem new_problem(const patch_case *c, sx_act act) {
    const sx_shape out = out_of(c);
    const int64_t results = sx_shape_count(out);
    problem p = { kernel_random("w", (int64_t)c->kernel * c->kernel * c->in.c * c->out, SX_F32),
                  kernel_random("x", sx_shape_count(c->in), SX_F32),
                  kernel_random("bias", c->out, SX_F32), kernel_random("residual", results, SX_F32),
                  kernel_expect(results) };
    for (int64_t i = 0; i < results; i++) {
        add_products(c, &p.want, &p.w, &p.x, i / c->out, (int)(i % c->out));
        kernel_add_term(&p.want, i, kernel_at(&p.bias, i % c->out));
        kernel_add_term(&p.want, i, kernel_at(&p.residual, i));
    }
    kernel_expect_act(&p.want, act);
    return p;
}

static void free_problem(problem *p) {
    kernel_free(&p->w);
    kernel_free(&p->x);
    kernel_free(&p->bias);
    kernel_free(&p->residual);
    kernel_expected_free(&p->want);
}

/* The residual is also the output. */
static void convolve(const sx_kernels *k, const patch_case *c, const problem *p, sx_act act,
                     kernel_array *y, int64_t block) {
    const sx_shape out = out_of(c);
    const int64_t pixels = sx_rows(out);
    kernel_array u = kernel_unset(p->w.count, SX_F32),
                 scratch = kernel_unset(block * (c->in.c + c->out), SX_F32);
    k->patches_weights(u.data, p->w.data, c->kernel, c->out, c->in.c, 0, c->out / 2);
    k->patches_weights(u.data, p->w.data, c->kernel, c->out, c->in.c, c->out / 2, c->out);
    const sx_patches_job job = { .in = c->in,
                                 .out = out,
                                 .kernel = c->kernel,
                                 .stride = c->stride,
                                 .pad = c->pad,
                                 .x = p->x.data,
                                 .u = u.data,
                                 .bias = p->bias.data,
                                 .residual = y->data,
                                 .act = act,
                                 .y = y->data };
    for (int64_t i = 0; i < pixels; i += block)
        k->patches(&job, scratch.data, i, i + block < pixels ? i + block : pixels);
    kernel_free(&u);
    kernel_free(&scratch);
}

static const int blocks[] = { 1, 2, 3, 5, 7, 11, 12, 13, 64 };

static void check_kernels(const sx_kernels *k, sx_dtype t) {
    (void)t;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sx_act act = (sx_act)((i + 1) % (SX_ACT_HARD_SIGMOID + 1));
        problem p = new_problem(&cases[i], act);
        for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
            kernel_array y = kernel_copy(&p.residual);
            convolve(k, &cases[i], &p, act, &y, blocks[b]);
            kernel_compare("patches", &y, &p.want, 8);
            kernel_free(&y);
        }
        free_problem(&p);
    }
}

static void test_kernels(void **state) {
    (void)state;
    kernel_each_level(check_kernels, false);
}

static void test_nan(void **state) {
    (void)state;
    const sx_kernels *k = sx_kernels_get(SX_F32);
    problem p = new_problem(&cases[0], SX_ACT_RELU);
    kernel_set(&p.x, 0, NAN);
    kernel_array y = kernel_copy(&p.residual);
    convolve(k, &cases[0], &p, SX_ACT_RELU, &y, 1);
    for (int64_t i = 0; i < y.count; i++)
        assert_true(isnan(kernel_at(&y, i)));
    kernel_free(&y);
    free_problem(&p);
}

/* conv, batch norm and ReLU, then a convolution with a bias alone. */
static sx_graph *new_graph(sx_error *err) {
    sx_graph *g = sx_graph_new(err);
    if (!g) return NULL;
    sx_node *x = sx_input(g, "image", (sx_shape){ 2, 61, 47, 32 });
    const sx_conv first = { .out = 64, .kernel = 3, .stride = 2, .pad = 1 };
    x = sx_relu(g, sx_batch_norm(g, sx_conv2d(g, x, "first", first), "norm", (sx_bn){ 0 }));
    const sx_conv second = { .out = 32, .kernel = 3, .stride = 2, .pad = 1, .bias = true };
    sx_output(g, "y", sx_conv2d(g, x, "second", second));
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
        x[i] = (float)(i % 17) - 8;
    check_run(p);
    for (int i = 0; i < sx_plan_steps(p); i++) {
        const sx_step_info s = sx_plan_step_info(p, i);
        if (strcmp(s.op, "conv2d") == 0 && o.convolution == SX_CONV_PATCHES)
            assert_string_equal(s.kernel, "patches");
        if (!o.plain && o.convolution == SX_CONV_AUTO) assert_null(strstr(s.kernel, "gemm"));
    }
    float *y = check_output(p, "y", count);
    sx_plan_free(p);
    return y;
}

static void test_plans(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_graph *g = new_graph(&err);
    CHECK_OK(g && sx_graph_finish(g, &err), err);
    sx_weights *w = sx_synthetic_weights(g, &err);
    sx_store *store = w ? sx_store_open(g, w, (sx_store_options){ 0 }, &err) : NULL;
    CHECK_OK(store != NULL, err);
    int64_t n;
    float *want = run(g, store, (sx_plan_options){ .plain = true, .threads = 1 }, &n), *one = NULL;
    double largest = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)want[i]));
    for (int threads = 1; threads <= 3; threads++) {
        float *y = run(g, store,
                       (sx_plan_options){ .convolution = SX_CONV_PATCHES, .threads = threads }, &n);
        for (int64_t i = 0; i < n; i++)
            assert_true(fabs((double)y[i] - (double)want[i]) <= 2e-6 * largest);
        if (one) assert_memory_equal(y, one, (size_t)n * sizeof *y);
        if (one) free(y);
        if (!one) one = y;
    }
    free(one);
    free(want);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

/* Convolutions of which oneDNN has nothing better than its fallback at AVX2: the plan takes none
 * whose result depends on the number of threads. */
static sx_graph *new_narrow_graph(sx_error *err) {
    sx_graph *g = sx_graph_new(err);
    if (!g) return NULL;
    sx_node *x = sx_input(g, "image", (sx_shape){ 1, 32, 1, 32 });
    const sx_conv first = { .out = 64, .kernel = 5, .stride = 2, .pad = 2, .bias = true };
    x = sx_conv2d(g, x, "first", first);
    const sx_conv second = { .out = 64, .kernel = 7, .pad = 3, .groups = 64, .bias = true };
    sx_output(g, "y", sx_conv2d(g, x, "second", second));
    return g;
}

static void test_fallback(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_graph *g = new_narrow_graph(&err);
    CHECK_OK(g && sx_graph_finish(g, &err), err);
    sx_weights *w = sx_synthetic_weights(g, &err);
    sx_store *store = w ? sx_store_open(g, w, (sx_store_options){ 0 }, &err) : NULL;
    CHECK_OK(store != NULL, err);
    int64_t n;
    float *one = run(g, store, (sx_plan_options){ .threads = 1 }, &n);
    for (int threads = 2; threads <= 4; threads++) {
        float *y = run(g, store, (sx_plan_options){ .threads = threads }, &n);
        assert_memory_equal(y, one, (size_t)n * sizeof *y);
        free(y);
    }
    free(one);
    sx_store_free(store);
    sx_weights_free(w);
    sx_graph_free(g);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_kernels), cmocka_unit_test(test_nan),
                                        cmocka_unit_test(test_plans),
                                        cmocka_unit_test(test_fallback) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
