/* Predictions: supported input, and the handling of inconsistent input. */
#include <string.h>

#include "evaluation/eval_files.h"

#include "base/str.h"
#include "evaluation/predictions.h"

static const sx_prediction_options strict = { 0 }, lenient = { NULL, true, true, false },
                                   scores_only = { .scores_only = true };

static sx_predictions predictions_of(const sx_truth *t, const char *text,
                                     const sx_prediction_options *o) {
    sx_predictions p;
    sx_error err = { 0 };
    CHECK_OK(sx_predictions_load(&p, file_with("pred", text), NULL, t, o, &err), err);
    return p;
}

static void predictions_of_every_kind(void **state) {
    (void)state;
    sx_truth t = truth_of(ANNOTATIONS);
    sx_predictions p = predictions_of(&t, "image_id,probability\na,0.25\nb,1\nc,0\n", &strict);
    assert_true(p.has_scores && !p.has_boxes && p.scores[0] == 0.25 && p.unseen == 0);
    sx_predictions_free(&p);
    p = predictions_of(
        &t,
        "image_id,lesion_type,xmin,ymin,xmax,ymax,score\n"
        "b,Osteophytes,10,10,50,41,0.9\nb,Osteophytes,10,10,50,41,0.9\na,No finding,,,,,\n",
        &strict);
    assert_true(p.has_boxes && !p.has_scores);
    assert_int_equal(p.box_count, 2);
    assert_int_equal(p.duplicates, 1);
    assert_int_equal(p.unseen, 1); /* c */
    assert_true(p.boxes[0].w == 40 && p.boxes[0].h == 31 && p.boxes[0].score == 0.9);
    sx_predictions_free(&p);
    p = predictions_of(
        &t, "[{\"image_id\": \"b\", \"category_id\": 5.0, \"bbox\": [1, 2, 3, 4], \"score\": 0.5}]",
        &strict);
    assert_true(p.ids_by_position);
    assert_string_equal(t.class_names.items[p.boxes[0].label], "Surgical implant");
    sx_predictions_free(&p);
    p = predictions_of(&t, "[]", &strict); /* a detector that found nothing */
    assert_int_equal(p.box_count, 0);
    assert_int_equal(p.unseen, 3);
    sx_predictions_free(&p);
    p = predictions_of(
        &t,
        "{\"schema\": \"spinexr-report/1\", \"labels\": [\"Osteophytes\"], \"failed\": [{}], "
        "\"studies\": [{\"films\": [{\"image_id\": \"a\", \"probability\": 0.75, \"withheld\": 2, "
        "\"findings\": [{\"name\": \"Osteophytes\", \"score\": 0.5, \"box\": [1, 2, 4, 6]}]}]}]}",
        &strict);
    assert_true(p.has_scores && p.has_boxes && p.scores[0] == 0.75 && p.boxes[0].h == 4);
    assert_int_equal(p.withheld, 2);
    assert_int_equal(p.failed, 1);
    sx_predictions_free(&p);
    sx_truth_free(&t);
}

/* A report holds every box: the paper's rule chooses those that are evaluated, and operating points
 * those that are shown. */
#define WHOLE(kind)                                                                                \
    "{\"schema\": \"spinexr-report/1\", \"labels\": [\"Osteophytes\"], \"rule\": {\"kind\": "      \
    "\"" kind                                                                                      \
    "\", \"threshold\": 0.5, \"keep\": 0.4}, \"studies\": [{\"films\": [{\"image_id\": \"a\", "    \
    "\"probability\": 0.25, \"withheld\": 2, \"findings\": [{\"name\": \"Osteophytes\", "          \
    "\"score\": "                                                                                  \
    "0.75, \"box\": [1, 2, 4, 6]}], \"boxes\": [{\"label\": 0, \"score\": 0.75, \"box\": [1, 2, "  \
    "4, "                                                                                          \
    "6]}, {\"label\": 0, \"score\": 0.4, \"box\": [1, 2, 4, 6]}, {\"label\": 0, \"score\": 0.3, "  \
    "\"box\": [1, 2, 4, 6]}]}, {\"image_id\": \"b\", \"probability\": 0.5, \"findings\": [], "     \
    "\"boxes\": [{\"label\": 0, \"score\": 0.1, \"box\": [1, 2, 4, 6]}]}]}]}"

