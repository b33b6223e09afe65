#include "models/gate_record.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "models/class_record.h"
#include "models/weights_use.h"

static const char gates_name[] = "gates", gates_key[] = "spinexr.gates";
enum { MOST_CLASSIFIERS = 64 };

static bool read_count(const sx_weights *w, const json_t *root, sx_gate_record *out,
                       sx_error *err) {
    json_int_t n = 0;
    if (!sx_json_whole(json_object_get(root, "classifiers"), &n) || n < 1 || n > MOST_CLASSIFIERS)
        return sx_class_record_refuse(w, gates_key, "\"classifiers\" is not a number from 1 to 64",
                                      err);
    out->classifiers = (int)n;
    return true;
}

bool sx_gate_record_read(const sx_weights *w, const char *const *class_names, int class_count,
                         sx_gate_record **out, sx_error *err) {
    const char *text = sx_weights_meta(w, gates_key);
    *out = NULL;
    if (!text) return true;
    json_t *root = sx_class_record_open(w, gates_key, text, err);
    if (!root) return false;
    sx_gate_record *record =
        sx_calloc_for(1, sizeof *record + (size_t)class_count * sizeof(double), gates_key, err);
    for (int i = 0; record && i < class_count; i++)
        record->gates[i] = (double)NAN;
    const bool ok = record && read_count(w, root, record, err) &&
                    sx_class_record_values(w, gates_key, root, "gates", "gate", class_names,
                                           class_count, record->gates, err);
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
