#include "service/web/web_options.h"

#include <string.h>

sx_web_options sx_web_options_from(const sx_settings *s, bool metrics) {
    sx_web_options o = SX_WEB_DEFAULTS;
    o.listen = metrics ? s->http.metrics_listen : s->http.listen;
    o.port = metrics ? s->http.metrics_port : s->http.port;
    o.most_connections = s->http.most_connections;
    o.most_per_address = s->http.most_per_address;
    o.idle_seconds = s->http.idle_seconds;
    o.request_seconds = s->http.request_seconds;
    o.any_host = metrics;
    if (metrics) {
        o.workers = 1;
        return o;
    }
    o.tls = s->http.tls;
    o.behind_proxy = s->http.behind_proxy;
    o.hosts = s->http.hosts;
    o.proxies = s->http.proxies;
    o.user_header = s->http.user_header;
    o.cors = s->http.cors;
    o.predicts = s->weights.count > 0;
    return o;
}

static bool equal_lists(const sx_settings_list *a, const sx_settings_list *b) {
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->items[i], b->items[i]) == 0;
    return equal;
}

bool sx_web_options_equal(const sx_web_options *a, const sx_web_options *b) {
    return a->behind_proxy == b->behind_proxy && a->any_host == b->any_host &&
           a->most_connections == b->most_connections &&
           a->most_per_address == b->most_per_address && a->idle_seconds == b->idle_seconds &&
           a->request_seconds == b->request_seconds &&
           strcmp(a->user_header, b->user_header) == 0 && equal_lists(&a->hosts, &b->hosts) &&
           equal_lists(&a->proxies, &b->proxies) && equal_lists(&a->cors, &b->cors);
}
