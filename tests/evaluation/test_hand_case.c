/* Six films whose numbers were worked out by hand: findings by study, kinds of errors, FROC, AFROC,
 * and the outputs of a classifier for each finding. */
#include <math.h>
#include <stdlib.h>

#include "eval_files.h"

#include "evaluation/evaluation.h"

/* Studies s1 (f1, f2), s2 (f3), s3 (f4), s4 (f5, f6). */
static const char truth_text[] = "study_id,image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                 "s1,f1,A,0,0,100,100\ns1,f1,B,200,0,300,100\n"
                                 "s1,f2,No finding,,,,\n"
                                 "s2,f3,A,0,0,100,100\ns2,f3,A,200,200,300,300\n"
                                 "s3,f4,No finding,,,,\ns4,f5,No finding,,,,\n"
                                 "s4,f6,B,0,0,100,100\n";

/* f1: a hit (IoU 0.8), a duplicate (0.9), B called A (0.9). f2 and f5: background. f3: badly placed
 * (0.4). f6: a hit, and a badly placed box of the wrong class (0.3). */
static const char found_text[] = "image_id,lesion_type,xmin,ymin,xmax,ymax,score\n"
                                 "f1,A,0,0,100,80,0.9\nf1,A,0,10,100,100,0.8\n"
                                 "f1,A,210,0,300,100,0.7\nf2,B,0,0,50,50,0.6\n"
                                 "f3,A,0,0,100,40,0.5\nf4,No finding,,,,,\n"
                                 "f5,A,0,0,10,10,0.3\nf6,B,0,0,100,100,0.4\n"
                                 "f6,A,0,0,100,30,0.2\n";

/* P of A: 0.9, 0.2, 0.4, 0.4, 0.1, none; of B: 0.7 on f1, 0.8 on f4, 0.6 on f6, else 0.1. */
static const char report_text[] =
    "{\"schema\":\"spinexr-report/1\",\"rule\":{\"threshold\":0.5,\"keep\":0.5},\"labels\":[],"
    "\"studies\":[{\"films\":["
    "{\"image_id\":\"f1\",\"probability\":0.9,\"classes\":[{\"name\":\"A\",\"probability\":0.9},"
    "{\"name\":\"B\",\"probability\":0.7},{\"name\":\"C\",\"probability\":0.7}]},"
    "{\"image_id\":\"f2\",\"probability\":0.2,\"classes\":[{\"name\":\"A\",\"probability\":0.2},"
    "{\"name\":\"B\",\"probability\":0.1}]},"
    "{\"image_id\":\"f3\",\"probability\":0.4,\"classes\":[{\"name\":\"A\",\"probability\":0.4},"
    "{\"name\":\"B\",\"probability\":0.1}]},"
    "{\"image_id\":\"f4\",\"probability\":0.4,\"classes\":[{\"name\":\"A\",\"probability\":0.4},"
    "{\"name\":\"B\",\"probability\":0.8}]},"
    "{\"image_id\":\"f5\",\"probability\":0.1,\"classes\":[{\"name\":\"A\",\"probability\":0.1},"
    "{\"name\":\"B\",\"probability\":0.1}]},"
    "{\"image_id\":\"f6\",\"probability\":0.6,\"classes\":[{\"name\":\"A\",\"probability\":null},"
    "{\"name\":\"B\",\"probability\":0.6}]}]}]}";

typedef struct opened {
    sx_run run;
    sx_truth truth;
    sx_predictions predictions;
    sx_eval_input in;
} opened;

static opened *open_case(const char *name, const char *text, bool scores_only) {
    opened *o = calloc(1, sizeof *o);
    sx_error err = { 0 };
    const sx_prediction_options as = { .scores_only = scores_only };
    assert_non_null(o);
    o->truth = truth_of(truth_text);
    sx_run_start(&o->run, NULL, 0, NULL);
    CHECK_OK(
        sx_predictions_load(&o->predictions, file_with(name, text), NULL, &o->truth, &as, &err),
        err);
    o->in = (sx_eval_input){ .run = &o->run,
                             .truth_path = "truth",
                             .truth = &o->truth,
                             .predictions = &o->predictions,
                             .prediction_count = 1,
                             .boot = { 0, 1999, 0.95 } };
    return o;
}

static void close_case(opened *o) {
    sx_predictions_free(&o->predictions);
    sx_truth_free(&o->truth);
    free(o);
}

/* By a path of keys and numbers separated by '|'. */
static double number(json_t *j, const char *path) {
    char buf[200], *save = NULL;
    snprintf(buf, sizeof buf, "%s", path);
    for (char *key = strtok_r(buf, "|", &save); key; key = strtok_r(NULL, "|", &save))
        j = json_is_array(j) ? json_array_get(j, (size_t)strtol(key, NULL, 10))
                             : json_object_get(j, key);
    if (!json_is_number(j)) fail_msg("no number %s", path);
    return json_number_value(j);
}

typedef struct want {
    const char *path;
    double value;
} want;

static void check_all(json_t *root, const want *wants, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const double got = number(root, wants[i].path);
        if (!(fabs(got - wants[i].value) < 1e-12))
            fail_msg("%s is %.15g, not %.15g", wants[i].path, got, wants[i].value);
    }
}

#define FINDINGS "models|0|study_findings|"
#define ANY      "models|0|study_findings_of_any_class|"
#define ERRORS   "models|0|error_kinds|"
#define FROC     "models|0|froc|pooled|"
#define AFROC    "models|0|afroc|pooled|"

