#include "evaluation/earlier_result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "evaluation/eval_input.h"

static bool read_result(const char *path, const char *kind, json_t **out, sx_error *err) {
    *out = sx_json_read(path, err);
    if (!*out) return false;
    const char *schema = json_string_value(json_object_get(*out, "schema"));
    const char *is = json_string_value(json_object_get(*out, "kind"));
    if (schema && is && strcmp(schema, SX_EVAL_SCHEMA) == 0 && strcmp(is, kind) == 0) return true;
    json_decref(*out);
    *out = NULL;
    return sx_fail(err, SX_ERR_FORMAT, "%s: is not the output of `spinexr eval %s --json`", path,
                   kind);
}

/* NULL: there is none of that name. */
static const json_t *find_model(const json_t *result, const char *name) {
    const json_t *models = json_object_get(result, "models");
    for (size_t i = 0; i < json_array_size(models); i++) {
        const json_t *model = json_array_get(models, i);
        const char *is = json_string_value(json_object_get(model, "name"));
        if (json_array_size(models) == 1 || (is && strcmp(is, name) == 0)) return model;
    }
    return NULL;
}

static void tell_origin(const char *path, const json_t *object, char *origin, size_t size) {
    const char *was = json_string_value(json_object_get(object, "origin"));
    snprintf(origin, size, "from %s: %s", path, was ? was : "origin unknown");
}

bool sx_earlier_threshold(const char *path, const char *model, double *threshold, char *origin,
                          size_t size, sx_error *err) {
    json_t *result;
    if (!read_result(path, "classify", &result, err)) return false;
    const json_t *object = json_object_get(find_model(result, model), "threshold"),
                 *value = json_object_get(object, "value");
    const bool ok = json_is_number(value);
    if (ok) {
        *threshold = json_number_value(value);
        tell_origin(path, object, origin, size);
    } else {
        sx_fail(err, SX_ERR_MISSING, "%s: no threshold of a model named %s", path, model);
    }
    json_decref(result);
    return ok;
}

static bool read_points(const char *path, const json_t *points, const sx_names *classes,
                        double *thresholds, sx_error *err) {
    for (size_t c = 0; c < classes->count; c++) {
        const json_t *point = json_object_get(points, classes->items[c]),
                     *threshold = json_object_get(point, "threshold");
        if (!point)
            return sx_fail(err, SX_ERR_MISSING, "%s: no operating point of class %s", path,
                           classes->items[c]);
        thresholds[c] = json_is_number(threshold) ? json_number_value(threshold) : INFINITY;
    }
    return true;
}

bool sx_earlier_points(const char *path, const char *model, const sx_names *classes,
                       double *thresholds, char *origin, size_t size, sx_error *err) {
    json_t *result;
    if (!read_result(path, "detect", &result, err)) return false;
    const json_t *found = find_model(result, model),
                 *points = json_object_get(found, "operating_points");
    const bool ok =
        found ? read_points(path, json_object_get(points, "classes"), classes, thresholds, err)
              : sx_fail(err, SX_ERR_MISSING, "%s: no model named %s", path, model);
    if (ok) tell_origin(path, points, origin, size);
    json_decref(result);
    return ok;
}

bool sx_earlier_scores(const char *path, const char *model, sx_score_quantiles *out, bool *found,
                       sx_error *err) {
    static const char *const keys[SX_SCORE_SETS] = { "all", "abnormal", "normal" };
    json_t *result;
    if (!read_result(path, "classify", &result, err)) return false;
    const json_t *object = json_object_get(find_model(result, model), "score_quantiles");
    *found = object != NULL;
    for (size_t set = 0; set < SX_SCORE_SETS; set++) {
        const json_t *list = json_object_get(object, keys[set]);
        *found = *found && json_array_size(list) == SX_SCORE_QUANTILES;
        for (size_t k = 0; *found && k < SX_SCORE_QUANTILES; k++) {
            const json_t *value = json_array_get(list, k);
            out->values[set][k] = json_is_number(value) ? json_number_value(value) : (double)NAN;
        }
    }
    json_decref(result);
    return true;
}
