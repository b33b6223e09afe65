/* Warnings about films that are read many times. */
#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "data/film_notes.h"
#include "data/fit.h"
#include "data/set_check.h"
#include "image/image_file.h"
#include "support/check.h"
#include "support/dicom.h"
#include "support/set_files.h"

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

/* The check of a data set logs them in the order of its films, with the number of others. */
static void test_check(void **state) {
    (void)state;
    enum { FILMS = SX_NOTED_FILMS + 2 };
    sx_error err = { 0 };
    sx_str rows = { 0 };
    sx_manifest m;
    sx_check c;
    sx_str_add(&rows, "image_id,abnormal\n");
    for (int i = 0; i < FILMS; i++) {
        char name[40];
        sx_image im;
        snprintf(name, sizeof name, "set/images/f%02d.png", i);
        set_put_text(name, ""); /* with its folder */
        CHECK_OK(sx_image_new(&im, 32 + i, 32, 1, 8, &err), err);
        CHECK_OK(sx_image_write(&im, check_tmp_path(name), &err), err);
        sx_image_free(&im);
        sx_str_printf(&rows, "f%02d,0\n", i);
    }
    set_put_text("set/labels.csv", rows.data);
    sx_str_free(&rows);
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
    for (int headers = 0; headers < 2; headers++) {
        logged = 0;
        last[0] = '\0';
        const sx_check_options o = { .context = &context, .headers_only = headers };
        CHECK_OK(sx_check_films(&m, &o, &c, &err), err);
        assert_int_equal(c.fault_count, 0);
        assert_int_equal(logged, headers ? 0 : SX_NOTED_FILMS + 1);
        assert_string_equal(last, headers ? ""
                                          : "2 more films have such warnings; predict prints them "
                                            "all");
        sx_check_free(&c);
    }
    sx_manifest_free(&m);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_and_counted),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
