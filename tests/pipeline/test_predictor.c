/* Bundles of weights, thresholds and operating points, and what a predictor makes of them. */
#include <math.h>
#include <stdio.h>

#include "base/files.h"
#include "fake_weights.h"

static void a_folder_is_a_bundle(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("models/old"), &err), err);
    put("models/b.SAFETENSORS", "classifier 1 0.25 dicom");
    put("models/a.PTH", "classifier -3 0.25 dicom");
    put("models/detector.Pkl", DETECTOR);
    put("models/run.CKPT.safetensors", "classifier 9 0.1 dicom");
    put("models/README.md", "not weights");
    put("models/old/c.safetensors", "classifier 9 0.1 dicom");
    const char *dir[] = { check_tmp_path("models/") };
    sx_predictor *p = open_some(dir, 1, NULL);
    assert_int_equal(p->bundle.classifier_count, 2);
    assert_string_equal(sx_path_base(sx_model_get_info(p->bundle.classifiers[0])->path), "a.PTH");
    assert_int_equal(sx_predictor_label_count(p), 3);
    assert_string_equal(sx_predictor_label(p, 2), "Osteophytes");
    assert_string_equal(sx_predictor_label(p, 3), "");
    assert_true(p->info->rule.threshold == 0.25 && p->info->rule.keep == 0.6);
    assert_string_equal(p->info->threshold_source, "weights' metadata");

    sx_prediction *f = predict(p, 0); /* logits 1 and -3: mean -1, P = 0.2689 >= 0.25 */
    assert_true(f->has_probability && f->abnormal);
    assert_true(fabs(f->probability - 1 / (1 + exp(1))) < 1e-6);
    assert_true(f->classifier_count == 2 &&
                fabs(f->classifier_probability[1] - 1 / (1 + exp(-1))) < 1e-6);
    assert_true(f->width == 100 && f->height == 50);
    assert_int_equal(f->finding_count, 3);
    assert_int_equal(f->box_count - f->finding_count, 0);
    assert_string_equal(f->findings[0].name, "Osteophytes");
    assert_true(f->findings[1].x1 == 3 && f->findings[1].label == 0);
    sx_prediction_free(f);
    sx_predictor_free(p);

    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.threshold = 0.5;
    p = open_some(dir, 1, &o);
    f = predict(p, 0);
    assert_false(f->abnormal);
    assert_int_equal(f->finding_count, 1); /* the metadata's 0.6, not 0.5 */
    assert_int_equal(f->box_count - f->finding_count, 2);
    sx_prediction_free(f);
    o.keep = 0.5;
    sx_predictor_free(p);
    p = open_some(dir, 1, &o);
    f = predict(p, 0);
    assert_int_equal(f->finding_count, 2);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* A box of a class counts if the classifiers' P of the class reaches its gate: Osteophytes 0.5,
 * Vertebral collapse 0.1. The classifiers' own classes are in another order than the detector's. */
