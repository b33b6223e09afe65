/* Proportions of clustered cases: worked by hand, and the example of Rao & Scott 1992. */
#include "golden_json.h"

#include "base/rng.h"
#include "metrics/heterogeneity.h"
#include "metrics/predictive.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Three patients: 2 of 2, 1 of 2, 0 of 1 and one without a case. k / n = 3 / 5; the residuals 0.8,
 * -0.2 and -0.6 have squares of 1.04 together. 3 / 2 * 1.04 / 25 = 0.0624 over 0.24 / 4 = 0.06. */
static void three_patients_by_hand(void **state) {
    (void)state;
    static const uint64_t k[] = { 2, 1, 0, 0 }, n[] = { 2, 2, 0, 1 };
    const sx_proportion p = sx_proportion_of(k, n, COUNT(k), 0.95);
    assert_int_equal(p.k, 3);
    assert_int_equal(p.n, 5);
    CHECK_NEAR(p.value, 0.6, 1e-15);
    CHECK_NEAR(p.design_effect, 1.04, 1e-14);
    CHECK_NEAR(p.interval.low, 0.226090768801004, 1e-13); /* of 0.6 and 5 / 1.04 cases */
    CHECK_NEAR(p.interval.high, 0.885080656841300, 1e-13);
}

/* Weil's data, table 1 of Rao & Scott: rats alive at 21 days of those at 4 days, by litter. The
 * design effects are those of rsb() of the R package PF, which divides by the variance for n
 * instead of n - 1. */
static void weils_rats(void **state) {
    (void)state;
    static const uint64_t control_n[] = { 13, 12, 9, 9, 8, 8, 13, 12, 10, 10, 9, 13, 5, 7, 10, 10 };
    static const uint64_t control_k[] = { 13, 12, 9, 9, 8, 8, 12, 11, 9, 9, 8, 11, 4, 5, 7, 7 };
    static const uint64_t treated_n[] = { 12, 11, 10, 9, 11, 10, 10, 9, 9, 5, 9, 7, 10, 6, 10, 7 };
    static const uint64_t treated_k[] = { 12, 11, 10, 9, 10, 9, 9, 8, 8, 4, 7, 4, 5, 3, 3, 0 };
    const sx_proportion control = sx_proportion_of(control_k, control_n, COUNT(control_n), 0.95);
    const sx_proportion treated = sx_proportion_of(treated_k, treated_n, COUNT(treated_n), 0.95);
    assert_int_equal(control.n, 158);
    assert_int_equal(treated.n, 145);
    CHECK_NEAR(control.design_effect * 158 / 157, 1.232495, 5e-7);
    CHECK_NEAR(treated.design_effect * 145 / 144, 3.952861, 5e-7);
}

static void limits_of_the_design_effect(void **state) {
    (void)state;
    static const uint64_t one_each[] = { 1, 1, 1, 1 }, some[] = { 1, 0, 1, 1 };
    const sx_proportion single = sx_proportion_of(some, one_each, 4, 0.95);
    assert_true(single.design_effect == 1);
    assert_true(single.interval.low == sx_wilson(3, 4, 0.95).low);
    /* The halves of each pair differ: less than independent cases would vary. */
    static const uint64_t halves[] = { 1, 1 }, pairs[] = { 2, 2 };
    assert_true(sx_proportion_of(halves, pairs, 2, 0.95).design_effect == 1);
    /* Nothing to estimate from: (2^2 + 3^2) / 5, and 4^2 / 4. */
    static const uint64_t alike[] = { 2, 3 }, four[] = { 4 }, one[] = { 1 }, none[] = { 0 };
    const sx_proportion all = sx_proportion_of(alike, alike, 2, 0.95);
    CHECK_NEAR(all.design_effect, 2.6, 1e-15);
    assert_true(all.interval.high == 1 && all.interval.low < sx_wilson(5, 5, 0.95).low);
    CHECK_NEAR(sx_proportion_of(one, four, 1, 0.95).design_effect, 4, 1e-15);
    const sx_proportion empty = sx_proportion_of(none, none, 1, 0.95);
    assert_true(isnan(empty.value) && isnan(empty.design_effect) && isnan(empty.interval.low));
}

