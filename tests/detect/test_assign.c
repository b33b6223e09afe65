/* Assignment against every permutation; losses against differences. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "detect/assign.h"
#include "detect/box_losses.h"
#include "support/check.h"

/* The least cost over all ways, by trying them. */
static double brute(const double *cost, int rows, int columns, int row, unsigned taken) {
    double best = INFINITY;
    if (row == rows) return 0;
    for (int c = 0; c < columns; c++)
        if (!(taken >> c & 1U))
            best = fmin(best, cost[row * columns + c] +
                                  brute(cost, rows, columns, row + 1, taken | 1U << c));
    return best;
}

static void test_assign_is_least(void **state) {
    (void)state;
    sx_error err = { 0 };
    double cost[5 * 7];
    int column[5];
    for (uint64_t trial = 0; trial < 300; trial++) {
        const uint64_t key = sx_rng_key("assign", trial);
        const int rows = 1 + (int)(trial % 5), columns = rows + (int)(trial / 5 % 3);
        const double levels = trial % 2 ? 4 : 1e6; /* few levels: many ties */
        for (int i = 0; i < rows * columns; i++)
            cost[i] = floor(sx_rng_unit(key, (uint64_t)i) * levels) - levels / 2;
        CHECK_OK(sx_assign(cost, rows, columns, column, &err), err);
        double sum = 0;
        unsigned taken = 0;
        for (int r = 0; r < rows; r++) {
            assert_in_range(column[r], 0, columns - 1);
            assert_false(taken >> column[r] & 1U);
            taken |= 1U << column[r];
            sum += cost[r * columns + column[r]];
        }
        assert_true(fabs(sum - brute(cost, rows, columns, 0, 0)) < 1e-9);
    }
}

static void test_assign_refuses(void **state) {
    (void)state;
    sx_error err = { 0 };
    int column[2];
    CHECK_FAILS(sx_assign((double[]){ 1, 2 }, 2, 1, column, &err), err, SX_ERR_USAGE,
                "2 rows cannot share 1 columns");
    CHECK_FAILS(sx_assign((double[]){ 1, NAN }, 1, 2, column, &err), err, SX_ERR_VALUE,
                "row 0, column 1");
}

/* f(x) and its gradient at x against (f(x + h) - f(x - h)) / 2h */
typedef double loss_fn(const float *x, float *grad);

static void check_slope(loss_fn *f, const float *at, int n, const char *what) {
    float x[32], grad[32] = { 0 }, unused[32];
    memcpy(x, at, sizeof(float) * (size_t)n);
    f(x, grad);
    for (int i = 0; i < n; i++) {
        const float h = 1e-2F * fmaxf(1, fabsf(at[i]) / 100), up = at[i] + h, down = at[i] - h;
        x[i] = up;
        const double a = f(x, unused);
        x[i] = down;
        const double b = f(x, unused), want = (a - b) / ((double)up - (double)down);
        x[i] = at[i];
        if (!(fabs(want - (double)grad[i]) <= 2e-3 * fmax(1, fabs(want))))
            fail_msg("%s: slope %d is %g, differences say %g", what, i, (double)grad[i], want);
    }
}

static double bce(const float *x, float *grad) {
    return sx_bce_sum(x, (float[]){ 0, 1, 0.3F, 1 }, 4, 1, grad);
}
static double focal(const float *x, float *grad) {
    return sx_focal_sum(x, (uint8_t[]){ 0, 1, 0, 1 }, 4, 0.25F, 2, 1, grad);
}
static double softmax(const float *x, float *grad) {
    return sx_softmax_sum(x, (int[]){ 1, -1 }, 2, 2, 1, grad);
}
static double smooth_l1(const float *x, float *grad) {
    return sx_smooth_l1_sum(x, (float[]){ 0.1F, 3, -1, 4 }, 4, 0.5F, 1, grad);
}
static double giou_overlap(const float *x, float *grad) {
    return sx_giou_loss((sx_box){ x[0], x[1], x[2], x[3] }, (sx_box){ 10, 12, 40, 50 }, 1, grad);
}

static void test_slopes(void **state) {
    (void)state;
    const float logits[] = { -2.5F, 0.7F, 3, -0.2F };
    check_slope(bce, logits, 4, "cross-entropy");
    check_slope(focal, logits, 4, "focal");
    check_slope(softmax, logits, 4, "softmax");
    check_slope(smooth_l1, logits, 4, "smooth L1");
    check_slope(giou_overlap, (float[]){ 15, 5, 60, 44 }, 4, "GIoU of crossing boxes");
    check_slope(giou_overlap, (float[]){ 60, 70, 90, 95 }, 4, "GIoU of boxes apart");
    check_slope(giou_overlap, (float[]){ 15, 20, 30, 40 }, 4, "GIoU of a box inside");
}

/* Values by hand: equal boxes 1; boxes apart: -(hull - union) / hull. */
static void test_values(void **state) {
    (void)state;
    float grad[4] = { 0 };
    assert_true(sx_giou((sx_box){ 0, 0, 2, 2 }, (sx_box){ 0, 0, 2, 2 }) == 1.0F);
    assert_true(fabsf(sx_giou((sx_box){ 0, 0, 1, 1 }, (sx_box){ 2, 0, 3, 1 }) + 1.0F / 3) < 1e-6F);
    assert_true(fabs(sx_bce_sum((float[]){ 0 }, (float[]){ 1 }, 1, 1, grad) - log(2)) < 1e-6);
    assert_true(fabs(sx_focal_sum((float[]){ 0 }, (uint8_t[]){ 1 }, 1, 0.25F, 2, 1, grad) -
                     log(2) / 16) < 1e-6);
    /* logits that would overflow e^x */
    assert_true(fabs(sx_bce_sum((float[]){ 200 }, (float[]){ 0 }, 1, 1, grad) - 200) < 1e-3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assign_is_least),
        cmocka_unit_test(test_assign_refuses),
        cmocka_unit_test(test_slopes),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
