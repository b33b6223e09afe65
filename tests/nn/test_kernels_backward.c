/* The kernels of the backward pass on every instruction set that this machine has, in f32 and bf16,
 * against plain loops in double. See test_kernels.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/kernel_check.h"

static const int channels[] = { 1, 3, 8, 16, 33, 64, 67, 130 };
enum { CHANNELS = sizeof channels / sizeof *channels };

static double slope(double v, sx_act act) {
    const double sigmoid = 1 / (1 + exp(-v));
    switch (act) {
    case SX_ACT_RELU:
        return v > 0;
    case SX_ACT_SIGMOID:
        return v * (1 - v); /* v: its output */
    case SX_ACT_SWISH:
        return sigmoid * (1 + v * (1 - sigmoid));
    case SX_ACT_GELU:
        return 0.5 * erfc(-v / sqrt(2)) + v * exp(-v * v / 2) / sqrt(2 * M_PI);
    case SX_ACT_HARD_SIGMOID:
        return fabs(v) < 3 ? 1.0 / 6 : 0;
    case SX_ACT_NONE:
        break;
    }
    return 1;
}

static void check_elementwise(const sx_kernels *k, sx_dtype t) {
    enum { N = 333, MID = 70, ACTS = 6 };
    static const sx_act acts[] = { SX_ACT_NONE,  SX_ACT_RELU, SX_ACT_SIGMOID,
                                   SX_ACT_SWISH, SX_ACT_GELU, SX_ACT_HARD_SIGMOID };
    kernel_array g = kernel_random("g", N, t), v = kernel_random_scaled("v", N, t, 8);
    for (int i = 0; i < ACTS + 2; i++) {
        kernel_array y = kernel_copy(&g);
        kernel_expected e = kernel_expect(N);
        for (int q = 0; q < N; q++)
            kernel_add_term(&e, q,
                            kernel_at(&g, q) * slope(kernel_at(&v, q), i < ACTS    ? acts[i]
                                                                       : i == ACTS ? SX_ACT_RELU
                                                                                   : SX_ACT_NONE));
        if (i == ACTS + 1) kernel_expect_held(&e, &v);
        for (int part = 0; part < 2; part++) {
            const int64_t begin = part ? MID : 0, end = part ? N : MID;
            if (i < ACTS) k->activate_back(y.data, v.data, acts[i], begin, end);
            if (i == ACTS) k->relu_mask(y.data, v.data, begin, end);
            if (i == ACTS + 1) k->accumulate(y.data, v.data, begin, end);
        }
        /* swish's slope is 0 at -1.28, gelu's at -0.75 */
        if (i == 3 || i == 4)
            for (int q = 0; q < N; q++)
                e.terms[q] = 4 * fabs(kernel_at(&g, q));
        kernel_compare(i < ACTS    ? "activate_back"
                       : i == ACTS ? "relu_mask"
                                   : "accumulate",
                       &y, &e, 8);
        kernel_free(&y);
        kernel_expected_free(&e);
    }
    kernel_free(&g);
    kernel_free(&v);
}

enum { ROWS = 300, ROWS_MID = 101 }; /* more than two blocks of 128 rows in the second part */

/* Sums that are f32 within a block of rows, and double between blocks. */
static void check_row_sums(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < CHANNELS; i++) {
        const int c = channels[i];
        kernel_array x = kernel_random("x", ROWS * c, t), y = kernel_random("y", ROWS * c, t);
        kernel_array pivot = kernel_random("pivot", c, SX_F32);
        kernel_expected e[4];
        double *got[4];
        for (int q = 0; q < 4; q++) {
            e[q] = kernel_expect(c);
            got[q] = calloc((size_t)c, sizeof(double));
            assert_non_null(got[q]);
        }
        for (int at = 0; at < ROWS * c; at++) {
            const double v = kernel_at(&x, at), d = v - kernel_at(&pivot, at % c);
            kernel_add_term(&e[0], at % c, v);
            kernel_add_term(&e[1], at % c, d);
            kernel_add_term(&e[2], at % c, d * d);
            kernel_add_term(&e[3], at % c, v * kernel_at(&y, at));
        }
        for (int part = 0; part < 2; part++) {
            const int64_t begin = part ? ROWS_MID : 0, end = part ? ROWS : ROWS_MID;
            k->column_sums(got[0], x.data, c, begin, end);
            k->moments(got[1], got[2], x.data, pivot.data, c, begin, end);
            k->products(got[3], x.data, y.data, c, begin, end);
        }
        static const char *const names[] = { "column_sums", "moments, sum", "moments, square",
                                             "products" };
        for (int q = 0; q < 4; q++) {
            kernel_compare_f64(names[q], got[q], &e[q], 64);
            kernel_expected_free(&e[q]);
            free(got[q]);
        }
        kernel_free(&x);
        kernel_free(&y);
        kernel_free(&pivot);
    }
}

