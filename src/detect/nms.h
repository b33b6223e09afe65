/* Overlap of boxes and non-maximum suppression. */
#ifndef SX_DETECT_NMS_H
#define SX_DETECT_NMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "detect/box.h"

/* Intersection over union, 0..1. A box without area overlaps nothing, not even itself. As in VOC
 * (Everingham 2010), but without the +1 of pixel-inclusive boxes. */
float sx_iou(sx_box a, sx_box b);

typedef struct sx_nms_options {
    float iou;       /* boxes whose IoU with a kept box is greater are dropped; >= 1: none */
    float min_score; /* boxes with a lower score are ignored; 0: none is */
    size_t top_k;    /* the number of best boxes to consider; 0: all */
    size_t max_kept; /* the most boxes to keep; 0: no limit */
} sx_nms_options;

/* Batched greedy non-maximum suppression. Boxes of different labels do not suppress one another
 * (labels NULL: all boxes have one label). The order is by falling score, then by rising index;
 * boxes with a NaN score are ignored. Writes the indices of the kept boxes in that order to
 * keep[n], and their number to *kept. Equals torchvision's batched_nms if all scores differ.
 * Errors: SX_ERR_MEMORY, SX_ERR_LIMIT (n of 2^31 or more). */
bool sx_nms(const sx_box *boxes, const float *scores, const int *labels, size_t n,
            const sx_nms_options *options, int *keep, size_t *kept, sx_error *err) SX_MUST_USE;

/* Writes the indices of the best top_k (0: all) scores to order[], by falling score, then by rising
 * index, and their number to *count. NaN and scores below min_score are left out. Errors: as
 * above. */
bool sx_order_by_score(const float *scores, size_t n, float min_score, size_t top_k, int *order,
                       size_t *count, sx_error *err) SX_MUST_USE;

#endif
