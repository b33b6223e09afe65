#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/json_memory.h"
#include "base/utf8.h"
#include "base/writer.h"

enum { LINE = 140, FLAGS = JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) };

static void put_value(const json_t *j, int depth, sx_str *out);

static void add_dump(const json_t *j, size_t flags, sx_str *out) {
    char *text = j ? json_dumps(j, flags) : NULL;
    if (text)
        sx_str_add(out, text);
    else
        out->failed = true;
    free(text);
}

static void put_child(const char *key, const json_t *j, int depth, bool last, sx_str *out) {
    sx_str_printf(out, "%*s", depth, "");
    if (key) {
        sx_json_quote(out, key);
        sx_str_add(out, ": ");
    }
    put_value(j, depth, out);
    sx_str_add(out, last ? "\n" : ",\n");
}

static void put_open(const json_t *j, int depth, sx_str *out) {
    size_t i, n = json_is_array(j) ? json_array_size(j) : json_object_size(j);
    const char *key;
    json_t *value;
    sx_str_add(out, json_is_array(j) ? "[\n" : "{\n");
    if (json_is_array(j)) {
        json_array_foreach((json_t *)j, i, value)
            put_child(NULL, value, depth + 1, i + 1 == n, out);
    } else {
        i = 0;
        json_object_foreach((json_t *)j, key, value)
            put_child(key, value, depth + 1, ++i == n, out);
    }
    sx_str_printf(out, "%*s%s", depth, "", json_is_array(j) ? "]" : "}");
}

static void put_value(const json_t *j, int depth, sx_str *out) {
    char *line = json_dumps(j, FLAGS);
    if (!line) {
        out->failed = true;
        return;
    }
    bool branch = json_is_array(j) || json_is_object(j);
    if (!branch || depth + (int)strlen(line) <= LINE)
        sx_str_add(out, line);
    else
        put_open(j, depth, out);
    free(line);
}

bool sx_json_print(const sx_json_doc *doc, sx_json_style style, sx_str *out, sx_error *err) {
    if (!sx_json_ok(doc, err)) return false;
    const size_t failures = sx_json_memory_failures();
    switch (style) {
    case SX_JSON_LINES:
        put_value(doc->root, 0, out);
        break;
    case SX_JSON_ONE_LINE:
        add_dump(doc->root, FLAGS, out);
        break;
    case SX_JSON_INDENTED:
        add_dump(doc->root, JSON_INDENT(1) | JSON_REAL_PRECISION(17), out);
        break;
    case SX_JSON_COMPACT:
        add_dump(doc->root, JSON_COMPACT | JSON_REAL_PRECISION(17), out);
        break;
    }
    if (style != SX_JSON_COMPACT) sx_str_add(out, "\n");
    if (sx_json_memory_failures() != failures) out->failed = true;
    return sx_str_ok(out, err);
}

bool sx_json_write(const sx_json_doc *doc, const char *path, sx_error *err) {
    sx_str text = { 0 };
    bool ok = sx_json_print(doc, SX_JSON_LINES, &text, err) &&
              sx_write_file(path, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}

void sx_json_quote(sx_str *out, const char *text) {
    sx_str valid = { 0 };
    sx_utf8_escape(&valid, text);
    const size_t failures = sx_json_memory_failures();
    json_t *j = valid.failed ? NULL : json_string(sx_str_text(&valid));
    add_dump(j, JSON_ENCODE_ANY, out);
    if (sx_json_memory_failures() != failures) out->failed = true;
    json_decref(j);
    sx_str_free(&valid);
}