typedef struct norm_problem {
    int c, stride;
    kernel_array x, g, dx, scale, shift, mean;
    kernel_expected want, sum, dot;
} norm_problem;

static norm_problem new_norm(int c, sx_dtype t) {
    norm_problem p = { .c = c, .stride = c + 5 };
    p.x = kernel_random("x", ROWS * c, t);
    p.g = kernel_random("g", ROWS * p.stride, t);
    p.dx = kernel_random("dx", ROWS * c, t);
    p.scale = kernel_random("scale", c, SX_F32);
    p.shift = kernel_random("shift", c, SX_F32);
    p.mean = kernel_random("mean", c, SX_F32);
    return p;
}

static void free_norm(norm_problem *p) {
    kernel_free(&p->x);
    kernel_free(&p->g);
    kernel_free(&p->dx);
    kernel_free(&p->scale);
    kernel_free(&p->shift);
    kernel_free(&p->mean);
}

static void expect_norm(norm_problem *p, bool relu, bool add) {
    p->want = kernel_expect(ROWS * p->c);
    p->sum = kernel_expect(p->c);
    p->dot = kernel_expect(p->c);
    if (add) kernel_expect_held(&p->want, &p->dx);
    for (int at = 0; at < ROWS * p->c; at++) {
        const int c = at % p->c;
        const double x = kernel_at(&p->x, at), g = kernel_at(&p->g, at / p->c * p->stride + c);
        const double scale = kernel_at(&p->scale, c);
        if (relu && x * scale + kernel_at(&p->shift, c) <= 0) continue;
        kernel_add_term(&p->want, at, scale * g);
        kernel_add_term(&p->sum, c, g);
        kernel_add_term(&p->dot, c, g * (x - kernel_at(&p->mean, c)));
    }
}

static void check_bn_back(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < 6 * CHANNELS; i++) {
        const int way = i % 3, c = channels[i / 6]; /* way 2: only sums */
        const bool relu = i / 3 % 2;
        norm_problem p = new_norm(c, t);
        expect_norm(&p, relu, way == 1);
        kernel_array dx = kernel_copy(&p.dx);
        double *sum = calloc((size_t)c, sizeof *sum), *dot = calloc((size_t)c, sizeof *dot);
        assert_true(sum && dot);
        const sx_bn_back_job j = { .dx = way < 2 ? dx.data : NULL,
                                   .add = way == 1,
                                   .g = p.g.data,
                                   .x = p.x.data,
                                   .scale = p.scale.data,
                                   .shift = p.shift.data,
                                   .mean = p.mean.data,
                                   .c = c,
                                   .stride = p.stride,
                                   .relu = relu };
        k->bn_back(&j, sum, dot, 0, ROWS_MID);
        k->bn_back(&j, sum, dot, ROWS_MID, ROWS);
        if (way < 2) kernel_compare("bn_back", &dx, &p.want, 2);
        kernel_compare_f64("bn_back, sum", sum, &p.sum, 64);
        kernel_compare_f64("bn_back, dot", dot, &p.dot, 64);
        kernel_free(&dx);
        kernel_expected_free(&p.want);
        kernel_expected_free(&p.sum);
        kernel_expected_free(&p.dot);
        free_norm(&p);
        free(sum);
        free(dot);
    }
}

static void check_bn_settle(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < CHANNELS; i++) {
        const int c = channels[i];
        norm_problem p = new_norm(c, t);
        kernel_expected e = kernel_expect(ROWS * c);
        kernel_expect_held(&e, &p.dx);
        for (int at = 0; at < ROWS * c; at++) {
            kernel_add_term(&e, at, kernel_at(&p.scale, at % c) * kernel_at(&p.x, at));
            kernel_add_term(&e, at, kernel_at(&p.shift, at % c));
        }
        k->bn_settle(p.dx.data, p.x.data, p.scale.data, p.shift.data, c, 0, ROWS_MID);
        k->bn_settle(p.dx.data, p.x.data, p.scale.data, p.shift.data, c, ROWS_MID, ROWS);
        kernel_compare("bn_settle", &p.dx, &e, 3);
        kernel_expected_free(&e);
        free_norm(&p);
    }
}

