/* What the web server reads from a request: targets, headers, routes. */
#include <stdio.h>
#include <string.h>

#include "service/web/header_text.h"
#include "service/web/routes.h"
#include "service/web/uri.h"
#include "support/check.h"

/* ---- targets ---- */

static void targets_are_split_and_decoded(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_uri u;
    CHECK_OK(sx_uri_parse(&u, "/a/b%20c/%C3%A9+?x=1&y&z=%26%3D+%2B&&x=2", &err), err);
    assert_int_equal(u.segment_count, 3);
    assert_string_equal(u.segments[0], "a");
    assert_string_equal(u.segments[1], "b c");
    assert_string_equal(u.segments[2], "\xC3\xA9+");
    size_t from = 0;
    assert_string_equal(sx_uri_query(&u, "x", &from), "1");
    assert_string_equal(sx_uri_query(&u, "x", &from), "2");
    assert_null(sx_uri_query(&u, "x", &from));
    from = 0;
    assert_string_equal(sx_uri_query(&u, "y", &from), "");
    from = 0;
    assert_string_equal(sx_uri_query(&u, "z", &from), "&= +");
    sx_uri_free(&u);
    CHECK_OK(sx_uri_parse(&u, "/", &err), err);
    assert_int_equal(u.segment_count, 0);
    sx_uri_free(&u);
    CHECK_OK(sx_uri_parse(&u, "/a/", &err), err);
    assert_int_equal(u.segment_count, 2);
    assert_string_equal(u.segments[1], "");
    sx_uri_free(&u);
}

static void bad_targets_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *target, *message;
    } cases[] = {
        { "", "begin with a slash" },
        { "*", "begin with a slash" },
        { "http://localhost/", "begin with a slash" },
        { "/..", "is . or .. or has a slash" },
        { "/a/../b", "is . or .. or has a slash" },
        { "/a/%2e%2E/b", "is . or .. or has a slash" },
        { "/a/./b", "is . or .. or has a slash" },
        { "/a%2Fb", "is . or .. or has a slash" },
        { "/a%5Cb", "is . or .. or has a slash" },
        { "/a\\b", "percent-encoded" },
        { "/a#b", "percent-encoded" },
        { "/a b", "percent-encoded" },
        { "/\xC3\xA9", "percent-encoded" },
        { "/%", "two hexadecimal digits" },
        { "/%2", "two hexadecimal digits" },
        { "/%g0", "two hexadecimal digits" },
        { "/a?b=%4", "two hexadecimal digits" },
        { "/a%00b", "control character" },
        { "/a?b=%0a", "control character" },
        { "/%FF", "not UTF-8" },
        { "/%C0%AF", "not UTF-8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_uri u;
        if (sx_uri_parse(&u, cases[i].target, &err)) fail_msg("accepted: %s", cases[i].target);
        check_error(&err, SX_ERR_FORMAT, cases[i].message);
        sx_uri_free(&u);
    }
}

static void targets_have_limits(void **state) {
    (void)state;
    static const struct {
        const char *begin, *part;
        int most;
    } cases[] = { { "", "/a", SX_URI_SEGMENTS },
                  { "/?", "a&", SX_URI_QUERIES },
                  { "/", "a", SX_URI_BYTES - 2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int more = 0; more < 2; more++) {
            char text[SX_URI_BYTES + 8];
            sx_error err = { 0 };
            sx_uri u;
            size_t n = (size_t)snprintf(text, sizeof text, "%s", cases[i].begin);
            for (int k = 0; k < cases[i].most + more; k++)
                n += (size_t)snprintf(text + n, sizeof text - n, "%s", cases[i].part);
            const bool ok = sx_uri_parse(&u, text, &err);
            assert_int_equal(ok, !more);
            if (!ok) assert_int_equal(err.code, SX_ERR_LIMIT);
            sx_uri_free(&u);
        }
    }
}

/* ---- headers ---- */

static void cookies_are_found(void **state) {
    (void)state;
    char value[8];
    assert_true(sx_header_cookie("a=1", "a", value, sizeof value));
    assert_string_equal(value, "1");
    assert_true(sx_header_cookie("b=2; a=1;c=3", "a", value, sizeof value));
    assert_true(sx_header_cookie("xa=2; a=1", "a", value, sizeof value));
    assert_string_equal(value, "1");
    assert_true(sx_header_cookie("a=", "a", value, sizeof value));
    assert_string_equal(value, "");
    assert_false(sx_header_cookie(NULL, "a", value, sizeof value));
    assert_false(sx_header_cookie("", "a", value, sizeof value));
    assert_false(sx_header_cookie("a", "a", value, sizeof value));
    assert_false(sx_header_cookie("a=1; a=2", "a", value, sizeof value));
    assert_false(sx_header_cookie("a=12345678", "a", value, sizeof value));
}

