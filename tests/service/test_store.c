/* The database of the service: values, transactions, migrations, the queue. STORE in the
 * environment names a server; otherwise each test has an SQLite file. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "service/query_number.h"
#include "service/store/db.h"
#include "service/store/jobs.h"
#include "service/store/migrations.h"
#include "support/check.h"

static char where[512];

static bool on_server(void) {
    return getenv("STORE") != NULL;
}

static sx_db *open_db(void) {
    sx_error err = { 0 };
    sx_db *db = sx_db_open(where, &err);
    CHECK_OK(db != NULL, err);
    return db;
}

static void run(sx_db *db, const char *sql) {
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(db, sql, NULL, 0, &err), err);
}

/* An empty database for each test. */
static int start_anew(void **state) {
    static int files;
    (void)state;
    if (!on_server()) {
        char name[32];
        snprintf(name, sizeof name, "store%d.sqlite", files++);
        snprintf(where, sizeof where, "%s", check_tmp_path(name));
        return 0;
    }
    snprintf(where, sizeof where, "%s", getenv("STORE"));
    sx_db *db = open_db();
    run(db, "DROP SCHEMA public CASCADE");
    run(db, "CREATE SCHEMA public");
    sx_db_close(db);
    return 0;
}

static sx_db *open_store(void) {
    sx_error err = { 0 };
    sx_db *db = open_db();
    CHECK_OK(sx_schema_migrate(db, &err), err);
    return db;
}

/* Passwords' hashes are in it. */
static void a_database_is_its_owners(void **state) {
    (void)state;
    struct stat st;
    static const char *const ends[] = { "", "-wal", "-shm" };
    if (on_server()) return;
    sx_db *db = open_store();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s%s", where, ends[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    sx_error err = { 0 };
    const char *copy = check_tmp_path("private.sqlite");
    CHECK_OK(sx_db_backup(db, copy, &err), err);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    sx_db_close(db);
}

/* ---- values ---- */

static const char odd_bytes[] = { 0, 1, '?', '\'', (char)0xFF, 0 };

static bool check_row(void *user, const sx_db_row *row, sx_error *err) {
    size_t n;
    (void)err;
    ++*(int *)user;
    assert_true(sx_db_get_int(row, 0) == INT64_MIN);
    assert_true(sx_db_get_real(row, 1) == 0.1);
    assert_string_equal(sx_db_get_text(row, 2), "\xC3\xA9 ' ? \\ \n");
    const void *bytes = sx_db_get_bytes(row, 3, &n);
    assert_int_equal(n, sizeof odd_bytes);
    assert_memory_equal(bytes, odd_bytes, n);
    assert_true(sx_db_is_null(row, 4));
    assert_string_equal(sx_db_get_text(row, 4), "");
    assert_int_equal(sx_db_get_int(row, 4), 0);
    assert_string_equal(sx_db_get_text(row, 5), "?");
    return true;
}

static void values_come_back(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_db();
    const bool server = sx_db_kind_of(db) == SX_DB_POSTGRES;
    run(db, server ? "CREATE TABLE t (a BIGINT, b DOUBLE PRECISION, c TEXT, d BYTEA, e TEXT)"
                   : "CREATE TABLE t (a INTEGER, b REAL, c TEXT, d BLOB, e TEXT)");
    const sx_db_value values[] = { sx_db_int(INT64_MIN), sx_db_real(0.1),
                                   sx_db_text("\xC3\xA9 ' ? \\ \n"),
                                   sx_db_bytes(odd_bytes, sizeof odd_bytes), sx_db_text(NULL) };
    CHECK_OK(sx_db_run(db, "INSERT INTO t VALUES (?, ?, ?, ?, ?)", values, 5, &err), err);
    assert_int_equal(sx_db_changes(db), 1);
    int rows = 0;
    CHECK_OK(sx_db_query(db, "SELECT a, b, c, d, e, '?' FROM t", NULL, 0, check_row, &rows, &err),
             err);
    assert_int_equal(rows, 1);
    assert_false(sx_db_run(db, "INSERT INTO nowhere VALUES (1)", NULL, 0, &err));
    assert_int_equal(err.code, SX_ERR_INTERNAL);
    sx_db_close(db);
}

