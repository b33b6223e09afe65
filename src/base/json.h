/* JSON documents, built value by value and printed in a readable form. The values are
 * Jansson's; reading and printing are our own (json_parse.c says why).
 *
 *     sx_json_doc doc;
 *     sx_json film = sx_json_new_object(&doc);
 *     sx_json_text(film, "path", path);
 *     sx_json box = sx_json_array(film, "box");
 *     for (int i = 0; i < 4; i++)
 *         sx_json_number(box, NULL, corner[i]);
 *     bool ok = sx_json_write(&doc, "film.json", err);
 *     sx_json_free(&doc);
 *
 * Functions that add a value return no error. The document stores the first error, later calls do
 * nothing, and printing or sx_json_ok reports the error. A value is never left out without an
 * error. A document is used by one thread at a time. */
#ifndef SX_BASE_JSON_H
#define SX_BASE_JSON_H

#include <jansson.h>
#include <stdint.h>

#include "base/str.h"

typedef struct sx_json_doc {
    json_t *root;   /* read-only; incomplete after an error */
    sx_error error; /* the first one, SX_OK: none */
} sx_json_doc;

/* An object or array of a document, valid as long as the document stays where it is. */
typedef struct sx_json {
    sx_json_doc *doc;
    json_t *node;
} sx_json;

/* Begin a document in *doc, whose previous content is ignored. */
sx_json sx_json_new_object(sx_json_doc *doc);
sx_json sx_json_new_array(sx_json_doc *doc);
void sx_json_free(sx_json_doc *doc); /* and clears it; { 0 } is allowed */
/* The outermost object or array. */
sx_json sx_json_root(sx_json_doc *doc);

/* Append a value to `at`: under `key` to an object, with `key` NULL to an array. A duplicate key is
 * an error (SX_ERR_INTERNAL), because the earlier value would be lost. */
sx_json sx_json_object(sx_json at, const char *key);
sx_json sx_json_array(sx_json at, const char *key);
/* NULL is null. Bytes that are not UTF-8, in text and key, are escaped by sx_utf8_escape
 * (base/utf8.h): byte 0xF6 becomes the four characters \xf6. */
void sx_json_text(sx_json at, const char *key, const char *text);
/* NaN and infinities are null. */
void sx_json_number(sx_json at, const char *key, double v);
void sx_json_integer(sx_json at, const char *key, int64_t v);
/* A count; SX_ERR_INTERNAL above INT64_MAX. */
void sx_json_count(sx_json at, const char *key, size_t n);
void sx_json_bool(sx_json at, const char *key, bool v);
void sx_json_null(sx_json at, const char *key);
/* Moves the contents of another document here and leaves it empty; its error becomes this
 * document's. */
void sx_json_move(sx_json at, const char *key, sx_json_doc *from);

/* False with the document's error: SX_ERR_MEMORY, SX_ERR_INTERNAL. */
bool sx_json_ok(const sx_json_doc *doc, sx_error *err) SX_MUST_USE;

typedef enum sx_json_style {
    /* containers that fit on a line are printed on one; 9 significant digits, enough for a float32;
     * ends in a newline */
    SX_JSON_LINES,
    SX_JSON_ONE_LINE, /* the same on one line, with a newline: a line of a .jsonl file */
    SX_JSON_INDENTED, /* one value per line, 17 digits, enough for a double; a newline */
    SX_JSON_COMPACT   /* one line without blanks or newline, 17 digits */
} sx_json_style;

/* Appends the document as UTF-8 text, keys in the order in which they were appended. Errors: as
 * sx_json_ok. */
bool sx_json_print(const sx_json_doc *doc, sx_json_style style, sx_str *out,
                   sx_error *err) SX_MUST_USE;
/* SX_JSON_LINES into a file, whole or not at all. Errors: also SX_ERR_IO. */
bool sx_json_write(const sx_json_doc *doc, const char *path, sx_error *err) SX_MUST_USE;
/* Appends one text as a JSON string with its quotes, as sx_json_text stores it, for documents too
 * large to be built in memory first. Sets out->failed when memory runs out. */
void sx_json_quote(sx_str *out, const char *text);

/* Reads JSON (RFC 8259), which the caller releases. The outermost value must be an array or an
 * object; \u0000, more than 2048 nested values and integers beyond 64 bits are rejected. NULL:
 * SX_ERR_FORMAT with the line in *line (may be NULL), or SX_ERR_MEMORY. `unique_keys`: a duplicate
 * key is an error. */
json_t *sx_json_parse(const void *text, size_t n, bool unique_keys, int *line,
                      sx_error *err) SX_MUST_USE;
/* Reads a file of JSON, which the caller releases. NULL: SX_ERR_FORMAT with path and line, or as
 * sx_file_open. */
json_t *sx_json_read(const char *path, sx_error *err) SX_MUST_USE;

/* Whether a value is a whole number; many programs write 1 as 1.0. Above 2^53, only integers are.
 */
bool sx_json_whole(const json_t *v, json_int_t *to);

#endif
