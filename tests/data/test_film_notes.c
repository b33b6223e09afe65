/* Warnings about films that are read many times. */
#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "data/film_notes.h"
#include "data/fit.h"
#include "support/check.h"
#include "support/dicom.h"

static int logged;
static char last[300];

static void keep_message(void *user, sx_log_level level, const char *message) {
    (void)user;
    assert_int_equal(level, SX_LOG_WARNING);
    snprintf(last, sizeof last, "%s", message);
    logged++;
}

static const sx_context context = { .threads = 1,
                                    .log_level = SX_LOG_WARNING,
                                    .log = keep_message };

static sx_film_notes *begin(void) {
    sx_error err = { 0 };
    sx_film_notes *n = sx_film_notes_new(&context, &err);
    CHECK_OK(n, err);
    logged = 0;
    last[0] = '\0';
    return n;
}

static void test_once_and_counted(void **state) {
    (void)state;
    const sx_film_warnings two = { 2, { "dark", "small" } }, none = { 0 };
    sx_film_notes *n = begin();
    sx_film_notes_add(n, "clean", &none);
    assert_int_equal(logged, 0);
    for (int i = 0; i < 3; i++)
        sx_film_notes_add(n, "a.dcm", &two);
    assert_int_equal(logged, 2);
    assert_string_equal(last, "a.dcm: small");
    for (int i = 0; i < SX_NOTED_FILMS + 2; i++) {
        char name[20];
        snprintf(name, sizeof name, "film %d", i);
        sx_film_notes_add(n, name, &two);
    }
    assert_int_equal(logged, 2 * SX_NOTED_FILMS);
    sx_film_notes_free(n);
    assert_int_equal(logged, 2 * SX_NOTED_FILMS + 1);
    assert_string_equal(last, "3 more films have such warnings; predict prints them all");
    n = begin();
    sx_film_notes_add(n, "a.dcm", &two);
    sx_film_notes_free(n);
    assert_int_equal(logged, 2); /* no number of others */
    sx_film_notes_add(NULL, "a.dcm", &two);
}

/* Reading for training passes them on. */
static void test_read(void **state) {
    (void)state;
    enum { SIDE = 40 };
    static uint16_t pixels[SIDE * SIDE];
    const dicom_shape s = {
        .rows = SIDE, .columns = SIDE, .bits_allocated = 16, .bits_stored = 12
    };
    sx_error err = { 0 };
    sx_fitted film;
    test_dicom d;
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint16_t)(i % 100);
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &s);
    dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "3000");
    dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "400");
    dicom_pixels(&d, pixels, SIDE * SIDE);
    const char *path = check_tmp_path("dark.dcm");
    CHECK_OK(sx_write_file(path, d.bytes.data, d.bytes.len, &err), err);
    sx_film_notes *n = begin();
    for (int i = 0; i < 2; i++) {
        CHECK_OK(sx_fit_film(path, SX_PIXELS_DICOM, &(sx_fit){ 0 }, n, &film, &err), err);
        sx_image_free(&film.image);
    }
    sx_film_notes_free(n);
    assert_int_equal(logged, 1);
    assert_non_null(strstr(last, "dark.dcm: the window maps the film to a single grey value"));
    dicom_end(&d);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_and_counted),
        cmocka_unit_test(test_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
