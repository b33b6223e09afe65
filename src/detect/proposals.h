/* Turns the outputs of a region proposal network into boxes (Ren 2015, sec. 3.1.2 and 3.3), as
 * Detectron2's find_top_rpn_proposals. */
#ifndef SX_DETECT_PROPOSALS_H
#define SX_DETECT_PROPOSALS_H

#include "base/fail.h"
#include "detect/anchors.h"

typedef struct sx_proposal_spec {
    const sx_anchors *anchors;
    /* of one image: one logit and four deltas per anchor */
    const float *logits[SX_MAX_ANCHOR_LEVELS];
    const float *deltas[SX_MAX_ANCHOR_LEVELS];
    int per_level; /* the best candidates of each level that enter suppression */
    int most;      /* the most proposals to return */
    float iou;     /* of suppression, which is done for each level separately */
    float width,
        height; /* of the image; boxes are clipped to it, and those without area are dropped */
} sx_proposal_spec;

/* Writes *count proposals to boxes[most] and logits[most] (NULL: not needed), by falling logit,
 * then by rising anchor. Errors: SX_ERR_VALUE (a logit, or the box of a candidate, that is NaN or
 * infinite), SX_ERR_MEMORY. */
bool sx_propose(const sx_proposal_spec *spec, sx_box *boxes, float *logits, int *count,
                sx_error *err) SX_MUST_USE;

#endif
