/* Golden cases F1 and F2: pycocotools on the authors' evaluator's input. */
#include "golden_boxes.h"

#include "metrics/ap.h"

static const char *const class_names[7] = { "Disc space narrowing", "Foraminal stenosis",
                                            "Osteophytes",          "Other lesions",
                                            "Spondylolysthesis",    "Surgical implant",
                                            "Vertebral collapse" };

static void check_minus_one(double got, double want) {
    if (want == -1)
        assert_true(isnan(got));
    else
        CHECK_NEAR(got, want, 1e-12);
}

static void check_metrics(json_t *j, const sx_boxes *b) {
    sx_error err = { 0 };
    sx_coco_result r;
    for (int t = 0; t < 7; t++)
        CHECK_NEAR(sx_vindr_ious[t],
                   json_number_value(json_array_get(at_path(j, "iou_thresholds"), t)), 0);
    for (int t = 0; t < 10; t++)
        CHECK_NEAR(sx_coco_ious[t],
                   json_number_value(json_array_get(at_path(j, "coco_standard_iou_thresholds"), t)),
                   0);
    CHECK_OK(sx_coco_evaluate(b, sx_vindr_ious, 7, &r, &err), err);
    for (int i = 0; i < 12; i++)
        check_minus_one(r.stats[i],
                        json_number_value(json_array_get(at_path(j, "authors_stats12"), i)));
    CHECK_NEAR(100 * r.stats[0], number_at(j, "authors_results/AP"), 1e-10);
    CHECK_NEAR(100 * r.stats[1], number_at(j, "authors_results/AP50"), 1e-10);
    CHECK_NEAR(100 * r.stats[4], number_at(j, "authors_results/APm"), 1e-10);
    for (int c = 0; c < 7; c++) {
        char path[80];
        snprintf(path, sizeof path, "authors_results/AP-%s", class_names[c]);
        CHECK_NEAR(100 * sx_coco_class_ap(&r, c, 0, 7), number_at(j, path), 1e-10);
        snprintf(path, sizeof path, "authors_results/AP50-%s", class_names[c]);
        CHECK_NEAR(100 * sx_coco_class_ap(&r, c, 0, 6), number_at(j, path), 1e-10);
        for (size_t size = 0; size < 4; size++) {
            snprintf(path, sizeof path, "ap_per_class_per_area/%d/%zu", c, size);
            CHECK_NEAR(sx_coco_class_ap(&r, c, size, 7), number_at(j, path), 1e-12);
        }
        for (size_t t = 0; t < 7; t++) {
            snprintf(path, sizeof path, "recall_per_threshold_per_class_maxdet100/%zu/%d", t, c);
            CHECK_NEAR(r.recall[((t * 7 + (size_t)c) * 4) * 3 + 2], number_at(j, path), 1e-12);
            snprintf(path, sizeof path, "ap_per_threshold_per_class/%zu/%d", t, c);
            CHECK_NEAR(sx_coco_class_ap(&r, c, 0, t), number_at(j, path), 1e-12);
        }
    }
    sx_coco_result_free(&r);
    CHECK_OK(sx_coco_evaluate(b, sx_coco_ious, 10, &r, &err), err);
    for (int i = 0; i < 12; i++)
        check_minus_one(r.stats[i],
                        json_number_value(json_array_get(at_path(j, "coco_standard_stats12"), i)));
    sx_coco_result_free(&r);
}

static void average_precision_is_pycocotools(void **state) {
    (void)state;
    golden_boxes g = golden_boxes_load();
    json_t *j = golden_json("eval/detection_metrics.json");
    check_metrics(j, &g.set);
    json_decref(j);
    golden_boxes_free(&g);
}

static void average_precision_after_the_decision_rule(void **state) {
    (void)state;
    golden_boxes g = golden_boxes_load();
    json_t *kept = golden_json("eval/combine_kept_indices.json"),
           *j = golden_json("eval/combine.json");
    sx_found_box *found = calloc(json_array_size(kept), sizeof *found);
    size_t i;
    json_t *row;
    json_array_foreach(kept, i, row) found[i] = g.found[json_integer_value(row)];
    g.set.found_boxes = found;
    g.set.found_box_count = json_array_size(kept);
    check_metrics(at_path(j, "metrics"), &g.set);
    free(found);
    json_decref(kept);
    json_decref(j);
    golden_boxes_free(&g);
}

