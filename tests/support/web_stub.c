#include "support/web_stub.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"

struct web_stub {
    int socket, port;
    pthread_t thread;
    atomic_int requests;
    atomic_bool closing;
    web_reply (*answer)(void *user, const web_request *r);
    void *user;
};

/* Reads up to the empty line; the bytes behind it are *n in `rest`. */
static bool read_head(int fd, char head[4096], char *rest, size_t *n) {
    size_t have = 0;
    for (;;) {
        const ssize_t got = recv(fd, head + have, 4095 - have, 0);
        if (got <= 0) return false;
        have += (size_t)got;
        head[have] = '\0';
        char *end = strstr(head, "\r\n\r\n");
        if (!end) continue;
        *n = have - (size_t)(end + 4 - head);
        memcpy(rest, end + 4, *n);
        end[2] = '\0';
        return true;
    }
}

static bool read_body(int fd, web_request *r, const char *rest, size_t have) {
    const char *at = strstr(r->head, "Content-Length: ");
    r->n = at ? strtoul(at + 16, NULL, 10) : 0;
    r->body = calloc(r->n + 1, 1);
    if (strstr(r->head, "100-continue")) {
        static const char go[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (send(fd, go, sizeof go - 1, MSG_NOSIGNAL) < 0) return false;
    }
    if (have > r->n) have = r->n;
    memcpy(r->body, rest, have);
    while (have < r->n) {
        const ssize_t got = recv(fd, r->body + have, r->n - have, 0);
        if (got <= 0) return false;
        have += (size_t)got;
    }
    return true;
}

static bool say(int fd, const char *text) {
    return !text || !*text || send(fd, text, strlen(text), MSG_NOSIGNAL) > 0;
}

static void reply(int fd, const web_reply *w) {
    char head[1024];
    const char *body = w->body ? w->body : "";
    const size_t n = strlen(body);
    if (w->silent) {
        char byte;
        while (recv(fd, &byte, 1, 0) > 0) {}
        return;
    }
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n",
             w->status, n + (w->cut ? 100 : 0));
    if (say(fd, head) && say(fd, w->headers) && say(fd, "\r\n")) say(fd, body);
}

static void *serve(void *user) {
    web_stub *s = user;
    for (;;) {
        web_request r = { .n = 0 };
        char rest[4096];
        size_t have = 0;
        const int fd = accept(s->socket, NULL, NULL);
        if (fd < 0) {
            if (atomic_load(&s->closing)) return NULL;
            continue;
        }
        if (read_head(fd, r.head, rest, &have) && read_body(fd, &r, rest, have)) {
            atomic_fetch_add(&s->requests, 1);
            const web_reply w = s->answer(s->user, &r);
            reply(fd, &w);
        }
        free(r.body);
        close(fd);
    }
}

web_stub *web_stub_open(web_reply (*answer)(void *user, const web_request *r), void *user) {
    web_stub *s = calloc(1, sizeof *s);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    s->answer = answer;
    s->user = user;
    s->socket = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(s->socket >= 0);
    assert_int_equal(bind(s->socket, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->socket, 20), 0);
    assert_int_equal(getsockname(s->socket, (struct sockaddr *)&a, &n), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return s;
}

void web_stub_close(web_stub *s) {
    atomic_store(&s->closing, true);
    shutdown(s->socket, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->socket);
    free(s);
}

int web_stub_port(const web_stub *s) {
    return s->port;
}

int web_stub_requests(const web_stub *s) {
    web_stub *counted = (web_stub *)(uintptr_t)s;
    return atomic_load(&counted->requests);
}
