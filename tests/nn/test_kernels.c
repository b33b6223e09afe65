/* The kernels of the forward pass on every instruction set that this machine has, in f32 and bf16,
 * against plain loops in double. Channel counts leave every kind of remainder of the vectors and of
 * the blocks of 64 channels; each kernel is called on two ranges. */
#include <math.h>
#include <stdlib.h>

#include "support/kernel_check.h"

static const int channels[] = { 1, 3, 8, 16, 33, 64, 67, 130 };
enum { CHANNELS = sizeof channels / sizeof *channels };

static void check_affine(const sx_kernels *k, sx_dtype t) {
    enum { ROWS = 7, A = 5, B = 64, D = 35, C = A + B + D };
    const int width[3] = { A, B, D }, first[3] = { 0, A, A + B };
    kernel_array x[3] = { kernel_random("a", ROWS * A, t), kernel_random("b", ROWS * B, t),
                          kernel_random("d", ROWS * D, t) };
    kernel_array scale = kernel_random("scale", C, SX_F32),
                 shift = kernel_random("shift", C, SX_F32);
    const sx_piece pieces[3] = { { x[0].data, A }, { x[1].data, B }, { x[2].data, D } };
    kernel_expected e = kernel_expect(ROWS * C), copy = kernel_expect(ROWS * C);
    for (int p = 0; p < 3; p++)
        for (int r = 0; r < ROWS; r++)
            for (int i = 0; i < width[p]; i++) {
                const double v = kernel_at(&x[p], r * width[p] + i);
                const int c = first[p] + i;
                kernel_add_term(&e, r * C + c, v * kernel_at(&scale, c));
                kernel_add_term(&e, r * C + c, kernel_at(&shift, c));
                kernel_add_term(&copy, r * C + c, v);
            }
    for (int relu = 0; relu < 2; relu++) {
        kernel_array y = kernel_unset(ROWS * C, t);
        if (relu) kernel_expect_act(&e, SX_ACT_RELU);
        k->affine(y.data, pieces, 3, scale.data, shift.data, relu, 0, 3);
        k->affine(y.data, pieces, 3, scale.data, shift.data, relu, 3, ROWS);
        kernel_compare("affine", &y, &e, 2);
        kernel_free(&y);
    }
    kernel_array y = kernel_unset(ROWS * C, t);
    k->gather(y.data, pieces, 3, 0, 3);
    k->gather(y.data, pieces, 3, 3, ROWS);
    kernel_compare("gather", &y, &copy, 0);
    kernel_free(&y);
    for (int p = 0; p < 3; p++)
        kernel_free(&x[p]);
    kernel_free(&scale);
    kernel_free(&shift);
    kernel_expected_free(&e);
    kernel_expected_free(&copy);
}

/* One output of a pooling: the maximum of the window, or its mean, where absent pixels count as
 * 0. */
static void expect_pooled(kernel_expected *e, const kernel_array *x, const sx_pool_job *j, bool max,
                          int64_t at) {
    const sx_shape in = j->in, o = j->out;
    const int c = (int)(at % o.c);
    const int64_t image = at / o.c / o.w / o.h;
    double most = -INFINITY;
    for (int tap = 0; tap < j->kernel * j->kernel; tap++) {
        const int64_t y = at / o.c / o.w % o.h * j->stride - j->pad + tap / j->kernel;
        const int64_t p = at / o.c % o.w * j->stride - j->pad + tap % j->kernel;
        if (y < 0 || p < 0 || y >= in.h || p >= in.w) continue;
        const double v = kernel_at(x, ((image * in.h + y) * in.w + p) * in.c + c);
        most = fmax(most, v);
        if (!max) kernel_add_term(e, at, v / (j->kernel * j->kernel));
    }
    if (max) kernel_add_term(e, at, most);
}

