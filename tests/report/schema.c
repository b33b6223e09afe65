#include "report/schema.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

static const json_t *root;

static const json_t *resolve(const json_t *schema) {
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    if (!ref) return schema;
    const char *name = strrchr(ref, '/') + 1;
    const json_t *to = json_object_get(json_object_get(root, "$defs"), name);
    if (!to) fail_msg("no %s in the schema", ref);
    return to;
}

static bool is_type(const json_t *v, const char *type) {
    return (strcmp(type, "object") == 0 && json_is_object(v)) ||
           (strcmp(type, "array") == 0 && json_is_array(v)) ||
           (strcmp(type, "string") == 0 && json_is_string(v)) ||
           (strcmp(type, "null") == 0 && json_is_null(v)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(v)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(v)) ||
           (strcmp(type, "number") == 0 && json_is_number(v));
}

static bool fits_type(const json_t *v, const json_t *type) {
    if (json_is_string(type)) return is_type(v, json_string_value(type));
    size_t i;
    const json_t *t;
    json_array_foreach((json_t *)type, i, t) if (is_type(v, json_string_value(t))) return true;
    return false;
}

static bool in_enum(const json_t *v, const json_t *words) {
    size_t i;
    const json_t *w;
    json_array_foreach((json_t *)words, i, w) if (json_equal(v, w)) return true;
    return false;
}

static void check_value(const json_t *schema, const json_t *v, const char *at);

static void check_object(const json_t *schema, const json_t *v, const char *at) {
    const json_t *properties = json_object_get(schema, "properties"), *name;
    const char *key;
    json_t *value;
    size_t i;
    json_array_foreach(json_object_get(schema, "required"), i, name) {
        if (!json_object_get(v, json_string_value(name)))
            fail_msg("%s: no %s", at, json_string_value(name));
    }
    json_object_foreach((json_t *)v, key, value) {
        char place[256];
        snprintf(place, sizeof place, "%s.%s", at, key);
        const json_t *sub = json_object_get(properties, key);
        if (sub)
            check_value(sub, value, place);
        else if (!json_is_true(json_object_get(schema, "additionalProperties")))
            fail_msg("%s is not in the schema", place);
    }
}

static void check_array(const json_t *schema, const json_t *v, const char *at) {
    const json_t *least = json_object_get(schema, "minItems"),
                 *most = json_object_get(schema, "maxItems");
    json_int_t n = (json_int_t)json_array_size(v);
    if ((least && n < json_integer_value(least)) || (most && n > json_integer_value(most)))
        fail_msg("%s has %d items", at, (int)n);
    const json_t *items = json_object_get(schema, "items");
    for (json_int_t i = 0; i < n; i++) {
        char place[256];
        snprintf(place, sizeof place, "%s[%d]", at, (int)i);
        check_value(items, json_array_get(v, (size_t)i), place);
    }
}

static void check_number(const json_t *schema, const json_t *v, const char *at) {
    const json_t *low = json_object_get(schema, "minimum"),
                 *high = json_object_get(schema, "maximum");
    if ((low && json_number_value(v) < json_number_value(low)) ||
        (high && json_number_value(v) > json_number_value(high)))
        fail_msg("%s is %g", at, json_number_value(v));
}

static void check_value(const json_t *schema, const json_t *v, const char *at) {
    static const char *const known[] = { "$schema",
                                         "title",
                                         "description",
                                         "$defs",
                                         "$ref",
                                         "type",
                                         "enum",
                                         "required",
                                         "items",
                                         "properties",
                                         "minItems",
                                         "maxItems",
                                         "additionalProperties",
                                         "minimum",
                                         "maximum" };
    schema = resolve(schema);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)schema, key, value) {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            fail_msg("%s: this checker does not know '%s'", at, key);
    }
    const json_t *type = json_object_get(schema, "type"), *words = json_object_get(schema, "enum");
    if (type && !fits_type(v, type)) fail_msg("%s has another type", at);
    if (words && !in_enum(v, words)) fail_msg("%s is none of the allowed words", at);
    if (json_is_object(v)) check_object(schema, v, at);
    if (json_is_array(v)) check_array(schema, v, at);
    if (json_is_number(v)) check_number(schema, v, at);
}

void check_schema(const json_t *schema, const json_t *value) {
    root = schema;
    check_value(schema, value, "report");
}
