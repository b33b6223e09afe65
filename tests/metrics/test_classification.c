/* Golden case F3 and F4: the authors' evaluator, scikit-learn 1.2.1 and NumPy 1.24.2. */
#include "golden_json.h"

#include "base/context_impl.h"
#include "metrics/classification.h"
#include "metrics/delong.h"
#include "metrics/mt19937.h"
#include "metrics/sort.h"
#include "metrics/vindr_metrics.h"
#include "support/contexts.h"

typedef struct set {
    json_t *json;
    unsigned char *label;
    double *score;
    size_t n;
} set;

static set load(const char *file, const char *labels, const char *scores) {
    set s = { .json = golden_json(file) };
    size_t n;
    s.label = labels_at(s.json, labels, &s.n);
    s.score = numbers_at(s.json, scores, &n);
    assert_int_equal(n, s.n);
    return s;
}

static void unload(set *s) {
    json_decref(s->json);
    free(s->label);
    free(s->score);
}

static void numpy_stream(void **state) {
    (void)state;
    json_t *j = golden_json("eval/bootstrap_indices.json");
    sx_mt19937 m;
    sx_mt19937_seed(&m, 1999);
    for (int r = 0; r < 3; r++) {
        char path[40];
        size_t n;
        snprintf(path, sizeof path, "first_three_resamples/%d", r);
        double *want = numbers_at(j, path, &n);
        assert_int_equal(n, 500);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(sx_mt19937_randint(&m, 500), want[i]);
        free(want);
    }
    json_decref(j);
    sx_mt19937_seed(&m, 5489); /* the 10,000th number of the reference program */
    uint32_t last = 0;
    for (int i = 0; i < 10000; i++)
        last = sx_mt19937_next(&m);
    assert_true(last == UINT32_C(4123659995));
}

static const char *const vindr_names[SX_VINDR_MEASURES] = { "AUC", "F1", "Sensitivity",
                                                            "Specificity", "Precision" };

/* The authors' evaluate() under `root`, threshold NaN: chosen by Youden. */
static void check_vindr(json_t *root, const char *under, const unsigned char *label,
                        const double *score, size_t n, double threshold, size_t resamples) {
    json_t *j = at_path(root, under);
    sx_error err = { 0 };
    double point[SX_VINDR_MEASURES], used;
    CHECK_OK(sx_vindr_point(label, score, n, threshold, point, &used, &err), err);
    CHECK_NEAR(used, number_at(j, "point/Abnormal_threshold"), 0);
    sx_vindr_boot boot;
    const sx_bootstrap how = { .resamples = resamples, .seed = 1999, .level = 0.95 };
    CHECK_OK(sx_vindr_bootstrap(label, score, n, used, &how, &boot, &err), err);
    for (int k = 0; k < SX_VINDR_MEASURES; k++) {
        char path[80];
        snprintf(path, sizeof path, "point/Abnormal_%s", vindr_names[k]);
        CHECK_NEAR(point[k], number_at(j, path), 1e-12);
        snprintf(path, sizeof path, "bootstrap_%s", vindr_names[k]);
        json_t *b = at_path(j, path);
        for (int i = 0; i < 5; i++)
            CHECK_NEAR(boot.first[k][i],
                       json_number_value(json_array_get(at_path(b, "first5_unsorted"), i)), 1e-12);
        CHECK_NEAR(boot.mean[k], number_at(b, "mean"), 1e-12);
        CHECK_NEAR(boot.low[k], number_at(b, "lower"), 1e-12);
        CHECK_NEAR(boot.high[k], number_at(b, "upper"), 1e-12);
    }
}

static void the_authors_bootstrap_to_the_digit(void **state) {
    (void)state;
    set s = load("eval/classification.json", "labels", "scores_float32");
    check_vindr(s.json, "", s.label, s.score, s.n, NAN, 10000);
    json_t *extra = golden_json("eval/classification_extra.json");
    check_vindr(extra, "fixed_threshold_0.5", s.label, s.score, s.n, 0.5, 200);
    json_decref(extra);
    unload(&s);
    s = load("eval/classification_extra.json", "small/labels", "small/scores_float32");
    check_vindr(s.json, "small", s.label, s.score, s.n, NAN, 500);
    unload(&s);
    s = load("eval/ensemble.json", "labels", "ensemble_probability");
    check_vindr(s.json, "evaluation", s.label, s.score, s.n, NAN, 300);
    unload(&s);
}

