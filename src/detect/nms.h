/* Overlap of boxes and non-maximum suppression, on plain arrays. */
#ifndef SX_DETECT_NMS_H
#define SX_DETECT_NMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "detect/box.h"

/* Intersection over union, 0..1; a box whose sides are not both positive has no area and overlaps
 * nothing (also two equal ones). Everett et al. 2010 (VOC), without the +1 of pixel-inclusive
 * boxes. */
float sx_iou(sx_box a, sx_box b);

typedef struct sx_nms_options {
    float iou;       /* a box is dropped if its IoU with a kept one is greater; >= 1 drops none */
    float min_score; /* boxes that score less do not take part; 0: all */
    size_t top_k;    /* only so many of the best take part; 0: all */
    size_t max_kept; /* stop after so many; 0: no limit */
} sx_nms_options;

/* Batched greedy non-maximum suppression: boxes of different labels do not suppress one another
 * (labels NULL: all alike). Order: score falling, then index rising; NaN scores never take part.
 * The indices of the kept boxes, in that order, are written to keep[n] and their number to *kept.
 * The result does not depend on threads. Equals torchvision's batched_nms where scores are
 * distinct. Error: SX_ERR_MEMORY, SX_ERR_LIMIT (n of 2^31 or more). */
bool sx_nms(const sx_box *boxes, const float *scores, const int *labels, size_t n,
            const sx_nms_options *options, int *keep, size_t *kept, sx_error *err) SX_MUST_USE;

/* Indices of `scores` ordered by score falling, then index rising; those below min_score and NaN
 * are left out. Only the best top_k (0: all) are written to order[]; returns how many. Error: as
 * above. */
bool sx_order_by_score(const float *scores, size_t n, float min_score, size_t top_k, int *order,
                       size_t *count, sx_error *err) SX_MUST_USE;

#endif