static void cases_are_counted_by_cluster(void **state) {
    (void)state;
    static const signed char outcomes[] = { 1, -1, 0, 1, 1, 0 };
    static const uint32_t of[] = { 0, 0, 1, 1, 0, 2 };
    static const sx_groups groups = { of, 6, 3 }, single = { NULL, 6, 6 };
    sx_error err = { 0 };
    sx_proportion p;
    CHECK_OK(sx_proportion_of_cases(outcomes, &groups, 0.95, &p, &err), err);
    assert_true(p.k == 3 && p.n == 5);
    CHECK_NEAR(p.design_effect, 1.04, 1e-14);
    CHECK_OK(sx_proportion_of_cases(outcomes, &single, 0.95, &p, &err), err);
    assert_true(p.k == 3 && p.n == 5 && p.design_effect == 1);
}

/* A set in which each film stands twice says as much as the set with each film once. */
static void doubled_cases_say_the_same(void **state) {
    (void)state;
    const sx_proportion once[] = { { .k = 106, .n = 128, .design_effect = 1 },
                                   { .k = 80, .n = 128, .design_effect = 1 } };
    const sx_proportion twice[] = { { .k = 212, .n = 256, .design_effect = 2 },
                                    { .k = 160, .n = 256, .design_effect = 2 } };
    CHECK_NEAR(sx_cochran_q_proportions(twice, 2).q, sx_cochran_q_proportions(once, 2).q, 1e-13);
    const sx_confusion2 one = { .tp = 40, .fn = 8, .fp = 7, .tn = 28 };
    const sx_confusion2 two = { .tp = 80, .fn = 16, .fp = 14, .tn = 56 };
    sx_interval a[SX_PREDICTIVE_MEASURES], b[SX_PREDICTIVE_MEASURES];
    sx_predictive_intervals(one, 1, 1, 0.1, 0.95, a);
    sx_predictive_intervals(two, 2, 2, 0.1, 0.95, b);
    for (int k = 0; k < SX_PREDICTIVE_MEASURES; k++) {
        CHECK_NEAR(a[k].low, b[k].low, 1e-14);
        CHECK_NEAR(a[k].high, b[k].high, 1e-13);
    }
}

/* ---- simulation without a difference ---- */

enum { LEVELS = 3, PATIENTS = 50, FILMS = 4, SIMULATIONS = 2000 };

/* The films of a patient have one result with probability `correlation`, else each has its own. */
static sx_proportion draw_level(uint64_t seed, double p, double correlation) {
    uint64_t k[PATIENTS], n[PATIENTS];
    const uint64_t key = sx_rng_key("proportion", seed);
    for (uint64_t j = 0; j < PATIENTS; j++) {
        const uint64_t at = j * (FILMS + 1);
        const bool alike = sx_rng_unit(key, at) < correlation;
        k[j] = 0;
        n[j] = FILMS;
        for (uint64_t f = 0; f < FILMS; f++)
            k[j] += sx_rng_unit(key, at + 1 + (alike ? 0 : f)) < p;
    }
    return sx_proportion_of(k, n, PATIENTS, 0.95);
}

/* The share of simulations in which Cochran's Q has p < 0.05, with the design effects and
 * without. */
static void share_rejected(double p, double correlation, double *with, double *without) {
    *with = *without = 0;
    for (uint64_t i = 0; i < SIMULATIONS; i++) {
        sx_proportion levels[LEVELS];
        for (uint64_t l = 0; l < LEVELS; l++)
            levels[l] = draw_level(i * LEVELS + l, p, correlation);
        *with += (sx_cochran_q_proportions(levels, LEVELS).p < 0.05) / (double)SIMULATIONS;
        for (int l = 0; l < LEVELS; l++)
            levels[l].design_effect = 1;
        *without += (sx_cochran_q_proportions(levels, LEVELS).p < 0.05) / (double)SIMULATIONS;
    }
}

/* docs/eval.md quotes what this prints. */
static void equal_levels_are_rarely_rejected(void **state) {
    (void)state;
    static const double proportions[] = { 0.8, 0.9, 0.95 }, correlations[] = { 0, 0.5, 0.8 };
    for (size_t a = 0; a < COUNT(proportions); a++)
        for (size_t b = 0; b < COUNT(correlations); b++) {
            double with, without;
            share_rejected(proportions[a], correlations[b], &with, &without);
            print_message("proportion %.2f, correlation %.1f: %.3f, independent %.3f\n",
                          proportions[a], correlations[b], with, without);
            assert_true(with < (a < 2 ? 0.08 : 0.13));
            if (b > 0) assert_true(with > 0.03 && without > 0.2);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_patients_by_hand),
        cmocka_unit_test(weils_rats),
        cmocka_unit_test(limits_of_the_design_effect),
        cmocka_unit_test(cases_are_counted_by_cluster),
        cmocka_unit_test(doubled_cases_say_the_same),
        cmocka_unit_test(equal_levels_are_rarely_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
