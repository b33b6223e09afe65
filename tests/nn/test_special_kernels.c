/* Zeros of both signs, denormal and huge numbers, infinities and NaN in the kernels of every
 * instruction set that this machine has: each result equals the plain loop's, and NaN stays NaN.
 * Channel counts reach the blocks of vectors, single vectors and single numbers. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "support/kernel_check.h"

static const float special[] = { 0.0F,  -0.0F,   1e-40F,   -1e-40F,  FLT_MIN,   -FLT_MIN, 1.0F,
                                 -1.0F, FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, NAN };
static const int channels[] = { 1, 8, 33, 67, 128 };
enum { SPECIAL = sizeof special / sizeof *special, CHANNELS = sizeof channels / sizeof *channels };

/* The special numbers in turn, each `slow` times. */
static kernel_array specials(int64_t count, int64_t slow, sx_dtype t) {
    kernel_array a = kernel_unset(count, t);
    for (int64_t i = 0; i < count; i++)
        kernel_set(&a, i, special[i / slow % SPECIAL]);
    return a;
}

/* What storing v in type t gives. */
static double stored(float v, sx_dtype t) {
    return (double)(t == SX_BF16 ? sx_bf16_to_f32(sx_f32_to_bf16(v)) : v);
}

static void check_number(const char *what, sx_dtype t, const kernel_array *got, int64_t i,
                         float want) {
    const double g = kernel_at(got, i), w = stored(want, got->type);
    if (!(g == w || (isnan(g) && isnan(w))))
        fail_msg("%s %s: [%lld] is %g, should be %g", what, sx_dtype_name(t), (long long)i, g, w);
}

enum { PAIRS = SPECIAL * SPECIAL };

static void check_pairs(const sx_kernels *k, sx_dtype t) {
    kernel_array a = specials(PAIRS, 1, t), b = specials(PAIRS, SPECIAL, t);
    kernel_array y = kernel_unset(PAIRS, t);
    const void *const maps[2] = { a.data, b.data };
    const float weights[2] = { 1, 1 };
    for (int act = 0; act < 2; act++) {
        k->add(y.data, a.data, b.data, act ? SX_ACT_RELU : SX_ACT_NONE, 0, PAIRS);
        for (int i = 0; i < PAIRS; i++) {
            const float sum = (float)stored((float)(kernel_at(&a, i) + kernel_at(&b, i)), t);
            check_number("add", t, &y, i, act && sum < 0 ? 0 : sum);
        }
    }
    k->weighted_sum(y.data, maps, weights, 2, false, 0, PAIRS);
    for (int i = 0; i < PAIRS; i++)
        check_number("weighted_sum", t, &y, i, (float)kernel_at(&a, i) + (float)kernel_at(&b, i));
    kernel_free(&y);
    y = kernel_copy(&a);
    k->accumulate(y.data, b.data, 0, PAIRS);
    for (int i = 0; i < PAIRS; i++)
        check_number("accumulate", t, &y, i, (float)kernel_at(&a, i) + (float)kernel_at(&b, i));
    kernel_free(&y);
    y = kernel_copy(&a);
    k->relu_mask(y.data, b.data, 0, PAIRS);
    for (int i = 0; i < PAIRS; i++)
        check_number("relu_mask", t, &y, i, kernel_at(&b, i) > 0 ? (float)kernel_at(&a, i) : 0);
    kernel_free(&a);
    kernel_free(&b);
    kernel_free(&y);
}

static void check_activations(const sx_kernels *k, sx_dtype t) {
    enum { N = 5 * SPECIAL };
    kernel_array x = specials(N, 1, t), y = kernel_unset(N, t);
    k->activate(y.data, x.data, SX_ACT_RELU, 0, N);
    for (int i = 0; i < N; i++) {
        const float v = (float)kernel_at(&x, i);
        check_number("ReLU", t, &y, i, v < 0 ? 0 : v);
    }
    k->activate(y.data, x.data, SX_ACT_SIGMOID, 0, N);
    for (int i = 0; i < N; i++) {
        const double v = kernel_at(&x, i), want = 1 / (1 + exp(-v)), got = kernel_at(&y, i);
        assert_true(isnan(v) ? isnan(got) : fabs(got - want) <= 0.004 * want + 1e-30);
    }
    kernel_free(&x);
    kernel_free(&y);
}

static void check_conversions(const sx_kernels *k, sx_dtype t) {
    enum { N = 7 * SPECIAL };
    kernel_array x = specials(N, 1, t), whole = specials(N, 1, SX_F32);
    kernel_array up = kernel_unset(N, SX_F32), down = kernel_unset(N, t);
    k->to_f32(up.data, x.data, N);
    k->from_f32(down.data, whole.data, N);
    for (int i = 0; i < N; i++) {
        check_number("to_f32", t, &up, i, (float)kernel_at(&x, i));
        check_number("from_f32", t, &down, i, special[i % SPECIAL]);
    }
    kernel_free(&x);
    kernel_free(&whole);
    kernel_free(&up);
    kernel_free(&down);
}

