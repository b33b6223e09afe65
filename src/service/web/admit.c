#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/str.h"
#include "service/web/exchange.h"
#include "service/web/header_text.h"

static const char *header(const sx_exchange *x, const char *name) {
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* ---- headers that must be there at most once ---- */

static const char *const single[] = { "Host",   "Content-Length", "Transfer-Encoding",
                                      "Origin", "Authorization",  "Content-Type",
                                      "X-CSRF", "Cookie",         "Expect" };
enum { SINGLE = sizeof single / sizeof *single };

typedef struct seen_headers {
    const char *user_header;
    int counts[SINGLE + 1];
} seen_headers;

static enum MHD_Result count_header(void *user, enum MHD_ValueKind kind, const char *key,
                                    const char *value) {
    seen_headers *seen = user;
    (void)kind;
    (void)value;
    for (size_t i = 0; i < SINGLE; i++)
        seen->counts[i] += sx_equal_letters(key, single[i]);
    seen->counts[SINGLE] += *seen->user_header && sx_equal_letters(key, seen->user_header);
    return MHD_YES;
}

static bool check_headers(sx_exchange *x) {
    seen_headers seen = { .user_header = x->server->o.user_header };
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, count_header, &seen);
    for (size_t i = 0; i <= SINGLE; i++)
        if (seen.counts[i] > 1) {
            sx_exchange_refuse(x, 400, "the header %s occurs twice",
                               i < SINGLE ? single[i] : seen.user_header);
            return false;
        }
    return true;
}

/* ---- the length of the body ---- */

/* *announced: bytes, UINT64_MAX for a chunked body. */
static bool read_length(sx_exchange *x, uint64_t *announced) {
    const char *length = header(x, "Content-Length"), *coding = header(x, "Transfer-Encoding");
    *announced = 0;
    if (coding && (length || !sx_equal_letters(coding, "chunked"))) {
        sx_exchange_refuse(x, 400,
                           length ? "a request has Content-Length or Transfer-Encoding, not both"
                                  : "the only transfer coding is chunked");
        x->close = true; /* nobody knows where its body ends */
        return false;
    }
    if (coding) *announced = UINT64_MAX;
    if (!length) return true;
    for (const char *p = length; *p; p++) {
        const bool digit = sx_is_digit(*p) && *announced <= (UINT64_MAX - 9) / 10;
        if (digit) *announced = *announced * 10 + (uint64_t)(*p - '0');
        if (digit && *announced < UINT64_MAX) continue;
        sx_exchange_refuse(x, 400, "Content-Length is no number of bytes");
        x->close = true;
        return false;
    }
    return true;
}

/* ---- who asks for what ---- */

static void read_address(sx_exchange *x) {
    const sx_web_options *o = &x->server->o;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr_in *from = info ? (const void *)info->client_addr : NULL;
    char *address = x->request.address;
    if (!from || !inet_ntop(AF_INET, &from->sin_addr, address, SX_ADDRESS))
        sx_format(address, SX_ADDRESS, "?");
    for (size_t i = 0; i < o->proxies.count; i++)
        x->proxied = x->proxied || strcmp(o->proxies.items[i], address) == 0;
    char said[SX_ADDRESS];
    if (x->proxied && sx_header_forwarded(header(x, "X-Forwarded-For"), said, sizeof said))
        sx_format(address, SX_ADDRESS, "%s", said);
}

static bool check_host(sx_exchange *x, const char *version) {
    const sx_web_options *o = &x->server->o;
    const char *host = header(x, "Host");
    if (o->any_host || (!host && strcmp(version, "HTTP/1.0") == 0)) return true;
    if (sx_header_host_allowed(host, o->hosts.items, o->hosts.count)) return true;
    if (host)
        sx_exchange_refuse(x, 421, "%.100s is none of the service's names (setting http.hosts)",
                           host);
    else
        sx_exchange_refuse(x, 400, "the header Host is missing");
    return false;
}

static bool find_asset(sx_exchange *x, const char *method) {
    const size_t n = strcspn(x->target, "?");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) return false;
    for (size_t i = 0; !x->asset && i < x->server->o.asset_count; i++) {
        const sx_web_asset *a = &x->server->o.assets[i];
        if (strlen(a->path) == n && strncmp(a->path, x->target, n) == 0) x->asset = a;
    }
    return x->asset != NULL;
}

