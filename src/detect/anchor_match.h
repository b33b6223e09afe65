/* Which true box an anchor or proposal is trained for: Detectron2's Matcher on pairwise IoU (Ren
 * 2015, sec. 3.1.2; Lin 2017b, sec. 4). */
#ifndef SX_DETECT_ANCHOR_MATCH_H
#define SX_DETECT_ANCHOR_MATCH_H

#include <stdint.h>

#include "base/error.h"
#include "detect/box.h"

typedef struct sx_anchor_rule {
    float low, high; /* IoU below low: background; from high on: object; between: takes no part */
    bool first_best; /* the first of the boxes that overlap a true box most, if they do, is an
                        object and trained for that one, be it another one's best too: the first
                        such true box (EfficientDet's) */
    bool best; /* the boxes that overlap a true box most (all of equal ones) are objects at any IoU
                  above 0 */
} sx_anchor_rule;

typedef struct sx_anchor_match {
    const sx_box *truth; /* [truths] */
    int truths;
    const sx_box *boxes; /* [count] */
    int64_t count;
    sx_anchor_rule rule;
    int threads; /* 0: 1 */
} sx_anchor_match;

enum { SX_MATCH_IGNORED = -1, SX_MATCH_BACKGROUND = 0, SX_MATCH_OBJECT = 1 };

/* Fills truth_of[count] and label[count]. truth_of[i]: the true box that boxes[i] overlaps most,
 * the first of equal ones; 0 without any overlap. A box that is an object by `best` alone keeps it,
 * be it another one than that whose best it is (as the reference). label[i]: one of the above.
 * Without true boxes all is background. One difference: where a true box overlaps nothing, the
 * reference makes objects of all that overlap nothing. */
bool sx_match_anchors(const sx_anchor_match *m, int *truth_of, int8_t *label,
                      sx_error *err) SX_MUST_USE;

#endif
