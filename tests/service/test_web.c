/* The web server: routes, roles, tokens, bodies and replies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "service/access/sessions.h"
#include "service/access/tokens.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"

/* ---- routes ---- */

static void handlers_get_parameters_and_queries(void **state) {
    (void)state;
    char secret[SX_SECRET];
    web_add_account("ada", SX_ROLE_ADMIN, false);
    const char *headers = web_session("ada", secret);
    web_answer a = web_call(web_port, "GET", "/node/jobs/a%20b?q=%C3%A9+%26&x=1", headers, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_text(&a, "id"), "a b");
    assert_string_equal(web_text(&a, "q"), "\xC3\xA9 &");
    assert_string_equal(web_text(&a, "who"), "ada");
    assert_string_equal(web_text(&a, "role"), "admin");
    assert_string_equal(web_text(&a, "address"), "127.0.0.1");
    assert_string_equal(web_text(&a, "task"), "");
    web_free(&a);
    web_expect(web_call(web_port, "POST", "/node/jobs/7", headers, "{\"say\": \"hi\"}"), 200,
               "\"say\":\"hi\"");
}

static void methods_are_dispatched(void **state) {
    (void)state;
    web_answer a = web_call(web_port, "HEAD", "/open", "", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.n, 0);
    assert_non_null(web_header(&a, "Content-Length"));
    web_free(&a);
    web_expect(web_call(web_port, "GET", "/nowhere", "", NULL), 404, "{\"error\":");
    web_expect(web_call(web_port, "DELETE", "/open", "", NULL), 405, "Allow: GET, HEAD\r\n");
    web_expect(web_call(web_port, "PUT", "/open", "", "{}"), 405, "does not take PUT");
    web_expect(web_call(web_port, "OPTIONS", "/open", "", NULL), 405, "error");
    web_expect(web_call(web_port, "TRACE", "/open", "", NULL), 501, "no such method");
    web_expect(web_call(web_port, "BREW", "/open", "", NULL), 501, "no such method");
}

