#include "service/api_schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "service/web_fixture.h"
#include "support/check.h"

static json_t *api, *seen; /* seen: "Type.field" and "METHOD path" */
static char fault[400];

static bool note_fault(const char *where, const char *text) {
    snprintf(fault, sizeof fault, "%.120s %s", where, text);
    return false;
}

/* A function of variable arguments would be clearer, but clang-tidy 14 takes its list for one that
 * was not started. */
static char fault_text[250];
#define FAIL_AT(where, ...)                                                                        \
    (snprintf(fault_text, sizeof fault_text, __VA_ARGS__), note_fault(where, fault_text))

static void note_seen(const char *format, const char *a, const char *b) {
    char key[200];
    snprintf(key, sizeof key, format, a, b);
    assert_int_equal(json_object_set_new(seen, key, json_true()), 0);
}

static bool was_seen(const char *format, const char *a, const char *b) {
    char key[200];
    snprintf(key, sizeof key, format, a, b);
    return json_object_get(seen, key) != NULL;
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* ---- values ---- */

static bool fits_object(const char *type, const json_t *value);

static bool in_range(const json_t *field, double v, const char *where) {
    const json_t *least = json_object_get(field, "least"), *most = json_object_get(field, "most");
    if (least && v < json_number_value(least)) return FAIL_AT(where, "is below its range: %g", v);
    if (most && v > json_number_value(most)) return FAIL_AT(where, "is above its range: %g", v);
    return true;
}

static bool is_word(const json_t *words, const json_t *value) {
    for (size_t i = 0; i < json_array_size(words); i++)
        if (json_equal(json_array_get(words, i), value)) return true;
    return words == NULL;
}

static bool fits(const json_t *field, const json_t *value, const char *where) {
    const char *type = text_of(field, "type");
    if (json_is_null(value))
        return json_is_true(json_object_get(field, "nullable")) || FAIL_AT(where, "is null");
    if (strcmp(type, "boolean") == 0) return json_is_boolean(value) || FAIL_AT(where, "no boolean");
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value) ? in_range(field, (double)json_integer_value(value), where)
                                      : FAIL_AT(where, "no integer");
    if (strcmp(type, "number") == 0)
        return json_is_number(value) ? in_range(field, json_number_value(value), where)
                                     : FAIL_AT(where, "no number");
    if (strcmp(type, "string") == 0) {
        if (!json_is_string(value)) return FAIL_AT(where, "no string");
        if (!is_word(json_object_get(field, "words"), value))
            return FAIL_AT(where, "another word: %.40s", json_string_value(value));
        return in_range(field, (double)json_string_length(value), where);
    }
    if (strcmp(type, "array") != 0) return fits_object(type, value);
    if (!json_is_array(value)) return FAIL_AT(where, "no array");
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!fits(json_object_get(field, "of"), json_array_get(value, i), where)) return false;
    return in_range(field, (double)json_array_size(value), where);
}

static bool fits_object(const char *type, const json_t *value) {
    const json_t *fields =
        json_object_get(json_object_get(json_object_get(api, "types"), type), "fields");
    const char *key;
    json_t *field, *item;
    char where[200];
    if (!fields) return FAIL_AT(type, "is no type");
    if (!json_is_object(value)) return FAIL_AT(type, "no object");
    json_object_foreach((json_t *)value, key, item) {
        snprintf(where, sizeof where, "%s.%s", type, key);
        if (!json_object_get(fields, key)) return FAIL_AT(where, "is not described");
    }
    json_object_foreach((json_t *)fields, key, field) {
        const json_t *v = json_object_get(value, key);
        snprintf(where, sizeof where, "%s.%s", type, key);
        if (!v && !json_is_true(json_object_get(field, "optional")))
            return FAIL_AT(where, "is absent");
        if (v && !fits(field, v, where)) return false;
        if (v) note_seen("%s.%s", type, key);
    }
    return true;
}

static const char *text_fault(const char *type, const char *text) {
    sx_error err = { 0 };
    json_t *value = sx_json_parse(text, strlen(text), true, NULL, &err);
    const bool ok = value ? fits_object(type, value) : FAIL_AT(type, "%.240s", err.message);
    json_decref(value);
    return ok ? NULL : fault;
}

const char *api_fault(const char *type, const char *json) {
    return text_fault(type, json);
}

/* ---- routes ---- */

