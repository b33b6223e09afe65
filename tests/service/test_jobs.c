/* The queue of jobs in the database: order, leases, dead letters. STORE in the environment names a
 * server; otherwise each test has an SQLite file. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/fresh_store.h"
#include "service/query_number.h"
#include "service/store/clock_back.h"
#include "service/store/films.h"
#include "service/store/jobs.h"
#include "support/check.h"

static char where[512];

static sx_db *open_store(void) {
    static int files;
    char name[32];
    snprintf(name, sizeof name, "jobs%d.sqlite", files++);
    return fresh_store(check_tmp_path(name), where, sizeof where);
}

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
    for (int to = 0; to < 2 && !getenv("STORE"); to++) {
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

/* What says nothing of the job counts in the pauses alone. */
static void a_job_that_is_put_off_keeps_its_attempts(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job j;
    bool held;
    sx_db *db = open_store();
    int64_t now = 0;
    add(db, "a", 0);
    for (int i = 0; i < 3; i++) {
        assert_true(lease(db, now, &j));
        assert_true(j.attempts == 1 && j.put_off == i);
        CHECK_OK(sx_jobs_put_off(db, &j, now, 0.0, "the disk is full", &held, &err), err);
        assert_true(held);
        now += 5000 << i;
        assert_false(lease(db, now - 1, &j));
    }
    assert_true(lease(db, now, &j));
    assert_string_equal(j.error, "the disk is full");
    CHECK_OK(sx_jobs_retry(db, &j, now, "no route", &held, &err), err);
    assert_true(lease(db, now, &j));
    assert_true(j.attempts == 2 && j.put_off == 0); /* it was tried meanwhile */
    CHECK_OK(sx_jobs_put_off(db, &j, now, 0.0, "", &held, &err), err);
    CHECK_OK(sx_jobs_put_off(db, &j, now, 0.0, "", &held, &err), err);
    assert_false(held);
    sx_db_close(db);
}

/* For as long as it has been held already, at most 15 minutes. */
static void a_job_that_is_held_keeps_its_attempts_and_its_time(void **state) {
    static const int64_t pauses[] = { 5000, 6000, 12000, 24000 }, ages[] = { 1000, 0, 0, 1 };
    (void)state;
    sx_error err = { 0 };
    sx_job j;
    bool held, found;
    sx_db *db = open_store();
    int64_t now = 1000;
    add(db, "a", 0);
    for (int i = 0; i < 4; i++) {
        assert_true(lease(db, now, &j));
        assert_int_equal(j.attempts, 1);
        assert_int_equal(sx_jobs_age(&j, now), ages[i]);
        CHECK_OK(sx_jobs_hold(db, &j, now, 0.0, "held", &held, &err), err);
        assert_true(held);
        now += pauses[i];
        CHECK_OK(sx_jobs_find(db, j.id, &j, &found, &err), err);
        assert_int_equal(j.not_before, now);
        now += i == 2; /* the thread that takes it is late: part of the time, too */
    }
    assert_true(lease(db, now, &j));
    CHECK_OK(sx_jobs_put_off(db, &j, now, 0.0, "the disk is full", &held, &err), err);
    CHECK_OK(sx_jobs_find(db, j.id, &j, &found, &err), err);
    assert_int_equal(sx_jobs_age(&j, j.not_before), 0);
    assert_true(j.hold_time > 40000 && j.fault_time >= 5000 && j.put_off == 1);
    /* new work has time of its own */
    assert_true(lease(db, j.not_before, &j));
    CHECK_OK(sx_jobs_done(db, &j, &held, &err) &&
                 sx_jobs_add_again(db, "predict", "a", "", now, now, &err) &&
                 sx_jobs_find(db, j.id, &j, &found, &err),
             err);
    assert_true(j.hold_time == 0 && j.fault_time == 0);
    sx_db_close(db);
}

static void add_prediction(sx_db *db, const char *weights, int64_t at) {
    sx_error err = { 0 };
    const sx_store_score score = { 0.5, 1.0, 0, 0 };
    CHECK_OK(sx_store_put_prediction(db, "1.2.3.4", weights, "c", "{}", &score, at, &err), err);
}

static int64_t prediction(sx_db *db, const char *weights) {
    return query_number_of(db, "SELECT made FROM prediction WHERE weights = ?", weights);
}

/* It was a day ahead for ten seconds. */
static void what_a_wrong_clock_noted_is_put_right(void **state) {
    enum { HOUR = 3600 * 1000, DAY = 24 * HOUR };
    (void)state;
    sx_error err = { 0 };
    const sx_store_film film = { .sop_uid = "1.2.3.4", .study_uid = "1.2.3", .state = "scored" };
    sx_job j;
    bool held, found;
    int64_t count;
    sx_db *db = open_store();
    add(db, "a", 0);
    CHECK_OK(sx_store_add_film(db, &film, &err), err);
    add_prediction(db, "first", 500);
    assert_true(lease(db, 1000, &j));
    CHECK_OK(sx_jobs_hold(db, &j, 1000, 0.0, "held", &held, &err), err);
    add_prediction(db, "second", DAY + 1000);
    add_prediction(db, "third", DAY + 11000);
    assert_true(lease(db, DAY, &j));
    CHECK_OK(sx_jobs_hold(db, &j, DAY, 0.0, "held", &held, &err), err);
    CHECK_OK(sx_store_clock_back(db, 20000, 20000 + 2 * DAY, &count, &err), err);
    assert_int_equal(count, 0);
    CHECK_OK(sx_store_clock_back(db, 20000, 20000 + 2 * HOUR, &count, &err), err);
    assert_int_equal(count, 3); /* the job and two predictions */
    assert_int_equal(prediction(db, "first"), 500);
    assert_int_equal(prediction(db, "second"), 10000); /* the order is kept */
    assert_int_equal(prediction(db, "third"), 20000);
    CHECK_OK(sx_jobs_find(db, j.id, &j, &found, &err), err);
    assert_true(j.not_before == 20000 && sx_jobs_age(&j, 20000) == 0);
    assert_true(j.hold_time == 0);
    add_prediction(db, "third", 3 * DAY); /* also if no job waits */
    CHECK_OK(sx_store_clock_back(db, 30000, 30000 + 2 * HOUR, &count, &err), err);
    assert_int_equal(count, 1);
    assert_int_equal(prediction(db, "third"), 30000);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_in_order_and_once),
        cmocka_unit_test(a_lease_that_ends_is_given_to_another),
        cmocka_unit_test(dead_letters_are_revived_or_dropped),
        cmocka_unit_test(work_that_is_done_can_be_asked_for_again),
        cmocka_unit_test(a_lease_does_not_look_at_what_is_done),
        cmocka_unit_test(workers_share_the_queue),
        cmocka_unit_test(a_job_that_is_put_off_keeps_its_attempts),
        cmocka_unit_test(a_job_that_is_held_keeps_its_attempts_and_its_time),
        cmocka_unit_test(what_a_wrong_clock_noted_is_put_right),
        cmocka_unit_test(waiting_grows_to_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
