#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/writer.h"

enum { LINE = 140 };

typedef struct layout {
    int digits;
    bool compact;  /* no blanks */
    bool indented; /* each value of an array or object on a separate line */
} layout;

/* ---- texts and numbers ---- */

/* Of two or three bytes of UTF-8. */
static unsigned code_at(const char *text, size_t n) {
    unsigned code = (unsigned char)text[0] & (n == 2 ? 0x1F : 0x0F);
    for (size_t i = 1; i < n; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3F);
    return code;
}

/* Characters that a terminal obeys are escaped, too. */
static void put_quoted(sx_str *out, const char *text, size_t n) {
    static const char plain[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    sx_str_add(out, "\"");
    for (size_t i = 0, from = 0; i <= n; i++) {
        const bool end = i == n;
        const size_t control = sx_utf8_control(text + i, n - i);
        if (!end && !control && (unsigned char)text[i] >= 0x20 && text[i] != 0x7F &&
            text[i] != '"' && text[i] != '\\')
            continue;
        sx_str_append(out, text + from, i - from);
        from = i + 1;
        if (end) break;
        const char *known = text[i] ? strchr(plain, text[i]) : NULL;
        if (control) {
            sx_str_printf(out, "\\u%04X", code_at(text + i, control));
            from = i + control;
            i = from - 1;
        } else if (known)
            sx_str_printf(out, "\\%c", letters[known - plain]);
        else
            sx_str_printf(out, "\\u%04X", (unsigned)text[i]);
    }
    sx_str_add(out, "\"");
}

/* As printf prints it, except 1.0 for 1 and 1e6 for 1e+06. */
static void put_real(sx_str *out, double v, int digits) {
    char text[40];
    sx_format(text, sizeof text, "%.*g", digits, v);
    char *e = strchr(text, 'e');
    if (e) {
        char *to = e + 1 + (e[1] == '-'), *from = e + 2;
        from += strspn(from, "0");
        memmove(to, from, strlen(from) + 1);
    }
    sx_str_add(out, text);
    if (!e && !strchr(text, '.')) sx_str_add(out, ".0");
}

static void put_scalar(sx_str *out, const json_t *j, const layout *l) {
    switch (json_typeof(j)) {
    case JSON_STRING:
        put_quoted(out, json_string_value(j), json_string_length(j));
        break;
    case JSON_INTEGER:
        sx_str_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
        break;
    case JSON_REAL:
        put_real(out, json_real_value(j), l->digits);
        break;
    case JSON_TRUE:
        sx_str_add(out, "true");
        break;
    case JSON_FALSE:
        sx_str_add(out, "false");
        break;
    default:
        sx_str_add(out, "null");
    }
}

/* ---- arrays and objects ---- */

static void put_value(sx_str *out, const json_t *j, const layout *l, int depth);

static void put_line(sx_str *out, const layout *l, int depth) {
    if (l->indented) sx_str_printf(out, "\n%*s", depth, "");
}

static void put_item(sx_str *out, const char *key, const json_t *value, const layout *l, int depth,
                     bool first) {
    if (!first) sx_str_add(out, l->compact || l->indented ? "," : ", ");
    put_line(out, l, depth + 1);
    if (key) {
        put_quoted(out, key, strlen(key));
        sx_str_add(out, l->compact ? ":" : ": ");
    }
    put_value(out, value, l, depth + 1);
}

static void put_value(sx_str *out, const json_t *j, const layout *l, int depth) {
    const bool array = json_is_array(j);
    bool first = true;
    if (!array && !json_is_object(j)) {
        put_scalar(out, j, l);
        return;
    }
    sx_str_add(out, array ? "[" : "{");
    for (size_t i = 0; array && i < json_array_size(j); i++, first = false)
        put_item(out, NULL, json_array_get(j, i), l, depth, first);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)j, key, value) {
        put_item(out, key, value, l, depth, first);
        first = false;
    }
    if (!first) put_line(out, l, depth);
    sx_str_add(out, array ? "]" : "}");
}

/* ---- SX_JSON_LINES: what fits on a line stands on one ---- */

static const layout short_line = { .digits = 9 };

static void put_lines(sx_str *out, const json_t *j, int depth);

static void put_child(sx_str *out, const char *key, const json_t *j, int depth, bool last) {
    sx_str_printf(out, "%*s", depth, "");
    if (key) {
        put_quoted(out, key, strlen(key));
        sx_str_add(out, ": ");
    }
    put_lines(out, j, depth);
    sx_str_add(out, last ? "\n" : ",\n");
}

static void put_open(sx_str *out, const json_t *j, int depth) {
    size_t i, n = json_is_array(j) ? json_array_size(j) : json_object_size(j);
    const char *key;
    json_t *value;
    sx_str_add(out, json_is_array(j) ? "[\n" : "{\n");
    if (json_is_array(j)) {
        json_array_foreach((json_t *)j, i, value)
            put_child(out, NULL, value, depth + 1, i + 1 == n);
    } else {
        i = 0;
        json_object_foreach((json_t *)j, key, value)
            put_child(out, key, value, depth + 1, ++i == n);
    }
    sx_str_printf(out, "%*s%s", depth, "", json_is_array(j) ? "]" : "}");
}

static void put_lines(sx_str *out, const json_t *j, int depth) {
    const size_t before = out->len;
    put_value(out, j, &short_line, 0);
    const bool fits = (size_t)depth + out->len - before <= LINE;
    if (out->failed || fits || !(json_is_array(j) || json_is_object(j))) return;
    out->len = before;
    put_open(out, j, depth);
}

/* ---- documents ---- */

bool sx_json_print(const sx_json_doc *doc, sx_json_style style, sx_str *out, sx_error *err) {
    static const layout indented = { .digits = 17, .indented = true },
                        compact = { .digits = 17, .compact = true };
    if (!sx_json_ok(doc, err)) return false;
    switch (style) {
    case SX_JSON_LINES:
        put_lines(out, doc->root, 0);
        break;
    case SX_JSON_ONE_LINE:
        put_value(out, doc->root, &short_line, 0);
        break;
    case SX_JSON_INDENTED:
        put_value(out, doc->root, &indented, 0);
        break;
    case SX_JSON_COMPACT:
        put_value(out, doc->root, &compact, 0);
        break;
    }
    if (style != SX_JSON_COMPACT) sx_str_add(out, "\n");
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
    if (valid.failed)
        out->failed = true;
    else
        put_quoted(out, sx_str_text(&valid), valid.len);
    sx_str_free(&valid);
}
