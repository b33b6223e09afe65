/* JSON as text that people can read too. */
#ifndef SX_BASE_JSON_H
#define SX_BASE_JSON_H

#include <jansson.h>

#include "base/str.h"

/* Appends `j` and a newline: what fits on a line stands on one, keys keep their order, numbers have
 * 9 significant digits (enough for a float32). `j` NULL is SX_ERR_MEMORY, so that a failed
 * constructor can be passed straight on. */
bool sx_json_text(const json_t *j, sx_str *out, sx_error *err) SX_MUST_USE;
/* The same into a file, whole or not at all. */
bool sx_json_write(const json_t *j, const char *path, sx_error *err) SX_MUST_USE;

/* Reads a file of JSON, which the caller releases. NULL: SX_ERR_FORMAT with path and line, or as
 * sx_file_open. */
json_t *sx_json_read(const char *path, sx_error *err) SX_MUST_USE;

#endif
