/* Whole evaluations on golden case F: from files to JSON, tables and page. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/page_check.h"

#include "base/files.h"
#include "base/notice.h"
#include "base/writer.h"
#include "evaluation/evaluation.h"
#include "metrics/ap.h"

typedef struct opened {
    sx_run run;
    sx_truth truth;
    sx_predictions pred[3];
    sx_eval_input in;
} opened;

static opened *open_files(const char *truth, size_t n, const char *const *pred) {
    opened *o = calloc(1, sizeof *o);
    sx_error err = { 0 };
    sx_manifest_options how = { 0 };
    sx_prediction_options as = { 0 };
    sx_run_start(&o->run, NULL, 0, NULL);
    CHECK_OK(sx_truth_load(&o->truth, truth, &how, NULL, &err), err);
    for (size_t i = 0; i < n; i++)
        CHECK_OK(sx_predictions_load(&o->pred[i], pred[i], NULL, &o->truth, &as, &err), err);
    o->in = (sx_eval_input){ .run = &o->run,
                             .truth_path = truth,
                             .truth = &o->truth,
                             .predictions = o->pred,
                             .prediction_count = n,
                             .boot = { 50, 1999, 0.95 },
                             .list = "all.txt",
                             .page = true };
    return o;
}

static void close_files(opened *o) {
    sx_truth_free(&o->truth);
    for (size_t i = 0; i < 3; i++)
        sx_predictions_free(&o->pred[i]);
    free(o);
}

static json_t *golden(const char *name) {
    json_error_t e;
    json_t *j = json_load_file(check_golden(name), 0, &e);
    if (!j) fail_msg("%s: %s", name, e.text);
    return j;
}

/* By a path of keys separated by '|', numbers for elements of arrays. */
static json_t *at(json_t *j, const char *path) {
    char buf[300], *save = NULL;
    snprintf(buf, sizeof buf, "%s", path);
    for (char *key = strtok_r(buf, "|", &save); key; key = strtok_r(NULL, "|", &save)) {
        j = json_is_array(j) ? json_array_get(j, strtoul(key, NULL, 10)) : json_object_get(j, key);
        if (!j) fail_msg("no %s", path);
    }
    return j;
}

static double number(json_t *j, const char *path) {
    json_t *v = at(j, path);
    return json_is_null(v) ? NAN : json_number_value(v);
}

static void check_near(double got, double want, double bound, const char *what) {
    if (!(fabs(got - want) <= bound) && !(isnan(got) && isnan(want)))
        fail_msg("%s: %.17g, not %.17g", what, got, want);
}

static const char *scores_csv(const char *name, json_t *labels, json_t *scores, bool truth) {
    sx_str s = { 0 };
    sx_error err = { 0 };
    sx_str_add(&s, truth ? "image_id,study_id,abnormal\n" : "image_id,score\n");
    for (size_t i = 0; i < json_array_size(labels); i++)
        if (truth)
            sx_str_printf(&s, "f%zu,s%zu,%d\n", i, i / 2,
                          (int)json_integer_value(json_array_get(labels, i)));
        else
            sx_str_printf(&s, "f%zu,%.17g\n", i, json_number_value(json_array_get(scores, i)));
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, s.data, s.len, &err), err);
    sx_str_free(&s);
    return path;
}

static opened *open_case_f3(void) {
    json_t *j = golden("eval/classification.json");
    json_t *labels = at(j, "labels"), *scores = at(j, "scores_float32");
    const char *pred[1] = { scores_csv("pred.csv", labels, scores, false) };
    opened *o = open_files(scores_csv("truth.csv", labels, scores, true), 1, pred);
    json_decref(j);
    return o;
}

static const sx_threshold_rule youden = { NAN, NULL, NAN, NAN };