/* A resample counted by weights against the same films written out again under new names. */
static void weights_are_copies_of_films(void **state) {
    (void)state;
    golden_boxes g = golden_boxes_load();
    sx_error err = { 0 };
    uint32_t weight[200], first[200], films = 0;
    /* spread equal scores so that the order among films does not matter */
    for (size_t i = 0; i < g.set.found_box_count; i++)
        g.found[i].score += 1e-9 * (double)i;
    for (uint32_t f = 0; f < 200; f++) {
        weight[f] = f % 4;
        first[f] = films;
        films += weight[f];
    }
    sx_boxes wide = { .film_count = films, .class_count = 7 };
    sx_truth_box *truth = calloc(3 * g.set.true_box_count, sizeof *truth);
    sx_found_box *found = calloc(3 * g.set.found_box_count, sizeof *found);
    for (size_t i = 0; i < g.set.true_box_count; i++)
        for (uint32_t k = 0; k < weight[g.truth[i].film]; k++) {
            truth[wide.true_box_count] = g.truth[i];
            truth[wide.true_box_count++].film = first[g.truth[i].film] + k;
        }
    for (size_t i = 0; i < g.set.found_box_count; i++)
        for (uint32_t k = 0; k < weight[g.found[i].film]; k++) {
            found[wide.found_box_count] = g.found[i];
            found[wide.found_box_count++].film = first[g.found[i].film] + k;
        }
    wide.true_boxes = truth;
    wide.found_boxes = found;
    sx_match_options o = { SX_MATCH_COCO, sx_vindr_ious, 7, sx_coco_sizes, 4, 100 };
    sx_matches a, b;
    CHECK_OK(sx_match_boxes(&g.set, &o, &a, &err), err);
    CHECK_OK(sx_match_boxes(&wide, &o, &b, &err), err);
    sx_ap_scratch *s = sx_ap_scratch_new(wide.found_box_count, &err);
    for (int c = 0; c < 7; c++)
        for (size_t t = 0; t < 7; t++) {
            sx_pr_curve x, y;
            sx_ap_prepare(sx_matches_of(&a, c, 0), weight, s);
            sx_pr_accumulate(sx_matches_of(&a, c, 0), a.film_count, t, 100, weight, s, &x);
            sx_pr_accumulate(sx_matches_of(&b, c, 0), b.film_count, t, 100, NULL, s, &y);
            CHECK_NEAR(x.positives, y.positives, 0);
            CHECK_NEAR(sx_ap_of(&x), sx_ap_of(&y), 1e-14);
            CHECK_NEAR(x.recall, y.recall, 1e-14);
        }
    sx_ap_scratch_free(s);
    sx_matches_free(&a);
    sx_matches_free(&b);
    free(truth);
    free(found);
    golden_boxes_free(&g);
}

/* One film: true boxes A (0..10), B (20..30); found by score: A at 0.9, again A at 0.8, nothing at
 * 0.7, B at 0.6. */
static const sx_truth_box two_truths[2] = { { 0, 0, 10, 10, 100, 0, 0, false },
                                            { 20, 0, 10, 10, 100, 0, 0, false } };
static const sx_found_box four_found[4] = { { 0, 0, 10, 9, 0.9, 0, 0 },
                                            { 0, 0, 10, 10, 0.8, 0, 0 },
                                            { 50, 50, 5, 5, 0.7, 0, 0 },
                                            { 20, 0, 10, 10, 0.6, 0, 0 } };

static void voc_by_hand(void **state) {
    (void)state;
    sx_boxes b = { two_truths, 2, four_found, 4, 1, 1 };
    double iou = 0.5;
    sx_size_range all = { 0, INFINITY };
    sx_match_options o = { SX_MATCH_VOC, &iou, 1, &all, 1, 0 };
    sx_error err = { 0 };
    sx_matches m;
    CHECK_OK(sx_match_boxes(&b, &o, &m, &err), err);
    sx_ap_scratch *s = sx_ap_scratch_new(4, &err);
    sx_voc_ap v = sx_voc_accumulate(sx_matches_of(&m, 0, 0), 1, 0, NULL, s);
    /* precision 1 up to recall 0.5, then 2/4 */
    CHECK_NEAR(v.eleven_point, (6 * 1 + 5 * 0.5) / 11, 1e-12);
    CHECK_NEAR(v.all_point, 0.75, 1e-12);
    sx_ap_scratch_free(s);
    sx_matches_free(&m);
}

/* A box between two lesions: VOC's second box on the better one is wrong, COCO's takes the
 * other. */
static void the_rules_differ_where_they_should(void **state) {
    (void)state;
    static const sx_truth_box truth[2] = { { 0, 0, 10, 10, 100, 0, 0, false },
                                           { 2, 0, 10, 10, 100, 0, 0, false } };
    static const sx_found_box found[3] = { { 0, 0, 10, 10, 0.9, 0, 0 },
                                           { 0.5, 0, 10, 10, 0.8, 0, 0 },
                                           { 1, 1, 9, 9, 0.7, 0, 0 } };
    sx_boxes b = { truth, 2, found, 3, 1, 1 };
    double iou = 0.5;
    sx_size_range all = { 0, INFINITY };
    sx_error err = { 0 };
    sx_matches m;
    uint32_t hits[3], ignored[3];
    for (int rule = SX_MATCH_COCO; rule <= SX_MATCH_CENTRE; rule++) {
        sx_match_options o = { (sx_match_rule)rule, &iou, 1, &all, 1, 0 };
        CHECK_OK(sx_match_boxes(&b, &o, &m, &err), err);
        const sx_match_list *l = sx_matches_of(&m, 0, 0);
        hits[rule] = l->hits[0] | l->hits[1] << 1 | l->hits[2] << 2;
        ignored[rule] = l->ignored[0] | l->ignored[1] << 1 | l->ignored[2] << 2;
        sx_matches_free(&m);
    }
    assert_int_equal(hits[SX_MATCH_COCO], 3);
    assert_int_equal(hits[SX_MATCH_VOC], 1);
    assert_int_equal(hits[SX_MATCH_CENTRE], 3);
    assert_int_equal(ignored[SX_MATCH_COCO], 0);
    assert_int_equal(ignored[SX_MATCH_CENTRE], 4); /* the third lies on lesions already found */
}

