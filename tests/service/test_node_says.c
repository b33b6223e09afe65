/* What the node says of itself: its log, whether it is ready, and its alarms. argv[1]:
 * worker-program. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/store/jobs.h"
#include "service/web_client.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/web_stub.h"

/* ---- the log ---- */

static void open_log(void) {
    node_log.fd =
        open(check_tmp_path("log"), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    assert_true(node_log.fd >= 0);
    node_log.most = SX_LOG_DEBUG;
}

#define PRIVATE "1.2.276.0.7230010"

static void the_log_names_no_patient(void **state) {
    (void)state;
    static const char nonsense[2000] = "no film";
    char folder[620], path[700], text[700];
    sx_error err = { 0 };
    snprintf(folder, sizeof folder, "%s-watched", node_folder);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    snprintf(text, sizeof text, "watch: {folder: %s, stable_seconds: 1}\n", folder);
    open_log();
    sx_node *node = node_open(text);
    assert_int_equal(node_send_film(node, PRIVATE ".1", PRIVATE ".1.1"), SX_SENT_STORED);
    node_send_film(node, PRIVATE ".2", PRIVATE ".1.1"); /* another film of that UID */
    snprintf(path, sizeof path, "%s/DOE_JOHN.dcm", folder);
    CHECK_OK(sx_write_file(path, nonsense, sizeof nonsense, &err), err);
    node_wait_for_log("file refused", 1);
    node_wait_for_log("result built", 1);
    sx_node_close(node, 5);
    close(node_log.fd);
    assert_true(node_log_count("exists with other contents"));
    assert_false(node_log_count(PRIVATE));
    assert_false(node_log_count("DOE"));
}

/* A share that is not mounted keeps nothing else from being done. */
static void a_watched_folder_that_is_away_delays_nothing_else(void **state) {
    (void)state;
    char folder[620], text[800];
    sx_error err = { 0 };
    snprintf(folder, sizeof folder, "%s-away", node_folder);
    CHECK_OK(sx_make_dirs(folder, &err), err);
    snprintf(text, sizeof text, "watch: {folder: %s, stable_seconds: 1}\nkeep: {films_days: 1}\n",
             folder);
    open_log();
    sx_node *node = node_open(text);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_until_done(NULL, 500);
    assert_int_equal(rmdir(folder), 0);
    node_wait_for_log("the watched folder cannot be read", 1);
    sx_db *db = node_open_store();
    CHECK_OK(sx_jobs_add(db, "send", "1.2.9/1", "other", 1, INT64_MAX, &err), err);
    sx_db_close(db);
    atomic_fetch_add(&node_later, (long long)2 * 24 * 3600 * 1000);
    node_wait_for(NULL, "SELECT COUNT(*) FROM instance WHERE removed = 1");
    node_wait_for_log("late_delivery", 1);
    sx_node_close(node, 5);
    close(node_log.fd);
}

/* ---- whether it is ready ---- */

static web_answer ask(const sx_node *node, const char *target) {
    return web_call(sx_node_http_port(node), "GET", target, "", NULL);
}

static void reload(sx_node *node, const char *more) {
    sx_settings s;
    sx_error err = { 0 };
    node_settings(&s, more);
    CHECK_OK(sx_node_reload(node, &s, &err), err);
}

/* What waited for the archive before shadow mode waits for the end of shadow mode. */
static void shadow_mode_holds_what_is_to_be_sent(void **state) {
    (void)state;
    char sends[300], shadow[320];
    const int port = archive_open(0);
    archive_close();
    snprintf(sends, sizeof sends, "%s", node_sends_to(port));
    snprintf(shadow, sizeof shadow, "%sshadow: true\n", sends);
    sx_node *node = node_open(sends);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'send' AND state = 'waiting'");
    reload(node, shadow);
    assert_int_equal(archive_open(port), port);
    atomic_fetch_add(&node_later, 60 * 1000);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'send' AND state = 'waiting'"
                        " AND error LIKE 'held: shadow mode%' AND attempts = 1");
    atomic_fetch_add(&node_later, 60 * 1000);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'send' AND hold_time > 60000"
                        " AND attempts = 1 AND put_off = 0");
    assert_int_equal(archive_count(false), 0);
    reload(node, sends);
    atomic_fetch_add(&node_later, 20 * 60 * 1000);
    node_wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
}

static void it_is_ready_while_it_takes_films(void **state) {
    (void)state;
    sx_node *node = node_open("keep: {full_gb: 100000}\n");
    web_expect(ask(node, "/healthz/ready"), 503, "the disk is nearly full");
    assert_int_not_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    reload(node, "keep: {full_gb: 0, full_percent: 99}\n");
    web_expect(ask(node, "/healthz/ready"), 200, "ready");
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    sx_node_close(node, 5);
}

/* ---- alarms ---- */

static struct {
    pthread_mutex_t lock;
    char bodies[4000]; /* of all calls, one a line */
    int count;
} heard = { .lock = PTHREAD_MUTEX_INITIALIZER };

static web_reply hear(void *user, const web_request *r) {
    (void)user;
    pthread_mutex_lock(&heard.lock);
    const size_t n = strlen(heard.bodies);
    snprintf(heard.bodies + n, sizeof heard.bodies - n, "%s\n", r->body);
    heard.count++;
    pthread_mutex_unlock(&heard.lock);
    return (web_reply){ .status = 200 };
}