static void transactions_are_whole_or_nothing(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_db();
    run(db, "CREATE TABLE t (a INTEGER PRIMARY KEY)");
    CHECK_OK(sx_db_begin(db, &err), err);
    run(db, "INSERT INTO t VALUES (1)");
    sx_db_rollback(db);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM t"), 0);
    CHECK_OK(sx_db_begin(db, &err), err);
    run(db, "INSERT INTO t VALUES (1)");
    CHECK_OK(sx_db_end(db, true, &err), err);
    CHECK_OK(sx_db_begin(db, &err), err);
    run(db, "INSERT INTO t VALUES (2)");
    assert_false(sx_db_run(db, "INSERT INTO t VALUES (1)", NULL, 0, &err));
    assert_int_equal(err.code, SX_ERR_MISMATCH);
    assert_false(sx_db_end(db, false, &err));
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM t"), 1);
    CHECK_OK(sx_db_begin(db, &err), err);
    run(db, "INSERT INTO t VALUES (3)");
    sx_db_close(db); /* rolls back */
    db = open_db();
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM t"), 1);
    sx_db_close(db);
}

static void what_is_not_a_database_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    if (on_server()) {
        assert_null(sx_db_open("postgresql:///x?host=/nowhere", &err));
        assert_int_equal(err.code, SX_ERR_IO);
        return;
    }
    char text[4096];
    memset(text, 'x', sizeof text);
    CHECK_OK(sx_write_file(where, text, sizeof text, &err), err);
    CHECK_FAILS(sx_db_open(where, &err) != NULL, err, SX_ERR_FORMAT, "not a database");
    CHECK_FAILS(sx_db_open("/nowhere/x.sqlite", &err) != NULL, err, SX_ERR_IO,
                "/nowhere/x.sqlite: unable to open database file");
}

/* ---- migrations ---- */

static void *migrate(void *unused) {
    static char failed;
    sx_error err = { 0 };
    (void)unused;
    sx_db *db = sx_db_open(where, &err);
    const bool ok = db && sx_schema_migrate(db, &err);
    if (!ok) fprintf(stderr, "%s\n", err.message);
    sx_db_close(db);
    return ok ? NULL : &failed;
}

static void programs_that_start_together_migrate_once(void **state) {
    (void)state;
    enum { PROGRAMS = 6 };
    pthread_t threads[PROGRAMS];
    for (int i = 0; i < PROGRAMS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate, NULL), 0);
    for (int i = 0; i < PROGRAMS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    sx_db *db = open_db();
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM schema_version"), sx_schema_newest());
    sx_db_close(db);
}

static void a_newer_schema_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    run(db, "INSERT INTO schema_version (version) VALUES (999)");
    CHECK_FAILS(sx_schema_migrate(db, &err), err, SX_ERR_MISMATCH,
                "the database has schema 999, and this program knows");
    sx_db_close(db);
}

/* ---- the queue ---- */

static void add(sx_db *db, const char *key, int64_t at) {
    sx_error err = { 0 };
    CHECK_OK(sx_jobs_add(db, "predict", key, "", at, at, &err), err);
}

static bool lease(sx_db *db, int64_t now, sx_job *job) {
    sx_error err = { 0 };
    bool found;
    CHECK_OK(sx_jobs_lease(db, "predict", NULL, "w", now, 100, job, &found, &err), err);
    return found;
}

static void jobs_come_in_order_and_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job a, b, c;
    bool held, found;
    int64_t due;
    sx_db *db = open_store();
    add(db, "late", 50);
    add(db, "early", 10);
    add(db, "early", 5); /* exists */
    assert_false(lease(db, 9, &a));
    CHECK_OK(sx_jobs_next_due(db, "predict", &due, &found, &err), err);
    assert_true(found && due == 10);
    assert_true(lease(db, 60, &a) && lease(db, 60, &b));
    assert_string_equal(a.key, "early");
    assert_string_equal(b.key, "late");
    assert_false(lease(db, 60, &c));
    CHECK_OK(sx_jobs_done(db, &a, &held, &err), err);
    assert_true(held);
    CHECK_OK(sx_jobs_retry(db, &b, 70, "no route \xFF", &held, &err), err);
    assert_true(held);
    assert_false(lease(db, 69, &c));
    assert_true(lease(db, 70, &c));
    assert_string_equal(c.key, "late");
    assert_int_equal(c.attempts, 2);
    assert_string_equal(c.error, "no route \\xff");
    sx_db_close(db);
}

static bool take_step(void *user, const sx_db_row *row, sx_error *err) {
    sx_str *plan = user;
    (void)err;
    sx_str_printf(plan, "%s\n", sx_db_get_text(row, 3));
    return true;
}

