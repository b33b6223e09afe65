#include "service/node/node.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/str.h"
#include "dicom/write.h"
#include "service/net/association.h"
#include "service/node/node_impl.h"
#include "service/store/migrations.h"
#include "service/web/web_server.h"

int64_t sx_node_now(const sx_node *node) {
    return node->o.now ? node->o.now(node->o.user) : sx_wall_clock();
}

static int64_t receive_now(void *user) {
    return sx_node_now(user);
}

void sx_node_wake(sx_node *node) {
    pthread_mutex_lock(&node->lock);
    node->news++;
    pthread_cond_broadcast(&node->woken);
    pthread_mutex_unlock(&node->lock);
}

int sx_node_port(const sx_node *node, bool tls) {
    return node->ports[tls] ? sx_dicom_server_port(node->ports[tls]) : 0;
}

const sx_settings *sx_node_settings(sx_node *node) {
    pthread_mutex_lock(&node->lock);
    const sx_settings *s = &node->crew->settings;
    pthread_mutex_unlock(&node->lock);
    return s;
}

void sx_node_get_networks(sx_node *node, sx_networks *out) {
    pthread_mutex_lock(&node->lock);
    *out = node->crew->networks;
    pthread_mutex_unlock(&node->lock);
}

/* ---- connections ---- */

sx_db *sx_node_open_connection(const sx_node *node, sx_error *err) {
    sx_db *db = sx_db_open(node->store, err);
    if (db && node->o.store_seconds > 0) sx_db_set_wait(db, node->o.store_seconds);
    return db;
}

sx_db *sx_node_take_connection(sx_node *node, sx_error *err) {
    sx_node_connections *c = &node->connections;
    pthread_mutex_lock(&c->lock);
    sx_db *db = c->count ? c->free[--c->count] : NULL;
    pthread_mutex_unlock(&c->lock);
    return db ? db : sx_node_open_connection(node, err);
}

void sx_node_give_connection(sx_node *node, sx_db *db, bool good) {
    sx_node_connections *c = &node->connections;
    if (good && db) {
        pthread_mutex_lock(&c->lock);
        if (c->count < sizeof c->free / sizeof *c->free) {
            c->free[c->count++] = db;
            db = NULL;
        }
        pthread_mutex_unlock(&c->lock);
    }
    sx_db_close(db);
}

/* ---- the folder and the database ---- */

static bool set_paths(sx_node *n, sx_error *err) {
    const sx_settings *s = sx_node_settings(n);
    sx_str store = { 0 }, incoming = { 0 };
    if (n->o.host)
        sx_format(n->host, sizeof n->host, "%s", n->o.host);
    else if (gethostname(n->host, sizeof n->host - 1) != 0 || !n->host[0])
        sx_format(n->host, sizeof n->host, "localhost");
    if (*s->store)
        sx_str_add(&store, s->store);
    else
        sx_str_printf(&store, "%s/store.sqlite", s->data);
    sx_str_printf(&incoming, "%s/incoming-%s", s->data, n->host);
    const bool ok = sx_str_ok(&store, err) && sx_str_ok(&incoming, err);
    n->store = store.data;
    n->incoming = incoming.data;
    return ok;
}

static bool take_text(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    sx_db_copy_text(row, 0, user, 65);
    return true;
}

/* The device UID names this installation in its results. It is drawn once. */
static bool read_device_uid(sx_node *n, sx_error *err) {
    uint64_t words[2];
    char drawn[65];
    if (!sx_random_bytes(words, sizeof words, err)) return false;
    sx_uid_from_words(words[0], words[1], drawn);
    const sx_db_value value = sx_db_text(drawn);
    return sx_db_run(n->db,
                     "INSERT INTO property (name, value) VALUES ('device_uid', ?)"
                     " ON CONFLICT (name) DO NOTHING",
                     &value, 1, err) &&
           sx_db_query(n->db, "SELECT value FROM property WHERE name = 'device_uid'", NULL, 0,
                       take_text, n->device_uid, err);
}

bool sx_node_make_folder(const char *path, sx_error *err) {
    const bool is_new = sx_path_presence(path) == SX_PATH_ABSENT;
    if (!sx_make_dirs(path, err)) return false;
    return !is_new || chmod(path, S_IRWXU) == 0 || sx_fail_errno(err, path, "restrict");
}

