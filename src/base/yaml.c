#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/files.h"
#include "base/names.h"
#include "base/utf8.h"

enum { MOST_BYTES = 1 << 20, MOST_DEPTH = 16, MOST_KEY = 256 };

typedef struct reader {
    yaml_parser_t parser;
    const char *name;
    sx_yaml *y;
} reader;

/* ---- what is kept ---- */

static bool no_memory(sx_error *err) {
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for a configuration");
}

static bool add_value(sx_yaml *y, const char *key, size_t line, sx_yaml_value **out,
                      sx_error *err) {
    if (y->count == y->cap) {
        sx_yaml_value *more = sx_realloc(y->values, y->cap ? 2 * y->cap : 64, sizeof *more);
        if (!more) return no_memory(err);
        y->values = more;
        y->cap = y->cap ? 2 * y->cap : 64;
    }
    char *copy = sx_arena_strdup(y->memory, key);
    if (!copy) return no_memory(err);
    *out = &y->values[y->count++];
    **out = (sx_yaml_value){ .key = copy, .line = line };
    return true;
}

/* Items double their room each time the count is a power of two. */
static bool add_item(sx_yaml *y, sx_yaml_value *v, const char *text, size_t n, sx_error *err) {
    if ((v->count & (v->count - 1)) == 0) {
        const char **more = sx_arena_alloc(y->memory, v->count ? 2 * v->count : 1, sizeof *more);
        if (!more) return no_memory(err);
        if (v->count) memcpy(more, v->items, v->count * sizeof *more);
        v->items = more;
    }
    char *copy = sx_arena_alloc(y->memory, n + 1, 1);
    if (!copy) return no_memory(err);
    memcpy(copy, text, n);
    v->items[v->count++] = copy;
    return true;
}

/* The inside of a tuple or list of scalars in plain text: (5000, 7500), ("a", "b",). */
static bool split(sx_yaml *y, sx_yaml_value *v, const char *text, size_t n, sx_error *err) {
    const char *p = text, *end = text + n;
    v->list = true;
    while (p < end) {
        p += strspn(p, " \t\n");
        if (p >= end) break;
        const char quote = *p == '"' || *p == '\'' ? *p : '\0', *from = quote ? p + 1 : p,
                   *to = from;
        while (to < end && (quote ? *to != quote : *to != ','))
            to++;
        const char *next = quote && to < end ? to + 1 : to;
        while (!quote && to > from && strchr(" \t\n", to[-1]))
            to--;
        if (!add_item(y, v, from, (size_t)(to - from), err)) return false;
        while (next < end && *next != ',')
            next++;
        p = next + 1;
    }
    return true;
}