static void check_pool(const sx_kernels *k, sx_dtype t) {
    static const int kernels[][3] = { { 2, 2, 0 }, { 3, 2, 1 }, { 3, 1, 1 } };
    for (int i = 0; i < 3 * CHANNELS; i++) {
        const int *w = kernels[i % 3], c = channels[i / 3], h = 9, wide = 7;
        const sx_shape in = { 2, h, wide, c };
        const sx_shape out = { 2, (h + 2 * w[2] - w[0]) / w[1] + 1,
                               (wide + 2 * w[2] - w[0]) / w[1] + 1, c };
        const sx_pool_job j = { in, out, w[0], w[1], w[2] };
        const int64_t lines = (int64_t)out.n * out.h, count = lines * out.w * c;
        kernel_array x = kernel_random("x", (int64_t)in.n * in.h * in.w * c, t);
        for (int max = 0; max < 2; max++) {
            kernel_expected e = kernel_expect(count);
            for (int64_t at = 0; at < count; at++)
                expect_pooled(&e, &x, &j, max, at);
            kernel_array y = kernel_unset(count, t);
            (max ? k->max_pool : k->avg_pool)(y.data, x.data, &j, 0, 3);
            (max ? k->max_pool : k->avg_pool)(y.data, x.data, &j, 3, lines);
            kernel_compare(max ? "max_pool" : "avg_pool", &y, &e, max ? 0 : 10);
            kernel_free(&y);
            kernel_expected_free(&e);
        }
        kernel_free(&x);
    }
}

/* The mean of two images' pixels. */
static void global_avg(const sx_kernels *k, sx_dtype t, kernel_array *y, const kernel_array *x,
                       int64_t pixels, int c) {
    const int64_t blocks = sx_sum_blocks(pixels);
    kernel_array sums = kernel_unset(2 * blocks * c, SX_F32);
    k->block_sums(sums.data, x->data, pixels, c, 0, 1);
    k->block_sums(sums.data, x->data, pixels, c, 1, 2 * blocks);
    for (int i = 0; i < 2; i++)
        k->mean_of_sums((char *)y->data + (size_t)(i * c) * sx_dtype_size(t),
                        (float *)sums.data + i * blocks * c, pixels, c);
    kernel_free(&sums);
}

static void check_global_avg(const sx_kernels *k, sx_dtype t) {
    static const int pixels[] = { 1, 37, 128, 131 };
    for (int i = 0; i < 4 * CHANNELS; i++) {
        const int c = channels[i / 4], count = pixels[i % 4];
        kernel_array x = kernel_random("x", 2 * count * c, t), y = kernel_unset(2 * c, t);
        kernel_expected e = kernel_expect(2 * c);
        for (int q = 0; q < 2 * count * c; q++)
            kernel_add_term(&e, q / (count * c) * c + q % c, kernel_at(&x, q) / count);
        global_avg(k, t, &y, &x, count, c);
        kernel_compare("global_avg", &y, &e, count + 2);
        kernel_free(&x);
        kernel_free(&y);
        kernel_expected_free(&e);
    }
}

/* Rounding errors of like numbers have one sign: one long sum is 2e-4 away. */
static void check_global_avg_long(const sx_kernels *k, sx_dtype t) {
    enum { PIXELS = 13312, C = 24 };
    kernel_array x = kernel_unset(2 * PIXELS * C, t), y = kernel_unset(2 * C, t);
    kernel_expected e = kernel_expect(2 * C);
    for (int q = 0; q < 2 * PIXELS * C; q++)
        kernel_set(&x, q, 0.1F + 0.01F * (float)(q % C));
    for (int q = 0; q < 2 * C; q++)
        kernel_add_term(&e, q, kernel_at(&x, q));
    global_avg(k, t, &y, &x, PIXELS, C);
    kernel_compare("global_avg of like numbers", &y, &e, 80);
    kernel_free(&x);
    kernel_free(&y);
    kernel_expected_free(&e);
}

static void check_upsample2x(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < CHANNELS; i++) {
        const sx_shape in = { 2, 3, 5, channels[i] };
        const int64_t count = (int64_t)in.n * in.h * in.w * in.c;
        kernel_array x = kernel_random("x", count, t), y = kernel_unset(4 * count, t);
        kernel_expected e = kernel_expect(4 * count);
        for (int64_t at = 0; at < 4 * count; at++) {
            const int64_t p = at / in.c, line = p / (2 * in.w) / 2, column = p % (2 * in.w) / 2;
            kernel_add_term(&e, at, kernel_at(&x, (line * in.w + column) * in.c + at % in.c));
        }
        k->upsample2x(y.data, x.data, in, 0, 2);
        k->upsample2x(y.data, x.data, in, 2, (int64_t)in.n * in.h);
        kernel_compare("upsample2x", &y, &e, 0);
        kernel_free(&x);
        kernel_free(&y);
        kernel_expected_free(&e);
    }
}

