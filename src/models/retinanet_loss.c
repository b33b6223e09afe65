/* RetinaNet's losses (Lin 2017b, sec. 3 and 4) as Detectron2 normalises them: focal loss over all
 * anchors that take part, L1 over those of objects, both divided by a running number of these. */
#include <stdlib.h>

#include "base/mem.h"
#include "detect/anchor_match.h"
#include "detect/box_coder.h"
#include "detect/box_losses.h"
#include "models/losses.h"
#include "models/retinanet.h"

static const float alpha = 0.25F, focus = 2, beta = 0;
static const sx_anchor_rule rule = { .low = 0.4F, .high = 0.5F, .best = true };
static const double first_normaliser = 100, normaliser_momentum = 0.9;

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

/* Focal loss over stretches of anchors that take part. */
static double class_loss(const sx_loss_map *o, int64_t at, const int8_t *label,
                         const uint8_t *target, int64_t n, int classes, float scale) {
    double sum = 0;
    for (int64_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && (label[end] < 0) == (label[i] < 0);)
            end++;
        if (label[i] >= 0)
            sum +=
                sx_focal_sum(o->value + at + i * classes, target + i * classes, (end - i) * classes,
                             alpha, focus, scale, o->grad + at + i * classes);
    }
    return sum;
}

static double box_loss(const sx_loss_map *o, int64_t at, sx_box anchor, sx_box truth, float scale) {
    float want[4];
    sx_box_encode(anchor, truth, SX_BOX_WEIGHTS_ONE, want);
    return sx_smooth_l1_sum(o->value + at, want, 4, beta, scale, o->grad + at);
}

typedef struct sums {
    double classes, boxes;
} sums;

/* Anchors [first, first + n) are the level's. */
static bool level_of_image(const sx_retinanet *m, const matches *s, const sx_targets *truth,
                           int image, int64_t first, int64_t n, const sx_loss_map o[2], float scale,
                           sums *sum, sx_error *err) {
    const int8_t *label = s->label + image * s->anchors + first;
    const int *truth_of = s->truth_of + image * s->anchors + first;
    uint8_t *target = sx_calloc_for((size_t)n * (size_t)m->classes, 1, "losses", err);
    if (!target) return false;
    for (int64_t i = 0; i < n; i++) {
        if (label[i] != SX_MATCH_OBJECT) continue;
        const int t = truth_of[i];
        target[i * m->classes + truth->labels[t]] = 1;
        sum->boxes +=
            box_loss(&o[1], (image * n + i) * 4, s->boxes[first + i], truth->boxes[t], scale);
    }
    sum->classes += class_loss(&o[0], image * n * m->classes, label, target, n, m->classes, scale);
    free(target);
    return true;
}

static bool one_level(const sx_retinanet *m, sx_plan *p, const matches *s, const sx_targets *truth,
                      int images, int level, int64_t first, float scale, sums *sum, sx_error *err) {
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

bool sx_retinanet_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                       sx_loss_state *state, sx_losses *out, sx_error *err) {
    const sx_retinanet *m = config;
    matches s = { .grid = sx_retinanet_anchors(m, p) };
    sums sum = { 0 };
    bool ok = match_all(&s, truth, images, sx_plan_threads(p), err);
    const int ranks = state->peers ? state->peers->count : 1;
    const double before = state->normaliser > 0 ? state->normaliser : first_normaliser,
                 objects = sx_loss_share(state, (double)s.objects, 1) * ranks;
    const double running = normaliser_momentum * before + (1 - normaliser_momentum) * objects,
                 normaliser = running / ranks;
    const float scale = (float)(1 / normaliser);
    int64_t first = 0;
    for (int k = 0; ok && k < s.grid.levels; k++) {
        ok = one_level(m, p, &s, truth, images, k, first, scale, &sum, err);
        first += sx_anchor_level_count(&s.grid.level[k]);
    }
    free_matches(&s);
    if (!ok) return false;
    state->normaliser = running;
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", sum.classes / normaliser);
    sx_losses_add(out, "loss_box_reg", sum.boxes / normaliser);
    return true;
}
