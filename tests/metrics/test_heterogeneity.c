/* Cochran's Q against R 4.2: pchisq(..., lower.tail = FALSE), and metafor 3.8
 * rma(yi, vi, method = "FE"); rma(measure = "PLO", xi, ni, add = 0.5, to = "all",
 * method = "FE"), with plogis of its estimate. */
#include "golden_json.h"

#include "metrics/heterogeneity.h"

static void tail_is_rs(void **state) {
    (void)state;
    static const double x[][3] = {
        { 0.3, 1, 0.58388242077036523 },
        { 7.5, 3, 0.057558451972636406 },
        { 40, 12, 7.1908840528428925e-05 },
        { 250, 4, 6.5096899973757052e-53 },
        { 3.841458820694124, 1, 0.049999999999999975 },
        { 0, 5, 1 },
    };
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        CHECK_NEAR(sx_chi_squared_tail(x[i][0], x[i][1]), x[i][2], 1e-13 * x[i][2]);
    assert_true(isnan(sx_chi_squared_tail(-1, 2)) && isnan(sx_chi_squared_tail(1, 0)));
    assert_true(sx_chi_squared_tail(INFINITY, 2) == 0);
}

static void q_is_metafors(void **state) {
    (void)state;
    static const double values[] = { 0.85, 0.73, 0.79, 0.91 };
    static const double variances[] = { 0.0007, 0.0013, 0.0004, 0.0021 };
    const sx_heterogeneity h = sx_cochran_q(values, variances, 4);
    assert_int_equal(h.group_count, 4);
    CHECK_NEAR(h.q, 12.961820480404551148, 1e-12);
    CHECK_NEAR(h.p, 0.004719902521277442, 1e-15);
    CHECK_NEAR(h.i_squared, 0.768551029962546872, 1e-13);
    CHECK_NEAR(h.mean, 0.808690265486725623, 1e-14);
}

static void proportions_are_metafors(void **state) {
    (void)state;
    static const sx_proportion groups[] = { { .k = 106, .n = 128, .design_effect = 1 },
                                            { .k = 108, .n = 128, .design_effect = 1 },
                                            { .n = 0 },
                                            { .k = 12, .n = 12, .design_effect = 1 },
                                            { .k = 30, .n = 41, .design_effect = 1 } };
    const sx_heterogeneity h = sx_cochran_q_proportions(groups, 5);
    assert_int_equal(h.group_count, 4); /* the group of no case is left out */
    CHECK_NEAR(h.q, 4.24894016426367926, 1e-12);
    CHECK_NEAR(h.p, 0.23580749499780121, 1e-13);
    CHECK_NEAR(h.i_squared, 0.29394157507043045, 1e-13);
    CHECK_NEAR(h.mean, 0.81866682168010052, 1e-14);
}

static void groups_without_a_variance(void **state) {
    (void)state;
    static const double values[] = { 0.8, NAN, 0.9 }, variances[] = { 0.01, 0.01, 0 };
    const sx_heterogeneity h = sx_cochran_q(values, variances, 3);
    assert_int_equal(h.group_count, 1);
    assert_true(isnan(h.q) && isnan(h.p) && h.mean == 0.8);
    assert_true(isnan(sx_cochran_q(values, variances, 0).mean));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tail_is_rs),
        cmocka_unit_test(q_is_metafors),
        cmocka_unit_test(proportions_are_metafors),
        cmocka_unit_test(groups_without_a_variance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
