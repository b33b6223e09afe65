/* Films to which predict gives no verdict: they are called neither normal nor abnormal. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/page_check.h"

#include "base/files.h"
#include "base/writer.h"
#include "evaluation/evaluation.h"
#include "metrics/ap.h"

typedef struct opened {
    sx_run run;
    sx_truth truth;
    sx_predictions items[2];
    sx_eval_input in;
} opened;

static const char *file_with(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

static opened *open_texts(const char *truth, size_t count, const char *const *names,
                          const char *const *texts) {
    opened *o = calloc(1, sizeof *o);
    sx_error err = { 0 };
    const sx_manifest_options how = { 0 };
    const sx_prediction_options as = { 0 };
    sx_run_start(&o->run, NULL, 0, NULL);
    CHECK_OK(sx_truth_load(&o->truth, file_with("truth.csv", truth), &how, NULL, &err), err);
    for (size_t i = 0; i < count; i++)
        CHECK_OK(sx_predictions_load(&o->items[i], file_with(names[i], texts[i]), NULL, &o->truth,
                                     &as, &err),
                 err);
    o->in = (sx_eval_input){ .run = &o->run,
                             .truth_path = "truth.csv",
                             .truth = &o->truth,
                             .predictions = o->items,
                             .prediction_count = count,
                             .boot = { 200, 1999, 0.95 },
                             .page = true };
    return o;
}

static void close_texts(opened *o) {
    sx_truth_free(&o->truth);
    for (size_t i = 0; i < 2; i++)
        sx_predictions_free(&o->items[i]);
    free(o);
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

static void check_number(const sx_eval_output *out, const char *path, double want) {
    json_t *v = at(out->json.root, path);
    const double got = json_is_number(v) ? json_number_value(v) : (double)NAN;
    if (!(fabs(got - want) <= 1e-12) && !(isnan(got) && isnan(want)))
        fail_msg("%s: %.17g, not %.17g", path, got, want);
}

/* Of eight films four have a verdict, two are unfamiliar, one is refused and one failed. */
static const char truth[] = "image_id,study_id,abnormal\n"
                            "a,s1,1\nb,s1,0\nc,s2,1\nd,s2,0\ne,s3,1\nf,s3,0\ng,s4,1\nh,s4,0\n";

#define CALLED(name, p)                                                                            \
    "{\"image_id\":\"" name "\",\"path\":\"films/" name ".dcm\",\"probability\":" p                \
    ",\"unfamiliar\":false,\"abnormal\":true,\"findings\":[],\"boxes\":[]}"
#define STRANGE(name, p)                                                                           \
    "{\"image_id\":\"" name "\",\"path\":\"films/" name ".dcm\",\"probability\":" p                \
    ",\"unfamiliar\":true,\"abnormal\":null,\"findings\":[],\"boxes\":[]}"
#define OTHERS                                                                                     \
    "\"refused\":[{\"path\":\"films/g.dcm\",\"message\":\"hip\"},{\"path\":\"x.dcm\"}],"           \
    "\"failed\":[{\"path\":\"films/h.dcm\",\"error\":\"io\",\"message\":\"\"},{\"path\":"          \
    "\"films/a.dcm\"}]"
#define REPORT(films)                                                                              \
    "{\"schema\":\"spinexr-report/1\",\"rule\":{\"kind\":\"paper\",\"threshold\":0.5,"             \
    "\"keep\":0.5},\"labels\":[],\"studies\":[{\"films\":[" films "]}]," OTHERS "}"

static const char report[] = REPORT(CALLED("a", "0.9") "," CALLED("b", "0.2") "," CALLED(
    "c", "0.3") "," CALLED("d", "0.8") "," STRANGE("e", "0.95") "," STRANGE("f", "0.1"));

static const char *const one_name[] = { "report.json" }, *const one_text[] = { report };
static const sx_threshold_rule of_report = { NAN, NULL, NAN, NAN };