static bool is_null(const char *text) {
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static bool set_scalar(sx_yaml *y, sx_yaml_value *v, const char *text, size_t n, bool plain,
                       sx_error *err) {
    if (plain && n >= 2 &&
        ((text[0] == '(' && text[n - 1] == ')') || (text[0] == '[' && text[n - 1] == ']')))
        return split(y, v, text + 1, n - 2, err);
    v->null = plain && is_null(text);
    return add_item(y, v, v->null ? "" : text, v->null ? 0 : n, err);
}

/* ---- the file ---- */

static bool bad(const reader *r, sx_error_code code, size_t line, const char *what, sx_error *err) {
    return sx_fail(err, code, "%s, line %zu: %s", r->name, line, what);
}

static bool next(reader *r, yaml_event_t *e, sx_error *err) {
    if (yaml_parser_parse(&r->parser, e)) return true;
    if (r->parser.error == YAML_MEMORY_ERROR) return no_memory(err);
    const size_t line =
        r->parser.error == YAML_READER_ERROR ? r->parser.mark.line : r->parser.problem_mark.line;
    return bad(r, SX_ERR_FORMAT, line + 1, r->parser.problem ? r->parser.problem : "not YAML", err);
}

/* Tags and anchors would change what a value means. */
static bool plain_node(const reader *r, const yaml_event_t *e, sx_error *err) {
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (e->type == YAML_SCALAR_EVENT) anchor = e->data.scalar.anchor, tag = e->data.scalar.tag;
    if (e->type == YAML_SEQUENCE_START_EVENT)
        anchor = e->data.sequence_start.anchor, tag = e->data.sequence_start.tag;
    if (e->type == YAML_MAPPING_START_EVENT)
        anchor = e->data.mapping_start.anchor, tag = e->data.mapping_start.tag;
    if (anchor || tag || e->type == YAML_ALIAS_EVENT)
        return bad(r, SX_ERR_UNSUPPORTED, e->start_mark.line + 1,
                   "anchors, aliases and tags are not read", err);
    if (e->type == YAML_SCALAR_EVENT && memchr(e->data.scalar.value, '\0', e->data.scalar.length))
        return bad(r, SX_ERR_FORMAT, e->start_mark.line + 1, "a NUL character", err);
    return true;
}

static bool read_list(reader *r, sx_yaml_value *v, sx_str *inner, int depth, sx_error *err);

/* One element of a list; within an inner list its text goes to `inner`. */
static bool read_item(reader *r, const yaml_event_t *e, sx_yaml_value *v, sx_str *inner, int depth,
                      sx_error *err) {
    if (e->type == YAML_SCALAR_EVENT) {
        const char *text = (const char *)e->data.scalar.value;
        if (!inner) return add_item(r->y, v, text, e->data.scalar.length, err);
        if (inner->len > 1) sx_str_add(inner, ", ");
        sx_yaml_put(inner, text);
        return true;
    }
    if (e->type != YAML_SEQUENCE_START_EVENT || inner || depth >= MOST_DEPTH)
        return bad(r, SX_ERR_UNSUPPORTED, e->start_mark.line + 1,
                   "only scalars, and lists of them, in a list", err);
    sx_str text = { 0 };
    sx_str_add(&text, "[");
    bool ok = read_list(r, v, &text, depth + 1, err);
    sx_str_add(&text, "]");
    ok = ok && sx_str_ok(&text, err) && add_item(r->y, v, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}

static bool read_list(reader *r, sx_yaml_value *v, sx_str *inner, int depth, sx_error *err) {
    for (;;) {
        yaml_event_t e;
        if (!next(r, &e, err)) return false;
        const bool end = e.type == YAML_SEQUENCE_END_EVENT;
        const bool ok = end || (plain_node(r, &e, err) && read_item(r, &e, v, inner, depth, err));
        yaml_event_delete(&e);
        if (end || !ok) return ok;
    }
}

static bool read_mapping(reader *r, const char *prefix, int depth, sx_error *err);

static bool read_value(reader *r, const char *key, size_t line, const yaml_event_t *e, int depth,
                       sx_error *err) {
    sx_yaml_value *v;
    if (!plain_node(r, e, err)) return false;
    if (e->type == YAML_MAPPING_START_EVENT) return read_mapping(r, key, depth + 1, err);
    if (!add_value(r->y, key, line, &v, err)) return false;
    if (e->type == YAML_SEQUENCE_START_EVENT) {
        v->list = true;
        return read_list(r, v, NULL, depth, err);
    }
    return set_scalar(r->y, v, (const char *)e->data.scalar.value, e->data.scalar.length,
                      e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, err);
}

static bool read_mapping(reader *r, const char *prefix, int depth, sx_error *err) {
    if (depth > MOST_DEPTH)
        return bad(r, SX_ERR_LIMIT, r->parser.mark.line + 1, "nested too deeply", err);
    for (;;) {
        yaml_event_t k, v;
        char key[MOST_KEY];
        if (!next(r, &k, err)) return false;
        const size_t line = k.start_mark.line + 1;
        const bool end = k.type == YAML_MAPPING_END_EVENT;
        bool ok = end || plain_node(r, &k, err);
        if (ok && !end && (k.type != YAML_SCALAR_EVENT || k.data.scalar.length == 0))
            ok = bad(r, SX_ERR_UNSUPPORTED, line, "a key that is not a scalar", err);
        if (ok && !end) {
            const size_t p = strlen(prefix), n = k.data.scalar.length;
            if (p + n + 2 > sizeof key)
                ok = bad(r, SX_ERR_LIMIT, line, "a key that is too long", err);
            if (ok) {
                memcpy(key, prefix, p);
                if (p) key[p] = '.';
                memcpy(key + p + (p > 0), k.data.scalar.value, n + 1);
            }
        }
        yaml_event_delete(&k);
        if (end || !ok) return ok;
        if (!next(r, &v, err)) return false;
        ok = read_value(r, key, line, &v, depth, err);
        yaml_event_delete(&v);
        if (!ok) return false;
    }
}

/* The events around the single document, which may be empty. */
static bool read_document(reader *r, sx_error *err) {
    bool begun = false;
    for (;;) {
        yaml_event_t e;
        if (!next(r, &e, err)) return false;
        const yaml_event_type_t type = e.type;
        const size_t line = e.start_mark.line + 1;
        const bool empty = type == YAML_SCALAR_EVENT && is_null((const char *)e.data.scalar.value);
        bool ok = plain_node(r, &e, err);
        yaml_event_delete(&e);
        if (!ok) return false;
        if (type == YAML_STREAM_END_EVENT) return true;
        if (type == YAML_DOCUMENT_START_EVENT && begun)
            return bad(r, SX_ERR_UNSUPPORTED, line, "a second document", err);
        begun = begun || type == YAML_DOCUMENT_START_EVENT;
        if (type == YAML_MAPPING_START_EVENT && !read_mapping(r, "", 0, err)) return false;
        if (type == YAML_SEQUENCE_START_EVENT || (type == YAML_SCALAR_EVENT && !empty))
            return bad(r, SX_ERR_FORMAT, line, "expected keys with values (KEY: VALUE)", err);
    }
}

static bool check_twice(const char *name, const sx_yaml *y, sx_error *err) {
    sx_names seen = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < y->count; i++) {
        bool fresh = false;
        ok = sx_names_put(&seen, y->values[i].key, (uint32_t)i, &fresh, err);
        if (ok && !fresh)
            ok = sx_fail(err, SX_ERR_FORMAT, "%s, line %zu: %s a second time (line %zu)", name,
                         y->values[i].line, y->values[i].key,
                         sx_yaml_find(y, y->values[i].key)->line);
    }
    sx_names_free(&seen);
    return ok;
}

bool sx_yaml_parse(const char *name, const void *bytes, size_t n, sx_yaml *y, sx_error *err) {
    *y = (sx_yaml){ .memory = sx_arena_new() };
    reader r = { .name = name, .y = y };
    if (n > MOST_BYTES) return sx_fail(err, SX_ERR_LIMIT, "%s: larger than 1 MiB", name);
    if (!y->memory || !yaml_parser_initialize(&r.parser)) return no_memory(err);
    yaml_parser_set_input_string(&r.parser, bytes, n);
    const bool ok = read_document(&r, err) && check_twice(name, y, err);
    yaml_parser_delete(&r.parser);
    return ok;
}

bool sx_yaml_open(const char *path, sx_yaml *y, sx_error *err) {
    sx_file f;
    *y = (sx_yaml){ 0 };
    if (!sx_file_open(&f, path, err)) return false;
    const bool ok = sx_yaml_parse(path, f.data, f.size, y, err);
    sx_file_close(&f);
    return ok;
}

void sx_yaml_free(sx_yaml *y) {
    sx_arena_free(y->memory);
    free(y->values);
    *y = (sx_yaml){ 0 };
}

sx_yaml_value *sx_yaml_find(const sx_yaml *y, const char *key) {
    for (size_t i = 0; i < y->count; i++)
        if (strcmp(y->values[i].key, key) == 0) return &y->values[i];
    return NULL;
}

bool sx_yaml_set(sx_yaml *y, const char *key, const char *text, sx_error *err) {
    sx_yaml_value *v = sx_yaml_find(y, key);
    if (!y->memory && !(y->memory = sx_arena_new())) return no_memory(err);
    if (!v && !add_value(y, key, 0, &v, err)) return false;
    *v = (sx_yaml_value){ .key = v->key };
    return set_scalar(y, v, text, strlen(text), true, err);
}

/* Letters, digits and a few marks, blanks only inside. */
static bool is_plain(const char *text) {
    if (is_null(text) || text[0] == ' ' || text[strlen(text) - 1] == ' ') return false;
    if (text[0] == '-' && !(text[1] >= '0' && text[1] <= '9')) return false;
    for (const char *p = text; *p; p++) {
        const bool letter =
            (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
        if (!letter && !strchr("_./+- ", *p)) return false;
    }
    return true;
}

/* Characters that YAML takes for ends of lines or refuses: below U+00A0, and U+2028, U+2029. */
static size_t put_escaped(sx_str *out, const unsigned char *p) {
    if (p[0] == '"' || p[0] == '\\') return sx_str_printf(out, "\\%c", p[0]), 1;
    if (p[0] < 0x20 || p[0] == 0x7f) return sx_str_printf(out, "\\x%02X", p[0]), 1;
    if (p[0] == 0xc2 && p[1] < 0xa0) return sx_str_printf(out, "\\x%02X", p[1]), 2;
    if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
        return sx_str_printf(out, "\\u20%02X", p[2] - 0x80), 3;
    return sx_str_append(out, p, 1), 1;
}

void sx_yaml_put(sx_str *out, const char *text) {
    if (is_plain(text)) {
        sx_str_add(out, text);
        return;
    }
    sx_str_add(out, "\"");
    sx_str valid = { 0 };
    sx_utf8_escape(&valid, text);
    out->failed = out->failed || valid.failed;
    for (const unsigned char *p = (const unsigned char *)sx_str_text(&valid); *p;)
        p += put_escaped(out, p);
    sx_str_free(&valid);
    sx_str_add(out, "\"");
}
