/* Jobs that predict a film: what becomes of the film when its worker answers, refuses, fails or
 * dies. argv[1]: worker-program, whose worker does what the film's path says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "service/node/predict_job.h"
#include "service/store/films.h"
#include "service/store/migrations.h"
#include "support/check.h"

static char *program;
static char folder[512];
static sx_db *db;
static sx_pool_worker *worker;
static int64_t now_is;

static int64_t test_now(void *user) {
    (void)user;
    return now_is;
}

static double test_draw(void *user) {
    (void)user;
    return 0.0;
}

static int start_anew(void **state) {
    static int n;
    static const char *command[3];
    char name[32], store[700];
    sx_error err = { 0 };
    (void)state;
    now_is = 1000;
    snprintf(name, sizeof name, "predict%d", n++);
    snprintf(folder, sizeof folder, "%s", check_tmp_path(name));
    snprintf(store, sizeof store, "%s/store.sqlite", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    db = sx_db_open(store, &err);
    CHECK_OK(db && sx_schema_migrate(db, &err), err);
    command[0] = program;
    command[1] = "odd";
    worker = sx_pool_worker_new(&(sx_pool_options){ command, 20, 20 }, &err);
    CHECK_OK(worker != NULL, err);
    return 0;
}

static int finish(void **state) {
    (void)state;
    sx_pool_worker_free(worker);
    sx_db_close(db);
    return 0;
}

/* A film whose path says what its worker does. */
static void add_film(const char *uid, const char *what) {
    char path[800];
    sx_error err = { 0 };
    sx_store_film f = { .state = "new", .received = now_is };
    snprintf(f.sop_uid, sizeof f.sop_uid, "%s", uid);
    snprintf(f.study_uid, sizeof f.study_uid, "1.2.3");
    snprintf(f.path, sizeof f.path, "films/ab/%s.dcm", what);
    snprintf(path, sizeof path, "%s/films/ab", folder);
    CHECK_OK(sx_make_dirs(path, &err), err);
    snprintf(path, sizeof path, "%s/%s", folder, f.path);
    CHECK_OK(sx_write_file(path, "film", 4, &err), err);
    CHECK_OK(sx_store_add_film(db, &f, &err), err);
    CHECK_OK(sx_jobs_add(db, "predict", uid, "", now_is, now_is, &err), err);
}

static sx_predicted work_once(sx_job *job, sx_error *note) {
    sx_error err = { 0 };
    bool found;
    char weights[65];
    sx_predicted outcome = SX_PREDICTED_LOST;
    const sx_predict_job_options o = {
        .folder = folder, .attempts = 3, .now = test_now, .draw = test_draw
    };
    CHECK_OK(sx_jobs_lease(db, "predict", NULL, "w", now_is, 1000, job, &found, &err), err);
    assert_true(found);
    sx_film_answer answer;
    CHECK_OK(sx_predict_ask(db, &o, worker, job, &answer, &err) &&
                 sx_predict_store(db, &o, job, &answer, weights, &outcome, note, &err),
             err);
    sx_film_answer_free(&answer);
    CHECK_OK(sx_jobs_find(db, job->id, job, &found, &err), err);
    return outcome;
}

static void check_state(const char *uid, const char *state, const char *reason) {
    sx_error err = { 0 };
    sx_store_film f;
    bool found;
    CHECK_OK(sx_store_find_film(db, uid, &f, &found, &err), err);
    assert_true(found);
    assert_string_equal(f.state, state);
    if (!strstr(f.reason, reason)) fail_msg("\"%s\" is not in \"%s\"", reason, f.reason);
}

static void a_result_and_its_picture_are_kept(void **state) {
    (void)state;
    sx_error err = { 0 }, note;
    sx_job job;
    char *body, picture[700];
    add_film("1.1", "report");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_SCORED);
    assert_string_equal(job.state, "done");
    check_state("1.1", "scored", "");
    snprintf(picture, sizeof picture, "%s/pictures/ab/report.dcm.rgb", folder);
    sx_file f;
    CHECK_OK(sx_file_open(&f, picture, &err), err);
    assert_int_equal(f.size, 8 + 6);
    sx_file_close(&f);
    int64_t count;
    bool found;
    CHECK_OK(sx_db_query_int(db, "SELECT COUNT(*) FROM prediction", NULL, 0, &count, &found, &err),
             err);
    assert_int_equal(count, 1);
    CHECK_OK(sx_store_get_prediction(db, "1.1", "x", SX_VERSION, &body, &err), err);
    assert_null(body);
}

static void errors_of_the_film_are_final(void **state) {
    (void)state;
    sx_error note;
    sx_job job;
    add_film("1.1", "error");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_FAILED);
    assert_string_equal(job.state, "done");
    check_state("1.1", "failed", "no film");
    add_film("1.2", "refusal");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_REFUSED);
    check_state("1.2", "refused", "a hip");
    add_film("1.3", "no memory");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_LATER);
    check_state("1.3", "new", "");
}

/* It keeps its numbers and gets no verdict. */
static void an_unfamiliar_film_is_not_scored(void **state) {
    (void)state;
    sx_error note;
    sx_job job;
    add_film("1.1", "stranger");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_UNFAMILIAR);
    assert_string_equal(job.state, "done");
    check_state("1.1", "unfamiliar", "unlike the films that the weights know");
}

