#include "service/node_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/node_ends.h"
#include "service/query_number.h"
#include "support/check.h"
#include "support/small_networks.h"

const char *node_worker;
char node_folder[600];
sx_node_log node_log;
atomic_llong node_later;

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
    node_log = (sx_node_log){ .fd = -1, .most = SX_LOG_ERROR };
    return 0;
}

int node_clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

void node_settings(sx_settings *s, const char *more) {
    sx_error err = { 0 };
    char text[2500];
    const char *const *networks = small_networks_write();
    snprintf(text, sizeof text,
             "data: %s\nweights: [%s, %s, %s]\nallow_demo: true\nstudy: {quiet_seconds: 1}\n"
             "workers: {threads: 1}\n"
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
    return sx_node_open(
        &(const sx_node_options){ .worker = worker, .log = &node_log, .now = node_clock }, &s, err);
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

void node_wait_for_reports(int count) {
    for (int i = 0; i < 2400 && archive_count(true) < count; i++)
        usleep(50000);
    assert_int_equal(archive_count(true), count);
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
