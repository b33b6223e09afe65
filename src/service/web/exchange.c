#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "service/web/exchange.h"

/* ---- begin and end ---- */

void *sx_exchange_begin(void *server, const char *target, struct MHD_Connection *connection) {
    sx_web_server *s = server;
    const union MHD_ConnectionInfo *context =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    sx_exchange *x = sx_calloc(1, sizeof *x);
    if (!x) return NULL;
    *x = (sx_exchange){ .server = s,
                        .connection = connection,
                        .watched = context ? context->socket_context : NULL,
                        .target = sx_strdup(target),
                        .since = sx_now(),
                        .request = { .file = -1, .who = "", .session = "", .body_type = "" },
                        .reply = { .file = -1 } };
    if (!x->target) {
        free(x);
        return NULL;
    }
    sx_watch_expect(s->watch, x->watched, s->o.request_seconds);
    pthread_mutex_lock(&s->lock);
    s->exchanges++;
    pthread_mutex_unlock(&s->lock);
    return x;
}

/* The log has the route, not the address, because an address may name a patient. */
static void log_exchange(const sx_exchange *x) {
    const sx_web_request *r = &x->request;
    sx_log(x->server->o.context, SX_LOG_DEBUG, "%s %s %d, %.0f ms, %s%s%s",
           r->method ? r->method : "?",
           x->match.first ? x->match.first->path
           : x->asset     ? x->asset->path
                          : "(no route)",
           x->reply.status, (sx_now() - x->since) * 1e3, r->who, *r->who ? ", " : "", r->address);
}

static void free_exchange(sx_exchange *x) {
    json_decref((json_t *)(uintptr_t)x->request.body);
    if (x->request.file >= 0) close(x->request.file);
    sx_web_reply_free(&x->reply);
    sx_str_free(&x->body);
    sx_uri_free(&x->uri);
    free(x->target);
    free(x);
}

void sx_exchange_end(void *server, struct MHD_Connection *connection, void **exchange,
                     enum MHD_RequestTerminationCode why) {
    sx_web_server *s = server;
    sx_exchange *x = *exchange;
    (void)connection;
    (void)why;
    if (!x) return;
    *exchange = NULL;
    log_exchange(x);
    sx_watch_expect(s->watch, x->watched, s->o.idle_seconds);
    free_exchange(x);
    pthread_mutex_lock(&s->lock);
    s->exchanges--;
    pthread_cond_broadcast(&s->ended);
    pthread_mutex_unlock(&s->lock);
}

void sx_exchange_refuse(sx_exchange *x, int status, const char *fmt, ...) {
    char message[512];
    va_list args;
    va_start(args, fmt);
    sx_vformat(message, sizeof message, fmt, args);
    va_end(args);
    sx_web_reply_error(&x->reply, status, "%s", message);
    x->ready = true;
}

/* ---- body ---- */

static bool write_all(int file, const char *data, size_t n) {
    while (n > 0) {
        const ssize_t written = write(file, data, n);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        data += written;
        n -= (size_t)written;
    }
    return true;
}

static void take_body(sx_exchange *x, const char *data, size_t n) {
    sx_web_server *s = x->server;
    x->received += n;
    if (x->ready || x->received > x->most) {
        /* the rest of what cannot be accepted */
        x->broken = x->received > x->most + SX_WEB_SWALLOWED;
        return;
    }
    if (x->request.file < 0) {
        sx_str_append(&x->body, data, n);
        return;
    }
    x->full = x->full || !write_all(x->request.file, data, n);
    sx_watch_expect(s->watch, x->watched,
                    x->since + s->o.request_seconds + (double)x->received / SX_WEB_SLOWEST -
                        sx_now());
}

static bool check_body(sx_exchange *x) {
    sx_error err = { 0 };
    if (x->ready) return false;
    if (x->received > x->most) {
        sx_exchange_refuse_body(x);
    } else if (x->full) {
        sx_exchange_refuse(x, 507, "the disk is full");
    } else if (!sx_str_ok(&x->body, &err)) {
        sx_exchange_refuse(x, 503, "out of memory");
    } else if (x->request.file >= 0 && lseek(x->request.file, 0, SEEK_SET) != 0) {
        sx_exchange_refuse(x, 500, "the file cannot be read");
    }
    x->request.file_size = x->request.file >= 0 ? x->received : 0;
    return !x->ready;
}

/* ---- libmicrohttpd's handler ---- */

/* First call: the head is there. Only now or when the whole body was read can a reply be sent. */
static enum MHD_Result handle_head(sx_exchange *x, const char *method, const char *version) {
    x->started = true;
    sx_exchange_admit(x, method, version);
    if (x->broken) return MHD_NO;
    return x->ready && x->close ? sx_exchange_respond(x) : MHD_YES;
}

static enum MHD_Result handle_whole(sx_exchange *x) {
    sx_web_server *s = x->server;
    if (!check_body(x)) return sx_exchange_respond(x);
    sx_watch_expect(s->watch, x->watched, 0.0);
    MHD_suspend_connection(x->connection);
    if (sx_web_queue(x)) return MHD_YES;
    MHD_resume_connection(x->connection);
    sx_exchange_refuse(x, 503, "the service is stopping");
    return MHD_YES;
}

enum MHD_Result sx_exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *size, void **exchange) {
    sx_exchange *x = *exchange;
    (void)server;
    (void)connection;
    (void)url;
    if (!x) return MHD_NO; /* no memory */
    if (!x->started) return handle_head(x, method, version);
    if (*size > 0) {
        take_body(x, data, *size);
        *size = 0;
        return x->broken ? MHD_NO : MHD_YES;
    }
    return handle_whole(x);
}
