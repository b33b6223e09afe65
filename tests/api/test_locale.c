/* The library in a host with a locale of its own: the same pixels, texts and messages. The locale
 * is SPINEXR_TEST_LOCALE (locales.sh), without it that of the C library, "C". */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/files.h"
#include "base/writer.h"
#include "spinexr/spinexr.h"
#include "support/dicom.h"
#include "support/small_networks.h"
#include "tensor/weights.h"

enum { WIDTH = 60, HEIGHT = 80 };

static const char *host_locale;
static char network[512], film[512];

static void write_film(const char *path) {
    sx_error err = { 0 };
    test_dicom d;
    uint16_t pixels[WIDTH * HEIGHT];
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        pixels[i] = (uint16_t)(i % 4096);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d,
                &(dicom_shape){
                    .rows = HEIGHT, .columns = WIDTH, .bits_allocated = 16, .bits_stored = 12 });
    dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "1600.25");
    dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "3000.5");
    dicom_text(&d, SX_TAG(0x0028, 0x1052), "DS", "-1.5");
    dicom_text(&d, SX_TAG(0x0028, 0x1053), "DS", "1.0625");
    dicom_pixels(&d, pixels, WIDTH * HEIGHT);
    CHECK_OK(sx_write_file(path, d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
}

/* A classifier whose metadata are numbers with a decimal point. */
static void write_network(void) {
    sx_error err = { 0 };
    sx_weights *w = sx_weights_open(small_networks_write()[0], &err);
    CHECK_OK(w != NULL, err);
    snprintf(network, sizeof network, "%s", check_tmp_path("n.safetensors"));
    CHECK_OK(sx_weights_set_meta(w, "spinexr.threshold", "0.58", &err) &&
                 sx_weights_set_meta(w, "spinexr.temperature", "1.25", &err) &&
                 sx_weights_save(w, network, &err),
             err);
    sx_weights_free(w);
}

static int setup(void **state) {
    sx_error err = { 0 };
    (void)state;
    host_locale = setlocale(LC_ALL, NULL);
    printf("locale %s, decimal point '%s'\n", host_locale, localeconv()->decimal_point);
    CHECK_OK(sx_make_dirs(check_tmp_path("films"), &err), err);
    snprintf(film, sizeof film, "%s", check_tmp_path("films/A.DICOM"));
    write_film(film);
    write_film(check_tmp_path("films/B.IMA"));
    write_network();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* ---- one film ---- */

typedef struct outcome {
    double probability, threshold;
    sx_prediction *prediction;
    sx_picture *overlay, *sheet;
    char *json;
} outcome;

static outcome predict(void) {
    sx_error err = { 0 };
    const char *const weights[] = { network };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    sx_predict_options film_options = SX_PREDICT_DEFAULTS;
    outcome x = { 0 };
    o.precision = SX_PRECISION_F32;
    film_options.keep_picture = film_options.keep_heat_maps = true;
    sx_predictor *p = sx_predictor_open(NULL, weights, 1, &o, &err);
    CHECK_OK(p != NULL, err);
    x.prediction = sx_predict_file(p, film, &film_options, &err);
    CHECK_OK(x.prediction != NULL, err);
    x.probability = sx_prediction_probability(x.prediction);
    x.threshold = sx_prediction_threshold(x.prediction);
    x.overlay = sx_prediction_overlay(x.prediction, 0, &err);
    x.sheet = sx_prediction_heat_sheet(x.prediction, &err);
    x.json = sx_prediction_json(x.prediction, film, &err);
    CHECK_OK(x.overlay && x.sheet && x.json, err);
    sx_predictor_free(p);
    return x;
}

static void free_outcome(outcome *x) {
    sx_picture_free(x->overlay);
    sx_picture_free(x->sheet);
    sx_text_free(x->json);
    sx_prediction_free(x->prediction);
}

static void check_same_picture(const sx_picture *a, const sx_picture *b) {
    assert_true(a->width == b->width && a->height == b->height && a->channels == b->channels);
    assert_memory_equal(a->data, b->data, (size_t)a->width * a->height * a->channels);
}

static void results_are_those_of_the_c_locale(void **state) {
    (void)state;
    char name[100];
    snprintf(name, sizeof name, "%s", host_locale);
    outcome there = predict();
    assert_string_equal(setlocale(LC_ALL, NULL), name);
    assert_non_null(setlocale(LC_ALL, "C"));
    outcome here = predict();
    assert_non_null(setlocale(LC_ALL, name));
    assert_true(there.threshold == 0.58);
    assert_true(there.probability == here.probability);
    check_same_picture(sx_prediction_picture(there.prediction),
                       sx_prediction_picture(here.prediction));
    check_same_picture(there.overlay, here.overlay);
    check_same_picture(there.sheet, here.sheet);
    assert_non_null(strstr(there.json, "0.58"));
    assert_null(strstr(there.json, "0,58"));
    assert_string_equal(sx_prediction_image_id(there.prediction), "A");
    free_outcome(&there);
    free_outcome(&here);
}

static void messages_have_a_point(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *const weights[] = { network };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    o.threshold = 1.5;
    CHECK_FAILS(sx_predictor_open(NULL, weights, 1, &o, &err), err, SX_ERR_USAGE,
                "threshold is 1.5");
    CHECK_FAILS(sx_predictor_open(NULL, weights, 0, NULL, &err), err, SX_ERR_USAGE, "no weights");
    const char *const nowhere[] = { "/nowhere" };
    CHECK_FAILS(sx_predictor_open(NULL, nowhere, 1, NULL, &err), err, SX_ERR_IO,
                "No such file or directory");
}

/* ---- the host's callbacks have the host's locale ---- */

typedef struct heard {
    char point[8];
    int films, drawn, asked;
} heard;

static void check_point(const heard *h) {
    assert_string_equal(localeconv()->decimal_point, h->point);
    char text[16];
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_true(text[1] == h->point[0]);
}

static bool film_done(void *user, const sx_film_result *result) {
    heard *h = user;
    check_point(h);
    assert_null(result->error);
    h->films++;
    return true;
}

static void draw(void *user, const sx_film_result *result) {
    heard *h = user;
    (void)result;
    check_point(h);
    __atomic_add_fetch(&h->drawn, 1, __ATOMIC_RELAXED);
}

static bool never_cancels(void *user) {
    heard *h = user;
    check_point(h);
    __atomic_add_fetch(&h->asked, 1, __ATOMIC_RELAXED);
    return false;
}

static void callbacks_have_the_hosts_locale(void **state) {
    (void)state;
    sx_error err = { 0 };
    heard h = { .films = 0 };
    snprintf(h.point, sizeof h.point, "%s", localeconv()->decimal_point);
    sx_context_options c = SX_CONTEXT_DEFAULTS;
    c.threads = 4; /* two of them draw and read */
    c.cancelled = never_cancels;
    c.cancelled_user = &h;
    sx_context *context = sx_context_new(&c, &err);
    CHECK_OK(context != NULL, err);
    const char *const weights[] = { network };
    const char *const folder[] = { check_tmp_path("films") };
    sx_predictor *p = sx_predictor_open(context, weights, 1, NULL, &err);
    CHECK_OK(p != NULL, err);
    sx_batch_options o = SX_BATCH_DEFAULTS;
    o.film_done = film_done;
    o.draw = draw;
    o.user = &h;
    CHECK_OK(sx_predict_batch(p, folder, 1, &o, &err), err);
    assert_true(h.films == 2 && h.drawn == 2 && h.asked > 0);
    check_point(&h); /* and so has the caller afterwards */
    sx_predictor_free(p);
    sx_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_the_c_locale),
        cmocka_unit_test(messages_have_a_point),
        cmocka_unit_test(callbacks_have_the_hosts_locale),
    };
    return cmocka_run_group_tests_name("locale", tests, setup, teardown);
}
