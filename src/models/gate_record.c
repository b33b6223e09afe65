#include "models/gate_record.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "models/weights_use.h"

static const char gates_name[] = "gates", gates_key[] = "spinexr.gates";
enum { MOST_CLASSIFIERS = 64 };

static bool refuse(const sx_weights *w, sx_error *err, const char *class_name, const char *fault) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s: %.60s%s", sx_weights_path(w), gates_key, class_name,
                   fault);
}

static bool read_count(const sx_weights *w, const json_t *root, sx_gate_record *out,
                       sx_error *err) {
    json_int_t n = 0;
    if (!sx_json_whole(json_object_get(root, "classifiers"), &n) || n < 1 || n > MOST_CLASSIFIERS)
        return refuse(w, err, "", "\"classifiers\" is not a number from 1 to 64");
    out->classifiers = (int)n;
    return true;
}

static bool read_gates(const sx_weights *w, json_t *object, const char *const *class_names,
                       int class_count, sx_gate_record *out, sx_error *err) {
    const char *name;
    json_t *value;
    if (!json_is_object(object)) return refuse(w, err, "", "\"gates\" is not an object");
    json_object_foreach(object, name, value) {
        const int i = sx_class_find(class_names, class_count, name);
        const double gate = json_is_number(value) ? json_number_value(value) : -1;
        if (i < 0) return refuse(w, err, name, " is not a class of this network");
        if (!(gate >= 0 && gate <= 1))
            return refuse(w, err, name, " has a gate that is not a number from 0 to 1");
        out->gates[i] = gate;
    }
    return true;
}

bool sx_gate_record_read(const sx_weights *w, const char *const *class_names, int class_count,
                         sx_gate_record **out, sx_error *err) {
    const char *text = sx_weights_meta(w, gates_key);
    *out = NULL;
    if (!text) return true;
    sx_error why = { 0 };
    json_t *root = sx_json_parse(text, strlen(text), true, NULL, &why);
    if (!root)
        return sx_fail(err, why.code, "%s: %s: %s", sx_weights_path(w), gates_key, why.message);
    sx_gate_record *record =
        sx_calloc_for(1, sizeof *record + (size_t)class_count * sizeof(double), gates_key, err);
    for (int i = 0; record && i < class_count; i++)
        record->gates[i] = (double)NAN;
    const bool ok =
        record && (json_is_object(root) || refuse(w, err, "", "not a JSON object")) &&
        read_count(w, root, record, err) &&
        read_gates(w, json_object_get(root, "gates"), class_names, class_count, record, err);
    json_decref(root);
    if (ok)
        *out = record;
    else
        free(record);
    return ok;
}

bool sx_gate_record_set(sx_weights *w, int classifiers, const double *gates,
                        const char *const *class_names, int class_count, const char *chosen_on,
                        sx_error *err) {
    sx_json_doc doc;
    sx_str text = { 0 };
    sx_json root = sx_json_new_object(&doc);
    sx_json_integer(root, "classifiers", classifiers);
    sx_json at = sx_json_object(root, "gates");
    for (int i = 0; i < class_count; i++)
        if (!isnan(gates[i])) sx_json_number(at, class_names[i], gates[i]);
    const bool ok = sx_json_print(&doc, SX_JSON_COMPACT, &text, err) &&
                    sx_weights_set_fitted(w, gates_name, sx_str_text(&text), chosen_on, err);
    sx_json_free(&doc);
    sx_str_free(&text);
    return ok;
}

bool sx_gate_record_remove(sx_weights *w, sx_error *err) {
    return sx_weights_set_meta(w, gates_key, NULL, err) &&
           sx_weights_set_meta(w, "spinexr.gates_chosen_on", NULL, err) &&
           sx_weights_set_meta(w, "spinexr.gates_date", NULL, err);
}
