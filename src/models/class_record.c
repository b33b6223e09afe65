#include "models/class_record.h"

#include <string.h>

#include "base/json.h"
#include "models/weights_use.h"

bool sx_class_record_refuse(const sx_weights *w, const char *key, const char *fault,
                            sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s: %s", sx_weights_path(w), key, fault);
}

json_t *sx_class_record_open(const sx_weights *w, const char *key, const char *text,
                             sx_error *err) {
    sx_error why = { 0 };
    json_t *root = sx_json_parse(text, strlen(text), true, NULL, &why);
    if (!root) {
        sx_fail(err, why.code, "%s: %s: %s", sx_weights_path(w), key, why.message);
        return NULL;
    }
    if (json_is_object(root)) return root;
    sx_class_record_refuse(w, key, "not a JSON object", err);
    json_decref(root);
    return NULL;
}

bool sx_class_record_values(const sx_weights *w, const char *key, const json_t *root,
                            const char *field, const char *noun, const char *const *class_names,
                            int class_count, double *values, sx_error *err) {
    json_t *object = json_object_get(root, field), *value;
    const char *name, *path = sx_weights_path(w);
    if (!json_is_object(object))
        return sx_fail(err, SX_ERR_FORMAT, "%s: %s: \"%s\" is not an object", path, key, field);
    json_object_foreach(object, name, value) {
        const int i = sx_class_find(class_names, class_count, name);
        const double number = json_is_number(value) ? json_number_value(value) : -1;
        if (i < 0)
            return sx_fail(err, SX_ERR_FORMAT, "%s: %s: %.60s is not a class of this network", path,
                           key, name);
        if (!(number >= 0 && number <= 1))
            return sx_fail(err, SX_ERR_FORMAT,
                           "%s: %s: %.60s has a %s that is not a number from 0 to 1", path, key,
                           name, noun);
        values[i] = number;
    }
    return true;
}
