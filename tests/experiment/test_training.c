/* Training without the command line: a classifier and a detector on drawn films, stopping and
 * resuming, and a sweep. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "experiment/small_runs.h"
#include "experiment/sweep.h"
#include "pipeline/predictor_impl.h"

enum { STOP_AFTER = 3 };

/* A run that is cancelled and resumed ends with the bytes of one that was not. */
static void check_resumed(const char *text, const char *whole, const char *parts, long iterations,
                          double *best) {
    const sx_context context = { .threads = 2 };
    stopping stop, resumed;
    sx_loop_result r;
    train(&context, text, check_tmp_path(whole), false, &r);
    assert_false(r.stopped);
    assert_int_equal(r.iterations, iterations);
    *best = r.best;
    stopping_init(&stop, "steps", STOP_AFTER);
    train(&stop.context, text, check_tmp_path(parts), false, &r);
    assert_true(r.stopped);
    assert_int_equal(r.iterations, STOP_AFTER);
    stopping_init(&resumed, "steps", SIZE_MAX);
    train(&resumed.context, text, check_tmp_path(parts), true, &r);
    assert_false(r.stopped);
    assert_int_equal(r.iterations, iterations);
    assert_int_equal(resumed.done, iterations - STOP_AFTER);
    check_same_bytes(in(whole, "last.safetensors"), in(parts, "last.safetensors"));
    check_same_bytes(in(whole, "best.safetensors"), in(parts, "best.safetensors"));
}

static void test_classifier(void **state) {
    (void)state;
    double best;
    check_resumed(classifier, "classifier", "classifier-parts", ITERATIONS, &best);
    /* trained and validated on the same few films, it separates them better than chance */
    if (best < 0.8) fail_msg("AUROC %.3f of the films that it was trained on", best);
    const char *path = in("classifier", "best.safetensors");
    check_metadata(path, "spinexr.arch", "densenet121");
    check_metadata(path, "spinexr.classes", "[\"Abnormal\"]");
    check_metadata(path, "spinexr.input", "64x64");
    check_metadata(path, "spinexr.threshold_chosen_on", "validation on train.csv (Youden)");
}

static void test_detector(void **state) {
    (void)state;
    double best;
    check_resumed(detector, "detector", "detector-parts", 6, &best);
    assert_true(best >= 0 && best <= 1);
    check_metadata(in("detector", "best.safetensors"), "spinexr.arch", "retinanet_r50");
    check_metadata(in("detector", "best.safetensors"), "spinexr.input", "80x160");
}

/* With an output for each finding, and its resumed run. */
static void test_multi_label(void **state) {
    (void)state;
    double best;
    check_resumed(with_line(many_labels), "many", "many-parts", ITERATIONS, &best);
    assert_true(best > 0.5);
    sx_error err = { 0 };
    sx_model *m = sx_model_open(NULL, in("many", "best.safetensors"), SX_PRECISION_F32, &err);
    CHECK_OK(m != NULL, err);
    const sx_model_info *info = sx_model_get_info(m);
    assert_true(info->classes > 2);
    assert_string_equal(info->class_names[0], "Abnormal");
    assert_string_not_equal(info->class_names[1], "Abnormal");
    sx_model_free(m);
    /* detectors have no such outputs */
    sx_yaml y = { 0 };
    sx_train_config c = { 0 };
    static const char wrong[] = "SPINEXR: {PRESET: retinanet_small, MULTI_LABEL: True}\n";
    CHECK_OK(sx_yaml_parse("c.yaml", wrong, strlen(wrong), &y, &err), err);
    CHECK_FAILS(sx_train_config_make(NULL, "c.yaml", &y, NULL, "", &c, &err), err,
                SX_ERR_UNSUPPORTED, "MULTI_LABEL");
    sx_yaml_free(&y);
    sx_train_config_free(&c);
}

