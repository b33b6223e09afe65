/* Which level of a feature pyramid a region is read from. Lin et al. 2017 (FPN), eq. 1, as Detectron2's
 * assign_boxes_to_levels computes it. */
#ifndef SX_DETECT_LEVELS_H
#define SX_DETECT_LEVELS_H

#include <stddef.h>

#include "detect/box.h"

typedef struct sx_levels {
    int min_level, max_level; /* 2 and 5 for p2..p5 */
    float canonical_size;     /* 224: side of the square that belongs to canonical_level */
    int canonical_level;      /* 4 */
} sx_levels;

#define SX_LEVELS_P2_P5 ((sx_levels){ 2, 5, 224.0F, 4 })

/* level[i] - min_level of n boxes: floor(canonical_level + log2(sqrt(area) / canonical_size + 1e-8)),
 * clamped. Boxes with no area (empty, turned over on one side, NaN) go to the
 * lowest level. In float32, as the reference. */
void sx_assign_levels(const sx_box *boxes, size_t n, const sx_levels *levels, int *out);

#endif