static void classify_repeats_the_authors(void **state) {
    (void)state;
    opened *o = open_case_f3();
    json_t *want = golden("eval/classification.json");
    sx_classify_options how = { .threshold = youden, .vindr = true, .bin_count = 10 };
    sx_eval_output out;
    sx_error err = { 0 };
    o->in.boot.resamples = 10000;
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    static const char *const ours[5] = { "auroc", "f1", "sensitivity", "specificity", "precision" };
    static const char *const theirs[5] = { "AUC", "F1", "Sensitivity", "Specificity", "Precision" };
    static const char *const parts[3][2] = { { "mean", "mean" },
                                             { "low", "lower" },
                                             { "high", "upper" } };
    for (int k = 0; k < 5; k++) {
        char a[100], b[100];
        snprintf(a, sizeof a, "models|0|vindr|%s|value", ours[k]);
        snprintf(b, sizeof b, "point|Abnormal_%s", theirs[k]);
        check_near(number(out.json.root, a), number(want, b), 1e-12, a);
        for (int p = 0; p < 3; p++) {
            snprintf(a, sizeof a, "models|0|vindr|%s|%s", ours[k], parts[p][0]);
            snprintf(b, sizeof b, "bootstrap_%s|%s", theirs[k], parts[p][1]);
            check_near(number(out.json.root, a), number(want, b), 1e-12, a);
        }
    }
    assert_string_equal(json_string_value(at(out.json.root, "bootstrap|unit")), "film");
    sx_eval_output_free(&out);
    json_decref(want);
    close_files(o);
}

/* A threshold written by one evaluation and read by the next one calls the same films abnormal. */
static void thresholds_travel_between_sets(void **state) {
    (void)state;
    opened *o = open_case_f3();
    sx_classify_options how = { .threshold = youden, .bin_count = 10 };
    sx_eval_output out, again;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    const char *path = check_tmp_path("val.json");
    char *text = json_dumps(out.json.root, JSON_REAL_PRECISION(17));
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    free(text);
    how.threshold.from = path;
    CHECK_OK(sx_eval_classify(&o->in, &how, &again, &err), err);
    assert_true(json_equal(at(out.json.root, "models|0|confusion"),
                           at(again.json.root, "models|0|confusion")));
    assert_true(json_is_true(at(out.json.root, "models|0|threshold|chosen_here")));
    assert_true(json_is_false(at(again.json.root, "models|0|threshold|chosen_here")));
    assert_non_null(strstr(json_string_value(at(again.json.root, "models|0|threshold|origin")),
                           "Youden's J, chosen on"));
    assert_string_equal(json_string_value(at(again.json.root, "bootstrap|unit")), "study");
    sx_eval_output_free(&out);
    sx_eval_output_free(&again);
    how.threshold.from = check_golden("eval/classification.json");
    CHECK_FAILS(sx_eval_classify(&o->in, &how, &out, &err), err, SX_ERR_FORMAT,
                "is not the output of `spinexr eval classify");
    how.threshold = youden;
    how.level = SX_UNIT_STUDY;
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    check_near(number(out.json.root, "cases|n"), 250, 0, "studies");
    sx_eval_output_free(&out);
    close_files(o);
}

static void pages_and_tables_hold_the_numbers(void **state) {
    (void)state;
    opened *o = open_case_f3();
    sx_classify_options how = { .threshold = youden, .bin_count = 10, .paper = true };
    sx_eval_output out;
    sx_error err = { 0 };
    sx_str html = { 0 }, csv = { 0 }, text = { 0 };
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    CHECK_OK(sx_doc_to_html(out.doc, &html, &err), err);
    CHECK_OK(sx_doc_to_csv(out.doc, &csv, &err), err);
    CHECK_OK(sx_doc_to_text(out.doc, &text, &err), err);
    assert_non_null(strstr(html.data, "<svg"));
    assert_non_null(strstr(html.data, "AUROC 0.849"));
    check_page(html.data);
    assert_non_null(strstr(html.data, SX_NOTICE));
    assert_null(strstr(text.data, SX_NOTICE));
    assert_null(strstr(html.data, "nan"));
    assert_non_null(strstr(csv.data, "measures,AUROC,"));
    assert_non_null(strstr(csv.data, ",0.84922082363094"));
    assert_non_null(strstr(text.data, "0.8492 ("));
    assert_non_null(strstr(text.data, "88.61 (87.20, 90.00)"));
    sx_str_free(&html);
    sx_str_free(&csv);
    sx_str_free(&text);
    sx_eval_output_free(&out);
    close_files(o);
}

