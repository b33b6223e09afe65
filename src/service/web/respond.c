#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "service/web/exchange.h"
#include "service/web/header_text.h"

static const char *header(const sx_exchange *x, const char *name) {
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

const char *sx_exchange_cors_origin(const sx_exchange *x) {
    const sx_settings_list *allowed = &x->server->o.cors;
    const char *origin = header(x, "Origin");
    if (!origin || !x->match.first || x->match.first->auth != SX_WEB_TOKEN) return NULL;
    for (size_t i = 0; i < allowed->count; i++)
        if (strcmp(allowed->items[i], origin) == 0) return origin;
    return NULL;
}

/* ---- streams ---- */

typedef struct stream {
    sx_web_server *server;
    sx_watched *watched;
    sx_web_read *read;
    void *user;
    void (*user_free)(void *user);
} stream;

static ssize_t read_stream(void *user, uint64_t at, char *to, size_t n) {
    const stream *s = user;
    (void)at;
    sx_watch_expect(s->server->watch, s->watched, s->server->o.request_seconds);
    const int64_t got = s->read(s->user, to, n);
    if (got == 0) return MHD_CONTENT_READER_END_OF_STREAM;
    return got < 0 ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)got;
}

static void free_stream(void *user) {
    stream *s = user;
    if (s->user_free) s->user_free(s->user);
    free(s);
}

static struct MHD_Response *make_stream(sx_exchange *x) {
    sx_web_reply *r = &x->reply;
    stream *s = sx_calloc(1, sizeof *s);
    if (!s) return NULL;
    *s = (stream){ x->server, x->watched, r->read, r->stream, r->stream_free };
    const uint64_t size = r->size == UINT64_MAX ? MHD_SIZE_UNKNOWN : r->size;
    struct MHD_Response *made =
        MHD_create_response_from_callback(size, 65536, read_stream, s, free_stream);
    if (made)
        r->stream_free = NULL; /* it is the response's */
    else
        free(s);
    return made;
}

/* ---- responses ---- */

static bool has_already(const sx_exchange *x, const char *tag) {
    return *tag && sx_header_matches_tag(header(x, "If-None-Match"), tag);
}

static struct MHD_Response *make_asset(sx_exchange *x) {
    const sx_web_asset *a = x->asset;
    const char *tag = x->server->tags[a - x->server->o.assets];
    const bool had = has_already(x, tag);
    x->reply.status = had ? 304 : 200;
    x->reply.type = had ? NULL : a->type;
    x->reply.cache = "no-cache";
    sx_format(x->reply.etag, sizeof x->reply.etag, "%s", tag);
    return MHD_create_response_from_buffer(had ? 0 : a->n, (void *)(uintptr_t)a->bytes,
                                           MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *make_response(sx_exchange *x) {
    sx_web_reply *r = &x->reply;
    struct MHD_Response *made;
    if (x->asset && r->status == 0) return make_asset(x);
    if (r->status == 200 && has_already(x, r->etag)) sx_web_reply_empty(r, 304);
    if (r->read) return make_stream(x);
    if (r->file >= 0) {
        made = MHD_create_response_from_fd64(r->size, r->file);
        if (made) r->file = -1;
        return made;
    }
    made = MHD_create_response_from_buffer(r->n, r->bytes, MHD_RESPMEM_MUST_FREE);
    if (made) r->bytes = NULL;
    return made;
}

/* Headers of every reply. A page may load only what this service has, and no other may frame it. */
static const char *const fixed[][2] = {
    { "Content-Security-Policy",
      "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
      "form-action 'self'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
};

static bool add_headers(const sx_exchange *x, struct MHD_Response *to) {
    const sx_web_reply *r = &x->reply;
    const char *origin = sx_exchange_cors_origin(x);
    bool ok = MHD_add_response_header(to, "Cache-Control", r->cache ? r->cache : "no-store");
    for (size_t i = 0; ok && i < sizeof fixed / sizeof *fixed; i++)
        ok = MHD_add_response_header(to, fixed[i][0], fixed[i][1]);
    if (ok && r->type) ok = MHD_add_response_header(to, "Content-Type", r->type);
    if (ok && *r->etag) ok = MHD_add_response_header(to, "ETag", r->etag);
    if (ok && x->close) ok = MHD_add_response_header(to, "Connection", "close");
    /* in a cache, it would be of whoever was signed in then */
    if (ok && x->request.account && !r->cache)
        ok = MHD_add_response_header(to, "X-Login", x->request.account->login);
    for (size_t i = 0; ok && i < r->header_count; i++)
        ok = MHD_add_response_header(to, r->headers[i].name, r->headers[i].value);
    if (!x->match.first || x->match.first->auth != SX_WEB_TOKEN)
        return ok && MHD_add_response_header(to, "Cross-Origin-Resource-Policy", "same-origin");
    ok = ok && MHD_add_response_header(to, "Vary", "Origin");
    return ok && (!origin || MHD_add_response_header(to, "Access-Control-Allow-Origin", origin));
}

enum MHD_Result sx_exchange_respond(sx_exchange *x) {
    sx_web_server *s = x->server;
    const uint64_t n = x->asset ? x->asset->n : x->reply.read ? 0 : x->reply.size + x->reply.n;
    struct MHD_Response *made = make_response(x);
    if (!made) return MHD_NO;
    sx_watch_expect(s->watch, x->watched, s->o.request_seconds + (double)n / SX_WEB_SLOWEST);
    enum MHD_Result result = MHD_NO;
    if (add_headers(x, made))
        result = MHD_queue_response(x->connection, (unsigned int)x->reply.status, made);
    MHD_destroy_response(made);
    return result;
}
