#include "golden_boxes.h"

#include "base/clock.h"
#include "metrics/agreement.h"
#include "metrics/detection.h"

/* Brute force: every score as a threshold, the best sensitivity within the rate. */
static double best_within(const sx_match_list *l, size_t films, double positives, double rate) {
    double best = 0;
    for (size_t i = 0; i < l->count; i++) {
        double tp = 0, fp = 0;
        for (size_t k = 0; k < l->count; k++) {
            if (l->scores[k] < l->scores[i] || (l->ignored[k] & 1)) continue;
            tp += l->hits[k] & 1;
            fp += !(l->hits[k] & 1);
        }
        if (fp <= rate * (double)films && tp / positives > best) best = tp / positives;
    }
    return best;
}

static void froc_is_the_definition(void **state) {
    (void)state;
    golden_boxes g = golden_boxes_load();
    sx_error err = { 0 };
    sx_detect_options o = { sx_vindr_ious, 7, 0.5, SX_MATCH_COCO, 100 };
    sx_detect *d = sx_detect_new(&g.set, &o, &err);
    if (!d) fail_msg("%s", err.message);
    static const double positives[7] = { 112, 111, 179, 0, 55, 32, 31 };
    for (int c = 0; c < 7; c++) {
        const sx_match_list *l = sx_matches_of(sx_detect_froc_lists(d), c, 0);
        sx_froc f = sx_froc_of(l, 200, 0, NULL);
        CHECK_NEAR(f.positives, positives[c], 0);
        if (positives[c] == 0) assert_true(isnan(f.mean));
        for (int r = 0; positives[c] > 0 && r < SX_FROC_RATES; r++)
            CHECK_NEAR(f.sensitivities[r], best_within(l, 200, positives[c], sx_froc_rates[r]),
                       1e-15);
    }
    const sx_match_list *pooled = sx_detect_pooled(d);
    assert_int_equal(pooled->count, g.set.found_box_count);
    sx_froc f = sx_froc_of(pooled, 200, 0, NULL);
    CHECK_NEAR(f.positives, 520, 0);
    CHECK_NEAR(f.sensitivities[3], best_within(pooled, 200, 520, 1), 1e-15);
    double t = sx_threshold_for_rate(pooled, 200, 0, 1);
    sx_detection_rates r = sx_detection_at(pooled, 200, 0, t, NULL);
    CHECK_NEAR(r.sensitivity, f.sensitivities[3], 1e-15);
    assert_true(r.fp_per_image <= 1);
    double best = sx_threshold_for_f1(pooled, 200, 0),
           top = sx_detection_at(pooled, 200, 0, best, NULL).f1;
    for (size_t i = 0; i < pooled->count; i += 7)
        assert_true(sx_detection_at(pooled, 200, 0, pooled->scores[i], NULL).f1 <= top);
    sx_froc_point curve[64];
    size_t n = sx_froc_curve(pooled, 200, 0, curve, 64);
    assert_in_range(n, 10, 64);
    for (size_t i = 1; i < n; i++)
        assert_true(curve[i].fp_per_image >= curve[i - 1].fp_per_image &&
                    curve[i].sensitivity >= curve[i - 1].sensitivity);
    sx_detect_free(d);
    golden_boxes_free(&g);
}