void api_load(const char *path) {
    sx_error err = { 0 };
    api = sx_json_read(path, &err);
    CHECK_OK(api != NULL, err);
    assert_non_null(seen = json_object());
}

void api_free(void) {
    json_decref(api);
    json_decref(seen);
}

static const json_t *find_route(const char *method, const char *path) {
    const json_t *routes = json_object_get(api, "routes");
    for (size_t i = 0; i < json_array_size(routes); i++) {
        const json_t *r = json_array_get(routes, i);
        if (strcmp(text_of(r, "method"), method) == 0 && strcmp(text_of(r, "path"), path) == 0)
            return r;
    }
    return NULL;
}

static void check_row(const sx_web_route *row) {
    const json_t *r = find_route(row->method, row->path);
    unsigned roles = 0;
    if (!r) fail_msg("%s %s is not described", row->method, row->path);
    for (size_t i = 0; i < json_array_size(json_object_get(r, "roles")); i++) {
        sx_role role;
        assert_true(sx_role_parse(json_string_value(json_array_get(json_object_get(r, "roles"), i)),
                                  &role));
        roles |= role;
    }
    if (roles != row->roles) fail_msg("%s %s: other roles", row->method, row->path);
    if ((*text_of(r, "request") != '\0') != (row->body == SX_WEB_JSON))
        fail_msg("%s %s: another body", row->method, row->path);
    if ((*text_of(r, "upload") != '\0') != (row->body == SX_WEB_FILE))
        fail_msg("%s %s: it takes a file, or does not", row->method, row->path);
}

void api_check_tables(const sx_web_route *const *tables) {
    size_t count = 0;
    for (; *tables; tables++)
        for (const sx_web_route *row = *tables; row->method; row++) {
            if (strncmp(row->path, "/api/", 5) != 0) continue;
            check_row(row);
            count++;
        }
    assert_int_equal(count, json_array_size(json_object_get(api, "routes")));
}

static void check_query(const json_t *route, const char *target) {
    const char *at = strchr(target, '?');
    char name[40];
    while (at) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 1, "="), at + 1);
        if (!json_object_get(json_object_get(route, "query"), name))
            fail_msg("%s: %s is not described", target, name);
        at = strchr(at + 1, '&');
    }
}

web_answer api_call(const char *method, const char *path, const char *target, const char *headers,
                    const char *body) {
    const json_t *r = find_route(method, path);
    if (!r) fail_msg("%s %s is not described", method, path);
    const char *request = text_of(r, "request"), *answer = text_of(r, "answer"),
               *content = text_of(r, "content");
    check_query(r, target);
    const bool file = *text_of(r, "upload") != '\0';
    const char *wrong = body && !file ? text_fault(request, body) : NULL;
    if (wrong || (body == NULL) != (!*request && !file))
        fail_msg("%s %s: request: %s", method, target, wrong ? wrong : "a body too many or few");
    web_answer a = web_call(web_port, method, target, headers, body);
    if (a.status != (*answer || *content ? 200 : 204))
        fail_msg("%s %s: status %d: %s", method, target, a.status, a.body ? a.body : "");
    if (*answer && (wrong = text_fault(answer, a.body)))
        fail_msg("%s %s: answer: %s\n%s", method, target, wrong, a.body);
    if (*content) assert_string_equal(web_header(&a, "Content-Type"), content);
    if (!*answer && !*content) assert_int_equal(a.n, 0);
    note_seen("%s %s", method, path);
    return a;
}

void api_leave_out(const char *type) {
    const json_t *fields =
        json_object_get(json_object_get(json_object_get(api, "types"), type), "fields");
    const char *key;
    json_t *field;
    assert_non_null(fields);
    json_object_foreach((json_t *)fields, key, field) note_seen("%s.%s", type, key);
}

void api_check_complete(void) {
    const json_t *routes = json_object_get(api, "routes");
    const char *type, *key;
    json_t *description, *field;
    for (size_t i = 0; i < json_array_size(routes); i++) {
        const json_t *r = json_array_get(routes, i);
        if (!was_seen("%s %s", text_of(r, "method"), text_of(r, "path")))
            fail_msg("%s %s was not called", text_of(r, "method"), text_of(r, "path"));
    }
    json_object_foreach(json_object_get(api, "types"), type, description) json_object_foreach(
        json_object_get(description, "fields"), key, field) if (!was_seen("%s.%s", type, key))
        fail_msg("%s.%s was never sent", type, key);
}