/* The claim says that no other service of this machine uses the folder, so whatever a service of
 * this machine has leased was left behind. */
static bool open_store(sx_node *n, sx_error *err) {
    int64_t released = 0;
    char text[24];
    if (!sx_node_make_folder(n->data, err) ||
        !(n->claim = sx_claim_open_name(n->incoming, "serve", err)) ||
        !(n->db = sx_node_open_connection(n, err)) || !sx_schema_migrate(n->db, err) ||
        !read_device_uid(n, err))
        return false;
    const sx_settings *s = sx_node_settings(n);
    n->receive = (sx_receive_options){ .folder = n->data,
                                       .incoming = n->incoming,
                                       .quiet = s->study.quiet_seconds * INT64_C(1000),
                                       .now = receive_now,
                                       .user = n };
    if (!sx_receive_prepare(n->db, &n->receive, err) ||
        !sx_jobs_release(n->db, n->host, &released, err))
        return false;
    sx_format(text, sizeof text, "%lld", (long long)released);
    if (released)
        sx_node_log_event(n->o.log, SX_LOG_WARNING, "jobs of an earlier run are ready again",
                          "count", text, NULL);
    return true;
}

/* ---- opening and closing ---- */

bool sx_node_check_settings(const sx_settings *s, sx_error *err) {
    if (!*s->data) return sx_fail(err, SX_ERR_USAGE, "no folder: give --data DIR");
    return sx_settings_check(s, err);
}

static bool open_node(sx_node *n, sx_error *err) {
    sx_pool_worker *first = NULL;
    return sx_node_check_settings(&n->crew->settings, err) && set_paths(n, err) &&
           open_store(n, err) && sx_node_crew_open(n, n->crew, &first, err) &&
           sx_node_crew_start(n, n->crew, first, err) && sx_node_start_keeper(n, err) &&
           sx_node_open_web(n, err) && sx_node_open_ports(n, err);
}

static void set_up_locks(sx_node *n) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&n->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&n->lock, NULL);
    pthread_mutex_init(&n->connections.lock, NULL);
    pthread_mutex_init(&n->disk_lock, NULL);
}

sx_node *sx_node_open(const sx_node_options *options, sx_settings *settings, sx_error *err) {
    sx_node_crew *crew = sx_node_crew_new(options->worker, settings, err);
    sx_node *n = crew ? sx_calloc_for(1, sizeof *n, "the service", err) : NULL;
    if (!n) {
        sx_node_crew_free(crew);
        return NULL;
    }
    n->o = *options;
    n->crew = crew;
    n->data = crew->settings.data;
    n->predicts = crew->settings.weights.count > 0;
    set_up_locks(n);
    if (open_node(n, err)) return n;
    sx_node_close(n, 0);
    return NULL;
}

void sx_node_drain(sx_node *node) {
    atomic_store(&node->draining, true);
}

static void stop_work(sx_node *n) {
    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    pthread_cond_broadcast(&n->woken);
    pthread_mutex_unlock(&n->lock);
    for (sx_node_crew *c = n->crew; c; c = c->before)
        sx_node_crew_join(c);
    sx_node_stop_keeper(n);
}

static void free_crews(sx_node *n) {
    for (sx_node_crew *c = n->crew, *before; c; c = before) {
        before = c->before;
        sx_node_crew_free(c);
    }
}

void sx_node_close(sx_node *n, int seconds) {
    if (!n) return;
    sx_node_drain(n);
    for (int i = 0; i < 2; i++)
        sx_dicom_server_close(n->ports[i], seconds);
    sx_node_close_web(n);
    stop_work(n);
    while (n->connections.count)
        sx_db_close(n->connections.free[--n->connections.count]);
    sx_db_close(n->db);
    sx_claim_close(n->claim);
    free(n->store);
    free(n->incoming);
    pthread_cond_destroy(&n->woken);
    pthread_mutex_destroy(&n->lock);
    pthread_mutex_destroy(&n->connections.lock);
    pthread_mutex_destroy(&n->disk_lock);
    free_crews(n);
    free(n);
}
