/* The public interface: arguments are checked, results are complete. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/check.h"

#include <jansson.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "image/noise.h"
#include "image/png.h"
#include "pipeline/prediction.h"
#include "spinexr/spinexr.h"
#include "support/small_networks.h"

static const char *const *weights;
static char film_path[512];
static sx_predictor *predictor;

static int setup(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im;
    weights = small_networks_write();
    snprintf(film_path, sizeof film_path, "%s/films/film.png", check_tmp());
    CHECK_OK(sx_make_dirs(check_tmp_path("films"), &err), err);
    CHECK_OK(sx_noise_image("film", 300, 400, false, &im, &err), err);
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, film_path, &err), err);
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, check_tmp_path("films/g.png"), &err), err);
    CHECK_OK(sx_write_file(check_tmp_path("films/h.png"), "\x89PNG\r\n\x1a\n", 8, &err), err);
    sx_image_free(&im);
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.precision = SX_PRECISION_F32;
    o.threshold = 0; /* every box stays */
    predictor = sx_predictor_open(NULL, weights, SMALL_NETWORKS, &o, &err);
    CHECK_OK(predictor != NULL, err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    sx_predictor_free(predictor);
    check_tmp_remove();
    return 0;
}

static void versions_agree(void **state) {
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", SPINEXR_VERSION_MAJOR, SPINEXR_VERSION_MINOR,
             SPINEXR_VERSION_PATCH);
    assert_string_equal(text, SPINEXR_VERSION);
    assert_string_equal(text, sx_version());
}

/* ---- what is refused ---- */

static void check_option(sx_predictor_options o, const char *text) {
    sx_error err = { 0 };
    CHECK_FAILS(sx_predictor_open(NULL, weights, 1, &o, &err), err, SX_ERR_USAGE, text);
}

