#include "service/web_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/str.h"
#include "support/check.h"

int web_connect(int port, const char *from) {
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) },
                       at = { .sin_family = AF_INET };
    const struct timeval limit = { .tv_sec = 60 }; /* of a slow machine, with a sanitizer */
    const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s >= 0);
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    if (from) {
        inet_pton(AF_INET, from, &at.sin_addr);
        assert_int_equal(bind(s, (struct sockaddr *)&at, sizeof at), 0);
    }
    assert_int_equal(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0)
        fail_msg("connect: %s", strerror(errno));
    return s;
}

/* The server may close before all is sent. */
void web_send(int socket, const char *bytes, size_t n) {
    while (n > 0) {
        const ssize_t sent = send(socket, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

web_answer web_read(int socket) {
    char buf[65536];
    sx_str all = { 0 };
    web_answer a = { 0, NULL, "", 0 };
    for (;;) {
        const ssize_t n = recv(socket, buf, sizeof buf, 0);
        if (n < 0 && errno == EAGAIN) fail_msg("no answer: %s", sx_str_text(&all));
        if (n <= 0) break;
        sx_str_append(&all, buf, (size_t)n);
    }
    close(socket);
    a.text = all.data;
    if (!all.len) return a;
    const char *end = strstr(all.data, "\r\n\r\n");
    assert_non_null(end);
    assert_int_equal(sscanf(all.data, "HTTP/%*s %d", &a.status), 1);
    a.body = end + 4;
    a.n = all.len - (size_t)(a.body - all.data);
    return a;
}

bool web_is_closed(int socket, double seconds) {
    const double until = sx_now() + seconds;
    char buf[4096];
    ssize_t n = 1;
    while (n > 0 && sx_now() < until) {
        struct pollfd p = { .fd = socket, .events = POLLIN };
        if (poll(&p, 1, 50) > 0) n = recv(socket, buf, sizeof buf, 0);
    }
    close(socket);
    return n <= 0;
}

void web_free(web_answer *a) {
    free(a->text);
    *a = (web_answer){ 0, NULL, "", 0 };
}

web_answer web_call_from(const char *from, int port, const char *method, const char *target,
                         const char *headers, const char *body) {
    sx_str text = { 0 };
    const int s = web_connect(port, from);
    sx_str_printf(&text, "%s %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n%s", method,
                  target, port, headers);
    if (body) sx_str_printf(&text, "Content-Length: %zu\r\n", strlen(body));
    sx_str_printf(&text, "\r\n%s", body ? body : "");
    web_send(s, text.data, text.len);
    sx_str_free(&text);
    return web_read(s);
}

web_answer web_call(int port, const char *method, const char *target, const char *headers,
                    const char *body) {
    return web_call_from(NULL, port, method, target, headers, body);
}

int web_status(int port, const char *method, const char *target, const char *headers,
               const char *body) {
    web_answer a = web_call(port, method, target, headers, body);
    const int status = a.status;
    web_free(&a);
    return status;
}

web_answer web_raw(int port, const char *bytes) {
    const int s = web_connect(port, NULL);
    web_send(s, bytes, strlen(bytes));
    return web_read(s);
}

int web_raw_status(int port, const char *bytes) {
    web_answer a = web_raw(port, bytes);
    const int status = a.status;
    web_free(&a);
    return status;
}

void web_expect(web_answer a, int status, const char *text) {
    if (a.status != status || !a.text || !strstr(a.text, text))
        fail_msg("not %d, %s:\n%s", status, text, a.text ? a.text : "(closed)");
    web_free(&a);
}

const char *web_header(const web_answer *a, const char *name) {
    static char value[512];
    const size_t n = strlen(name);
    for (const char *line = a->text; line && line + 2 < a->body; line = strstr(line, "\r\n")) {
        if (line != a->text) line += 2;
        if (sx_equal_letters_n(line, name, n) && line[n] == ':') {
            snprintf(value, sizeof value, "%.*s", (int)strcspn(line + n + 2, "\r"), line + n + 2);
            return value;
        }
    }
    return NULL;
}

const char *web_text(const web_answer *a, const char *key) {
    static char value[512];
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", key);
    const char *at = a->body ? strstr(a->body, quoted) : NULL;
    if (!at) return NULL;
    at += strlen(quoted);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\""), at);
    return value;
}