static sx_eval_output classified(const opened *o, const sx_classify_options *how) {
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_classify(&o->in, how, &out, &err), err);
    return out;
}

static void check_called(const sx_eval_output *out) {
    check_number(out, "models|0|confusion|tp", 1);
    check_number(out, "models|0|confusion|fn", 1);
    check_number(out, "models|0|confusion|tn", 1);
    check_number(out, "models|0|confusion|fp", 1);
    check_number(out, "models|0|measures|auroc|value", 0.75);
    check_number(out, "models|0|measures|sensitivity|value", 0.5);
    check_number(out, "models|0|measures|specificity|value", 0.5);
}

static void films_without_a_verdict_are_called_neither(void **state) {
    (void)state;
    opened *o = open_texts(truth, 1, one_name, one_text);
    const sx_classify_options how = { .threshold = of_report, .bin_count = 10 };
    sx_eval_output out = classified(o, &how);
    check_called(&out);
    check_number(&out, "cases|n", 8);
    check_number(&out, "cases|positives", 4);
    check_number(&out, "models|0|no_verdict|n", 4);
    check_number(&out, "models|0|no_verdict|abnormal", 2);
    check_number(&out, "models|0|no_verdict|normal", 2);
    check_number(&out, "models|0|with_verdict|value", 0.5);
    check_number(&out, "models|0|intention_to_diagnose|sensitivity|value", 0.25);
    check_number(&out, "models|0|intention_to_diagnose|specificity|value", 0.25);
    check_number(&out, "models|0|intention_to_diagnose|accuracy|value", 0.25);
    /* 0.9, 0.3 and 0.95 against 0.2, 0.8 and 0.1 */
    check_number(&out, "models|0|auroc_of_all_scores|n", 6);
    check_number(&out, "models|0|auroc_of_all_scores|value", 8 / 9.0);
    check_number(&out, "predictions|0|no_verdict|unfamiliar", 2);
    check_number(&out, "predictions|0|no_verdict|refused", 1);
    check_number(&out, "predictions|0|no_verdict|failed", 1);
    assert_int_equal(json_array_size(at(out.json.root, "no_verdict")), 4);
    assert_string_equal(json_string_value(at(out.json.root, "no_verdict|2|film")), "g");
    assert_string_equal(json_string_value(at(out.json.root, "no_verdict|2|reason")), "refused");
    assert_true(json_is_null(at(out.json.root, "no_verdict|2|probability")));
    check_number(&out, "no_verdict|0|probability", 0.95);
    const double low =
        json_number_value(at(out.json.root, "models|0|intention_to_diagnose|sensitivity|low"));
    assert_true(low >= 0 && low < 0.25);
    sx_eval_output_free(&out);
    close_texts(o);
}

/* The threshold, given or chosen, leaves them without a verdict. */
static void no_threshold_gives_them_a_verdict(void **state) {
    (void)state;
    opened *o = open_texts(truth, 1, one_name, one_text);
    sx_classify_options how = { .threshold = { 0.05, NULL, NAN, NAN }, .bin_count = 10 };
    sx_eval_output out = classified(o, &how);
    check_number(&out, "models|0|confusion|tp", 2);
    check_number(&out, "models|0|confusion|fp", 2);
    check_number(&out, "models|0|no_verdict|n", 4);
    sx_eval_output_free(&out);
    how.threshold = of_report;
    how.threshold.youden = true;
    out = classified(o, &how);
    check_number(&out, "models|0|threshold|value", 0.9); /* 0.95 is of an unfamiliar film */
    assert_non_null(strstr(json_string_value(at(out.json.root, "models|0|threshold|origin")),
                           "chosen on these 4 films"));
    sx_eval_output_free(&out);
    close_texts(o);
}

