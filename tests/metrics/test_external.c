/* Calibration in the large, O:E, distances and Holm's correction against R 4.2. */
#include "golden_json.h"

#include "base/rng.h"
#include "metrics/external.h"
#include "metrics/multiple_tests.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static sx_external calibrate(const unsigned char *labels, const double *scores,
                             const uint32_t *patients, size_t films, size_t patient_count) {
    const sx_groups groups = { patients, films, patient_count };
    sx_external e;
    sx_error err = { 0 };
    CHECK_OK(sx_external_calibration(labels, scores, &groups, 0.95, &e, &err), err);
    return e;
}

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
    const sx_external e = calibrate(labels, scores, NULL, N, N);
    CHECK_NEAR(e.observed, 21, 0);
    CHECK_NEAR(e.expected, 20, 1e-12);
    CHECK_NEAR(e.in_the_large, 0.15006548543610637, 1e-12);
    CHECK_NEAR(e.in_the_large_interval.low, -0.60976000123461049, 1e-9);
    CHECK_NEAR(e.in_the_large_interval.high, 0.90989097210682313, 1e-9);
    CHECK_NEAR(e.ratio, 1.05, 1e-14);
    CHECK_NEAR(e.ratio_interval.low, 0.78193694793824498, 1e-13);
    CHECK_NEAR(e.ratio_interval.high, 1.40996023132938353, 1e-13);
}

/* Scores of 0.5 and as many abnormal films as normal ones: the intercept is 0, O:E is 1 and the
 * residuals are +- 1/2. Three patients of two films with the sums 1, 0 and -1, squares 2: the
 * design effects are (3 / 2 * 2) / (6 / 5 * 6 / 4) = 5 / 3. */
static void three_patients_by_hand(void **state) {
    (void)state;
    static const unsigned char labels[] = { 1, 1, 1, 0, 0, 0 };
    static const double scores[] = { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5 };
    static const uint32_t patients[] = { 0, 0, 1, 1, 2, 2 };
    const double z = 1.959963984540054;
    const sx_external e = calibrate(labels, scores, patients, 6, 3);
    CHECK_NEAR(e.in_the_large_effect, 5.0 / 3, 1e-14);
    CHECK_NEAR(e.ratio_effect, 5.0 / 3, 1e-14);
    CHECK_NEAR(e.in_the_large, 0, 1e-14);
    CHECK_NEAR(e.in_the_large_interval.high, z * sqrt(5.0 / 3 / 1.5), 1e-13);
    CHECK_NEAR(e.ratio_interval.high, exp(z * sqrt(5.0 / 3 * 0.5 / 3)), 1e-13);
}

/* 40 films that stand four times each say as much as 40 films: the variances of 160 films are a
 * quarter, and the design effect is 159 / 39, which is 4 but for the numbers of films and patients
 * less one. */
static void copies_say_the_same(void **state) {
    (void)state;
    enum { N = 40, COPIES = 4 };
    unsigned char labels[N * COPIES];
    double scores[N * COPIES];
    uint32_t patients[N * COPIES];
    for (uint32_t i = 0; i < N * COPIES; i++) {
        patients[i] = i % N;
        scores[i] = (i % N * 37 % 40 + 0.5) / 40;
        labels[i] = i % N * 13 % 7 < 3 || scores[i] > 0.8;
    }
    const sx_external one = calibrate(labels, scores, NULL, N, N),
                      four = calibrate(labels, scores, patients, N * COPIES, N);
    const double wider = sqrt(159.0 / 156);
    CHECK_NEAR(four.in_the_large_effect, 159.0 / 39, 1e-12);
    CHECK_NEAR(four.ratio_effect, 159.0 / 39, 1e-12);
    CHECK_NEAR(four.in_the_large, one.in_the_large, 1e-12);
    CHECK_NEAR(four.in_the_large_interval.high - four.in_the_large,
               wider * (one.in_the_large_interval.high - one.in_the_large), 1e-12);
    CHECK_NEAR(log(four.ratio_interval.high / four.ratio),
               wider * log(one.ratio_interval.high / one.ratio), 1e-12);
}

/* ---- coverage ---- */

enum { PATIENTS = 50, FILMS = 4, SIMULATIONS = 2000 };

/* Calibrated scores from 0.1 to 0.9. With probability `correlation` the films of a patient have one
 * score and one label. Counts the intervals that contain 0 and 1. */
static void simulate(uint64_t seed, double correlation, bool clustered, double *in_the_large,
                     double *ratio) {
    unsigned char labels[PATIENTS * FILMS];
    double scores[PATIENTS * FILMS];
    uint32_t patients[PATIENTS * FILMS];
    const uint64_t key = sx_rng_key("external", seed);
    for (uint32_t i = 0; i < PATIENTS * FILMS; i++) {
        const uint64_t at = (uint64_t)(i / FILMS) * (2 * FILMS + 1);
        const uint64_t film = sx_rng_unit(key, at) < correlation ? 0 : i % FILMS;
        patients[i] = i / FILMS;
        scores[i] = 0.1 + 0.8 * sx_rng_unit(key, at + 1 + 2 * film);
        labels[i] = sx_rng_unit(key, at + 2 + 2 * film) < scores[i];
    }
    const sx_external e = calibrate(labels, scores, clustered ? patients : NULL, PATIENTS * FILMS,
                                    clustered ? PATIENTS : PATIENTS * FILMS);
    *in_the_large += (e.in_the_large_interval.low <= 0 && e.in_the_large_interval.high >= 0) /
                     (double)SIMULATIONS;
    *ratio += (e.ratio_interval.low <= 1 && e.ratio_interval.high >= 1) / (double)SIMULATIONS;
}

/* docs/eval.md quotes what this prints. */
static void intervals_cover_the_truth(void **state) {
    (void)state;
    static const double correlations[] = { 0, 0.5, 0.8 };
    for (size_t k = 0; k < COUNT(correlations); k++) {
        double a = 0, ratio = 0, independent_a = 0, independent_ratio = 0;
        for (uint64_t i = 0; i < SIMULATIONS; i++) {
            simulate(i, correlations[k], true, &a, &ratio);
            simulate(i, correlations[k], false, &independent_a, &independent_ratio);
        }
        print_message("correlation %.1f: calibration in the large %.3f, independent %.3f; "
                      "O:E %.3f, independent %.3f\n",
                      correlations[k], a, independent_a, ratio, independent_ratio);
        assert_true(a > 0.925 && ratio > 0.935);
        if (k > 0) assert_true(a < 0.965 && independent_a < 0.9);
    }
}

static void one_class_only(void **state) {
    (void)state;
    static const unsigned char labels[2] = { 0, 0 };
    static const double scores[2] = { 0.2, 0.3 };
    const sx_external e = calibrate(labels, scores, NULL, 2, 2);
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
        cmocka_unit_test(calibration_is_rs),   cmocka_unit_test(three_patients_by_hand),
        cmocka_unit_test(copies_say_the_same), cmocka_unit_test(intervals_cover_the_truth),
        cmocka_unit_test(one_class_only),      cmocka_unit_test(distances_are_rs),
        cmocka_unit_test(holm_is_rs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
