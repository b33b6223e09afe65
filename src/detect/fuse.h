/* Weighted boxes fusion (Solovyev 2021): one list of boxes from several looks at one film. */
#ifndef SX_DETECT_FUSE_H
#define SX_DETECT_FUSE_H

#include <stddef.h>

#include "base/error.h"
#include "detect/box.h"

/* items[count]: what `views` looks found, one after the other; a NaN score is left out. By falling
 * score (then by place) each box joins the group of its label whose mean box it overlaps most, with
 * an IoU above `iou`, or founds one. A group becomes one box: the mean of its boxes weighted by
 * their scores; score: the mean of theirs, times min(size, views) / views, so that what one look
 * alone saw counts less. The fused boxes, by falling score, are written to items[] and their number
 * to *fused. Error: SX_ERR_MEMORY. */
bool sx_fuse_boxes(sx_detection *items, size_t count, size_t views, float iou, size_t *fused,
                   sx_error *err) SX_MUST_USE;

#endif
