/* The target of a request (RFC 9112, 3.2): path and query, split and percent-decoded. Each part is
 * decoded after the split, so that no encoded character acts as a separator. */
#ifndef SX_SERVICE_WEB_URI_H
#define SX_SERVICE_WEB_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

enum { SX_URI_BYTES = 8192, SX_URI_SEGMENTS = 24, SX_URI_QUERIES = 64 };

/* Texts are UTF-8 without control characters. */
typedef struct sx_uri {
    const char *segments[SX_URI_SEGMENTS]; /* "/a/b": "a", "b"; "/": none; "/a/": "a", "" */
    size_t segment_count;
    struct {
        const char *name, *value; /* value "" also without "=" */
    } queries[SX_URI_QUERIES];
    size_t query_count;
    char *memory;
} sx_uri;

/* Errors: SX_ERR_FORMAT (no path that begins with a slash; a character that must be encoded; a
 * percent sign without two hexadecimal digits; text that is not UTF-8; control characters; a
 * segment that is "." or "..", or that contains a slash or backslash), SX_ERR_LIMIT (longer than
 * the limits above), SX_ERR_MEMORY. Free with sx_uri_free, also after an error. */
bool sx_uri_parse(sx_uri *u, const char *target, sx_error *err) SX_MUST_USE;
void sx_uri_free(sx_uri *u);

/* The value of the first query with this name at index *from or later; *from becomes the index
 * behind it. NULL: there is none. */
const char *sx_uri_query(const sx_uri *u, const char *name, size_t *from);

#endif