static void the_rule_chooses_among_all_boxes(void **state) {
    (void)state;
    size_t shown;
    sx_truth t = truth_of(ANNOTATIONS);
    sx_predictions p = predictions_of(&t, WHOLE("operating points"), &strict);
    assert_true(p.has_all_boxes && p.withheld == 0);
    assert_int_equal(p.all_box_count, 4);
    assert_int_equal(p.box_count, 3); /* two of a, the one of b */
    assert_true(p.boxes[3].score == 0.3);
    assert_true(sx_predictions_shown(&p, &shown) == p.findings && shown == 1);
    sx_predictions_free(&p);
    p = predictions_of(&t, WHOLE("paper"), &strict);
    assert_int_equal(p.box_count, 3);
    assert_true(sx_predictions_shown(&p, &shown) == p.boxes && shown == 3);
    sx_predictions_free(&p);
    p = predictions_of(&t, WHOLE("all boxes"), &strict);
    assert_int_equal(p.box_count, 4);
    sx_predictions_free(&p);
    sx_truth_free(&t);
}

#define REPORT                                                                                     \
    "{\"schema\": \"spinexr-report/1\", \"labels\": [\"Fracture\"], \"studies\": [{\"films\": "    \
    "[{\"image_id\": "                                                                             \
    "\"a\", \"probability\": 0.75, \"withheld\": 0, \"findings\": [{\"name\": \"Fracture\", "      \
    "\"score\": "                                                                                  \
    "0.5, "                                                                                        \
    "\"box\": [1, 2, 4, 6]}]}]}]}"

/* A classifier is judged on a truth without classes from a report that also holds boxes. */
static void boxes_are_left_alone_where_only_scores_count(void **state) {
    (void)state;
    sx_truth t = truth_of("image_id,abnormal\na,1\nb,0\n");
    sx_predictions p = predictions_of(&t, REPORT, &scores_only);
    assert_true(p.has_scores && p.scores[0] == 0.75);
    assert_int_equal(p.box_count, 0);
    sx_predictions_free(&p);
    sx_error err = { 0 };
    CHECK_FAILS(sx_predictions_load(&p, file_with("pred", REPORT), NULL, &t, &strict, &err), err,
                SX_ERR_MISMATCH, "film a: class \"Fracture\" is not in the truth");
    sx_truth_free(&t);
}

static void check_bad_predictions(const sx_truth *t, const char *text, sx_error_code code,
                                  const char *message) {
    sx_predictions p;
    sx_error err = { 0 };
    CHECK_FAILS(sx_predictions_load(&p, file_with("pred", text), NULL, t, &strict, &err), err, code,
                message);
}

#define FOUND "image_id,lesion_type,xmin,ymin,xmax,ymax,score\n"

/* A report of two films. */
#define LISTS(of_a, of_b)                                                                          \
    "{\"schema\": \"spinexr-report/1\", \"labels\": [\"Osteophytes\"], \"studies\": [{"            \
    "\"films\": [{\"image_id\": \"a\", " of_a "}, {\"image_id\": \"b\", " of_b "}]}]}"

/* Neither `boxes` nor a single box in the findings: nobody looked for boxes. */
static void a_report_without_boxes_predicts_none(void **state) {
    (void)state;
    sx_truth t = truth_of(ANNOTATIONS);
    sx_predictions p = predictions_of(&t, LISTS("\"findings\": []", "\"findings\": []"), &strict);
    assert_false(p.has_boxes);
    sx_predictions_free(&p);
    p = predictions_of(&t, LISTS("\"boxes\": []", "\"boxes\": []"), &strict);
    assert_true(p.has_boxes); /* a detector that found nothing */
    sx_predictions_free(&p);
    sx_truth_free(&t);
}

