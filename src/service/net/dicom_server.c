/* Threads and limits of the DICOM server; the protocol is in association.cc. */
#include "service/net/dicom_server.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "service/net/association.h"

/* A connection, and the thread that serves it. */
typedef struct connection {
    sx_dicom_server *server;
    struct connection *next;
    int socket; /* DCMTK closes it */
    int twin;   /* the same connection, to end it from another thread */
    sx_watched *watched;
    bool full;
    char address[SX_ADDRESS];
} connection;

/* A list of titles that was replaced: associations may still use it. */
typedef struct earlier_list {
    struct earlier_list *next;
    const char *const *items;
} earlier_list;

/* Copies of the paths of certificates. Earlier ones stay, because associations may still use
 * them. */
typedef struct tls_paths {
    struct tls_paths *earlier;
    sx_dicom_tls tls;
} tls_paths;

struct sx_dicom_server {
    sx_dicom_server_options o; /* the lock guards whatever can be set */
    earlier_list *earlier;
    tls_paths *tls;
    char *texts[4]; /* copies that the options point to */
    size_t text_count;
    sx_gate *gate;
    sx_watch *watch;
    pthread_mutex_t lock;
    pthread_cond_t fewer; /* connections */
    connection *connections;
    int count;
    bool closing;
};

/* ---- connections ---- */

static void forget(connection *c) {
    sx_dicom_server *s = c->server;
    sx_watch_remove(s->watch, c->watched);
    pthread_mutex_lock(&s->lock);
    connection **at = &s->connections;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    s->count--;
    close(c->twin);
    free(c);
    pthread_cond_broadcast(&s->fewer);
    pthread_mutex_unlock(&s->lock);
}

static void *serve(void *user) {
    connection *c = user;
    pthread_mutex_lock(&c->server->lock);
    const sx_dicom_server_options o = c->server->o;
    pthread_mutex_unlock(&c->server->lock);
    sx_association_serve(&o, &(const sx_association){ .socket = c->socket,
                                                      .address = c->address,
                                                      .full = c->full,
                                                      .watch = c->server->watch,
                                                      .watched = c->watched });
    forget(c);
    return NULL;
}

static int from_address(const sx_dicom_server *s, const char *address) {
    int n = 0;
    for (const connection *c = s->connections; c; c = c->next)
        n += strcmp(c->address, address) == 0;
    return n;
}

/* DCMTK reads a command with a recursion for each sequence in it: about 1.5 KB of stack for 16
 * bytes of a command, of which association.cc lets 144 KiB in. Only what is used takes memory. */
enum { STACK_BYTES = 32 << 20 };

static bool start_thread(connection *c) {
    pthread_t thread;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int code = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (code == 0) code = pthread_create(&thread, &attributes, serve, c);
    pthread_attr_destroy(&attributes);
    return code == 0;
}

/* One that is over the limit has a thread as well, to be refused by the protocol; much over the
 * limit, it is closed without a word. */
static bool arrived(void *user, int socket, const char *address) {
    sx_dicom_server *s = user;
    connection *c = sx_calloc(1, sizeof *c);
    if (!c) return false;
    *c = (connection){ .server = s, .socket = socket, .twin = dup(socket) };
    sx_format(c->address, sizeof c->address, "%s", address);
    const bool ready = !s->o.ready || s->o.ready(s->o.user);
    pthread_mutex_lock(&s->lock);
    c->full = !ready || s->count >= s->o.most_associations ||
              from_address(s, address) >= s->o.most_per_address;
    bool taken = c->twin >= 0 && !s->closing && s->count < 2 * s->o.most_associations;
    if (taken) {
        c->watched = sx_watch_add(s->watch, c->twin, s->o.message_seconds);
        c->next = s->connections;
        s->connections = c;
        s->count++;
        taken = start_thread(c);
        if (!taken) {
            s->connections = c->next;
            s->count--;
        }
    }
    pthread_mutex_unlock(&s->lock);
    if (taken) return true;
    sx_watch_remove(s->watch, c->watched);
    if (c->twin >= 0) close(c->twin);
    free(c);
    return false;
}

