/* The routes of administrators: accounts, tokens, jobs. On SQLite, and on the PostgreSQL server
 * that STORE names. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "service/store/jobs.h"
#include "service/web_client.h"
#include "service/worklist_fixture.h"
#include "support/check.h"

static const sx_web_route *const tables[] = { sx_session_routes,  sx_account_routes,
                                              sx_worklist_routes, sx_job_routes,
                                              sx_verdict_routes,  NULL };

static int start_server(void **state) {
    (void)state;
    worklist_start(tables);
    return 0;
}

static void expect(const char *method, const char *target, const char *headers, const char *body,
                   int status, const char *text) {
    web_answer a = web_call(web_port, method, target, headers, body);
    if (a.status != status || !strstr(a.text, text))
        fail_msg("%s %s: %s\nnot %d, %s", method, target, a.text, status, text);
    web_free(&a);
}

/* ---- accounts ---- */

static void accounts_are_added_and_changed(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    expect("POST", "/api/accounts", headers,
           "{\"login\":\"Bob\",\"name\":\"B\",\"role\":\"reader\",\"password\":\"" TEST_PASSWORD
           "\"}",
           200,
           "{\"login\":\"bob\",\"name\":\"B\",\"role\":\"reader\",\"active\":true,"
           "\"password\":true,\"made\":1790000000000}");
    web_answer signed_in = web_sign_in(NULL, "bob", TEST_PASSWORD);
    assert_int_equal(signed_in.status, 200);
    web_free(&signed_in);
    expect("PUT", "/api/accounts/bob", headers, "{\"name\":\"Bob B.\",\"active\":null}", 200,
           "\"name\":\"Bob B.\",\"role\":\"reader\",\"active\":true");
    expect("PUT", "/api/accounts/bob", headers, "{\"role\":\"physician\"}", 200, "physician");
    expect("PUT", "/api/accounts/BOB", headers, "{\"active\":false}", 200, "\"active\":false");
    signed_in = web_sign_in(NULL, "bob", TEST_PASSWORD);
    assert_int_equal(signed_in.status, 401);
    web_free(&signed_in);
    expect("PUT", "/api/accounts/bob", headers, "{\"active\":true}", 200, "\"active\":true");
    assert_int_equal(web_status(web_port, "POST", "/api/accounts/bob/password", headers,
                                "{\"password\":\"the second password\"}"),
                     204);
    signed_in = web_sign_in(NULL, "bob", "the second password");
    assert_int_equal(signed_in.status, 200);
    web_free(&signed_in);
    web_answer a = web_call(web_port, "GET", "/api/accounts", headers, NULL);
    assert_non_null(strstr(a.body, "\"login\":\"ada\""));
    assert_null(strstr(a.body, "argon2")); /* nothing of a hash */
    web_free(&a);
    expect("GET", "/api/audit", headers, NULL, 200,
           "\"action\":\"user password\",\"object\":\"bob");
    expect("GET", "/api/audit", headers, NULL, 200,
           "\"action\":\"user role\",\"object\":\"bob\","
           "\"detail\":\"physician\"");
}

static void a_change_of_role_ends_the_session(void **state) {
    (void)state;
    char hers[SX_SECRET];
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    char admin[600];
    snprintf(admin, sizeof admin, "%s", headers);
    web_add_account("eve", SX_ROLE_PHYSICIAN, false);
    char eve[600];
    snprintf(eve, sizeof eve, "%s", web_session("eve", hers));
    assert_int_equal(web_status(web_port, "GET", "/api/studies", eve, NULL), 200);
    expect("PUT", "/api/accounts/eve", admin, "{\"name\":\"Eve E.\"}", 200, "Eve E.");
    assert_int_equal(web_status(web_port, "GET", "/api/studies", eve, NULL), 200);
    expect("PUT", "/api/accounts/eve", admin, "{\"role\":\"reader\"}", 200, "reader");
    assert_int_equal(web_status(web_port, "GET", "/api/studies", eve, NULL), 401);
}

