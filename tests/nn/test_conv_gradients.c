/* A convolution and its gradients, in every way that computes them, against plain loops over the
 * definition: sizes that are no multiple of any block, several images, more pixels than one pass
 * takes, one thread and three. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/rng.h"
#include "models/synthetic_weights.h"
#include "nn/plan.h"
#include "support/check.h"
#include "support/run_plan.h"

typedef struct conv_case {
    const char *name;
    sx_shape in;
    sx_conv conv;
} conv_case;

static const conv_case cases[] = {
    { "1x1", { 2, 19, 23, 48 }, { .out = 72, .kernel = 1 } },
    { "1x1, stride 2", { 2, 19, 23, 48 }, { .out = 40, .kernel = 1, .stride = 2 } },
    { "1x1, many pixels", { 2, 61, 67, 64 }, { .out = 320, .kernel = 1 } },
    { "3x3", { 2, 19, 23, 40 }, { .out = 72, .kernel = 3, .pad = 1 } },
    { "3x3, stride 2, odd", { 2, 19, 23, 40 }, { .out = 33, .kernel = 3, .stride = 2, .pad = 1 } },
    { "3x3, stride 2, even", { 3, 20, 24, 64 }, { .out = 64, .kernel = 3, .stride = 2, .pad = 1 } },
    { "3x3, many pixels", { 2, 61, 67, 64 }, { .out = 96, .kernel = 3, .pad = 1, .bias = true } },
    { "3x3, odd lines", { 1, 62, 68, 32 }, { .out = 32, .kernel = 3, .pad = 1, .bias = true } },
    { "3x3, one pixel", { 1, 1, 1, 32 }, { .out = 32, .kernel = 3, .pad = 1 } },
};

typedef struct net {
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
    float *x, *w, *g; /* [n][h][w][c], [out][in][k][k], [n][h][w][out]: as the network has them */
    const float *dx, *dw;
    sx_shape out;
} net;

static float rounded(float v, sx_dtype t) {
    return t == SX_BF16 ? sx_bf16_to_f32(sx_f32_to_bf16(v)) : v;
}

static float *fill(const char *name, int64_t n, sx_dtype t, float *to) {
    const uint64_t key = sx_rng_key(name, 7);
    if (!to) to = calloc((size_t)n, sizeof *to);
    assert_non_null(to);
    for (int64_t i = 0; i < n; i++)
        to[i] = rounded((float)(2 * sx_rng_unit(key, (uint64_t)i) - 1), t);
    return to;
}

static float *param(net *r, const char *name, const float **grad) {
    for (size_t i = 0; i < sx_graph_param_count(r->graph); i++) {
        const sx_param *p = sx_graph_param(r->graph, i);
        if (strcmp(p->name, name) != 0) continue;
        *grad = sx_store_grad(r->store, p);
        return sx_store_f32_mutable(r->store, p);
    }
    fail_msg("no parameter %s", name);
    return NULL;
}

static void run_conv(net *r, const conv_case *c, sx_dtype t, sx_conv_way way, int threads) {
    sx_error err = { 0 };
    const sx_shape in = c->in;
    const int64_t pixels = (int64_t)in.n * in.h * in.w;
    *r = (net){ .graph = sx_graph_new(&err) };
    sx_node *x = sx_reshape(r->graph, sx_learned(r->graph, "x", (int)pixels, in.c, 1), in);
    sx_node *y = sx_conv2d(r->graph, x, "conv", c->conv);
    sx_output(r->graph, "y", y);
    if (!sx_graph_finish(r->graph, &err)) fail_msg("%s: %s", c->name, err.message);
    r->out = sx_node_shape(y);
    r->weights = sx_synthetic_weights(r->graph, &err);
    CHECK_OK(r->weights != NULL, err);
    r->store = sx_store_open(r->graph, r->weights, (sx_store_options){ .own = true }, &err);
    CHECK_OK(r->store != NULL, err);
    const sx_plan_options o = {
        .compute = t, .training = true, .convolution = way, .threads = threads
    };
    r->plan = sx_plan_new(r->graph, r->store, o, &err);
    if (!r->plan) fail_msg("%s: %s", c->name, err.message);
    r->x = fill("x", pixels * in.c, t, param(r, "x", &r->dx));
    r->w = fill("w", (int64_t)c->conv.out * in.c * c->conv.kernel * c->conv.kernel, t,
                param(r, "conv.weight", &r->dw));
    const int64_t count = sx_plan_output_count(r->plan, "y");
    r->g = fill("g", count, t, NULL);
    sx_dtype dtype;
    sx_store_zero_grads(r->store);
    check_run(r->plan);
    void *grad = sx_plan_output_grad(r->plan, "y", &dtype);
    assert_non_null(grad);
    for (int64_t i = 0; i < count; i++)
        if (dtype == SX_F32)
            ((float *)grad)[i] = r->g[i];
        else
            ((uint16_t *)grad)[i] = sx_f32_to_bf16(r->g[i]);
    check_backward(r->plan);
}

