#include "models/fusion_record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "models/class_record.h"
#include "models/weights_use.h"

static const char fusion_name[] = "fusion", fusion_key[] = "spinexr.fusion";
enum { MOST_DETECTORS = 64 };

static bool read_set(const sx_weights *w, const json_t *root, sx_fusion_record *out,
                     sx_error *err) {
    const char *set = json_string_value(json_object_get(root, "set"));
    json_int_t detectors = 0;
    const bool counted = sx_json_whole(json_object_get(root, "detectors"), &detectors);
    if (!set || strlen(set) != SX_FUSION_SET || strspn(set, "0123456789abcdef") != SX_FUSION_SET)
        return sx_class_record_refuse(w, fusion_key, "\"set\" is not text of 16 hexadecimal digits",
                                      err);
    if (!counted || detectors < 2 || detectors > MOST_DETECTORS)
        return sx_class_record_refuse(w, fusion_key, "\"detectors\" is not a number from 2 to 64",
                                      err);
    memcpy(out->set, set, sizeof out->set);
    out->detectors = (int)detectors;
    return true;
}

bool sx_fusion_record_read(const sx_weights *w, const char *const *class_names, int class_count,
                           sx_fusion_record **out, sx_error *err) {
    const char *text = sx_weights_meta(w, fusion_key);
    *out = NULL;
    if (!text) return true;
    json_t *root = sx_class_record_open(w, fusion_key, text, err);
    if (!root) return false;
    sx_fusion_record *record =
        sx_calloc_for(1, sizeof *record + (size_t)class_count * sizeof(double), fusion_key, err);
    for (int i = 0; record && i < class_count; i++)
        record->weights[i] = 1;
    const bool ok = record && read_set(w, root, record, err) &&
                    sx_class_record_values(w, fusion_key, root, "weights", "weight", class_names,
                                           class_count, record->weights, err);
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