/* dx of one row: inv * (v - mean(v) - xhat * mean(v * xhat)), v = g * w. */
static void expect_layer_norm(norm_problem *p, double eps, int row) {
    const int c = p->c;
    double mean = 0, variance = 0, total = 0, dot = 0;
    for (int i = 0; i < c; i++)
        mean += kernel_at(&p->x, row * c + i) / c;
    for (int i = 0; i < c; i++)
        variance += pow(kernel_at(&p->x, row * c + i) - mean, 2) / c;
    const double inv = 1 / sqrt(variance + eps);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < c; i++) {
            const double xhat = (kernel_at(&p->x, row * c + i) - mean) * inv;
            const double g = kernel_at(&p->g, row * c + i), v = g * kernel_at(&p->scale, i);
            if (pass == 0) {
                total += v / c;
                dot += v * xhat / c;
                kernel_add_term(&p->dot, i, g * xhat);
                kernel_add_term(&p->sum, i, g);
                continue;
            }
            kernel_add_term(&p->want, row * c + i, inv * v);
            kernel_add_term(&p->want, row * c + i, -inv * total);
            kernel_add_term(&p->want, row * c + i, -inv * xhat * dot);
        }
}

static void check_layer_norm_back(const sx_kernels *k, sx_dtype t) {
    enum { N = 9, MID = 4 };
    for (int i = 4; i < 2 * CHANNELS;
         i++) { /* of one channel nothing is left, of few only rounding */
        const int c = channels[i / 2];
        const bool add = i % 2;
        const float eps = i % 2 ? 0.1F : 1e-5F;
        norm_problem p = new_norm(c, t);
        p.want = kernel_expect(N * c);
        p.sum = kernel_expect(c);
        p.dot = kernel_expect(c);
        if (add) kernel_expect_held(&p.want, &p.dx);
        for (int r = 0; r < N; r++)
            expect_layer_norm(&p, (double)eps, r);
        double *dw = calloc((size_t)c, sizeof *dw), *db = calloc((size_t)c, sizeof *db);
        assert_true(dw && db);
        kernel_array dx = kernel_copy(&p.dx);
        k->layer_norm_back(dx.data, dw, db, p.g.data, p.x.data, p.scale.data, c, eps, add, 0, MID);
        k->layer_norm_back(dx.data, dw, db, p.g.data, p.x.data, p.scale.data, c, eps, add, MID, N);
        k->layer_norm_back(NULL, NULL, NULL, p.g.data, p.x.data, p.scale.data, c, eps, add, 0, N);
        dx.count = N * c;
        kernel_compare("layer_norm_back", &dx, &p.want, 32);
        kernel_compare_f64("layer_norm_back, weight", dw, &p.dot, 32);
        kernel_compare_f64("layer_norm_back, bias", db, &p.sum, 32);
        dx.count = p.dx.count;
        kernel_free(&dx);
        kernel_expected_free(&p.want);
        kernel_expected_free(&p.sum);
        kernel_expected_free(&p.dot);
        free_norm(&p);
        free(dw);
        free(db);
    }
}

/* The place in x of the first largest number of a window; the windows of an average are whole. */
static int64_t largest(const kernel_array *x, const sx_pool_job *j, int64_t at) {
    const sx_shape in = j->in, o = j->out;
    int64_t best = -1;
    for (int tap = 0; tap < j->kernel * j->kernel; tap++) {
        const int64_t y = at / o.c / o.w % o.h * j->stride - j->pad + tap / j->kernel;
        const int64_t p = at / o.c % o.w * j->stride - j->pad + tap % j->kernel;
        if (y < 0 || p < 0 || y >= in.h || p >= in.w) continue;
        const int64_t place = ((at / o.c / o.w / o.h * in.h + y) * in.w + p) * in.c + at % o.c;
        if (best < 0 || kernel_at(x, place) > kernel_at(x, best)) best = place;
    }
    return best;
}

static void check_max_pool_back(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < 2 * CHANNELS; i++) {
        const int c = channels[i / 2], size = i % 2 ? 3 : 2, pad = i % 2;
        const sx_shape in = { 2, 9, 7, c };
        const sx_shape out = { 2, (9 + 2 * pad - size) / 2 + 1, (7 + 2 * pad - size) / 2 + 1, c };
        const sx_pool_job j = { in, out, size, 2, pad };
        kernel_array x = kernel_random("x", 2 * 63 * c, t), dx = kernel_random("dx", 2 * 63 * c, t);
        kernel_array g = kernel_random("g", 2 * out.h * out.w * c, t);
        for (int q = 0; q < x.count; q += 3) /* equal numbers: the first one counts */
            kernel_set(&x, q, q % 2 ? 0.75F : -0.5F);
        kernel_expected e = kernel_expect(x.count);
        kernel_expect_held(&e, &dx);
        for (int64_t at = 0; at < g.count; at++)
            kernel_add_term(&e, largest(&x, &j, at), kernel_at(&g, at));
        if (t == SX_BF16) /* dx is rounded after each of up to four windows */
            for (int64_t q = 0; q < e.count; q++)
                e.terms[q] *= i % 2 ? 65536 : 1;
        k->max_pool_back(dx.data, g.data, x.data, &j, 0);
        k->max_pool_back(dx.data, g.data, x.data, &j, 1);
        kernel_compare("max_pool_back", &dx, &e, 4);
        kernel_free(&x);
        kernel_free(&dx);
        kernel_free(&g);
        kernel_expected_free(&e);
    }
}

