/* Whether the service lives and is ready, for whoever restarts it or sends it requests; and its
 * metrics. */
#include "base/str.h"
#include "service/web/exchange.h"

static bool show_live(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_str text = { 0 };
    (void)r;
    sx_str_add(&text, "live\n");
    return sx_web_reply_str(reply, 200, "text/plain; charset=utf-8", &text, err);
}

static bool show_ready(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const sx_web_options *o = &r->exchange->server->o;
    sx_str text = { 0 };
    bool ready = r->db != NULL || !*o->store;
    if (!ready) sx_str_add(&text, "the database cannot be reached");
    if (ready && o->ready) ready = o->ready(o->user, &text);
    sx_str_add(&text, ready ? "ready\n" : "\n");
    return sx_web_reply_str(reply, ready ? 200 : 503, "text/plain; charset=utf-8", &text, err);
}

static bool show_metrics(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const sx_web_options *o = &r->exchange->server->o;
    sx_str text = { 0 };
    if (!o->metrics) return sx_fail(err, SX_ERR_MISSING, "there are no metrics");
    if (o->metrics(o->user, &text, err))
        return sx_web_reply_str(reply, 200, "text/plain; version=0.0.4; charset=utf-8", &text, err);
    sx_str_free(&text);
    return false;
}

const sx_web_route sx_health_routes[] = {
    { "GET", "/healthz/live", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, show_live },
    { "GET", "/healthz/ready", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, show_ready },
    { .method = NULL },
};

const sx_web_route sx_metrics_routes[] = {
    { "GET", "/metrics", 0, SX_WEB_OPEN, SX_WEB_NO_BODY, 0, show_metrics },
    { .method = NULL },
};