static void point_measures_are_scikit_learns(void **state) {
    (void)state;
    set s = load("eval/classification.json", "labels", "scores_float32");
    sx_error err = { 0 };
    sx_ranking r;
    sx_levels l;
    CHECK_OK(sx_ranking_make(&r, s.label, s.score, s.n, &err), err);
    CHECK_OK(sx_levels_make(&l, &r, &err), err);
    double t = sx_youden(&l), v[SX_MEASURES];
    CHECK_NEAR(t, number_at(s.json, "point/Abnormal_threshold"), 0);
    CHECK_OK(sx_measure_all(s.label, s.score, s.n, t, v, &err), err);
    CHECK_NEAR(v[SX_AUROC], number_at(s.json, "point/Abnormal_AUC"), 1e-15);
    CHECK_NEAR(v[SX_AP], number_at(s.json, "average_precision_sklearn"), 1e-14);
    CHECK_NEAR(v[SX_BRIER], number_at(s.json, "brier_sklearn"), 1e-14);
    CHECK_NEAR(v[SX_SENSITIVITY], number_at(s.json, "point/Abnormal_Sensitivity"), 1e-15);
    CHECK_NEAR(v[SX_SPECIFICITY], number_at(s.json, "point/Abnormal_Specificity"), 1e-15);
    CHECK_NEAR(v[SX_PRECISION], number_at(s.json, "point/Abnormal_Precision"), 1e-15);
    CHECK_NEAR(v[SX_F1], number_at(s.json, "point/Abnormal_F1"), 1e-15);
    CHECK_NEAR(sx_threshold_for_sensitivity(&l, 1e-9), s.score[r.order[0]], 1);
    sx_confusion2 c = sx_confusion_at(&l, sx_threshold_for_sensitivity(&l, 0.95));
    assert_true((double)c.tp / 217 >= 0.95 && (double)(c.tp - 5) / 217 < 0.95);
    c = sx_confusion_at(&l, sx_threshold_for_specificity(&l, 0.9));
    assert_true((double)c.tn / 283 >= 0.9 && (double)(c.tn - 5) / 283 < 0.9);
    sx_levels_free(&l);
    sx_ranking_free(&r);
    unload(&s);
}

static void delong_is_the_definition(void **state) {
    (void)state;
    set s = load("eval/classification.json", "labels", "scores_float32");
    sx_error err = { 0 };
    sx_delong d;
    CHECK_OK(sx_delong_one(s.label, s.score, s.n, &d, &err), err);
    CHECK_NEAR(d.auc, number_at(s.json, "delong/auc"), 1e-14);
    CHECK_NEAR(d.variance, number_at(s.json, "delong/var"), 1e-15);
    CHECK_NEAR(d.s10, number_at(s.json, "delong/s10"), 1e-14);
    CHECK_NEAR(d.s01, number_at(s.json, "delong/s01"), 1e-14);
    sx_interval i = sx_normal_interval(d.auc, sqrt(d.variance), 0.95, -INFINITY, INFINITY);
    CHECK_NEAR(i.low, number_at(s.json, "delong/ci95_normal/0"), 1e-12);
    CHECK_NEAR(i.high, number_at(s.json, "delong/ci95_normal/1"), 1e-12);
    unload(&s);
    s = load("eval/ensemble.json", "labels", "probabilities_float32/0");
    size_t n;
    double *other = numbers_at(s.json, "probabilities_float32/1", &n);
    json_t *want = golden_json("eval/delong_paired.json");
    sx_delong_pair p;
    CHECK_OK(sx_delong_two(s.label, s.score, other, n, &p, &err), err);
    CHECK_NEAR(p.a.auc, number_at(want, "auc_model0"), 1e-14);
    CHECK_NEAR(p.b.auc, number_at(want, "auc_model1"), 1e-14);
    CHECK_NEAR(p.a.variance, number_at(want, "S/0/0"), 1e-15);
    CHECK_NEAR(p.covariance, number_at(want, "S/0/1"), 1e-15);
    CHECK_NEAR(p.b.variance, number_at(want, "S/1/1"), 1e-15);
    CHECK_NEAR(p.z, number_at(want, "z"), 1e-11);
    CHECK_NEAR(p.p, number_at(want, "p_two_sided"), 1e-11);
    json_decref(want);
    free(other);
    unload(&s);
}

