/* An HTTP client, for DICOMweb and webhooks, on libcurl.
 *
 * Certificates are always verified. No redirect is followed, no proxy is used unless it is named,
 * whatever the environment says, and no other protocol than HTTP and HTTPS is spoken. A request
 * has a time-out for the connection, for a time without progress, and for the whole. From any
 * thread. */
#ifndef SX_SERVICE_NET_HTTP_CLIENT_H
#define SX_SERVICE_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

/* The other end. Texts are borrowed; NULL and "" mean none. */
typedef struct sx_http_remote {
    const char *url; /* "https://archive.example/dicom-web" */
    /* A file with a bearer token (RFC 6750), or with "name:password" for basic authentication, in
     * its first line. It is read for every request, so that it can be replaced at any time. At most
     * one of them. */
    const char *token_file, *password_file;
    const char *trusted; /* PEM: the certificate authorities to trust, instead of the system's */
    const char *proxy;   /* "http://proxy.example:3128" */
    int message_seconds; /* without progress; at least 1 */
} sx_http_remote;

/* A piece of a body; borrowed. */
typedef struct sx_http_piece {
    const void *bytes;
    size_t n;
} sx_http_piece;

typedef struct sx_http_call {
    const char *path;          /* appended to the URL: "/studies"; may be "" */
    const char *accept;        /* media type of the answer; NULL: any */
    const char *content_type;  /* of the body; NULL: there is no body, and the method is GET */
    const sx_http_piece *body; /* [pieces] that follow one another, sent by POST */
    size_t pieces;
} sx_http_call;

typedef struct sx_http_answer {
    int status;         /* 200, 404, ... */
    sx_str body;        /* at most 2 MiB */
    char location[200]; /* of a redirect, which is not followed; "" */
} sx_http_answer;

/* True if an answer came, whatever its status. Free the answer with sx_http_answer_free in any
 * case. Errors: SX_ERR_IO (may pass: no connection, a time-out, an answer that is cut off, a
 * certificate that is refused, a file with a secret that cannot be read), SX_ERR_VALUE (stays: the
 * URL, the PEM file, the contents of a file with a secret), SX_ERR_LIMIT (the answer or its headers
 * are too long), SX_ERR_MEMORY. Messages name the URL and never a secret. */
bool sx_http_send(const sx_http_remote *remote, const sx_http_call *call, sx_http_answer *answer,
                  sx_error *err) SX_MUST_USE;
void sx_http_answer_free(sx_http_answer *answer); /* {0} is allowed */

#endif
