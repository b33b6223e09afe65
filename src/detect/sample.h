/* Samples the labelled boxes that a loss uses, as Detectron2's subsample_labels (Ren 2015, sec.
 * 3.1.3). */
#ifndef SX_DETECT_SAMPLE_H
#define SX_DETECT_SAMPLE_H

#include <stdint.h>

#include "base/fail.h"

typedef struct sx_sample {
    /* [most], owned by the caller: indices, objects first, each group in rising order */
    int *chosen;
    int objects, count; /* chosen[0 .. objects) are objects, chosen[objects .. count) background */
} sx_sample;

/* Of n labels (1: object, 0: background, negative: ignored), chooses up to int(most * fraction)
 * objects, and background boxes up to `most` in all. `draw` is the key of a random stream: boxes
 * with smaller numbers are preferred, then those of lower index; 0: the boxes of lower index.
 * Errors: SX_ERR_MEMORY, SX_ERR_LIMIT (n of 2^31 or more). */
bool sx_sample_labels(const int8_t *label, int64_t n, int most, double fraction, uint64_t draw,
                      sx_sample *out, sx_error *err) SX_MUST_USE;

#endif
