/* The routes of the web server: const tables, which say for each method and path who may call it,
 * how callers prove who they are, and what body is accepted.
 *
 *     static const sx_web_route routes[] = {
 *         { "GET", "/api/jobs/{id}", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_job },
 *         { "POST", "/dicom-web/studies", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_FILE,
 *           (uint64_t)2 << 30, store_instances },
 *         { .method = NULL },
 *     };
 *
 * Rows of one path stand together. A row with fixed text stands before one with a parameter in the
 * same place, because the first row that fits is taken. A GET row also answers HEAD. */
#ifndef SX_SERVICE_WEB_ROUTES_H
#define SX_SERVICE_WEB_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/str.h"
#include "service/access/roles.h"
#include "service/web/uri.h"

struct sx_web_request;
struct sx_web_reply;

/* Answers a request, in one of the server's worker threads. False with *err: the reply is an error
 * with the error's message; SX_ERR_USAGE, FORMAT and VALUE are status 400, MISSING 404, MISMATCH
 * 409, LIMIT 413, UNSUPPORTED 415, REFUSED 403, IO and MEMORY 503, all others 500. The message of a
 * status from 500 on goes to the log, and the caller gets a general one. */
typedef bool sx_web_handler(struct sx_web_request *request, struct sx_web_reply *reply,
                            sx_error *err);

/* How a caller proves who it is. */
typedef enum sx_web_auth {
    SX_WEB_OPEN,    /* not at all */
    SX_WEB_SESSION, /* people: the cookie of a session, or the header of a trusted proxy */
    SX_WEB_TOKEN    /* programs: a bearer token or a client certificate; never the cookie */
} sx_web_auth;

typedef enum sx_web_body {
    SX_WEB_NO_BODY,
    SX_WEB_JSON, /* an object, of at most `most` bytes; parsed */
    /* any bytes, at most `most`, written to a file without a name while they come, after the caller
     * and its role are known */
    SX_WEB_FILE
} sx_web_body;

typedef struct sx_web_route {
    const char *method; /* GET, POST, PUT or DELETE */
    const char *path;   /* "/api/jobs/{id}" */
    unsigned roles;     /* sx_role bits; 0 for SX_WEB_OPEN */
    sx_web_auth auth;
    sx_web_body body;
    uint64_t most; /* bytes of the body */
    sx_web_handler *handler;
} sx_web_route;

enum { SX_ROUTE_PARAMETERS = 6, SX_WEB_JSON_MOST = 1 << 20 };

typedef struct sx_route_match {
    const sx_web_route *route; /* of path and method; NULL: the path has no such method */
    const sx_web_route *first; /* of the path; NULL: there is no such path */
    unsigned roles;            /* of all rows of the path */
    struct {
        char name[24];
        const char *value; /* of the uri */
    } parameters[SX_ROUTE_PARAMETERS];
    size_t parameter_count;
} sx_route_match;

/* `tables`: arrays of routes, each ending with a row whose method is NULL; a NULL pointer ends the
 * list. */
void sx_route_find(const sx_web_route *const *tables, const sx_uri *uri, const char *method,
                   sx_route_match *out);

/* Appends the methods of a path that callers of `roles` may use, "GET, HEAD"; roles 0: all. */
void sx_route_methods(const sx_web_route *const *tables, const sx_route_match *match,
                      unsigned roles, sx_str *out);

/* Checks tables once, before they are used: methods, paths, that roles and authentication belong
 * together, that rows of a path are all for programs or none, and that no row hides another.
 * SX_ERR_USAGE names the row. */
bool sx_routes_check(const sx_web_route *const *tables, sx_error *err) SX_MUST_USE;

#endif
