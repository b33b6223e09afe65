/* AUROC of clustered cases within folds: against DeLong's, by hand, and on noise. */
#include "golden_json.h"

#include "base/rng.h"
#include "metrics/clustered_auroc.h"
#include "metrics/delong.h"
#include "metrics/level_scores.h"

enum { N = 120, FOLDS = 5 };

static unsigned char labels[2 * N];
static double scores[2 * N];

static void make_cases(size_t copies) {
    for (size_t i = 0; i < copies * N; i++) {
        const size_t at = i / copies;
        labels[i] = at % 3 == 0;
        scores[i] = floor(10 * sx_rng_unit(3, at) + 2 * labels[i]);
    }
}

static void single_cases_are_delongs(void **state) {
    (void)state;
    const sx_groups single = { NULL, N, N };
    sx_clustered_auroc got;
    sx_delong want;
    sx_error err = { 0 };
    make_cases(1);
    CHECK_OK(sx_auroc_of_clusters(labels, scores, &single, NULL, &got, &err), err);
    CHECK_OK(sx_delong_one(labels, scores, N, &want, &err), err);
    CHECK_NEAR(got.auroc, want.auc, 1e-14);
    CHECK_NEAR(got.variance, want.variance, 1e-15);
}

/* Every case twice in a cluster of its own says no more than every case once. */
static void copies_add_nothing(void **state) {
    (void)state;
    uint32_t of[2 * N];
    const sx_groups pairs = { of, 2 * N, N };
    sx_clustered_auroc got;
    sx_delong once, twice;
    sx_error err = { 0 };
    make_cases(1);
    CHECK_OK(sx_delong_one(labels, scores, N, &once, &err), err);
    make_cases(2);
    for (uint32_t i = 0; i < 2 * N; i++)
        of[i] = i / 2;
    CHECK_OK(sx_auroc_of_clusters(labels, scores, &pairs, NULL, &got, &err), err);
    CHECK_OK(sx_delong_one(labels, scores, 2 * N, &twice, &err), err);
    CHECK_NEAR(got.auroc, once.auc, 1e-14);
    CHECK_NEAR(got.variance, once.variance, 1e-15);
    assert_true(twice.variance < 0.6 * got.variance);
}

/* Fold 0: 2 > 1 and 2 < 3; fold 1: 9 = 9. Fold 2 has no positive case. 1.5 of 3 pairs; compared
 * across folds it would be 4.5 of 8. */
static void pairs_of_one_fold_by_hand(void **state) {
    (void)state;
    static const unsigned char few[] = { 1, 0, 0, 1, 0, 0 };
    static const double of_few[] = { 2, 1, 3, 9, 9, 5 };
    static const uint32_t fold_of[] = { 0, 0, 0, 1, 1, 2 };
    const sx_folds folds = { fold_of, 3 };
    const sx_groups single = { NULL, 6, 6 };
    sx_clustered_auroc a;
    sx_error err = { 0 };
    CHECK_OK(sx_auroc_of_clusters(few, of_few, &single, &folds, &a, &err), err);
    CHECK_NEAR(a.auroc, 0.5, 1e-15);
    CHECK_OK(sx_auroc_of_clusters(few + 1, of_few, &(sx_groups){ NULL, 2, 2 }, NULL, &a, &err),
             err);
    assert_true(isnan(a.auroc) && isnan(a.variance)); /* no positive case */
}

static void folds_are_balanced(void **state) {
    (void)state;
    uint32_t fold_of[N], of[N];
    size_t counts[FOLDS][2] = { { 0 } }, three[FOLDS] = { 0 };
    const sx_groups single = { NULL, N, N }, patients = { of, N, N / 3 };
    sx_error err = { 0 };
    make_cases(1);
    CHECK_OK(sx_balanced_folds(labels, &single, FOLDS, 7, fold_of, &err), err);
    for (int i = 0; i < N; i++)
        counts[fold_of[i]][labels[i]]++;
    for (int f = 0; f < FOLDS; f++)
        assert_true(counts[f][0] == 16 && counts[f][1] == 8);
    for (uint32_t i = 0; i < N; i++)
        of[i] = i / 3;
    CHECK_OK(sx_balanced_folds(labels, &patients, FOLDS, 7, fold_of, &err), err);
    for (int i = 0; i < N; i++) {
        assert_int_equal(fold_of[i], fold_of[i / 3 * 3]);
        three[fold_of[i]]++;
    }
    for (int f = 0; f < FOLDS; f++)
        assert_int_equal(three[f], 24);
}