static void check_affine(const sx_kernels *k, sx_dtype t) {
    for (int n = 0; n < CHANNELS; n++) {
        const int c = channels[n], rows = 2 * SPECIAL;
        kernel_array x = specials(rows * c, 1, t), y = kernel_unset(rows * c, t);
        kernel_array scale = kernel_unset(c, SX_F32), shift = kernel_unset(c, SX_F32);
        for (int i = 0; i < c; i++) {
            kernel_set(&scale, i, -2);
            kernel_set(&shift, i, 0.5F);
        }
        const sx_piece piece = { x.data, c };
        for (int relu = 0; relu < 2; relu++) {
            k->affine(y.data, &piece, 1, scale.data, shift.data, relu, 0, rows);
            for (int i = 0; i < rows * c; i++) {
                const float v = (float)kernel_at(&x, i) * -2.0F + 0.5F;
                check_number("affine", t, &y, i, relu && v < 0 ? 0 : v);
            }
        }
        kernel_free(&x);
        kernel_free(&y);
        kernel_free(&scale);
        kernel_free(&shift);
    }
}

/* The first of the largest numbers of a window of 2 x 2, or NaN if there is one. */
static float largest_of(const kernel_array *x, int c, int w, int64_t at) {
    const int64_t pixel = at / c / (w / 2) * 2 * w + at / c % (w / 2) * 2;
    float most = -INFINITY;
    for (int tap = 0; tap < 4; tap++) {
        const float v = (float)kernel_at(x, (pixel + tap / 2 * w + tap % 2) * c + at % c);
        if (isnan(v)) return NAN;
        most = v > most ? v : most;
    }
    return most;
}

static void check_windows(const sx_kernels *k, sx_dtype t) {
    enum { W = 2 * SPECIAL };
    for (int n = 0; n < CHANNELS; n++) {
        const int c = channels[n];
        kernel_array x = specials(W * W * c, n % 2 ? 1 : 7, t), y = kernel_unset(x.count / 4, t);
        const sx_pool_job j = { { 1, W, W, c }, { 1, W / 2, W / 2, c }, 2, 2, 0 };
        k->max_pool(y.data, x.data, &j, 0, W / 2);
        for (int64_t i = 0; i < y.count; i++)
            check_number("max_pool", t, &y, i, largest_of(&x, c, W, i));
        kernel_free(&x);
        kernel_free(&y);
    }
}

/* A special number in row 2, in every third channel its negative in row 3, else zeros. */
static float row_number(int row, int channel) {
    const float v = special[channel % SPECIAL];
    return row == 2 ? v : row == 3 && channel % 3 == 0 ? -v : 0;
}

/* A special number and zeros give this number; infinities of both signs give NaN. */
static void check_sums(const sx_kernels *k, sx_dtype t) {
    for (int n = 0; n < CHANNELS; n++) {
        const int c = channels[n], rows = 5;
        kernel_array x = kernel_unset(rows * c, t), mean = kernel_unset(c, t),
                     sums = kernel_unset(c, SX_F32);
        double *sum = calloc((size_t)c, sizeof *sum);
        assert_non_null(sum);
        for (int i = 0; i < rows * c; i++)
            kernel_set(&x, i, row_number(i / c, i % c));
        k->column_sums(sum, x.data, c, 0, rows);
        k->block_sums(sums.data, x.data, rows, c, 0, 1);
        k->mean_of_sums(mean.data, sums.data, rows, c);
        for (int i = 0; i < c; i++) {
            const float want = (float)kernel_at(&x, 2 * c + i) + (float)kernel_at(&x, 3 * c + i);
            assert_true(isnan(want) ? isnan(sum[i]) : sum[i] == (double)want);
            check_number("global_avg", t, &mean, i, want * (1.0F / 5));
        }
        free(sum);
        kernel_free(&x);
        kernel_free(&sums);
        kernel_free(&mean);
    }
}

#define TEST(name)                                                                                 \
    static void test_##name(void **state) {                                                        \
        (void)state;                                                                               \
        kernel_each_level(check_##name, true);                                                     \
    }
TEST(pairs)
TEST(activations)
TEST(conversions)
TEST(affine)
TEST(windows)
TEST(sums)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs),       cmocka_unit_test(test_activations),
        cmocka_unit_test(test_conversions), cmocka_unit_test(test_affine),
        cmocka_unit_test(test_windows),     cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