/* ---- opening ---- */

static bool check_limits(const sx_dicom_server_options *o, sx_error *err) {
    if (o->most_associations < 1 || o->most_associations > 1000 || o->most_per_address < 1 ||
        o->idle_seconds < 1 || o->idle_seconds > 86400 || o->message_seconds < 1 ||
        o->message_seconds > 86400)
        return sx_fail(err, SX_ERR_USAGE, "limits of the DICOM server are out of range");
    return true;
}

static bool check(const sx_dicom_server_options *o, sx_error *err) {
    const size_t n = strlen(o->ae_title);
    if (n < 1 || n >= SX_AE_TITLE)
        return sx_fail(err, SX_ERR_USAGE, "an AE title has 1 to 16 characters: \"%s\"",
                       o->ae_title);
    return check_limits(o, err) && (!o->tls || sx_association_check_tls(o->tls, err));
}

static const char *keep(sx_dicom_server *s, const char *text, bool *ok) {
    if (!text) return NULL;
    char *copy = sx_strdup(text);
    *ok = *ok && copy;
    s->texts[s->text_count++] = copy;
    return copy;
}

static const char *const *keep_list(const char *const *items, size_t count, bool *ok) {
    char **list = sx_calloc(count + 1, sizeof *list);
    *ok = *ok && list;
    for (size_t i = 0; *ok && i < count; i++)
        *ok = (list[i] = sx_strdup(items[i])) != NULL;
    return (const char *const *)list;
}

static size_t length(const char *const *list) {
    size_t n = 0;
    while (list[n])
        n++;
    return n;
}

static void free_list(const char *const *list) {
    for (size_t i = 0; list && list[i]; i++)
        free((void *)(uintptr_t)list[i]);
    free((void *)(uintptr_t)list);
}

static void free_tls(tls_paths *t) {
    if (!t) return;
    free((void *)(uintptr_t)t->tls.certificate);
    free((void *)(uintptr_t)t->tls.key);
    free((void *)(uintptr_t)t->tls.trusted);
    free(t);
}

static bool keep_tls(sx_dicom_server *s, const sx_dicom_tls *tls) {
    tls_paths *t = sx_calloc(1, sizeof *t);
    if (!t) return false;
    t->tls = (sx_dicom_tls){ sx_strdup(tls->certificate), sx_strdup(tls->key),
                             tls->trusted ? sx_strdup(tls->trusted) : NULL };
    if (!t->tls.certificate || !t->tls.key || (tls->trusted && !t->tls.trusted)) {
        free_tls(t);
        return false;
    }
    pthread_mutex_lock(&s->lock);
    t->earlier = s->tls;
    s->tls = t;
    s->o.tls = &t->tls;
    pthread_mutex_unlock(&s->lock);
    return true;
}

static bool copy_options(sx_dicom_server *s, const sx_dicom_server_options *o, sx_error *err) {
    bool ok = true;
    s->o = *o;
    s->o.gate.listen = keep(s, o->gate.listen, &ok);
    s->o.ae_title = keep(s, o->ae_title, &ok);
    s->o.folder = keep(s, o->folder, &ok);
    s->o.calling = keep_list(o->calling, o->calling_count, &ok);
    s->o.classes = keep_list(o->classes, length(o->classes), &ok);
    s->o.syntaxes = keep_list(o->syntaxes, length(o->syntaxes), &ok);
    if (o->tls) ok = keep_tls(s, o->tls) && ok;
    s->o.gate.tls = o->tls != NULL;
    s->o.gate.arrived = arrived;
    s->o.gate.user = s;
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for the DICOM server");
}

