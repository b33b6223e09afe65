/* Certificates of the node's ports: `serve check` tests them, and a reload reads them again.
 * argv[1]: worker-program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "service/identity.h"
#include "service/net/http_client.h"
#include "service/node/check_up.h"
#include "service/node_fixture.h"
#include "support/check.h"
#include "support/free_port.h"

enum { DAY = 24 * 3600, YEAR = 365 * DAY };

/* `server` is signed by `old_ca`, its successor by `new_ca`. */
static identity old_ca, new_ca, server, successor, soon, late;

static int make_identities(void **state) {
    (void)state;
    identity_make(&old_ca, "old-ca", NULL, true, YEAR);
    identity_make(&new_ca, "new-ca", NULL, true, YEAR);
    identity_make(&server, "server", &old_ca, false, YEAR);
    identity_make(&successor, "successor", &new_ca, false, YEAR);
    identity_make(&soon, "soon", &old_ca, false, 10 * DAY + 3600);
    identity_make(&late, "late", &old_ca, false, -60);
    return 0;
}

static int clean(void **state) {
    identity *all[] = { &old_ca, &new_ca, &server, &successor, &soon, &late };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        identity_free(all[i]);
    check_tmp_remove();
    return 0;
}

/* ---- serve check ---- */

static char said[4000];

static void note(void *user, const char *what, const char *error) {
    (void)user;
    const size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s: %s\n", what, error ? error : "ok");
}

/* What the check says of certificates; returns the number of faults. */
static size_t check_tls(const char *certificate, const char *key) {
    static const char *const worker[] = { "/bin/false", NULL };
    char text[2500];
    sx_error err = { 0 };
    sx_settings s;
    size_t faults = 0;
    said[0] = '\0';
    snprintf(text, sizeof text,
             "data: %s\ndicom: {port: 0, tls: {certificate: %s, key: %s}}\n"
             "http: {port: 0, metrics_port: 0, tls: {certificate: %s, key: %s}}\n"
             "keep: {full_percent: 99, full_gb: 0}\n",
             check_tmp_path("check"), certificate, key, certificate, key);
    CHECK_OK(sx_settings_init(&s, &err), err);
    CHECK_OK(sx_settings_parse(&s, "settings", text, strlen(text), &err), err);
    CHECK_OK(sx_node_check_up(&s, worker, note, NULL, &faults, &err), err);
    sx_settings_free(&s);
    return faults;
}

static void expect_said(const char *text) {
    if (!strstr(said, text)) fail_msg("no \"%s\" in\n%s", text, said);
}

static void the_check_tests_them(void **state) {
    (void)state;
    assert_int_equal(check_tls(server.certificate_path, server.key_path), 0);
    expect_said("DICOM certificate: ok\nHTTP certificate: ok\n");
    assert_int_equal(check_tls(server.certificate_path, successor.key_path), 2);
    expect_said("DICOM certificate: TLS with the certificate ");
    expect_said("HTTP certificate: ");
    expect_said("cannot be used");
    assert_int_equal(check_tls(late.certificate_path, late.key_path), 2);
    expect_said("a certificate has expired\nHTTP certificate: ");
    assert_int_equal(check_tls(soon.certificate_path, soon.key_path), 0);
    expect_said("DICOM certificate: warning: expires in 10 days\n"
                "HTTP certificate: warning: expires in 10 days\n");
    assert_int_equal(check_tls("/nowhere/node.crt", server.key_path), 2);
    expect_said("HTTP certificate: /nowhere/node.crt");
}

/* ---- reload ---- */

/* The pair that the settings name. */
static void install(const identity *i) {
    const char *from[] = { i->certificate_path, i->key_path };
    static const char *const to[] = { "node.crt", "node.key" };
    for (int k = 0; k < 2; k++) {
        sx_error err = { 0 };
        sx_file f;
        CHECK_OK(sx_file_open(&f, from[k], &err), err);
        CHECK_OK(sx_write_file(check_tmp_path(to[k]), f.data, f.size, &err), err);
        sx_file_close(&f);
    }
}

static void tls_settings(sx_settings *s, int tls_port, const char *key) {
    char text[2500], certificate[512];
    snprintf(certificate, sizeof certificate, "%s", check_tmp_path("node.crt"));
    snprintf(text, sizeof text,
             "dicom: {tls_port: %d, tls: {certificate: %s, key: %s}}\n"
             "http: {hosts: [localhost], tls: {certificate: %s, key: %s}}\n",
             tls_port, certificate, key, certificate, key);
    node_settings(s, text);
}

static bool dicom_trusts(int port, const identity *ca) {
    sx_error err = { 0 };
    const sx_dicom_tls tls = { server.certificate_path, server.key_path, ca->certificate_path };
    const sx_dicom_remote r = { .host = "127.0.0.1",
                                .port = port,
                                .ae_title = "SPINEXR",
                                .our_title = "CR1",
                                .message_seconds = 10,
                                .tls = &tls };
    return sx_dicom_echo(&r, &err);
}

static bool http_trusts(int port, const identity *ca) {
    char url[60];
    sx_error err = { 0 };
    sx_http_answer a;
    snprintf(url, sizeof url, "https://localhost:%d", port);
    const sx_http_remote r = { .url = url, .trusted = ca->certificate_path, .message_seconds = 10 };
    const bool ok = sx_http_send(&r, &(const sx_http_call){ .path = "/healthz/live" }, &a, &err) &&
                    a.status == 200;
    sx_http_answer_free(&a);
    return ok;
}

static void expect_signed_by(const sx_node *node, int tls_port, const identity *is,
                             const identity *is_not) {
    const int http = sx_node_http_port(node);
    assert_true(dicom_trusts(tls_port, is));
    assert_false(dicom_trusts(tls_port, is_not));
    assert_true(http_trusts(http, is));
    assert_false(http_trusts(http, is_not));
}

static void a_reload_reads_them_again(void **state) {
    (void)state;
    static const sx_node_log quiet = { .fd = -1, .most = SX_LOG_ERROR };
    const char *const worker[] = { node_worker, "real", NULL };
    const int tls_port = free_port();
    char key[512];
    sx_error err = { 0 };
    sx_settings s;
    snprintf(node_folder, sizeof node_folder, "%s", check_tmp_path("data"));
    snprintf(key, sizeof key, "%s", check_tmp_path("node.key"));
    install(&server);
    tls_settings(&s, tls_port, key);
    sx_node *node =
        sx_node_open(&(const sx_node_options){ .worker = worker, .log = &quiet }, &s, &err);
    CHECK_OK(node != NULL, err);
    const int http = sx_node_http_port(node);
    expect_signed_by(node, tls_port, &old_ca, &new_ca);
    install(&successor);
    tls_settings(&s, tls_port, key);
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    assert_int_equal(sx_node_http_port(node), http);
    expect_signed_by(node, tls_port, &new_ca, &old_ca);
    /* a key of another certificate: the earlier ones stay */
    tls_settings(&s, tls_port, server.key_path);
    CHECK_FAILS(sx_node_reload(node, &s, &err), err, SX_ERR_FORMAT, "cannot be used");
    expect_signed_by(node, tls_port, &new_ca, &old_ca);
    tls_settings(&s, tls_port, key); /* the same again, and then the texts of the first are gone */
    err = (sx_error){ 0 };
    CHECK_OK(sx_node_reload(node, &s, &err), err);
    expect_signed_by(node, tls_port, &new_ca, &old_ca);
    sx_node_close(node, 5);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_tests_them),
        cmocka_unit_test(a_reload_reads_them_again),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, make_identities, clean));
}