static void numbers_and_their_bootstrap(void **state) {
    (void)state;
    golden_boxes g = golden_boxes_load();
    json_t *j = golden_json("eval/detection_metrics.json");
    sx_error err = { 0 };
    sx_detect_options o = { sx_vindr_ious, 7, 0.5, SX_MATCH_COCO, 100 };
    sx_detect *d = sx_detect_new(&g.set, &o, &err);
    if (!d) fail_msg("%s", err.message);
    sx_ap_scratch *s = sx_ap_scratch_new(sx_detect_longest(d), &err);
    sx_detect_numbers n;
    sx_detect_measure(d, NULL, s, &n);
    CHECK_NEAR(100 * n.values[sx_detect_ap(&n, -1)], number_at(j, "authors_results/AP"), 1e-10);
    CHECK_NEAR(100 * n.values[sx_detect_ap_one(&n, -1)], number_at(j, "authors_results/AP50"),
               1e-10);
    CHECK_NEAR(100 * n.values[sx_detect_ap(&n, 2)], number_at(j, "authors_results/AP-Osteophytes"),
               1e-10);
    assert_true(isnan(n.values[sx_detect_ap(&n, 3)]));
    uint32_t of[200];
    for (uint32_t i = 0; i < 200; i++)
        of[i] = i / 2;
    sx_groups films = { of, 200, 100 };
    sx_bootstrap how = { 400, 11, 0.95 };
    sx_detect_boot boot;
    CHECK_OK(sx_detect_bootstrap(d, &films, &how, &boot, &err), err);
    uint32_t copies[100], weight[200];
    sx_resample_cases(&films, 11, 399, copies, weight);
    sx_detect_numbers last;
    sx_detect_measure(d, weight, s, &last);
    for (size_t k = 0; k < last.count; k++)
        CHECK_NEAR(boot.values[k * 400 + 399], last.values[k], 0);
    sx_boot_summary sum = sx_boot_summarise(boot.values + sx_detect_ap(&n, -1) * 400, 400, 0.95);
    assert_true(sum.interval.low < n.values[sx_detect_ap(&n, -1)] &&
                n.values[sx_detect_ap(&n, -1)] < sum.interval.high);
    assert_in_range(sum.defined, 400, 400);
    sx_detect_boot_free(&boot);
    sx_detection_rates every = sx_detection_at(sx_detect_pooled(d), 200, 0, -INFINITY, weight);
    CHECK_NEAR(last.values[sx_detect_found_share(&last)], every.sensitivity, 1e-15);
    CHECK_NEAR(last.values[sx_detect_fp_per_image(&last)], every.fp_per_image, 1e-15);
    sx_rate_intervals rates;
    CHECK_OK(sx_detect_rate_intervals(sx_detect_pooled(d), &films, 0.5, &how, &rates, &err), err);
    sx_detection_rates at = sx_detection_at(sx_detect_pooled(d), 200, 0, 0.5, NULL);
    assert_true(rates.sensitivity.low < at.sensitivity && at.sensitivity < rates.sensitivity.high);
    assert_true(rates.fp_per_image.low < at.fp_per_image &&
                at.fp_per_image < rates.fp_per_image.high);
    /* All films of one patient: every lesion counts as a copy. */
    uint32_t one_patient[200] = { 0 };
    const sx_groups patient = { one_patient, 200, 1 };
    const sx_bootstrap none = { .level = 0.95 };
    CHECK_OK(sx_detect_rate_intervals(sx_detect_pooled(d), &patient, 0.5, &none, &rates, &err),
             err);
    const sx_interval want = sx_wilson_of(at.precision, 1, 0.95);
    CHECK_NEAR(rates.precision.low, want.low, 1e-12);
    CHECK_NEAR(rates.precision.high, want.high, 1e-12);
    assert_true(isnan(rates.f1.low));
    sx_ap_scratch_free(s);
    sx_detect_free(d);
    json_decref(j);
    golden_boxes_free(&g);
}

/* Class 1 is on film 0 alone: a resample lacks it if it does not draw this film. */
static void resamples_without_a_class(void **state) {
    (void)state;
    static const sx_truth_box truth[] = { { 0, 0, 10, 10, 100, 0, 0, false },
                                          { 20, 0, 10, 10, 100, 0, 1, false },
                                          { 0, 0, 10, 10, 100, 1, 0, false },
                                          { 0, 0, 10, 10, 100, 2, 0, false } };
    static const sx_found_box found[] = { { 0, 0, 10, 10, 0.9, 0, 0 }, { 20, 0, 9, 9, 0.8, 0, 1 } };
    const sx_boxes b = { truth, 4, found, 2, 3, 3 };
    const double iou = 0.5;
    const sx_detect_options o = { &iou, 1, 0.5, SX_MATCH_COCO, 100 };
    const sx_groups films = { NULL, 3, 3 };
    const sx_bootstrap how = { 300, 5, 0.95 };
    sx_detect_boot boot;
    sx_error err = { 0 };
    size_t one = 0, zero = 0;
    sx_detect *d = sx_detect_new(&b, &o, &err);
    if (!d) fail_msg("%s", err.message);
    CHECK_OK(sx_detect_bootstrap(d, &films, &how, &boot, &err), err);
    for (size_t i = 0; i < 300; i++) {
        uint32_t copies[3], weight[3];
        sx_resample_cases(&films, 5, i, copies, weight);
        one += !weight[0];
        zero += !weight[0] && !weight[1] && !weight[2];
    }
    assert_true(one > 50); /* (2/3)^3 of 300 */
    assert_int_equal(boot.lacking.classes[1], one);
    assert_int_equal(boot.lacking.classes[0], zero);
    assert_int_equal(boot.lacking.classes[2], 0); /* it has no true box at all */
    assert_int_equal(boot.lacking.any, one);
    sx_detect_boot_free(&boot);
    sx_detect_free(d);
}

