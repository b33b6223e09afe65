#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"

enum { LINE = 140, FLAGS = JSON_ENCODE_ANY | JSON_REAL_PRECISION(9) };

static void put(const json_t *j, int depth, sx_str *out);

static void put_child(const char *key, const json_t *j, int depth, bool last, sx_str *out) {
    sx_str_printf(out, "%*s", depth, "");
    if (key) {
        json_t *name = json_string(key);
        put(name, LINE, out);
        sx_str_add(out, ": ");
        json_decref(name);
    }
    put(j, depth, out);
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

static void put(const json_t *j, int depth, sx_str *out) {
    char *line = j ? json_dumps(j, FLAGS) : NULL;
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

bool sx_json_text(const json_t *j, sx_str *out, sx_error *err) {
    put(j, 0, out);
    sx_str_add(out, "\n");
    return sx_str_ok(out, err);
}

bool sx_json_write(const json_t *j, const char *path, sx_error *err) {
    sx_str text = { 0 };
    bool ok = sx_json_text(j, &text, err) && sx_write_file(path, text.data, text.len, err);
    sx_str_free(&text);
    return ok;
}
