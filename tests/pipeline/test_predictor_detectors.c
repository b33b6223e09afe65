/* Several detectors, tiles and the best box: what is merged, and what was fitted to it. */
#include <math.h>
#include <stdio.h>

#include "base/context_impl.h"
#include "fake_weights.h"

static void box_is(const sx_finding *f, const char *name, float x0, float y0, float x1, float y1,
                   float score) {
    const float got[5] = { f->x0, f->y0, f->x1, f->y1, f->score },
                want[5] = { x0, y0, x1, y1, score };
    assert_string_equal(f->name, name);
    check_close_f32(got, want, 5, 1e-5F, name);
}

/* Classes are matched by name. A class of one detector alone is not held against its boxes. */
static void detectors_of_different_classes_are_fused(void **state) {
    (void)state;
    const char *w[] = { put("a", "detector 0.5 dicom\n2 0.8 10 10 20 20\n0 0.6 40 10 50 20\n"
                                 "1 0.5 70 10 80 20\n"),
                        put("b", "other 0.7 dicom\n1 0.4 11 10 21 20\n0 0.3 70 30 80 40\n") };
    sx_predictor *p = open_some(w, 2, NULL);
    assert_int_equal(sx_predictor_network_count(p), 2);
    assert_int_equal(sx_predictor_label_count(p), 4);
    assert_string_equal(sx_predictor_label(p, 3), "Vertebral collapse");
    assert_true(fabs(sx_predictor_keep(p) - 0.6) < 1e-12); /* the mean */
    sx_prediction *f = predict(p, 0);
    assert_int_equal(f->box_count, 4);
    box_is(&f->boxes[0], "Osteophytes", 10 + 1 / 3.0F, 10, 20 + 1 / 3.0F, 20, 0.6F);
    box_is(&f->boxes[1], "Foraminal stenosis", 70, 10, 80, 20, 0.5F);
    box_is(&f->boxes[2], "Disc space narrowing", 40, 10, 50, 20, 0.3F);
    box_is(&f->boxes[3], "Vertebral collapse", 70, 30, 80, 40, 0.3F);
    sx_prediction_free(f);
    sx_predictor_free(p);
    check_tmp_remove();
}

/* Ensemble 0.7311 (logit 1), best box 0.9 or none. */
static void the_best_box_is_averaged_with_the_ensemble(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *w[] = { put("c", "classifier 1 0.25 dicom"), put("d", DETECTOR),
                        put("none", "detector 0.6 dicom\n") };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.fuse = 1;
    o.threshold = 0.8;
    sx_predictor *p = open_some(w, 2, &o);
    sx_prediction *f = predict(p, 0);
    const double ensemble = 1 / (1 + exp(-1));
    assert_true(fabs(f->probability - (ensemble + 0.9) / 2) < 1e-6);
    assert_true(fabs(f->ensemble_probability - ensemble) < 1e-6 && f->abnormal);
    assert_int_equal(f->finding_count, 3); /* the film is abnormal by the mean alone */
    sx_prediction_free(f);
    sx_predict_options alone = SX_PREDICT_DEFAULTS;
    alone.no_detector = true;
    const unsigned char pixel = 0;
    const sx_pixel_view v = { &pixel, 1, 1, 1, 8, 0 };
    CHECK_FAILS(sx_predict_pixels(p, &v, &alone, &err), err, SX_ERR_USAGE, "no_detector");
    sx_predictor_free(p);

    p = open_some((const char *[]){ w[0], w[2] }, 2, &o); /* no box */
    f = predict(p, 0);
    assert_true(fabs(f->probability - ensemble / 2) < 1e-6);
    sx_prediction_free(f);
    sx_predictor_free(p);
    o.threshold = -1; /* that of the classifier is for other scores */
    CHECK_FAILS(sx_predictor_open(NULL, w, 2, &o, &err), err, SX_ERR_USAGE,
                "(--fuse) has no threshold: the weights store none; state one (--threshold) or fit "
                "it (spinexr model calibrate)");
    CHECK_FAILS(sx_predictor_open(NULL, w, 1, &o, &err), err, SX_ERR_USAGE, "no detector");
    CHECK_FAILS(sx_predictor_open(NULL, &w[1], 1, &o, &err), err, SX_ERR_USAGE, "no classifier");
    check_tmp_remove();
}