static void the_last_administrator_stays(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    expect("PUT", "/api/accounts/ada", headers, "{\"active\":false}", 409, "last administrator");
    expect("PUT", "/api/accounts/ada", headers, "{\"role\":\"reader\"}", 409, "last administrator");
    expect("PUT", "/api/accounts/ada", headers, "{\"name\":\"A\",\"role\":\"reader\"}", 409,
           "last administrator");
    /* nothing of it was kept */
    expect("GET", "/api/accounts", headers, NULL, 200,
           "\"name\":\"Dr. ada\",\"role\":\"admin\",\"active\":true");
    web_add_account("bob", SX_ROLE_ADMIN, false);
    expect("PUT", "/api/accounts/bob", headers, "{\"active\":false}", 200, "\"active\":false");
    /* one that is disabled does not count */
    expect("PUT", "/api/accounts/ada", headers, "{\"role\":\"reader\"}", 409, "last administrator");
    expect("PUT", "/api/accounts/bob", headers, "{\"active\":true}", 200, "\"active\":true");
    expect("PUT", "/api/accounts/ada", headers, "{\"role\":\"reader\"}", 200, "reader");
}

static void wrong_accounts_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *method, *target, *body;
        int status;
        const char *text;
    } cases[] = {
        { "POST", "/api/accounts", "{}", 400, "login" },
        { "POST", "/api/accounts", "{\"login\":1,\"name\":\"n\",\"role\":\"reader\"}", 400,
          "login" },
        { "POST", "/api/accounts", "{\"login\":\"a b\",\"name\":\"n\",\"role\":\"reader\"}", 400,
          "a login has" },
        { "POST", "/api/accounts", "{\"login\":\"x' OR '1'='1\",\"name\":\"n\",\"role\":\"admin\"}",
          400, "a login has" },
        { "POST", "/api/accounts", "{\"login\":\"zoe\",\"name\":\"\",\"role\":\"reader\"}", 400,
          "name" },
        { "POST", "/api/accounts",
          "{\"login\":\"zoe\",\"name\":\"\\u00ad\\u3000\",\"role\":\"reader\"}", 400,
          "the name of a person has nothing but blanks" },
        { "POST", "/api/accounts", "{\"login\":\"zoe\",\"name\":\"n\",\"role\":\"device\"}", 400,
          "role" },
        { "POST", "/api/accounts",
          "{\"login\":\"zoe\",\"name\":\"n\",\"role\":\"reader\",\"password\":\"short\"}", 400,
          "password" },
        { "POST", "/api/accounts",
          "{\"login\":\"zoe\",\"name\":\"n\",\"role\":\"reader\",\"password\":7}", 400,
          "password" },
        { "POST", "/api/accounts", "{\"login\":\"ada\",\"name\":\"n\",\"role\":\"reader\"}", 409,
          "there is such an account" },
        { "PUT", "/api/accounts/nobody", "{\"active\":false}", 404, "no such account" },
        { "PUT", "/api/accounts/%27%20OR%201=1--", "{\"active\":false}", 404, "no such account" },
        { "PUT", "/api/accounts/ada", "{\"active\":\"no\"}", 400, "active must be" },
        { "PUT", "/api/accounts/ada", "{\"role\":\"king\"}", 400, "role" },
        { "PUT", "/api/accounts/ada", "[]", 400, "" },
        { "POST", "/api/accounts/nobody/password", "{\"password\":\"long enough it is\"}", 404,
          "no such account" },
        { "POST", "/api/accounts/ada/password", "{\"password\":\"long enough it is\"}", 403,
          "own" },
        { "POST", "/api/tokens", "{\"name\":\"\"}", 400, "" },
        { "POST", "/api/tokens", "{\"name\":\"a\\nb\"}", 400, "" },
        { "POST", "/api/tokens/revoke", "{\"name\":\"nothing\"}", 404, "no valid token" },
    };
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(cases[i].method, cases[i].target, headers, cases[i].body, cases[i].status,
               cases[i].text);
    char longest[6000];
    snprintf(longest, sizeof longest, "{\"login\":\"zoe\",\"role\":\"reader\",\"name\":\"%0300d\"}",
             0);
    expect("POST", "/api/accounts", headers, longest, 400, "name");
    snprintf(longest, sizeof longest,
             "{\"login\":\"zoe\",\"role\":\"reader\",\"name\":\"%05000d\"}", 0);
    assert_int_equal(web_status(web_port, "POST", "/api/accounts", headers, longest), 413);
    expect("GET", "/api/accounts", headers, NULL, 200,
           "{\"accounts\":[{\"login\":\"ada\",\"name\":\"Dr. ada\",\"role\":\"admin\",\"active\":"
           "true,\"password\":false,\"made\":1790000000000}]}");
}

