/* How a detector counts among those that were calibrated with it: spinexr.fusion
 * (docs/weights.md). */
#ifndef SX_MODELS_FUSION_RECORD_H
#define SX_MODELS_FUSION_RECORD_H

#include "base/str.h"
#include "tensor/weights.h"

enum { SX_FUSION_SET = 16 }; /* hexadecimal digits */

typedef struct sx_fusion_record {
    /* Names the calibration: the same in all weight files that it wrote. */
    char set[SX_FUSION_SET + 1];
    int detectors;    /* of the set, 2 or more */
    double weights[]; /* [classes], 0..1 */
} sx_fusion_record;

/* Reads spinexr.fusion into *out, which the caller frees; NULL without the key. A class that the
 * record does not name has the weight 1. Errors: SX_ERR_FORMAT (names file, key and fault: not
 * JSON, an unknown class, a class named twice, a number out of range), SX_ERR_MEMORY. */
bool sx_fusion_record_read(const sx_weights *w, const char *const *class_names, int class_count,
                           sx_fusion_record **out, sx_error *err) SX_MUST_USE;

/* Sets spinexr.fusion; `weights` are those of this detector's classes. */
bool sx_fusion_record_set(sx_weights *w, const char *set, int detectors, const double *weights,
                          const char *const *class_names, int class_count, const char *chosen_on,
                          sx_error *err) SX_MUST_USE;
/* Removes it: the weights were calibrated alone. */
bool sx_fusion_record_remove(sx_weights *w, sx_error *err) SX_MUST_USE;

#endif
