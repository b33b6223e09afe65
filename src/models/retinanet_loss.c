/* RetinaNet's losses (Lin 2017b, sec. 3 and 4) as Detectron2 normalises them: the focal loss over
 * all anchors that are not ignored, and L1 over the anchors of objects, both divided by a running
 * mean of the number of such anchors. */
#include "detect/box_coder.h"
#include "detect/box_losses.h"
#include "models/anchor_loss.h"
#include "models/retinanet.h"

static const float beta = 0;
static const double first_normaliser = 100, normaliser_momentum = 0.9;

static double box_loss(void *user, const float x[4], sx_box anchor, sx_box truth, float scale,
                       float grad[4]) {
    (void)user;
    float want[4];
    sx_box_encode(anchor, truth, SX_BOX_WEIGHTS_ONE, want);
    return sx_smooth_l1_sum(x, want, 4, beta, scale, grad);
}

static const sx_anchor_loss loss = { .rule = { .low = 0.4F, .high = 0.5F, .best = true },
                                     .alpha = 0.25F,
                                     .focus = 2,
                                     .box_loss = box_loss };

bool sx_retinanet_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                       sx_loss_state *state, sx_losses *out, sx_error *err) {
    sx_anchor_matches m = { .grid = sx_retinanet_anchors(config, p) };
    sx_anchor_sums sums = { 0 };
    bool ok = sx_anchor_matches_find(&m, &loss.rule, truth, images, sx_plan_threads(p), err);
    const int ranks = state->peers ? state->peers->count : 1;
    const double before = state->normaliser > 0 ? state->normaliser : first_normaliser,
                 objects = sx_loss_share(state, (double)m.objects, 1) * ranks;
    const double running = normaliser_momentum * before + (1 - normaliser_momentum) * objects,
                 normaliser = running / ranks;
    ok = ok && sx_anchor_loss_sum(&loss, p, &m, truth, images, (float)(1 / normaliser), &sums, err);
    sx_anchor_matches_free(&m);
    if (!ok) return false;
    state->normaliser = running;
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", sums.classes / normaliser);
    sx_losses_add(out, "loss_box_reg", sums.boxes / normaliser);
    return true;
}
