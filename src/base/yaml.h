/* YAML 1.1 files, read by libyaml: nested mappings of scalars and lists, as in configurations of
 * Detectron2 and yacs, in UTF-8 or, with a byte order mark, UTF-16. Nested keys are joined with
 * dots. An alias repeats its anchor's node. A merge key (<<) adds the keys of a mapping, or of a
 * list of mappings, that the mapping itself lacks. Tags, several documents, other lists of mappings
 * and duplicate keys, also of a merged mapping and of merge keys, are rejected. */
#ifndef SX_BASE_YAML_H
#define SX_BASE_YAML_H

#include "base/mem.h"
#include "base/str.h"

typedef struct sx_yaml_value {
    const char *key; /* "SOLVER.STEPS" */
    size_t line;     /* of the key, from 1; 0: set by sx_yaml_set */
    bool list;       /* [a, b], or a Python tuple (a, b) in plain text, as yacs reads it */
    bool null;       /* nothing, or ~ */
    /* [count]; one if it is no list. A list within a list is the text "[a, b]" */
    const char **items;
    size_t count;
    size_t no_text; /* the first item of a list that is null or a list, from 1; 0: none */
} sx_yaml_value;

typedef struct sx_yaml {
    sx_yaml_value *values; /* [count], in the order of the file */
    size_t count;
    size_t cap;       /* internal */
    sx_arena *memory; /* of all text */
} sx_yaml;

/* Files of at most 1 MiB, 32 levels and 1,000 anchors. Errors: SX_ERR_IO, SX_ERR_LIMIT,
 * SX_ERR_MEMORY; SX_ERR_FORMAT and SX_ERR_UNSUPPORTED name the file and the line. Free *y with
 * sx_yaml_free, also after an error. */
bool sx_yaml_open(const char *path, sx_yaml *y, sx_error *err) SX_MUST_USE;
bool sx_yaml_parse(const char *name, const void *bytes, size_t n, sx_yaml *y,
                   sx_error *err) SX_MUST_USE;
/* Reads one key of the document with everything below it, and ignores the values of other keys.
 * Plain text in parentheses or brackets remains text: Python's tuples occur only in
 * configurations. */
bool sx_yaml_parse_key(const char *name, const void *bytes, size_t n, const char *key, sx_yaml *y,
                       sx_error *err) SX_MUST_USE;
void sx_yaml_free(sx_yaml *y); /* {0} is allowed */

sx_yaml_value *sx_yaml_find(const sx_yaml *y, const char *key); /* NULL: not there */
/* Replaces the key's value by `text`, a scalar or a list of scalars as in a file. */
bool sx_yaml_set(sx_yaml *y, const char *key, const char *text, sx_error *err) SX_MUST_USE;

/* Appends a scalar so that it is read back as this text, quoted where necessary: also where another
 * reader of YAML 1.1 or 1.2 would make a null, a boolean, a number or a date of it. Bytes that are
 * not UTF-8 are escaped first (base/utf8.h) and remain escaped. */
void sx_yaml_put(sx_str *out, const char *text);

#endif