static void delong_refuses_one_class(void **state) {
    (void)state;
    static const unsigned char label[3] = { 1, 1, 1 };
    static const double score[3] = { 0.1, 0.2, 0.3 };
    sx_error err = { 0 };
    sx_delong d;
    CHECK_FAILS(sx_delong_one(label, score, 3, &d, &err), err, SX_ERR_VALUE,
                "all 3 cases are positive");
}

static void intervals_are_the_published_ones(void **state) {
    (void)state;
    CHECK_NEAR(sx_normal_quantile(0.975), 1.959963984540054, 1e-14);
    CHECK_NEAR(sx_normal_quantile(0.5), 0, 1e-15);
    CHECK_NEAR(sx_normal_quantile(1e-10), -6.361340902404056, 1e-12);
    /* Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29 */
    sx_interval i = sx_wilson(81, 263, 0.95);
    CHECK_NEAR(i.low, 0.2553, 5e-5);
    CHECK_NEAR(i.high, 0.3662, 5e-5);
    i = sx_wilson(15, 148, 0.95);
    CHECK_NEAR(i.low, 0.0624, 5e-5);
    CHECK_NEAR(i.high, 0.1605, 5e-5);
    i = sx_wilson(0, 20, 0.95);
    CHECK_NEAR(i.low, 0, 0);
    CHECK_NEAR(i.high, 0.1611, 5e-5);
    i = sx_wilson(1, 29, 0.95);
    CHECK_NEAR(i.low, 0.0061, 5e-5);
    CHECK_NEAR(i.high, 0.1718, 5e-5);
    assert_true(isnan(sx_wilson(0, 0, 0.95).low));
    CHECK_NEAR(sx_mcnemar(6, 16), 2 * 110056 / 4194304.0,
               1e-12); /* 2 P(X <= 6), X ~ Bin(22, 1/2) */
    CHECK_NEAR(sx_mcnemar(0, 0), 1, 0);
    static const double v[4] = { 1, 2, 3, 4 };
    CHECK_NEAR(sx_percentile_interval(v, 4, 0.5).low, 1.75, 1e-15);
    /* A ratio of a / 0 is infinite and takes part; one of 0 / 0 does not. */
    double ratios[7] = { INFINITY, 4, NAN, 2, INFINITY, 1, 3 };
    const sx_boot_summary some = sx_boot_summarise(ratios, 7, 0.5);
    assert_int_equal(some.defined, 6);
    CHECK_NEAR(some.interval.low, 2.25, 1e-15);
    assert_true(some.interval.high == INFINITY && some.mean == INFINITY && isnan(some.se));
    CHECK_NEAR(sx_percentile_interval(ratios, 6, 0.2).high, 4, 1e-15);
}

/* Every sub-measure of every resample computed again by expanding the resample and counting
 * pairs. */