/* The authors' code knows no such films: those with a score count by it. */
static void the_authors_numbers_count_every_score(void **state) {
    (void)state;
    opened *o = open_texts(truth, 1, one_name, one_text);
    const sx_classify_options how = { .threshold = of_report, .bin_count = 10, .vindr = true };
    sx_eval_output out = classified(o, &how);
    check_number(&out, "models|0|vindr|auroc|value", 8 / 9.0);
    check_number(&out, "models|0|measures|auroc|value", 8 / 9.0);
    check_number(&out, "models|0|no_verdict|n", 2);
    sx_eval_output_free(&out);
    close_texts(o);
}

static void tables_and_pages_list_them(void **state) {
    (void)state;
    opened *o = open_texts(truth, 1, one_name, one_text);
    const sx_classify_options how = { .threshold = of_report, .bin_count = 10 };
    sx_eval_output out = classified(o, &how);
    sx_error err = { 0 };
    sx_str html = { 0 }, csv = { 0 };
    CHECK_OK(sx_doc_to_html(out.doc, &html, &err), err);
    CHECK_OK(sx_doc_to_csv(out.doc, &csv, &err), err);
    check_page(html.data);
    static const char *const in_page[] = { "4 of 8 films: 2 unfamiliar, 1 refused, 1 failed",
                                           "<td>g</td><td>abnormal</td><td>refused</td>",
                                           "intention to diagnose", "no verdict</th>" };
    for (size_t i = 0; i < sizeof in_page / sizeof *in_page; i++)
        if (!strstr(html.data, in_page[i])) fail_msg("the page has no '%s'", in_page[i]);
    static const char *const in_csv[] = { "confusion,abnormal,no verdict,2",
                                          "confusion,normal,no verdict,2", "no verdict,h,reason,",
                                          "intention to diagnose,sensitivity," };
    for (size_t i = 0; i < sizeof in_csv / sizeof *in_csv; i++)
        if (!strstr(csv.data, in_csv[i])) fail_msg("no '%s' in\n%s", in_csv[i], csv.data);
    sx_str_free(&html);
    sx_str_free(&csv);
    sx_eval_output_free(&out);
    close_texts(o);
}

/* A study is abnormal if a film is called so, and otherwise has no verdict if a film has none. */
static void a_study_needs_all_verdicts_to_be_normal(void **state) {
    (void)state;
    static const char studies[] =
        "image_id,study_id,abnormal\n"
        "a,s1,1\ne,s1,1\nb,s2,0\nf,s2,0\nc,s3,1\nd,s4,0\ng,s5,1\nh,s5,0\n";
    opened *o = open_texts(studies, 1, one_name, one_text);
    sx_classify_options how = {
        .threshold = of_report, .level = SX_UNIT_STUDY, .pooling = SX_POOL_MAX, .bin_count = 10
    };
    sx_eval_output out = classified(o, &how);
    check_number(&out, "cases|n", 5);
    check_number(&out, "models|0|no_verdict|n", 2); /* s2 and s5 */
    check_number(&out, "models|0|no_verdict|abnormal", 1);
    check_number(&out, "models|0|confusion|tp", 1); /* s1, by the film with a verdict */
    check_number(&out, "models|0|confusion|fn", 1);
    check_number(&out, "models|0|confusion|fp", 1);
    check_number(&out, "models|0|confusion|tn", 0);
    /* s5 has a film without a score: 0.95 and 0.3 against 0.2 and 0.8 */
    check_number(&out, "models|0|auroc_of_all_scores|n", 4);
    check_number(&out, "models|0|auroc_of_all_scores|value", 0.75);
    sx_eval_output_free(&out);
    how.pooling = SX_POOL_NOISY_OR;
    how.threshold.given = 0.91;
    out = classified(o, &how);
    check_number(&out, "models|0|no_verdict|n", 3); /* s1 too: 0.9 is below the threshold */
    sx_eval_output_free(&out);
    const sx_eval_report_options page = {
        .title = "t", .threshold = 0.5, .keep = 0.5, .iou_one = 0.5
    };
    sx_error err = { 0 };
    CHECK_OK(sx_eval_report(&o->in, &page, &out, &err), err);
    assert_true(json_is_true(at(out.json.root, "studies|0|called_abnormal")));
    assert_true(json_is_null(at(out.json.root, "studies|1|called_abnormal")));
    assert_true(json_is_false(at(out.json.root, "studies|2|called_abnormal")));
    check_number(&out, "studies|4|films_without_verdict", 2);
    sx_str html = { 0 };
    CHECK_OK(sx_doc_to_html(out.doc, &html, &err), err);
    check_page(html.data);
    assert_non_null(strstr(html.data, "<td>s2</td><td>normal</td><td>no verdict</td>"));
    sx_str_free(&html);
    sx_eval_output_free(&out);
    close_texts(o);
}

