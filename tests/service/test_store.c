/* The database of the service: values, transactions, migrations, accidents. STORE in the
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

/* Programs of two versions may use one database. */
static void a_schema_is_checked_without_a_change(void **state) {
    (void)state;
    sx_error err = { 0 };
    int version = -1;
    sx_db *db = open_db();
    CHECK_OK(sx_schema_check(db, &version, &err), err);
    assert_int_equal(version, 0);
    CHECK_OK(sx_schema_migrate(db, &err), err);
    run(db, "DELETE FROM schema_version WHERE version > 2");
    CHECK_OK(sx_schema_check(db, &version, &err), err);
    assert_int_equal(version, 2);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM schema_version"), 2);
    sx_db_close(db);
}

/* Of a film of an older program, which noted no outcomes. */
static void check_outcome(const char *film_state, const char *outcome) {
    sx_error err = { 0 };
    const sx_db_value values[] = { sx_db_text(film_state), sx_db_text(outcome) };
    int64_t unused;
    bool found = false;
    sx_db *db = open_db();
    CHECK_OK(sx_db_query_int(db,
                             "SELECT 1 FROM instance WHERE substr(sop_uid, 3) = ? AND outcome = ?",
                             values, 2, &unused, &found, &err),
             err);
    sx_db_close(db);
    if (!found) fail_msg("a film that was %s has not the outcome '%s'", film_state, outcome);
}

/* Films of each state, under UIDs that name it; schema 15 had no outcomes. */
static void an_older_store_knows_what_became_of_its_films(void **state) {
    static const char *const states[] = { "new",    "scored",  "unfamiliar",
                                          "failed", "refused", "deleted" };
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_db();
    CHECK_OK(sx_schema_migrate_to(db, 15, &err), err);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        const sx_db_value values[] = { sx_db_text(states[i]), sx_db_text(states[i]) };
        CHECK_OK(sx_db_run(db,
                           "INSERT INTO instance (sop_uid, sop_class, transfer_syntax, study_uid,"
                           " series_uid, patient_id, issuer, sha256, size, path, source, received,"
                           " state) VALUES ('1.' || ?, '', '', '1.2', '1.3', '', '', '', 0, '', '',"
                           " 0, ?)",
                           values, 2, &err),
                 err);
    }
    run(db, "INSERT INTO prediction (sop_uid, weights, configuration, body, made, probability,"
            " abnormal) VALUES ('1.scored', '', '', '', 0, 0.5, 1)");
    CHECK_OK(sx_schema_migrate(db, &err), err);
    sx_db_close(db);
    check_outcome("new", "");
    check_outcome("scored", "scored");
    check_outcome("unfamiliar", "unscored");
    check_outcome("failed", "unscored");
    check_outcome("refused", "refused");
    check_outcome("deleted", "unscored");
}

/* ---- accidents ---- */

static void add(sx_db *db, const char *key) {
    sx_error err = { 0 };
    CHECK_OK(sx_jobs_add(db, "predict", key, "", 0, 0, &err), err);
}

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
    add(db, "a");
    const char *copy = check_tmp_path("copy.sqlite");
    if (on_server()) {
        CHECK_FAILS(sx_db_backup(db, copy, &err), err, SX_ERR_UNSUPPORTED, "pg_dump");
        sx_db_close(db);
        return;
    }
    sx_db *writer = open_db();
    CHECK_OK(sx_db_begin(writer, &err), err);
    add(writer, "b");
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
        add(db, key);
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
        FRESH(a_schema_is_checked_without_a_change),
        FRESH(an_older_store_knows_what_became_of_its_films),
        FRESH(what_was_committed_survives_a_kill),
        FRESH(a_backup_of_a_running_store_opens),
        FRESH(damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