/* Of two true boxes with the same IoU COCO takes the later, which here leaves nothing for the next
 * box. */
static void equal_overlaps_go_to_the_later(void **state) {
    (void)state;
    static const sx_truth_box truth[2] = { { 0, 0, 10, 10, 100, 0, 0, false },
                                           { 4, 0, 10, 10, 100, 0, 0, false } };
    static const sx_found_box found[2] = { { 2, 0, 10, 10, 0.9, 0, 0 },
                                           { 6, 0, 10, 10, 0.8, 0, 0 } };
    sx_boxes b = { truth, 2, found, 2, 1, 1 };
    sx_error err = { 0 };
    sx_coco_result r;
    CHECK_OK(sx_coco_evaluate(&b, sx_coco_ious, 1, &r, &err), err);
    CHECK_NEAR(r.stats[8], 0.5, 0);
    sx_coco_result_free(&r);
}

static void crowds_are_neither_right_nor_wrong(void **state) {
    (void)state;
    sx_truth_box truth[2] = { two_truths[0], two_truths[1] };
    truth[0].crowd = true;
    sx_boxes b = { truth, 2, four_found, 4, 1, 1 };
    sx_error err = { 0 };
    sx_coco_result r;
    CHECK_OK(sx_coco_evaluate(&b, sx_vindr_ious + 6, 1, &r, &err), err);
    /* both boxes on the crowd are left out: one false positive, then B */
    CHECK_NEAR(r.stats[1], 0.5, 1e-12);
    CHECK_NEAR(r.stats[8], 1, 1e-12);
    sx_coco_result_free(&r);
}

static void empty_sets_have_no_average_precision(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_coco_result r;
    sx_boxes nothing = { NULL, 0, NULL, 0, 3, 2 }, no_truth = { NULL, 0, four_found, 4, 1, 1 },
             none_found = { two_truths, 2, NULL, 0, 1, 1 };
    CHECK_OK(sx_coco_evaluate(&nothing, sx_coco_ious, 10, &r, &err), err);
    assert_true(isnan(r.stats[0]) && isnan(r.stats[8]));
    sx_coco_result_free(&r);
    CHECK_OK(sx_coco_evaluate(&no_truth, sx_coco_ious, 10, &r, &err), err);
    assert_true(isnan(r.stats[0]));
    sx_coco_result_free(&r);
    CHECK_OK(sx_coco_evaluate(&none_found, sx_coco_ious, 10, &r, &err), err);
    CHECK_NEAR(r.stats[0], 0, 0);
    CHECK_NEAR(r.stats[8], 0, 0);
    sx_coco_result_free(&r);
}

static void bad_boxes_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_coco_result r;
    sx_truth_box truth = two_truths[0];
    sx_found_box found = four_found[0];
    sx_boxes b = { &truth, 1, &found, 1, 1, 1 };
    found.score = NAN;
    CHECK_FAILS(sx_coco_evaluate(&b, sx_coco_ious, 10, &r, &err), err, SX_ERR_VALUE,
                "score is not finite");
    found = four_found[0];
    found.w = -1;
    CHECK_FAILS(sx_coco_evaluate(&b, sx_coco_ious, 10, &r, &err), err, SX_ERR_VALUE, "not a box");
    found = four_found[0];
    found.label = 1;
    CHECK_FAILS(sx_coco_evaluate(&b, sx_coco_ious, 10, &r, &err), err, SX_ERR_VALUE,
                "class out of range");
    found = four_found[0];
    truth.film = 1;
    CHECK_FAILS(sx_coco_evaluate(&b, sx_coco_ious, 10, &r, &err), err, SX_ERR_VALUE,
                "film or class out of range");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(average_precision_is_pycocotools),
        cmocka_unit_test(average_precision_after_the_decision_rule),
        cmocka_unit_test(weights_are_copies_of_films),
        cmocka_unit_test(voc_by_hand),
        cmocka_unit_test(the_rules_differ_where_they_should),
        cmocka_unit_test(equal_overlaps_go_to_the_later),
        cmocka_unit_test(crowds_are_neither_right_nor_wrong),
        cmocka_unit_test(empty_sets_have_no_average_precision),
        cmocka_unit_test(bad_boxes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