static void confusion_by_hand(void **state) {
    (void)state;
    static const sx_truth_box truth[4] = { { 0, 0, 10, 10, 100, 0, 0, false },
                                           { 20, 0, 10, 10, 100, 0, 1, false },
                                           { 40, 0, 10, 10, 100, 0, 1, true },
                                           { 0, 0, 10, 10, 100, 1, 1, false } };
    static const sx_found_box found[5] = { { 0, 0, 10, 10, 0.9, 0, 0 },   /* right */
                                           { 20, 0, 10, 10, 0.8, 0, 0 },  /* class 1 called 0 */
                                           { 60, 0, 10, 10, 0.7, 0, 1 },  /* nothing there */
                                           { 40, 0, 10, 10, 0.95, 0, 1 }, /* on a crowd: left out */
                                           { 0, 0, 10, 10, 0.2, 1,
                                             1 } }; /* below the threshold: missed */
    sx_boxes b = { truth, 4, found, 5, 2, 2 };
    double threshold[2] = { 0.5, 0.5 };
    uint32_t count[9];
    static const uint32_t want[9] = { 1, 0, 0, 1, 0, 1, 0, 1, 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_class_confusion(&b, threshold, 0.5, count, &err), err);
    assert_memory_equal(count, want, sizeof want);
}

static void kappas_of_the_textbooks(void **state) {
    (void)state;
    /* 20 both yes, 5 only a, 10 only b, 15 both no: 0.7 observed, 0.5 by chance */
    unsigned char a[50], b[50];
    for (int i = 0; i < 50; i++) {
        a[i] = i < 25;
        b[i] = i < 20 || (i >= 25 && i < 35);
    }
    sx_kappa k = sx_cohen_kappa(a, b, 50, NULL);
    CHECK_NEAR(k.observed, 0.7, 1e-15);
    CHECK_NEAR(k.kappa, 0.4, 1e-15);
    uint32_t yes[50], readers[50];
    for (int i = 0; i < 50; i++) {
        yes[i] = (uint32_t)a[i] + b[i];
        readers[i] = 2;
    }
    k = sx_fleiss_kappa(yes, readers, 50, NULL);
    CHECK_NEAR(k.observed, 0.7, 1e-15);
    CHECK_NEAR(k.expected, 0.55 * 0.55 + 0.45 * 0.45, 1e-15);
    for (int i = 0; i < 50; i++)
        a[i] = b[i] = 0;
    assert_true(isnan(sx_cohen_kappa(a, b, 50, NULL).kappa));
    assert_true(isnan(sx_cohen_kappa(a, b, 0, NULL).kappa));
}

static void boxes_are_paired_once(void **state) {
    (void)state;
    static const sx_truth_box a[2] = { { 0, 0, 10, 10, 100, 0, 0, false },
                                       { 4, 0, 10, 10, 100, 0, 0, false } };
    static const sx_truth_box b[2] = { { 1, 0, 10, 10, 100, 0, 0, false },
                                       { 50, 0, 10, 10, 100, 0, 0, false } };
    sx_box_agreement g = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_pair_boxes(a, 2, b, 2, 0.5, &g, &err), err);
    assert_int_equal(g.matched, 1);
    CHECK_NEAR(g.iou_sum, 90.0 / 110, 1e-15);
    CHECK_OK(sx_pair_boxes(a, 2, NULL, 0, 0.5, &g, &err), err);
    assert_int_equal(g.a, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(froc_is_the_definition),    cmocka_unit_test(numbers_and_their_bootstrap),
        cmocka_unit_test(resamples_without_a_class), cmocka_unit_test(confusion_by_hand),
        cmocka_unit_test(kappas_of_the_textbooks),   cmocka_unit_test(boxes_are_paired_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
