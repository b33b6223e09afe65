#include "service/web/web_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "service/web/exchange.h"

enum { NETWORK_THREADS = 2, HEAD_BYTES = 32768 };

static const char protocols[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

int64_t sx_web_now(const sx_web_server *s) {
    return s->o.now ? s->o.now(s->o.user) : sx_wall_clock();
}

/* ---- options ---- */

static bool in_range(int n, int most) {
    return n >= 1 && n <= most;
}

static bool check_options(const sx_web_options *o, sx_error *err) {
    if (!in_range(o->most_connections, 10000) || !in_range(o->most_per_address, 10000) ||
        !in_range(o->idle_seconds, 3600) || !in_range(o->request_seconds, 3600) ||
        !in_range(o->workers, SX_WEB_WORKERS) || o->drain_seconds < 0)
        return sx_fail(err, SX_ERR_USAGE, "limits of the web server are out of range");
    if (!sx_is_loopback(o->listen) && !*o->tls.certificate && !o->behind_proxy && *o->store)
        return sx_fail(err, SX_ERR_USAGE, "%s: passwords would be sent without TLS", o->listen);
    if (!sx_routes_check(o->routes, err)) return false;
    for (const sx_web_route *const *t = o->routes; *t; t++)
        for (const sx_web_route *r = *t; r->method; r++)
            if ((r->auth != SX_WEB_OPEN && !*o->store) || (r->body == SX_WEB_FILE && !*o->spool))
                return sx_fail(err, SX_ERR_USAGE, "route %s %s needs a database and a folder",
                               r->method, r->path);
    return true;
}

static bool make_tags(sx_web_server *s, sx_error *err) {
    s->tags = sx_calloc_for(s->o.asset_count + 1, sizeof *s->tags, "the web server", err);
    bool ok = s->tags != NULL;
    for (size_t i = 0; ok && i < s->o.asset_count; i++) {
        sx_sha256 hash;
        ok = sx_sha256_of(s->o.assets[i].bytes, s->o.assets[i].n, &hash, err);
        if (ok) sx_format(s->tags[i], sizeof *s->tags, "\"%.32s\"", hash.hex);
    }
    return ok;
}

/* ---- the port ---- */

static bool open_port(sx_web_server *s, sx_error *err) {
    char name[SX_ADDRESS + 8];
    const int yes = 1;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->o.port) },
                       bound = { 0 };
    socklen_t size = sizeof bound;
    if (inet_pton(AF_INET, s->o.listen, &at.sin_addr) != 1)
        return sx_fail(err, SX_ERR_USAGE, "%s: is not an IPv4 address", s->o.listen);
    if (s->o.port < 0 || s->o.port > 65535)
        return sx_fail(err, SX_ERR_USAGE, "%d: is not a port", s->o.port);
    sx_format(name, sizeof name, "%s:%d", s->o.listen, s->o.port);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 ||
        setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(s->listener, (const struct sockaddr *)&at, sizeof at) != 0 ||
        listen(s->listener, 511) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&bound, &size) != 0)
        return sx_fail_errno(err, name, "listen there");
    s->port = ntohs(bound.sin_port);
    return true;
}

/* ---- libmicrohttpd ---- */

static void log_library(void *user, const char *format, va_list args) {
    const sx_web_server *s = user;
    char text[400];
    sx_vformat(text, sizeof text, format, args);
    const size_t n = strlen(text);
    if (n > 0 && text[n - 1] == '\n') text[n - 1] = '\0';
    sx_log(s->o.context, SX_LOG_DEBUG, "HTTP: %s", text);
}

/* The target is decoded after it was split (uri.h). */
static size_t keep_encoded(void *user, struct MHD_Connection *connection, char *text) {
    (void)user;
    (void)connection;
    return strlen(text);
}

static void note_connection(void *user, struct MHD_Connection *connection, void **context,
                            enum MHD_ConnectionNotificationCode what) {
    sx_web_server *s = user;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        sx_watch_remove(s->watch, *context);
        *context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info) *context = sx_watch_add(s->watch, info->connect_fd, s->o.request_seconds);
}

static bool start_daemon(sx_web_server *s, sx_error *err) {
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
                         MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_MEM_CERT, 0, s->pems.certificate },
        { MHD_OPTION_HTTPS_MEM_KEY, 0, s->pems.key },
        { MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)protocols },
        { s->pems.trusted ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0, s->pems.trusted },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem *const more = s->pems.certificate ? tls : &tls[4];
    if (s->pems.certificate) flags |= MHD_USE_TLS;
    s->daemon = MHD_start_daemon(
        flags, (uint16_t)s->port, NULL, NULL, sx_exchange_handle, s, MHD_OPTION_EXTERNAL_LOGGER,
        log_library, s, MHD_OPTION_LISTEN_SOCKET, s->listener, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned int)NETWORK_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int)(s->o.most_connections < NETWORK_THREADS ? NETWORK_THREADS
                                                               : s->o.most_connections),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned int)(s->o.behind_proxy ? 0 : s->o.most_per_address),
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)s->o.idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES, MHD_OPTION_UNESCAPE_CALLBACK,
        keep_encoded, s, MHD_OPTION_URI_LOG_CALLBACK, sx_exchange_begin, s,
        MHD_OPTION_NOTIFY_COMPLETED, sx_exchange_end, s, MHD_OPTION_NOTIFY_CONNECTION,
        note_connection, s, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    return s->daemon ||
           sx_fail(err, SX_ERR_IO, "%s:%d: the web server cannot be started", s->o.listen, s->port);
}

