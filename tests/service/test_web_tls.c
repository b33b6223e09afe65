/* The web server with TLS, with certificates that this test makes; the client is OpenSSL's. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/writer.h"
#include "identity.h"
#include "service/access/sessions.h"
#include "service/access/tokens.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"

/* ---- certificates ---- */

static identity authority, server, device, stranger;

static int make_identities(void **state) {
    (void)state;
    identity_make(&authority, "authority", NULL, true, 3600);
    identity_make(&server, "server", &authority, false, 3600);
    identity_make(&device, "device", &authority, false, 3600);
    identity_make(&stranger, "stranger", NULL, false, 3600);
    return 0;
}

static int free_identities(void **state) {
    identity *all[] = { &authority, &server, &device, &stranger };
    (void)state;
    for (size_t i = 0; i < 4; i++)
        identity_free(all[i]);
    return 0;
}

/* ---- the server ---- */

static sx_web_options tls_options(void) {
    sx_web_options o = web_test_options();
    o.tls =
        (sx_settings_tls){ server.certificate_path, server.key_path, authority.certificate_path };
    o.request_seconds = 2;
    return o;
}

static int start_server(void **state) {
    (void)state;
    const sx_web_options o = tls_options();
    web_start(&o);
    return 0;
}

/* ---- the client ---- */

static SSL_CTX *make_context(const identity *client, int most_version) {
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    assert_non_null(c);
    assert_int_equal(SSL_CTX_load_verify_locations(c, authority.certificate_path, NULL), 1);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_security_level(c, 0); /* the server, not this client, refuses old versions */
    if (most_version) SSL_CTX_set_max_proto_version(c, most_version);
    if (client) {
        assert_int_equal(SSL_CTX_use_certificate(c, client->certificate), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(c, client->key), 1);
    }
    return c;
}

