/* Films that are imported after their study was read: readers complete it again, unless its round
 * is locked. On SQLite, and on the PostgreSQL server that STORE names. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "service/imported_film.h"
#include "service/reading_page.h"
#include "service/received_film.h"
#include "support/check.h"

static void a_late_film_reopens_its_study(void **state) {
    (void)state;
    complete_first_study("ann");
    complete_first_study("ben");
    drawn_slope();
    const sx_reading_import_counts n = import_film("s0c", "s0");
    assert_int_equal(n.films, 1);
    assert_int_equal(n.held + n.studies, 0);
    assert_int_equal(n.returned, 2);
    static const char *const readers[] = { "ann", "ben" };
    for (int i = 0; i < 2; i++) {
        const char *reader = page_session(readers[i]);
        const int64_t task = page_task_of(readers[i], "s0");
        page_expect("GET", page_path(task, ""), reader, NULL, 200,
                    "\"returned\":\"The study has one more film.\"");
        page_expect("POST", page_path(task, "complete"), reader, NULL, 409,
                    "1 film has no verdict");
    }
    /* other studies are as they were */
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_task WHERE state ="
                                         " 'returned'"),
                     2);
    assert_int_equal(import_film("s0c", "s0").returned, 0);
    assert_int_equal(import_film("s9a", "s9").returned, 0);
}

/* A reader who completes a task while the film is imported: a second connection. */
typedef struct other_reader {
    const char *state; /* of ann's task of s0 when the transaction ends */
    int64_t task;
    atomic_bool in, imported; /* it has the task; the import is over */
    bool waited, ok;          /* the import waited for it */
} other_reader;

static bool import_waits(sx_db *db) {
    int64_t n = 0;
    bool found;
    sx_error err = { 0 };
    return sx_db_query_int(db, "SELECT COUNT(*) FROM pg_locks WHERE NOT granted", NULL, 0, &n,
                           &found, &err) &&
           n > 0;
}

static void *complete_meanwhile(void *user) {
    other_reader *o = user;
    sx_error err = { 0 };
    const sx_db_value values[] = { sx_db_text(o->state), sx_db_int(o->task) };
    sx_db *db = sx_db_open(web_store(), &err);
    o->ok = db && sx_db_begin(db, &err) &&
            sx_db_run(db, "UPDATE reading_task SET state = ? WHERE id = ?", values, 2, &err);
    o->in = true;
    /* with SQLite the import waits to begin, which nothing here can see */
    while (o->ok && sx_db_kind_of(db) == SX_DB_POSTGRES && !o->waited && !o->imported) {
        o->waited = import_waits(db);
        usleep(2000);
    }
    o->ok = o->ok && sx_db_commit(db, &err);
    sx_db_close(db);
    return NULL;
}

static bool import_meanwhile(const char *state, other_reader *o, sx_reading_import_counts *counts,
                             sx_error *why) {
    pthread_t thread;
    *o = (other_reader){ .state = state, .task = page_task_of("ann", "s0") };
    drawn_slope();
    assert_int_equal(pthread_create(&thread, NULL, complete_meanwhile, o), 0);
    while (!o->in)
        usleep(1000);
    const bool ok = try_import_film("s0c", "s0", counts, why);
    o->imported = true;
    pthread_join(thread, NULL);
    assert_true(o->ok);
    return ok;
}

static void a_task_that_is_completed_during_the_import_is_returned(void **state) {
    (void)state;
    other_reader o;
    sx_error err = { 0 };
    sx_reading_import_counts n;
    CHECK_OK(import_meanwhile("done", &o, &n, &err), err);
    assert_true(o.waited || sx_db_kind_of(web_db) == SX_DB_SQLITE);
    assert_int_equal(n.returned, 1);
    page_expect("GET", page_path(o.task, ""), page_session("ann"), NULL, 200,
                "\"returned\":\"The study has one more film.\"");
}