/* ---- opening and closing ---- */

static bool start_workers(sx_web_server *s, sx_error *err) {
    for (; s->worker_count < s->o.workers; s->worker_count++)
        if (pthread_create(&s->workers[s->worker_count], NULL, sx_web_work, s) != 0)
            return sx_fail(err, SX_ERR_MEMORY, "a thread cannot be started for the web server");
    return true;
}

static bool open_parts(sx_web_server *s, sx_error *err) {
    s->secure = *s->o.tls.certificate || s->o.behind_proxy;
    if (!make_tags(s, err) || !sx_web_pems_read(&s->pems, &s->o.tls, err)) return false;
    if (*s->o.store && (!(s->admission = sx_db_open(s->o.store, err)) ||
                        !(s->passwords = sx_password_gate_new(2, 4, err)) ||
                        !(s->attempts = sx_attempts_new(err))))
        return false;
    if (!(s->watch = sx_watch_new(err)) || (s->listener < 0 && !open_port(s, err))) return false;
    /* cookies of a host belong to all its ports */
    if (s->secure)
        sx_format(s->cookie, sizeof s->cookie, "__Host-spinexr");
    else
        sx_format(s->cookie, sizeof s->cookie, "spinexr-%d", s->port);
    return start_workers(s, err) && start_daemon(s, err);
}

/* `listener`: a port that is open already, which is taken over; -1: none. */
static sx_web_server *open_server(const sx_web_options *options, int listener, int port,
                                  sx_error *err) {
    sx_web_server *s = sx_calloc_for(1, sizeof *s, "the web server", err);
    if (!s) {
        if (listener >= 0) close(listener);
        return NULL;
    }
    s->o = *options;
    s->listener = listener;
    s->port = port;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->admission_lock, NULL);
    pthread_cond_init(&s->work, NULL);
    pthread_cond_init(&s->ended, NULL);
    if (open_parts(s, err)) return s;
    sx_web_close(s);
    return NULL;
}

sx_web_server *sx_web_open(const sx_web_options *options, sx_error *err) {
    return check_options(options, err) ? open_server(options, -1, 0, err) : NULL;
}

/* Both accept connections for a moment. */
sx_web_server *sx_web_renew(sx_web_server *s, const sx_web_options *options, sx_error *err) {
    sx_web_pems pems;
    const bool ok = check_options(options, err);
    const bool read = ok && sx_web_pems_read(&pems, &options->tls, err);
    const bool same =
        read && sx_web_pems_equal(&pems, &s->pems) && sx_web_options_equal(&s->o, options);
    if (ok) sx_web_pems_free(&pems);
    if (same || !read) return same ? s : NULL;
    const int listener = fcntl(s->listener, F_DUPFD_CLOEXEC, 0);
    if (listener < 0) {
        sx_fail_errno(err, options->listen, "listen there");
        return NULL;
    }
    sx_web_server *other = open_server(options, listener, s->port, err);
    if (other) sx_web_close(s);
    return other;
}

/* Waits until all requests have been answered, but not forever. */
static void drain(sx_web_server *s) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += s->o.drain_seconds;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    while (s->exchanges > 0 && pthread_cond_timedwait(&s->ended, &s->lock, &until) != ETIMEDOUT) {}
    s->stopped = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
}

void sx_web_close(sx_web_server *s) {
    if (!s) return;
    if (s->daemon) (void)MHD_quiesce_daemon(s->daemon);
    drain(s);
    for (int i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
    if (s->daemon) MHD_stop_daemon(s->daemon);
    if (s->listener >= 0) close(s->listener);
    sx_watch_free(s->watch);
    sx_attempts_free(s->attempts);
    sx_password_gate_free(s->passwords);
    sx_db_close(s->admission);
    pthread_cond_destroy(&s->ended);
    pthread_cond_destroy(&s->work);
    pthread_mutex_destroy(&s->admission_lock);
    pthread_mutex_destroy(&s->lock);
    sx_web_pems_free(&s->pems);
    free(s->tags);
    free(s);
}

int sx_web_port(const sx_web_server *s) {
    return s->port;
}
