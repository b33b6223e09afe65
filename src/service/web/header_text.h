/* Values of request headers. Every function accepts NULL for a header that is absent, and any
 * bytes. */
#ifndef SX_SERVICE_WEB_HEADER_TEXT_H
#define SX_SERVICE_WEB_HEADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The value of a cookie (RFC 6265, 4.2) in out[size], without quotes. False: the header has no such
 * cookie or more than one, or the value does not fit. */
bool sx_header_cookie(const char *header, const char *name, char *out, size_t size);

/* "Bearer TOKEN" (RFC 6750, 2.1). False: another scheme, or a token that does not fit or has
 * characters that tokens do not have. */
bool sx_header_bearer(const char *header, char *out, size_t size);

/* Whether a Host header "NAME" or "NAME:PORT" may address this service: NAME is "localhost", an
 * IPv4 address, or one of names[count]. Web pages can make a name of their own lead to this
 * machine (DNS rebinding), but not an address. */
bool sx_header_host_allowed(const char *host, const char *const *names, size_t count);

/* Whether an Origin header is SCHEME://HOST, where `host` is the request's Host header. */
bool sx_header_same_origin(const char *origin, const char *scheme, const char *host);

/* Whether a Content-Type header names this media type, with or without parameters. */
bool sx_header_is_type(const char *header, const char *type);

/* Whether an If-None-Match header names this entity tag ("..." with its quotes) or is "*". */
bool sx_header_matches_tag(const char *header, const char *etag);

/* The last address of an X-Forwarded-For header, which the nearest proxy added. False: it is no
 * address. */
bool sx_header_forwarded(const char *header, char *out, size_t size);

#endif