/* scores.csv leaves the verdict of an unfamiliar film empty. */
static void scores_have_an_empty_verdict(void **state) {
    (void)state;
    static const char four[] = "image_id,abnormal\na,1\nb,0\nc,1\nd,0\n";
    static const char scores[] = "image_id,study_id,probability,abnormal\n"
                                 "a,,0.9,1\nb,,0.2,0\nc,,0.1,\nd,,0.4,0\n";
    static const char *const names[] = { "scores.csv" }, *const texts[] = { scores };
    opened *o = open_texts(four, 1, names, texts);
    const sx_classify_options how = { .threshold = { 0.5, NULL, NAN, NAN }, .bin_count = 10 };
    sx_eval_output out = classified(o, &how);
    check_number(&out, "models|0|confusion|fn", 0);
    check_number(&out, "models|0|no_verdict|abnormal", 1);
    check_number(&out, "models|0|intention_to_diagnose|sensitivity|value", 0.5);
    sx_eval_output_free(&out);
    /* --score names the column: the numbers alone count */
    sx_predictions p;
    sx_error err = { 0 };
    const sx_prediction_options by_score = { .score_column = "probability" };
    CHECK_OK(
        sx_predictions_load(&p, file_with("scores.csv", scores), NULL, &o->truth, &by_score, &err),
        err);
    assert_int_equal(sx_predictions_without_verdict(&p), 0);
    sx_predictions_free(&p);
    close_texts(o);
}

/* Two models, one of which knows all films. */
static void comparisons_take_the_films_that_both_call(void **state) {
    (void)state;
    static const char all[] =
        REPORT(CALLED("a", "0.9") "," CALLED("b", "0.2") "," CALLED("c", "0.7") "," CALLED(
            "d", "0.1") "," CALLED("e",
                                   "0.8") "," CALLED("f",
                                                     "0.1") "," CALLED("g",
                                                                       "0.6") "," CALLED("h",
                                                                                         "0.3"));
    static const char *const names[] = { "a.json", "b.json" }, *const texts[] = { report, all };
    opened *o = open_texts(truth, 2, names, texts);
    const sx_compare_options how = { .threshold = of_report, .iou_one = 0.5 };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_compare(&o->in, &how, &out, &err), err);
    check_number(&out, "cases|n", 8);
    check_number(&out, "cases|with_verdicts", 4);
    check_number(&out, "differences|0|a", 0.75);
    check_number(&out, "differences|0|b", 1);
    size_t i, seen = 0;
    json_t *row;
    json_array_foreach(at(out.json.root, "differences"), i, row) {
        const char *key = json_string_value(at(row, "number"));
        const double a = json_number_value(at(row, "a")), b = json_number_value(at(row, "b"));
        if (strcmp(key, "sensitivity/intended") == 0) assert_true(a == 0.25 && b == 1 && ++seen);
        if (strcmp(key, "sensitivity") == 0) assert_true(a == 0.5 && b == 1 && ++seen);
    }
    assert_int_equal(seen, 4); /* by bootstrap and by McNemar */
    sx_eval_output_free(&out);
    close_texts(o);
}

