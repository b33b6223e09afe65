/* Weighted boxes fusion (Solovyev et al. 2021, section 3): merges the boxes of several views of one
 * film, or of several detectors. */
#ifndef SX_DETECT_FUSE_H
#define SX_DETECT_FUSE_H

#include <stddef.h>

#include "base/fail.h"
#include "detect/box.h"

/* The IoU above which a box joins a group, as in the paper. */
static const float sx_fuse_iou = 0.55F;

typedef struct sx_fuse_options {
    size_t view_count;
    float iou;
    /* [view_count][label_count], 0 or more: the weight of each view for each label. 0: the view has
     * no say in this label, and its boxes are dropped. NULL: 1 everywhere. */
    const float *weights;
    int label_count;  /* with `weights`: labels are below this */
    const int *views; /* [count] the view of each box; NULL without `weights` */
} sx_fuse_options;

/* items[count]: the boxes of all views; boxes with a NaN score are ignored. The score of a box is
 * first multiplied by the weight of its view. In order of falling score (then of index) each box
 * joins the group of its label whose mean box it overlaps most, with an IoU above `iou`, or starts
 * a new group. Each group becomes one box: the mean of its boxes, weighted by their scores. With N
 * views of positive weight for the label, W the sum of their weights and T boxes in the group, its
 * score is the mean of their scores times min(T, N) / W (the paper's equation 5), so that a box
 * seen by one view alone counts less. It is at most 1: with unequal weights, two overlapping boxes
 * of the heavier view would otherwise exceed it.
 *
 * Sums are in double, mean boxes and the resulting score are rounded to float. Writes the fused
 * boxes by falling score (then in the order in which the groups began) to items[] and their number
 * to *fused. Error: SX_ERR_MEMORY. */
bool sx_fuse_boxes(sx_detection *items, size_t count, const sx_fuse_options *options, size_t *fused,
                   sx_error *err) SX_MUST_USE;

#endif
