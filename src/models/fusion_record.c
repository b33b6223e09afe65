#include "models/fusion_record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "models/weights_use.h"

static const char fusion_name[] = "fusion", fusion_key[] = "spinexr.fusion";
enum { MOST_DETECTORS = 64 };

static bool refuse(const sx_weights *w, sx_error *err, const char *class_name, const char *fault) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s: %.60s%s", sx_weights_path(w), fusion_key,
                   class_name, fault);
}

static bool read_set(const sx_weights *w, const json_t *root, sx_fusion_record *out,
                     sx_error *err) {
    const char *set = json_string_value(json_object_get(root, "set"));
    json_int_t detectors = 0;
    const bool counted = sx_json_whole(json_object_get(root, "detectors"), &detectors);
    if (!set || strlen(set) != SX_FUSION_SET || strspn(set, "0123456789abcdef") != SX_FUSION_SET)
        return refuse(w, err, "", "\"set\" is not text of 16 hexadecimal digits");
    if (!counted || detectors < 2 || detectors > MOST_DETECTORS)
        return refuse(w, err, "", "\"detectors\" is not a number from 2 to 64");
    memcpy(out->set, set, sizeof out->set);
    out->detectors = (int)detectors;
    return true;
}

static bool read_weights(const sx_weights *w, json_t *object, const char *const *class_names,
                         int class_count, sx_fusion_record *out, sx_error *err) {
    const char *name;
    json_t *value;
    if (!json_is_object(object)) return refuse(w, err, "", "\"weights\" is not an object");
    json_object_foreach(object, name, value) {
        const int i = sx_class_find(class_names, class_count, name);
        const double weight = json_is_number(value) ? json_number_value(value) : -1;
        if (i < 0) return refuse(w, err, name, " is not a class of this network");
        if (!(weight >= 0 && weight <= 1))
            return refuse(w, err, name, " has a weight that is not a number from 0 to 1");
        out->weights[i] = weight;
    }
    return true;
}

bool sx_fusion_record_read(const sx_weights *w, const char *const *class_names, int class_count,
                           sx_fusion_record **out, sx_error *err) {
    const char *text = sx_weights_meta(w, fusion_key);
    *out = NULL;
    if (!text) return true;
    sx_error why = { 0 };
    json_t *root = sx_json_parse(text, strlen(text), true, NULL, &why);
    if (!root)
        return sx_fail(err, why.code, "%s: %s: %s", sx_weights_path(w), fusion_key, why.message);
    sx_fusion_record *record =
        sx_calloc_for(1, sizeof *record + (size_t)class_count * sizeof(double), fusion_key, err);
    for (int i = 0; record && i < class_count; i++)
        record->weights[i] = 1;
    const bool ok =
        record && (json_is_object(root) || refuse(w, err, "", "not a JSON object")) &&
        read_set(w, root, record, err) &&
        read_weights(w, json_object_get(root, "weights"), class_names, class_count, record, err);
    json_decref(root);
    if (ok)
        *out = record;
    else
        free(record);
    return ok;
}

bool sx_fusion_record_set(sx_weights *w, const char *set, int detectors, const double *weights,
                          const char *const *class_names, int class_count, const char *chosen_on,
                          sx_error *err) {
    sx_json_doc doc;
    sx_str text = { 0 };
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "set", set);
    sx_json_integer(root, "detectors", detectors);
    sx_json at = sx_json_object(root, "weights");
    for (int i = 0; i < class_count; i++)
        sx_json_number(at, class_names[i], weights[i]);
    const bool ok = sx_json_print(&doc, SX_JSON_COMPACT, &text, err) &&
                    sx_weights_set_fitted(w, fusion_name, sx_str_text(&text), chosen_on, err);
    sx_json_free(&doc);
    sx_str_free(&text);
    return ok;
}

bool sx_fusion_record_remove(sx_weights *w, sx_error *err) {
    return sx_weights_set_meta(w, fusion_key, NULL, err) &&
           sx_weights_set_meta(w, "spinexr.fusion_chosen_on", NULL, err) &&
           sx_weights_set_meta(w, "spinexr.fusion_date", NULL, err);
}