/* ---- tokens ---- */

static void a_token_is_shown_once(void **state) {
    (void)state;
    char text[100];
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    web_answer a = web_call(web_port, "POST", "/api/tokens", headers, "{\"name\":\"archive\"}");
    assert_int_equal(a.status, 200);
    snprintf(text, sizeof text, "%s", web_text(&a, "token"));
    assert_memory_equal(text, "sxt_", 4);
    web_free(&a);
    expect("POST", "/api/tokens", headers, "{\"name\":\"archive\"}", 409, "archive");
    a = web_call(web_port, "GET", "/api/tokens", headers, NULL);
    assert_null(strstr(a.body, text));
    assert_non_null(strstr(a.body, "{\"name\":\"archive\",\"kind\":\"bearer\","
                                   "\"made\":1790000000000,\"used\":null,\"revoked\":null}"));
    web_free(&a);
    assert_int_equal(
        web_status(web_port, "POST", "/api/tokens/revoke", headers, "{\"name\":\"archive\"}"), 204);
    expect("GET", "/api/tokens", headers, NULL, 200, "\"revoked\":1790000000000");
    expect("POST", "/api/tokens/revoke", headers, "{\"name\":\"archive\"}", 404, "no valid token");
    a = web_call(web_port, "GET", "/api/audit", headers, NULL);
    assert_null(strstr(a.body, text));
    assert_non_null(strstr(a.body, "token revoke"));
    web_free(&a);
}

/* ---- jobs ---- */

static void add_sent_study(void) {
    sx_error err = { 0 };
    worklist_add_film_of((sx_store_film){ .sop_uid = "1.2.3.1",
                                          .study_uid = "1.2.3",
                                          .received = 5,
                                          .accession = "A1",
                                          .study_date = "20261128" });
    worklist_add_output("1.2.3", "1.2.3.7", "sr3d", SX_DELIVERY_FAILED);
    CHECK_OK(sx_jobs_add(web_db, "predict", "1.2.3.1", "", 1, 1, &err) &&
                 sx_jobs_add(web_db, "build", "1.2.3", "", 1, 1, &err) &&
                 sx_jobs_add(web_db, "send", "1.2.3/1", "pacs", 1, 1, &err) &&
                 sx_jobs_add(web_db, "send", "1.2.33/1", "pacs", 1, 1, &err),
             err);
}

/* The ids are 1 (predict), 2 (build), 3 (send) and 4 (send of another study). */
static void bury_all(const char *kind) {
    sx_error err = { 0 };
    sx_job job;
    bool found = true, held;
    while (found) {
        CHECK_OK(sx_jobs_lease(web_db, kind, NULL, "me", web_clock, 100, &job, &found, &err), err);
        if (found) CHECK_OK(sx_jobs_bury(web_db, &job, "refused", &held, &err), err);
    }
}

/* The report in the class for archives that refuse the other one; this one refused both. */
static void add_refused_twin(void) {
    worklist_add_output("1.2.3", "1.2.3.8", "sr", SX_DELIVERY_FAILED);
}

static sx_delivery delivery(const char *sop_uid) {
    sx_delivery out;
    sx_error err = { 0 };
    CHECK_OK(sx_store_get_delivery(web_db, sop_uid, "pacs", &out, &err), err);
    return out;
}

/* The report is sent again. Its twin of the other class is sent only if the first is refused. */
static void expect_reopened(void) {
    assert_int_equal(delivery("1.2.3.7"), SX_DELIVERY_WAITING);
    assert_int_equal(delivery("1.2.3.8"), SX_DELIVERY_NONE);
}

