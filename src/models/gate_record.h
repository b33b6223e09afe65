/* The gates of a classifier with an output for each finding: spinexr.gates (docs/weights.md). */
#ifndef SX_MODELS_GATE_RECORD_H
#define SX_MODELS_GATE_RECORD_H

#include "tensor/weights.h"

typedef struct sx_gate_record {
    int classifiers; /* of the ensemble that they were fitted for, 1 or more */
    /* [classes] the least probability, 0..1, with which a box of the class counts; NaN: none */
    double gates[];
} sx_gate_record;

/* Reads spinexr.gates into *out, which the caller frees; NULL without the key. Errors:
 * SX_ERR_FORMAT (names file, key and fault: not JSON, an unknown class, a class named twice, a
 * number out of range), SX_ERR_MEMORY. */
bool sx_gate_record_read(const sx_weights *w, const char *const *class_names, int class_count,
                         sx_gate_record **out, sx_error *err) SX_MUST_USE;
/* Sets spinexr.gates; gates[class_count], NaN: none. */
bool sx_gate_record_set(sx_weights *w, int classifiers, const double *gates,
                        const char *const *class_names, int class_count, const char *chosen_on,
                        sx_error *err) SX_MUST_USE;
/* Removes it: the last calibration fitted none. */
bool sx_gate_record_remove(sx_weights *w, sx_error *err) SX_MUST_USE;

#endif
