/* The level of a feature pyramid that a region is read from (Lin 2017, FPN, eq. 1), in f32 as in
 * Detectron2's assign_boxes_to_levels. */
#ifndef SX_NN_KERNELS_ROI_LEVEL_H
#define SX_NN_KERNELS_ROI_LEVEL_H

#include <math.h>

/* floor(4 + log2(sqrt(area) / 224 + 1e-8)), clamped to the `levels` levels from `first` on (2:
 * stride 4), counted from 0. box: x0 y0 x1 y1 in pixels. Boxes with NaN, or whose area is not
 * positive, get the lowest level. */
static inline int sx_roi_level(const float *box, int first, int levels) {
    const float area = (box[2] - box[0]) * (box[3] - box[1]);
    const float level = floorf(4.0F + log2f(sqrtf(area) / 224.0F + 1e-8F));
    const int k = level >= (float)first ? (int)fminf(level, 30.0F) - first : 0;
    return k < levels ? k : levels - 1;
}

#endif
