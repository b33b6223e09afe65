#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/ascii.h"
#include "base/files.h"
#include "base/names.h"
#include "base/utf8.h"

enum {
    MOST_BYTES = 1 << 20,
    MOST_DEPTH = 16,
    MOST_LEVELS = 32, /* of libyaml's tree, lists included */
    MOST_ANCHORS = 1000,
    MOST_KEY = 256,
    MOST_TEXT = 4 << 20,
    MOST_COPIES = 1 << 16
};

typedef struct reader {
    yaml_parser_t parser;
    yaml_document_t document;
    const char *name, *only; /* only: the one key of the document that is read; NULL: all */
    sx_names seen;           /* the keys so far, with their lines */
    size_t nodes, text;      /* read so far, as often as aliases repeat them; text in bytes */
    int merges;              /* merge keys within one another */
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

/* The capacity doubles whenever the count is a power of two. */
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

/* The content of a tuple or list of scalars in plain text: (5000, 7500), ("a", "b",). */
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
                       bool tuples, sx_error *err) {
    if (plain && tuples && n >= 2 &&
        ((text[0] == '(' && text[n - 1] == ')') || (text[0] == '[' && text[n - 1] == ']')))
        return split(y, v, text + 1, n - 2, err);
    v->null = plain && is_null(text);
    return add_item(y, v, v->null ? "" : text, v->null ? 0 : n, err);
}

/* ---- what is written ---- */

/* A plain scalar of one token: letters, digits and a few marks, blanks only inside. */
static bool is_one_token(const char *text) {
    if (is_null(text) || text[0] == ' ' || text[strlen(text) - 1] == ' ') return false;
    if (text[0] == '-' && !sx_is_digit(text[1])) return false;
    for (const char *p = text; *p; p++)
        if (!sx_is_letter(*p) && !sx_is_digit(*p) && !strchr("_./+- ", *p)) return false;
    return true;
}

/* Some readers of YAML 1.1 or 1.2 make a null, a boolean, a number or a date of the plain text.
 * Numbers, dates and times begin with a digit, after a sign, or with a point (.5, .inf). */
static bool has_other_type(const char *text) {
    static const char *const words[] = {
        "null", "true", "false", "yes", "no", "on", "off", "y", "n"
    };
    const char first = text[text[0] == '+' || text[0] == '-'];
    if (sx_is_digit(first) || first == '.') return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sx_equal_letters(text, words[i])) return true;
    return false;
}

