/* EfficientDet's losses as in its published code: the focal loss over all anchors, and the Huber
 * loss of the boxes of anchors on objects, both divided by the batch's number of such anchors plus
 * one. */
#include "detect/box_coder.h"
#include "detect/box_losses.h"
#include "models/anchor_loss.h"
#include "models/efficientdet.h"

static const float delta = 0.1F, box_weight = 50;

/* The Huber loss is delta times the smooth L1 loss with beta = delta, averaged over the four
 * numbers of an anchor. Numbers whose target is exactly 0 are ignored, because the published code
 * marks the background by zeros. */
static double box_loss(void *user, const float x[4], sx_box anchor, sx_box truth, float scale,
                       float grad[4]) {
    (void)user;
    const float part = box_weight * delta / 4;
    float e[4];
    sx_box_encode(anchor, truth, SX_BOX_WEIGHTS_ONE, e);
    const float want[4] = { e[1], e[0], e[3], e[2] };
    double sum = 0;
    for (int k = 0; k < 4; k++)
        if (want[k] != 0)
            sum += sx_smooth_l1_sum(x + k, want + k, 1, delta, part * scale, grad + k);
    return (double)part * sum;
}

static const sx_anchor_loss loss = { .rule = { .low = 0.5F, .high = 0.5F, .first_best = true },
                                     .alpha = 0.25F,
                                     .focus = 1.5F,
                                     .box_loss = box_loss };

bool sx_efficientdet_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                          sx_loss_state *state, sx_losses *out, sx_error *err) {
    sx_anchor_matches m = { .grid = sx_efficientdet_anchors(config, p) };
    sx_anchor_sums sums = { 0 };
    bool ok = sx_anchor_matches_find(&m, &loss.rule, truth, images, sx_plan_threads(p), err);
    const int ranks = state->peers ? state->peers->count : 1;
    const double normaliser = sx_loss_share(state, (double)m.objects, 0) + 1.0 / ranks;
    ok = ok && sx_anchor_loss_sum(&loss, p, &m, truth, images, (float)(1 / normaliser), &sums, err);
    sx_anchor_matches_free(&m);
    if (!ok) return false;
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", sums.classes / normaliser);
    sx_losses_add(out, "loss_box_reg", sums.boxes / normaliser);
    return true;
}