static void bad_predictions_are_named(void **state) {
    (void)state;
    sx_truth t = truth_of(ANNOTATIONS);
    check_bad_predictions(&t, "", SX_ERR_FORMAT, "pred: is empty");
    check_bad_predictions(&t, "image_id,score\n", SX_ERR_FORMAT, "pred: has a header but no row");
    check_bad_predictions(&t, FOUND "a,No finding,1,1,9,9,0.5\n", SX_ERR_FORMAT,
                          "pred:2: a box in a row \"No finding\"");
    check_bad_predictions(&t, FOUND "a,,,,,,\n", SX_ERR_FORMAT,
                          "pred:2: no lesion_type: a run without a detector");
    check_bad_predictions(&t, LISTS("\"boxes\": null", "\"boxes\": []"), SX_ERR_FORMAT,
                          "pred: film a: boxes is not a list");
    check_bad_predictions(&t, LISTS("\"boxes\": []", "\"findings\": []"), SX_ERR_FORMAT,
                          "pred: film b: boxes is missing on some films of the report");
    check_bad_predictions(&t, LISTS("\"findings\": []", "\"boxes\": []"), SX_ERR_FORMAT,
                          "pred: film b: boxes is missing on some films of the report");
    check_bad_predictions(&t, LISTS("\"findings\": null", "\"findings\": []"), SX_ERR_FORMAT,
                          "pred: film a: findings is not a list");
    check_bad_predictions(&t, LISTS("\"withheld\": 0", "\"boxes\": []"), SX_ERR_FORMAT,
                          "pred: film a: has neither boxes nor findings");
    check_bad_predictions(
        &t,
        "{\"schema\": \"spinexr-report/1\", \"labels\": [\"Osteophytes\"], \"rule\": {\"kind\": "
        "\"operating points\"}, \"studies\": [{\"films\": [{\"image_id\": \"a\", \"findings\": "
        "[]}]}]}",
        SX_ERR_FORMAT, "pred: film a: boxes is missing; the findings at operating points");
    check_bad_predictions(&t, "image_id,x\na,1\n", SX_ERR_MISSING, "no column \"score\"");
    check_bad_predictions(&t, "image_id,score\nd,1\n", SX_ERR_MISMATCH,
                          "pred:2: film \"d\" is not in the truth");
    check_bad_predictions(&t, "image_id,score\na,0.5\na,0.5\n", SX_ERR_FORMAT,
                          "pred:3: film \"a\" has two scores");
    check_bad_predictions(&t, "image_id,score\na,1.5\n", SX_ERR_VALUE,
                          "pred:2: score 1.5 is not in 0..1");
    check_bad_predictions(&t, "image_id,score\na,nan\n", SX_ERR_VALUE,
                          "pred:2: the score is not a finite number");
    check_bad_predictions(&t, "image_id,score\na,inf\n", SX_ERR_VALUE,
                          "pred:2: the score is not a finite number");
    check_bad_predictions(&t, "image_id,score\na,high\n", SX_ERR_FORMAT,
                          "pred:2: score: \"high\" is not a number");
    check_bad_predictions(&t, FOUND "b,Fracture,1,2,3,4,0.5\n", SX_ERR_MISMATCH,
                          "pred:2: class \"Fracture\" is not in the truth");
    check_bad_predictions(&t, FOUND "b,Osteophytes,3,2,1,4,0.5\n", SX_ERR_VALUE,
                          "pred:2: not a box");
    check_bad_predictions(&t, FOUND "b,Osteophytes,1,2,3,4,\n", SX_ERR_FORMAT,
                          "pred:2: score: \"\" is not");
    check_bad_predictions(
        &t, "[{\"image_id\": \"b\", \"category_id\": 5, \"bbox\": [1, 2, 3], \"score\": 0.5}]",
        SX_ERR_FORMAT, "pred: result 0: lacks image_id");
    check_bad_predictions(
        &t, "[{\"image_id\": \"b\", \"category_id\": 9, \"bbox\": [1, 2, 3, 4], \"score\": 0.5}]",
        SX_ERR_MISMATCH, "pred: result 0: class \"category_id 9\"");
    check_bad_predictions(&t, "[{\"image_id\": \"b\", \"category_id\": 5, \"bbox\": [1, 2, 3, 4]}]",
                          SX_ERR_VALUE, "pred: result 0: the score is not a finite number");
    check_bad_predictions(&t, "{\"schema\": \"spinexr-report/2\"}", SX_ERR_UNSUPPORTED,
                          "neither COCO results nor");
    check_bad_predictions(&t, "{\"schema\": ", SX_ERR_FORMAT, "pred:1:");
    sx_truth_free(&t);
}

/* A report with one film and one box. */
#define REPORT_WITH(rule, film, label)                                                             \
    "{\"schema\": \"spinexr-report/1\", \"labels\": [\"Osteophytes\"], \"rule\": {" rule           \
    "}, \"studies\": [{\"films\": [{\"image_id\": \"a\"," film "\"boxes\": [{\"label\": " label    \
    ", \"score\": 0.5, \"box\": [1, 2, 3, 4]}]}]}]}"

