/* The web server against clients that mean no good: slow, silent, malformed, too many. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/str.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"

static int start_server(void **state) {
    (void)state;
    sx_web_options o = web_test_options();
    o.request_seconds = 1;
    o.idle_seconds = 2;
    web_start(&o);
    return 0;
}

static void say(int socket, const char *text) {
    web_send(socket, text, strlen(text));
}

/* ---- malformed requests ---- */

static void wrong_requests_get_an_error(void **state) {
    (void)state;
    static const struct {
        const char *request;
        int status; /* 0: closed without an answer */
    } cases[] = {
        { "GET /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200 },
        { "GET /open HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421 },
        { "GET /open HTTP/1.1\r\nConnection: close\r\n\r\n", 400 },
        { "GET /open HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
          400 },
        { "GET /open HTTP/1.0\r\n\r\n", 200 },
        { "GET /open HTTP/1.0\r\nHost: evil.example\r\n\r\n", 421 },
        { "GET http://localhost/open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
          400 },
        { "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400 },
        { "CONNECT a:80 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 501 },
        { "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
          "Transfer-Encoding: chunked\r\n\r\n{}",
          400 },
        { "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
          "Content-Length: 3\r\nConnection: close\r\n\r\n{}",
          400 },
        { "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -2\r\n"
          "Connection: close\r\n\r\n{}",
          400 },
        { "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n"
          "Connection: close\r\n\r\n{}",
          413 },
        { "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n"
          "Connection: close\r\n\r\n{}",
          400 },
        { "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
          "Connection: close\r\n\r\nzz\r\n",
          400 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int got = web_raw_status(web_port, cases[i].request);
        if (got != cases[i].status)
            fail_msg("%d, not %d: %s", got, cases[i].status, cases[i].request);
    }
}

static void paths_lead_nowhere_else(void **state) {
    (void)state;
    static const struct {
        const char *target;
        int status;
    } cases[] = {
        { "/open/../open", 400 },
        { "/%2e%2e/%2e%2e/etc/passwd", 400 },
        { "/node/jobs/..", 400 },
        { "/node/jobs/%2e%2e%2fx", 400 },
        { "/node/jobs/a%2Fb", 400 },
        { "/node/jobs/a%5cb", 400 },
        { "/node/jobs/a%00b", 400 },
        { "/node/jobs/a%", 400 },
        { "/node/jobs/%C0%AE", 400 },
        { "//open", 404 },
        { "/open/", 404 },
        { "/OPEN", 404 },
        { "/open?x=%zz", 400 },
        { "/%6Fpen", 200 },
        { "/open%3Fq=1", 404 },
        { "/open;x=1", 404 },
        { "/node/jobs/%252e%252e", 401 }, /* "%2e%2e" is a name like any other */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int got = web_status(web_port, "GET", cases[i].target, "", NULL);
        if (got != cases[i].status)
            fail_msg("%s: %d, not %d", cases[i].target, got, cases[i].status);
    }
}

static void long_heads_are_refused(void **state) {
    (void)state;
    sx_str text = { 0 };
    sx_str_add(&text, "GET /open?q=");
    for (int i = 0; i < 9000; i++)
        sx_str_add(&text, "x");
    sx_str_add(&text, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_int_equal(web_raw_status(web_port, text.data), 414);
    sx_str_free(&text);
    sx_str_add(&text, "GET /open HTTP/1.1\r\nHost: localhost\r\n");
    for (int i = 0; i < 3000; i++)
        sx_str_printf(&text, "X-%d: xxxxxxxxxxxxxxxxxxxxx\r\n", i);
    sx_str_add(&text, "\r\n");
    const int status = web_raw_status(web_port, text.data);
    if (status != 431 && status != 413 && status != 0) fail_msg("%d", status);
    sx_str_free(&text);
}

static void nonsense_is_survived(void **state) {
    (void)state;
    static const char *const texts[] = {
        "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", /* TLS */
        "\x01\x00\x00\x00\x00\xCD\x00\x01",             /* DICOM */
        "\r\n\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /open\r\n\r\n",
        "GET /open HTTP/9.9\r\n\r\n",
        "SSH-2.0-x\r\n",
        "\xFF\xFF\xFF\xFF\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost localhost\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost: localhost\r\n folded: x\r\n\r\n",
        ": x\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const int s = web_connect(web_port, NULL);
        say(s, texts[i]);
        close(s);
    }
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 200);
}

/* Requests with bytes changed, removed and repeated at random, the same ones in each run. Each gets
 * an answer or is closed. */
static void damaged_requests_are_survived(void **state) {
    (void)state;
    static const char whole[] =
        "POST /open/echo?q=%41 HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        "Cookie: spinexr-1=abc; b=c\r\nAuthorization: Bearer abc\r\nConnection: close\r\n\r\n"
        "10\r\n{\"say\": \"damaged\r\n2\r\n\"}\r\n0\r\n\r\n";
    const uint64_t key = sx_rng_key("damage", 1);
    char text[2 * sizeof whole];
    for (uint64_t i = 0; i < 400; i++) {
        size_t n = sizeof whole - 1;
        memcpy(text, whole, n);
        for (uint64_t k = 0; k < 1 + i % 4; k++) {
            const uint64_t draw = sx_rng_u64(key, i * 8 + k);
            const size_t at = (size_t)(draw >> 8) % n, some = (size_t)(draw >> 40) % 20;
            const size_t rest = n - at, length = some < rest ? some : rest;
            if (draw % 3 == 0) {
                text[at] = (char)(draw >> 32);
            } else if (draw % 3 == 1) {
                memmove(text + at, text + at + length, rest - length);
                n -= length;
            } else if (n + length < sizeof text) {
                memmove(text + at + length, text + at, rest);
                n += length;
            }
        }
        const int s = web_connect(web_port, NULL);
        web_send(s, text, n);
        shutdown(s, SHUT_WR);
        assert_true(web_is_closed(s, 5.0));
    }
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 200);
}

/* A connection carries several requests, also at once. */
static void requests_share_a_connection(void **state) {
    (void)state;
    int count = 0;
    web_answer a = web_raw(
        web_port, "GET /open?q=one HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                  "Content-Type: application/json\r\nOrigin: http://localhost\r\n\r\n{}"
                  "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
                  "GET /open?q=two HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    for (const char *p = a.text; p && (p = strstr(p, "HTTP/1.1 ")); p++)
        count++;
    assert_int_equal(count, 4);
    assert_non_null(strstr(a.text, "\"q\":\"one\""));
    assert_non_null(strstr(a.text, "say is missing"));
    assert_non_null(strstr(a.text, "\"q\":\"two\""));
    web_free(&a);
}

/* ---- slow clients ---- */

enum { CROWD = 200 };

static void a_crowd_of_idle_sockets_holds_up_nobody(void **state) {
    (void)state;
    int sockets[CROWD];
    for (int i = 0; i < CROWD; i++) {
        sockets[i] = web_connect(web_port, NULL);
        if (i % 4 == 1) say(sockets[i], "GET /op");
        if (i % 4 == 2)
            say(sockets[i], "POST /open/echo HTTP/1.1\r\nHost: localhost\r\n"
                            "Content-Length: 100\r\n\r\n{");
        if (i % 4 == 3) say(sockets[i], "GET /open HTTP/1.1\r\nHost: localhost\r\n");
    }
    const double begin = sx_now();
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 200);
    assert_true(sx_now() - begin < 1.0);
    /* and they do not stay */
    for (int i = 0; i < CROWD; i++)
        if (!web_is_closed(sockets[i], 4.0)) fail_msg("%d is still open", i);
    assert_true(sx_now() - begin < 4.0);
}

/* One byte now and then is progress, but not enough. */
static void a_trickle_is_cut_off(void **state) {
    (void)state;
    static const char text[] = "GET /open HTTP/1.1\r\nHost: localhost\r\nX: "
                               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    const int head = web_connect(web_port, NULL), body = web_connect(web_port, NULL);
    const double begin = sx_now();
    say(body, "POST /open/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n");
    for (int i = 0; i < 25; i++) {
        web_send(head, text + i, 1);
        web_send(body, "x", 1);
        usleep(100000);
    }
    assert_true(web_is_closed(head, 0.2));
    assert_true(web_is_closed(body, 0.2));
    assert_true(sx_now() - begin < 4.0);
}

/* A file may take longer than a request, if it comes fast enough. */
static void a_file_has_time_by_its_size(void **state) {
    (void)state;
    enum { PART = 40000, PARTS = 10 };
    char head[300], *part = malloc(PART);
    assert_non_null(part);
    memset(part, 'x', PART);
    snprintf(head, sizeof head,
             "POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Content-Length: %d\r\n%s\r\n",
             PART * PARTS, web_bearer("slow"));
    const int s = web_connect(web_port, NULL), stalled = web_connect(web_port, NULL);
    say(s, head);
    say(stalled, head);
    for (int i = 0; i < PARTS; i++) {
        web_send(s, part, PART);
        usleep(200000);
    }
    web_answer a = web_read(s);
    assert_int_equal(a.status, 200);
    web_free(&a);
    assert_true(web_is_closed(stalled, 0.5));
    free(part);
}

static void an_idle_connection_is_closed(void **state) {
    (void)state;
    const int s = web_connect(web_port, NULL);
    say(s, "GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n");
    usleep(1300000);
    say(s, "GET /open HTTP/1.1\r\nHost: localhost\r\n\r\n"); /* it was idle for less than 2 s */
    char buf[8192] = "";
    size_t n = 0;
    for (int i = 0; i < 20 && n + 1 < sizeof buf; i++) {
        const ssize_t got = recv(s, buf + n, sizeof buf - 1 - n, MSG_DONTWAIT);
        if (got > 0) n += (size_t)got;
        usleep(20000);
    }
    const char *first = strstr(buf, "HTTP/1.1 200");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "HTTP/1.1 200"));
    assert_true(web_is_closed(s, 4.0));
}

/* ---- too many ---- */

static void connections_of_an_address_are_limited(void **state) {
    (void)state;
    enum { MOST = 8 };
    int sockets[MOST];
    web_stop();
    sx_web_options o = web_test_options();
    o.most_per_address = MOST;
    o.request_seconds = 5;
    web_start(&o);
    for (int i = 0; i < MOST; i++)
        sockets[i] = web_connect(web_port, NULL);
    usleep(100000);
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 0);
    web_answer a = web_call_from("127.0.0.2", web_port, "GET", "/open", "", NULL);
    assert_int_equal(a.status, 200);
    web_free(&a);
    for (int i = 0; i < MOST; i++)
        close(sockets[i]);
    usleep(200000);
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 200);
}