/* Truth of one class: a threshold cannot be chosen; with a given one, defined values are printed
 * and the others are null. */
static void one_class_truth(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *truth = check_tmp_path("one.csv"), *pred[1] = { check_tmp_path("onep.csv") };
    CHECK_OK(sx_write_file(truth, "image_id,abnormal\na,1\nb,1\n", 25, &err), err);
    CHECK_OK(sx_write_file(pred[0], "image_id,score\na,0.9\nb,0.2\n", 27, &err), err);
    opened *o = open_files(truth, 1, pred);
    sx_classify_options how = { .threshold = youden, .bin_count = 10 };
    sx_eval_output out;
    CHECK_FAILS(sx_eval_classify(&o->in, &how, &out, &err), err, SX_ERR_VALUE,
                "all 2 films are abnormal: no threshold can be chosen");
    how.threshold.given = 0.5;
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    assert_true(json_is_null(at(out.json.root, "models|0|measures|auroc|value")));
    assert_true(json_is_null(at(out.json.root, "models|0|measures|specificity|value")));
    check_near(number(out.json.root, "models|0|measures|sensitivity|value"), 0.5, 0, "sensitivity");
    assert_int_equal(json_array_size(at(out.json.root, "warnings")), 2);
    sx_eval_output_free(&out);
    close_files(o);
}

static void films_without_a_score(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *truth = check_tmp_path("two.csv"), *pred[1] = { check_tmp_path("twop.csv") };
    CHECK_OK(sx_write_file(truth, "image_id,abnormal\na,1\nb,0\nc,0\n", 29, &err), err);
    CHECK_OK(sx_write_file(pred[0], "image_id,score\na,0.9\nb,0.2\n", 27, &err), err);
    opened *o = open_files(truth, 1, pred);
    sx_classify_options how = { .threshold = youden, .bin_count = 10 };
    sx_eval_output out;
    CHECK_FAILS(sx_eval_classify(&o->in, &how, &out, &err), err, SX_ERR_MISSING,
                "1 of 3 films has no score, the first c in");
    o->in.skip_missing = true;
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    check_near(number(out.json.root, "cases|films_without_score"), 1, 0, "left out");
    check_near(number(out.json.root, "cases|n"), 2, 0, "judged");
    sx_eval_output_free(&out);
    close_files(o);
    CHECK_OK(sx_write_file(truth, "image_id,abnormal\na,1\nb,0\nc,\n", 28, &err), err);
    o = open_files(truth, 1, pred);
    CHECK_FAILS(sx_eval_classify(&o->in, &how, &out, &err), err, SX_ERR_MISSING,
                "two.csv:4: 1 of 3 films has no label, the first c");
    o->in.skip_missing = true;
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    check_near(number(out.json.root, "cases|n"), 2, 0, "judged");
    sx_eval_output_free(&out);
    close_files(o);
}

static opened *open_case_f1(size_t preds, const char *const *more) {
    const char *pred[3] = { check_golden("eval/detections.json"), more ? more[0] : NULL, NULL };
    return open_files(check_golden("eval/gt_coco.json"), preds, pred);
}

static sx_detect_report_options vindr_setting(void) {
    sx_detect_report_options o = {
        .iou_count = 7, .iou_one = 0.5, .fp_per_image = 1, .most_per_film = 100, .paper = true
    };
    memcpy(o.ious, sx_vindr_ious, sizeof sx_vindr_ious);
    return o;
}