static bool was_heard(int count, const char *text) {
    pthread_mutex_lock(&heard.lock);
    const bool found = heard.count == count && strstr(heard.bodies, text) != NULL;
    pthread_mutex_unlock(&heard.lock);
    return found;
}

static void wait_to_hear(int count, const char *text) {
    for (int i = 0; i < 200 && !was_heard(count, text); i++)
        usleep(50000);
    if (!was_heard(count, text)) fail_msg("%d calls: %s", heard.count, heard.bodies);
}

static int metrics_port;

static bool gauge_is(int value) {
    char line[60];
    snprintf(line, sizeof line, "\nspinexr_alarm{name=\"disk\"} %d\n", value);
    web_answer a = web_call(metrics_port, "GET", "/metrics", "", NULL);
    const bool is = a.status == 200 && strstr(a.body, line) != NULL;
    web_free(&a);
    return is;
}

static void wait_for_gauge(int value) {
    for (int i = 0; i < 200 && !gauge_is(value); i++)
        usleep(50000);
    assert_true(gauge_is(value));
}

static const char *with_alarm(int webhook, bool on) {
    static char text[300];
    snprintf(text, sizeof text,
             "alarms: {webhook: 'http://127.0.0.1:%d/'}\nhttp: {metrics_port: %d}\n"
             "keep: {full_gb: %d, full_percent: 99}\n",
             webhook, metrics_port, on ? 100000 : 0);
    return text;
}

/* However often the settings are read and the service is started meanwhile. */
static void a_change_of_an_alarm_is_told_once(void **state) {
    (void)state;
    web_stub *stub = web_stub_open(hear, NULL);
    const int webhook = web_stub_port(stub);
    metrics_port = free_port();
    sx_node *node = node_open(with_alarm(webhook, true));
    wait_to_hear(1, "\"on\":true");
    wait_for_gauge(1);
    reload(node, with_alarm(webhook, true));
    sleep(2);
    wait_to_hear(1, "\"on\":true");
    reload(node, with_alarm(webhook, false));
    wait_to_hear(2, "\"on\":false");
    wait_for_gauge(0);
    reload(node, with_alarm(webhook, true));
    wait_to_hear(3, "\"on\":true");
    sx_node_close(node, 5);
    node = node_open(with_alarm(webhook, true));
    wait_for_gauge(1);
    sx_node_close(node, 5);
    wait_to_hear(3, "\"on\":true");
    node = node_open(with_alarm(webhook, false));
    wait_to_hear(4, "\"on\":false");
    sx_node_close(node, 5);
    web_stub_close(stub);
}

/* ---- settings ---- */

static int status_at(const sx_node *node, const char *host) {
    char text[200];
    snprintf(text, sizeof text,
             "GET /healthz/live HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    return web_raw_status(sx_node_http_port(node), text);
}

static int cors_status(const sx_node *node) {
    return web_status(sx_node_http_port(node), "OPTIONS", "/dicom-web/studies",
                      "Origin: https://viewer.example\r\nAccess-Control-Request-Method: POST\r\n",
                      NULL);
}

/* What was allowed is allowed no longer, too. */
static void limits_and_rights_change_at_once(void **state) {
    (void)state;
    sx_node *node = node_open("http: {cors: ['https://viewer.example']}\n");
    assert_int_equal(cors_status(node), 204);
    assert_int_not_equal(status_at(node, "node.example"), 200);
    const int silent = web_connect(sx_node_port(node, false), NULL);
    reload(node, "http: {hosts: [node.example]}\ndicom: {first_message_seconds: 1}\n");
    assert_int_equal(cors_status(node), 403);
    assert_int_equal(status_at(node, "node.example"), 200);
    assert_true(web_is_closed(silent, 5));
    sx_node_close(node, 5);
}

static void what_needs_a_restart_is_named(void **state) {
    (void)state;
    static const struct {
        const char *key, *text;
    } keys[] = {
        { "data", "data: /elsewhere\n" },
        { "store", "store: /elsewhere/store.sqlite\n" },
        { "dicom.ae_title", "dicom: {ae_title: OTHER}\n" },
        { "dicom.listen", "dicom: {listen: 127.0.0.2}\n" },
        { "dicom.port", "dicom: {port: 11113}\n" },
        { "dicom.tls_port", "dicom: {tls_port: 2762, tls: {certificate: c, key: k}}\n" },
        { "http.listen", "http: {listen: 127.0.0.2}\n" },
        { "http.port", "http: {port: 8081}\n" },
        { "http.metrics_listen", "http: {metrics_listen: 127.0.0.2}\n" },
        { "http.metrics_port", "http: {metrics_port: 9113}\n" },
    };
    sx_node *node = node_open("{}");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        sx_error err = { 0 };
        sx_settings s;
        char expected[80];
        snprintf(expected, sizeof expected, "%s needs a restart", keys[i].key);
        node_settings(&s, keys[i].text);
        CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_USAGE, expected);
    }
    sx_node_close(node, 5);
}

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, node_fresh)
    const struct CMUnitTest tests[] = {
        FRESH(the_log_names_no_patient),
        FRESH(it_is_ready_while_it_takes_films),
        FRESH(a_change_of_an_alarm_is_told_once),
        FRESH(limits_and_rights_change_at_once),
        FRESH(what_needs_a_restart_is_named),
        FRESH(a_watched_folder_that_is_away_delays_nothing_else),
        FRESH(shadow_mode_holds_what_is_to_be_sent),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
