/* Calibration in the large, O:E, distances and Holm's correction against R 4.2. */
#include "golden_json.h"

#include "metrics/external.h"
#include "metrics/multiple_tests.h"

/* glm(y ~ offset(qlogis(s)), family = binomial()), confint by Wald; O / E with
 * exp(-+ qnorm(0.975) * sqrt((1 - O / n) / O)). */
static void calibration_is_rs(void **state) {
    (void)state;
    enum { N = 40 };
    unsigned char labels[N];
    double scores[N];
    for (int i = 0; i < N; i++) {
        scores[i] = (i * 37 % 40 + 0.5) / 40;
        labels[i] = i * 13 % 7 < 3 || scores[i] > 0.8;
    }
    const sx_external e = sx_external_calibration(labels, scores, N, 0.95);
    CHECK_NEAR(e.observed, 21, 0);
    CHECK_NEAR(e.expected, 20, 1e-12);
    CHECK_NEAR(e.in_the_large, 0.15006548543610637, 1e-12);
    CHECK_NEAR(e.in_the_large_interval.low, -0.60976000123461049, 1e-9);
    CHECK_NEAR(e.in_the_large_interval.high, 0.90989097210682313, 1e-9);
    CHECK_NEAR(e.ratio, 1.05, 1e-14);
    CHECK_NEAR(e.ratio_interval.low, 0.78193694793824498, 1e-13);
    CHECK_NEAR(e.ratio_interval.high, 1.40996023132938353, 1e-13);
}

static void one_class_only(void **state) {
    (void)state;
    static const unsigned char labels[2] = { 0, 0 };
    static const double scores[2] = { 0.2, 0.3 };
    const sx_external e = sx_external_calibration(labels, scores, 2, 0.95);
    assert_true(isnan(e.in_the_large) && e.ratio == 0 && isnan(e.ratio_interval.low));
}

/* ks.test(a, b)$statistic; the area between ecdf(a) and ecdf(b). */
static void distances_are_rs(void **state) {
    (void)state;
    static const double a[] = { 0.1, 0.2, 0.2, 0.5, 0.9 },
                        b[] = { 0.2, 0.3, 0.6, 0.7, 0.7, 0.95, 0.99 };
    CHECK_NEAR(sx_ks_distance(a, 5, b, 7), 0.51428571428571435, 1e-15);
    CHECK_NEAR(sx_wasserstein_distance(a, 5, b, 7), 0.25428571428571428, 1e-15);
    CHECK_NEAR(sx_wasserstein_distance(b, 7, a, 5), 0.25428571428571428, 1e-15);
    assert_true(sx_ks_distance(a, 5, a, 5) == 0 && isnan(sx_ks_distance(a, 0, b, 7)));
}

/* p.adjust(p, "holm") */
static void holm_is_rs(void **state) {
    (void)state;
    static const double p[] = { 0.01, 0.04, 0.03, 0.005, 0.5, NAN, 0.04 };
    static const double want[] = { 0.05, 0.12, 0.12, 0.03, 0.5, NAN, 0.12 };
    double got[7];
    sx_error err = { 0 };
    CHECK_OK(sx_holm(p, 7, got, &err), err);
    for (int i = 0; i < 7; i++)
        assert_true(isnan(want[i]) ? isnan(got[i]) : fabs(got[i] - want[i]) < 1e-15);
    CHECK_OK(sx_holm(p, 0, got, &err), err);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calibration_is_rs),
        cmocka_unit_test(one_class_only),
        cmocka_unit_test(distances_are_rs),
        cmocka_unit_test(holm_is_rs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