static const want wants[] = {
    /* A: s1 and s2 have it, and have boxes of it; only s1 has a hit. Of s3 and s4, s4 has two
     * boxes. */
    { FINDINGS "A|abnormal", 2 },
    { FINDINGS "A|sensitivity|value", 1 },
    { FINDINGS "A|localised_sensitivity|value", 0.5 },
    { FINDINGS "A|specificity|value", 0.5 },
    { FINDINGS "A|false_marks_per_normal|value", 1 },
    /* B: s1 has a box of it on the other film; s4 a hit. */
    { FINDINGS "B|sensitivity|value", 1 },
    { FINDINGS "B|localised_sensitivity|value", 0.5 },
    { FINDINGS "B|specificity|value", 1 },
    { FINDINGS "B|false_marks_per_normal|value", 0 },
    { ANY "abnormal", 3 },
    { ANY "normal", 1 },
    { ANY "localised_sensitivity|value", 2.0 / 3 },
    { ANY "specificity|value", 1 },
    { ERRORS "classes|A|boxes|hit", 1 },
    { ERRORS "classes|A|boxes|duplicate", 1 },
    { ERRORS "classes|A|boxes|wrong_class", 1 },
    { ERRORS "classes|A|boxes|badly_placed", 1 },
    { ERRORS "classes|A|boxes|wrong_class_and_badly_placed", 1 },
    { ERRORS "classes|A|boxes|background", 1 },
    { ERRORS "classes|B|boxes|hit", 1 },
    { ERRORS "classes|B|boxes|background", 1 },
    { ERRORS "classes|A|lesions|found", 1 },
    { ERRORS "classes|A|lesions|badly_placed", 1 },
    { ERRORS "classes|A|lesions|missed", 1 },
    { ERRORS "classes|B|lesions|found", 1 },
    { ERRORS "classes|B|lesions|wrong_class", 1 },
    { ERRORS "all|lesions|missed", 1 },
    /* 1 of 5 lesions with 0 to 4 false positives, which 1/2 per film (3) stops at; then 2 of 5. */
    { FROC "at|0|value", 0.2 },
    { FROC "at|2|value", 0.2 },
    { FROC "at|3|value", 0.4 },
    { FROC "mean|value", 2.2 / 7 },
    /* Against f2 (0.6), f4 (none), f5 (0.3): 0.9 wins 3, 0.4 wins 2, three unmarked tie once. */
    { AFROC "afroc|value", 6.5 / 15 },
    { AFROC "wafroc|value", ((3 + 0.5) / 2 + 0.5 + 2) / 9 },
    /* Also f1 (0.8), f3 (0.5), f6 (0.2): 0.9 wins 6, 0.4 wins 3. */
    { AFROC "afroc1|value", 10.5 / 30 },
    { AFROC "wafroc1|value", ((6 + 0.5) / 2 + 0.5 + 3) / 18 },
};

static void boxes_by_hand(void **state) {
    (void)state;
    opened *o = open_case("found.csv", found_text, false);
    const sx_detect_report_options how = {
        .ious = { 0.5 }, .iou_count = 1, .iou_one = 0.5, .most_per_film = 100, .fp_per_image = 8
    };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_detect(&o->in, &how, &out, &err), err);
    check_all(out.json.root, wants, sizeof wants / sizeof *wants);
    sx_eval_output_free(&out);
    close_case(o);
}

/* A: 0.9 and 0.4 against 0.2, 0.4, 0.1; f6 has no P of it: 5.5 of 6 pairs. B: 0.7 and 0.6 against
 * 0.8 and three of 0.1: 6 of 8. Average precision of A: 1/2 + 1/2 * 2/3; of B: 1/2 * 1/2 + 1/2 *
 * 2/3. */
static void outputs_of_findings_by_hand(void **state) {
    (void)state;
    static const want scores[] = {
        { "findings|0|n", 5 },
        { "findings|0|positives", 2 },
        { "findings|0|auroc|value", 5.5 / 6 },
        { "findings|0|average_precision", 0.5 + 1.0 / 3 },
        { "findings|1|n", 6 },
        { "findings|1|auroc|value", 0.75 },
        { "findings|1|average_precision", 0.25 + 1.0 / 3 },
    };
    opened *o = open_case("report.json", report_text, true);
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_classify(&o->in, &how, &out, &err), err);
    assert_int_equal(json_array_size(json_object_get(out.json.root, "findings")), 2);
    check_all(out.json.root, scores, sizeof scores / sizeof *scores);
    sx_eval_output_free(&out);
    close_case(o);
}

static void bad_outputs_are_named(void **state) {
    (void)state;
    static const struct {
        const char *classes, *message;
    } bad[] = {
        { "{}", "film f1: classes is not a list" },
        { "[{\"probability\":0.5}]", "film f1: classes: an entry without a name" },
        { "[{\"name\":\"A\",\"probability\":\"x\"}]",
          "class A: probability is neither a number nor null" },
        { "[{\"name\":\"A\",\"probability\":1.5}]", "class A: probability 1.5 is not in 0..1" },
    };
    sx_truth t = truth_of(truth_text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[400];
        sx_predictions p;
        sx_error err = { 0 };
        const sx_prediction_options as = { .scores_only = true };
        snprintf(text, sizeof text,
                 "{\"schema\":\"spinexr-report/1\",\"rule\":{},\"labels\":[],\"studies\":[{"
                 "\"films\":[{\"image_id\":\"f1\",\"probability\":0.9,\"classes\":%s}]}]}",
                 bad[i].classes);
        CHECK_FAILS(sx_predictions_load(&p, file_with("bad.json", text), NULL, &t, &as, &err), err,
                    i < 2 ? SX_ERR_FORMAT : SX_ERR_VALUE, bad[i].message);
    }
    sx_truth_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_by_hand),
        cmocka_unit_test(outputs_of_findings_by_hand),
        cmocka_unit_test(bad_outputs_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, remove_files);
}
