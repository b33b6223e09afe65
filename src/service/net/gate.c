#include "service/net/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "service/net/first_message.h"

typedef struct waiting {
    int socket;
    double since;
    char address[SX_ADDRESS];
    struct waiting *older, *newer;
} waiting;

struct sx_gate {
    sx_gate_options o;
    int listener, poll, stop;
    int port;
    atomic_int seconds; /* for the first message */
    pthread_t thread;
    bool started;
    waiting *oldest, *newest;
    atomic_int count;
    uint8_t bytes[SX_FIRST_MESSAGE];
};

/* ---- the list of connections, by age ---- */

static void unlink_one(sx_gate *g, waiting *w) {
    *(w->older ? &w->older->newer : &g->oldest) = w->newer;
    *(w->newer ? &w->newer->older : &g->newest) = w->older;
    atomic_fetch_sub(&g->count, 1);
    (void)epoll_ctl(g->poll, EPOLL_CTL_DEL, w->socket, NULL);
}

static void drop(sx_gate *g, waiting *w) {
    unlink_one(g, w);
    close(w->socket);
    free(w);
}

static void accept_one(sx_gate *g) {
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    const int socket =
        accept4(g->listener, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) {
        const bool full = errno == EMFILE || errno == ENFILE; /* no descriptors: make room */
        if (full && g->oldest)
            drop(g, g->oldest);
        else if (full) /* none of ours: wait, since the listener stays readable */
            nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
        return;
    }
    if (atomic_load(&g->count) >= g->o.most_waiting) drop(g, g->oldest);
    waiting *w = sx_calloc(1, sizeof *w);
    struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = w };
    if (!w || epoll_ctl(g->poll, EPOLL_CTL_ADD, socket, &e) != 0) {
        free(w);
        close(socket);
        return;
    }
    *w = (waiting){ .socket = socket, .since = sx_now(), .older = g->newest };
    if (!inet_ntop(AF_INET, &from.sin_addr, w->address, sizeof w->address))
        sx_format(w->address, sizeof w->address, "?");
    *(g->newest ? &g->newest->newer : &g->oldest) = w;
    g->newest = w;
    atomic_fetch_add(&g->count, 1);
}

/* ---- the first message ---- */

static void hand_over(sx_gate *g, waiting *w) {
    const int flags = fcntl(w->socket, F_GETFL);
    unlink_one(g, w);
    if (flags < 0 || fcntl(w->socket, F_SETFL, flags & ~O_NONBLOCK) != 0 ||
        !g->o.arrived(g->o.user, w->socket, w->address))
        close(w->socket);
    free(w);
}

static void look_at(sx_gate *g, waiting *w, uint32_t events) {
    const ssize_t n = recv(w->socket, g->bytes, sizeof g->bytes, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const sx_first_message is = n <= 0     ? SX_FIRST_FOREIGN
                                : g->o.tls ? sx_first_tls(g->bytes, (size_t)n)
                                           : sx_first_dicom(g->bytes, (size_t)n);
    if (is == SX_FIRST_WHOLE) hand_over(g, w);
    /* after the last of these events nothing more comes */
    else if (is == SX_FIRST_FOREIGN || events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        drop(g, w);
}

/* ---- the thread ---- */

static void drop_late(sx_gate *g) {
    const double now = sx_now();
    while (g->oldest && now - g->oldest->since >= atomic_load(&g->seconds))
        drop(g, g->oldest);
}

static void *watch(void *user) {
    sx_gate *g = user;
    struct epoll_event events[64];
    for (;;) {
        const int n = epoll_wait(g->poll, events, 64, 250);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &g->stop) return NULL;
            if (events[i].data.ptr != g) look_at(g, events[i].data.ptr, events[i].events);
        }
        /* after the others, because accepting may drop a connection that has an event here */
        for (int i = 0; i < n; i++)
            if (events[i].data.ptr == g) accept_one(g);
        drop_late(g);
    }
}

/* ---- opening and closing ---- */

static bool check(const sx_gate_options *o, struct sockaddr_in *at, sx_error *err) {
    *at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)o->port) };
    if (inet_pton(AF_INET, o->listen, &at->sin_addr) != 1)
        return sx_fail(err, SX_ERR_USAGE, "%s: is not an IPv4 address", o->listen);
    if (o->port < 0 || o->port > 65535)
        return sx_fail(err, SX_ERR_USAGE, "%d: is not a port", o->port);
    if (o->seconds < 1 || o->seconds > 3600 || o->most_waiting < 1 || o->most_waiting > 10000)
        return sx_fail(err, SX_ERR_USAGE, "limits of the DICOM port are out of range");
    return true;
}

static bool open_port(sx_gate *g, const struct sockaddr_in *at, sx_error *err) {
    char name[SX_ADDRESS + 8];
    const int yes = 1;
    struct sockaddr_in bound = { 0 };
    socklen_t size = sizeof bound;
    sx_format(name, sizeof name, "%s:%d", g->o.listen, g->o.port);
    g->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (g->listener < 0 ||
        setsockopt(g->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(g->listener, (const struct sockaddr *)at, sizeof *at) != 0 ||
        listen(g->listener, 128) != 0 ||
        getsockname(g->listener, (struct sockaddr *)&bound, &size) != 0)
        return sx_fail_errno(err, name, "listen there");
    g->port = ntohs(bound.sin_port);
    return true;
}

static bool start(sx_gate *g, sx_error *err) {
    struct epoll_event in = { .events = EPOLLIN, .data.ptr = g },
                       stop = { .events = EPOLLIN, .data.ptr = &g->stop };
    g->poll = epoll_create1(EPOLL_CLOEXEC);
    g->stop = eventfd(0, EFD_CLOEXEC);
    if (g->poll < 0 || g->stop < 0 || epoll_ctl(g->poll, EPOLL_CTL_ADD, g->listener, &in) != 0 ||
        epoll_ctl(g->poll, EPOLL_CTL_ADD, g->stop, &stop) != 0)
        return sx_fail_errno(err, g->o.listen, "watch the port");
    const int code = pthread_create(&g->thread, NULL, watch, g);
    if (code) return sx_fail(err, SX_ERR_MEMORY, "a thread cannot be started for the DICOM port");
    g->started = true;
    return true;
}

sx_gate *sx_gate_open(const sx_gate_options *options, sx_error *err) {
    struct sockaddr_in at;
    if (!check(options, &at, err)) return NULL;
    sx_gate *g = sx_calloc_for(1, sizeof *g, "the DICOM port", err);
    if (!g) return NULL;
    g->o = *options;
    atomic_store(&g->seconds, options->seconds);
    g->listener = g->poll = g->stop = -1;
    if (open_port(g, &at, err) && start(g, err)) return g;
    sx_gate_close(g);
    return NULL;
}

void sx_gate_close(sx_gate *g) {
    if (!g) return;
    const uint64_t one = 1;
    if (g->started) {
        while (write(g->stop, &one, sizeof one) < 0 && errno == EINTR) {}
        pthread_join(g->thread, NULL);
    }
    while (g->oldest)
        drop(g, g->oldest);
    if (g->listener >= 0) close(g->listener);
    if (g->poll >= 0) close(g->poll);
    if (g->stop >= 0) close(g->stop);
    free(g);
}

void sx_gate_set_seconds(sx_gate *g, int seconds) {
    atomic_store(&g->seconds, seconds);
}

int sx_gate_port(const sx_gate *g) {
    return g->port;
}

int sx_gate_waiting(const sx_gate *g) {
    return atomic_load(&g->count);
}