static void gates_decide_which_boxes_count(void **state) {
    (void)state;
    static const char boxes[] = "tiled - dicom\n0123456789abcdef 1\n0.1 0.2\n0.1 0.2\n0.1 0.2\n"
                                "2 0.9 10 20 30 40\n0 0.6 1 2 3 4\n";
    static const char lesions[] = "lesions 5 0.25 dicom 0123456789abcdef %d\n%d 0.5\n-9 0.1\n";
    char text[2][128];
    for (int i = 0; i < 2; i++) /* P of Osteophytes: the logits -1 and 0.5 make 0.4378 */
        snprintf(text[i], sizeof text[i],
                 i ? "lesions 5 0.25 dicom 0123456789abcdef 2\n0.5 0.5\n-9 0.1\n" : lesions, 2, -1);
    const char *w[] = { put("a", text[0]), put("b", text[1]), put("d", boxes) };
    sx_predictor *p = open_some(w, 3, NULL);
    assert_int_equal(p->info->class_count, 2);
    assert_string_equal(p->info->classes[0], "Osteophytes");
    assert_int_equal(p->info->warning_count, 0);
    sx_prediction *f = predict(p, 0);
    assert_true(fabs(f->class_probability[0] - 1 / (1 + exp(0.25))) < 1e-6);
    assert_true(fabs(f->class_probability[1] - 1 / (1 + exp(9))) < 1e-6);
    assert_int_equal(f->finding_count, 1); /* Osteophytes are below their gate */
    assert_string_equal(f->findings[0].name, "Disc space narrowing"); /* no gate */
    assert_int_equal(f->box_count, 2);
    sx_prediction_free(f);
    f = predict(p, 1); /* every logit is higher by 1: P 0.679 */
    assert_int_equal(f->finding_count, 2);
    sx_prediction_free(f);
    sx_predictor_free(p);

    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.rule = SX_RULE_ALL; /* knows no gates */
    p = open_some(w, 3, &o);
    f = predict(p, 0);
    assert_int_equal(f->finding_count, 2);
    sx_prediction_free(f);
    sx_predictor_free(p);

    /* one of the two classifiers alone: its gates are for P of both */
    const char *one[] = { w[0], w[2] };
    p = open_some(one, 2, NULL);
    assert_int_equal(p->info->warning_count, 1);
    assert_non_null(strstr(p->info->warnings[0], "its gates were fitted with other networks"));
    f = predict(p, 0);
    assert_int_equal(f->finding_count, 2);
    sx_prediction_free(f);
    sx_predictor_free(p);

    o = (sx_predictor_options)SX_PREDICTOR_DEFAULTS; /* points fitted without tiles are not used */
    o.tiles = 2;
    p = open_some(w, 3, &o);
    assert_null(p->info->rule.gates);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* An unfamiliar film's numbers say nothing, so they withhold nothing. */
static void gates_do_not_judge_unfamiliar_films(void **state) {
    (void)state;
    static const char boxes[] = "tiled - dicom\n0123456789abcdef 1\n0.1 0.2\n0.1 0.2\n0.1 0.2\n"
                                "2 0.9 10 20 30 40\n";
    const char *w[] = { put("a", "lesions 5 0.25 dicom 0123456789abcdef 2\n-99 0.5\n-99 0.1\n"),
                        put("b", "classifier 5 0.25 dicom 1 20 0.5 0123456789abcdef"),
                        put("d", boxes) };
    sx_predictor *p = open_some(w, 3, NULL);
    assert_int_equal(p->info->warning_count, 0);
    sx_prediction *f = predict(p, 20); /* at the limit: familiar */
    assert_false(sx_prediction_unfamiliar(f));
    assert_int_equal(f->finding_count, 0);
    sx_prediction_free(f);
    f = predict(p, 21);
    assert_true(sx_prediction_unfamiliar(f));
    assert_int_equal(f->finding_count, 1);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* The mean distance decides, against the mean limit of the classifiers that have one. */
static void unfamiliar_films_have_no_verdict(void **state) {
    (void)state;
    static const char boxes[] = "pointed - dicom\n0.5 0.6\n0.1 0.2\n0.3 0.8\n"
                                "2 0.9 10 20 30 40\n0 0.45 1 2 3 4\n2 0.31 1 2 3 4\n";
    const char *w[] = { put("a", "classifier -99 0.25 dicom 1 20"),
                        put("b", "classifier -99 0.25 dicom 1 30"),
                        put("c", "classifier -99 0.25 dicom"), put("d", boxes) };
    sx_predictor *p = open_some(w, 4, NULL);
    assert_true(sx_predictor_distance_limit(p) == 25);
    sx_prediction *f = predict(p, 25);
    assert_int_equal(sx_prediction_verdict(f), SX_VERDICT_NORMAL);
    assert_false(sx_prediction_unfamiliar(f));
    assert_int_equal(f->finding_count, 1); /* 0.5 and more, as the film is normal */
    assert_true(f->findings[0].despite_verdict);
    sx_prediction_free(f);
    f = predict(p, 26);
    assert_int_equal(sx_prediction_verdict(f), SX_VERDICT_NONE);
    assert_true(sx_prediction_unfamiliar(f) && sx_prediction_distance(f) == 26);
    assert_true(sx_prediction_probability(f) < 0.25); /* the numbers stay */
    assert_int_equal(f->finding_count, 2);
    assert_false(f->findings[0].despite_verdict);
    sx_prediction_free(f);
    sx_predictor_free(p);

    /* the paper's rule lists boxes by P alone */
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.rule = SX_RULE_PAPER;
    p = open_some(w, 4, &o);
    f = predict(p, 26);
    assert_int_equal(sx_prediction_verdict(f), SX_VERDICT_NONE);
    assert_int_equal(f->finding_count, 1);
    sx_prediction_free(f);
    sx_predictor_free(p);

    p = open_some(&w[2], 2, NULL);
    f = predict(p, 26);
    assert_true(isnan(sx_predictor_distance_limit(p)) && isnan(sx_prediction_distance(f)));
    assert_int_equal(sx_prediction_verdict(f), SX_VERDICT_NORMAL);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* Findings by operating points: P is 0.73 or, with a threshold above it, the film is normal. */
static void operating_points_choose_the_findings(void **state) {
    (void)state;
    const char *w[] = { put("c", "classifier 1 0.25 dicom"),
                        put("d", "pointed - dicom\n0.5 0.6\n0.1 0.2\n0.3 0.8\n"
                                 "2 0.9 10 20 30 40\n"
                                 "0 0.55 1 2 3 4\n"
                                 "2 0.31 1 2 3 4\n"
                                 "1 0.15 5 6 7 8\n"
                                 "0 0.1 5 6 7 8\n") };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    sx_predictor *p = open_some(w, 2, NULL);
    assert_int_equal(sx_predictor_rule(p), SX_RULE_POINTS);
    assert_true(sx_predictor_point(p, 2, SX_POINT_SPECIFIC) == 0.8);
    assert_true(isnan(sx_predictor_point(p, 3, SX_POINT_SPECIFIC)));
    sx_prediction *f = predict(p, 0);
    assert_int_equal(sx_prediction_box_count(f), 5);
    assert_int_equal(sx_prediction_finding_count(f), 4);
    assert_int_equal(sx_prediction_withheld(f), 1);
    static const sx_point points[] = { SX_POINT_SPECIFIC, SX_POINT_SENSITIVE, SX_POINT_SENSITIVE,
                                       SX_POINT_SENSITIVE };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(sx_prediction_finding(f, i)->point, points[i]);
        assert_false(sx_prediction_finding(f, i)->despite_verdict);
    }
    sx_prediction_free(f);
    sx_predictor_free(p);

    o.threshold = 0.9; /* normal: a finding must also reach 0.5 */
    p = open_some(w, 2, &o);
    f = predict(p, 0);
    assert_int_equal(sx_prediction_finding_count(f), 2);
    assert_true(sx_prediction_finding(f, 1)->despite_verdict);
    sx_prediction_free(f);
    sx_predictor_free(p);

    o = (sx_predictor_options)SX_PREDICTOR_DEFAULTS;
    o.point = SX_POINT_SPECIFIC;
    p = open_some(w, 2, &o);
    f = predict(p, 0);
    assert_int_equal(sx_prediction_finding_count(f), 1);
    sx_prediction_free(f);
    sx_predictor_free(p);

    o.rule = SX_RULE_PAPER;
    p = open_some(w, 2, &o);
    f = predict(p, 0);
    assert_int_equal(sx_prediction_finding_count(f), 5);
    assert_int_equal(sx_prediction_finding(f, 0)->point, SX_POINT_NONE);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

static void logits_are_divided_by_the_temperature(void **state) {
    (void)state;
    const char *w[] = { put("a", "classifier 3 0.2 dicom 2"),
                        put("b", "classifier -1 0.2 dicom 0.5") };
    sx_predictor *p = open_some(w, 2, NULL);
    sx_prediction *f = predict(p, 0); /* 3 / 2 and -1 / 0.5: mean -0.25 */
    assert_true(fabs(f->classifier_probability[0] - 1 / (1 + exp(-1.5))) < 1e-6);
    assert_true(fabs(f->classifier_probability[1] - 1 / (1 + exp(2))) < 1e-6);
    assert_true(fabs(f->probability - 1 / (1 + exp(0.25))) < 1e-6);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* The fake detector returns the same boxes for every view: those of the mirrored film are mirrored
 * back. */
static void views_are_mirrored_back_and_fused(void **state) {
    (void)state;
    const char *w[] = { put("c", "classifier 1 0.2 dicom"),
                        put("d", "detector 0.1 dicom\n1 0.8 10 5 30 25\n2 0.6 40 5 60 25\n") };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.tta = SX_TTA_FLIP;
    sx_predictor *p = open_some(w, 2, &o);
    sx_prediction *f = predict(p, 0); /* 100 pixels wide */
    assert_true(fabs(f->probability - 1 / (1 + exp(-1))) < 1e-6);
    assert_int_equal(f->finding_count, 3);
    assert_true(f->findings[0].label == 2 && f->findings[0].x0 == 40 && f->findings[0].x1 == 60);
    assert_true(fabsf(f->findings[0].score - 0.6F) < 1e-6F); /* symmetric: both looks agree */
    assert_true(f->findings[1].label == 1 && f->findings[1].x0 == 10 &&
                fabsf(f->findings[1].score - 0.4F) < 1e-6F);
    assert_true(f->findings[2].label == 1 && f->findings[2].x0 == 70 && f->findings[2].x1 == 90);
    sx_prediction_free(f);
    sx_predictor_free(p);
    o.tta = SX_TTA_BOTH; /* three sizes, twice */
    p = open_some(w, 2, &o);
    f = predict(p, 0);
    assert_int_equal(f->finding_count, 3);
    assert_true(fabsf(f->findings[1].score - 0.4F) < 1e-6F);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

static void thresholds_fall_back(void **state) {
    (void)state;
    const char *w[] = { put("a", "classifier 0 - dicom"), put("b", "classifier 0 - vindr") };
    sx_predictor *p = open_some(w, 2, NULL);
    assert_true(p->info->rule.threshold == 0.2808 && p->info->rule.keep == 0.5);
    assert_string_equal(p->info->threshold_source, "paper");
    assert_int_equal(p->info->networks[0].pixels, SX_PIXELS_DICOM);
    assert_int_equal(p->info->networks[1].pixels, SX_PIXELS_VINDR);
    sx_predictor_free(p);
    put("a", "classifier 0 0.2 dicom");
    put("b", "classifier 0 0.4 dicom");
    p = open_some(w, 2, NULL);
    assert_true(fabs(p->info->rule.threshold - 0.3) < 1e-12);
    assert_string_equal(p->info->threshold_source, "mean of the weights' metadata");
    sx_predictor_free(p);
    check_tmp_remove();
}

static void a_detector_alone_withholds_nothing(void **state) {
    (void)state;
    const char *w[] = { put("d", DETECTOR) };
    sx_predictor *p = open_some(w, 1, NULL);
    sx_prediction *f = predict(p, 0);
    assert_false(f->has_probability);
    assert_int_equal(f->finding_count, 3);
    assert_int_equal(f->classifier_count, 0);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* Never a verdict from a network that gives no number. */
static void outputs_that_are_not_finite_are_errors(void **state) {
    (void)state;
    sx_error err = { 0 };
    static unsigned char pixels[5000];
    const sx_pixel_view v = { pixels, 100, 50, 1, 8, 0 };
    const char *w[] = { put("good", "classifier 1 0.2 dicom"),
                        put("bad", "classifier nan 0.2 dicom") };
    sx_predictor *p = open_some(w, 2, NULL);
    CHECK_FAILS(sx_predict_pixels(p, &v, NULL, &err), err, SX_ERR_VALUE, "bad gives a logit");
    sx_predictor_free(p);
    const char *d[] = { put("box", "detector 0.5 dicom\n1 0.9 10 20 inf 40\n") };
    p = open_some(d, 1, NULL);
    CHECK_FAILS(sx_predict_pixels(p, &v, NULL, &err), err, SX_ERR_VALUE, "box gives a box");
    sx_predictor_free(p);
    check_tmp_remove();
}

static void bad_bundles_are_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *two[] = { put("d1", DETECTOR), put("d2", DETECTOR) };
    const char *gone[] = { "nowhere.safetensors" };
    CHECK_FAILS(sx_predictor_open(NULL, gone, 1, NULL, &err), err, SX_ERR_IO,
                "nowhere.safetensors");
    const char *dir[] = { check_tmp() };
    CHECK_FAILS(sx_predictor_open(NULL, dir, 1, NULL, &err), err, SX_ERR_MISSING,
                "no weights in this folder");
    CHECK_FAILS(sx_predictor_open(NULL, NULL, 0, NULL, &err), err, SX_ERR_USAGE, "no weights");
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.threshold = 1.5;
    CHECK_FAILS(sx_predictor_open(NULL, two, 1, &o, &err), err, SX_ERR_USAGE, "from 0 to 1");
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_a_bundle),
        cmocka_unit_test(unfamiliar_films_have_no_verdict),
        cmocka_unit_test(operating_points_choose_the_findings),
        cmocka_unit_test(logits_are_divided_by_the_temperature),
        cmocka_unit_test(gates_decide_which_boxes_count),
        cmocka_unit_test(gates_do_not_judge_unfamiliar_films),
        cmocka_unit_test(views_are_mirrored_back_and_fused),
        cmocka_unit_test(thresholds_fall_back),
        cmocka_unit_test(a_detector_alone_withholds_nothing),
        cmocka_unit_test(outputs_that_are_not_finite_are_errors),
        cmocka_unit_test(bad_bundles_are_named),
    };
    return cmocka_run_group_tests_name("predictor", tests, NULL, NULL);
}