static void detect_is_pycocotools(void **state) {
    (void)state;
    opened *o = open_case_f1(1, NULL);
    json_t *want = golden("eval/detection_metrics.json");
    sx_detect_report_options how = vindr_setting();
    sx_eval_output out, again;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_detect(&o->in, &how, &out, &err), err);
    check_near(100 * number(out.json.root, "models|0|ap|value"), number(want, "authors_results|AP"),
               1e-9, "AP");
    check_near(100 * number(out.json.root, "models|0|ap_one|value"),
               number(want, "authors_results|AP50"), 1e-9, "AP50");
    check_near(100 * number(out.json.root, "models|0|stats|ap_small"),
               number(want, "authors_results|APs"), 1e-9, "APs");
    check_near(100 * number(out.json.root, "models|0|classes|Osteophytes|ap_one|value"),
               number(want, "authors_results|AP50-Osteophytes"), 1e-9, "AP50 of a class");
    check_near(number(out.json.root, "models|0|coco|ap"), number(want, "coco_standard_stats12|0"),
               1e-9, "COCO AP");
    check_near(number(out.json.root, "models|0|coco|ar_large"),
               number(want, "coco_standard_stats12|11"), 1e-9, "COCO AR");
    assert_true(json_is_null(at(out.json.root, "models|0|classes|Other lesions|ap|value")));
    const char *path = check_tmp_path("points.json");
    char *text = json_dumps(out.json.root, JSON_REAL_PRECISION(17));
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    free(text);
    how.points_from = path;
    CHECK_OK(sx_eval_detect(&o->in, &how, &again, &err), err);
    assert_true(json_equal(at(out.json.root, "models|0|confusion"),
                           at(again.json.root, "models|0|confusion")));
    sx_eval_output_free(&out);
    sx_eval_output_free(&again);
    json_decref(want);
    close_files(o);
}

static void nothing_true_is_no_silent_zero(void **state) {
    (void)state;
    sx_error err = { 0 };
    static const char normal[] =
        "image_id,lesion_type,xmin,ymin,xmax,ymax\na,No finding,,,,\nb,No finding,,,,\n";
    static const char found[] =
        "image_id,lesion_type,xmin,ymin,xmax,ymax,score\na,Osteophytes,1,2,3,4,0.5\n";
    const char *truth = check_tmp_path("normal.csv"), *pred[1] = { check_tmp_path("found.csv") };
    CHECK_OK(sx_write_file(truth, normal, strlen(normal), &err), err);
    CHECK_OK(sx_write_file(pred[0], found, strlen(found), &err), err);
    sx_truth t;
    sx_manifest_options with = { .classes = "vindr" };
    CHECK_OK(sx_truth_load(&t, truth, &with, NULL, &err), err);
    sx_predictions p;
    sx_prediction_options as = { 0 };
    CHECK_OK(sx_predictions_load(&p, pred[0], NULL, &t, &as, &err), err);
    sx_run run;
    sx_run_start(&run, NULL, 0, NULL);
    sx_eval_input in = { .run = &run,
                         .truth_path = truth,
                         .truth = &t,
                         .predictions = &p,
                         .prediction_count = 1,
                         .boot = { 20, 1, 0.95 },
                         .page = true };
    sx_detect_report_options how = vindr_setting();
    sx_eval_output out;
    /* Whether b was examined cannot be known, unless a list or an option says so. */
    CHECK_FAILS(sx_eval_detect(&in, &how, &out, &err), err, SX_ERR_MISSING,
                "1 of 2 films has no prediction, the first b");
    in.list = "all.txt";
    CHECK_OK(sx_eval_detect(&in, &how, &out, &err), err);
    assert_true(json_is_null(at(out.json.root, "models|0|ap|value")));
    assert_true(json_is_null(at(out.json.root, "models|0|froc|pooled|mean|value")));
    check_near(
        number(out.json.root, "models|0|operating_points|classes|Osteophytes|fp_per_film|value"),
        0.5, 0, "FP");
    json_t *points = at(out.json.root, "models|0|operating_points");
    assert_true(json_is_null(at(points, "classes|Osteophytes|precision|value")));
    assert_true(json_is_null(at(points, "classes|Osteophytes|f1|value")));
    assert_true(json_is_null(at(points, "all|precision|value")));
    assert_true(json_is_null(at(points, "all|f1|value")));
    assert_non_null(
        strstr(json_string_value(at(out.json.root, "warnings|1")), "No film has a true box"));
    sx_eval_output_free(&out);
    sx_predictions_free(&p);
    sx_truth_free(&t);
}