static void stop(net *r) {
    free(r->g);
    sx_plan_free(r->plan);
    sx_store_free(r->store);
    sx_weights_free(r->weights);
    sx_graph_free(r->graph);
}

/* The reference in f64: the output and the gradients of the weights and the input. */
typedef struct sums {
    double *y, *dw, *dx;
} sums;

/* Without the bias: y[p][o] = sum x[p * stride + k - pad][i] w[o][i][ky][kx], dw[o][i][ky][kx] =
 * sum g[p][o] x[p * stride + k - pad][i], dx the other way round. */
static void reference(const net *r, const conv_case *c, double *y, double *dw, double *dx) {
    const sx_shape in = c->in, out = r->out;
    const int k = c->conv.kernel, stride = c->conv.stride > 1 ? c->conv.stride : 1;
    for (int64_t p = 0; p < (int64_t)out.n * out.h * out.w; p++)
        for (int tap = 0; tap < k * k; tap++) {
            const int row = (int)(p / out.w % out.h) * stride + tap / k - c->conv.pad;
            const int column = (int)(p % out.w) * stride + tap % k - c->conv.pad;
            if (row < 0 || column < 0 || row >= in.h || column >= in.w) continue;
            const int64_t q = (p / out.w / out.h * in.h + row) * in.w + column;
            for (int o = 0; o < out.c; o++)
                for (int i = 0; i < in.c; i++) {
                    const int64_t at = ((int64_t)o * in.c + i) * k * k + tap;
                    y[p * out.c + o] += (double)r->x[q * in.c + i] * (double)r->w[at];
                    dw[at] += (double)r->g[p * out.c + o] * (double)r->x[q * in.c + i];
                    dx[q * in.c + i] += (double)r->g[p * out.c + o] * (double)r->w[at];
                }
        }
}

static void compare(const float *got, const double *want, int64_t n, double tolerance,
                    const char *what, const char *of) {
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs(want[i]));
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= tolerance * most))
            fail_msg("%s: %s[%lld] is %g, should be %g (largest %g)", what, of, (long long)i,
                     (double)got[i], want[i], most);
}

/* y without the bias, which is the same at every pixel. */
static float *output_of(const net *r) {
    sx_error err = { 0 };
    const int64_t n = sx_shape_count(r->out);
    float *y = calloc((size_t)n, sizeof *y);
    assert_non_null(y);
    CHECK_OK(sx_plan_output(r->plan, "y", y, n, &err), err);
    const float *unused, *bias = sx_graph_param_count(r->graph) > 2
                                     ? param((net *)(uintptr_t)r, "conv.bias", &unused)
                                     : NULL;
    for (int64_t i = 0; bias && i < n; i++)
        y[i] -= bias[i % r->out.c];
    return y;
}

static double *zeros(int64_t n) {
    assert_true(n > 0);
    double *to = calloc((size_t)n, sizeof *to);
    assert_non_null(to);
    return to;
}

