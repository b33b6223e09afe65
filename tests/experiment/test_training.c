/* Training without the command line: a classifier and a detector on drawn films, stopping and
 * resuming, a sweep, and the calibration of an ensemble. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/progress.h"
#include "base/str.h"
#include "base/writer.h"
#include "experiment/calibrate.h"
#include "experiment/pictures.h"
#include "experiment/sweep.h"
#include "experiment/training_run.h"
#include "image/overlay_draw.h"
#include "phantom/phantom_set.h"
#include "pipeline/predictor_impl.h"
#include "support/check.h"
#include "tensor/weights.h"

enum { FILMS = 12, ITERATIONS = 24, STOP_AFTER = 3 };

static const char *annotations; /* of the drawn set */

static bool draw(const char *out, size_t count, sx_error *err) {
    const sx_context context = { .threads = 2 };
    const sx_phantom_set set = { .out = out,
                                 .count = count,
                                 .seed = 3,
                                 .syntax = -1,
                                 .film = { .long_side = 160, .mix = SX_PHANTOM_EVEN },
                                 .context = &context };
    sx_phantom_totals totals;
    return sx_phantom_write_set(&set, &totals, err);
}

static int draw_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    annotations = strdup(check_tmp_path("set/annotations/train.csv"));
    return !annotations || !draw(check_tmp_path("set"), FILMS, &err);
}

static int remove_films(void **state) {
    (void)state;
    free((char *)(uintptr_t)annotations);
    check_tmp_remove();
    return 0;
}

/* ---- contexts that stop ---- */

typedef struct stopping {
    sx_context context;
    const char *what; /* of the progress that is watched */
    size_t after;     /* the context is cancelled when so many steps are done */
    size_t done;      /* steps until now */
} stopping;

static void stop_after(void *user, const sx_progress *p) {
    stopping *s = user;
    if (strcmp(p->what, s->what) != 0) return;
    s->done = atomic_load(&p->done) - p->before;
    if (s->done >= s->after) sx_context_cancel(&s->context);
}

static void stopping_init(stopping *s, const char *what, size_t after) {
    *s = (stopping){ .what = what, .after = after };
    s->context = (sx_context){ .threads = 2, .progress = stop_after, .progress_user = s };
}

/* ---- runs ---- */

#define CLASSIFIER_NETWORK "{growth: 4, stem: 8, blocks: [1, 1, 1, 1]}"

static const char classifier[] = "SPINEXR:\n"
                                 "  PRESET: densenet_small\n"
                                 "  NETWORK: " CLASSIFIER_NETWORK "\n"
                                 "  EMA: 0\n"
                                 "MODEL: {CLASSIFIER: {INPUT_SIZE: 64}}\n"
                                 "SOLVER:\n"
                                 "  BASE_LR: 0.01\n"
                                 "  MAX_ITER: 24\n"
                                 "  WARMUP_ITERS: 2\n"
                                 "  IMS_PER_BATCH: 4\n"
                                 "  CHECKPOINT_PERIOD: 4\n"
                                 "TEST: {EVAL_PERIOD: 8}\n";

static const char detector[] =
    "SPINEXR:\n"
    "  PRESET: retinanet_small\n"
    "  NETWORK: {backbone_blocks: [1, 1, 1, 1], backbone_stem: 16, channels: 16, convs: 1}\n"
    "INPUT: {MIN_SIZE_TRAIN: [64, 80], MIN_SIZE_TEST: 80, MAX_SIZE_TRAIN: 160, "
    "MAX_SIZE_TEST: 160}\n"
    "SOLVER:\n"
    "  MAX_ITER: 6\n"
    "  IMS_PER_BATCH: 2\n"
    "  CHECKPOINT_PERIOD: 2\n"
    "TEST: {EVAL_PERIOD: 6}\n";

static void configure(const char *text, const char *out, sx_train_config *c) {
    sx_error err = { 0 };
    sx_yaml y = { 0 };
    *c = (sx_train_config){ 0 };
    CHECK_OK(sx_yaml_parse("c.yaml", text, strlen(text), &y, &err) &&
                 sx_train_config_make(NULL, "c.yaml", &y, NULL, "densenet121", c, &err),
             err);
    sx_yaml_free(&y);
    c->data = c->val = annotations;
    c->out = out;
}

static void train(const sx_context *context, const char *text, const char *out, bool resume,
                  sx_loop_result *r) {
    sx_error err = { 0 };
    sx_train_config c;
    configure(text, out, &c);
    const sx_training_job job = {
        .context = context, .config = &c, .cache = check_tmp_path("cache"), .resume = resume
    };
    CHECK_OK(sx_training_run(&job, r, &err), err);
    sx_train_config_free(&c);
}

static const char *in(const char *dir, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return check_tmp_path(path);
}

static void check_same_bytes(const char *a, const char *b) {
    sx_error err = { 0 };
    sx_file x, y;
    CHECK_OK(sx_file_open(&x, a, &err) && sx_file_open(&y, b, &err), err);
    if (x.size != y.size || memcmp(x.data, y.data, x.size) != 0) fail_msg("%s and %s differ", a, b);
    sx_file_close(&x);
    sx_file_close(&y);
}

