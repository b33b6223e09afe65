/* Another process keeps the SQLite database locked for longer than a statement of the node waits:
 * nothing is lost, no job dies, and the work goes on afterwards. argv[1]: worker-program. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/query_number.h"
#include "service/store/jobs.h"
#include "support/check.h"

/* ---- one connection ---- */

static sx_db *hold(void) {
    sx_error err = { 0 };
    sx_db *db = node_open_store();
    CHECK_OK(sx_db_begin(db, &err), err);
    return db;
}

static void *release_later(void *holder) {
    sleep(12);
    sx_db_close(holder);
    return NULL;
}

/* Twelve seconds, as on a machine that is far too busy. */
static void a_writer_waits_for_its_turn(void **state) {
    (void)state;
    pthread_t thread;
    sx_error err = { 0 };
    sx_node_close(node_open(""), 0); /* makes the database */
    sx_db *db = node_open_store(), *holder = hold();
    assert_int_equal(pthread_create(&thread, NULL, release_later, holder), 0);
    CHECK_OK(sx_db_run(db, "UPDATE job SET state = state", NULL, 0, &err), err);
    pthread_join(thread, NULL);
    sx_db_close(db);
}

static void a_wait_has_an_end(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_node_close(node_open(""), 0);
    sx_db *db = node_open_store(), *holder = hold();
    sx_db_set_wait(db, 0.1);
    const double since = sx_now();
    assert_false(sx_db_begin(db, &err));
    check_error(&err, SX_ERR_IO, "database is locked");
    assert_true(sx_now() - since < 10.0);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM job"), 0); /* reads do not wait */
    sx_db_close(holder);
    CHECK_OK(sx_db_begin(db, &err), err);
    sx_db_close(db);
}

/* Looking for work changes nothing, so it does not wait either. */
static void an_empty_queue_locks_nothing(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    bool found = true;
    sx_node_close(node_open(""), 0);
    sx_db *db = node_open_store(), *holder = hold();
    sx_db_set_wait(db, 0.1);
    CHECK_OK(sx_jobs_lease(db, "build", NULL, "w", 1000, 1000, &job, &found, &err), err);
    assert_false(found);
    sx_db_close(holder);
    sx_db_close(db);
}

/* ---- the node ---- */

enum { FILMS = 6 };

static const char *uid_of(int i) {
    static char uid[32];
    snprintf(uid, sizeof uid, "1.2.%d.%d", i / 2, i);
    return uid;
}

static const char *study_of(int i) {
    static char study[32];
    snprintf(study, sizeof study, "1.2.%d", i / 2);
    return study;
}

/* Locks the database as soon as the query has rows, for longer than the node waits. */
static void lock_when(const char *sql) {
    node_wait_for(NULL, sql);
    sx_db *holder = hold();
    sleep(3);
    sx_db_close(holder);
}

static void a_locked_database_loses_nothing(void **state) {
    (void)state;
    const int port = archive_open(0);
    node_store_seconds = 0.5;
    node_log =
        (sx_node_log){ .fd = open(check_tmp_path("log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600),
                       .most = SX_LOG_ERROR };
    assert_true(node_log.fd >= 0);
    sx_node *node = node_open(node_sends_to(port));
    for (int i = 0; i < FILMS; i++)
        assert_int_equal(node_send_film(node, study_of(i), uid_of(i)), SX_SENT_STORED);
    /* or has been leased: a fast machine has scored the films before the first look */
    lock_when("SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state <> 'ready'");
    sx_db *holder = hold(); /* the sender hears of it, and sends again */
    assert_int_equal(node_send_film(node, study_of(FILMS), uid_of(FILMS)), SX_SENT_TRANSIENT);
    sx_db_close(holder);
    assert_int_equal(node_send_film(node, study_of(FILMS), uid_of(FILMS)), SX_SENT_STORED);
    lock_when("SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'done'");
    lock_when("SELECT COUNT(*) FROM job WHERE kind = 'send'");
    node_wait_until_done(NULL, 1000);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"),
                     FILMS + 1);
    assert_int_equal(node_number("SELECT MAX(attempts) FROM job WHERE kind = 'predict'"), 1);
    sx_node_close(node, 5);
    sx_db *db = node_open_store();
    expect_one_result_each(db);
    sx_db_close(db);
    archive_close();
    assert_int_equal(archive_conflicts(), 0);
    close(node_log.fd);
    assert_true(node_log_count("database is locked") > 0);
}

/* ---- */

#define FRESH(name) cmocka_unit_test_setup(name, node_fresh)

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        FRESH(a_writer_waits_for_its_turn),
        FRESH(a_wait_has_an_end),
        FRESH(an_empty_queue_locks_nothing),
        FRESH(a_locked_database_loses_nothing),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
