#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/check.h"

#include "base/files.h"
#include "base/writer.h"
#include "pipeline/prediction.h"
#include "pipeline/predictor_impl.h"
#include "support/dicom.h"

static const char *put(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    return path;
}

static const char detector[] = "detector 0.6 dicom\n"
                               "2 0.9 10 20 30 40\n"
                               "0 0.55 1 2 3 4\n"
                               "1 0.2 5 6 7 8\n";

static sx_predictor *open_some(const char *const *weights, size_t n,
                               const sx_predictor_options *o) {
    sx_error err = { 0 };
    sx_predictor *p = sx_predictor_open(NULL, weights, n, o, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

/* A film of one value: 100 wide, 50 high. */
static sx_prediction *predict(sx_predictor *p, unsigned char value) {
    static unsigned char pixels[5000];
    sx_error err = { 0 };
    memset(pixels, value, sizeof pixels);
    sx_pixel_view v = { pixels, 100, 50, 1, 8, 0 };
    sx_prediction *f = sx_predict_pixels(p, &v, NULL, &err);
    if (!f) fail_msg("%s", err.message);
    return f;
}

static void a_folder_is_a_bundle(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("models/old"), &err), err);
    put("models/b.SAFETENSORS", "classifier 1 0.25 dicom");
    put("models/a.PTH", "classifier -3 0.25 dicom");
    put("models/detector.Pkl", detector);
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
    const char *w[] = { put("d", detector) };
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
    const char *w[] = { put("c", "classifier 1 0.25 dicom"), put("d", detector),
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

    o.threshold = -1; /* none is stored for it */
    p = open_some((const char *[]){ w[0], w[2] }, 2, &o);
    assert_true(sx_predictor_threshold(p) == 0.25);
    assert_string_equal(sx_predictor_threshold_source(p), "classifiers alone");
    f = predict(p, 0);
    assert_true(fabs(f->probability - ensemble / 2) < 1e-6);
    sx_prediction_free(f);
    sx_predictor_free(p);
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
    static const char stored[] = "weights' metadata", alone[] = "classifiers alone";
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
    open_in_tiles(none, 2, o, true, alone, 1);
    o.tiles = 2;
    open_in_tiles(three, 2, o, false, alone, 2);
    o.tiles = 1;
    open_in_tiles(other, 2, o, true, alone, 1); /* a detector of another calibration */
    o.threshold = 0.5;
    open_in_tiles(other, 2, o, true, "option", 0);
    check_tmp_remove();
}

static void bad_bundles_are_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *two[] = { put("d1", detector), put("d2", detector) };
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

/* The networks may get a smaller film; findings are in the pixels of the full-size one. */
static void a_reduced_film_keeps_its_coordinates(void **state) {
    (void)state;
    enum { WIDTH = 1003, HEIGHT = 1501 };
    sx_error err = { 0 };
    static uint16_t slope[WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        slope[i] = (uint16_t)(i % WIDTH);
    sx_str stream = { 0 };
    test_dicom d;
    encode_jpeg2000(slope, WIDTH, HEIGHT, 12, false, &stream);
    dicom_begin(&d, "1.2.840.10008.1.2.4.90");
    dicom_image(&d, &(dicom_shape){ HEIGHT, WIDTH, 16, 12, 0, NULL, 0, 0 });
    dicom_fragments(&d, &stream, 1);
    const char *film = check_tmp_path("film.dcm");
    CHECK_OK(sx_write_file(film, d.bytes.data, d.bytes.len, &err), err);
    const char *weights[] = { put("reduced.pth", detector) };
    for (int reduced = 0; reduced < 2; reduced++) {
        sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
        o.reduced = reduced;
        sx_predictor *p = open_some(weights, 1, &o);
        sx_predict_options keep = SX_PREDICT_DEFAULTS;
        keep.keep_picture = true;
        sx_prediction *f = sx_predict_file(p, film, &keep, &err);
        if (!f) fail_msg("%s", err.message);
        /* the network needs 224 pixels: 1003 / 4 is enough, / 8 is not */
        const int width = reduced ? 251 : WIDTH, height = reduced ? 376 : HEIGHT;
        assert_true(f->reduced == (reduced ? 4 : 1) && f->width == WIDTH && f->height == HEIGHT);
        assert_true(f->picture.width == width && f->picture.height == height);
        assert_true(fabs((double)f->findings[0].x1 - 30.0 * WIDTH / width) < 1e-3);
        assert_true(fabs((double)f->findings[0].y1 - 40.0 * HEIGHT / height) < 1e-3);
        sx_prediction_free(f);
        sx_predictor_free(p);
    }
    dicom_end(&d);
    sx_str_free(&stream);
}

/* A film whose header contradicts is an error of its own kind, unless any film is wanted. */
static void another_kind_of_film_is_refused(void **state) {
    (void)state;
    static const uint16_t pixels[4] = { 0, 1, 2, 3 };
    sx_error err = { 0 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0060), "CS", "CT");
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
    dicom_pixels(&d, pixels, 4);
    const char *weights[] = { put("c.pth", "classifier 1 0.25 dicom") };
    sx_predictor *p = open_some(weights, 1, NULL);
    const size_t n = d.bytes.len;
    CHECK_FAILS(sx_predict_memory(p, d.bytes.data, n, "a.dcm", NULL, &err), err, SX_ERR_REFUSED,
                "a.dcm: refused: Modality is \"CT\": computed tomography, not a radiograph");
    sx_predict_options any = SX_PREDICT_DEFAULTS;
    any.any_film = true;
    sx_prediction *f = sx_predict_memory(p, d.bytes.data, n, "a.dcm", &any, &err);
    if (!f) fail_msg("%s", err.message);
    assert_true(f->has_probability);
    sx_prediction_free(f);
    sx_predictor_free(p);
    dicom_end(&d);
}

static void pixels_are_checked_and_stretched(void **state) {
    (void)state;
    const char *w[] = { put("c", "classifier -3 0.5 dicom") };
    sx_predictor *p = open_some(w, 1, NULL);
    sx_error err = { 0 };
    uint16_t px[12] = {
        1000, 2000, 1500, 0xffff, 1010, 1250, 1001, 0xffff, 1002, 1003, 1004, 0xffff
    };
    sx_pixel_view v = { px, 3, 3, 1, 16, 8 }; /* the fourth column is a gap */
    const unsigned char first = 0;
    sx_prediction *f = sx_predict_pixels(p, &v, NULL, &err);
    assert_true(f && fabs(f->probability - 1 / (1 + exp(3 - first))) < 1e-6);
    sx_prediction_free(f);
    px[0] = 1005; /* 4 / 999 * 255 = 1.02 */
    f = sx_predict_pixels(p, &v, NULL, &err);
    assert_true(f && fabs(f->probability - 1 / (1 + exp(3.0 - 1))) < 1e-6);
    sx_prediction_free(f);

    sx_pixel_view bad = v;
    bad.data = NULL;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "no pixels");
    bad = v, bad.width = 0;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_LIMIT, "0 x 3");
    bad = v, bad.channels = 2;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "2 channels");
    bad = v, bad.bits = 12;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "12 bits");
    bad = v, bad.stride = 5;
    CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "stride of 5");
    static const size_t far[] = { SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 3 - 1 };
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        bad = v, bad.stride = far[i];
        CHECK_FAILS(sx_predict_pixels(p, &bad, NULL, &err), err, SX_ERR_USAGE, "fit no memory");
    }
    sx_predictor_free(p);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_a_bundle),
        cmocka_unit_test(unfamiliar_films_have_no_verdict),
        cmocka_unit_test(operating_points_choose_the_findings),
        cmocka_unit_test(logits_are_divided_by_the_temperature),
        cmocka_unit_test(views_are_mirrored_back_and_fused),
        cmocka_unit_test(thresholds_fall_back),
        cmocka_unit_test(a_detector_alone_withholds_nothing),
        cmocka_unit_test(outputs_that_are_not_finite_are_errors),
        cmocka_unit_test(detectors_of_different_classes_are_fused),
        cmocka_unit_test(a_calibration_needs_all_its_detectors),
        cmocka_unit_test(fitted_values_need_their_tiles_and_networks),
        cmocka_unit_test(the_best_box_is_averaged_with_the_ensemble),
        cmocka_unit_test(bad_bundles_are_named),
        cmocka_unit_test(a_reduced_film_keeps_its_coordinates),
        cmocka_unit_test(another_kind_of_film_is_refused),
        cmocka_unit_test(pixels_are_checked_and_stretched),
    };
    return cmocka_run_group_tests_name("predictor", tests, NULL, NULL);
}