static void jobs_are_listed_and_dropped(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    add_sent_study();
    bury_all("send");
    expect("GET", "/api/jobs?most=1", headers, NULL, 200, "{\"jobs\":[{\"id\":4,");
    expect("GET", "/api/jobs?before=4&most=1", headers, NULL, 200,
           "{\"jobs\":[{\"id\":3,\"kind\":\"send\",\"key\":\"1.2.3/1\",\"study_uid\":\"1.2.3\","
           "\"destination\":\"pacs\",\"state\":\"dead\",\"attempts\":1");
    expect("GET", "/api/jobs?state=ready", headers, NULL, 200, "{\"jobs\":[{\"id\":2,");
    expect("GET", "/api/jobs/1", headers, NULL, 200, "\"key\":\"1.2.3.1\",\"study_uid\":\"1.2.3\"");
    expect("GET", "/api/jobs?state=done", headers, NULL, 200, "{\"jobs\":[]}");
    expect("GET", "/api/jobs?state=ill", headers, NULL, 400, "state");
    expect("GET", "/api/jobs?state=%27%20OR%201=1", headers, NULL, 400, "state");
    expect("GET", "/api/jobs?most=1001", headers, NULL, 400, "most");
    expect("GET", "/api/jobs/99", headers, NULL, 404, "no such job");
    static const char *const none[] = { "0", "-1", "x", "1x", "99999999999999999999", "%31%20" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char target[60];
        snprintf(target, sizeof target, "/api/jobs/%s", none[i]);
        expect("GET", target, headers, NULL, 404, "no such job");
        snprintf(target, sizeof target, "/api/jobs/%s/drop", none[i]);
        expect("POST", target, headers, NULL, 404, "no such job");
    }
    expect("POST", "/api/jobs/1/drop", headers, NULL, 409, "the job is ready; only a dead job");
    assert_int_equal(web_status(web_port, "POST", "/api/jobs/4/drop", headers, NULL), 204);
    expect("GET", "/api/jobs/4", headers, NULL, 200, "\"state\":\"dropped\"");
    expect("GET", "/api/audit", headers, NULL, 200, "\"action\":\"job drop\",\"object\":\"4\"");
    expect("GET", "/api/jobs?state=open&most=1", headers, NULL, 200, "{\"jobs\":[{\"id\":3,");
    assert_int_equal(worklist_woken, 0);
}

/* What the destination refused for good is sent again: its state says so, or the job would find
 * nothing to send. */
static void a_retry_sends_what_was_refused(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    add_sent_study();
    add_refused_twin();
    expect("POST", "/api/jobs/3/retry", headers, NULL, 409, "the job is ready");
    bury_all("send");
    assert_int_equal(web_status(web_port, "POST", "/api/jobs/3/retry", headers, NULL), 204);
    expect_reopened();
    assert_int_equal(worklist_woken, 1);
}

static void a_physician_retries_the_deliveries_of_a_study(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("eva", SX_ROLE_PHYSICIAN);
    add_sent_study();
    add_refused_twin();
    expect("POST", "/api/studies/1.2.3/retry", headers, NULL, 409, "no delivery");
    bury_all("send");
    bury_all("predict");
    expect("POST", "/api/studies/1.2.3/retry", headers, NULL, 200, "{\"jobs\":1}");
    expect_reopened();
    assert_int_equal(worklist_woken, 1);
    expect("POST", "/api/studies/1.2.9/retry", headers, NULL, 404, "no such study");
    expect("POST", "/api/studies/%25/retry", headers, NULL, 404, "no such study");
    headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    /* neither the other study nor the dead film */
    expect("GET", "/api/jobs?state=dead", headers, NULL, 200, "\"key\":\"1.2.33/1\"");
    expect("GET", "/api/jobs/1", headers, NULL, 200, "\"state\":\"dead\"");
    expect("GET", "/api/audit", headers, NULL, 200,
           "\"action\":\"study retry\",\"object\":\"1.2.3");
}

