/* Scales: positions of values, ends of axes and ticks. */
#include <math.h>

#include "document/axis.h"
#include "support/check.h"

static void values_have_places(void **state) {
    (void)state;
    const sx_axis even = { .least = 10, .most = 30 },
                  log = { .least = 0.125, .most = 8, .log2 = true };
    assert_true(sx_axis_at(&even, 10) == 0 && sx_axis_at(&even, 30) == 1);
    assert_true(sx_axis_at(&even, 15) == 0.25 && sx_axis_at(&even, 0) == -0.5);
    assert_true(fabs(sx_axis_at(&log, 2) - 4.0 / 6) < 1e-15);
    assert_true(fabs(sx_axis_at(&log, 1.0 / 32) + 2.0 / 6) < 1e-15);
    assert_true(isnan(sx_axis_at(&even, NAN)) && isnan(sx_axis_at(&even, INFINITY)));
    assert_true(isnan(sx_axis_at(&log, 0)) && isnan(sx_axis_at(&log, -1)));
}

static void ends_are_round(void **state) {
    (void)state;
    static const double cases[][2] = { { 3, 3 },     { 3.01, 4 },    { 49, 50 },     { 0.62, 0.8 },
                                       { 100, 100 }, { 340, 400 },   { 0, 1 },       { -2, 1 },
                                       { NAN, 1 },   { 1e-9, 1e-9 }, { INFINITY, 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double end = sx_axis_end(cases[i][0]);
        if (fabs(end - cases[i][1]) > 1e-12 * cases[i][1])
            fail_msg("the axis for %g ends at %.17g, not %g", cases[i][0], end, cases[i][1]);
    }
}

static void check_ticks(sx_axis a, const double *want, size_t n) {
    double ticks[SX_TICKS_MAX];
    assert_int_equal(sx_axis_ticks(&a, ticks), n);
    for (size_t i = 0; i < n; i++)
        if (fabs(ticks[i] - want[i]) > 1e-12)
            fail_msg("tick %zu is %.17g, not %g", i, ticks[i], want[i]);
}

static void ticks_are_round(void **state) {
    (void)state;
    static const double given[] = { 0.5, 1, 20 };
    check_ticks((sx_axis){ .most = 3 }, (double[]){ 0, 0.5, 1, 1.5, 2, 2.5, 3 }, 7);
    check_ticks((sx_axis){ .least = 0.6, .most = 0.9 },
                (double[]){ 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9 }, 7);
    check_ticks((sx_axis){ .most = 2100 }, (double[]){ 0, 500, 1000, 1500, 2000 }, 5);
    check_ticks((sx_axis){ .least = -1, .most = 1 }, (double[]){ -1, -0.5, 0, 0.5, 1 }, 5);
    check_ticks((sx_axis){ .least = 1, .most = 8, .log2 = true }, (double[]){ 1, 2, 4, 8 }, 4);
    /* Those beyond the end are left out. */
    check_ticks((sx_axis){ .most = 10, .ticks = given, .tick_count = 3 }, (double[]){ 0.5, 1 }, 2);
    double ticks[SX_TICKS_MAX];
    const sx_axis wide = { .least = 1e-300, .most = 1e300, .log2 = true };
    assert_in_range(sx_axis_ticks(&wide, ticks), 3, 9);
}

static void bad_ends_are_replaced(void **state) {
    (void)state;
    static const sx_axis bad[] = { { .least = NAN, .most = NAN },
                                   { .least = 5, .most = 5 },
                                   { .least = 2, .most = -INFINITY },
                                   { .least = 0, .most = 8, .log2 = true },
                                   { .least = -1, .most = 0, .log2 = true } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const sx_axis a = sx_axis_valid(&bad[i]);
        assert_true(isfinite(a.least) && isfinite(a.most) && a.most > a.least);
        assert_true(!a.log2 || a.least > 0);
    }
    const sx_axis good = { .least = -3, .most = 4 }, same = sx_axis_valid(&good);
    assert_true(same.least == -3 && same.most == 4);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(values_have_places),
                                        cmocka_unit_test(ends_are_round),
                                        cmocka_unit_test(ticks_are_round),
                                        cmocka_unit_test(bad_ends_are_replaced) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
