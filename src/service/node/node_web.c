/* The HTTP ports of the node: pages and their data, health, and metrics on an address of their
 * own. */
#include "base/str.h"
#include "service/node/metrics.h"
#include "service/node/node_impl.h"
#include "service/node/stow_routes.h"
#include "service/reading/pixel_routes.h"
#include "service/reading/reading_routes.h"
#include "service/web/pages.h"
#include "service/web/web_server.h"

static void log_message(void *user, sx_log_level level, const char *message) {
    char reason[SX_NODE_REASON];
    sx_node_log_event(user, level, "web", "message", sx_node_log_reason(user, message, reason),
                      NULL);
}

static bool is_ready(void *user, sx_str *why) {
    const sx_node *node = user;
    const char *reason;
    if (sx_node_takes_films(node, &reason)) return true;
    if (!sx_node_predicts(node) && !atomic_load(&node->draining)) {
        sx_str_add(why, "without weights: no film is received; the reading room is ");
        return true;
    }
    sx_str_add(why, reason);
    return false;
}

static bool put_metrics(void *user, sx_str *out, sx_error *err) {
    sx_node *node = user;
    sx_db *db = sx_node_take_connection(node, err);
    const bool ok = db && sx_metrics_put(db, node, out, err);
    sx_node_give_connection(node, db, ok);
    return ok;
}

static void wake(void *node) {
    sx_node_wake(node);
}

static int64_t clock_of(void *user) {
    return sx_node_now(user);
}

static sx_web_options options_of(sx_node *node, const sx_settings *s, bool metrics) {
    static const sx_web_route *const pages[] = { sx_session_routes,
                                                 sx_account_routes,
                                                 sx_health_routes,
                                                 sx_worklist_routes,
                                                 sx_job_routes,
                                                 sx_verdict_routes,
                                                 sx_stow_routes,
                                                 sx_reading_task_routes,
                                                 sx_reading_op_routes,
                                                 sx_reading_comment_routes,
                                                 sx_reading_pixel_routes,
                                                 sx_reading_project_routes,
                                                 sx_reading_import_routes,
                                                 sx_reading_manager_routes,
                                                 sx_reading_held_routes,
                                                 sx_reading_label_routes,
                                                 sx_reading_version_routes,
                                                 sx_reading_adjudication_routes,
                                                 sx_reading_agreement_routes,
                                                 NULL },
                                     *const numbers[] = { sx_metrics_routes, NULL };
    sx_web_options o = sx_web_options_from(s, metrics);
    o.store = metrics ? "" : node->store;
    o.spool = metrics ? "" : node->incoming;
    o.routes = metrics ? numbers : pages;
    o.assets = metrics ? NULL : sx_pages;
    o.asset_count = metrics ? 0 : sx_page_count;
    o.ready = is_ready;
    o.metrics = put_metrics;
    o.user = node;
    o.now = clock_of;
    o.context = node->context;
    return o;
}

static sx_web_server *open_server(sx_node *node, bool metrics, sx_error *err) {
    const sx_web_options o = options_of(node, sx_node_settings(node), metrics);
    return sx_web_open(&o, err);
}

bool sx_node_open_web(sx_node *node, sx_error *err) {
    const sx_settings *s = sx_node_settings(node);
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    node->worklist = (sx_worklist){
        .folder = node->data, .pixel_bytes = sx_settings_pixel_bytes(s), .wake = wake, .node = node
    };
    o.log_level = node->o.log->most;
    o.log = log_message;
    o.log_user = (void *)(uintptr_t)node->o.log;
    if (!(node->context = sx_context_new(&o, err))) return false;
    if (!(node->web = open_server(node, false, err))) return false;
    if (!s->http.metrics_port) return true;
    node->metrics = open_server(node, true, err);
    return node->metrics ||
           sx_fail_in(err, "the port of the metrics (http.metrics_port of --config; 0: none)");
}

void sx_node_close_web(sx_node *node) {
    sx_web_close(node->metrics);
    sx_web_close(node->web);
    sx_context_free(node->context);
    node->metrics = node->web = NULL;
    node->context = NULL;
}

static bool renew_server(sx_node *node, const sx_settings *s, sx_web_server **at, bool metrics,
                         sx_error *err) {
    const sx_web_options o = options_of(node, s, metrics);
    sx_web_server *server = sx_web_renew(*at, &o, err);
    if (server) *at = server;
    return server != NULL;
}

bool sx_node_renew_web(sx_node *node, const sx_settings *s, sx_error *err) {
    atomic_store(&node->worklist.pixel_bytes, sx_settings_pixel_bytes(s));
    return renew_server(node, s, &node->web, false, err) &&
           (!node->metrics || renew_server(node, s, &node->metrics, true, err));
}

int sx_node_http_port(const sx_node *node) {
    return node->web ? sx_web_port(node->web) : 0;
}
