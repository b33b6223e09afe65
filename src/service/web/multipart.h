/* The parts of a multipart body (RFC 2046, 5.1) that is in a file. */
#ifndef SX_SERVICE_WEB_MULTIPART_H
#define SX_SERVICE_WEB_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_multipart sx_multipart;

enum { SX_MULTIPART_TYPE = 128 };

/* Begins with the body at the descriptor's position; the descriptor is borrowed. `content_type`: of
 * the request, "multipart/related; type=...; boundary=...". Errors: SX_ERR_UNSUPPORTED (another
 * type than multipart/related of `type`), SX_ERR_FORMAT (no valid boundary), SX_ERR_MEMORY. */
sx_multipart *sx_multipart_open(int file, const char *content_type, const char *type,
                                sx_error *err) SX_MUST_USE;
void sx_multipart_free(sx_multipart *m); /* NULL is allowed */

/* Goes to the next part, passing over what is left of this one; *more is false after the last.
 * `type` receives its Content-Type, or "". Errors: SX_ERR_FORMAT (the body ends within a part; a
 * head that is none or too long), SX_ERR_IO. */
bool sx_multipart_next(sx_multipart *m, bool *more, char type[SX_MULTIPART_TYPE],
                       sx_error *err) SX_MUST_USE;

/* Receives bytes of a part; false, with *err set, stops. */
typedef bool sx_multipart_fn(void *user, const void *bytes, size_t n, sx_error *err);
/* Gives the content of the part, in pieces. Errors: as above, and those of `take`. */
bool sx_multipart_content(sx_multipart *m, sx_multipart_fn *take, void *user,
                          sx_error *err) SX_MUST_USE;

#endif