/* Boxes: the rule is the paper's and decides by P; refused and failed films have no boxes. */
static void the_framework_misses_lesions_of_refused_films(void **state) {
    (void)state;
    static const char boxes[] = "image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                "a,Osteophytes,10,10,30,30\ne,Osteophytes,10,10,30,30\n"
                                "g,Osteophytes,10,10,30,30\nb,No finding,,,,\nh,No finding,,,,\n";
    static const char text[] =
        "{\"schema\":\"spinexr-report/1\",\"rule\":{\"kind\":\"paper\",\"threshold\":0.5,"
        "\"keep\":0.5},\"labels\":[\"Osteophytes\"],\"studies\":[{\"films\":["
        "{\"image_id\":\"a\",\"probability\":0.9,\"unfamiliar\":false,\"findings\":[],\"boxes\":["
        "{\"label\":0,\"score\":0.8,\"box\":[10,10,30,30]}]},"
        "{\"image_id\":\"b\",\"probability\":0.1,\"unfamiliar\":false,\"findings\":[],"
        "\"boxes\":[]},"
        "{\"image_id\":\"e\",\"probability\":0.3,\"unfamiliar\":true,\"findings\":[],\"boxes\":["
        "{\"label\":0,\"score\":0.4,\"box\":[10,10,30,30]}]}]}]," OTHERS "}";
    static const char *const texts[] = { text };
    opened *o = open_texts(boxes, 1, one_name, texts);
    const sx_pipeline_options how = { .threshold = NAN, .keep = NAN, .iou_one = 0.5 };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_OK(sx_eval_pipeline(&o->in, &how, &out, &err), err);
    check_number(&out, "detector_alone|lesions_found", 2 / 3.0);
    check_number(&out, "rule|lesions_found", 1 / 3.0); /* e: P 0.3, its box scores below keep */
    check_number(&out, "rule|boxes_withheld", 1);
    check_number(&out, "rule|film_sensitivity", 1);
    check_number(&out, "rule|film_sensitivity_intention_to_diagnose", 1 / 3.0);
    check_number(&out, "rule|film_specificity", 1);
    check_number(&out, "rule|film_specificity_intention_to_diagnose", 0.5);
    check_number(&out, "films_without_verdict", 3);
    sx_eval_output_free(&out);
    sx_detect_report_options detect = {
        .iou_count = 7, .iou_one = 0.5, .fp_per_image = 1, .most_per_film = 100
    };
    memcpy(detect.ious, sx_vindr_ious, sizeof sx_vindr_ious);
    CHECK_OK(sx_eval_detect(&o->in, &detect, &out, &err), err);
    check_number(&out, "models|0|operating_points|classes|Osteophytes|tp", 1);
    check_number(&out, "models|0|operating_points|classes|Osteophytes|true_boxes", 3);
    sx_eval_output_free(&out);
    close_texts(o);
}

static void a_set_without_any_verdict_is_named(void **state) {
    (void)state;
    static const char two[] = "image_id,abnormal\ne,1\nf,0\n";
    static const char strange[] = REPORT(STRANGE("e", "0.9") "," STRANGE("f", "0.1"));
    static const char *const texts[] = { strange };
    opened *o = open_texts(two, 1, one_name, texts);
    const sx_classify_options how = { .threshold = of_report, .bin_count = 10 };
    sx_eval_output out;
    sx_error err = { 0 };
    CHECK_FAILS(sx_eval_classify(&o->in, &how, &out, &err), err, SX_ERR_VALUE,
                "none of 2 films has a verdict");
    close_texts(o);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_without_a_verdict_are_called_neither),
        cmocka_unit_test(no_threshold_gives_them_a_verdict),
        cmocka_unit_test(the_authors_numbers_count_every_score),
        cmocka_unit_test(tables_and_pages_list_them),
        cmocka_unit_test(a_study_needs_all_verdicts_to_be_normal),
        cmocka_unit_test(scores_have_an_empty_verdict),
        cmocka_unit_test(comparisons_take_the_films_that_both_call),
        cmocka_unit_test(the_framework_misses_lesions_of_refused_films),
        cmocka_unit_test(a_set_without_any_verdict_is_named),
    };
    return cmocka_run_group_tests_name("no verdict", tests, NULL, NULL);
}
