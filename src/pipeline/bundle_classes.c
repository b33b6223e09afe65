#include "pipeline/bundle_classes.h"

#include <math.h>

#include "pipeline/bundle_threshold.h"

static const sx_model_info *classifier(const sx_bundle *b, int k) {
    return sx_model_get_info(b->classifiers[k]);
}

/* The index of a class by its name, which is added if it is new; -1: out of memory. */
static int class_of(sx_bundle_info *i, const char *name) {
    const int known = sx_class_find(i->classes, i->class_count, name);
    if (known >= 0) return known;
    i->classes[i->class_count] = sx_arena_strdup(i->memory, name);
    return i->classes[i->class_count] ? i->class_count++ : -1;
}

static bool add_outputs(sx_bundle_info *i, const sx_model_info *from, sx_classifier_use *to) {
    int *classes = sx_arena_alloc(i->memory, (size_t)from->classes + 1, sizeof *classes);
    bool ok = classes != NULL;
    for (int c = 1; ok && c < from->classes; c++) {
        classes[c - 1] = class_of(i, from->class_names[c]);
        ok = classes[c - 1] >= 0;
    }
    *to = (sx_classifier_use){ classes, from->classes };
    return ok;
}

bool sx_bundle_describe_classes(sx_bundle_info *i, const sx_bundle *b, sx_error *err) {
    size_t most = 1;
    for (int k = 0; k < b->classifier_count; k++)
        most += (size_t)classifier(b, k)->classes;
    i->classes = sx_arena_alloc(i->memory, most, sizeof *i->classes);
    i->classifiers =
        sx_arena_alloc(i->memory, (size_t)b->classifier_count + 1, sizeof *i->classifiers);
    bool ok = i->classes && i->classifiers;
    for (int k = 0; ok && k < b->classifier_count; k++)
        ok = add_outputs(i, classifier(b, k), &i->classifiers[k]);
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for the networks");
}

size_t sx_bundle_outputs(const sx_bundle_info *i) {
    size_t outputs = 0;
    for (int k = 0; k < i->classifier_count; k++)
        outputs += (size_t)i->classifiers[k].output_count;
    return outputs;
}

/* The output of a class; 0: none. */
static int output_of(const sx_classifier_use *use, int class_index) {
    int k = 1;
    while (k < use->output_count && use->classes[k - 1] != class_index)
        k++;
    return k < use->output_count ? k : 0;
}

void sx_bundle_classes_from(const sx_bundle_info *i, const float *logits, double *out) {
    for (int c = 0; c < i->class_count; c++) {
        float probability[SX_MAX_CLASSIFIERS];
        const float *own = logits;
        int n = 0;
        for (int k = 0; k < i->classifier_count; own += i->classifiers[k++].output_count) {
            const int output = output_of(&i->classifiers[k], c);
            if (output) probability[n++] = sx_sigmoid(own[output]);
        }
        out[c] = (double)sx_ensemble(probability, n);
    }
}

/* ---- gates ---- */

/* Why the stored gates do not count; NULL: they do. */
static const char *fault_of_gates(const sx_bundle_info *i, const sx_bundle *b,
                                  const sx_gate_record *first) {
    if (first->classifiers != b->classifier_count || !sx_bundle_one_calibration(i, b))
        return "other networks or another calibration";
    if (sx_model_get_info(b->detectors[0])->calibration.tiles != sx_bundle_info_tiles(i))
        return "another number of tiles";
    return NULL;
}

static bool add_gates(sx_bundle_info *i, const sx_bundle *b, sx_error *err) {
    const size_t labels = (size_t)i->label_count + 1;
    double *gates = sx_arena_alloc(i->memory, labels, sizeof *gates);
    int *classes = sx_arena_alloc(i->memory, labels, sizeof *classes);
    if (!gates || !classes) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the gates");
    for (int label = 0; label < i->label_count; label++) {
        gates[label] = (double)NAN;
        classes[label] = sx_class_find(i->classes, i->class_count, i->labels[label]);
    }
    for (int k = 0; k < b->classifier_count; k++) {
        const sx_model_info *from = classifier(b, k);
        for (int c = 1; from->gates && c < from->classes; c++) {
            const int label = sx_class_find(i->labels, i->label_count, from->class_names[c]);
            if (label >= 0 && isnan(gates[label])) gates[label] = from->gates->gates[c];
        }
    }
    i->rule.gates = gates;
    i->rule.gate_classes = classes;
    return true;
}

bool sx_bundle_describe_gates(sx_bundle_info *i, const sx_bundle *b, sx_error *err) {
    const sx_model_info *first = NULL;
    for (int k = 0; !first && k < b->classifier_count; k++)
        if (classifier(b, k)->gates) first = classifier(b, k);
    if (!first || b->detector_count == 0 || i->rule.kind != SX_RULE_POINTS) return true;
    i->gates_chosen_on = sx_arena_strdup(i->memory, first->gates_chosen_on);
    i->gates_date = sx_arena_strdup(i->memory, first->gates_date);
    if (!i->gates_chosen_on || !i->gates_date)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for the gates");
    const char *fault = fault_of_gates(i, b, first->gates);
    return fault ? sx_bundle_warn(i, err,
                                  "%s: its gates were fitted with %s and are not used (spinexr "
                                  "model calibrate)",
                                  first->path, fault)
                 : add_gates(i, b, err);
}
