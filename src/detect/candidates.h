/* The boxes that a detector's decoder passes to suppression and fusion. */
#ifndef SX_DETECT_CANDIDATES_H
#define SX_DETECT_CANDIDATES_H

#include <stddef.h>

#include "detect/box.h"

/* Boxes of one image before suppression, in pixels of the padded image. */
typedef struct sx_candidates {
    sx_box *boxes;
    float *scores;
    int *labels;
    size_t count, cap;
} sx_candidates;

#endif