static void bearer_tokens_are_found(void **state) {
    (void)state;
    char value[8];
    assert_true(sx_header_bearer("Bearer a-_.~+/", value, sizeof value));
    assert_string_equal(value, "a-_.~+/");
    assert_true(sx_header_bearer("bearer  x ", value, sizeof value));
    assert_string_equal(value, "x");
    assert_false(sx_header_bearer(NULL, value, sizeof value));
    assert_false(sx_header_bearer("Bearer", value, sizeof value));
    assert_false(sx_header_bearer("Bearer ", value, sizeof value));
    assert_false(sx_header_bearer("Basic abc", value, sizeof value));
    assert_false(sx_header_bearer("Bearer a b", value, sizeof value));
    assert_false(sx_header_bearer("Bearer 12345678", value, sizeof value));
}

static void hosts_are_checked(void **state) {
    (void)state;
    static const char *const names[] = { "spine.hospital" };
    static const struct {
        const char *host;
        bool allowed;
    } cases[] = {
        { "localhost", true },
        { "LOCALHOST:8080", true },
        { "127.0.0.1:1", true },
        { "10.1.2.3", true },
        { "spine.hospital:443", true },
        { "Spine.Hospital", true },
        { NULL, false },
        { "", false },
        { ":80", false },
        { "evil.example", false },
        { "spine.hospital.evil.example", false },
        { "localhost.", false },
        { "localhost:", false },
        { "localhost:x", false },
        { "localhost:70000", false },
        { "localhost:80:80", false },
        { "127.0.0.1.evil.example", false },
        { "[::1]", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (sx_header_host_allowed(cases[i].host, names, 1) != cases[i].allowed)
            fail_msg("%s", cases[i].host ? cases[i].host : "(none)");
}

static void origins_types_tags_and_addresses_are_compared(void **state) {
    (void)state;
    char address[20];
    assert_true(sx_header_same_origin("https://a:1", "https", "a:1"));
    assert_true(sx_header_same_origin("https://A", "https", "a"));
    assert_false(sx_header_same_origin("http://a", "https", "a"));
    assert_false(sx_header_same_origin("https://a.b", "https", "a"));
    assert_false(sx_header_same_origin("https://a:2", "https", "a:1"));
    assert_false(sx_header_same_origin("null", "https", "a"));
    assert_false(sx_header_same_origin(NULL, "https", "a"));
    assert_false(sx_header_same_origin("https://a", "https", NULL));
    assert_true(sx_header_is_type("application/json", "application/json"));
    assert_true(sx_header_is_type("Application/JSON ; charset=utf-8", "application/json"));
    assert_false(sx_header_is_type("application/json5", "application/json"));
    assert_false(sx_header_is_type("text/plain; application/json", "application/json"));
    assert_false(sx_header_is_type(NULL, "application/json"));
    assert_true(sx_header_matches_tag("\"a\", W/\"b\"", "\"b\""));
    assert_true(sx_header_matches_tag("*", "\"b\""));
    assert_false(sx_header_matches_tag("\"bb\"", "\"b\""));
    assert_false(sx_header_matches_tag(NULL, "\"b\""));
    assert_true(sx_header_forwarded("10.0.0.1, 10.0.0.2 ", address, sizeof address));
    assert_string_equal(address, "10.0.0.2");
    assert_true(sx_header_forwarded("fe80::1", address, sizeof address));
    assert_false(sx_header_forwarded("10.0.0.1, unknown", address, sizeof address));
    assert_false(sx_header_forwarded("", address, sizeof address));
    assert_false(sx_header_forwarded(NULL, address, sizeof address));
}

/* ---- routes ---- */

static bool nothing(struct sx_web_request *r, struct sx_web_reply *reply, sx_error *err) {
    (void)r;
    (void)reply;
    (void)err;
    return true;
}

#define GET_ROUTE(path)                                                                            \
    { "GET", path, SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, nothing }

static const sx_web_route some[] = {
    GET_ROUTE("/"),
    GET_ROUTE("/jobs"),
    GET_ROUTE("/jobs/next"),
    GET_ROUTE("/jobs/{id}"),
    { "PUT", "/jobs/{id}", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, 10, nothing },
    { .method = NULL },
};
static const sx_web_route others[] = {
    GET_ROUTE("/studies/{study}/series/{series}"),
    { .method = NULL },
};
static const sx_web_route *const tables[] = { some, others, NULL };

static sx_route_match find(const char *method, const char *target, sx_uri *u) {
    sx_error err = { 0 };
    sx_route_match m;
    CHECK_OK(sx_uri_parse(u, target, &err), err);
    sx_route_find(tables, u, method, &m);
    return m;
}

static void routes_are_found(void **state) {
    (void)state;
    static const struct {
        const char *method, *target, *path; /* NULL: none */
        bool method_fits;
    } cases[] = {
        { "GET", "/", "/", true },
        { "GET", "/jobs", "/jobs", true },
        { "HEAD", "/jobs?x=1", "/jobs", true },
        { "GET", "/jobs/next", "/jobs/next", true },
        { "GET", "/jobs/7", "/jobs/{id}", true },
        { "PUT", "/jobs/7", "/jobs/{id}", true },
        { "PUT", "/jobs/next", "/jobs/next", false },
        { "DELETE", "/jobs/7", "/jobs/{id}", false },
        { "GET", "/studies/1.2/series/3.4", "/studies/{study}/series/{series}", true },
        { "GET", "/studies/1.2/series", NULL, false },
        { "GET", "/studies/1.2/series/3/4", NULL, false },
        { "GET", "/jobs/", NULL, false },
        { "GET", "/jobs//", NULL, false },
        { "GET", "//jobs", NULL, false },
        { "GET", "/Jobs", NULL, false },
        { "GET", "/jobsx", NULL, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_uri u;
        const sx_route_match m = find(cases[i].method, cases[i].target, &u);
        const char *path = m.first ? m.first->path : NULL;
        if (!path != !cases[i].path || (path && strcmp(path, cases[i].path) != 0) ||
            !m.route == cases[i].method_fits)
            fail_msg("%s %s: %s", cases[i].method, cases[i].target, path ? path : "none");
        sx_uri_free(&u);
    }
}

static void routes_give_parameters_and_methods(void **state) {
    (void)state;
    sx_uri u;
    sx_str text = { 0 };
    sx_route_match m = find("GET", "/studies/1%202/series/3.4", &u);
    assert_int_equal(m.parameter_count, 2);
    assert_string_equal(m.parameters[0].name, "study");
    assert_string_equal(m.parameters[0].value, "1 2");
    assert_string_equal(m.parameters[1].value, "3.4");
    sx_uri_free(&u);
    m = find("POST", "/jobs/7", &u);
    assert_int_equal(m.roles, SX_ROLES_NODE);
    sx_route_methods(tables, &m, SX_ROLE_ADMIN, &text);
    assert_string_equal(text.data, "GET, HEAD, PUT");
    sx_str_free(&text);
    sx_route_methods(tables, &m, SX_ROLE_PHYSICIAN, &text);
    assert_string_equal(text.data, "GET, HEAD");
    sx_str_free(&text);
    sx_uri_free(&u);
}

static void faulty_tables_are_refused(void **state) {
    (void)state;
    static const struct {
        sx_web_route row;
        const char *message;
    } cases[] = {
        { { "PATCH", "/a", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing }, "no method" },
        { { "GET", "a", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing }, "no valid path" },
        { { "GET", "/a/", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing }, "no valid path" },
        { { "GET", "/a", 1, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, nothing }, "is open and has roles" },
        { { "GET", "/a", 0, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, nothing }, "needs roles" },
        { { "GET", "/a", SX_ROLE_DEVICE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, nothing },
          "needs roles of people" },
        { { "GET", "/a", SX_ROLE_ADMIN, SX_WEB_TOKEN, SX_WEB_NO_BODY, 0, nothing },
          "for devices alone" },
        { { "POST", "/a", 0, SX_WEB_OPEN, SX_WEB_JSON, 0, nothing }, "limit of its body" },
        { { "POST", "/a", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 1, nothing }, "limit of its body" },
        { { "POST", "/a", 0, SX_WEB_OPEN, SX_WEB_JSON, 1 << 30, nothing }, "too much JSON" },
        { { "POST", "/a", 0, SX_WEB_OPEN, SX_WEB_FILE, 9, nothing }, "files from anyone" },
        { { "GET", "/a", 0, SX_WEB_OPEN, SX_WEB_JSON, 9, nothing }, "takes a body" },
        { { "GET", "/a", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, NULL }, "has no handler" },
        { { "GET", "/jobs/{other}", 1, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, nothing },
          "is hidden by GET /jobs/{id}" },
        { { "POST", "/jobs", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_FILE, 9, nothing },
          "for programs or people" },
    };
    sx_error err = { 0 };
    CHECK_OK(sx_routes_check(tables, &err), err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sx_web_route added[] = { cases[i].row, { .method = NULL } };
        const sx_web_route *const with[] = { some, added, NULL };
        CHECK_FAILS(sx_routes_check(with, &err), err, SX_ERR_USAGE, cases[i].message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_split_and_decoded),
        cmocka_unit_test(bad_targets_are_refused),
        cmocka_unit_test(targets_have_limits),
        cmocka_unit_test(cookies_are_found),
        cmocka_unit_test(bearer_tokens_are_found),
        cmocka_unit_test(hosts_are_checked),
        cmocka_unit_test(origins_types_tags_and_addresses_are_compared),
        cmocka_unit_test(routes_are_found),
        cmocka_unit_test(routes_give_parameters_and_methods),
        cmocka_unit_test(faulty_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
