/* Weighted boxes fusion (Solovyev 2021): merges the boxes of several views of one film. */
#ifndef SX_DETECT_FUSE_H
#define SX_DETECT_FUSE_H

#include <stddef.h>

#include "base/fail.h"
#include "detect/box.h"

/* items[count]: the boxes of `views` views, one view after the other; boxes with a NaN score are
 * ignored. In order of falling score (then of index) each box joins the group of its label whose
 * mean box it overlaps most, with an IoU above `iou`, or starts a new group. Each group becomes one
 * box: the mean of its boxes weighted by their scores. Its score is their mean score times
 * min(size, views) / views, so that a box seen in one view only counts less. Writes the fused boxes
 * by falling score to items[] and their number to *fused. Error: SX_ERR_MEMORY. */
bool sx_fuse_boxes(sx_detection *items, size_t count, size_t views, float iou, size_t *fused,
                   sx_error *err) SX_MUST_USE;

#endif
