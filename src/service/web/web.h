/* What a handler of a route (service/web/routes.h) gets and gives. */
#ifndef SX_SERVICE_WEB_WEB_H
#define SX_SERVICE_WEB_WEB_H

#include <jansson.h>

#include "base/json.h"
#include "service/access/accounts.h"
#include "service/net/gate.h"
#include "service/store/db.h"
#include "service/web/routes.h"

struct sx_exchange;

/* Valid during the call of the handler. Texts are UTF-8. */
typedef struct sx_web_request {
    const char *method; /* "GET", also for HEAD */
    const sx_web_route *route;
    char address[SX_ADDRESS];  /* of the caller; behind a trusted proxy what that says */
    int64_t now;               /* milliseconds since 1970 */
    sx_role role;              /* 0 on open routes */
    const sx_account *account; /* SX_WEB_SESSION: who is signed in; else NULL */
    const char *who;           /* the login or the token's name; "" on open routes */
    const char *session;       /* the session's secret; "" if a proxy signed the person in */
    const json_t *body;        /* SX_WEB_JSON: an object; else NULL */
    int file;                  /* SX_WEB_FILE: open for reading from the start; else -1 */
    uint64_t file_size;
    const char *body_type; /* the Content-Type header; "" if absent */
    sx_db *db;             /* of this worker thread; NULL on open routes if it cannot be reached */
    void *user;            /* of the server's options */
    struct sx_exchange *exchange;
} sx_web_request;

/* The decoded value of {name} in the route's path. A name that the path lacks is "". */
const char *sx_web_parameter(const sx_web_request *r, const char *name);
/* The first value of a query; NULL if it is absent. */
const char *sx_web_query(const sx_web_request *r, const char *name);
/* The next value of a query that may be repeated; *from is 0 at first. NULL: no more. */
const char *sx_web_query_next(const sx_web_request *r, const char *name, size_t *from);
/* A whole number of a query, or `otherwise` if it is absent. SX_ERR_VALUE: it is none, or out of
 * range. */
bool sx_web_query_int(const sx_web_request *r, const char *name, long least, long most,
                      long otherwise, long *out, sx_error *err) SX_MUST_USE;
/* A header as it was sent, any bytes; NULL if it is absent. */
const char *sx_web_header(const sx_web_request *r, const char *name);
/* A text of the JSON body. SX_ERR_VALUE names the key: it is missing, no text, or longer than
 * `most` bytes. */
bool sx_web_body_text(const sx_web_request *r, const char *key, size_t most, const char **out,
                      sx_error *err) SX_MUST_USE;

/* Adds to the audit log that the caller does this. Call it in the transaction of what it does.
 * `object`: a UID, a login, a job; no data of patients. Errors: those of sx_db_run. */
bool sx_web_audit(const sx_web_request *r, const char *action, const char *object,
                  const char *detail, sx_error *err) SX_MUST_USE;

/* ---- replies ---- */

/* Gives the next bytes of a stream: their number, 0 at the end, -1 on failure, which ends the
 * connection. Called in the server's network threads; it should not wait long. */
typedef int64_t sx_web_read(void *stream, void *to, size_t n);

enum { SX_REPLY_HEADERS = 8, SX_REPLY_ETAG = 72 };

/* Filled by the functions below; a handler may set `cache` and `etag` itself. */
typedef struct sx_web_reply {
    int status;
    const char *type; /* of the content; a literal */
    /* Cache-Control; NULL: "no-store" */
    const char *cache;
    /* "..." with its quotes; a request that has it already is answered 304; "": none */
    char etag[SX_REPLY_ETAG];
    char *bytes; /* owned */
    size_t n;
    int file; /* owned; -1: none */
    sx_web_read *read;
    void *stream; /* owned, by stream_free */
    void (*stream_free)(void *stream);
    uint64_t size; /* of file or stream; UINT64_MAX: not known */
    struct {
        const char *name;
        char *value; /* owned */
    } headers[SX_REPLY_HEADERS];
    size_t header_count;
} sx_web_reply;

/* Each sets status and content, in place of earlier ones. */
void sx_web_reply_empty(sx_web_reply *out, int status);
/* Prints and frees the document. Errors: those of sx_json_print. */
bool sx_web_reply_json(sx_web_reply *out, int status, sx_json_doc *doc, sx_error *err) SX_MUST_USE;
/* Takes `bytes` (free), also NULL with n 0. */
void sx_web_reply_bytes(sx_web_reply *out, int status, const char *type, char *bytes, size_t n);
/* Takes the text. SX_ERR_MEMORY if it has failed. */
bool sx_web_reply_str(sx_web_reply *out, int status, const char *type, sx_str *text,
                      sx_error *err) SX_MUST_USE;
/* Takes the descriptor; sends `size` bytes from its start. */
void sx_web_reply_file(sx_web_reply *out, int status, const char *type, int file, uint64_t size);
void sx_web_reply_stream(sx_web_reply *out, int status, const char *type, sx_web_read *read,
                         void *stream, void (*stream_free)(void *stream), uint64_t size);
/* {"error": "..."} */
void sx_web_reply_error(sx_web_reply *out, int status, const char *fmt, ...) SX_PRINTF(3, 4);
/* Adds a header; `name` is a literal. Control characters in the value become blanks. */
bool sx_web_reply_header(sx_web_reply *out, const char *name, const char *value,
                         sx_error *err) SX_MUST_USE;
void sx_web_reply_free(sx_web_reply *out);

#endif
