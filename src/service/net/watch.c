#include "service/net/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

struct sx_watched {
    int socket;
    double deadline; /* 0: none */
    sx_watched *before, *after;
};

struct sx_watch {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool stop;
    sx_watched *first;
};

static void shut_late(sx_watch *w) {
    const double now = sx_now();
    for (sx_watched *c = w->first; c; c = c->after) {
        if (c->deadline == 0.0 || now < c->deadline) continue;
        /* the server sees the end of the connection and closes the socket */
        (void)shutdown(c->socket, SHUT_RDWR);
        c->deadline = 0.0;
    }
}

static void *watch_all(void *user) {
    sx_watch *w = user;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 250000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&w->wake, &w->lock, &until);
        shut_late(w);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

sx_watch *sx_watch_new(sx_error *err) {
    sx_watch *w = sx_calloc_for(1, sizeof *w, "the watch of connections", err);
    if (!w) return NULL;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, watch_all, w) == 0) return w;
    sx_fail(err, SX_ERR_MEMORY, "a thread cannot be started for the watch of connections");
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    return NULL;
}

void sx_watch_free(sx_watch *w) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    while (w->first) {
        sx_watched *next = w->first->after;
        free(w->first);
        w->first = next;
    }
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

sx_watched *sx_watch_add(sx_watch *w, int socket, int seconds) {
    sx_watched *c = sx_calloc(1, sizeof *c);
    if (!c) return NULL;
    pthread_mutex_lock(&w->lock);
    *c = (sx_watched){ .socket = socket, .deadline = sx_now() + seconds, .after = w->first };
    if (w->first) w->first->before = c;
    w->first = c;
    pthread_mutex_unlock(&w->lock);
    return c;
}

void sx_watch_remove(sx_watch *w, sx_watched *c) {
    if (!c) return;
    pthread_mutex_lock(&w->lock);
    *(c->before ? &c->before->after : &w->first) = c->after;
    if (c->after) c->after->before = c->before;
    pthread_mutex_unlock(&w->lock);
    free(c);
}

void sx_watch_expect(sx_watch *w, sx_watched *c, double seconds) {
    if (!c) return;
    pthread_mutex_lock(&w->lock);
    c->deadline = seconds > 0.0 ? sx_now() + seconds : 0.0;
    pthread_mutex_unlock(&w->lock);
}