static sx_weights *open_weights(const char *path) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_open(path, &err);
    CHECK_OK(w != NULL, err);
    return w;
}

static void check_metadata(const char *path, const char *key, const char *want) {
    sx_weights *w = open_weights(path);
    const char *got = sx_weights_meta(w, key);
    if (!got || strcmp(got, want) != 0)
        fail_msg("%s: %s is %s, not %s", path, key, got ? got : "absent", want);
    sx_weights_free(w);
}

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

/* The classifier's configuration with a line in the section SPINEXR. */
static const char *with_line(const char *line) {
    static char text[sizeof classifier + 100];
    const char *at = strstr(classifier, "  EMA: 0\n");
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - classifier), classifier, line, at);
    return text;
}

static const char many_labels[] = "  MULTI_LABEL: True\n";

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
    char text[sizeof detector + 40];
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

/* ---- calibration ---- */

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
    const char *const weights[] = { check_tmp_path("a.safetensors"),
                                    check_tmp_path("b.safetensors") };
    copy_weights(in("classifier", "best.safetensors"), weights[0]);
    copy_weights(in("sweep", "002/last.safetensors"), weights[1]);
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

    const sx_context context = { .threads = 2 };
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

/* Two steps, without validation. */
static void train_shortly(const char *text, const char *data, const char *out) {
    sx_error err = { 0 };
    const sx_context context = { .threads = 2 };
    sx_train_config c;
    sx_loop_result r;
    configure(text, out, &c);
    sx_train_config_iterations(&c, 2);
    c.data = data;
    c.val = NULL;
    const sx_training_job job = { .context = &context, .config = &c, .no_cache = true };
    CHECK_OK(sx_training_run(&job, &r, &err), err);
    sx_train_config_free(&c);
}

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
                 draw(check_tmp_path("more"), FILMS, &err),
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

/* ---- pictures ---- */

/* The columns from the first to the last pixel of a colour in the middle third of a tile. */
static void find_columns(const sx_image *tile, const uint8_t rgb[3], int *first, int *last) {
    *first = tile->width;
    *last = -1;
    for (int y = tile->height / 3; y < tile->height * 2 / 3; y++)
        for (int x = 0; x < tile->width; x++) {
            const size_t at = 3 * ((size_t)y * (size_t)tile->width + (size_t)x);
            if (memcmp(sx_image_u8(tile) + at, rgb, 3) != 0) continue;
            *first = x < *first ? x : *first;
            *last = x > *last ? x : *last;
        }
}

/* A film that the network sees as a square is drawn in its own proportions, and so are its boxes,
 * the true one and the predicted one. */
static void pictures_keep_the_proportions(void **state) {
    (void)state;
    static const uint8_t grey[3] = { 200, 200, 200 };
    sx_error err = { 0 };
    const sx_film_box box = { .x0 = 25, .y0 = 30, .x1 = 75, .y1 = 270 };
    const int label = 0;
    char name[] = "film", *classes[] = { name };
    sx_loader_film film = { .id = name, .boxes = &box, .labels = &label, .count = 1 };
    const sx_film_set set = { .films = &film,
                              .count = 1,
                              .manifest.classes = { .items = classes, .count = 1 } };
    sx_fitted fitted = { .film_width = 100, .film_height = 300 };
    CHECK_OK(sx_image_new(&fitted.image, 64, 64, 1, 8, &err), err);
    memset(fitted.image.data, grey[0], sx_image_bytes(&fitted.image));
    sx_detection item = { .box = { 16, 6.4F, 48, 57.6F }, .score = 0.9F };
    const sx_detections found = { .items = &item, .count = 1 };
    sx_sheet sheet = { 0 };
    CHECK_OK(sx_picture_boxes(&sheet, &set, 0, &fitted, &found, &err), err);
    assert_int_equal(sheet.count, 2);
    uint8_t colour[3];
    sx_label_color(0, colour);
    for (int i = 0; i < 2; i++) {
        int left, right, from, to;
        find_columns(&sheet.tile[i], grey, &left, &right);
        assert_int_equal(right - left + 1, 140); /* of 420 rows */
        find_columns(&sheet.tile[i], colour, &from, &to);
        assert_in_range(from - left, 33, 36);
        assert_in_range(to - left, 104, 107);
    }
    assert_non_null(strstr(sheet.notice, "not a diagnosis"));
    assert_true(sheet.tile[1].height > sheet.tile[0].height); /* shown below what was predicted */
    sx_sheet_free(&sheet);
    sx_image_free(&fitted.image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifier),
        cmocka_unit_test(test_detector),
        cmocka_unit_test(test_multi_label),
        cmocka_unit_test(test_letterbox),
        cmocka_unit_test(test_copy_paste),
        cmocka_unit_test(test_options_of_the_task),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_sweep_values),
        cmocka_unit_test(test_calibrate),
        cmocka_unit_test(test_operating_points),
        cmocka_unit_test(test_gates),
        cmocka_unit_test(pictures_keep_the_proportions),
    };
    return cmocka_run_group_tests(tests, draw_films, remove_films);
}
