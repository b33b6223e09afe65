/* The kernels of the backward pass of EfficientDet's layers, that is depthwise convolution, scales
 * of channels and weighted sums, as in test_kernels_backward.c. */
#include <stdlib.h>

#include "support/kernel_check.h"

static const int channels[] = { 1, 3, 8, 16, 33, 64, 67, 130 };
enum { CHANNELS = sizeof channels / sizeof *channels };

typedef void visit_fn(void *ctx, int64_t tap, int64_t x, int64_t y);

/* Each product of a depthwise convolution: places in w[kernel * kernel][c], x and y. */
static void each_depthwise(const sx_depthwise_job *j, visit_fn *visit, void *ctx) {
    const sx_shape in = j->in, o = j->out;
    for (int64_t at = 0; at < (int64_t)o.n * o.h * o.w; at++)
        for (int tap = 0; tap < j->kernel * j->kernel; tap++) {
            const int64_t y = at / o.w % o.h * j->stride - j->pad + tap / j->kernel;
            const int64_t x = at % o.w * j->stride - j->pad + tap % j->kernel;
            if (y < 0 || x < 0 || y >= in.h || x >= in.w) continue;
            for (int i = 0; i < in.c; i++)
                visit(ctx, (int64_t)tap * in.c + i,
                      ((at / o.w / o.h * in.h + y) * in.w + x) * in.c + i, at * in.c + i);
        }
}

typedef struct depthwise_problem {
    kernel_array x, g, w, dx;
    kernel_expected data, weights;
} depthwise_problem;

static void add_depthwise(void *ctx, int64_t tap, int64_t x, int64_t y) {
    depthwise_problem *p = ctx;
    kernel_add_term(&p->data, x, kernel_at(&p->g, y) * kernel_at(&p->w, tap));
    kernel_add_term(&p->weights, tap, kernel_at(&p->g, y) * kernel_at(&p->x, x));
}

static void check_depthwise_case(const sx_kernels *k, sx_dtype t, const sx_depthwise_job *j,
                                 bool add) {
    const sx_shape in = j->in, o = j->out;
    const int taps = j->kernel * j->kernel;
    const int64_t lines = (int64_t)in.n * in.h, count = lines * in.w * in.c;
    depthwise_problem p = { kernel_random("x", count, t),
                            kernel_random("g", (int64_t)o.n * o.h * o.w * o.c, t),
                            kernel_random("w", taps * in.c, SX_F32),
                            kernel_random("dx", count, t),
                            kernel_expect(count),
                            kernel_expect(taps * in.c) };
    if (add) kernel_expect_held(&p.data, &p.dx);
    each_depthwise(j, add_depthwise, &p);
    double *sum = calloc((size_t)(taps * in.c), sizeof *sum);
    assert_non_null(sum);
    k->depthwise_back(p.dx.data, p.g.data, p.w.data, j, add, 0, 3);
    k->depthwise_back(p.dx.data, p.g.data, p.w.data, j, add, 3, lines);
    k->depthwise_weights(sum, p.x.data, p.g.data, j, 0, 3);
    k->depthwise_weights(sum, p.x.data, p.g.data, j, 3, (int64_t)o.n * o.h);
    kernel_compare("depthwise_back", &p.dx, &p.data, 27);
    kernel_compare_f64("depthwise_weights", sum, &p.weights, 16);
    free(sum);
    kernel_free(&p.x);
    kernel_free(&p.g);
    kernel_free(&p.w);
    kernel_free(&p.dx);
    kernel_expected_free(&p.data);
    kernel_expected_free(&p.weights);
}

static void check_depthwise(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < 4 * CHANNELS; i++) {
        const int c = channels[i / 4], size = i & 1 ? 5 : 3, stride = i & 2 ? 2 : 1, pad = size / 2;
        const sx_depthwise_job j = { { 2, 9, 7, c },
                                     { 2, (9 + 2 * pad - size) / stride + 1,
                                       (7 + 2 * pad - size) / stride + 1, c },
                                     size,
                                     stride,
                                     pad };
        check_depthwise_case(k, t, &j, i % 3 == 0);
    }
}

static void check_channel_scale(const sx_kernels *k, sx_dtype t) {
    enum { IMAGES = 3, PIXELS = 5 };
    for (int i = 0; i < 4 * CHANNELS; i++) {
        const int c = channels[i / 4], scale_count = i & 1 ? 1 : c;
        const sx_channel_scale_job j = { c, scale_count, PIXELS, i & 2 };
        kernel_array x = kernel_random("x", IMAGES * PIXELS * c, t),
                     y = kernel_random("y", x.count, t);
        kernel_array scales = kernel_random("scales", IMAGES * scale_count, t);
        kernel_expected e = kernel_expect(x.count);
        if (j.add) kernel_expect_held(&e, &y);
        for (int64_t at = 0; at < x.count; at++)
            kernel_add_term(&e, at,
                            kernel_at(&x, at) * kernel_at(&scales, at / c / PIXELS * scale_count +
                                                                       at % c % scale_count));
        k->channel_scale(y.data, x.data, scales.data, &j, 0, 7);
        k->channel_scale(y.data, x.data, scales.data, &j, 7, IMAGES * PIXELS);
        kernel_compare("channel_scale", &y, &e, 2);
        kernel_free(&x);
        kernel_free(&y);
        kernel_free(&scales);
        kernel_expected_free(&e);
    }
}

static void check_weighted_sum(const sx_kernels *k, sx_dtype t) {
    enum { N = 333, MID = 70 };
    const float weight[3] = { 0.3F, -1.7F, 0.9F };
    kernel_array x[3] = { kernel_random("a", N, t), kernel_random("b", N, t),
                          kernel_random("c", N, t) };
    const void *maps[3] = { x[0].data, x[1].data, x[2].data };
    for (int i = 0; i < 4; i++) { /* one map is added to what is there, too */
        const int count = i < 3 ? i + 1 : 1;
        kernel_array y = kernel_random("y", N, t);
        kernel_expected e = kernel_expect(N);
        if (i == 3) kernel_expect_held(&e, &y);
        for (int q = 0; q < N * count; q++)
            kernel_add_term(&e, q % N, (double)weight[q / N] * kernel_at(&x[q / N], q % N));
        k->weighted_sum(y.data, maps, weight, count, i == 3, 0, MID);
        k->weighted_sum(y.data, maps, weight, count, i == 3, MID, N);
        kernel_compare("weighted_sum", &y, &e, 4);
        kernel_free(&y);
        kernel_expected_free(&e);
    }
    for (int i = 0; i < 3; i++)
        kernel_free(&x[i]);
}

#define TEST(name)                                                                                 \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        kernel_each_level(check_##name, true);                                                     \
    }
TEST(depthwise)
TEST(channel_scale)
TEST(weighted_sum)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depthwise),
        cmocka_unit_test(test_channel_scale),
        cmocka_unit_test(test_weighted_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
