/* What the options of the web server change: origins that may call, files, proxies, health and
 * metrics, its start and end. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"

static void pages_of_named_origins_may_call(void **state) {
    (void)state;
    static const char *const origins[] = { "https://viewer.example" };
    static const char ask[] = "Access-Control-Request-Method: POST\r\n";
    char headers[300];
    web_stop();
    sx_web_options o = web_test_options();
    o.cors = (sx_settings_list){ (const char **)(uintptr_t)origins, 1 };
    web_start(&o);
    snprintf(headers, sizeof headers, "Origin: https://viewer.example\r\n%s", ask);
    web_answer a = web_call(web_port, "OPTIONS", "/dicom-web/studies", headers, NULL);
    assert_int_equal(a.status, 204);
    assert_string_equal(web_header(&a, "Access-Control-Allow-Origin"), "https://viewer.example");
    assert_string_equal(web_header(&a, "Access-Control-Allow-Methods"), "GET, HEAD, POST");
    assert_non_null(strstr(web_header(&a, "Access-Control-Allow-Headers"), "Authorization"));
    assert_null(web_header(&a, "Access-Control-Allow-Credentials"));
    web_free(&a);
    snprintf(headers, sizeof headers, "Origin: https://viewer.example\r\n%s", web_bearer("ohif"));
    a = web_call(web_port, "GET", "/dicom-web/studies", headers, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_header(&a, "Access-Control-Allow-Origin"), "https://viewer.example");
    assert_string_equal(web_header(&a, "Vary"), "Origin");
    web_free(&a);
    a = web_call(web_port, "OPTIONS", "/dicom-web/studies", "Origin: https://evil.example\r\n",
                 NULL);
    assert_int_equal(a.status, 403);
    assert_null(web_header(&a, "Access-Control-Allow-Origin"));
    web_free(&a);
    a = web_call(web_port, "GET", "/api/session", "Origin: https://viewer.example\r\n", NULL);
    assert_null(web_header(&a, "Access-Control-Allow-Origin"));
    web_free(&a);
}

static void files_of_the_program_are_sent(void **state) {
    (void)state;
    static const sx_web_asset assets[] = {
        { "/", "text/html; charset=utf-8", "<p>", 3 },
        { "/app.js", "text/javascript", "1;\n", 3 },
    };
    char tag[100], headers[200];
    web_stop();
    sx_web_options o = web_test_options();
    o.assets = assets;
    o.asset_count = 2;
    web_start(&o);
    web_answer a = web_call(web_port, "GET", "/app.js?v=1", "", NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(a.body, "1;\n");
    assert_string_equal(web_header(&a, "Content-Type"), "text/javascript");
    assert_string_equal(web_header(&a, "Cache-Control"), "no-cache");
    snprintf(tag, sizeof tag, "%s", web_header(&a, "ETag"));
    web_free(&a);
    snprintf(headers, sizeof headers, "If-None-Match: %s\r\n", tag);
    a = web_call(web_port, "GET", "/app.js", headers, NULL);
    assert_int_equal(a.status, 304);
    assert_int_equal(a.n, 0);
    web_free(&a);
    a = web_call(web_port, "HEAD", "/", "", NULL);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.n, 0);
    assert_string_equal(web_header(&a, "Content-Length"), "3");
    web_free(&a);
    web_expect(web_call(web_port, "POST", "/app.js", web_page_headers(), "{}"), 404, "error");
}

static void only_named_proxies_are_believed(void **state) {
    (void)state;
    static const char *const proxies[] = { "127.0.0.3" };
    static const char said[] = "X-Remote-User: Ada\r\nX-Forwarded-For: 6.6.6.6, 10.9.8.7\r\n";
    char headers[400], origin[80];
    web_stop();
    sx_web_options o = web_test_options();
    o.proxies = (sx_settings_list){ (const char **)(uintptr_t)proxies, 1 };
    o.user_header = "X-Remote-User";
    o.behind_proxy = true;
    web_start(&o);
    web_add_account("ada", SX_ROLE_ADMIN, false);
    web_answer a = web_call_from("127.0.0.3", web_port, "GET", "/node/jobs/1", said, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_text(&a, "who"), "ada");
    assert_string_equal(web_text(&a, "address"), "10.9.8.7");
    web_free(&a);
    web_expect(web_call_from("127.0.0.4", web_port, "GET", "/node/jobs/1", said, NULL), 401,
               "sign in");
    web_expect(
        web_call_from("127.0.0.3", web_port, "GET", "/node/jobs/1", "X-Remote-User: eve\r\n", NULL),
        403, "no account for the user");
    web_expect(web_call_from("127.0.0.3", web_port, "GET", "/node/jobs/1",
                             "X-Remote-User: eve\r\nX-Remote-User: ada\r\n", NULL),
               400, "X-Remote-User occurs twice");
    web_expect(web_call_from("127.0.0.3", web_port, "GET", "/node/jobs/1", "", NULL), 401,
               "sign in");
    /* an act still needs a page of the service; its origin has https, which the proxy has */
    snprintf(origin, sizeof origin, "Origin: https://localhost:%d\r\n", web_port);
    snprintf(headers, sizeof headers, "%s%sContent-Type: application/json\r\n", said, origin);
    web_expect(
        web_call_from("127.0.0.3", web_port, "POST", "/node/jobs/1", headers, "{\"say\":\"\"}"),
        403, "X-CSRF");
    snprintf(headers, sizeof headers, "%s%sContent-Type: application/json\r\nX-CSRF: proxy\r\n",
             said, origin);
    web_expect(
        web_call_from("127.0.0.3", web_port, "POST", "/node/jobs/1", headers, "{\"say\":\"\"}"),
        200, "ada");
    /* the page of somebody else, who was signed in before */
    snprintf(headers, sizeof headers,
             "%s%sContent-Type: application/json\r\nX-CSRF: proxy\r\nX-Login: eve\r\n", said,
             origin);
    web_expect(
        web_call_from("127.0.0.3", web_port, "POST", "/node/jobs/1", headers, "{\"say\":\"\"}"),
        403, "the page belongs to somebody who is not signed in");
}