static void versions_show_their_deliveries(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("eva", SX_ROLE_PHYSICIAN);
    add_sent_study();
    expect("GET", "/api/studies/1.2.3/versions", headers, NULL, 200,
           "{\"versions\":[{\"revision\":1,\"made\":50,\"weights\":\"w\","
           "\"configuration\":\"c0ffee\",\"objects\":[{\"sop_uid\":\"1.2.3.7\","
           "\"kind\":\"sr3d\",\"made\":50,\"bytes\":2}],\"deliveries\":[{\"job\":3,"
           "\"kind\":\"send\",\"destination\":\"pacs\",\"state\":\"ready\",\"attempts\":0,"
           "\"made\":1,\"not_before\":1,\"error\":\"\",\"waiting\":0,\"sent\":0,"
           "\"committed\":0,\"failed\":1,\"at\":60}]}]}");
    bury_all("send");
    expect("GET", "/api/studies/1.2.3/versions", headers, NULL, 200,
           "\"state\":\"dead\",\"attempts\":1,\"made\":1,\"not_before\":1,"
           "\"error\":\"refused\"");
    expect("GET", "/api/studies/1.2.33/versions", headers, NULL, 404, "no such study");
}

static void a_study_has_its_accession_number(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("eva", SX_ROLE_PHYSICIAN);
    add_sent_study();
    expect("GET", "/api/studies", headers, NULL, 200,
           "\"accession\":\"A1\",\"study_date\":\"20261128\"");
    expect("GET", "/api/studies/1.2.3", headers, NULL, 200,
           "\"accession\":\"A1\",\"study_date\":\"20261128\"");
}

/* ---- who may ---- */

/* Each row of the tables, each role: 404 exactly where the row does not name the role. */
static void roles_are_those_of_the_tables(void **state) {
    (void)state;
    static const sx_role roles[] = { SX_ROLE_ADMIN, SX_ROLE_MANAGER, SX_ROLE_PHYSICIAN,
                                     SX_ROLE_ADJUDICATOR, SX_ROLE_READER };
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        char headers[600];
        snprintf(headers, sizeof headers, "%s", worklist_sign_in(sx_role_name(roles[i]), roles[i]));
        for (const sx_web_route *const *t = tables; *t; t++)
            for (const sx_web_route *r = *t; r->method; r++) {
                if (!r->roles || strstr(r->path, "session")) continue;
                const char *body = r->body == SX_WEB_JSON ? "{}" : NULL;
                web_answer a = web_call(web_port, r->method, r->path, headers, body);
                const bool hidden =
                    a.status == 404 && strstr(a.body, "there is nothing at this address");
                if (a.status == 0 || a.status >= 500 || hidden != !(r->roles & roles[i]))
                    fail_msg("%s %s as %s: %s", r->method, r->path, sx_role_name(roles[i]), a.text);
                web_free(&a);
                assert_int_equal(web_status(web_port, r->method, r->path, web_page_headers(), body),
                                 401);
            }
    }
}

/* A page of another site has the cookie sent, and nothing else. */
static void changes_need_the_header_of_the_session(void **state) {
    (void)state;
    char headers[400];
    (void)worklist_sign_in("ada", SX_ROLE_ADMIN);
    snprintf(headers, sizeof headers, "Cookie: spinexr-%d=%s\r\n%s", web_port, worklist_secret,
             web_page_headers());
    for (const sx_web_route *const *t = tables; *t; t++)
        for (const sx_web_route *r = *t; r->method; r++) {
            if (strcmp(r->method, "GET") == 0 || !(r->roles & SX_ROLE_ADMIN)) continue;
            const char *body = r->body == SX_WEB_JSON ? "{}" : NULL;
            assert_int_equal(web_status(web_port, r->method, r->path, headers, body), 403);
        }
}

int main(void) {
#define SERVED(name) cmocka_unit_test_setup_teardown(name, start_server, worklist_stop)
    const struct CMUnitTest tests[] = {
        SERVED(accounts_are_added_and_changed),
        SERVED(a_change_of_role_ends_the_session),
        SERVED(the_last_administrator_stays),
        SERVED(wrong_accounts_are_refused),
        SERVED(a_token_is_shown_once),
        SERVED(jobs_are_listed_and_dropped),
        SERVED(a_retry_sends_what_was_refused),
        SERVED(a_physician_retries_the_deliveries_of_a_study),
        SERVED(versions_show_their_deliveries),
        SERVED(a_study_has_its_accession_number),
        SERVED(roles_are_those_of_the_tables),
        SERVED(changes_need_the_header_of_the_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