/* The exponential of activate has a relative error of 2e-7, 3.4 roundings. A sum of bf16 numbers is
 * rounded to bf16 before its activation. */
static void check_activate(const sx_kernels *k, sx_dtype t) {
    enum { N = 333, MID = 70 };
    static const sx_act acts[] = { SX_ACT_NONE,  SX_ACT_RELU, SX_ACT_SIGMOID,
                                   SX_ACT_SWISH, SX_ACT_GELU, SX_ACT_HARD_SIGMOID };
    kernel_array a = kernel_random_scaled("a", N, t, 20), b = kernel_random_scaled("b", N, t, 20);
    kernel_array sum = kernel_unset(N, t);
    for (int i = 0; i < N; i++)
        kernel_set(&sum, i, (float)kernel_at(&a, i) + (float)kernel_at(&b, i));
    for (int i = 0; i < 6; i++) {
        kernel_expected e = kernel_expect(N), s = kernel_expect(N);
        for (int q = 0; q < N; q++) {
            kernel_add_term(&e, q, kernel_activated(kernel_at(&a, q), acts[i]));
            kernel_add_term(&s, q, kernel_activated(kernel_at(&sum, q), acts[i]));
        }
        /* The exponent x^2 / 2 is rounded, and exp() is held at 1.6e-38. */
        for (int q = 0; acts[i] == SX_ACT_GELU && q < N; q++) {
            e.terms[q] = fmax(e.terms[q] * (1 + pow(kernel_at(&a, q), 2) / 4), 1e-30);
            s.terms[q] = fmax(s.terms[q] * (1 + pow(kernel_at(&sum, q), 2) / 4), 1e-30);
        }
        kernel_array y = kernel_unset(N, t), z = kernel_unset(N, t);
        k->activate(y.data, a.data, acts[i], 0, MID);
        k->activate(y.data, a.data, acts[i], MID, N);
        k->add(z.data, a.data, b.data, acts[i], 0, MID);
        k->add(z.data, a.data, b.data, acts[i], MID, N);
        kernel_compare("activate", &y, &e, 8);
        kernel_compare("add", &z, &s, 8);
        kernel_free(&y);
        kernel_free(&z);
        kernel_expected_free(&e);
        kernel_expected_free(&s);
    }
    kernel_free(&a);
    kernel_free(&b);
    kernel_free(&sum);
}

static void expect_normed(kernel_expected *e, const kernel_array *x, const kernel_array *w,
                          const kernel_array *b, int c, double eps, int row) {
    double mean = 0, variance = 0;
    for (int i = 0; i < c; i++)
        mean += kernel_at(x, row * c + i) / c;
    for (int i = 0; i < c; i++)
        variance += pow(kernel_at(x, row * c + i) - mean, 2) / c;
    const double inv = 1 / sqrt(variance + eps);
    for (int i = 0; i < c; i++) {
        kernel_add_term(e, row * c + i, kernel_at(x, row * c + i) * inv * kernel_at(w, i));
        kernel_add_term(e, row * c + i, -mean * inv * kernel_at(w, i));
        kernel_add_term(e, row * c + i, kernel_at(b, i));
    }
}

static void check_layer_norm(const sx_kernels *k, sx_dtype t) {
    enum { ROWS = 5 };
    for (int i = 2; i < CHANNELS; i++) { /* of one channel nothing is left, of few only rounding */
        const int c = channels[i];
        const float eps = i % 2 ? 0.1F : 1e-5F;
        kernel_array x = kernel_random("x", ROWS * c, t);
        kernel_array w = kernel_random("w", c, SX_F32), b = kernel_random("b", c, SX_F32);
        kernel_expected e = kernel_expect(ROWS * c);
        for (int r = 0; r < ROWS; r++)
            expect_normed(&e, &x, &w, &b, c, (double)eps, r);
        for (int relu = 0; relu < 2; relu++) {
            kernel_array y = kernel_unset(ROWS * c, t);
            if (relu) kernel_expect_act(&e, SX_ACT_RELU);
            k->layer_norm(y.data, x.data, w.data, b.data, c, eps, relu, 0, 2);
            k->layer_norm(y.data, x.data, w.data, b.data, c, eps, relu, 2, ROWS);
            kernel_compare("layer_norm", &y, &e, 16);
            kernel_free(&y);
        }
        kernel_free(&x);
        kernel_free(&w);
        kernel_free(&b);
        kernel_expected_free(&e);
    }
}

