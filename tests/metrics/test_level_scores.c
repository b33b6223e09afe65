/* Cross-validated scores of levels: by hand, and no better than chance on noise. */
#include "golden_json.h"

#include "base/rng.h"
#include "metrics/delong.h"
#include "metrics/level_scores.h"

/* Fold 0 is scored by the counts of fold 1: level 0 has 2 of 3 positives and 1 of 3 negatives. */
static void scores_by_hand(void **state) {
    (void)state;
    static const unsigned char labels[] = { 1, 0, 1, 1, 1, 0, 0, 0 };
    static const uint32_t folds[] = { 0, 0, 1, 1, 1, 1, 1, 1 };
    static const uint32_t levels[] = { 0, 1, 0, 0, 1, 0, 1, 1 };
    static const uint32_t other[] = { 2, 0, 0, 0, 0, 0, 0, 0 };
    const sx_level_cases cases = { labels, folds, 8, 2 };
    const sx_level_set one = { levels, 2 }, two[] = { { levels, 2 }, { other, 3 } };
    double got[8], both[8];
    sx_error err = { 0 };
    CHECK_OK(sx_level_scores(&cases, &one, 1, got, &err), err);
    CHECK_NEAR(got[0], log(2.5 / 4) - log(1.5 / 4), 1e-15);
    CHECK_NEAR(got[1], log(1.5 / 4) - log(2.5 / 4), 1e-15);
    CHECK_NEAR(got[2], log(1.5 / 2) - log(0.5 / 2), 1e-15);
    CHECK_OK(sx_level_scores(&cases, two, 2, both, &err), err);
    CHECK_NEAR(both[0], got[0], 1e-15); /* fold 1 has no case of level 2 */
    CHECK_NEAR(both[1], got[1], 1e-15); /* equally likely in both classes */
}

/* 40 levels on 400 cases fit noise well, but not across folds. */
static void noise_is_chance(void **state) {
    (void)state;
    enum { N = 400 };
    unsigned char labels[N];
    uint32_t folds[N], levels[N];
    double scores[N];
    sx_delong d;
    sx_error err = { 0 };
    for (uint32_t i = 0; i < N; i++) {
        labels[i] = sx_rng_u64(7, i) >> 63 != 0;
        levels[i] = (uint32_t)(sx_rng_u64(8, i) % 40);
        folds[i] = i % 5;
    }
    const sx_level_cases cases = { labels, folds, N, 5 };
    const sx_level_set set = { levels, 40 };
    CHECK_OK(sx_level_scores(&cases, &set, 1, scores, &err), err);
    CHECK_OK(sx_delong_one(labels, scores, N, &d, &err), err);
    assert_true(fabs(d.auc - 0.5) < 2.6 * sqrt(d.variance));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(noise_is_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
