/* What detectors that classify every anchor of every level (RetinaNet, EfficientDet) share in
 * training: which anchors answer for objects, then the focal loss over all anchors that take part
 * and a box loss over those on objects. */
#ifndef SX_MODELS_ANCHOR_LOSS_H
#define SX_MODELS_ANCHOR_LOSS_H

#include "detect/anchor_match.h"
#include "detect/anchors.h"
#include "models/losses.h"

typedef struct sx_anchor_loss {
    sx_anchor_rule rule;
    float alpha, focus; /* of the focal loss (Lin 2017b, eq. 5) */
    /* The loss of the deltas x[4] of an anchor that answers for a true box; adds scale times its
     * gradient to grad[4]. */
    double (*box_loss)(const float x[4], sx_box anchor, sx_box truth, float scale, float grad[4]);
} sx_anchor_loss;

/* What every anchor of a batch is trained for. */
typedef struct sx_anchor_matches {
    sx_anchors grid;
    int64_t anchors, objects; /* of one image; of the batch */
    sx_box *boxes;            /* [anchors] */
    int *truth_of;            /* [images][anchors] */
    int8_t *label;            /* [images][anchors] */
} sx_anchor_matches;

typedef struct sx_anchor_sums {
    double classes, boxes; /* before they are divided by anything */
} sx_anchor_sums;

/* `grid` is set by the caller, all else is zero. Free in any case. */
bool sx_anchor_matches_find(sx_anchor_matches *m, const sx_anchor_rule *rule,
                            const sx_targets *truth, int images, int threads,
                            sx_error *err) SX_MUST_USE;
void sx_anchor_matches_free(sx_anchor_matches *m);

/* Sums over the outputs "logits<level>" and "deltas<level>" of the plan; their gradients, times
 * scale, are written. */
bool sx_anchor_loss_sum(const sx_anchor_loss *l, sx_plan *p, const sx_anchor_matches *m,
                        const sx_targets *truth, int images, float scale, sx_anchor_sums *sums,
                        sx_error *err) SX_MUST_USE;

#endif