static const char *framework_scores(void) {
    json_t *j = golden("eval/combine.json"), *v;
    const char *key, *path = check_tmp_path("scores.csv");
    sx_str s = { 0 };
    sx_error err = { 0 };
    sx_str_add(&s, "image_id,probability\n");
    json_object_foreach(at(j, "cls_probability"), key, v)
        sx_str_printf(&s, "%s,%.17g\n", key, json_number_value(v));
    CHECK_OK(sx_write_file(path, s.data, s.len, &err), err);
    sx_str_free(&s);
    json_decref(j);
    return path;
}

static void pipeline_is_the_authors_framework(void **state) {
    (void)state;
    const char *pred[2] = { framework_scores(), check_golden("eval/detections.json") };
    opened *o = open_files(check_golden("eval/gt_coco.json"), 2, pred);
    json_t *want = golden("eval/combine.json"), *alone = golden("eval/detection_metrics.json");
    sx_pipeline_options how = { .threshold = 0.28, .keep = 0.5, .iou_one = 0.5, .paper = true };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_pipeline(&o->in, &how, &out, &err), err);
    check_near(100 * number(out.json.root, "rule|ap"), number(want, "metrics|authors_results|AP"),
               1e-9, "AP");
    check_near(100 * number(out.json.root, "rule|ap_one"),
               number(want, "metrics|authors_results|AP50"), 1e-9, "AP50");
    check_near(number(out.json.root, "rule|boxes_withheld"), 2859 - 2603, 0, "withheld");
    check_near(100 * number(out.json.root, "detector_alone|ap"),
               number(alone, "authors_results|AP"), 1e-9, "alone");
    check_near(number(out.json.root, "change|ap_one|change|value"),
               number(out.json.root, "rule|ap_one") -
                   number(out.json.root, "detector_alone|ap_one"),
               1e-15, "change");
    assert_int_equal(json_array_size(at(out.json.root, "thresholds")), 22);
    assert_int_equal(json_array_size(at(out.json.root, "grid")), 110);
    sx_eval_output_free(&out);
    json_decref(want);
    json_decref(alone);
    close_files(o);
    const char *boxes[1] = { check_golden("eval/detections.json") };
    o = open_files(check_golden("eval/gt_coco.json"), 1, boxes);
    CHECK_FAILS(sx_eval_pipeline(&o->in, &how, &out, &err), err, SX_ERR_MISSING,
                "has no scores of films");
    close_files(o);
}

static void compare_finds_no_difference_with_itself(void **state) {
    (void)state;
    const char *same[1] = { check_golden("eval/detections.json") };
    opened *o = open_case_f1(2, same);
    sx_compare_options how = { .detect = true, .threshold = youden, .iou_one = 0.5 };
    sx_eval_output out;
    sx_error err = { 0 };
    size_t i;
    json_t *row;
    CHECK_OK(sx_eval_compare(&o->in, &how, &out, &err), err);
    assert_int_equal(json_array_size(at(out.json.root, "differences")), 24);
    json_array_foreach(at(out.json.root, "differences"), i, row) if (!json_is_null(at(row, "a"))) {
        check_near(number(row, "difference|value"), 0, 0, "difference");
        check_near(number(row, "p"), 1, 0, "p");
    }
    sx_eval_output_free(&out);
    close_files(o);
}