static void errors_have_a_status(void **state) {
    (void)state;
    static const struct {
        sx_error_code code;
        int status;
        const char *message;
    } cases[] = {
        { SX_ERR_USAGE, 400, "as it was told" },   { SX_ERR_FORMAT, 400, "as it was told" },
        { SX_ERR_VALUE, 400, "as it was told" },   { SX_ERR_REFUSED, 403, "as it was told" },
        { SX_ERR_MISSING, 404, "as it was told" }, { SX_ERR_MISMATCH, 409, "as it was told" },
        { SX_ERR_LIMIT, 413, "as it was told" },   { SX_ERR_UNSUPPORTED, 415, "as it was told" },
        { SX_ERR_INTERNAL, 500, "see its log" },   { SX_ERR_IO, 503, "at the moment" },
        { SX_ERR_MEMORY, 503, "at the moment" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char target[40];
        snprintf(target, sizeof target, "/open/fail/%d", cases[i].code);
        web_expect(web_call(web_port, "GET", target, "", NULL), cases[i].status, cases[i].message);
    }
}

static void replies_protect_pages(void **state) {
    (void)state;
    static const char *const targets[] = { "/open", "/nowhere", "/api/session" };
    for (size_t i = 0; i < 3; i++) {
        web_answer a = web_call(web_port, "GET", targets[i], "", NULL);
        assert_non_null(strstr(web_header(&a, "Content-Security-Policy"), "default-src 'self'"));
        assert_non_null(
            strstr(web_header(&a, "Content-Security-Policy"), "frame-ancestors 'none'"));
        assert_string_equal(web_header(&a, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(web_header(&a, "Cache-Control"), "no-store");
        assert_string_equal(web_header(&a, "Content-Type"), "application/json");
        web_free(&a);
    }
}

/* ---- roles ---- */

enum { NOBODY, ADMIN, MANAGER, PHYSICIAN, ADJUDICATOR, READER, TOKEN, CALLERS };

/* What each caller gets, written down by hand. */
static void each_role_gets_its_routes(void **state) {
    (void)state;
    static const struct {
        const char *method, *target;
        int status[CALLERS];
    } cells[] = {
        /*                                    none  adm  mgr  phys adj  read token */
        { "GET", "/open", { 200, 200, 200, 200, 200, 200, 200 } },
        { "POST", "/open/echo", { 200, 200, 200, 200, 200, 200, 200 } },
        { "GET", "/node/jobs/1", { 401, 200, 404, 200, 404, 404, 401 } },
        { "HEAD", "/node/jobs/1", { 401, 200, 404, 200, 404, 404, 401 } },
        { "POST", "/node/jobs/1", { 401, 200, 404, 403, 404, 404, 401 } },
        { "DELETE", "/node/jobs/1", { 401, 405, 404, 405, 404, 404, 401 } },
        { "GET", "/reading/1", { 401, 404, 200, 404, 200, 200, 401 } },
        { "PUT", "/reading/1", { 401, 404, 403, 404, 403, 200, 401 } },
        { "POST", "/reading/1/file", { 401, 404, 200, 404, 404, 404, 401 } },
        { "GET", "/dicom-web/studies", { 401, 401, 401, 401, 401, 401, 200 } },
        { "GET", "/api/session", { 401, 200, 200, 200, 200, 200, 401 } },
        { "POST", "/api/password", { 401, 400, 400, 400, 400, 400, 401 } },
        { "GET", "/api/audit", { 401, 200, 404, 404, 404, 404, 401 } },
        { "GET", "/healthz/live", { 200, 200, 200, 200, 200, 200, 200 } },
        { "GET", "/healthz/ready", { 200, 200, 200, 200, 200, 200, 200 } },
        { "GET", "/metrics", { 404, 404, 404, 404, 404, 404, 404 } },
        { "DELETE", "/api/session", { 401, 204, 204, 204, 204, 204, 401 } },
    };
    static const char *const logins[] = { NULL,        "admin",       "manager",
                                          "physician", "adjudicator", "reader" };
    for (int who = 0; who < CALLERS; who++) {
        char headers[700], secret[SX_SECRET];
        sx_role role;
        if (who == NOBODY) {
            snprintf(headers, sizeof headers, "%s", web_page_headers());
        } else if (who == TOKEN) {
            snprintf(headers, sizeof headers, "%s%s", web_bearer("viewer"), web_page_headers());
        } else {
            assert_true(sx_role_parse(logins[who], &role));
            web_add_account(logins[who], role, true);
            snprintf(headers, sizeof headers, "%s", web_session(logins[who], secret));
        }
        for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
            const bool body = *cells[i].method == 'P';
            const int got = web_status(web_port, cells[i].method, cells[i].target, headers,
                                       body ? "{\"say\": \"x\"}" : NULL);
            if (got != cells[i].status[who])
                fail_msg("%s %s by %d: %d, not %d", cells[i].method, cells[i].target, who, got,
                         cells[i].status[who]);
        }
    }
}

/* A path of others looks like one that does not exist, to the last byte. */
static void forbidden_paths_look_like_none(void **state) {
    (void)state;
    char secret[SX_SECRET];
    web_add_account("rita", SX_ROLE_READER, false);
    const char *headers = web_session("rita", secret);
    web_answer a = web_call(web_port, "GET", "/node/jobs/1", headers, NULL),
               b = web_call(web_port, "GET", "/node/cats/1", headers, NULL);
    assert_string_equal(a.body, b.body);
    assert_int_equal(a.status, b.status);
    web_free(&a);
    web_free(&b);
}

/* ---- requests of other sites ---- */

static void other_sites_cannot_act(void **state) {
    (void)state;
    char secret[SX_SECRET], cookie[200], csrf[120], own[80];
    sx_sha256 hash;
    web_add_account("ada", SX_ROLE_ADMIN, false);
    web_session("ada", secret);
    assert_true(sx_sessions_csrf(secret, &hash, NULL));
    snprintf(cookie, sizeof cookie, "Cookie: x=1; spinexr-%d=%s\r\n", web_port, secret);
    snprintf(csrf, sizeof csrf, "X-CSRF: %s\r\n", hash.hex);
    snprintf(own, sizeof own, "Origin: http://localhost:%d\r\n", web_port);
    const struct {
        const char *origin, *csrf, *type;
        int status;
    } cases[] = {
        { own, csrf, "Content-Type: application/json\r\n", 200 },
        { own, csrf, "Content-Type: application/json; charset=utf-8\r\n", 200 },
        { "", csrf, "Content-Type: application/json\r\n", 403 },
        { "Origin: null\r\n", csrf, "Content-Type: application/json\r\n", 403 },
        { "Origin: http://evil.example\r\n", csrf, "Content-Type: application/json\r\n", 403 },
        { "Origin: http://localhost\r\n", csrf, "Content-Type: application/json\r\n", 403 },
        { own, "", "Content-Type: application/json\r\n", 403 },
        { own, "X-CSRF: \r\n", "Content-Type: application/json\r\n", 403 },
        { own, "X-CSRF: 1\r\n", "Content-Type: application/json\r\n", 403 },
        { own, csrf, "Content-Type: text/plain\r\n", 415 },
        { own, csrf, "", 415 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char headers[700];
        snprintf(headers, sizeof headers, "%s%s%s%s", cookie, cases[i].origin, cases[i].csrf,
                 cases[i].type);
        const int got = web_status(web_port, "POST", "/node/jobs/1", headers, "{\"say\": \"x\"}");
        if (got != cases[i].status) fail_msg("case %zu: %d", i, got);
    }
    web_answer a = web_call(web_port, "GET", "/node/jobs/1", cookie, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_header(&a, "X-Login"), "ada"); /* whose the answer is */
    web_free(&a);
    assert_int_equal(web_status(web_port, "DELETE", "/api/session", cookie, NULL), 403);
    /* signing somebody in is an act, too */
    assert_int_equal(web_status(web_port, "POST", "/api/session",
                                "Content-Type: application/json\r\n",
                                "{\"login\": \"ada\", \"password\": \"x\"}"),
                     403);
}

/* ---- bodies ---- */

static void bodies_of_json_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *message;
    } cases[] = {
        { "{\"say\": \"\\u00e9\"}", 200, "\xC3\xA9" },
        { "", 400, "the body, line" },
        { "{", 400, "the body, line 1" },
        { "[]", 400, "must be an object" },
        { "{\"say\": \"a\", \"say\": \"b\"}", 400, "the body, line 1" },
        { "{\"say\": \"a\"} x", 400, "the body, line 1" },
        { "{\"say\": 1}", 400, "say is missing or is not a string" },
        { "{\"say\": \"\xFF\"}", 400, "the body, line 1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        web_expect(web_call(web_port, "POST", "/open/echo", web_page_headers(), cases[i].body),
                   cases[i].status, cases[i].message);
}

static void bodies_have_limits(void **state) {
    (void)state;
    sx_str body = { 0 };
    sx_str_add(&body, "{\"say\": \"");
    while (body.len < 65536 - 2)
        sx_str_add(&body, "x");
    sx_str_add(&body, "\"}");
    web_expect(web_call(web_port, "POST", "/open/echo", web_page_headers(), body.data), 400,
               "longer than 60000");
    sx_str_add(&body, " ");
    web_expect(web_call(web_port, "POST", "/open/echo", web_page_headers(), body.data), 413,
               "longer than the 65536 bytes");
    sx_str_free(&body);
    web_expect(web_call(web_port, "GET", "/open", "", "x"), 413, "takes no body");
    web_expect(web_call(web_port, "POST", "/nowhere", "", "x"), 404, "nothing at this address");
}

static void chunked_bodies_are_joined(void **state) {
    (void)state;
    char head[400];
    sx_str text = { 0 };
    snprintf(head, sizeof head,
             "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
             "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
             "Connection: close\r\n\r\n");
    sx_str_printf(&text, "%s5\r\n{\"say\r\n7;x=y\r\n\": \"joi\r\n5\r\nned\"}\r\n0\r\n\r\n", head);
    web_expect(web_raw(web_port, text.data), 200, "\"say\":\"joined\"");
    sx_str_free(&text);
    /* a little too long: dropped and answered; far too long: closed */
    for (int i = 0; i < 2; i++) {
        sx_str_add(&text, head);
        for (int k = 0; k < (i ? 60 : 5); k++) {
            sx_str_add(&text, "4000\r\n");
            for (int c = 0; c < 0x4000; c++)
                sx_str_add(&text, "x");
            sx_str_add(&text, "\r\n");
        }
        sx_str_add(&text, "0\r\n\r\n");
        assert_int_equal(web_raw_status(web_port, text.data), i ? 0 : 413);
        sx_str_free(&text);
    }
}

/* ---- programs ---- */

static void files_come_with_a_token(void **state) {
    (void)state;
    enum { BIG = 8 << 20 };
    sx_error err = { 0 };
    bool found;
    char bearer[120], type[200], secret[SX_SECRET], sha256[65];
    snprintf(bearer, sizeof bearer, "%s", web_bearer("modality"));
    snprintf(type, sizeof type, "%sContent-Type: application/dicom\r\n", bearer);
    char *big = malloc(BIG + 1);
    assert_non_null(big);
    for (int i = 0; i < BIG; i++)
        big[i] = (char)('a' + i % 23);
    big[BIG] = '\0';
    snprintf(sha256, sizeof sha256, "%s", check_sha256(big, BIG));
    web_answer a = web_call(web_port, "POST", "/dicom-web/studies", type, big);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_text(&a, "sha256"), sha256);
    assert_string_equal(web_text(&a, "type"), "application/dicom");
    web_free(&a);
    free(big);
    web_expect(web_call(web_port, "POST", "/dicom-web/studies", type, ""), 200, "\"bytes\":0");
    web_expect(web_call(web_port, "GET", "/dicom-web/studies", bearer, NULL), 200, "\"modality\"");
    /* the announced length alone is refused */
    char head[400];
    snprintf(head, sizeof head,
             "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: 16777217\r\n"
             "\r\n",
             bearer);
    web_expect(web_raw(web_port, head), 413, "longer than the 16777216 bytes");
    snprintf(head, sizeof head,
             "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16777217\r\n"
             "\r\n");
    web_expect(web_raw(web_port, head), 401, "bearer token");
    web_add_account("ada", SX_ROLE_ADMIN, false);
    const char *session = web_session("ada", secret);
    web_expect(web_call(web_port, "POST", "/dicom-web/studies", session, "x"), 401,
               "WWW-Authenticate: Bearer");
    web_expect(web_call(web_port, "POST", "/dicom-web/studies", "", "x"), 401, "bearer token");
    web_expect(
        web_call(web_port, "POST", "/dicom-web/studies", "Authorization: Bearer sxt_x\r\n", "x"),
        401, "bearer token");
    CHECK_OK(sx_tokens_revoke(web_db, "modality", web_clock, &found, &err), err);
    assert_true(found);
    web_expect(web_call(web_port, "POST", "/dicom-web/studies", type, "x"), 401, "bearer token");
}

static void a_file_is_refused_before_it_is_sent(void **state) {
    (void)state;
    web_expect(web_raw(web_port, "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n"
                                 "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"),
               401, "bearer token");
    web_expect(web_raw(web_port, "POST /reading/1/file HTTP/1.1\r\nHost: localhost\r\n"
                                 "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"),
               401, "sign in first");
}

/* ---- replies ---- */

static void replies_are_streams_and_files(void **state) {
    (void)state;
    web_answer a = web_raw(web_port, "GET /open/stream HTTP/1.0\r\n\r\n");
    assert_int_equal(a.status, 200);
    assert_int_equal(a.n, 300000);
    web_free(&a);
    web_expect(web_call(web_port, "GET", "/open/stream", "", NULL), 200,
               "Transfer-Encoding: chunked");
    a = web_call(web_port, "GET", "/open/file", "", NULL);
    assert_int_equal(a.n, 4096);
    assert_memory_equal(a.body, "SQLite format 3", 15);
    assert_string_equal(web_header(&a, "Cache-Control"), "private, immutable");
    web_free(&a);
    a = web_call(web_port, "GET", "/open/file", "If-None-Match: \"v1\"\r\n", NULL);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.n, 0);
    web_free(&a);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, web_setup, web_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(handlers_get_parameters_and_queries),
        SERVED(methods_are_dispatched),
        SERVED(errors_have_a_status),
        SERVED(replies_protect_pages),
        SERVED(each_role_gets_its_routes),
        SERVED(forbidden_paths_look_like_none),
        SERVED(other_sites_cannot_act),
        SERVED(bodies_of_json_are_checked),
        SERVED(bodies_have_limits),
        SERVED(chunked_bodies_are_joined),
        SERVED(files_come_with_a_token),
        SERVED(a_file_is_refused_before_it_is_sent),
        SERVED(replies_are_streams_and_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
