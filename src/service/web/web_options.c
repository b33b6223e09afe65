#include "service/web/web_options.h"

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
    return o;
}
