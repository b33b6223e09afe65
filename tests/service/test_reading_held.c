/* Films that readers do not get until the manager has released them. On SQLite, and on the
 * PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "dicom/write.h"
#include "service/imported_film.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"
#include "support/plain_film.h"

enum { WIDTH = DRAWN_WIDTH, HEIGHT = DRAWN_HEIGHT, CELLS = WIDTH * HEIGHT };

static const char *max;

static int start(void **state) {
    page_start(state);
    max = page_session("max");
    return 0;
}

static const char *held_path(int64_t film) {
    static char path[100];
    snprintf(path, sizeof path, "/api/reading/projects/spine/held/%" PRId64, film);
    return path;
}

/* ---- what is held ---- */

static void text_in_the_pixels_holds_a_film(void **state) {
    (void)state;
    const char *ann = page_session("ann");
    const int64_t film = hold_film("s0c");
    page_expect("GET", film_path(film), ann, NULL, 404, "no such film");
    page_expect("GET", film_path(film), max, NULL, 200, "\"width\":400");
    page_expect("GET", "/api/reading/projects/spine/held", max, NULL, 200, "likely text at x ");
    page_expect("GET", "/api/reading/projects/spine/held", max, NULL, 200, "(upper edge)");
    page_expect("GET", "/api/reading/projects", max, NULL, 200, "\"held\":1");
    /* the same film without text, and with a side marker */
    drawn_slope();
    assert_int_equal(import_film("s0d", "s0").held, 0);
    drawn_text("L", 250);
    assert_int_equal(import_film("s0e", "s0").held, 0);
}

static void the_header_holds_a_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    char path[700];
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_manifest m = { 0 };
    sx_reading_import_counts counts;
    drawn_slope();
    const sx_write_film f = plain_film(drawn_cells, WIDTH, HEIGHT);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    /* our films say NO */
    static const uint8_t no[] = { 0x28, 0, 0x01, 0x03, 'C', 'S', 2, 0, 'N', 'O' };
    uint8_t *at = memmem(bytes, n, no, sizeof no);
    assert_non_null(at);
    snprintf(path, sizeof path, "%s/burned.dcm", check_tmp());
    for (int burned = 0; burned < 2; burned++) {
        char id[20];
        snprintf(id, sizeof id, "burned%d", burned);
        if (burned) memcpy(at + 8, "Y ", 2); /* no word of the standard, and not NO */
        CHECK_OK(sx_write_file(path, bytes, n, &err), err);
        m.films = &(
            sx_manifest_film){ .id = id, .path = path, .study = id, .series = "", .patient = "p9" };
        m.film_count = 1;
        CHECK_OK(sx_reading_import(web_db, &page_project, &m, &(sx_reading_import_options){ 0 },
                                   &counts, &err),
                 err);
        assert_int_equal(counts.held, burned);
    }
    page_expect("GET", "/api/reading/projects/spine/held", max, NULL, 200,
                "\"why\":\"BurnedInAnnotation is Y\"");
    free(bytes);
}

static void a_film_that_cannot_be_shown_is_not_imported(void **state) {
    (void)state;
    sx_error err = { 0 };
    char path[700];
    uint8_t *bytes = NULL;
    size_t n = 0;
    sx_reading_import_counts counts;
    drawn_slope();
    const sx_write_film f = plain_film(drawn_cells, WIDTH, HEIGHT);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    snprintf(path, sizeof path, "%s/short.dcm", check_tmp());
    CHECK_OK(sx_write_file(path, bytes, n - CELLS, &err), err);
    sx_manifest m = { .films = &(sx_manifest_film){ .id = "short",
                                                    .path = path,
                                                    .study = "",
                                                    .series = "",
                                                    .patient = "" },
                      .film_count = 1 };
    CHECK_FAILS(sx_reading_import(web_db, &page_project, &m, &(sx_reading_import_options){ 0 },
                                  &counts, &err),
                err, SX_ERR_FORMAT, "short.dcm");
    free(bytes);
}

/* ---- decisions ---- */

static void a_released_film_is_read(void **state) {
    (void)state;
    const int64_t film = hold_film("s0c");
    complete_first_study("ann");
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 200, "\"films\":[]");
    const char *ann = page_session("ann");
    page_expect("GET", film_path(film), ann, NULL, 200, "\"width\":400");
    /* her study is to be completed, and his is as it was */
    page_expect("GET", page_path(page_task_of("ann", "s0"), ""), ann, NULL, 200,
                "\"returned\":\"The study has one more film.\"");
    page_expect("POST", page_path(page_task_of("ann", "s0"), "complete"), ann, NULL, 409,
                "1 film has no verdict");
    page_expect("GET", page_path(page_task_of("ben", "s0"), ""), page_session("ben"), NULL, 200,
                "\"state\":\"new\"");
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 404,
                "holds no such film");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM audit WHERE action ="
                                         " 'reading release' AND who = 'max'"),
                     1);
}

static void a_locked_study_gets_no_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    const int64_t film = hold_film("s0c");
    CHECK_OK(sx_db_run(web_db, "UPDATE reading_task SET state = 'locked'", NULL, 0, &err), err);
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 409, "locked");
    page_expect("GET", film_path(film), page_session("ann"), NULL, 404, "");
}

static void a_rejected_film_stays_held(void **state) {
    (void)state;
    const int64_t film = hold_film("s0c");
    page_expect("POST", held_path(film), max, "{\"decision\":\"reject\"}", 400, "reason");
    page_expect("POST", held_path(film), max, "{\"decision\":\"reject\",\"reason\":\" \"}", 400,
                "reason");
    page_expect("POST", held_path(film), max, "{\"decision\":\"keep\"}", 400, "decision");
    page_expect("POST", held_path(film), max, "{\"decision\":\"reject\",\"reason\":\"a name\"}",
                200, "\"rejected\":\"a name\"");
    page_expect("GET", "/api/reading/projects", max, NULL, 200, "\"held\":0");
    page_expect("GET", film_path(film), page_session("ann"), NULL, 404, "");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM audit WHERE action ="
                                         " 'reading reject' AND detail = 'a name'"),
                     1);
    /* a mistake is put right */
    page_expect("POST", held_path(film), max, "{\"decision\":\"release\"}", 200, "\"films\":[]");
    page_expect("GET", film_path(film), page_session("ann"), NULL, 200, "");
}

static void only_held_films_of_the_project_are_decided_on(void **state) {
    (void)state;
    sx_error err = { 0 };
    const int64_t film = hold_film("s0c");
    sx_reading_project other = { .key = "other", .name = "O", .readers = 1, .prelabels = "none" };
    CHECK_OK(
        sx_db_begin(web_db, &err) &&
            sx_db_end(web_db, sx_reading_project_add(web_db, &other, "", &other.id, &err), &err),
        err);
    char path[100];
    snprintf(path, sizeof path, "/api/reading/projects/other/held/%" PRId64, film);
    page_expect("POST", path, max, "{\"decision\":\"release\"}", 404, "holds no such film");
    page_expect("POST", held_path(film_id("s0a")), max, "{\"decision\":\"release\"}", 404,
                "holds no such film");
    page_expect("POST", held_path(999999), max, "{\"decision\":\"release\"}", 404,
                "holds no such film");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(text_in_the_pixels_holds_a_film),
        SERVED(the_header_holds_a_film),
        SERVED(a_film_that_cannot_be_shown_is_not_imported),
        SERVED(a_released_film_is_read),
        SERVED(a_locked_study_gets_no_film),
        SERVED(a_rejected_film_stays_held),
        SERVED(only_held_films_of_the_project_are_decided_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
