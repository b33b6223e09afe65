/* The options of the web server, and the routes that this folder has. */
#ifndef SX_SERVICE_WEB_WEB_OPTIONS_H
#define SX_SERVICE_WEB_WEB_OPTIONS_H

#include "base/context_impl.h"
#include "service/settings.h"
#include "service/web/web.h"

/* A file that is part of the program: a page, a script. Anyone may read it. */
typedef struct sx_web_asset {
    const char *path; /* "/", "/app.js"; plain characters only */
    const char *type; /* "text/html; charset=utf-8" */
    const void *bytes;
    size_t n;
} sx_web_asset;

/* Borrowed until the server is closed. Begin with SX_WEB_DEFAULTS or sx_web_options_from. */
typedef struct sx_web_options {
    const char *listen; /* IPv4 address */
    int port;           /* 0: any */
    sx_settings_tls tls;
    bool behind_proxy;        /* a proxy in front has TLS */
    sx_settings_list hosts;   /* names by which the server is called, besides addresses */
    bool any_host;            /* do not check the Host header */
    sx_settings_list proxies; /* addresses whose X-Forwarded-For and user header are trusted */
    const char *user_header;  /* "X-Remote-User"; "": none */
    sx_settings_list cors;    /* origins whose pages may call SX_WEB_TOKEN routes */
    int most_connections;     /* 1..10000 */
    int most_per_address;     /* 1..10000; without effect behind a proxy */
    int idle_seconds;         /* between requests, and without progress; 1..3600 */
    int request_seconds;      /* for a request to arrive; files have time by their size; 1..3600 */
    int drain_seconds;        /* requests may take this long to end when the server is closed */
    int workers;              /* threads that run handlers; 1..64 */
    const char *store;        /* the database (store/db.h); "": none, and open routes alone */
    const char *spool;        /* folder for files that arrive; "": no SX_WEB_FILE routes */
    bool predicts;            /* the service has weights; pages tell people if it has none */
    const sx_web_route *const *routes;
    const sx_web_asset *assets;
    size_t asset_count;
    /* Whether the service can do its work; otherwise appends why not. NULL: it can. */
    bool (*ready)(void *user, sx_str *why);
    /* Appends the metrics, in the text format of Prometheus. */
    bool (*metrics)(void *user, sx_str *out, sx_error *err);
    void *user; /* of these two, and of handlers */
    /* Milliseconds since 1970; NULL: the system's clock. */
    int64_t (*now)(void *user);
    const sx_context *context; /* messages; NULL: none */
} sx_web_options;
#define SX_WEB_DEFAULTS                                                                            \
    {                                                                                              \
        .listen = "127.0.0.1", .tls = { "", "", "" }, .user_header = "", .most_connections = 512,  \
        .most_per_address = 256, .idle_seconds = 60, .request_seconds = 30, .drain_seconds = 5,    \
        .workers = 4, .store = "", .spool = ""                                                     \
    }

/* The options that settings have; the rest has the defaults. `metrics`: of the second listener. */
sx_web_options sx_web_options_from(const sx_settings *settings, bool metrics);
/* Whether servers with these options differ in nothing that settings say, apart from address, port
 * and TLS. */
bool sx_web_options_equal(const sx_web_options *a, const sx_web_options *b);

/* Routes of this folder: /api/session, /api/password, /api/audit; /healthz/live, /healthz/ready;
 * /metrics. */
extern const sx_web_route sx_session_routes[], sx_account_routes[], sx_health_routes[],
    sx_metrics_routes[];

#endif