/* The answer to a request; status 0: there is no connection. */
static web_answer call_tls(const identity *client, int most_version, const char *method,
                           const char *target, const char *headers, const char *body) {
    sx_str all = { 0 };
    char text[4000], buf[4096];
    web_answer a = { 0, NULL, "", 0 };
    SSL_CTX *context = make_context(client, most_version);
    SSL *ssl = SSL_new(context);
    const int s = web_connect(web_port, NULL);
    snprintf(text, sizeof text,
             "%s %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n%sContent-Length: %zu"
             "\r\n\r\n%s",
             method, target, web_port, headers, strlen(body), body);
    SSL_set_fd(ssl, s);
    SSL_set1_host(ssl, "localhost");
    int n = SSL_connect(ssl) == 1 && SSL_write(ssl, text, (int)strlen(text)) > 0;
    while (n > 0 && (n = SSL_read(ssl, buf, sizeof buf)) > 0)
        sx_str_append(&all, buf, (size_t)n);
    a.text = all.data;
    if (all.len) {
        sscanf(all.data, "HTTP/1.1 %d", &a.status);
        const char *end = strstr(all.data, "\r\n\r\n");
        a.body = end ? end + 4 : "";
        a.n = strlen(a.body);
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    close(s);
    ERR_clear_error();
    return a;
}

static int tls_status(const identity *client, const char *method, const char *target,
                      const char *headers, const char *body) {
    web_answer a = call_tls(client, 0, method, target, headers, body);
    const int status = a.status;
    web_free(&a);
    return status;
}

/* ---- tests ---- */

static void people_sign_in_by_https(void **state) {
    (void)state;
    char headers[600], cookie[200];
    web_add_account("ada", SX_ROLE_ADMIN, true);
    snprintf(headers, sizeof headers,
             "Origin: https://localhost:%d\r\nContent-Type: application/json\r\n", web_port);
    web_answer a = call_tls(NULL, 0, "POST", "/api/session", headers,
                            "{\"login\": \"ada\", \"password\": \"" TEST_PASSWORD "\"}");
    assert_int_equal(a.status, 200);
    snprintf(cookie, sizeof cookie, "%s", web_header(&a, "Set-Cookie"));
    assert_true(sx_starts_with(cookie, "__Host-spinexr="));
    assert_non_null(strstr(cookie, "; Path=/; HttpOnly; SameSite=Strict; Secure"));
    *strchr(cookie, ';') = '\0';
    snprintf(headers, sizeof headers, "Cookie: %s\r\nX-CSRF: %s\r\n", cookie, web_text(&a, "csrf"));
    web_free(&a);
    assert_int_equal(tls_status(NULL, "GET", "/node/jobs/1", headers, ""), 200);
    const size_t n = strlen(headers);
    snprintf(headers + n, sizeof headers - n, "Origin: http://localhost:%d\r\n", web_port);
    assert_int_equal(tls_status(NULL, "DELETE", "/api/session", headers, ""), 403);
    snprintf(headers + n, sizeof headers - n, "Origin: https://localhost:%d\r\n", web_port);
    assert_int_equal(tls_status(NULL, "DELETE", "/api/session", headers, ""), 204);
}

static void old_versions_are_refused(void **state) {
    (void)state;
    web_answer a = call_tls(NULL, TLS1_2_VERSION, "GET", "/open", "", "");
    assert_int_equal(a.status, 200);
    web_free(&a);
    a = call_tls(NULL, TLS1_1_VERSION, "GET", "/open", "", "");
    assert_int_equal(a.status, 0);
    web_free(&a);
    assert_int_equal(tls_status(NULL, "GET", "/open", "", ""), 200);
}

static void programs_may_have_a_certificate(void **state) {
    (void)state;
    sx_error err = { 0 };
    bool found;
    assert_int_equal(tls_status(&device, "GET", "/dicom-web/studies", "", ""), 401);
    CHECK_OK(sx_tokens_add_certificate(web_db, "archive", device.sha256, web_clock, &err), err);
    CHECK_OK(sx_tokens_add_certificate(web_db, "forged", stranger.sha256, web_clock, &err), err);
    web_answer a = call_tls(&device, 0, "GET", "/dicom-web/studies", "", "");
    assert_int_equal(a.status, 200);
    assert_string_equal(web_text(&a, "who"), "archive");
    web_free(&a);
    assert_int_equal(tls_status(&device, "POST", "/dicom-web/studies", "", "film"), 200);
    assert_int_equal(tls_status(NULL, "GET", "/dicom-web/studies", "", ""), 401);
    /* one whose signer is not trusted */
    a = call_tls(&stranger, 0, "GET", "/dicom-web/studies", "", "");
    assert_true(a.status == 401 || a.status == 0);
    web_free(&a);
    /* a certificate is no session, and a wrong token counts more than a right certificate */
    assert_int_equal(tls_status(&device, "GET", "/node/jobs/1", "", ""), 401);
    assert_int_equal(
        tls_status(&device, "GET", "/dicom-web/studies", "Authorization: Bearer x\r\n", ""), 401);
    CHECK_OK(sx_tokens_revoke(web_db, "archive", web_clock, &found, &err), err);
    assert_int_equal(tls_status(&device, "GET", "/dicom-web/studies", "", ""), 401);
}

static void other_bytes_than_tls_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
        "\x01\x00\x00\x00\x00\xCD\x00\x01",
    };
    int sockets[40];
    for (size_t i = 0; i < 40; i++) {
        sockets[i] = web_connect(web_port, NULL);
        if (i % 4 < 3) web_send(sockets[i], texts[i % 4], strlen(texts[i % 4]));
    }
    assert_int_equal(tls_status(NULL, "GET", "/open", "", ""), 200);
    for (size_t i = 0; i < 40; i++)
        if (!web_is_closed(sockets[i], 5.0)) fail_msg("%zu is still open", i);
}

static void faulty_files_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_web_options o = tls_options();
    o.store = check_tmp_path("tls.sqlite");
    o.tls.key = device.key_path;
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_FORMAT, "cannot be used");
    o.tls.key = check_tmp_path("none.key");
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_IO, "none.key");
    o.tls.key = server.key_path;
    CHECK_OK(sx_write_file(check_tmp_path("empty.crt"), "x", 1, &err), err);
    o.tls.trusted = check_tmp_path("empty.crt");
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_FORMAT, "empty.crt has no certificates");
    o.tls.trusted = "";
    o.tls.certificate = check_tmp_path("empty.crt");
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_FORMAT, "empty.crt");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_server, web_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(people_sign_in_by_https),
        SERVED(old_versions_are_refused),
        SERVED(programs_may_have_a_certificate),
        SERVED(other_bytes_than_tls_are_refused),
        cmocka_unit_test(faulty_files_are_refused),
    };
    return cmocka_run_group_tests(tests, make_identities, free_identities);
}