static void compare_is_paired_delong(void **state) {
    (void)state;
    json_t *j = golden("eval/ensemble.json"), *want = golden("eval/delong_paired.json");
    json_t *labels = at(j, "labels");
    const char *pred[2] = { scores_csv("a.csv", labels, at(j, "probabilities_float32|0"), false),
                            scores_csv("b.csv", labels, at(j, "probabilities_float32|1"), false) };
    opened *o = open_files(scores_csv("t.csv", labels, labels, true), 2, pred);
    sx_compare_options how = { .threshold = youden };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_compare(&o->in, &how, &out, &err), err);
    check_near(number(out.json.root, "differences|0|p"), number(want, "p_two_sided"), 1e-11, "p");
    check_near(number(out.json.root, "differences|0|difference|value"),
               number(want, "auc_model1") - number(want, "auc_model0"), 1e-14, "difference");
    assert_int_equal(number(out.json.root, "holm|tests"), 1 + SX_MEASURES + 3);
    const double smallest = number(out.json.root, "differences|0|p");
    sx_eval_output_free(&out);
    /* a family that was named */
    how.measures = "sensitivity:mcnemar, auroc:delong";
    CHECK_OK(sx_eval_compare(&o->in, &how, &out, &err), err);
    assert_int_equal(json_array_size(at(out.json.root, "differences")), 2);
    assert_int_equal(number(out.json.root, "holm|tests"), 2);
    const double p = number(out.json.root, "differences|0|p"),
                 other = number(out.json.root, "differences|1|p");
    check_near(p, smallest, 0, "p");
    check_near(number(out.json.root, "differences|0|p_holm"),
               fmin(p < other ? 2 * p : fmax(p, 2 * other), 1), 1e-15, "Holm");
    sx_eval_output_free(&out);
    how.measures = "auroc,colour";
    CHECK_FAILS(sx_eval_compare(&o->in, &how, &out, &err), err, SX_ERR_USAGE,
                "--measures: no test \"colour\" in this comparison, which has auroc, ");
    close_files(o);
    json_decref(j);
    json_decref(want);
}

static void agreement_of_three_readers(void **state) {
    (void)state;
    static const char text[] =
        "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
        "a,R1,Osteophytes,0,0,10,10\na,R2,Osteophytes,0,0,10,9\na,R3,No finding,,,,\n"
        "b,R1,No finding,,,,\nb,R2,No finding,,,,\nb,R3,No finding,,,,\n"
        "c,R1,Osteophytes,0,0,10,10\nc,R2,No finding,,,,\n";
    sx_error err = { 0 };
    const char *path = check_tmp_path("readers.csv");
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    opened *o = open_files(path, 0, NULL);
    sx_eval_output out;
    CHECK_OK(sx_eval_agreement(&o->in, 0.5, &out, &err), err);
    /* osteophytes (class 2): R1, R2 agree on a and b, not on c: po 2/3, pe (2/3)(1/3) + (1/3)(2/3)
     * = 4/9 */
    check_near(number(out.json.root, "cohen|2|kappa|value"), (2 / 3.0 - 4 / 9.0) / (5 / 9.0), 1e-12,
               "Cohen");
    check_near(number(out.json.root, "cohen|2|films"), 3, 0, "films");
    /* P: a (2 of 3) 1/3, b 1, c (1 of 2) 0; share of yes 3/8 */
    double pe = 9 / 64.0 + 25 / 64.0, po = (1 / 3.0 + 1 + 0) / 3;
    check_near(number(out.json.root, "fleiss|2|kappa|value"), (po - pe) / (1 - pe), 1e-12,
               "Fleiss");
    check_near(number(out.json.root, "boxes|0|f1"), 2 / 3.0, 1e-12, "F1");
    check_near(number(out.json.root, "boxes|0|mean_iou"), 0.9, 1e-12, "IoU");
    sx_eval_output_free(&out);
    close_files(o);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classify_repeats_the_authors),
        cmocka_unit_test(thresholds_travel_between_sets),
        cmocka_unit_test(pages_and_tables_hold_the_numbers),
        cmocka_unit_test(one_class_truth),
        cmocka_unit_test(films_without_a_score),
        cmocka_unit_test(detect_is_pycocotools),
        cmocka_unit_test(nothing_true_is_no_silent_zero),
        cmocka_unit_test(pipeline_is_the_authors_framework),
        cmocka_unit_test(compare_finds_no_difference_with_itself),
        cmocka_unit_test(compare_is_paired_delong),
        cmocka_unit_test(agreement_of_three_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