static void discard(sx_dicom_server *s) {
    for (size_t i = 0; i < s->text_count; i++)
        free(s->texts[i]);
    free_list(s->o.calling);
    free_list(s->o.classes);
    free_list(s->o.syntaxes);
    for (tls_paths *t = s->tls, *earlier; t; t = earlier) {
        earlier = t->earlier;
        free_tls(t);
    }
    for (earlier_list *e = s->earlier, *next; e; e = next) {
        next = e->next;
        free_list(e->items);
        free(e);
    }
    sx_watch_free(s->watch);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->fewer);
    free(s);
}

static void init_lock(sx_dicom_server *s) {
    pthread_condattr_t attributes;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&s->fewer, &attributes);
    pthread_condattr_destroy(&attributes);
}

sx_dicom_server *sx_dicom_server_open(const sx_dicom_server_options *options, sx_error *err) {
    if (!check(options, err)) return NULL;
    sx_dicom_server *s = sx_calloc_for(1, sizeof *s, "the DICOM server", err);
    if (!s) return NULL;
    init_lock(s);
    if (copy_options(s, options, err) && (s->watch = sx_watch_new(err)) &&
        (s->gate = sx_gate_open(&s->o.gate, err)))
        return s;
    discard(s);
    return NULL;
}

bool sx_dicom_server_set_calling(sx_dicom_server *s, const char *const *titles, size_t count,
                                 sx_error *err) {
    bool ok = true;
    const char *const *copy = keep_list(titles, count, &ok);
    earlier_list *e = sx_calloc(1, sizeof *e);
    if (!ok || !e) {
        free_list(copy);
        free(e);
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for the DICOM server");
    }
    pthread_mutex_lock(&s->lock);
    *e = (earlier_list){ s->earlier, s->o.calling };
    s->earlier = e;
    s->o.calling = copy;
    s->o.calling_count = count;
    pthread_mutex_unlock(&s->lock);
    return true;
}

bool sx_dicom_server_set_limits(sx_dicom_server *s, const sx_dicom_server_options *o,
                                sx_error *err) {
    if (!check_limits(o, err)) return false;
    if (o->gate.seconds < 1 || o->gate.seconds > 3600)
        return sx_fail(err, SX_ERR_USAGE, "limits of the DICOM port are out of range");
    sx_gate_set_seconds(s->gate, o->gate.seconds);
    pthread_mutex_lock(&s->lock);
    s->o.most_associations = o->most_associations;
    s->o.most_per_address = o->most_per_address;
    s->o.idle_seconds = o->idle_seconds;
    s->o.message_seconds = o->message_seconds;
    s->o.most_bytes = o->most_bytes;
    pthread_mutex_unlock(&s->lock);
    return true;
}

bool sx_dicom_server_set_tls(sx_dicom_server *s, const sx_dicom_tls *tls, sx_error *err) {
    return sx_association_check_tls(tls, err) &&
           (keep_tls(s, tls) || sx_fail(err, SX_ERR_MEMORY, "out of memory for the DICOM server"));
}

/* ---- closing ---- */

/* Waits until no connection is left, or the time is over. */
static void wait_for_end(sx_dicom_server *s, int seconds) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += seconds;
    while (s->count && pthread_cond_timedwait(&s->fewer, &s->lock, &until) != ETIMEDOUT) {}
}

void sx_dicom_server_close(sx_dicom_server *s, int seconds) {
    if (!s) return;
    sx_gate_close(s->gate);
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    wait_for_end(s, seconds);
    while (s->count) {
        for (connection *c = s->connections; c; c = c->next)
            (void)shutdown(c->twin, SHUT_RDWR);
        wait_for_end(s, 1);
    }
    pthread_mutex_unlock(&s->lock);
    discard(s);
}

int sx_dicom_server_port(const sx_dicom_server *s) {
    return sx_gate_port(s->gate);
}

int sx_dicom_server_associations(const sx_dicom_server *s) {
    sx_dicom_server *changed = (sx_dicom_server *)(uintptr_t)s; /* for the lock alone */
    pthread_mutex_lock(&changed->lock);
    const int n = s->count;
    pthread_mutex_unlock(&changed->lock);
    return n;
}