static void options_of_a_predictor_are_checked(void **state) {
    (void)state;
    const sx_predictor_options good = SX_PREDICTOR_DEFAULTS;
    sx_predictor_options o = good;
    o.precision = (sx_precision)3;
    check_option(o, "precision is 3");
    o = good, o.pixels = (sx_pixels)-1;
    check_option(o, "pixels is -1");
    o = good, o.tta = (sx_tta)4;
    check_option(o, "tta is 4");
    o = good, o.threshold = 1.01;
    check_option(o, "threshold is 1.01");
    o = good, o.keep = (double)NAN;
    check_option(o, "keep is nan");
    o = good, o.nms = 2;
    check_option(o, "nms is 2");
    o = good, o.struct_size = 0;
    check_option(o, "begin with SX_PREDICTOR_DEFAULTS");
    sx_error err = { 0 };
    const char *const none[] = { NULL };
    CHECK_FAILS(sx_predictor_open(NULL, NULL, 2, NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predictor_open(NULL, none, 1, NULL, &err), err, SX_ERR_USAGE, "weights[0]");
    CHECK_FAILS(sx_predictor_open(NULL, NULL, 0, NULL, &err), err, SX_ERR_USAGE, "no weights");
}

/* A caller with newer headers is accepted as long as it sets no new option. */
static void options_of_newer_callers(void **state) {
    (void)state;
    struct {
        sx_predict_options known;
        long unknown;
    } o = { SX_PREDICT_DEFAULTS, 0 };
    sx_error err = { 0 };
    o.known.struct_size = sizeof o;
    sx_prediction *film = sx_predict_file(predictor, film_path, &o.known, &err);
    CHECK_OK(film != NULL, err);
    sx_prediction_free(film);
    o.unknown = 1;
    CHECK_FAILS(sx_predict_file(predictor, film_path, &o.known, &err), err, SX_ERR_USAGE,
                "sx_predict_options has fields");
}

static bool never(void *user, const sx_film_result *film) {
    (void)user, (void)film;
    return false;
}

static void calls_check_their_arguments(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_predict_options o = SX_PREDICT_DEFAULTS;
    sx_batch_options b = SX_BATCH_DEFAULTS;
    const char *const none[] = { NULL };
    o.frame = -1;
    CHECK_FAILS(sx_predict_file(predictor, film_path, &o, &err), err, SX_ERR_USAGE, "frame is -1");
    CHECK_FAILS(sx_predict_file(NULL, film_path, NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predict_file(predictor, NULL, NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predict_memory(predictor, NULL, 9, "x", NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predict_memory(predictor, "", 0, NULL, NULL, &err), err, SX_ERR_FORMAT,
                "film in memory: the file is empty");
    CHECK_FAILS(sx_predict_memory(predictor, "", ((size_t)2 << 30) + 1, "x", NULL, &err), err,
                SX_ERR_LIMIT, "x: 2147483649 bytes");
    CHECK_FAILS(sx_predict_pixels(predictor, NULL, NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predict_batch(predictor, weights, 1, NULL, &err), err, SX_ERR_USAGE,
                "film_done is NULL");
    b.film_done = never;
    CHECK_FAILS(sx_predict_batch(NULL, weights, 1, &b, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predict_batch(predictor, NULL, 1, &b, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_predict_batch(predictor, none, 1, &b, &err), err, SX_ERR_USAGE, "inputs[0]");
    CHECK_FAILS(sx_predict_batch(predictor, NULL, 0, &b, &err), err, SX_ERR_USAGE, "no film");
    b.film = &o;
    CHECK_FAILS(sx_predict_batch(predictor, weights, 1, &b, &err), err, SX_ERR_USAGE,
                "frame is -1");
    assert_null(sx_predict_file(NULL, NULL, NULL, NULL)); /* without an error */
}

static void nothing_is_known_of_null(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_heat_grid grid;
    assert_int_equal(sx_predictor_network_count(NULL), 0);
    assert_null(sx_predictor_network(predictor, SMALL_NETWORKS));
    assert_null(sx_predictor_network(predictor, -1));
    assert_string_equal(sx_predictor_label(predictor, 7), "");
    assert_true(isnan(sx_predictor_threshold(NULL)));
    assert_string_equal(sx_prediction_image_id(NULL), "");
    assert_int_equal(sx_prediction_verdict(NULL), SX_VERDICT_NONE);
    assert_true(isnan(sx_prediction_probability(NULL)));
    assert_int_equal(sx_prediction_finding_count(NULL), 0);
    assert_null(sx_prediction_finding(NULL, 0));
    assert_null(sx_prediction_picture(NULL));
    assert_null(sx_prediction_hold(NULL));
    CHECK_FAILS(sx_prediction_overlay(NULL, 0, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_prediction_heat_sheet(NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_prediction_heat_grid(NULL, 0, &grid, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_prediction_json(NULL, NULL, &err), err, SX_ERR_USAGE, "NULL");
    CHECK_FAILS(sx_picture_write_png(NULL, "x", &err), err, SX_ERR_USAGE, "NULL");
    sx_prediction_free(NULL);
    sx_picture_free(NULL);
    sx_text_free(NULL);
    sx_predictor_free(NULL);
}

/* ---- what is said ---- */

static void networks_are_described(void **state) {
    (void)state;
    assert_int_equal(sx_predictor_network_count(predictor), 3);
    const sx_network_info *n = sx_predictor_network(predictor, 1),
                          *d = sx_predictor_network(predictor, 2);
    assert_int_equal(n->task, SX_CLASSIFIER);
    assert_string_equal(n->arch, "densenet121");
    assert_string_equal(n->path, weights[1]);
    assert_int_equal(n->input_width, 224);
    assert_true(n->temperature == 1 && isnan(n->threshold));
    assert_int_equal(d->task, SX_DETECTOR);
    assert_true(isnan(d->temperature));
    assert_true(sx_predictor_threshold(predictor) == 0);
    assert_string_equal(sx_predictor_threshold_source(predictor), "option");
    assert_true(sx_predictor_keep(predictor) == 0.5);
    assert_int_equal(sx_predictor_label_count(predictor), 7);
    assert_string_equal(sx_predictor_label(predictor, 0), "Osteophytes");
}

static sx_prediction *predict_whole(void) {
    sx_error err = { 0 };
    sx_predict_options o = SX_PREDICT_DEFAULTS;
    o.keep_picture = o.keep_heat_maps = true;
    sx_prediction *film = sx_predict_file(predictor, film_path, &o, &err);
    CHECK_OK(film != NULL, err);
    return film;
}

static void a_film_in_memory_is_that_in_its_file(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file file;
    CHECK_OK(sx_file_open(&file, film_path, &err), err);
    sx_prediction *a = predict_whole(),
                  *b = sx_predict_memory(predictor, file.data, file.size, "x/name.dcm", NULL, &err);
    CHECK_OK(b != NULL, err);
    assert_true(sx_prediction_probability(a) == sx_prediction_probability(b));
    assert_int_equal(sx_prediction_finding_count(a), sx_prediction_finding_count(b));
    assert_true(sx_prediction_finding_count(a) > 0);
    assert_string_equal(sx_prediction_image_id(a), "film");
    assert_string_equal(sx_prediction_image_id(b), "name");
    assert_int_equal(sx_prediction_verdict(a), SX_VERDICT_ABNORMAL);
    assert_int_equal(sx_prediction_classifier_count(a), 2);
    assert_true(sx_prediction_classifier(a, 1) > 0 && isnan(sx_prediction_classifier(a, 2)));
    assert_true(sx_prediction_width(a) == 300 && sx_prediction_height(a) == 400);
    assert_true(sx_prediction_seconds(a, SX_STAGE_CLASSIFY) > 0);
    CHECK_FAILS(sx_predict_memory(predictor, file.data, 100, "cut.png", NULL, &err), err,
                SX_ERR_FORMAT, "cut.png: ");
    CHECK_FAILS(sx_prediction_overlay(b, 0, &err), err, SX_ERR_MISSING, "not kept");
    CHECK_FAILS(sx_prediction_heat_sheet(b, &err), err, SX_ERR_MISSING, "not kept");
    sx_file_close(&file);
    sx_prediction_free(a), sx_prediction_free(b);
}

/* Names and messages are UTF-8, whatever bytes a path has. */
static void strings_are_utf8(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file file;
    char long_name[300] = "x/";
    CHECK_OK(sx_file_open(&file, film_path, &err), err);
    sx_prediction *film =
        sx_predict_memory(predictor, file.data, file.size, "x/R\xf6ntgen.dcm", NULL, &err);
    CHECK_OK(film != NULL, err);
    assert_string_equal(sx_prediction_image_id(film), "R\\xf6ntgen");
    sx_prediction_free(film);
    while (strlen(long_name) < 290) /* the 255th byte is inside a character */
        memcpy(long_name + strlen(long_name), "\xe2\x82\xac", 4);
    film = sx_predict_memory(predictor, file.data, file.size, long_name, NULL, &err);
    CHECK_OK(film != NULL, err);
    const char *id = sx_prediction_image_id(film);
    assert_int_equal(sx_utf8_span(id, strlen(id)), strlen(id));
    assert_string_equal(id, long_name + 2);
    sx_prediction_free(film);
    sx_file_close(&file);
    CHECK_FAILS(sx_predict_file(predictor, "/nowhere/R\xf6\x1b[2Jntgen.dcm", NULL, &err), err,
                SX_ERR_IO, "/nowhere/R\\xf6\\x1b[2Jntgen.dcm: ");
    char longer[700] = "/nowhere/";
    while (strlen(longer) < 600)
        memcpy(longer + strlen(longer), "\xe2\x82\xac\xf6", 5);
    CHECK_FAILS(sx_predict_file(predictor, longer, NULL, &err), err, SX_ERR_IO, "/nowhere");
    assert_int_equal(sx_utf8_span(err.message, strlen(err.message)), strlen(err.message));
    assert_non_null(strstr(err.message, "..."));
}

static void take_message(void *user, sx_log_level level, const char *message) {
    (void)level;
    snprintf(user, 2000, "%s", message);
}

static void messages_are_utf8(void **state) {
    (void)state;
    sx_error err = { 0 };
    char heard[2000] = "";
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.log = take_message;
    o.log_user = heard;
    sx_context *context = sx_context_new(&o, &err);
    CHECK_OK(context != NULL, err);
    sx_log(context, SX_LOG_WARNING, "R\xf6ntgen: %d", 7);
    assert_string_equal(heard, "R\\xf6ntgen: 7");
    char name[1400] = "";
    for (int i = 0; i < 1399; i++)
        name[i] = "\xe2\x82\xac"[i % 3];
    for (int shift = 0; shift < 3; shift++) {
        sx_log(context, SX_LOG_WARNING, "%.*s%s", shift, "ab", name);
        assert_int_equal(sx_utf8_span(heard, strlen(heard)), strlen(heard));
        assert_true(strlen(heard) > 1000);
    }
    sx_context_free(context);
}

static void no_context_is_the_default_one(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_context *context = sx_context_new(NULL, &err);
    CHECK_OK(context != NULL, err);
    assert_int_equal(sx_context_threads(NULL), sx_context_threads(context));
    assert_false(sx_context_cancelled(NULL));
    sx_context_free(context);
}

static void pictures_are_pixels(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_prediction *film = predict_whole();
    const sx_picture *shown = sx_prediction_picture(film);
    assert_true(shown && shown->width == 300 && shown->height == 400 && shown->channels == 1);
    sx_picture *overlay = sx_prediction_overlay(film, 0, &err),
               *sheet = sx_prediction_heat_sheet(film, &err);
    CHECK_OK(overlay && sheet, err);
    assert_true(overlay->channels == 3 && overlay->height >= 1000);
    /* four panels of 540 x 720 pixels, three in a row */
    assert_true(sheet->channels == 3 && sheet->width > 3 * 540 && sheet->height > 2 * 720);
    const char *path = check_tmp_path("overlay.png");
    sx_image back;
    CHECK_OK(sx_picture_write_png(overlay, path, &err) && sx_png_read(path, &back, &err), err);
    assert_memory_equal(back.data, overlay->data, sx_image_bytes(&back));
    sx_image_free(&back);
    CHECK_FAILS(sx_picture_write_png(overlay, "/nowhere/x.png", &err), err, SX_ERR_IO, "/nowhere");
    CHECK_FAILS(sx_prediction_overlay(film, 1.5, &err), err, SX_ERR_USAGE, "min_score is 1.5");
    sx_picture_free(overlay), sx_picture_free(sheet);
    sx_prediction_free(film);
}

static void heat_grids_add_up(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_heat_grid g;
    sx_prediction *film = predict_whole();
    for (int k = -1; k < 2; k++) {
        CHECK_OK(sx_prediction_heat_grid(film, k, &g, &err), err);
        double logit = g.bias;
        for (int i = 0; i < g.rows * g.columns; i++)
            logit += (double)g.values[i] / (g.rows * g.columns);
        const double want =
            k < 0 ? sx_prediction_probability(film) : sx_prediction_classifier(film, k);
        assert_true(fabs(1 / (1 + exp(-logit)) - want) < 1e-4);
    }
    CHECK_FAILS(sx_prediction_heat_grid(film, 2, &g, &err), err, SX_ERR_USAGE, "heat map 2");
    CHECK_FAILS(sx_prediction_heat_grid(film, 0, NULL, &err), err, SX_ERR_USAGE, "NULL");
    sx_prediction_free(film);
}

static void a_report_is_json(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_prediction *film = predict_whole();
    char *text = sx_prediction_json(film, "films/R\xf6ntgen.png", &err);
    CHECK_OK(text != NULL, err);
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    const json_t *study = json_array_get(json_object_get(j, "studies"), 0),
                 *one = json_array_get(json_object_get(study, "films"), 0);
    assert_string_equal(json_string_value(json_object_get(j, "schema")), "spinexr-report/1");
    assert_int_equal(json_array_size(json_object_get(j, "models")), 3);
    assert_string_equal(json_string_value(json_object_get(one, "path")), "films/R\\xf6ntgen.png");
    assert_true(fabs(json_number_value(json_object_get(one, "probability")) -
                     sx_prediction_probability(film)) < 1e-8); /* nine digits */
    json_decref(j);
    sx_text_free(text);
    sx_prediction_free(film);
}

/* The record of the run begins when the film was read, not when its report is written. */
static void a_report_begins_with_the_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    char first[32], last[32];
    const int64_t took = (int64_t)2 * 3600 * 1000;
    sx_prediction *film = predict_whole();
    film->seconds.read = 7000, film->seconds.classify = 150, film->seconds.detect = 50;
    sx_timestamp_of(sx_wall_clock() - took, first, sizeof first);
    char *text = sx_prediction_json(film, NULL, &err);
    CHECK_OK(text != NULL, err);
    sx_timestamp_of(sx_wall_clock() - took, last, sizeof last);
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    const json_t *run = json_object_get(j, "run");
    const char *started = json_string_value(json_object_get(run, "started"));
    assert_non_null(started);
    assert_true(strcmp(first, started) <= 0 && strcmp(started, last) <= 0);
    assert_true(json_number_value(json_object_get(run, "seconds")) >= 7200);
    json_decref(j);
    sx_text_free(text);
    sx_prediction_free(film);
}

/* ---- a batch ---- */

typedef struct told {
    size_t done, failed, stop_at;
    const sx_prediction *last;
    sx_prediction *held;
} told;

static bool take_film(void *user, const sx_film_result *film) {
    told *t = user;
    assert_int_equal(film->index, t->done);
    assert_int_equal(film->count, 3);
    t->done++;
    t->failed += film->error != NULL;
    assert_true((film->prediction == NULL) == (film->error != NULL));
    if (film->error) assert_non_null(strstr(film->error->message, film->path));
    if (film->index == 0) t->held = sx_prediction_hold(film->prediction);
    return film->index != t->stop_at;
}

static bool take_folder(void *user, const sx_film_result *film) {
    (*(int *)user)++;
    assert_int_equal(film->count, 1);
    assert_non_null(film->error);
    assert_int_equal(film->error->code, SX_ERR_MISSING);
    assert_non_null(strstr(film->error->message, "no film in this folder"));
    return true;
}

static void a_folder_without_films_is_a_film_that_fails(void **state) {
    (void)state;
    int films = 0;
    sx_error err = { 0 };
    sx_batch_options o = SX_BATCH_DEFAULTS;
    const char *const folder[] = { check_tmp_path("without") };
    assert_int_equal(mkdir(folder[0], 0700), 0);
    o.film_done = take_folder;
    o.user = &films;
    CHECK_OK(sx_predict_batch(predictor, folder, 1, &o, &err), err);
    assert_int_equal(films, 1);
}

static void a_folder_is_a_batch(void **state) {
    (void)state;
    sx_error err = { 0 };
    told t = { .stop_at = 99 };
    sx_batch_options o = SX_BATCH_DEFAULTS;
    const char *const folder[] = { check_tmp_path("films") };
    o.film_done = take_film;
    o.user = &t;
    CHECK_OK(sx_predict_batch(predictor, folder, 1, &o, &err), err);
    assert_true(t.done == 3 && t.failed == 1);
    sx_prediction *alone = predict_whole();
    assert_true(sx_prediction_probability(t.held) == sx_prediction_probability(alone));
    sx_prediction_free(alone);
    sx_prediction_free(t.held);

    t = (told){ .stop_at = 0 };
    CHECK_FAILS(sx_predict_batch(predictor, folder, 1, &o, &err), err, SX_ERR_CANCELLED,
                "cancelled");
    assert_int_equal(t.done, 1);
    sx_prediction_free(t.held);
    const char *const empty[] = { check_tmp_path("nowhere") };
    t = (told){ .stop_at = 0 };
    o.film_done = never; /* a path that is named is a film, one that fails */
    CHECK_FAILS(sx_predict_batch(predictor, empty, 1, &o, &err), err, SX_ERR_CANCELLED,
                "cancelled");
}

static void a_predictions_holders_share_it(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_predictor *p = sx_predictor_open(NULL, weights, SMALL_NETWORKS, NULL, &err);
    sx_prediction *film = p ? sx_predict_file(p, film_path, NULL, &err) : NULL;
    CHECK_OK(film != NULL, err);
    sx_prediction *other = sx_prediction_hold(film);
    assert_ptr_equal(other, film);
    sx_prediction_free(film);
    sx_predictor_free(p);
    assert_string_equal(sx_prediction_image_id(other), "film");
    assert_true(sx_prediction_threshold(other) == 0.2808);
    assert_non_null(sx_prediction_note(other));
    sx_prediction_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_agree),
        cmocka_unit_test(options_of_a_predictor_are_checked),
        cmocka_unit_test(options_of_newer_callers),
        cmocka_unit_test(calls_check_their_arguments),
        cmocka_unit_test(nothing_is_known_of_null),
        cmocka_unit_test(networks_are_described),
        cmocka_unit_test(a_film_in_memory_is_that_in_its_file),
        cmocka_unit_test(strings_are_utf8),
        cmocka_unit_test(messages_are_utf8),
        cmocka_unit_test(no_context_is_the_default_one),
        cmocka_unit_test(pictures_are_pixels),
        cmocka_unit_test(heat_grids_add_up),
        cmocka_unit_test(a_report_is_json),
        cmocka_unit_test(a_report_begins_with_the_film),
        cmocka_unit_test(a_folder_is_a_batch),
        cmocka_unit_test(a_folder_without_films_is_a_film_that_fails),
        cmocka_unit_test(a_predictions_holders_share_it),
    };
    return cmocka_run_group_tests_name("api", tests, setup, teardown);
}