/* Films that keep their aspect ratio; validation sees them as prediction does. */
static void test_letterbox(void **state) {
    (void)state;
    double best;
    check_resumed(with_line("  LETTERBOX: True\n"), "boxed", "boxed-parts", ITERATIONS, &best);
    if (best < 0.8) fail_msg("AUROC %.3f of the films that it was trained on", best);
    check_metadata(in("boxed", "best.safetensors"), "spinexr.resize", "letterbox");
}

/* With boxes that are copied between films. */
static void test_copy_paste(void **state) {
    (void)state;
    double best;
    char text[1000];
    static const char begin[] = "SPINEXR:\n";
    snprintf(text, sizeof text, "%s  COPY_PASTE: 0.9\n%s", begin, detector + sizeof begin - 1);
    check_resumed(text, "paste", "paste-parts", 6, &best);
    sx_error err = { 0 };
    sx_file plain, pasted;
    CHECK_OK(sx_file_open(&plain, in("detector", "last.safetensors"), &err) &&
                 sx_file_open(&pasted, in("paste", "last.safetensors"), &err),
             err);
    assert_true(plain.size == pasted.size && memcmp(plain.data, pasted.data, plain.size) != 0);
    sx_file_close(&plain);
    sx_file_close(&pasted);
}

/* Options of the other task are refused. */
static void test_options_of_the_task(void **state) {
    (void)state;
    static const struct {
        const char *text, *key;
    } wrong[] = { { "SPINEXR: {PRESET: retinanet_small, LETTERBOX: True}\n", "LETTERBOX" },
                  { "SPINEXR: {PRESET: densenet_small, COPY_PASTE: 0.5}\n", "COPY_PASTE" } };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        sx_error err = { 0 };
        sx_yaml y = { 0 };
        sx_train_config c = { 0 };
        CHECK_OK(sx_yaml_parse("c.yaml", wrong[i].text, strlen(wrong[i].text), &y, &err), err);
        CHECK_FAILS(sx_train_config_make(NULL, "c.yaml", &y, NULL, "", &c, &err), err,
                    SX_ERR_UNSUPPORTED, wrong[i].key);
        sx_yaml_free(&y);
        sx_train_config_free(&c);
    }
}

static void test_faults(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_loop_result r;
    sx_train_config c;
    configure(classifier, check_tmp_path("fault"), &c);
    c.data = check_tmp_path("nowhere");
    CHECK_FAILS(sx_training_run(&(sx_training_job){ .config = &c }, &r, &err), err, SX_ERR_IO,
                "nowhere");
    sx_train_config_free(&c);
}

/* ---- sweeps ---- */

static const char *write_sweep(const char *rates) {
    sx_error err = { 0 };
    sx_str text = { 0 };
    const char *path = check_tmp_path("sweep.yaml");
    sx_str_printf(&text,
                  "SPINEXR:\n  PRESET: densenet_small\n  NETWORK: " CLASSIFIER_NETWORK "\n"
                  "  VAL: %s\n"
                  "SPINE: {TRAIN_ANNOTATION: %s}\n"
                  "MODEL: {CLASSIFIER: {INPUT_SIZE: 64}}\n"
                  "SOLVER: {MAX_ITER: 4, IMS_PER_BATCH: 2}\n"
                  "SWEEP: {SOLVER.BASE_LR: %s}\n",
                  annotations, annotations, rates);
    CHECK_OK(sx_str_ok(&text, &err) && sx_write_file(path, text.data, text.len, &err), err);
    sx_str_free(&text);
    return path;
}

static void sweep(const sx_context *context, const char *file, sx_sweep *s, bool cancelled) {
    sx_error err = { 0 };
    CHECK_OK(sx_sweep_open(file, s, &err), err);
    assert_int_equal(s->variant_count, 2);
    if (cancelled)
        CHECK_FAILS(sx_sweep_run(s, context, check_tmp_path("sweep"), &err), err, SX_ERR_CANCELLED,
                    "cancelled");
    else
        CHECK_OK(sx_sweep_run(s, context, check_tmp_path("sweep"), &err), err);
}