static void open_and_expect(const char *const *w, size_t n, bool calibrated) {
    sx_predictor *p = open_some(w, n, NULL);
    assert_int_equal(sx_predictor_rule(p), calibrated ? SX_RULE_POINTS : SX_RULE_PAPER);
    assert_true(isnan(sx_predictor_point(p, 0, SX_POINT_SENSITIVE)) == !calibrated);
    sx_predictor_free(p);
}

/* Weights and points apply to the fused boxes of just the detectors that were calibrated. */
static void a_calibration_needs_all_its_detectors(void **state) {
    (void)state;
    static const char points[] = "0.2 0.6\n0.1 0.2\n0.3 0.8\n";
    char text[3][200];
    snprintf(text[0], sizeof text[0], "joined - dicom\n%s2 1 0.5 1\n%s0 0.8 10 10 20 20\n",
             "0123456789abcdef ", points);
    snprintf(text[1], sizeof text[1], "joined - dicom\n%s2 0.25 1 1\n%s0 0.4 10 10 20 20\n",
             "0123456789abcdef ", points);
    snprintf(text[2], sizeof text[2], "joined - dicom\n%s2 1 1 1\n%s", "fedcba9876543210 ", points);
    const char *w[] = { put("a", text[0]), put("b", text[1]), put("c", text[2]),
                        put("d", "pointed - dicom\n0.2 0.6\n0.1 0.2\n0.3 0.8\n") };
    sx_predictor *p = open_some(w, 2, NULL);
    assert_true(p->info->calibrated);
    sx_prediction *f = predict(p, 0);
    assert_int_equal(f->finding_count, 1);
    /* (0.8 * 1 + 0.4 * 0.25) / 2 boxes * 2 / (1 + 0.25) */
    box_is(&f->findings[0], "Disc space narrowing", 10, 10, 20, 20, 0.72F);
    assert_int_equal(f->findings[0].point, SX_POINT_SPECIFIC);
    sx_prediction_free(f);
    sx_predictor_free(p);
    open_and_expect((const char *[]){ w[1], w[0] }, 2, true);
    open_and_expect((const char *[]){ w[0], w[2] }, 2, false); /* two calibrations */
    open_and_expect((const char *[]){ w[0], w[1], w[3] }, 3, false);
    open_and_expect((const char *[]){ w[0] }, 1, false);
    open_and_expect((const char *[]){ w[3] }, 1, true);
    open_and_expect((const char *[]){ w[0], w[3] }, 2, false);
    check_tmp_remove();
}

static void open_in_tiles(const char *const *w, size_t n, sx_predictor_options o, bool points,
                          const char *threshold, int warnings) {
    sx_predictor *p = open_some(w, n, &o);
    assert_int_equal(sx_predictor_rule(p), points ? SX_RULE_POINTS : SX_RULE_PAPER);
    assert_int_equal(p->info->points_unused, !points);
    assert_string_equal(sx_predictor_threshold_source(p), threshold);
    assert_int_equal(p->info->warning_count, warnings);
    sx_predictor_free(p);
}

/* Points and the threshold for the best box were fitted to scores, which tiles and other networks
 * change. */
static void fitted_values_need_their_tiles_and_networks(void **state) {
    (void)state;
    static const char stored[] = "weights' metadata";
    sx_error err = { 0 };
    static const char points[] = "0.2 0.6\n0.1 0.2\n0.3 0.8\n";
    char text[2][200];
    snprintf(text[0], sizeof text[0], "tiled - dicom\n0123456789abcdef 3\n%s", points);
    snprintf(text[1], sizeof text[1], "tiled - dicom\nfedcba9876543210 1\n%s", points);
    const char *three[] = { put("c", "classifier 1 0.25 dicom 1 1e9 0.4 0123456789abcdef"),
                            put("d", text[0]) };
    const char *other[] = { three[0], put("e", text[1]) };
    const char *none[] = { put("f", "classifier 1 0.25 dicom"), three[1] };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    open_in_tiles(three, 2, o, false, stored, 1);
    open_in_tiles(other, 2, o, true, stored, 0);
    o.tiles = 3;
    open_in_tiles(three, 2, o, true, stored, 0);
    open_in_tiles(other, 2, o, false, stored, 1);
    o.rule = SX_RULE_PAPER; /* did not ask for points */
    open_in_tiles(other, 2, o, false, stored, 0);
    o.rule = SX_RULE_POINTS;
    o.fuse = 1;
    open_in_tiles(three, 2, o, true, stored, 0);
    CHECK_FAILS(sx_predictor_open(NULL, none, 2, &o, &err), err, SX_ERR_USAGE, "store none");
    o.tiles = 2;
    CHECK_FAILS(sx_predictor_open(NULL, three, 2, &o, &err), err, SX_ERR_USAGE,
                "has no threshold with 2 x 2 tiles: the stored one was fitted with 3 x 3 tiles; ");
    o.tiles = 1; /* a detector of another calibration */
    CHECK_FAILS(sx_predictor_open(NULL, other, 2, &o, &err), err, SX_ERR_USAGE,
                "the stored one was fitted with other networks or another calibration");
    o.threshold = 0.5;
    open_in_tiles(other, 2, o, true, "option", 0);
    o.tiles = 2;
    open_in_tiles(three, 2, o, false, "option", 1);
    check_tmp_remove();
}