/* A queue has its jobs of years. SQLite tells its plan in sentences. */
static void a_lease_does_not_look_at_what_is_done(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    const sx_db_value values[] = { sx_db_int(1), sx_db_text("me"), sx_db_text("send"),
                                   sx_db_int(1), sx_db_int(1),     sx_db_text("pacs") };
    for (int to = 0; to < 2 && !on_server(); to++) {
        sx_str sql = { 0 }, plan = { 0 };
        sx_str_add(&sql, "EXPLAIN QUERY PLAN ");
        sx_jobs_put_lease(SX_DB_SQLITE, to, &sql);
        CHECK_OK(sx_db_query(db, sx_str_text(&sql), values, to ? 6 : 5, take_step, &plan, &err),
                 err);
        if (!strstr(sx_str_text(&plan), "USING INDEX job_unfinished (kind=?)") ||
            strstr(sx_str_text(&plan), "TEMP B-TREE"))
            fail_msg("%s", sx_str_text(&plan));
        sx_str_free(&sql);
        sx_str_free(&plan);
    }
    sx_db_close(db);
}

/* Whoever loses the lease can no longer end the job. */
static void a_lease_that_ends_is_given_to_another(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job first, second, none;
    bool held;
    sx_db *db = open_store();
    add(db, "a", 0);
    assert_true(lease(db, 0, &first));
    assert_false(lease(db, 99, &none));
    CHECK_OK(sx_jobs_renew(db, &first, 150, &held, &err), err);
    assert_true(held);
    assert_false(lease(db, 149, &none));
    assert_true(lease(db, 150, &second));
    assert_int_equal(second.attempts, 2);
    CHECK_OK(sx_jobs_done(db, &first, &held, &err), err);
    assert_false(held);
    CHECK_OK(sx_jobs_renew(db, &first, 900, &held, &err), err);
    assert_false(held);
    CHECK_OK(sx_jobs_bury(db, &second, "poison", &held, &err), err);
    assert_true(held);
    assert_false(lease(db, 10000, &none));
    sx_db_close(db);
}

static void dead_letters_are_revived_or_dropped(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job j;
    bool held, found;
    sx_db *db = open_store();
    add(db, "a", 0);
    assert_true(lease(db, 0, &j));
    CHECK_OK(sx_jobs_revive(db, j.id, 5, &found, &err), err);
    assert_false(found); /* it lives */
    CHECK_OK(sx_jobs_bury(db, &j, "poison", &held, &err), err);
    CHECK_OK(sx_jobs_revive(db, j.id, 5, &found, &err), err);
    assert_true(found);
    assert_true(lease(db, 5, &j));
    assert_int_equal(j.attempts, 1);
    CHECK_OK(sx_jobs_bury(db, &j, "poison", &held, &err), err);
    CHECK_OK(sx_jobs_drop(db, j.id, &found, &err), err);
    assert_true(found);
    add(db, "a", 9); /* it is not added again */
    assert_false(lease(db, 10000, &j));
    CHECK_OK(sx_jobs_find(db, j.id, &j, &found, &err), err);
    assert_true(found);
    assert_string_equal(j.state, "dropped");
    assert_string_equal(j.error, "poison");
    CHECK_OK(sx_jobs_add_again(db, "predict", "a", "", 9, 9, &err), err);
    assert_true(lease(db, 10000, &j)); /* new work */
    assert_int_equal(j.attempts, 1);
    assert_string_equal(j.error, "");
    sx_db_close(db);
}

static void work_that_is_done_can_be_asked_for_again(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job j;
    bool held;
    sx_db *db = open_store();
    add(db, "a", 0);
    assert_true(lease(db, 0, &j));
    CHECK_OK(sx_jobs_add_again(db, "predict", "a", "", 1, 1, &err), err);
    assert_false(lease(db, 1, &j)); /* it is being done */
    CHECK_OK(sx_jobs_done(db, &j, &held, &err), err);
    CHECK_OK(sx_jobs_add_again(db, "predict", "a", "", 2, 2, &err), err);
    assert_true(lease(db, 2, &j));
    assert_int_equal(j.attempts, 1);
    sx_db_close(db);
}

static void waiting_grows_to_a_limit(void **state) {
    (void)state;
    assert_int_equal(sx_jobs_backoff(1, 0.0), 5000);
    assert_int_equal(sx_jobs_backoff(2, 0.0), 10000);
    assert_int_equal(sx_jobs_backoff(8, 0.0), 640000);
    assert_int_equal(sx_jobs_backoff(9, 0.0), 900000);
    assert_int_equal(sx_jobs_backoff(INT64_MAX, 1.0), 1125000);
}

/* Many workers, each job once. */
enum { WORKERS = 4, JOBS = 60 };

