/* The calibration of an ensemble, operating points of a detector, and gates. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "experiment/calibrate.h"
#include "experiment/small_runs.h"
#include "pipeline/predictor_impl.h"

static void copy_weights(const char *from, const char *to) {
    sx_error err = { 0 };
    sx_weights *w = open_weights(from);
    CHECK_OK(sx_weights_save(w, to, &err), err);
    sx_weights_free(w);
}

static void test_calibrate(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_calibrate_result r = { 0 };
    stopping stop;
    const sx_context context = { .threads = 2 };
    sx_loop_result trained;
    train(&context, classifier, check_tmp_path("classifier"), false, &trained);
    train_shortly(classifier, annotations, check_tmp_path("other"));
    const char *const weights[] = { check_tmp_path("a.safetensors"),
                                    check_tmp_path("b.safetensors") };
    copy_weights(in("classifier", "best.safetensors"), weights[0]);
    copy_weights(in("other", "last.safetensors"), weights[1]);
    const char *before = check_tmp_path("before.safetensors");
    copy_weights(weights[0], before);
    stopping_init(&stop, "films", FILMS / 2);
    sx_calibrate_options o = {
        .context = &stop.context, .weights = weights, .weight_count = 2, .data = annotations
    };
    o.out = check_tmp_path("calibrated");
    CHECK_FAILS(sx_calibrate_weights(&o, &r, &err), err, SX_ERR_CANCELLED,
                "no weights were written");
    assert_false(sx_path_exists(o.out));

    o.context = &context;
    CHECK_OK(sx_calibrate_weights(&o, &r, &err), err);
    assert_int_equal(r.film_count, FILMS);
    assert_int_equal(r.classifier_count, 2);
    assert_true(r.after.threshold > 0 && r.after.threshold < 1);
    char temperature[32];
    snprintf(temperature, sizeof temperature, "%.9g", r.after.temperature);
    const char *const written[] = { check_tmp_path("calibrated/a.safetensors"),
                                    check_tmp_path("calibrated/b.safetensors") };
    for (int i = 0; i < 2; i++) {
        check_metadata(written[i], "spinexr.temperature", temperature);
        check_metadata(written[i], "spinexr.threshold_chosen_on",
                       "validation on train.csv (Youden, 12 films, ensemble of 2)");
    }
    check_same_bytes(before, weights[0]);
    /* a fit at the fitted temperature finds the same one; into its own folder it replaces files */
    const sx_calibrate_fit first = r.after;
    CHECK_FAILS(sx_calibrate_weights(&o, &r, &err), err, SX_ERR_IO, "exists");
    o.weights = written;
    o.overwrite = true;
    CHECK_OK(sx_calibrate_weights(&o, &r, &err), err);
    assert_true((float)r.before.temperature == (float)first.temperature);
    assert_true(r.after.temperature == first.temperature);
    assert_true(r.after.threshold == first.threshold);
}

/* The operating points of the trained detector keep to the false positives that are allowed. */
static void test_operating_points(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_context context = { .threads = 2 };
    sx_loop_result trained;
    train(&context, detector, check_tmp_path("detector"), false, &trained);
    const char *const weights[] = { in("detector", "best.safetensors") };
    const char *out = check_tmp_path("pointed");
    sx_calibrate_result r;
    sx_calibrate_options o = { .context = &context,
                               .weights = weights,
                               .weight_count = 1,
                               .data = annotations,
                               .out = out,
                               .points = { 7, 2, 0.1 } };
    CHECK_OK(sx_calibrate_weights(&o, &r, &err), err);
    assert_int_equal(r.classifier_count, 0);
    assert_true(r.points.count > 1);
    int present = 0;
    for (int i = 0; i < r.points.count; i++)
        present += r.points.rows[i].lesions > 0;
    assert_true(present > 1);
    for (int i = 0; i < r.points.count; i++) {
        const sx_points_row *row = &r.points.rows[i];
        assert_int_equal(isnan(row->point.sensitive), row->lesions == 0);
        if (row->lesions == 0) continue;
        assert_true(row->point.sensitive <= row->point.specific);
        assert_true(row->sensitive.fp_per_image <= 7.0 / present);
        assert_true(row->specific.fp_per_image <= 2.0 / present);
        assert_true(row->sensitive.sensitivity >= row->specific.sensitivity);
    }
    sx_calibrate_result_free(&r);
    const char *written = check_tmp_path("pointed/best.safetensors");
    sx_model *m = sx_model_open(NULL, written, SX_PRECISION_F32, &err);
    CHECK_OK(m != NULL, err);
    assert_non_null(sx_model_get_info(m)->points);
    assert_string_equal(sx_model_get_info(m)->points_date, "2026-01-01");
    sx_model_free(m);
}