static void free_sums(sums *s) {
    free(s->y);
    free(s->dw);
    free(s->dx);
}

/* Sums are f32 in both precisions; the output and the input's gradient are rounded to bf16. The
 * first call for a case and a dtype fills *want, which is the same for every way and number of
 * threads: fill() draws the same inputs each time. */
static void check_conv(const conv_case *c, sx_dtype t, sx_conv_way way, int threads, sums *want) {
    net r;
    char what[80];
    snprintf(what, sizeof what, "%s, %s, way %d, %d threads", c->name, sx_dtype_name(t), (int)way,
             threads);
    run_conv(&r, c, t, way, threads);
    const int64_t nx = (int64_t)c->in.n * c->in.h * c->in.w * c->in.c;
    const int64_t nw = (int64_t)c->conv.out * c->in.c * c->conv.kernel * c->conv.kernel;
    const int64_t ny = sx_shape_count(r.out);
    if (!want->y) {
        *want = (sums){ zeros(ny), zeros(nw), zeros(nx) };
        reference(&r, c, want->y, want->dw, want->dx);
    }
    float *got = output_of(&r);
    compare(got, want->y, ny, t == SX_BF16 ? 4e-3 : 2e-5, what, "output");
    compare(r.dw, want->dw, nw, 2e-5, what, "weights' gradient");
    compare(r.dx, want->dx, nx, t == SX_BF16 ? 4e-3 : 2e-5, what, "input's gradient");
    free(got);
    stop(&r);
}

/* The names of the kernels that a 3x3 and a 1x1 convolution get. */
static void test_ways(void **state) {
    (void)state;
    static const char *const kernels[SX_CONV_PATCHES] = { [SX_CONV_DIRECT] = "",
                                                          [SX_CONV_WINOGRAD4] = "winograd f4x4",
                                                          [SX_CONV_WINOGRAD2] = "winograd f2x2",
                                                          [SX_CONV_PRODUCT] = "" };
    for (int way = SX_CONV_DIRECT; way < SX_CONV_PATCHES; way++) {
        const conv_case *c = &cases[way == SX_CONV_PRODUCT ? 2 : 6];
        net r;
        run_conv(&r, c, SX_F32, (sx_conv_way)way, 1);
        for (int i = 0; i < sx_plan_steps(r.plan); i++) {
            const sx_step_info s = sx_plan_step_info(r.plan, i);
            if (strcmp(s.op, "conv2d") != 0) continue;
            assert_int_equal(s.candidate_count, way == SX_CONV_PRODUCT ? 2 : 3);
            assert_non_null(strstr(s.kernel, kernels[way]));
            if (way == SX_CONV_DIRECT) assert_null(strstr(s.kernel, "winograd"));
            if (way == SX_CONV_PRODUCT)
                assert_true(!strstr(s.kernel, "1x1") && !strstr(s.kernel, "conv"));
        }
        stop(&r);
    }
}

static bool is_possible(const sx_conv *c, sx_conv_way way) {
    if (way == SX_CONV_PATCHES) return false; /* not in training */
    if (way == SX_CONV_PRODUCT) return c->kernel == 1 && c->stride <= 1;
    if (way == SX_CONV_WINOGRAD4 || way == SX_CONV_WINOGRAD2) return c->kernel == 3 && c->bias;
    return true;
}

static void test_f32(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sums want = { 0 };
        for (int way = SX_CONV_AUTO; way < SX_CONV_WAYS; way++)
            if (is_possible(&cases[i].conv, (sx_conv_way)way))
                check_conv(&cases[i], SX_F32, (sx_conv_way)way, way % 2 ? 1 : 3, &want);
        free_sums(&want);
    }
}

static void test_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sums want = { 0 };
        for (int threads = 1; threads <= 3; threads += 2)
            check_conv(&cases[i], SX_BF16, SX_CONV_AUTO, threads, &want);
        free_sums(&want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_ways), cmocka_unit_test(test_f32),
                                        cmocka_unit_test(test_bf16) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