static void *work(void *unused) {
    sx_error err = { 0 };
    (void)unused;
    sx_db *db = sx_db_open(where, &err);
    size_t done = 0;
    bool ok = db != NULL, found = true, held;
    while (ok && found) {
        sx_job j;
        ok = sx_jobs_lease(db, "predict", NULL, "w", 1000, 100000, &j, &found, &err);
        if (ok && found) ok = sx_jobs_done(db, &j, &held, &err) && held;
        done += ok && found;
    }
    if (!ok) fprintf(stderr, "%s\n", err.message);
    sx_db_close(db);
    return (void *)(ok ? done : 1000);
}

static void workers_share_the_queue(void **state) {
    (void)state;
    pthread_t threads[WORKERS];
    sx_error err = { 0 };
    size_t done = 0;
    sx_db *db = open_store();
    CHECK_OK(sx_db_begin(db, &err), err);
    for (int i = 0; i < JOBS; i++) {
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        add(db, key, i);
    }
    CHECK_OK(sx_db_commit(db, &err), err);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < WORKERS; i++) {
        void *count;
        pthread_join(threads[i], &count);
        done += (size_t)count;
    }
    assert_int_equal(done, JOBS);
    assert_int_equal(query_number(db, "SELECT SUM(attempts) FROM job"), JOBS);
    sx_db_close(db);
}

/* ---- accidents ---- */

/* kill -9 after each commit: what was told is there. */
static void what_was_committed_survives_a_kill(void **state) {
    (void)state;
    int pipes[2], status = 0;
    sx_db_close(open_store());
    assert_int_equal(pipe(pipes), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        sx_db *db = sx_db_open(where, NULL);
        if (!db) _exit(1);
        for (char i = 0;; i++) {
            char key[16];
            snprintf(key, sizeof key, "%d", i);
            if (!sx_jobs_add(db, "predict", key, "", 0, 0, NULL)) _exit(1);
            if (write(pipes[1], &i, 1) != 1) _exit(1);
        }
    }
    char told = 0;
    for (int i = 0; i < 20; i++)
        assert_int_equal(read(pipes[0], &told, 1), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(pipes[0]);
    close(pipes[1]);
    sx_db *db = open_db();
    assert_true(query_number(db, "SELECT COUNT(*) FROM job") > told);
    sx_db_close(db);
}

static void a_backup_of_a_running_store_opens(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    add(db, "a", 0);
    const char *copy = check_tmp_path("copy.sqlite");
    if (on_server()) {
        CHECK_FAILS(sx_db_backup(db, copy, &err), err, SX_ERR_UNSUPPORTED, "pg_dump");
        sx_db_close(db);
        return;
    }
    sx_db *writer = open_db();
    CHECK_OK(sx_db_begin(writer, &err), err);
    add(writer, "b", 0);
    CHECK_OK(sx_db_backup(db, copy, &err), err);
    CHECK_FAILS(sx_db_backup(db, copy, &err), err, SX_ERR_IO, "already exists");
    CHECK_OK(sx_db_commit(writer, &err), err);
    sx_db_close(writer);
    sx_db_close(db);
    snprintf(where, sizeof where, "%s", copy);
    db = open_db();
    CHECK_OK(sx_db_verify(db, &err), err);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM job"), 1);
    sx_db_close(db);
}

static void damage_is_found(void **state) {
    (void)state;
    sx_error err = { 0 };
    if (on_server()) return; /* the server checks its own files */
    sx_db *db = open_store();
    for (int i = 0; i < 400; i++) {
        char key[100];
        snprintf(key, sizeof key, "%090d", i);
        add(db, key, 0);
    }
    sx_db_close(db);
    FILE *f = fopen(where, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -6000, SEEK_END), 0);
    for (int i = 0; i < 5000; i++)
        fputc('x', f);
    fclose(f);
    db = sx_db_open(where, &err);
    assert_false(db && sx_db_verify(db, &err));
    assert_int_equal(err.code, SX_ERR_FORMAT);
    sx_db_close(db);
}

#define FRESH(test) cmocka_unit_test_setup(test, start_anew)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_database_is_its_owners),
        FRESH(values_come_back),
        FRESH(transactions_are_whole_or_nothing),
        FRESH(what_is_not_a_database_is_refused),
        FRESH(programs_that_start_together_migrate_once),
        FRESH(a_newer_schema_is_refused),
        FRESH(jobs_come_in_order_and_once),
        FRESH(a_lease_that_ends_is_given_to_another),
        FRESH(dead_letters_are_revived_or_dropped),
        FRESH(work_that_is_done_can_be_asked_for_again),
        FRESH(a_lease_does_not_look_at_what_is_done),
        FRESH(workers_share_the_queue),
        FRESH(what_was_committed_survives_a_kill),
        FRESH(a_backup_of_a_running_store_opens),
        FRESH(damage_is_found),
        cmocka_unit_test(waiting_grows_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