/* Three attempts; meanwhile other films are predicted. */
static void a_poisoned_film_becomes_a_dead_letter(void **state) {
    (void)state;
    sx_error note;
    sx_job job;
    add_film("1.1", "abort");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_LATER);
    add_film("1.2", "report");
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_SCORED);
    for (int i = 0; i < 2; i++) {
        now_is += 60000;
        assert_int_equal(work_once(&job, &note), i ? SX_PREDICTED_DEAD : SX_PREDICTED_LATER);
    }
    assert_string_equal(job.state, "dead");
    check_state("1.1", "failed", "ended its worker process (signal 6)");
}

static void a_report_that_is_none_is_an_attempt(void **state) {
    (void)state;
    sx_error note;
    sx_job job;
    add_film("1.1", "film"); /* the answer is its path */
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_LATER);
    check_state("1.1", "new", "");
}

/* The folder of films is there, so that it is this film alone. */
static void a_film_without_its_file_becomes_a_dead_letter(void **state) {
    (void)state;
    sx_error note;
    sx_job job;
    char path[700];
    add_film("1.1", "report");
    snprintf(path, sizeof path, "%s/films/ab/report.dcm", folder);
    assert_int_equal(unlink(path), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(work_once(&job, &note), i < 2 ? SX_PREDICTED_LATER : SX_PREDICTED_DEAD);
        assert_string_equal(note.message, "the file is missing from the data folder");
        now_is += 60000;
    }
    assert_string_equal(job.state, "dead");
    assert_string_equal(job.error, "the file is missing from the data folder");
    check_state("1.1", "failed", "the file is missing from the data folder");
}

/* A socket in place of the file: it is there, and cannot be opened. */
static void make_unreadable(const char *name) {
    char path[700];
    snprintf(path, sizeof path, "%s/films/ab/%s.dcm", folder, name);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mknod(path, S_IFSOCK | 0600, 0), 0);
}

/* A disk or a server may be repaired meanwhile; not after days. */
static void a_film_that_cannot_be_read_for_days_becomes_a_dead_letter(void **state) {
    (void)state;
    const int64_t hour = 3600 * 1000, start = now_is;
    sx_predicted outcome = SX_PREDICTED_LATER;
    sx_error note;
    sx_job job;
    add_film("1.1", "report");
    make_unreadable("report");
    while (outcome == SX_PREDICTED_LATER) {
        outcome = work_once(&job, &note);
        if (outcome == SX_PREDICTED_LATER) now_is = job.not_before;
    }
    assert_int_equal(outcome, SX_PREDICTED_DEAD);
    assert_true(now_is - start > 72 * hour && now_is - start < 80 * hour);
    assert_string_equal(job.state, "dead");
    check_state("1.1", "failed", "the file in the data folder cannot be opened or read");
}

/* A worker process that needs more memory than it may have. */
static void a_film_that_takes_too_much_memory_becomes_a_dead_letter(void **state) {
    (void)state;
    sx_error note;
    sx_job job;
    add_film("1.1", "no memory");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(work_once(&job, &note), i < 2 ? SX_PREDICTED_LATER : SX_PREDICTED_DEAD);
        now_is += 60000;
    }
    assert_string_equal(job.state, "dead");
}

/* More often than a film may be tried, with growing pauses. */
static void expect_no_attempts(const char *uid) {
    sx_error note;
    sx_job job;
    for (int i = 0; i < 6; i++) {
        assert_int_equal(work_once(&job, &note), SX_PREDICTED_LATER);
        assert_int_equal(job.attempts, 0);
        assert_int_equal(job.not_before - now_is, 5000 << i);
        check_state(uid, "new", "");
        now_is = job.not_before;
    }
}

static void faults_of_the_service_are_no_attempts(void **state) {
    (void)state;
    static const char *const none[] = { "/nonexistent", NULL };
    sx_error err = { 0 }, note;
    sx_job job;
    char films[600], away[600];
    sx_pool_worker *good = worker;
    add_film("1.1", "report");
    worker = sx_pool_worker_new(&(sx_pool_options){ none, 20, 20 }, &err);
    CHECK_OK(worker != NULL, err);
    expect_no_attempts("1.1");
    sx_pool_worker_free(worker);
    worker = good;
    assert_int_equal(work_once(&job, &note), SX_PREDICTED_SCORED);
    /* the disk with the films is not mounted */
    add_film("1.2", "report2");
    snprintf(films, sizeof films, "%s/films", folder);
    snprintf(away, sizeof away, "%s/away", folder);
    assert_int_equal(rename(films, away), 0);
    expect_no_attempts("1.2");
    assert_int_equal(rename(away, films), 0);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, start_anew, finish)

int main(int argc, char **argv) {
    assert_true(argc == 2);
    program = argv[1];
    const struct CMUnitTest tests[] = {
        FRESH(a_result_and_its_picture_are_kept),
        FRESH(errors_of_the_film_are_final),
        FRESH(an_unfamiliar_film_is_not_scored),
        FRESH(a_poisoned_film_becomes_a_dead_letter),
        FRESH(a_report_that_is_none_is_an_attempt),
        FRESH(a_film_without_its_file_becomes_a_dead_letter),
        FRESH(a_film_that_cannot_be_read_for_days_becomes_a_dead_letter),
        FRESH(a_film_that_takes_too_much_memory_becomes_a_dead_letter),
        FRESH(faults_of_the_service_are_no_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
