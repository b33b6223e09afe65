/* Studies that the node received, imported: neither readers nor managers learn who the patient is.
 * On SQLite, and on the PostgreSQL server that STORE names. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "service/imported_film.h"
#include "service/reading/reading_received.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"

static const char *max;

static int start(void **state) {
    page_start(state);
    max = page_session("max");
    return 0;
}

static const char *const secrets[] = { "ZIEGLER",     "QUINTUS",  "KH-480119",   "19480119",
                                       "1.2.276.0.7", "received", "LUMBAR-ROOM", NULL };

static sx_reading_received_counts import_received(const char *const *studies, size_t count) {
    sx_error err = { 0 };
    sx_reading_received_counts n;
    const sx_reading_received what = { .studies = studies, .study_count = count };
    const sx_reading_import_options o = { .folder = check_tmp() };
    CHECK_OK(sx_reading_import_received(web_db, &page_project, &what, &o, &n, &err), err);
    return n;
}

static bool holds(const web_answer *a, const char *text) {
    const size_t n = a->n + (size_t)(a->body - a->text);
    return memmem(a->text, n, text, strlen(text)) != NULL;
}

/* The whole answer, head and body, names nobody. */
static void expect_no_secret(const char *headers, const char *target, int status) {
    web_answer a = web_call(web_port, "GET", target, headers, NULL);
    if (a.status != status) fail_msg("%s: %s", target, a.text);
    for (size_t i = 0; secrets[i]; i++)
        if (holds(&a, secrets[i])) fail_msg("%s has %s: %s", target, secrets[i], a.text);
    web_free(&a);
}

static void expect_nothing_of_film(const char *headers, int64_t film, int status) {
    static const char *const parts[] = { "", "/pixels/1", "/pixels/4", "/pixels/8", "/pixels/2" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char target[120];
        snprintf(target, sizeof target, "%s%s", film_path(film), parts[i]);
        expect_no_secret(headers, target, i == 4 ? 404 : status);
    }
}

static void expect_nothing_of_task(const char *headers, int64_t task) {
    static const char *const parts[] = { "", "ops", "comments", "prelabels" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        expect_no_secret(headers, page_path(task, parts[i]), i == 3 ? 403 : 200);
    for (int i = 0; i < room_number(web_db, "SELECT MAX(id) FROM reading_film"); i++) {
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT COUNT(*) FROM reading_film f JOIN reading_task t ON t.study = f.study"
                 " WHERE t.id = %" PRId64 " AND f.id = %d AND f.held = ''",
                 task, i + 1);
        if (room_number(web_db, sql)) expect_nothing_of_film(headers, i + 1, 200);
    }
}

static void a_reader_does_not_learn_who_the_patient_is(void **state) {
    (void)state;
    const char *ann = page_session("ann");
    receive_film(web_db, 1, false);
    receive_film(web_db, 2, false);
    receive_film(web_db, 2, true);
    const sx_reading_received_counts n = import_received(NULL, 0);
    assert_int_equal(n.refused, 0);
    assert_int_equal(n.films.films, 3);
    assert_int_equal(n.films.studies, 2);
    assert_int_equal(n.films.held, 1);
    assert_int_equal(n.films.prepared, 3);
    assert_int_equal(room_number(web_db, "SELECT COUNT(DISTINCT patient_id) FROM reading_study"
                                         " WHERE patient_id LIKE 'SX%'"),
                     1);
    room_assign(web_db, &page_project, "ann ben");
    expect_no_secret(ann, "/api/reading/tasks", 200);
    for (int seq = 1; seq <= 5; seq++)
        expect_nothing_of_task(ann, room_task(web_db, "ann", seq));
    /* nor do managers */
    static const char *const pages[] = { "",      "/progress", "/tasks",    "/questions",
                                         "/held", "/exports",  "/agreement" };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        char target[120];
        snprintf(target, sizeof target, "/api/reading/projects%s%s", *pages[i] ? "/spine" : "",
                 pages[i]);
        expect_no_secret(max, target, 200);
    }
}

static void a_lost_file_does_not_tell_its_path(void **state) {
    (void)state;
    const char *ann = page_session("ann");
    sx_error err = { 0 };
    char path[700];
    receive_film(web_db, 3, false);
    import_received(NULL, 0);
    room_assign(web_db, &page_project, "ann ben");
    snprintf(path, sizeof path, "%s/reading", check_tmp());
    CHECK_OK(sx_remove_folder(path, &err), err);
    snprintf(path, sizeof path, "%s/pixels", check_tmp());
    CHECK_OK(sx_remove_folder(path, &err), err);
    const int64_t film = room_number(web_db, "SELECT MAX(id) FROM reading_film");
    web_answer a = web_call(web_port, "GET", film_path(film), ann, NULL);
    assert_int_equal(a.status, 503);
    assert_false(holds(&a, check_tmp()));
    web_free(&a);
}

static void studies_are_taken_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_received_counts n;
    static const char *const one[] = { "1.2.276.0.7.5" }, *const none[] = { "1.2.3.4" };
    receive_film(web_db, 4, false);
    receive_film(web_db, 5, false);
    assert_int_equal(import_received(one, 1).films.films, 1);
    n = import_received(NULL, 0);
    assert_int_equal(n.films.films, 1);
    assert_int_equal(n.films.known, 1);
    const sx_reading_received what = { .studies = none, .study_count = 1 };
    const sx_reading_import_options o = { .folder = check_tmp() };
    CHECK_FAILS(sx_reading_import_received(web_db, &page_project, &what, &o, &n, &err), err,
                SX_ERR_MISSING, "1.2.3.4: no film of this study is here");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(a_reader_does_not_learn_who_the_patient_is),
        SERVED(a_lost_file_does_not_tell_its_path),
        SERVED(studies_are_taken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