/* More clients than connections wait for their turn. */
static void connections_are_limited(void **state) {
    (void)state;
    enum { MOST = 8 };
    int sockets[MOST];
    web_stop();
    sx_web_options o = web_test_options();
    o.most_connections = MOST;
    o.request_seconds = 1;
    web_start(&o);
    for (int i = 0; i < MOST; i++)
        sockets[i] = web_connect(web_port, NULL);
    usleep(100000);
    const double begin = sx_now();
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 200);
    assert_true(sx_now() - begin > 0.3); /* after the idle ones were closed */
    for (int i = 0; i < MOST; i++)
        close(sockets[i]);
}

/* Handlers that take long do not delay the network threads. */
static void slow_handlers_delay_only_handlers(void **state) {
    (void)state;
    static const char slow[] = "GET /open/slow HTTP/1.1\r\nHost: localhost\r\n"
                               "Connection: close\r\n\r\n";
    static const sx_web_asset asset = { "/page", "text/html", "x", 1 };
    int sockets[12];
    web_stop();
    sx_web_options o = web_test_options();
    o.assets = &asset;
    o.asset_count = 1;
    web_start(&o);
    for (int i = 0; i < 12; i++) {
        sockets[i] = web_connect(web_port, NULL);
        say(sockets[i], slow);
    }
    const double begin = sx_now();
    assert_int_equal(web_status(web_port, "GET", "/page", "", NULL), 200);
    assert_true(sx_now() - begin < 0.3);
    for (int i = 0; i < 12; i++) {
        web_answer a = web_read(sockets[i]);
        assert_int_equal(a.status, 204);
        web_free(&a);
    }
}

/* A client that leaves while its handler runs. */
static void clients_may_leave(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        const int s = web_connect(web_port, NULL);
        const struct linger at_once = { 1, 0 };
        setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        say(s, i % 2 ? "GET /open/slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
                     : "GET /open/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
        usleep(5000);
        close(s);
    }
    assert_int_equal(web_status(web_port, "GET", "/open", "", NULL), 200);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start_server, web_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(wrong_requests_get_an_error),
        SERVED(paths_lead_nowhere_else),
        SERVED(long_heads_are_refused),
        SERVED(nonsense_is_survived),
        SERVED(damaged_requests_are_survived),
        SERVED(requests_share_a_connection),
        SERVED(a_crowd_of_idle_sockets_holds_up_nobody),
        SERVED(a_trickle_is_cut_off),
        SERVED(a_file_has_time_by_its_size),
        SERVED(an_idle_connection_is_closed),
        SERVED(connections_of_an_address_are_limited),
        SERVED(connections_are_limited),
        SERVED(slow_handlers_delay_only_handlers),
        SERVED(clients_may_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