/* Characters that YAML treats as line ends or rejects: below U+00A0, and U+2028, U+2029. */
static size_t put_escaped(sx_str *out, const unsigned char *p) {
    if (p[0] == '"' || p[0] == '\\') return sx_str_printf(out, "\\%c", p[0]), 1;
    if (p[0] < 0x20 || p[0] == 0x7f) return sx_str_printf(out, "\\x%02X", p[0]), 1;
    if (p[0] == 0xc2 && p[1] < 0xa0) return sx_str_printf(out, "\\x%02X", p[1]), 2;
    if (p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
        return sx_str_printf(out, "\\u20%02X", p[2] - 0x80), 3;
    return sx_str_append(out, p, 1), 1;
}

static void put_scalar(sx_str *out, const char *text, bool plain) {
    if (plain) {
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

void sx_yaml_put(sx_str *out, const char *text) {
    put_scalar(out, text, is_one_token(text) && !has_other_type(text));
}

/* ---- the document ---- */

static bool bad(const reader *r, sx_error_code code, size_t line, const char *what, sx_error *err) {
    return sx_fail(err, code, "%s, line %zu: %s", r->name, line, what);
}

static size_t line_of(const yaml_node_t *n) {
    return n->start_mark.line + 1;
}

/* Tags would change what a value means. libyaml gives a node without a tag the default of its
 * type. */
static bool check_node(const reader *r, const yaml_node_t *n, sx_error *err) {
    const char *const plain = n->type == YAML_SCALAR_NODE     ? YAML_DEFAULT_SCALAR_TAG
                              : n->type == YAML_SEQUENCE_NODE ? YAML_DEFAULT_SEQUENCE_TAG
                                                              : YAML_DEFAULT_MAPPING_TAG;
    if (strcmp((const char *)n->tag, plain) != 0)
        return bad(r, SX_ERR_UNSUPPORTED, line_of(n), "tags are not read", err);
    if (n->type == YAML_SCALAR_NODE && memchr(n->data.scalar.value, '\0', n->data.scalar.length))
        return bad(r, SX_ERR_FORMAT, line_of(n), "a NUL character", err);
    return true;
}

static yaml_node_t *node_at(reader *r, int number) {
    return yaml_document_get_node(&r->document, number);
}

/* An alias repeats its anchor's node, so that a short file can expand to very many nodes. */
static bool count_node(reader *r, const yaml_node_t *n, sx_error *err) {
    const size_t own = (size_t)(r->document.nodes.top - r->document.nodes.start);
    r->text += n->type == YAML_SCALAR_NODE ? n->data.scalar.length : 0;
    return (++r->nodes <= own + MOST_COPIES && r->text <= MOST_TEXT) ||
           bad(r, SX_ERR_LIMIT, line_of(n), "aliases make it too large", err);
}

static bool read_list(reader *r, const yaml_node_t *list, sx_yaml_value *v, sx_str *inner,
                      int depth, sx_error *err);

static void mark_item(sx_yaml_value *v) {
    if (!v->no_text) v->no_text = v->count + 1;
}

/* One element of a list; within an inner list its text goes to `inner`. */
static bool read_item(reader *r, const yaml_node_t *n, sx_yaml_value *v, sx_str *inner, int depth,
                      sx_error *err) {
    if (!check_node(r, n, err) || !count_node(r, n, err)) return false;
    if (n->type == YAML_SCALAR_NODE) {
        const char *text = (const char *)n->data.scalar.value;
        if (!inner && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && is_null(text))
            mark_item(v);
        if (!inner) return add_item(r->y, v, text, n->data.scalar.length, err);
        if (inner->len > 1) sx_str_add(inner, ", ");
        put_scalar(inner, text, is_one_token(text));
        return true;
    }
    if (n->type != YAML_SEQUENCE_NODE || inner || depth >= MOST_DEPTH)
        return bad(r, SX_ERR_UNSUPPORTED, line_of(n), "only scalars, and lists of them, in a list",
                   err);
    sx_str text = { 0 };
    mark_item(v);
    sx_str_add(&text, "[");
    bool ok = read_list(r, n, v, &text, depth + 1, err);
    sx_str_add(&text, "]");
    ok = ok && sx_str_ok(&text, err) && add_item(r->y, v, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}

static bool read_list(reader *r, const yaml_node_t *list, sx_yaml_value *v, sx_str *inner,
                      int depth, sx_error *err) {
    const yaml_node_item_t *item = list->data.sequence.items.start;
    for (; item < list->data.sequence.items.top; item++)
        if (!read_item(r, node_at(r, *item), v, inner, depth, err)) return false;
    return true;
}

static bool read_mapping(reader *r, const yaml_node_t *map, const char *prefix, int depth,
                         sx_error *err);

static bool read_value(reader *r, const char *key, size_t line, const yaml_node_t *n, int depth,
                       sx_error *err) {
    sx_yaml_value *v = NULL;
    if (!check_node(r, n, err) || !count_node(r, n, err)) return false;
    if (n->type == YAML_MAPPING_NODE) return read_mapping(r, n, key, depth + 1, err);
    if (!add_value(r->y, key, line, &v, err) || !v) return false;
    if (n->type == YAML_SEQUENCE_NODE) {
        v->list = true;
        return read_list(r, n, v, NULL, depth, err);
    }
    return set_scalar(r->y, v, (const char *)n->data.scalar.value, n->data.scalar.length,
                      n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE, r->only == NULL, err);
}

static bool repeated(const reader *r, const yaml_node_t *n, const char *key, long first_line,
                     sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "%s, line %zu: %s a second time (line %ld)", r->name,
                   line_of(n), key, first_line);
}

/* "prefix.key". If it repeats an earlier key, that is an error, or, with `again`, noted there. */
static bool join_key(reader *r, const yaml_node_t *n, const char *prefix, char key[MOST_KEY],
                     bool *again, sx_error *err) {
    if (!check_node(r, n, err)) return false;
    if (n->type != YAML_SCALAR_NODE || n->data.scalar.length == 0)
        return bad(r, SX_ERR_UNSUPPORTED, line_of(n), "a key that is not a scalar", err);
    const size_t p = strlen(prefix);
    /* with its dot and its end */
    if (p + (p > 0) + n->data.scalar.length + 1 > MOST_KEY)
        return bad(r, SX_ERR_LIMIT, line_of(n), "a key that is too long", err);
    memcpy(key, prefix, p);
    if (p) key[p] = '.';
    memcpy(key + p + (p > 0), n->data.scalar.value, n->data.scalar.length + 1);
    bool fresh = false;
    if (!sx_names_put(&r->seen, key, (uint32_t)line_of(n), &fresh, err)) return false;
    if (again) *again = !fresh;
    if (fresh || again) return true;
    return repeated(r, n, key, sx_names_find(&r->seen, key), err);
}

/* The pair is not that of the only key that is read. */
static bool is_other_key(const reader *r, const yaml_node_t *n, int depth) {
    return r->only && depth == 0 &&
           (n->type != YAML_SCALAR_NODE ||
            strcmp((const char *)n->data.scalar.value, r->only) != 0);
}

/* Plain "<<": the value's keys are added to those of the mapping. */
static bool is_merge(const yaml_node_t *n) {
    return n->type == YAML_SCALAR_NODE && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp((const char *)n->data.scalar.value, "<<") == 0;
}

static bool read_pairs(reader *r, const yaml_node_t *map, const char *prefix, int depth,
                       bool merged, sx_error *err);

/* A mapping, whose keys do not replace those that there are. */
static bool merge_mapping(reader *r, const yaml_node_t *n, const char *prefix, int depth,
                          sx_error *err) {
    if (!check_node(r, n, err) || !count_node(r, n, err)) return false;
    if (n->type != YAML_MAPPING_NODE)
        return bad(r, SX_ERR_FORMAT, line_of(n), "a merge key (<<) without a mapping", err);
    if (r->merges > MOST_DEPTH)
        return bad(r, SX_ERR_LIMIT, line_of(n), "merge keys (<<) are nested too deeply", err);
    return read_pairs(r, n, prefix, depth, true, err);
}

/* A mapping, or a list of mappings, of which the first that has a key decides. */
static bool merge_value(reader *r, const yaml_node_t *n, const char *prefix, int depth,
                        sx_error *err) {
    bool ok = true;
    r->merges++;
    if (n->type == YAML_SEQUENCE_NODE) {
        ok = check_node(r, n, err) && count_node(r, n, err);
        const yaml_node_item_t *item = n->data.sequence.items.start;
        for (; ok && item < n->data.sequence.items.top; item++)
            ok = merge_mapping(r, node_at(r, *item), prefix, depth, err);
    } else {
        ok = merge_mapping(r, n, prefix, depth, err);
    }
    r->merges--;
    return ok;
}

/* One merge key at most, and no key of a merged mapping twice in this mapping: join_key does not
 * see that, as keys of a merged mapping may repeat those of others. */
static bool check_repeats(reader *r, const yaml_node_t *map, int depth, bool merged,
                          sx_error *err) {
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    sx_names own = { 0 };
    long merge_line = 0;
    bool ok = true, fresh = true;
    for (; ok && pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *k = node_at(r, pair->key);
        if (is_merge(k)) {
            ok = !merge_line || repeated(r, k, "<<", merge_line, err);
            merge_line = (long)line_of(k);
        } else if (merged && !is_other_key(r, k, depth)) {
            const char *key = (const char *)k->data.scalar.value;
            ok = sx_names_put(&own, key, (uint32_t)line_of(k), &fresh, err) &&
                 (fresh || repeated(r, k, key, sx_names_find(&own, key), err));
        }
    }
    sx_names_free(&own);
    return ok;
}

/* merged: keys that were read before win. */
static bool read_pairs(reader *r, const yaml_node_t *map, const char *prefix, int depth,
                       bool merged, sx_error *err) {
    const yaml_node_pair_t *const begin = map->data.mapping.pairs.start, *const end =
                                                                             map->data.mapping.pairs
                                                                                 .top;
    for (const yaml_node_pair_t *pair = begin; pair < end; pair++) {
        const yaml_node_t *k = node_at(r, pair->key);
        char key[MOST_KEY];
        bool again = false;
        if (merged && !count_node(r, k, err)) return false;
        if (is_merge(k) || is_other_key(r, k, depth)) continue;
        if (!join_key(r, k, prefix, key, merged ? &again : NULL, err)) return false;
        if (!again && !read_value(r, key, line_of(k), node_at(r, pair->value), depth, err))
            return false;
    }
    if (!check_repeats(r, map, depth, merged, err)) return false;
    for (const yaml_node_pair_t *pair = begin; pair < end; pair++)
        if (is_merge(node_at(r, pair->key)) &&
            !merge_value(r, node_at(r, pair->value), prefix, depth, err))
            return false;
    return true;
}

static bool read_mapping(reader *r, const yaml_node_t *map, const char *prefix, int depth,
                         sx_error *err) {
    if (depth > MOST_DEPTH) return bad(r, SX_ERR_LIMIT, line_of(map), "nested too deeply", err);
    return read_pairs(r, map, prefix, depth, false, err);
}

static bool add_anchor(const yaml_char_t *anchor, size_t *anchors) {
    *anchors += anchor != NULL;
    return *anchors <= MOST_ANCHORS;
}

/* Updates depth and number of anchors; returns what is too large, or NULL. */
static const char *count_event(const yaml_event_t *e, size_t *depth, size_t *anchors) {
    bool few = true;
    if (e->type == YAML_SEQUENCE_START_EVENT) {
        ++*depth;
        few = add_anchor(e->data.sequence_start.anchor, anchors);
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        ++*depth;
        few = add_anchor(e->data.mapping_start.anchor, anchors);
    } else if (e->type == YAML_SEQUENCE_END_EVENT || e->type == YAML_MAPPING_END_EVENT) {
        --*depth;
    } else if (e->type == YAML_SCALAR_EVENT) {
        few = add_anchor(e->data.scalar.anchor, anchors);
    }
    if (!few) return "more than 1000 anchors";
    return *depth > MOST_LEVELS ? "nested too deeply" : NULL;
}

/* libyaml's time to build the tree grows with the square of depth and anchors. This pass over the
 * events ends where the limits are exceeded; syntax errors are left to the second pass. */
static bool check_limits(const reader *r, const void *bytes, size_t n, sx_error *err) {
    yaml_parser_t parser;
    yaml_event_t event;
    size_t depth = 0, anchors = 0;
    bool ok = true, end = false;
    if (!yaml_parser_initialize(&parser)) return no_memory(err);
    yaml_parser_set_input_string(&parser, bytes, n);
    while (ok && !end && yaml_parser_parse(&parser, &event)) {
        const char *fault = count_event(&event, &depth, &anchors);
        if (fault) ok = bad(r, SX_ERR_LIMIT, event.start_mark.line + 1, fault, err);
        end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    if (ok && parser.error == YAML_MEMORY_ERROR) ok = no_memory(err);
    yaml_parser_delete(&parser);
    return ok;
}

static bool load_document(reader *r, sx_error *err) {
    if (yaml_parser_load(&r->parser, &r->document)) return true;
    /* the composer of libyaml runs out of memory without an error; all other failures have a text
     */
    if (r->parser.error == YAML_MEMORY_ERROR || !r->parser.problem) return no_memory(err);
    const size_t line =
        r->parser.error == YAML_READER_ERROR ? r->parser.mark.line : r->parser.problem_mark.line;
    return bad(r, SX_ERR_FORMAT, line + 1, r->parser.problem, err);
}

static bool read_root(reader *r, sx_error *err) {
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (!root) return true;
    if (!check_node(r, root, err)) return false;
    if (root->type == YAML_MAPPING_NODE) return read_mapping(r, root, "", 0, err);
    if (root->type == YAML_SCALAR_NODE && is_null((const char *)root->data.scalar.value))
        return true;
    return bad(r, SX_ERR_FORMAT, line_of(root), "expected keys with values (KEY: VALUE)", err);
}

static bool read_rest(reader *r, sx_error *err) {
    if (!load_document(r, err)) return false;
    const bool end = !yaml_document_get_root_node(&r->document);
    const size_t line = r->document.start_mark.line + 1;
    yaml_document_delete(&r->document);
    return end || bad(r, SX_ERR_UNSUPPORTED, line, "a second document", err);
}

static bool read_document(reader *r, sx_error *err) {
    if (!load_document(r, err)) return false;
    const bool empty = !yaml_document_get_root_node(&r->document), ok = read_root(r, err);
    yaml_document_delete(&r->document);
    return ok && (empty || read_rest(r, err));
}

bool sx_yaml_parse_key(const char *name, const void *bytes, size_t n, const char *key, sx_yaml *y,
                       sx_error *err) {
    *y = (sx_yaml){ .memory = sx_arena_new() };
    reader r = { .name = name, .y = y, .only = key };
    if (n > MOST_BYTES) return sx_fail(err, SX_ERR_LIMIT, "%s: larger than 1 MiB", name);
    if (!y->memory) return no_memory(err);
    if (!check_limits(&r, bytes, n, err)) return false;
    if (!yaml_parser_initialize(&r.parser)) return no_memory(err);
    yaml_parser_set_input_string(&r.parser, bytes, n);
    const bool ok = read_document(&r, err);
    yaml_parser_delete(&r.parser);
    sx_names_free(&r.seen);
    return ok;
}

bool sx_yaml_parse(const char *name, const void *bytes, size_t n, sx_yaml *y, sx_error *err) {
    return sx_yaml_parse_key(name, bytes, n, NULL, y, err);
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
    return set_scalar(y, v, text, strlen(text), true, true, err);
}
