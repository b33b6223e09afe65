/* The order in which the page shows films. */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/writer.h"
#include "evaluation/study_report.h"

static const char *write_text(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

/* Study 1: right. Study 2: two lesions, one missed. Study 3: normal, two false positives, called
 * abnormal. Study 4: normal and right. */
static const char truth_text[] = "study_id,image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                 "s1,a,Osteophytes,0,0,10,10\n"
                                 "s2,b,Osteophytes,0,0,10,10\ns2,b,Osteophytes,50,50,60,60\n"
                                 "s3,c,No finding,,,,\ns4,d,No finding,,,,\n";
static const char report_text[] =
    "{\"schema\":\"spinexr-report/1\",\"rule\":{\"threshold\":0.25,\"keep\":0.5},"
    "\"labels\":[\"Osteophytes\"],\"failed\":[],\"studies\":[{\"films\":["
    "{\"image_id\":\"a\",\"probability\":0.9,\"findings\":["
    "{\"name\":\"Osteophytes\",\"score\":0.9,\"box\":[0,0,10,10]}]},"
    "{\"image_id\":\"b\",\"probability\":0.8,\"findings\":["
    "{\"name\":\"Osteophytes\",\"score\":0.9,\"box\":[0,0,10,10]}]},"
    "{\"image_id\":\"c\",\"probability\":0.5,\"findings\":["
    "{\"name\":\"Osteophytes\",\"score\":0.9,\"box\":[0,0,10,10]},"
    "{\"name\":\"Osteophytes\",\"score\":0.8,\"box\":[20,20,30,30]}]},"
    "{\"image_id\":\"d\",\"probability\":0.1,\"findings\":[]}]}]}";

static void check_order(bool worst_first, const char *want) {
    sx_truth truth;
    sx_predictions p;
    sx_error err = { 0 };
    char got[5] = "";
    const sx_manifest_options how = { 0 };
    const sx_prediction_options as = { 0 };
    CHECK_OK(sx_truth_load(&truth, write_text("truth.csv", truth_text), &how, NULL, &err), err);
    CHECK_OK(
        sx_predictions_load(&p, write_text("report.json", report_text), NULL, &truth, &as, &err),
        err);
    const sx_eval_input in = { .truth = &truth, .predictions = &p, .prediction_count = 1 };
    const sx_eval_report_options o = {
        .threshold = 0.25, .keep = 0.5, .least = 0.3, .iou_one = 0.5, .worst_first = worst_first
    };
    sx_study_result *r = sx_study_compute(&in, &o, &err);
    if (!r) fail_msg("%s", err.message);
    for (int i = 0; i < 4; i++)
        got[i] = truth.films.items[r->order[i]][0];
    assert_string_equal(got, want);
    sx_study_result_free(r);
    sx_predictions_free(&p);
    sx_truth_free(&truth);
}

static void abnormal_studies_come_first(void **state) {
    (void)state;
    check_order(false, "abcd");
}

static void worst_studies_come_first(void **state) {
    (void)state;
    check_order(true, "cbad");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abnormal_studies_come_first),
        cmocka_unit_test(worst_studies_come_first),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
