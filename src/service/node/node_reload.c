/* Other settings while the node runs. New threads begin to work with them at once; those of before
 * finish the jobs that they have begun, however long a slow archive takes. */
#include <string.h>

#include "service/net/association.h"
#include "service/node/node_impl.h"
#include "service/web/web_server.h"

/* ---- what cannot change ---- */

static bool check_text(const char *key, const char *a, const char *b, sx_error *err) {
    return strcmp(a, b) == 0 || sx_fail(err, SX_ERR_USAGE, "%s needs a restart", key);
}

static bool check_port(const char *key, int a, int b, sx_error *err) {
    return a == b || sx_fail(err, SX_ERR_USAGE, "%s needs a restart", key);
}

/* Without dicom.listen the peers decide on the address. */
static bool check_dicom_address(const sx_settings *a, const sx_settings *b, sx_error *err) {
    const char *before = sx_settings_dicom_listen(a), *after = sx_settings_dicom_listen(b);
    if (!*a->dicom.listen && !*b->dicom.listen && strcmp(before, after) != 0)
        return sx_fail(err, SX_ERR_USAGE,
                       "dicom.peers needs a restart: with peers the DICOM port listens on %s, "
                       "without them on %s, unless dicom.listen names an address",
                       a->dicom.peers.count ? before : after,
                       a->dicom.peers.count ? after : before);
    return check_text("dicom.listen", before, after, err);
}

static bool check_changes(const sx_settings *a, const sx_settings *b, sx_error *err) {
    if ((a->weights.count > 0) != (b->weights.count > 0))
        return sx_fail(err, SX_ERR_USAGE,
                       "a service without weights, or with them, stays so while it runs");
    return check_text("data", a->data, b->data, err) &&
           check_text("store", a->store, b->store, err) &&
           check_text("dicom.ae_title", a->dicom.ae_title, b->dicom.ae_title, err) &&
           check_dicom_address(a, b, err) &&
           check_port("dicom.port", a->dicom.port, b->dicom.port, err) &&
           check_port("dicom.tls_port", a->dicom.tls_port, b->dicom.tls_port, err) &&
           check_text("http.listen", a->http.listen, b->http.listen, err) &&
           check_port("http.port", a->http.port, b->http.port, err) &&
           check_text("http.metrics_listen", a->http.metrics_listen, b->http.metrics_listen, err) &&
           check_port("http.metrics_port", a->http.metrics_port, b->http.metrics_port, err);
}

/* Before anything is changed. */
static bool check_certificates(const sx_node *n, const sx_settings *s, sx_error *err) {
    const sx_dicom_tls tls = sx_node_tls(s);
    return sx_web_check_tls(&s->http.tls, err) &&
           (!n->ports[true] || sx_association_check_tls(&tls, err));
}

/* Certificates, limits and peers of the ports, by these settings or, after an error, by the earlier
 * ones again. */
static bool set_servers(sx_node *n, const sx_settings *s, sx_error *err) {
    const sx_settings *earlier = &n->crew->settings;
    sx_error worse = { 0 };
    if (sx_node_set_ports(n, s, err) && sx_node_renew_web(n, s, err)) return true;
    if (!sx_node_set_ports(n, earlier, &worse) || !sx_node_renew_web(n, earlier, &worse))
        sx_fail(err, worse.code, "%s", worse.message);
    return false;
}

static void put_to_work(sx_node *n, sx_node_crew *crew) {
    pthread_mutex_lock(&n->lock);
    crew->before = n->crew;
    n->crew = crew;
    n->receive.quiet = crew->settings.study.quiet_seconds * INT64_C(1000);
    pthread_mutex_unlock(&n->lock);
    sx_node_crew_retire(n, crew->before);
}

/* Threads of earlier crews that have ended still have their stacks. */
static void join_ended(sx_node *n) {
    for (sx_node_crew *c = n->crew->before; c; c = c->before)
        if (!atomic_load(&c->working)) sx_node_crew_join(c);
}

/* The servers may refer to the settings of a crew that never worked. */
static void set_aside(sx_node *n, sx_node_crew *crew) {
    sx_node_crew_retire(n, crew);
    crew->before = n->crew->before;
    n->crew->before = crew;
}

bool sx_node_reload(sx_node *n, sx_settings *settings, sx_error *err) {
    sx_pool_worker *first = NULL;
    sx_node_crew *crew = sx_node_crew_new(n->o.worker, settings, err);
    if (!crew) return false;
    const sx_settings *s = &crew->settings;
    join_ended(n);
    if (!sx_node_check_settings(s, err) || !check_changes(&n->crew->settings, s, err) ||
        !check_certificates(n, s, err) || !sx_node_crew_open(n, crew, &first, err)) {
        sx_node_crew_free(crew);
        return false;
    }
    if (!set_servers(n, s, err)) {
        sx_pool_worker_free(first);
        set_aside(n, crew);
        return false;
    }
    if (!sx_node_crew_start(n, crew, first, err)) {
        sx_error worse = { 0 };
        (void)!set_servers(n, &n->crew->settings, &worse);
        set_aside(n, crew);
        return false;
    }
    put_to_work(n, crew);
    sx_node_look_at_disk(n);
    return true;
}