/* Average pooling, global averaging and upsampling: dx is set or added to. */
static void check_avg_pool_back(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < 2 * CHANNELS; i++) {
        const int c = channels[i / 2];
        const bool add = i % 2;
        const sx_pool_job j = { { 2, 9, 7, c }, { 2, 4, 3, c }, 2, 2, 0 };
        kernel_array dx = kernel_random("dx", 2 * 63 * c, t), g = kernel_random("g", 2 * 12 * c, t);
        kernel_expected e = kernel_expect(dx.count);
        if (add) kernel_expect_held(&e, &dx);
        for (int64_t at = 0; at < dx.count; at++) {
            const int64_t y = at / c / 7 % 9 / 2, x = at / c % 7 / 2, image = at / c / 63;
            if (y < 4 && x < 3)
                kernel_add_term(&e, at, kernel_at(&g, ((image * 4 + y) * 3 + x) * c + at % c) / 4);
        }
        k->avg_pool_back(dx.data, g.data, &j, add, 0, 5);
        k->avg_pool_back(dx.data, g.data, &j, add, 5, 18);
        kernel_compare("avg_pool_back", &dx, &e, 2);
        kernel_free(&dx);
        kernel_free(&g);
        kernel_expected_free(&e);
    }
}

static void check_global_avg_back(const sx_kernels *k, sx_dtype t) {
    enum { PIXELS = 11 };
    for (int i = 0; i < 2 * CHANNELS; i++) {
        const int c = channels[i / 2];
        const bool add = i % 2;
        kernel_array dx = kernel_random("dx", PIXELS * c, t), g = kernel_random("g", c, t);
        kernel_expected e = kernel_expect(dx.count);
        if (add) kernel_expect_held(&e, &dx);
        for (int at = 0; at < PIXELS * c; at++)
            kernel_add_term(&e, at, kernel_at(&g, at % c) / PIXELS);
        k->global_avg_back(dx.data, g.data, PIXELS, c, add);
        kernel_compare("global_avg_back", &dx, &e, 3);
        kernel_free(&dx);
        kernel_free(&g);
        kernel_expected_free(&e);
    }
}

static void check_upsample2x_back(const sx_kernels *k, sx_dtype t) {
    for (int i = 0; i < 2 * CHANNELS; i++) {
        const sx_shape in = { 2, 3, 5, channels[i / 2] };
        const bool add = i % 2;
        kernel_array dx = kernel_random("dx", 30 * in.c, t), g = kernel_random("g", 120 * in.c, t);
        kernel_expected e = kernel_expect(dx.count);
        if (add) kernel_expect_held(&e, &dx);
        for (int64_t at = 0; at < g.count; at++) {
            const int64_t p = at / in.c, line = p / (2 * in.w) / 2, column = p % (2 * in.w) / 2;
            kernel_add_term(&e, (line * in.w + column) * in.c + at % in.c, kernel_at(&g, at));
        }
        k->upsample2x_back(dx.data, g.data, in, add, 0, 4);
        k->upsample2x_back(dx.data, g.data, in, add, 4, 6);
        kernel_compare("upsample2x_back", &dx, &e, 5);
        kernel_free(&dx);
        kernel_free(&g);
        kernel_expected_free(&e);
    }
}

typedef struct attention_problem {
    int steps, c, d, head;
    kernel_array qkv, dy;
    kernel_expected want;
} attention_problem;

/* Part 0, 1 or 2 of qkv: q, k, v. */
static int64_t place(const attention_problem *a, int row, int part, int i) {
    return (int64_t)row * 3 * a->c + part * a->c + a->head * a->d + i;
}

static double inner(const attention_problem *a, int row, int part, int other, int other_part) {
    double sum = 0;
    for (int i = 0; i < a->d; i++)
        sum += kernel_at(&a->qkv, place(a, row, part, i)) *
               kernel_at(&a->qkv, place(a, other, other_part, i));
    return sum;
}

