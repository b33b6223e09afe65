/* Signing in and out by the web server: sessions, passwords, failures, the audit log. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "service/access/audit.h"
#include "service/access/sessions.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"

/* ---- sessions ---- */

/* The secret of a Set-Cookie header. */
static void take_cookie(const web_answer *a, char secret[SX_SECRET]) {
    const char *cookie = web_header(a, "Set-Cookie");
    char name[32];
    assert_non_null(cookie);
    const size_t n = (size_t)snprintf(name, sizeof name, "spinexr-%d=", web_port);
    assert_memory_equal(cookie, name, n);
    assert_true(strcspn(cookie + n, ";") == SX_SECRET - 1);
    memcpy(secret, cookie + n, SX_SECRET - 1);
    secret[SX_SECRET - 1] = '\0';
}

static void people_sign_in_and_out(void **state) {
    (void)state;
    char first[SX_SECRET], second[SX_SECRET];
    web_add_account("ada", SX_ROLE_PHYSICIAN, true);
    web_answer a = web_sign_in(NULL, "Ada", TEST_PASSWORD);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_text(&a, "login"), "ada");
    assert_string_equal(web_text(&a, "name"), "Dr. ada");
    assert_string_equal(web_text(&a, "role"), "physician");
    assert_int_equal(strlen(web_text(&a, "csrf")), 64);
    assert_non_null(strstr(a.body, "\"predicts\":false"));
    assert_non_null(strstr(web_header(&a, "Set-Cookie"), "; Path=/; HttpOnly; SameSite=Strict"));
    assert_null(strstr(web_header(&a, "Set-Cookie"), "Secure"));
    take_cookie(&a, first);
    web_free(&a);
    a = web_call(web_port, "POST", "/api/session", web_session_headers(first),
                 "{\"login\": \"ada\", \"password\": \"" TEST_PASSWORD "\"}");
    take_cookie(&a, second);
    web_free(&a);
    assert_string_not_equal(first, second);
    /* the old one has ended */
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(first), NULL),
                     401);
    a = web_call(web_port, "GET", "/api/session", web_session_headers(second), NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(strlen(web_text(&a, "csrf")), 64);
    web_free(&a);
    a = web_call(web_port, "DELETE", "/api/session", web_session_headers(second), NULL);
    assert_int_equal(a.status, 204);
    assert_non_null(strstr(web_header(&a, "Set-Cookie"), "Max-Age=0"));
    web_free(&a);
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(second), NULL),
                     401);
}

static bool find_text(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    return ++*(int *)user && !strstr(sx_db_get_text(row, 0), "secret");
}

static void sessions_end_when_idle_or_revoked(void **state) {
    (void)state;
    char a[SX_SECRET], b[SX_SECRET];
    sx_error err = { 0 };
    bool found;
    int rows = 0;
    web_add_account("ada", SX_ROLE_ADMIN, true);
    web_session("ada", a);
    web_clock += SX_SESSION_IDLE - 1;
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(a), NULL),
                     200);
    web_clock += SX_SESSION_IDLE - 1; /* it was used meanwhile */
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(a), NULL),
                     200);
    web_clock += SX_SESSION_IDLE + 1;
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(a), NULL),
                     401);
    web_session("ada", a);
    CHECK_OK(sx_accounts_set_role(web_db, "ada", SX_ROLE_READER, &found, &err), err);
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(a), NULL),
                     401);
    web_session("ada", a);
    CHECK_OK(sx_accounts_set_active(web_db, "ada", false, &found, &err), err);
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(a), NULL),
                     401);
    web_answer answer = web_sign_in(NULL, "ada", TEST_PASSWORD);
    assert_int_equal(answer.status, 401);
    web_free(&answer);
    CHECK_OK(sx_accounts_set_active(web_db, "ada", true, &found, &err), err);
    web_session("ada", a);
    web_session("ada", b);
    answer = web_call(web_port, "POST", "/api/password", web_session_headers(a),
                      "{\"old\": \"" TEST_PASSWORD "\", \"new\": \"another long one\"}");
    assert_int_equal(answer.status, 200);
    take_cookie(&answer, a);
    web_free(&answer);
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(a), NULL),
                     200);
    assert_int_equal(web_status(web_port, "GET", "/api/session", web_session_headers(b), NULL),
                     401);
    /* the database has no secret */
    CHECK_OK(sx_db_query(web_db, "SELECT sha256 FROM session", NULL, 0, find_text, &rows, &err),
             err);
    assert_int_equal(rows, 1);
}