static void bootstrap_equals_expanded_resamples(void **state) {
    (void)state;
    set s = load("eval/ensemble.json", "labels", "ensemble_probability");
    sx_error err = { 0 };
    uint32_t of[120];
    for (uint32_t i = 0; i < 120; i++)
        of[i] = i / 3; /* studies of three films */
    const double *score[1] = { s.score };
    sx_cases cases = { s.label, score, s.n, 1, { of, s.n, 40 } };
    sx_bootstrap how = { 40, 7, 0.95 };
    double threshold = 0.4;
    sx_class_boot boot;
    CHECK_OK(sx_class_bootstrap(&cases, &threshold, &how, &boot, &err), err);
    uint32_t copies[40], weight[120];
    for (size_t b = 0; b < 40; b++) {
        sx_resample_cases(&cases.groups, 7, b, copies, weight);
        double pairs = 0, won = 0, tp = 0, p = 0, called = 0;
        size_t drawn = 0;
        for (size_t i = 0; i < 120; i++) {
            drawn += weight[i];
            assert_int_equal(weight[i], weight[i / 3 * 3]);
            p += weight[i] * s.label[i];
            called += weight[i] * (s.score[i] >= 0.4);
            tp += weight[i] * (s.label[i] && s.score[i] >= 0.4);
            for (size_t j = 0; j < 120; j++) {
                if (!s.label[i] || s.label[j]) continue;
                double w = (double)weight[i] * weight[j];
                pairs += w;
                won += w * (s.score[i] > s.score[j] ? 1 : s.score[i] == s.score[j] ? 0.5 : 0);
            }
        }
        assert_int_equal(drawn, 120);
        CHECK_NEAR(sx_class_boot_values(&boot, 0, SX_AUROC)[b], won / pairs, 1e-13);
        CHECK_NEAR(sx_class_boot_values(&boot, 0, SX_SENSITIVITY)[b], tp / p, 1e-13);
        CHECK_NEAR(sx_class_boot_values(&boot, 0, SX_PRECISION)[b], tp / called, 1e-13);
    }
    const sx_context four = check_context(4);
    how.context = &four;
    sx_class_boot again;
    CHECK_OK(sx_class_bootstrap(&cases, &threshold, &how, &again, &err), err);
    assert_memory_equal(boot.values, again.values, 40 * SX_MEASURES * sizeof(double));
    sx_class_boot_free(&boot);
    sx_class_boot_free(&again);
    unload(&s);
}

static void bootstrap_interval_agrees_with_delong(void **state) {
    (void)state;
    set s = load("eval/classification.json", "labels", "scores_float32");
    sx_error err = { 0 };
    const double *score[1] = { s.score };
    sx_cases cases = { s.label, score, s.n, 1, { NULL, s.n, s.n } };
    sx_bootstrap how = { 4000, 1, 0.95 };
    double threshold = 0.48166510462760925;
    sx_class_boot boot;
    CHECK_OK(sx_class_bootstrap(&cases, &threshold, &how, &boot, &err), err);
    sx_boot_summary sum = sx_boot_summarise(sx_class_boot_values(&boot, 0, SX_AUROC), 4000, 0.95);
    assert_int_equal(sum.defined, 4000);
    CHECK_NEAR(sum.se, sqrt(0.0002857499804682284), 1e-3);
    CHECK_NEAR(sum.interval.low, 0.8160893162251114, 5e-3);
    CHECK_NEAR(sum.interval.high, 0.8823523310367799, 5e-3);
    /* the right bootstrap is centred on the point estimate, where the authors' is 0.005 low */
    sum = sx_boot_summarise(sx_class_boot_values(&boot, 0, SX_SENSITIVITY), 4000, 0.95);
    CHECK_NEAR(sum.mean, 0.7926267281105991, 1.5e-3);
    sx_class_boot_free(&boot);
    unload(&s);
}

static void one_class_resamples_are_counted(void **state) {
    (void)state;
    static const unsigned char label[4] = { 1, 0, 0, 0 };
    static const double score0[4] = { 0.9, 0.5, 0.4, 0.1 };
    const double *score[1] = { score0 };
    sx_cases cases = { label, score, 4, 1, { NULL, 4, 4 } };
    sx_bootstrap how = { 1000, 3, 0.95 };
    double threshold = 0.45;
    sx_error err = { 0 };
    sx_class_boot boot;
    CHECK_OK(sx_class_bootstrap(&cases, &threshold, &how, &boot, &err), err);
    /* (3/4)^4 + (1/4)^4 = 0.32 */
    assert_in_range(boot.one_class, 270, 370);
    sx_boot_summary sum = sx_boot_summarise(sx_class_boot_values(&boot, 0, SX_AUROC), 1000, 0.95);
    assert_int_equal(sum.defined, 1000 - boot.one_class);
    CHECK_NEAR(sum.interval.low, 1, 0);
    sx_class_boot_free(&boot);
}