/* An attribute of `level_count` values that has `share` of the abnormal cases in its first half of
 * values: a half is noise. Two or three films of a patient have the same label and value. */
static void draw_attribute(uint64_t seed, uint32_t level_count, double share, uint32_t *levels,
                           uint32_t *of) {
    uint32_t patient = 0, left = 0;
    for (uint32_t i = 0; i < N; i++) {
        if (!left) {
            patient += i > 0;
            left = 1 + (uint32_t)(sx_rng_u64(seed, 4 * patient) % 3);
        }
        left--;
        of[i] = patient;
        labels[i] = sx_rng_unit(seed, 4 * patient + 1) < 0.4;
        const bool low = sx_rng_unit(seed, 4 * patient + 2) < (labels[i] ? share : 1 - share);
        const uint32_t half = level_count / 2;
        levels[i] = (uint32_t)(sx_rng_u64(seed, 4 * patient + 3) % half) + (low ? 0 : half);
    }
}

/* Over seeds, the mean AUROC in folds and the share of intervals above 0.5; *pooled: the mean of
 * pooled folds. */
static void repeat(uint32_t level_count, double share, int seeds, double *mean, double *pooled,
                   double *above) {
    uint32_t levels[N], of[N], fold_of[N];
    double out[N];
    sx_error err = { 0 };
    *mean = *pooled = *above = 0;
    for (int seed = 0; seed < seeds; seed++) {
        sx_clustered_auroc a;
        sx_delong d;
        draw_attribute((uint64_t)seed * 1000003 + 17, level_count, share, levels, of);
        const sx_groups groups = { of, N, of[N - 1] + 1 };
        CHECK_OK(sx_balanced_folds(labels, &groups, FOLDS, (uint64_t)seed, fold_of, &err), err);
        const sx_level_cases cases = { labels, fold_of, N, FOLDS };
        const sx_level_set set = { levels, level_count };
        const sx_folds folds = { fold_of, FOLDS };
        CHECK_OK(sx_level_scores(&cases, &set, 1, out, &err), err);
        CHECK_OK(sx_auroc_of_clusters(labels, out, &groups, &folds, &a, &err), err);
        CHECK_OK(sx_delong_one(labels, out, N, &d, &err), err);
        *mean += a.auroc / seeds;
        *pooled += d.auc / seeds;
        *above += (a.auroc - 1.96 * sqrt(a.variance) > 0.5) / (double)seeds;
    }
}

/* Pooled folds put the AUROC of noise below 0.5; pairs within folds do not. */
static void noise_is_chance(void **state) {
    (void)state;
    static const uint32_t level_counts[] = { 2, 4, 10 };
    double mean, pooled, above;
    for (int k = 0; k < 3; k++) {
        repeat(level_counts[k], 0.5, 600, &mean, &pooled, &above);
        CHECK_NEAR(mean, 0.5, 0.01);
        assert_true(above < 0.09);
        if (k == 0) assert_true(pooled < 0.48);
    }
}

/* Of two levels the second one is the score, whatever the labels are. */
static void two_levels_need_no_folds(void **state) {
    (void)state;
    enum { SEEDS = 600 };
    static const double shares[] = { 0.5, 0.9 };
    for (int k = 0; k < 2; k++) {
        double mean = 0, outside = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            uint32_t levels[N], of[N];
            double of_level[N];
            sx_clustered_auroc a;
            sx_error err = { 0 };
            draw_attribute((uint64_t)seed * 7919 + 3, 2, shares[k], levels, of);
            for (int i = 0; i < N; i++)
                of_level[i] = levels[i];
            const sx_groups groups = { of, N, of[N - 1] + 1 };
            CHECK_OK(sx_auroc_of_clusters(labels, of_level, &groups, NULL, &a, &err), err);
            mean += a.auroc / SEEDS;
            outside += (fabs(a.auroc - 0.5) > 1.96 * sqrt(a.variance)) / (double)SEEDS;
        }
        CHECK_NEAR(mean, 1 - shares[k], 0.01);
        assert_true(k == 0 ? outside < 0.08 : outside > 0.99);
    }
}

static void shortcuts_are_found(void **state) {
    (void)state;
    double mean, pooled, above;
    repeat(10, 0.9, 60, &mean, &pooled, &above);
    assert_true(mean > 0.85 && above > 0.99);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_cases_are_delongs),  cmocka_unit_test(copies_add_nothing),
        cmocka_unit_test(pairs_of_one_fold_by_hand), cmocka_unit_test(folds_are_balanced),
        cmocka_unit_test(noise_is_chance),           cmocka_unit_test(two_levels_need_no_folds),
        cmocka_unit_test(shortcuts_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