static bool not_ready(void *user, sx_str *why) {
    (void)user;
    sx_str_add(why, "the disk is full");
    return false;
}

static bool give_metrics(void *user, sx_str *out, sx_error *err) {
    (void)err;
    sx_str_printf(out, "spinexr_films_total %d\n", *(const int *)user);
    return true;
}

static void health_and_metrics_are_shown(void **state) {
    (void)state;
    static int films = 7;
    sx_error err = { 0 };
    web_expect(web_call(web_port, "GET", "/healthz/live", "", NULL), 200, "\r\n\r\nlive\n");
    web_expect(web_call(web_port, "GET", "/healthz/ready", "", NULL), 200, "\r\n\r\nready\n");
    web_stop();
    sx_web_options o = web_test_options();
    o.ready = not_ready;
    web_start(&o);
    web_expect(web_call(web_port, "GET", "/healthz/live", "", NULL), 200, "live\n");
    web_expect(web_call(web_port, "GET", "/healthz/ready", "", NULL), 503, "the disk is full\n");
    sx_settings s;
    CHECK_OK(sx_settings_init(&s, &err), err);
    s.http.metrics_port = 0;
    o = sx_web_options_from(&s, true);
    static const sx_web_route *const routes[] = { sx_metrics_routes, NULL };
    o.routes = routes;
    o.metrics = give_metrics;
    o.user = &films;
    sx_web_server *metrics = sx_web_open(&o, &err);
    CHECK_OK(metrics != NULL, err);
    const int port = sx_web_port(metrics);
    web_expect(web_call(port, "GET", "/metrics", "", NULL), 200, "\r\n\r\nspinexr_films_total 7\n");
    assert_int_equal(
        web_raw_status(port, "GET /metrics HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n"),
        200);
    web_expect(web_call(port, "GET", "/open", "", NULL), 404, "error");
    sx_web_close(metrics);
    sx_settings_free(&s);
}

static void *call_slowly(void *unused) {
    (void)unused;
    return (void *)(intptr_t)web_status(web_port, "GET", "/open/slow", "", NULL);
}

static void a_closing_server_ends_what_it_began(void **state) {
    (void)state;
    pthread_t threads[6];
    int idle[3];
    for (int i = 0; i < 3; i++)
        idle[i] = web_connect(web_port, NULL);
    for (int i = 0; i < 6; i++) /* more than there are workers */
        assert_int_equal(pthread_create(&threads[i], NULL, call_slowly, NULL), 0);
    usleep(200000);
    sx_web_close(web_server);
    web_server = NULL;
    for (int i = 0; i < 6; i++) {
        void *status;
        pthread_join(threads[i], &status);
        assert_int_equal((intptr_t)status, 204);
    }
    for (int i = 0; i < 3; i++)
        assert_true(web_is_closed(idle[i], 1));
}

static void faulty_options_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_web_options o = web_test_options();
    o.store = check_tmp_path("none/store.sqlite");
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_IO, "none/store.sqlite");
    o.store = "";
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_USAGE, "needs a database");
    o = web_test_options();
    o.store = check_tmp_path("faulty.sqlite");
    o.port = web_port;
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_IO, "cannot listen there");
    o.port = 0;
    o.listen = "localhost";
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_USAGE, "without TLS");
    o.listen = "10.0.0.1";
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_USAGE, "without TLS");
    o.listen = "127.0.0.1";
    o.workers = 0;
    CHECK_FAILS(sx_web_open(&o, &err), err, SX_ERR_USAGE, "out of range");
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, web_setup, web_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(pages_of_named_origins_may_call),     SERVED(files_of_the_program_are_sent),
        SERVED(only_named_proxies_are_believed),     SERVED(health_and_metrics_are_shown),
        SERVED(a_closing_server_ends_what_it_began), SERVED(faulty_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