static void passwords_are_checked(void **state) {
    (void)state;
    char secret[SX_SECRET];
    web_add_account("ada", SX_ROLE_READER, true);
    web_session("ada", secret);
    web_expect(web_call(web_port, "POST", "/api/password", web_session_headers(secret),
                        "{\"old\": \"" TEST_PASSWORD "\", \"new\": \"too short\"}"),
               400, "12 to 256 characters");
    web_expect(web_call(web_port, "POST", "/api/password", web_session_headers(secret),
                        "{\"old\": \"wrong\", \"new\": \"long enough, really\"}"),
               403, "old password is wrong");
    web_expect(web_call(web_port, "POST", "/api/password", web_session_headers(secret),
                        "{\"old\": 7, \"new\": \"long enough, really\"}"),
               400, "old is missing or is not a string");
    web_add_account("proxied", SX_ROLE_READER, false);
    web_session("proxied", secret);
    web_expect(web_call(web_port, "POST", "/api/password", web_session_headers(secret),
                        "{\"old\": \"\", \"new\": \"long enough, really\"}"),
               403, "has no password here");
    web_answer a = web_sign_in(NULL, "proxied", "");
    assert_int_equal(a.status, 401);
    web_free(&a);
}

/* ---- attempts ---- */

static void failures_make_the_next_wait(void **state) {
    (void)state;
    static const char *const logins[] = { "ada", "unknown" };
    web_add_account("ada", SX_ROLE_READER, true);
    for (int who = 0; who < 2; who++) {
        for (int i = 0; i < 5; i++)
            web_expect(web_sign_in(NULL, logins[who], "wrong"), 401, "login or password is wrong");
        web_answer a = web_sign_in(NULL, logins[who], "wrong");
        assert_int_equal(a.status, 429);
        assert_string_equal(web_header(&a, "Retry-After"), "5");
        web_free(&a);
    }
    /* the right password waits, too, but not from elsewhere */
    web_expect(web_sign_in(NULL, "ada", TEST_PASSWORD), 429, "try again in 5 seconds");
    web_expect(web_sign_in("127.0.0.9", "ada", TEST_PASSWORD), 200, "ada");
    web_clock += 5000;
    web_expect(web_sign_in(NULL, "unknown", "wrong"), 401, "wrong");
    web_expect(web_sign_in(NULL, "unknown", "wrong"), 429, "Retry-After: 10\r\n");
    web_expect(web_sign_in(NULL, "ada", TEST_PASSWORD), 200, "ada");
    /* and all is forgotten */
    web_expect(web_sign_in(NULL, "ada", "wrong"), 401, "wrong");
}

enum { SIGNERS = 12 };

static void *sign_in_once(void *user) {
    char from[20];
    const int i = *(const int *)user;
    snprintf(from, sizeof from, "127.0.1.%d", i + 1);
    web_answer a = web_sign_in(from, "ada", TEST_PASSWORD);
    const intptr_t status = a.status;
    web_free(&a);
    return (void *)status;
}

/* Two passwords at once, a few wait, the rest is told to come back. */
static void people_sign_in_at_the_same_time(void **state) {
    (void)state;
    pthread_t threads[SIGNERS];
    int numbers[SIGNERS], right = 0;
    web_add_account("ada", SX_ROLE_READER, true);
    for (int i = 0; i < SIGNERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, sign_in_once, &numbers[i]), 0);
    }
    for (int i = 0; i < SIGNERS; i++) {
        void *status;
        pthread_join(threads[i], &status);
        right += status == (void *)200;
        if (status != (void *)200 && status != (void *)503) fail_msg("%p", status);
    }
    assert_true(right >= 2);
    web_expect(web_sign_in(NULL, "ada", TEST_PASSWORD), 200, "ada");
}

static bool collect_audit(void *user, const sx_audit_entry *e, sx_error *err) {
    (void)err;
    sx_str_printf(user, "%s|%s|%s|%s\n", e->who, e->address, e->action, e->object);
    return true;
}

static void the_audit_log_says_who_did_what(void **state) {
    (void)state;
    char secret[SX_SECRET];
    sx_error err = { 0 };
    sx_str text = { 0 };
    web_add_account("ada", SX_ROLE_ADMIN, true);
    web_answer a = web_sign_in("127.0.0.7", "ada", TEST_PASSWORD);
    take_cookie(&a, secret);
    web_free(&a);
    web_expect(web_sign_in(NULL, "ada", "wrong"), 401, "");
    web_expect(web_sign_in(NULL, "somebody's password", "wrong"), 401, "");
    web_expect(web_call(web_port, "GET", "/api/audit?most=2", web_session_headers(secret), NULL),
               200, "\"action\":\"sign in failed\"");
    web_expect(web_call(web_port, "GET", "/api/audit?most=0", web_session_headers(secret), NULL),
               400, "most must be a whole number from 1 to 1000");
    assert_int_equal(
        web_status(web_port, "DELETE", "/api/session", web_session_headers(secret), NULL), 204);
    CHECK_OK(sx_audit_list(web_db, INT64_MAX, 100, collect_audit, &text, &err), err);
    assert_string_equal(sx_str_text(&text), "ada|127.0.0.1|sign out|ada\n"
                                            "|127.0.0.1|sign in failed|\n"
                                            "|127.0.0.1|sign in failed|ada\n"
                                            "ada|127.0.0.7|sign in|ada\n");
    sx_str_free(&text);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, web_setup, web_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(people_sign_in_and_out),          SERVED(sessions_end_when_idle_or_revoked),
        SERVED(passwords_are_checked),           SERVED(failures_make_the_next_wait),
        SERVED(people_sign_in_at_the_same_time), SERVED(the_audit_log_says_who_did_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
