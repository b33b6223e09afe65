/* Internal to service/web: the server and one request on its way through it.
 *
 *     web_server.c    starts and ends all
 *     exchange.c      libmicrohttpd's callbacks: head, body, reply
 *     admit.c         what the head says: host, route, size of the body
 *     authenticate.c  who calls
 *     answer.c        the worker threads: body, handler
 *     respond.c       the reply as libmicrohttpd sends it
 *     ../net/watch.c  connections that take too long */
#ifndef SX_SERVICE_WEB_EXCHANGE_H
#define SX_SERVICE_WEB_EXCHANGE_H

#include <pthread.h>
#include <sys/types.h>

#include <microhttpd.h>

#include "service/access/attempts.h"
#include "service/access/secret.h"
#include "service/access/tokens.h"
#include "service/net/watch.h"
#include "service/web/web_options.h"

enum { SX_WEB_COOKIE = 24, SX_WEB_WORKERS = 64 };
/* A client must send and receive files at this rate, in bytes a second. */
enum { SX_WEB_SLOWEST = 16384 };
/* A body of a request that is refused is read and dropped up to this size. */
enum { SX_WEB_SWALLOWED = 65536 };

typedef struct sx_web_server sx_web_server;

/* A request and its reply. The network thread of its connection owns it, except while it waits for
 * a worker thread or is in one: then the connection is suspended. */
typedef struct sx_exchange {
    sx_web_server *server;
    struct MHD_Connection *connection;
    sx_watched *watched;
    char *target;
    sx_uri uri;
    sx_route_match match;
    const sx_web_asset *asset;
    bool started; /* its head was seen */
    bool ready;   /* the reply can be sent */
    bool broken;  /* the connection is closed without a reply */
    bool close;   /* the connection is closed after the reply */
    bool proxied; /* it comes from a trusted proxy */
    double since;
    uint64_t received, most; /* bytes of the body */
    sx_str body;
    bool full; /* the disk was, while the body was written */
    sx_account account;
    sx_token token;
    bool known;     /* the caller was authenticated */
    bool admitting; /* it is authenticated in a network thread */
    char secret[SX_SECRET_MOST];
    sx_web_request request;
    sx_web_reply reply;
    struct sx_exchange *next;
} sx_exchange;

/* The texts of PEM files; NULL: none. */
typedef struct sx_web_pems {
    char *certificate, *key, *trusted;
} sx_web_pems;

struct sx_web_server {
    sx_web_options o;
    struct MHD_Daemon *daemon;
    int listener, port;
    sx_web_pems pems;
    char cookie[SX_WEB_COOKIE];
    bool secure;                 /* browsers reach it by https */
    char (*tags)[SX_REPLY_ETAG]; /* of the assets */
    sx_password_gate *passwords;
    sx_attempts *attempts;
    sx_watch *watch;
    pthread_mutex_t lock;
    pthread_cond_t work, ended;
    sx_exchange *first, *last; /* that wait for a worker */
    int exchanges;             /* that have begun and not ended */
    bool stopping, stopped;    /* no new requests; no workers */
    pthread_t workers[SX_WEB_WORKERS];
    int worker_count;
    pthread_mutex_t admission_lock;
    sx_db *admission; /* for callers that must be known before their body is read */
};

/* The row that says how a caller proves who it is: of the path, if it lacks the method. */
static inline const sx_web_route *sx_exchange_row(const sx_exchange *x) {
    return x->match.route ? x->match.route : x->match.first;
}

int64_t sx_web_now(const sx_web_server *server);

/* ---- exchange.c ---- */
void *sx_exchange_begin(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result sx_exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *size, void **exchange);
void sx_exchange_end(void *server, struct MHD_Connection *connection, void **exchange,
                     enum MHD_RequestTerminationCode why);
/* Sets an error as the reply. */
void sx_exchange_refuse(sx_exchange *x, int status, const char *fmt, ...) SX_PRINTF(3, 4);

/* ---- admit.c ---- */
/* Examines the head of a request; sets the reply if it is refused or has no handler. */
void sx_exchange_admit(sx_exchange *x, const char *method, const char *version);
/* Refuses a body that the route does not take: with 413, or as any request of who may not call. */
void sx_exchange_refuse_body(sx_exchange *x);

/* ---- authenticate.c ---- */
/* Finds out who calls a route that is not open; sets the reply if that fails. */
bool sx_exchange_authenticate(sx_exchange *x, sx_db *db);
/* A path that the caller's role may not call looks like one that does not exist. */
bool sx_exchange_check_role(sx_exchange *x);
/* Checks what protects people against requests that other sites make in their browser. */
bool sx_exchange_check_site(sx_exchange *x);

/* ---- answer.c ---- */
/* Hands the exchange to the worker threads. False: they have ended. */
bool sx_web_queue(sx_exchange *x);
/* A worker thread. */
void *sx_web_work(void *server);

/* ---- session_routes.c ---- */
/* After an error of sx_password_hash or sx_password_verify. Too many passwords are being checked:
 * sets a reply that says when to come back, and clears *err. False: another error. */
bool sx_web_reply_busy(sx_web_reply *reply, sx_error *err);

/* ---- respond.c ---- */
enum MHD_Result sx_exchange_respond(sx_exchange *x);
/* Whether the caller's Origin may call SX_WEB_TOKEN routes from its pages; NULL: it may not, or
 * the path is none of these. */
const char *sx_exchange_cors_origin(const sx_exchange *x);

/* ---- web_tls.c ---- */
/* Reads and checks them; all NULL without TLS. Free them in any case. */
bool sx_web_pems_read(sx_web_pems *p, const sx_settings_tls *tls, sx_error *err) SX_MUST_USE;
void sx_web_pems_free(sx_web_pems *p);
bool sx_web_pems_equal(const sx_web_pems *a, const sx_web_pems *b);
/* The SHA-256 of the caller's certificate, if it is signed by one of the trusted. */
bool sx_web_tls_certificate(const sx_exchange *x, sx_sha256 *out);

#endif