/* One row of softmax(q k^T / sqrt(d)) v. */
static void expect_attended(kernel_expected *e, const kernel_array *qkv, int steps, int c, int d,
                            int head, int row) {
    double p[64], sum = 0;
    for (int s = 0; s < steps; s++) {
        double score = 0;
        for (int i = 0; i < d; i++)
            score += kernel_at(qkv, row * 3 * c + head * d + i) *
                     kernel_at(qkv, s * 3 * c + c + head * d + i);
        p[s] = exp(score / sqrt(d));
        sum += p[s];
    }
    for (int s = 0; s < steps; s++)
        for (int i = 0; i < d; i++)
            kernel_add_term(e, (int64_t)row * c + head * d + i,
                            p[s] / sum * kernel_at(qkv, s * 3 * c + 2 * c + head * d + i));
}

static void check_attention(const sx_kernels *k, sx_dtype t) {
    static const int sizes[][3] = { { 1, 4, 2 }, { 13, 33, 3 }, { 37, 64, 2 }, { 48, 72, 1 } };
    for (int i = 0; i < 4; i++) {
        const int steps = sizes[i][0], c = sizes[i][1], heads = sizes[i][2], d = c / heads;
        kernel_array qkv = kernel_random_scaled("qkv", steps * 3 * c, t, 2);
        kernel_array y = kernel_unset(steps * c, t);
        kernel_array tmp = kernel_unset((steps + 3 * d) * steps + d, SX_F32);
        kernel_expected e = kernel_expect(steps * c);
        for (int head = 0; head < heads; head++) {
            for (int row = 0; row < steps; row++)
                expect_attended(&e, &qkv, steps, c, d, head, row);
            k->attention(y.data, qkv.data, steps, c, heads, head, tmp.data);
        }
        kernel_compare("attention", &y, &e, 128);
        kernel_free(&qkv);
        kernel_free(&y);
        kernel_free(&tmp);
        kernel_expected_free(&e);
    }
}

static void check_conversion(const sx_kernels *k, sx_dtype t) {
    enum { N = 145 };
    kernel_array half = kernel_random("x", N, t), whole = kernel_random("y", N, SX_F32);
    kernel_array up = kernel_unset(N, SX_F32), down = kernel_unset(N, t);
    kernel_expected a = kernel_expect(N), b = kernel_expect(N);
    for (int i = 0; i < N; i++) {
        kernel_add_term(&a, i, kernel_at(&half, i));
        kernel_add_term(&b, i, kernel_at(&whole, i));
    }
    k->to_f32(up.data, half.data, N);
    k->from_f32(down.data, whole.data, N);
    kernel_compare("to_f32", &up, &a, 0);
    kernel_compare("from_f32", &down, &b, 0);
    kernel_free(&half);
    kernel_free(&whole);
    kernel_free(&up);
    kernel_free(&down);
    kernel_expected_free(&a);
    kernel_expected_free(&b);
}

#define TEST(name)                                                                                 \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        kernel_each_level(check_##name, true);                                                     \
    }
TEST(affine)
TEST(pool)
TEST(global_avg)
TEST(global_avg_long)
TEST(upsample2x)
TEST(activate)
TEST(layer_norm)
TEST(attention)
TEST(conversion)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_affine),     cmocka_unit_test(test_pool),
        cmocka_unit_test(test_global_avg), cmocka_unit_test(test_global_avg_long),
        cmocka_unit_test(test_upsample2x), cmocka_unit_test(test_activate),
        cmocka_unit_test(test_layer_norm), cmocka_unit_test(test_attention),
        cmocka_unit_test(test_conversion)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