/* Always finds boxes, also untrained; the first ones are as large as the film. */
static const char proposals[] =
    "SPINEXR:\n"
    "  PRESET: sparse_small\n"
    "  NETWORK: {backbone_blocks: [1, 1, 1, 1], backbone_stem: 16, proposals: 10, heads: 1, "
    "hidden: 32, dynamic: 8, feedforward: 32}\n"
    "INPUT: {MIN_SIZE_TRAIN: [64, 80], MIN_SIZE_TEST: 80, MAX_SIZE_TRAIN: 160, "
    "MAX_SIZE_TEST: 160}\n"
    "SOLVER: {IMS_PER_BATCH: 2}\n";

/* Replaces the annotations of a drawn set: each film has one box of Osteophytes, but the first has
 * none. */
static void annotate_alike(const char *path) {
    sx_error err = { 0 };
    sx_file f;
    sx_str text = { 0 };
    char last[128] = "";
    int films = 0;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    char *all = strndup((const char *)f.data, f.size), *next = all;
    sx_file_close(&f);
    for (char *line; (line = strsep(&next, "\n")) && *line;) {
        char study[128], series[128], image[128], reader[32];
        if (sscanf(line, "%127[^,],%127[^,],%127[^,],%31[^,],", study, series, image, reader) != 4)
            fail_msg("%s: %s", path, line);
        if (text.len == 0) {
            sx_str_printf(&text, "%s\n", line);
        } else if (strcmp(image, last) != 0) {
            sx_str_printf(&text, "%s,%s,%s,%s,%s\n", study, series, image, reader,
                          films++ ? "Osteophytes,5,5,40,100" : "No finding,,,,");
            snprintf(last, sizeof last, "%s", image);
        }
    }
    assert_int_equal(films, FILMS);
    CHECK_OK(sx_write_file(path, text.data, text.len, &err), err);
    sx_str_free(&text);
    free(all);
}

/* Gates come with a classifier that names findings, and predict uses those that were stored. */
static void test_gates(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_context context = { .threads = 2 };
    char many[512], boxes[512], more[512];
    const char *const weights[] = { many, boxes };
    snprintf(many, sizeof many, "%s", check_tmp_path("gates/many.safetensors"));
    snprintf(boxes, sizeof boxes, "%s", check_tmp_path("gates/boxes.safetensors"));
    snprintf(more, sizeof more, "%s", check_tmp_path("more/annotations/train.csv"));
    CHECK_OK(sx_make_dirs(check_tmp_path("gates"), &err) &&
                 draw_set(check_tmp_path("more"), FILMS, &err),
             err);
    annotate_alike(more);
    train_shortly(with_line(many_labels), more, check_tmp_path("more-many"));
    train_shortly(proposals, more, check_tmp_path("more-boxes"));
    copy_weights(in("more-many", "last.safetensors"), many);
    copy_weights(in("more-boxes", "last.safetensors"), boxes);
    sx_calibrate_result r;
    const sx_calibrate_options o = { .context = &context,
                                     .weights = weights,
                                     .weight_count = 2,
                                     .data = more,
                                     .out = check_tmp_path("gated"),
                                     .points = { 70, 20, 0.005, 0.5 } };
    CHECK_OK(sx_calibrate_weights(&o, &r, &err), err);
    int gates = 0;
    for (int i = 0; i < r.points.count; i++) {
        const sx_gate_fit *g = &r.points.rows[i].gate;
        if (isnan(g->gate)) continue;
        gates++;
        assert_true(g->lost <= g->hits / 2 && g->removed > 0 && g->removed <= g->false_boxes);
    }
    assert_int_equal(gates, r.points.gates);
    assert_int_equal(gates, 1);
    const char *const written[] = { check_tmp_path("gated") };
    sx_predictor *p = sx_predictor_open(NULL, written, 1, NULL, &err);
    CHECK_OK(p != NULL, err);
    assert_non_null(p->info->rule.gates);
    for (int i = 0; i < r.points.count; i++) {
        const double got = p->info->rule.gates[i], want = r.points.rows[i].gate.gate;
        assert_true(got == want || (isnan(got) && isnan(want)));
    }
    assert_non_null(strstr(p->info->gates_chosen_on, "at most 0.5 of the hits removed"));
    sx_predictor_free(p);
    sx_calibrate_result_free(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calibrate),
        cmocka_unit_test(test_operating_points),
        cmocka_unit_test(test_gates),
    };
    return cmocka_run_group_tests(tests, draw_films, remove_films);
}
