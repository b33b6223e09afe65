#include "service/node_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "service/node_ends.h"
#include "service/query_number.h"
#include "service/store/jobs.h"
#include "support/check.h"
#include "support/small_networks.h"

const char *node_worker;
char node_folder[600];
sx_node_log node_log;
atomic_llong node_later;
double node_store_seconds;

int64_t node_clock(void *user) {
    (void)user;
    return sx_wall_clock() + atomic_load(&node_later);
}

int node_fresh(void **state) {
    static int tests;
    (void)state;
    snprintf(node_folder, sizeof node_folder, "%s/node-%d", check_tmp(), tests++);
    archive_clear();
    atomic_store(&node_later, 0);
    node_store_seconds = 0;
    node_log = (sx_node_log){ .fd = -1, .most = SX_LOG_ERROR };
    return 0;
}

int node_clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int node_end_tests(int failed) {
    if (!failed) return 0;
    fflush(NULL);
    _exit(failed);
}

void node_settings(sx_settings *s, const char *more) {
    sx_error err = { 0 };
    char text[2500];
    const char *const *networks = small_networks_write();
    snprintf(text, sizeof text,
             "data: %s\nweights: [%s, %s, %s]\nallow_demo: true\nstudy: {quiet_seconds: 1}\n"
             "workers: {processes: 1, threads: 1}\n"
             "dicom: {port: 0}\nhttp: {port: 0, metrics_port: 0}\n",
             node_folder, networks[0], networks[1], networks[2]);
    CHECK_OK(sx_settings_init(s, &err), err);
    CHECK_OK(sx_settings_parse(s, "settings", text, strlen(text), &err), err);
    CHECK_OK(sx_settings_parse(s, "more", more, strlen(more), &err), err);
}

const char *node_sends_to(int port) {
    static char text[200];
    snprintf(text, sizeof text,
             "destinations: {archive: {host: 127.0.0.1, port: %d, ae_title: ARCHIVE, test: true, "
             "confirm: none}}\n",
             port);
    return text;
}

sx_node *node_try(const char *more, sx_error *err) {
    static const char *worker[3];
    sx_settings s;
    worker[0] = node_worker;
    worker[1] = "real";
    node_settings(&s, more);
    return sx_node_open(&(const sx_node_options){ .worker = worker,
                                                  .log = &node_log,
                                                  .store_seconds = node_store_seconds,
                                                  .now = node_clock },
                        &s, err);
}

sx_node *node_open(const char *more) {
    sx_error err = { 0 };
    sx_node *n = node_try(more, &err);
    CHECK_OK(n != NULL, err);
    return n;
}

sx_sent node_send_film(const sx_node *node, const char *study_uid, const char *sop_uid) {
    return send_film_to(sx_node_port(node, false), study_uid, sop_uid);
}

sx_db *node_open_store(void) {
    char path[700];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s/store.sqlite", node_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db != NULL, err);
    return db;
}

int64_t node_number(const char *sql) {
    sx_db *db = node_open_store();
    const int64_t n = query_number(db, sql);
    sx_db_close(db);
    return n;
}

/* ---- waiting ---- */

static bool print_job(void *user, const sx_job *j, sx_error *err) {
    const int64_t now = node_clock(NULL);
    (void)user;
    (void)err;
    if (strcmp(j->state, "done") == 0) return true;
    print_error("job %lld: %s %s %s: %s, attempt %lld, due in %lld s, lease ends in %lld s: %s\n",
                (long long)j->id, j->kind, j->key, j->destination, j->state, (long long)j->attempts,
                (long long)(j->not_before - now) / 1000,
                j->lease_until ? (long long)(j->lease_until - now) / 1000 : 0, j->error);
    return true;
}

static void fail_with_jobs(sx_db *db, const char *what) {
    sx_error err = { 0 };
    if (!sx_jobs_list(db, NULL, print_job, NULL, &err)) print_error("%s\n", err.message);
    fail_msg("in vain: %s; %lld of %lld studies are built", what,
             (long long)query_number(db, "SELECT COUNT(*) FROM study WHERE state = 'built'"),
             (long long)query_number(db, "SELECT COUNT(*) FROM study"));
}

enum { STALLED = 120 }; /* seconds in which no job has ended */

typedef struct wait_state {
    sx_db *db;
    bool is_ours; /* the connection */
    int64_t ended;
    double since;
} wait_state;

static wait_state begin_wait(sx_db *db) {
    return (wait_state){ db ? db : node_open_store(), !db, -1, sx_now() };
}

static void end_wait(wait_state *w) {
    if (w->is_ours) sx_db_close(w->db);
}

static void pause_for(wait_state *w, const char *what) {
    const int64_t ended = query_number(w->db, "SELECT COUNT(*) FROM job WHERE state = 'done'");
    if (ended != w->ended) w->since = sx_now();
    w->ended = ended;
    if (sx_now() - w->since > STALLED) fail_with_jobs(w->db, what);
    usleep(100000);
}

void node_wait_for(sx_db *db, const char *sql) {
    wait_state w = begin_wait(db);
    while (!query_number(w.db, sql))
        pause_for(&w, sql);
    end_wait(&w);
}

void node_wait_for_reports(int count) {
    wait_state w = begin_wait(NULL);
    while (archive_count(true) < count)
        pause_for(&w, "reports in the archive");
    end_wait(&w);
    assert_int_equal(archive_count(true), count);
}

void node_wait_until_done(sx_db *db, int64_t step) {
    wait_state w = begin_wait(db);
    while (query_number(w.db, "SELECT COUNT(*) FROM job WHERE state <> 'done'") ||
           query_number(w.db, "SELECT COUNT(*) FROM study WHERE state <> 'built'")) {
        if (query_number(w.db, "SELECT COUNT(*) FROM job WHERE state = 'leased'") == 0)
            atomic_fetch_add(&node_later, step);
        pause_for(&w, "all jobs are done");
    }
    end_wait(&w);
}

int node_log_count(const char *text) {
    sx_error ignored = { 0 };
    sx_file f;
    const size_t n = strlen(text);
    int count = 0;
    if (!sx_file_open(&f, check_tmp_path("log"), &ignored)) return 0;
    const uint8_t *at = f.data, *const end = at + f.size;
    for (; (at = memmem(at, (size_t)(end - at), text, n)); at += n)
        count++;
    sx_file_close(&f);
    return count;
}

void node_wait_for_log(const char *text, int count) {
    for (int i = 0; i < 1200 && node_log_count(text) < count; i++)
        usleep(100000);
    if (node_log_count(text) < count) fail_msg("not in the log: %s", text);
}
