/* Assigns true boxes to anchors or proposals for training, as Detectron2's Matcher on pairwise IoU
 * (Ren 2015, sec. 3.1.2; Lin 2017b, sec. 4). */
#ifndef SX_DETECT_ANCHOR_MATCH_H
#define SX_DETECT_ANCHOR_MATCH_H

#include <stdint.h>

#include "base/fail.h"
#include "detect/box.h"

typedef struct sx_anchor_rule {
    float low, high; /* IoU < low: background; >= high: object; between: ignored */
    /* The first of the boxes that overlap a true box most is an object, and is assigned to that
     * true box even if it overlaps another one more; of several such true boxes, to the first
     * (EfficientDet). */
    bool first_best;
    /* All boxes that overlap a true box most are objects, for any IoU above 0. */
    bool best;
} sx_anchor_rule;

typedef struct sx_anchor_match {
    const sx_box *truth; /* [truth_count] */
    int truth_count;
    const sx_box *boxes; /* [count] */
    int64_t count;
    sx_anchor_rule rule;
    int threads; /* 0: 1 */
} sx_anchor_match;

enum { SX_MATCH_IGNORED = -1, SX_MATCH_BACKGROUND = 0, SX_MATCH_OBJECT = 1 };

/* Fills truth_of[count] and label[count]. truth_of[i] is the true box that boxes[i] overlaps most,
 * the first of equal ones, or 0 without overlap. It does not change for a box that is an object
 * only by `best`, even if another true box made it an object, as in Detectron2. label[i] is one of
 * the above. Without true boxes all boxes are background. One difference from Detectron2: if a true
 * box overlaps no box, Detectron2 makes all boxes without overlap objects; here there are none.
 * Error: SX_ERR_MEMORY. */
bool sx_match_anchors(const sx_anchor_match *m, int *truth_of, int8_t *label,
                      sx_error *err) SX_MUST_USE;

#endif