static void bad_values_of_a_report_are_named(void **state) {
    (void)state;
    static const struct {
        const char *report, *says;
        int code;
    } bad[] = {
        { REPORT_WITH("", "\"probability\": 0.1,\n\"probability\": 0.99,", "0"),
          "pred:2: a duplicate key near", SX_ERR_FORMAT },
        { REPORT_WITH("", "\"width\": 0,", "0"), "pred: film a: width is not a whole number from 1",
          SX_ERR_VALUE },
        { REPORT_WITH("", "\"height\": -5,", "0"), "pred: film a: height is not a whole number",
          SX_ERR_VALUE },
        { REPORT_WITH("", "\"withheld\": \"1\",", "0"), "pred: film a: withheld is not a whole",
          SX_ERR_VALUE },
        { REPORT_WITH("", "\"probability\": \"0.5\",", "0"),
          "pred: film a: probability is neither a number nor null", SX_ERR_VALUE },
        { REPORT_WITH("", "\"unfamiliar\": 1,", "0"),
          "pred: film a: unfamiliar is neither true, false nor null", SX_ERR_VALUE },
        { REPORT_WITH("", "", "-1"), "pred: film a: label is not a whole number from 0 to 0",
          SX_ERR_VALUE },
        { REPORT_WITH("", "", "1"), "pred: film a: label is not", SX_ERR_VALUE },
        { REPORT_WITH("\"threshold\": \"x\"", "", "0"),
          "pred: rule: threshold is neither a number nor null", SX_ERR_VALUE },
        { REPORT_WITH("\"keep\": []", "", "0"), "pred: rule: keep is neither", SX_ERR_VALUE },
    };
    sx_truth t = truth_of(ANNOTATIONS);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_bad_predictions(&t, bad[i].report, bad[i].code, bad[i].says);
    sx_predictions p =
        predictions_of(&t, REPORT_WITH("\"keep\": null", "\"width\": 9,", "0.0"), &strict);
    assert_int_equal(p.box_count, 1);
    sx_predictions_free(&p);
    sx_truth_free(&t);
}

static void lenient_counts_what_it_drops(void **state) {
    (void)state;
    sx_truth t = truth_of(ANNOTATIONS);
    sx_predictions p = predictions_of(&t,
                                      FOUND "d,Osteophytes,1,2,3,4,0.5\nb,Fracture,1,2,3,4,0.5\n"
                                            "b,Osteophytes,1,2,3,4,17\n",
                                      &lenient);
    assert_int_equal(p.unknown_films, 1);
    assert_int_equal(p.unknown_classes, 1);
    assert_int_equal(p.box_count, 1);
    assert_true(p.boxes[0].score == 17);
    sx_predictions_free(&p);
    sx_error err = { 0 };
    const char *path = file_with("pred", "image_id,score\na,nan\n");
    CHECK_FAILS(sx_predictions_load(&p, path, NULL, &t, &lenient, &err), err, SX_ERR_VALUE,
                "not a finite number");
    sx_truth_free(&t);
}

static void a_million_rows(void **state) {
    (void)state;
    enum { FILMS = 1000, ROWS = 1000000 };
    sx_str truth = { 0 }, pred = { 0 };
    sx_str_add(&truth, HEAD);
    sx_str_add(&pred, FOUND);
    for (int i = 0; i < FILMS; i++)
        sx_str_printf(&truth, "film%d,R,Osteophytes,1,2,%d,40\n", i, 20 + i);
    for (int i = 0; i < ROWS; i++)
        sx_str_printf(&pred, "film%d,Osteophytes,1,2,%d,40,0.%03d\n", i % FILMS, 20 + i % 997,
                      i % 1000);
    sx_truth t = truth_of(sx_str_text(&truth));
    sx_predictions p = predictions_of(&t, sx_str_text(&pred), &strict);
    assert_int_equal(p.box_count, ROWS);
    sx_predictions_free(&p);
    sx_truth_free(&t);
    sx_str_free(&truth);
    sx_str_free(&pred);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_of_every_kind),
        cmocka_unit_test(a_report_without_boxes_predicts_none),
        cmocka_unit_test(bad_predictions_are_named),
        cmocka_unit_test(bad_values_of_a_report_are_named),
        cmocka_unit_test(lenient_counts_what_it_drops),
        cmocka_unit_test(the_rule_chooses_among_all_boxes),
        cmocka_unit_test(boxes_are_left_alone_where_only_scores_count),
        cmocka_unit_test(a_million_rows),
    };
    return cmocka_run_group_tests(tests, NULL, remove_files);
}