static void fails_to_fuse(const char *const *w, size_t n, const char *told) {
    sx_error err = { 0 };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.fuse = 1;
    CHECK_FAILS(sx_predictor_open(NULL, w, (int)n, &o, &err), err, SX_ERR_USAGE, told);
}

/* Fewer classifiers than the threshold was fitted to are another ensemble. Files of earlier
 * programs do not say how many there were; their gates do. */
static void a_fused_threshold_needs_all_its_classifiers(void **state) {
    (void)state;
    static const char stored[] = "weights' metadata";
    const char *w[] = { put("a", "classifier 1 0.25 dicom 1 1e9 0.4 0123456789abcdef 2 1"),
                        put("b", "tiled - dicom\n0123456789abcdef 1\n0.2 0.6\n0.1 0.2\n0.3 0.8\n"),
                        put("c", "classifier 1 0.25 dicom 1 1e9 0.4 0123456789abcdef 2 1"),
                        put("d", "classifier 1 0.25 dicom 1 1e9 0.4 0123456789abcdef 2 1") };
    const char *old[] = { put("e", "classifier 1 0.25 dicom 1 1e9 0.4 0123456789abcdef"), w[1],
                          put("f", "lesions 1 0.25 dicom 0123456789abcdef 2 1 0.2 1 0.2\n"),
                          put("g", "lesions 1 0.25 dicom 0123456789abcdef 3 1 0.2 1 0.2\n") };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.fuse = 1;
    open_in_tiles(w, 3, o, true, stored, 0);
    fails_to_fuse(w, 2,
                  "has no threshold: the stored one was fitted to 2 classifiers and 1 detector, "
                  "and these are 1 and 1; state one");
    fails_to_fuse(w, 4, "2 classifiers and 1 detector, and these are 3 and 1; state one");
    open_in_tiles(old, 2, o, true, stored, 0);
    open_in_tiles(old, 3, o, true, stored, 0);
    fails_to_fuse((const char *[]){ old[0], old[1], old[3] }, 3,
                  "the stored one was fitted with other networks or another calibration");
    check_tmp_remove();
}

static void count_warnings(void *user, sx_log_level level, const char *message) {
    (void)message;
    *(int *)user += level == SX_LOG_WARNING;
}

/* Operating points of other tiles are a warning where there is a run, which an error prevents. */
static void no_warning_precedes_an_error(void **state) {
    (void)state;
    sx_error err = { 0 };
    int warnings = 0;
    const sx_context context = {
        .threads = 1, .log_level = SX_LOG_INFO, .log = count_warnings, .log_user = &warnings
    };
    const char *w[] = { put("a", "classifier 1 0.25 dicom 1 1e9 0.4 0123456789abcdef 1 1"),
                        put("b",
                            "tiled - dicom\n0123456789abcdef 1\n0.2 0.6\n0.1 0.2\n0.3 0.8\n") };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.fuse = 1;
    o.tiles = 2;
    CHECK_FAILS(sx_predictor_open(&context, w, 2, &o, &err), err, SX_ERR_USAGE, "2 x 2 tiles");
    assert_int_equal(warnings, 0);
    o.threshold = 0.5;
    sx_predictor *p = sx_predictor_open(&context, w, 2, &o, &err);
    CHECK_OK(p, err);
    assert_int_equal(warnings, 1);
    sx_predictor_free(p);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(detectors_of_different_classes_are_fused),
        cmocka_unit_test(the_best_box_is_averaged_with_the_ensemble),
        cmocka_unit_test(a_calibration_needs_all_its_detectors),
        cmocka_unit_test(fitted_values_need_their_tiles_and_networks),
        cmocka_unit_test(a_fused_threshold_needs_all_its_classifiers),
        cmocka_unit_test(no_warning_precedes_an_error),
    };
    return cmocka_run_group_tests_name("predictor-detectors", tests, NULL, NULL);
}