/* The context of the sweep is cancelled in the second variant's first step. */
static void stop_in_second(void *user, const sx_progress *p) {
    stopping *s = user;
    if (strcmp(p->what, "steps") == 0 && !p->ended && s->after-- == 0)
        sx_context_cancel(&s->context);
}

static void test_sweep(void **state) {
    (void)state;
    const sx_context context = { .threads = 2 };
    const char *file = write_sweep("[0.01, 0.02]");
    stopping stop = { .after = 8 };
    sx_sweep s;
    stop.context = (sx_context){ .threads = 2, .progress = stop_in_second, .progress_user = &stop };
    sweep(&stop.context, file, &s, true);
    assert_int_equal(s.variants[0].state, SX_VARIANT_DONE);
    assert_int_equal(s.variants[1].state, SX_VARIANT_TO_DO);
    assert_false(sx_path_exists(check_tmp_path("sweep/002/result.json")));
    sx_sweep_free(&s);
    /* a variant that is done is not trained again: its recorded result counts */
    sx_error err = { 0 };
    const char result[] = "{\"iterations\": 7, \"best_at\": 5, \"best\": 2}";
    CHECK_OK(
        sx_write_file(check_tmp_path("sweep/001/result.json"), result, sizeof result - 1, &err),
        err);
    sweep(&context, file, &s, false);
    assert_string_equal(sx_sweep_value(&s, 0, 1), "0.02");
    assert_int_equal(s.variants[0].iterations, 7);
    assert_int_equal(s.variants[1].state, SX_VARIANT_DONE);
    assert_int_equal(s.variants[1].iterations, 4);
    assert_true(s.variants[1].best >= 0 && s.variants[1].best <= 1);
    assert_int_equal(sx_sweep_best(&s), 0);
    assert_int_equal(sx_sweep_failed(&s), 0);
    sx_sweep_free(&s);
    /* other values in a used folder fail and leave it as it is */
    sweep(&context, write_sweep("[0.01, 0.03]"), &s, false);
    assert_int_equal(sx_sweep_failed(&s), 1);
    assert_int_equal(s.variants[1].error.code, SX_ERR_MISMATCH);
    sx_sweep_free(&s);
}

/* The last axis varies fastest. */
static void test_sweep_values(void **state) {
    (void)state;
    static const char text[] = "SWEEP: {SOLVER.BASE_LR: [1, 2], SOLVER.MAX_ITER: [3, 4, 5]}\n";
    static const char *const want[][2] = { { "1", "3" }, { "1", "4" }, { "1", "5" },
                                           { "2", "3" }, { "2", "4" }, { "2", "5" } };
    sx_error err = { 0 };
    sx_sweep s;
    const char *path = check_tmp_path("values.yaml");
    CHECK_OK(sx_write_file(path, text, sizeof text - 1, &err) && sx_sweep_open(path, &s, &err),
             err);
    assert_int_equal(s.variant_count, 6);
    assert_int_equal(s.axis_count, 2);
    assert_string_equal(s.axes[0].key, "SOLVER.BASE_LR");
    assert_string_equal(s.axes[1].short_name, "MAX_ITER");
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 2; k++)
            assert_string_equal(sx_sweep_value(&s, k, i), want[i][k]);
    assert_int_equal(sx_sweep_best(&s), 6);
    sx_sweep_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifier),   cmocka_unit_test(test_detector),
        cmocka_unit_test(test_multi_label),  cmocka_unit_test(test_letterbox),
        cmocka_unit_test(test_copy_paste),   cmocka_unit_test(test_options_of_the_task),
        cmocka_unit_test(test_faults),       cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_sweep_values),
    };
    return cmocka_run_group_tests(tests, draw_films, remove_films);
}
