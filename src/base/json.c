#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static void fail_memory(sx_json_doc *doc) {
    if (!doc->error.code) sx_fail(&doc->error, SX_ERR_MEMORY, "out of memory for a JSON document");
}

static void fail_internal(sx_json_doc *doc, const char *what, const char *key) {
    if (!doc->error.code)
        sx_fail(&doc->error, SX_ERR_INTERNAL, "JSON document: %s \"%.100s\"", what, key);
}

static sx_json begin_document(sx_json_doc *doc, json_t *root) {
    *doc = (sx_json_doc){ .root = root };
    if (!root) fail_memory(doc);
    return sx_json_root(doc);
}

sx_json sx_json_new_object(sx_json_doc *doc) {
    return begin_document(doc, json_object());
}

sx_json sx_json_new_array(sx_json_doc *doc) {
    return begin_document(doc, json_array());
}

void sx_json_free(sx_json_doc *doc) {
    json_decref(doc->root);
    *doc = (sx_json_doc){ 0 };
}

sx_json sx_json_root(sx_json_doc *doc) {
    return (sx_json){ doc, doc->root };
}

bool sx_json_ok(const sx_json_doc *doc, sx_error *err) {
    if (doc->error.code) return sx_fail(err, doc->error.code, "%s", doc->error.message);
    return doc->root || sx_fail(err, SX_ERR_INTERNAL, "JSON document: not initialised");
}

/* `text` itself where it is UTF-8, else escaped in `room`; NULL: out of memory. */
static const char *as_utf8(const char *text, sx_str *room) {
    const size_t n = strlen(text);
    if (sx_utf8_span(text, n) == n) return text;
    sx_utf8_escape(room, text);
    return room->failed ? NULL : room->data;
}

/* False if the document has failed, also by this call. */
static bool may_append(sx_json at, const char *key, const char *name, const json_t *value) {
    if (at.doc->error.code) return false;
    if (!value || (key && !name))
        fail_memory(at.doc);
    else if (key && !json_is_object(at.node))
        fail_internal(at.doc, "a key in an array:", key);
    else if (!key && !json_is_array(at.node))
        fail_internal(at.doc, "a value without a key in an object", "");
    else if (key && json_object_get(at.node, name))
        fail_internal(at.doc, "two values under the key", key);
    return !at.doc->error.code;
}

/* Takes ownership of `value` (NULL: it could not be made). Returns it as a borrowed node, NULL
 * after an error. */
static json_t *append_value(sx_json at, const char *key, json_t *value) {
    sx_str room = { 0 };
    const char *name = key ? as_utf8(key, &room) : NULL;
    bool ok = may_append(at, key, name, value);
    if (!ok)
        json_decref(value);
    else
        ok = (key ? json_object_set_new(at.node, name, value)
                  : json_array_append_new(at.node, value)) == 0;
    if (!ok) fail_memory(at.doc);
    sx_str_free(&room);
    return ok ? value : NULL;
}

sx_json sx_json_object(sx_json at, const char *key) {
    return (sx_json){ at.doc, append_value(at, key, json_object()) };
}

sx_json sx_json_array(sx_json at, const char *key) {
    return (sx_json){ at.doc, append_value(at, key, json_array()) };
}

void sx_json_text(sx_json at, const char *key, const char *text) {
    sx_str room = { 0 };
    const char *valid = text ? as_utf8(text, &room) : NULL;
    append_value(at, key, !text ? json_null() : valid ? json_string(valid) : NULL);
    sx_str_free(&room);
}

void sx_json_number(sx_json at, const char *key, double v) {
    append_value(at, key, isfinite(v) ? json_real(v) : json_null());
}

void sx_json_integer(sx_json at, const char *key, int64_t v) {
    append_value(at, key, json_integer(v));
}

void sx_json_count(sx_json at, const char *key, size_t n) {
    if (n > INT64_MAX)
        fail_internal(at.doc, "no number can hold", key ? key : "");
    else
        append_value(at, key, json_integer((json_int_t)n));
}

void sx_json_bool(sx_json at, const char *key, bool v) {
    append_value(at, key, json_boolean(v));
}

void sx_json_null(sx_json at, const char *key) {
    append_value(at, key, json_null());
}

void sx_json_move(sx_json at, const char *key, sx_json_doc *from) {
    sx_error err = { 0 };
    if (sx_json_ok(from, &err)) {
        append_value(at, key, from->root);
        from->root = NULL;
    } else if (!at.doc->error.code) {
        at.doc->error = err;
    }
    sx_json_free(from);
}

bool sx_json_whole(const json_t *v, json_int_t *to) {
    const double limit = 9007199254740992.0, real = json_number_value(v);
    if (json_is_integer(v)) {
        *to = json_integer_value(v);
        return true;
    }
    if (!json_is_real(v) || !(fabs(real) <= limit) || real != floor(real)) return false;
    *to = (json_int_t)real;
    return true;
}
