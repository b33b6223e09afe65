/* What the node says of itself: its log, whether it is ready, and its alarms. argv[1]:
 * worker-program. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/web_client.h"
#include "support/check.h"

/* ---- the log ---- */

static char log_path[600];

static void open_log(void) {
    snprintf(log_path, sizeof log_path, "%s", check_tmp_path("log.txt"));
    node_log.fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    assert_true(node_log.fd >= 0);
    node_log.most = SX_LOG_DEBUG;
}

static bool log_has(const char *text) {
    sx_error err = { 0 };
    sx_file f;
    sx_str all = { 0 };
    CHECK_OK(sx_file_open(&f, log_path, &err), err);
    sx_str_append(&all, f.data, f.size);
    sx_file_close(&f);
    const bool has = strstr(sx_str_text(&all), text) != NULL;
    sx_str_free(&all);
    return has;
}

static void wait_for_log(const char *text) {
    for (int i = 0; i < 600 && !log_has(text); i++)
        usleep(50000);
    if (!log_has(text)) print_error("not in the log: %s\n", text);
    assert_true(log_has(text));
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
    wait_for_log("file refused");
    wait_for_log("result built");
    sx_node_close(node, 5);
    close(node_log.fd);
    assert_true(log_has("exists with other contents"));
    assert_false(log_has(PRIVATE));
    assert_false(log_has("DOE"));
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
        FRESH(limits_and_rights_change_at_once),
        FRESH(what_needs_a_restart_is_named),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return cmocka_run_group_tests(tests, NULL, node_clean);
}