static double inner_dy(const attention_problem *a, int row, int other) {
    double sum = 0;
    for (int i = 0; i < a->d; i++)
        sum += kernel_at(&a->dy, (int64_t)row * a->c + a->head * a->d + i) *
               kernel_at(&a->qkv, place(a, other, 2, i));
    return sum;
}

/* What query `row` adds to the gradients: y = p v, p = softmax(q k / sqrt(d)). */
static void expect_attention_row(attention_problem *a, int row) {
    double p[64] = { 0 }, dp[64] = { 0 }, sum = 0, dot = 0;
    for (int s = 0; s < a->steps; s++) {
        p[s] = exp(inner(a, row, 0, s, 1) / sqrt(a->d));
        dp[s] = inner_dy(a, row, s);
        sum += p[s];
    }
    for (int s = 0; s < a->steps; s++)
        dot += p[s] / sum * dp[s];
    for (int s = 0; s < a->steps; s++) {
        const double weight = p[s] / sum, ds = weight * (dp[s] - dot) / sqrt(a->d);
        for (int i = 0; i < a->d; i++) {
            kernel_add_term(&a->want, place(a, row, 0, i),
                            ds * kernel_at(&a->qkv, place(a, s, 1, i)));
            kernel_add_term(&a->want, place(a, s, 1, i),
                            ds * kernel_at(&a->qkv, place(a, row, 0, i)));
            kernel_add_term(&a->want, place(a, s, 2, i),
                            weight * kernel_at(&a->dy, (int64_t)row * a->c + a->head * a->d + i));
        }
    }
}

static void check_attention_back(const sx_kernels *k, sx_dtype t) {
    static const int sizes[][3] = { { 1, 4, 2 }, { 13, 33, 3 }, { 37, 64, 2 }, { 48, 72, 1 } };
    for (int i = 0; i < 4; i++) {
        const int steps = sizes[i][0], c = sizes[i][1], heads = sizes[i][2];
        attention_problem a = { .steps = steps, .c = c, .d = c / heads };
        a.qkv = kernel_random("qkv", steps * 3 * c, t);
        a.dy = kernel_random("dy", steps * c, t);
        a.want = kernel_expect(a.qkv.count);
        kernel_array got = kernel_unset(a.qkv.count, t);
        kernel_array tmp = kernel_unset(4 * a.d * steps + 2 * steps * steps, SX_F32);
        for (; a.head < heads; a.head++) {
            for (int row = 0; row < steps; row++)
                expect_attention_row(&a, row);
            k->attention_back(got.data, a.dy.data, a.qkv.data, steps, c, heads, a.head, tmp.data);
        }
        kernel_share_terms(&a.want); /* the differences of dp and dot lose digits */
        kernel_compare("attention_back", &got, &a.want, 32);
        kernel_free(&a.qkv);
        kernel_free(&a.dy);
        kernel_free(&got);
        kernel_free(&tmp);
        kernel_expected_free(&a.want);
    }
}

static void check_dot(const sx_kernels *k, sx_dtype t) {
    enum { N = 9001 }; /* more than two blocks of 4096 */
    kernel_array a = kernel_random("a", N, t), b = kernel_random("b", N, t);
    for (int begin = 0; begin < 9; begin += 4) {
        kernel_expected e = kernel_expect(1);
        for (int i = begin; i < N - 3; i++)
            kernel_add_term(&e, 0, kernel_at(&a, i) * kernel_at(&b, i));
        const double got = k->dot(a.data, b.data, begin, N - 3);
        kernel_compare_f64("dot", &got, &e, 64);
        kernel_expected_free(&e);
    }
    kernel_free(&a);
    kernel_free(&b);
}

#define TEST(name)                                                                                 \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        kernel_each_level(check_##name, true);                                                     \
    }
TEST(elementwise)
TEST(row_sums)
TEST(bn_back)
TEST(bn_settle)
TEST(layer_norm_back)
TEST(max_pool_back)
TEST(avg_pool_back)
TEST(global_avg_back)
TEST(upsample2x_back)
TEST(attention_back)
TEST(dot)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elementwise),
        cmocka_unit_test(test_row_sums),
        cmocka_unit_test(test_bn_back),
        cmocka_unit_test(test_bn_settle),
        cmocka_unit_test(test_layer_norm_back),
        cmocka_unit_test(test_max_pool_back),
        cmocka_unit_test(test_avg_pool_back),
        cmocka_unit_test(test_global_avg_back),
        cmocka_unit_test(test_upsample2x_back),
        cmocka_unit_test(test_attention_back),
        cmocka_unit_test(test_dot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