static void a_task_that_is_locked_during_the_import_refuses_the_film(void **state) {
    (void)state;
    other_reader o;
    sx_error err = { 0 };
    sx_reading_import_counts n;
    CHECK_FAILS(import_meanwhile("locked", &o, &n, &err), err, SX_ERR_MISMATCH,
                "s0c.png: the film's study was read in a round that is locked");
    assert_true(o.waited || sx_db_kind_of(web_db) == SX_DB_SQLITE);
}

/* One that is held changes nothing until it is released. */
static void a_late_film_that_is_held_reopens_nothing(void **state) {
    (void)state;
    complete_first_study("ann");
    (void)hold_film("s0c");
    page_expect("GET", page_path(page_task_of("ann", "s0"), ""), page_session("ann"), NULL, 200,
                "\"state\":\"done\"");
}

static void count_left_out(void *user, const sx_error *why) {
    if (!strstr(why->message, "s0c.png: the film's study was read in a round that is locked"))
        fail_msg("%s", why->message);
    ++*(int *)user;
}

/* Imports the films s0c and s1c, or the first alone; *left_out: how many were. */
static bool import_late(bool both, int *left_out, sx_reading_import_counts *counts,
                        sx_error *err_out) {
    char folder[600], path[700];
    sx_error err = { 0 };
    sx_manifest m;
    static const char csv[] = "image_id,study_id,patient_id,lesion_type,xmin,ymin,xmax,ymax,split\n"
                              "s0c,s0,p0,No finding,,,,,train\ns1c,s1,p0,No finding,,,,,train\n";
    const sx_reading_import_options o = { .locked = count_left_out, .locked_user = left_out };
    *left_out = 0;
    snprintf(folder, sizeof folder, "%s/late-%d", check_tmp(), both);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/s%dc.png", folder, i);
        write_drawn_picture(path);
    }
    snprintf(path, sizeof path, "%s/annotations.csv", folder);
    const size_t n = both ? sizeof csv - 1 : (size_t)(strstr(csv, "s1c") - csv);
    CHECK_OK(sx_write_file(path, csv, n, &err), err);
    CHECK_OK(sx_manifest_open(folder, NULL, &m, &err), err);
    const bool ok = sx_reading_import(web_db, &page_project, &m, &o, counts, err_out);
    sx_manifest_free(&m);
    return ok;
}

static void a_locked_study_gets_no_late_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_reading_import_counts counts;
    drawn_slope();
    CHECK_OK(sx_db_run(web_db,
                       "UPDATE reading_task SET state = 'locked' WHERE study ="
                       " (SELECT study FROM reading_film WHERE image_id = 's0a')",
                       NULL, 0, &err),
             err);
    CHECK_FAILS(try_import_film("s0c", "s0", &counts, &err), err, SX_ERR_MISMATCH,
                "s0c.png: the film's study was read in a round that is locked");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_film"), 6);
    err = (sx_error){ 0 };
    CHECK_OK(try_import_film("s1d", "s1", &counts, &err), err);
    /* the others of an import that is told of such films */
    int left_out;
    CHECK_FAILS(import_late(false, &left_out, &counts, &err), err, SX_ERR_MISMATCH,
                "s0c.png: the film's study was read in a round that is locked");
    assert_int_equal(left_out, 0);
    err = (sx_error){ 0 };
    CHECK_OK(import_late(true, &left_out, &counts, &err), err);
    assert_int_equal(left_out, 1);
    assert_int_equal(counts.locked, 1);
    assert_int_equal(counts.films, 1);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_film"), 8);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, page_start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(a_late_film_reopens_its_study),
        SERVED(a_task_that_is_completed_during_the_import_is_returned),
        SERVED(a_task_that_is_locked_during_the_import_refuses_the_film),
        SERVED(a_late_film_that_is_held_reopens_nothing),
        SERVED(a_locked_study_gets_no_late_film),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
