/* Training of detectors that classify every anchor of every level (RetinaNet, EfficientDet):
 * anchors are assigned to true boxes. The losses are the focal loss over all anchors that are not
 * ignored, and a box loss over the anchors that are assigned to a true box. */
#ifndef SX_MODELS_ANCHOR_LOSS_H
#define SX_MODELS_ANCHOR_LOSS_H

#include "detect/anchor_match.h"
#include "detect/anchors.h"
#include "models/losses.h"

typedef struct sx_anchor_loss {
    sx_anchor_rule rule;
    float alpha, focus; /* of the focal loss (Lin 2017b, eq. 5) */
    /* The loss of the deltas x[4] of an anchor that is assigned to a true box; adds scale times its
     * gradient to grad[4]. */
    double (*box_loss)(void *user, const float x[4], sx_box anchor, sx_box truth, float scale,
                       float grad[4]);
    void *user; /* for box_loss */
} sx_anchor_loss;

/* The true box and label of every anchor of a batch. */
typedef struct sx_anchor_matches {
    sx_anchors grid;
    int64_t anchors; /* of one image */
    int64_t objects; /* in the batch */
    sx_box *boxes;   /* [anchors] */
    int *truth_of;   /* [images][anchors] */
    int8_t *label;   /* [images][anchors] */
} sx_anchor_matches;

typedef struct sx_anchor_sums {
    double classes, boxes; /* not yet normalised */
} sx_anchor_sums;

/* The caller sets `grid` and zeroes the rest. Call sx_anchor_matches_free also after a failure. */
bool sx_anchor_matches_find(sx_anchor_matches *m, const sx_anchor_rule *rule,
                            const sx_targets *truth, int images, int threads,
                            sx_error *err) SX_MUST_USE;
void sx_anchor_matches_free(sx_anchor_matches *m);

/* Sums the losses over the plan's outputs "logits<level>" and "deltas<level>", and writes the
 * gradients of these outputs, times scale. */
bool sx_anchor_loss_sum(const sx_anchor_loss *l, sx_plan *p, const sx_anchor_matches *m,
                        const sx_targets *truth, int images, float scale, sx_anchor_sums *sums,
                        sx_error *err) SX_MUST_USE;

#endif