static void curves_pass_through_the_points(void **state) {
    (void)state;
    set s = load("eval/classification.json", "labels", "scores_float32");
    sx_error err = { 0 };
    sx_groups groups = { NULL, s.n, s.n };
    sx_bootstrap how = { 200, 5, 0.95 };
    static sx_curves c;
    CHECK_OK(sx_class_curves(s.label, s.score, &groups, &how, &c, &err), err);
    CHECK_NEAR(c.roc[100], 1, 0);
    double area = 0;
    for (int g = 0; g < 100; g++) {
        area += (c.roc[g] + c.roc[g + 1]) / 200;
        assert_true(c.roc_low[g] <= c.roc[g] + 0.05 && c.roc[g] <= c.roc_high[g] + 0.05);
        assert_true(c.roc[g] <= c.roc[g + 1]);
    }
    CHECK_NEAR(area, 0.8492208236309456, 0.01);
    double lowest = 1, called = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.label[i] && s.score[i] < lowest) lowest = s.score[i];
    for (size_t i = 0; i < s.n; i++)
        called += s.score[i] >= lowest;
    CHECK_NEAR(c.pr[100], 217 / called, 1e-15);
    unload(&s);
}

static void pooling_by_study(void **state) {
    (void)state;
    static const unsigned char label[5] = { 0, 1, 0, 0, 0 };
    static const double score[5] = { 0.5, 0.2, 0.1, 0.4, 0.9 };
    static const uint32_t of[5] = { 0, 0, 1, 1, 2 };
    unsigned char out_label[4];
    double out[4];
    sx_groups g = { of, 5, 4 };
    sx_pool_scores(label, score, &g, SX_POOL_MAX, out_label, out);
    assert_true(out[0] == 0.5 && out[1] == 0.4 && out[2] == 0.9 && isnan(out[3]));
    assert_true(out_label[0] == 1 && out_label[1] == 0 && out_label[2] == 0);
    sx_pool_scores(label, score, &g, SX_POOL_NOISY_OR, out_label, out);
    CHECK_NEAR(out[0], 0.6, 1e-15);
    CHECK_NEAR(out[1], 0.46, 1e-15);
}

static void sorting_is_stable_at_every_size(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (size_t n = 1; n < 60000; n = n * 3 + 1) {
        double *v = calloc(n, sizeof *v);
        uint32_t *order = calloc(n, sizeof *order);
        for (size_t i = 0; i < n; i++)
            v[i] = i % 5 == 0 ? -0.0 : (double)((i * 7919) % 101) / 10 - 5;
        CHECK_OK(sx_sort_descending(v, n, order, &err), err);
        for (size_t i = 1; i < n; i++) {
            double a = v[order[i - 1]], b = v[order[i]];
            assert_true(a > b || (a == b && order[i - 1] < order[i]));
        }
        free(v);
        free(order);
    }
}

static void bad_scores_are_refused(void **state) {
    (void)state;
    static const unsigned char label[2] = { 0, 1 };
    double score[2] = { 0.5, NAN };
    sx_error err = { 0 };
    sx_ranking r;
    CHECK_FAILS(sx_ranking_make(&r, label, score, 2, &err), err, SX_ERR_VALUE,
                "score 1 is not a finite number");
    CHECK_FAILS(sx_ranking_make(&r, label, score, 0, &err), err, SX_ERR_VALUE, "no case");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numpy_stream),
        cmocka_unit_test(the_authors_bootstrap_to_the_digit),
        cmocka_unit_test(point_measures_are_scikit_learns),
        cmocka_unit_test(delong_is_the_definition),
        cmocka_unit_test(delong_refuses_one_class),
        cmocka_unit_test(intervals_are_the_published_ones),
        cmocka_unit_test(bootstrap_equals_expanded_resamples),
        cmocka_unit_test(bootstrap_interval_agrees_with_delong),
        cmocka_unit_test(one_class_resamples_are_counted),
        cmocka_unit_test(curves_pass_through_the_points),
        cmocka_unit_test(pooling_by_study),
        cmocka_unit_test(sorting_is_stable_at_every_size),
        cmocka_unit_test(bad_scores_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
