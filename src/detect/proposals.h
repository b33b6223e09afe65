/* From a region proposal network's answers to boxes (Ren 2015, sec. 3.1.2 and 3.3), as Detectron2's
 * find_top_rpn_proposals. */
#ifndef SX_DETECT_PROPOSALS_H
#define SX_DETECT_PROPOSALS_H

#include "base/error.h"
#include "detect/anchors.h"

typedef struct sx_proposal_spec {
    const sx_anchors *anchors;
    const float
        *logits[SX_MAX_ANCHOR_LEVELS]; /* one image's: an anchor has one logit and four deltas */
    const float *deltas[SX_MAX_ANCHOR_LEVELS];
    int per_level;       /* so many of each level's best go into suppression */
    int most;            /* so many come out */
    float iou;           /* of suppression, each level by itself */
    float width, height; /* boxes are held within the image; those without area are dropped */
} sx_proposal_spec;

/* boxes[most] and logits[most] (NULL: not wanted) by falling logit, then rising anchor; *count of
 * them. Errors: SX_ERR_VALUE (a logit, or a box of the best, that is NaN or infinite),
 * SX_ERR_MEMORY. */
bool sx_propose(const sx_proposal_spec *spec, sx_box *boxes, float *logits, int *count,
                sx_error *err) SX_MUST_USE;

#endif
