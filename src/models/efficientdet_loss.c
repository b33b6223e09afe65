/* EfficientDet's losses as its published code has them: focal loss over all anchors, Huber's loss
 * of the boxes of those on objects, both divided by one more than the batch's number of these. */
#include <stdlib.h>

#include "base/mem.h"
#include "detect/anchor_match.h"
#include "detect/box_coder.h"
#include "detect/box_losses.h"
#include "models/efficientdet.h"
#include "models/losses.h"

static const float alpha = 0.25F, focus = 1.5F, delta = 0.1F, box_weight = 50;
static const sx_anchor_rule rule = { .low = 0.5F, .high = 0.5F, .first_best = true };

/* What every anchor of the batch is trained for: [images][anchors]. */
typedef struct matches {
    sx_anchors grid;
    int64_t anchors, objects;
    sx_box *boxes; /* [anchors] */
    int *truth_of;
    int8_t *label;
} matches;

static void free_matches(matches *s) {
    free(s->boxes);
    free(s->truth_of);
    free(s->label);
}

static bool match_all(matches *s, const sx_targets *truth, int images, int threads, sx_error *err) {
    s->anchors = sx_anchors_count(&s->grid);
    const size_t all = (size_t)s->anchors * (size_t)images;
    s->boxes = sx_calloc_for((size_t)s->anchors, sizeof *s->boxes, "anchors", err);
    s->truth_of = s->boxes ? sx_calloc_for(all, sizeof *s->truth_of, "anchors", err) : NULL;
    s->label = s->truth_of ? sx_calloc_for(all, sizeof *s->label, "anchors", err) : NULL;
    if (!s->label) return false;
    sx_anchors_list(&s->grid, s->boxes);
    for (int i = 0; i < images; i++) {
        const sx_anchor_match m = { .truth = truth[i].boxes,
                                    .truths = truth[i].count,
                                    .boxes = s->boxes,
                                    .count = s->anchors,
                                    .rule = rule,
                                    .threads = threads };
        if (!sx_match_anchors(&m, s->truth_of + i * s->anchors, s->label + i * s->anchors, err))
            return false;
    }
    for (size_t k = 0; k < all; k++)
        s->objects += s->label[k] == SX_MATCH_OBJECT;
    return true;
}

/* Huber's loss is delta times the smooth L1 loss with a foot of delta, over four numbers of each
 * anchor. A number that is to be 0 exactly takes no part: the published code tells the background
 * so. */
static double box_loss(const sx_loss_map *o, int64_t at, sx_box anchor, sx_box truth, float scale) {
    const float part = box_weight * delta / 4;
    float e[4], *x = o->value + at;
    sx_box_encode(anchor, truth, SX_BOX_WEIGHTS_ONE, e);
    const float want[4] = { e[1], e[0], e[3], e[2] };
    double sum = 0;
    for (int k = 0; k < 4; k++)
        if (want[k] != 0)
            sum += sx_smooth_l1_sum(x + k, want + k, 1, delta, part * scale, o->grad + at + k);
    return (double)part * sum;
}

typedef struct sums {
    double classes, boxes;
} sums;

/* Anchors [first, first + n) are the level's. */
static bool level_of_image(const sx_efficientdet *m, const matches *s, const sx_targets *truth,
                           int image, int64_t first, int64_t n, const sx_loss_map o[2], float scale,
                           sums *sum, sx_error *err) {
    const int8_t *label = s->label + image * s->anchors + first;
    const int *truth_of = s->truth_of + image * s->anchors + first;
    const int64_t logits = n * m->classes, at = image * logits;
    uint8_t *target = sx_calloc_for((size_t)logits, 1, "losses", err);
    if (!target) return false;
    for (int64_t i = 0; i < n; i++) {
        if (label[i] != SX_MATCH_OBJECT) continue;
        const int t = truth_of[i];
        target[i * m->classes + truth->labels[t]] = 1;
        sum->boxes +=
            box_loss(&o[1], (image * n + i) * 4, s->boxes[first + i], truth->boxes[t], scale);
    }
    sum->classes +=
        sx_focal_sum(o[0].value + at, target, logits, alpha, focus, scale, o[0].grad + at);
    free(target);
    return true;
}

static bool one_level(const sx_efficientdet *m, sx_plan *p, const matches *s,
                      const sx_targets *truth, int images, int level, int64_t first, float scale,
                      sums *sum, sx_error *err) {
    const int64_t n = sx_anchor_level_count(&s->grid.level[level]);
    sx_loss_map o[2] = { 0 };
    bool ok = sx_loss_map_open(&o[0], p, "logits", level, err) &&
              sx_loss_map_open(&o[1], p, "deltas", level, err);
    for (int i = 0; ok && i < images; i++)
        ok = level_of_image(m, s, &truth[i], i, first, n, o, scale, sum, err);
    sx_loss_map_close(&o[0], p, ok);
    sx_loss_map_close(&o[1], p, ok);
    return ok;
}

bool sx_efficientdet_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                          sx_loss_state *state, sx_losses *out, sx_error *err) {
    const sx_efficientdet *m = config;
    matches s = { .grid = sx_efficientdet_anchors(m, p) };
    sums sum = { 0 };
    bool ok = match_all(&s, truth, images, sx_plan_threads(p), err);
    const int ranks = state->peers ? state->peers->count : 1;
    const double normaliser = sx_loss_share(state, (double)s.objects, 0) + 1.0 / ranks;
    const float scale = (float)(1 / normaliser);
    int64_t first = 0;
    for (int k = 0; ok && k < s.grid.levels; k++) {
        ok = one_level(m, p, &s, truth, images, k, first, scale, &sum, err);
        first += sx_anchor_level_count(&s.grid.level[k]);
    }
    free_matches(&s);
    if (!ok) return false;
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", sum.classes / normaliser);
    sx_losses_add(out, "loss_box_reg", sum.boxes / normaliser);
    return true;
}