/* What a browser asks before a page of another origin may call (Fetch, 3.2.2). */
static void answer_preflight(sx_exchange *x) {
    sx_error err = { 0 };
    sx_str methods = { 0 };
    const bool token = x->match.first && x->match.first->auth == SX_WEB_TOKEN;
    if (!token || !sx_exchange_cors_origin(x)) {
        sx_exchange_refuse(x, token ? 403 : 405, "OPTIONS is not allowed here");
        return;
    }
    sx_route_methods(x->server->o.routes, &x->match, 0, &methods);
    sx_web_reply_empty(&x->reply, 204);
    if (!sx_web_reply_header(&x->reply, "Access-Control-Allow-Methods", sx_str_text(&methods),
                             &err) ||
        !sx_web_reply_header(&x->reply, "Access-Control-Allow-Headers",
                             "Authorization, Content-Type, Accept", &err) ||
        !sx_web_reply_header(&x->reply, "Access-Control-Max-Age", "600", &err))
        sx_exchange_refuse(x, 503, "out of memory");
    sx_str_free(&methods);
    x->ready = true;
}

static bool find_route(sx_exchange *x, const char *method) {
    static const char *const known[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS" };
    sx_error err = { 0 };
    x->request.method = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(method, known[i]) == 0) x->request.method = known[i == 1 ? 0 : i];
    if (!x->request.method) {
        sx_exchange_refuse(x, 501, "there is no such method");
        return false;
    }
    if (find_asset(x, method)) {
        x->ready = true;
        return false;
    }
    if (!sx_uri_parse(&x->uri, x->target, &err)) {
        sx_exchange_refuse(x,
                           err.code == SX_ERR_LIMIT    ? 414
                           : err.code == SX_ERR_MEMORY ? 503
                                                       : 400,
                           "%s", err.message);
        return false;
    }
    sx_route_find(x->server->o.routes, &x->uri, x->request.method, &x->match);
    x->request.route = x->match.route;
    if (strcmp(method, "OPTIONS") == 0)
        answer_preflight(x);
    else if (!x->match.first)
        sx_exchange_refuse(x, 404, "there is nothing at this address");
    return !x->ready;
}

/* ---- files ---- */

static bool open_spool(sx_exchange *x) {
    const char *folder = x->server->o.spool;
    x->request.file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (x->request.file < 0) { /* a file system without files that have no name */
        char path[4096];
        sx_format(path, sizeof path, "%s/upload-XXXXXX", folder);
        x->request.file = mkostemp(path, O_CLOEXEC);
        if (x->request.file >= 0) (void)unlink(path);
    }
    if (x->request.file >= 0) return true;
    sx_log(x->server->o.context, SX_LOG_ERROR, "%s: no file can be made there for an upload",
           folder);
    sx_exchange_refuse(x, 507, "the upload cannot be stored");
    return false;
}

/* Before the body is received, or without it: who may not call learns nothing of the address. */
static bool admit_caller(sx_exchange *x) {
    sx_web_server *s = x->server;
    if (!s->admission && sx_exchange_row(x)->auth != SX_WEB_OPEN) {
        sx_exchange_refuse(x, 503, "the database cannot be reached");
        return false;
    }
    x->admitting = true;
    pthread_mutex_lock(&s->admission_lock);
    const bool ok = sx_exchange_authenticate(x, s->admission);
    pthread_mutex_unlock(&s->admission_lock);
    x->admitting = false;
    return ok && sx_exchange_check_role(x) && sx_exchange_check_site(x);
}

void sx_exchange_refuse_body(sx_exchange *x) {
    if (admit_caller(x))
        sx_exchange_refuse(x, 413,
                           x->most ? "the body is longer than the %llu bytes allowed"
                                   : "this request takes no body",
                           (unsigned long long)x->most);
}

void sx_exchange_admit(sx_exchange *x, const char *method, const char *version) {
    sx_web_server *s = x->server;
    uint64_t announced = 0;
    read_address(x);
    const char *type = header(x, "Content-Type");
    x->request.body_type = type ? type : "";
    if (check_headers(x) && read_length(x, &announced) && check_host(x, version) &&
        find_route(x, method)) {
        const sx_web_route *route = x->match.route;
        x->most = route ? route->most : SX_WEB_SWALLOWED;
        if (announced != UINT64_MAX && announced > x->most)
            sx_exchange_refuse_body(x);
        else if (route && route->body == SX_WEB_FILE)
            (void)!(admit_caller(x) && open_spool(x));
    }
    pthread_mutex_lock(&s->lock);
    const bool stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    if (stopping && !x->ready) sx_exchange_refuse(x, 503, "the service is stopping");
    x->close = x->close || stopping || (x->ready && announced > SX_WEB_SWALLOWED);
}
