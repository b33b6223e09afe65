#include "models/anchor_loss.h"

#include <stdlib.h>

#include "base/mem.h"
#include "detect/box_losses.h"

void sx_anchor_matches_free(sx_anchor_matches *m) {
    free(m->boxes);
    free(m->truth_of);
    free(m->label);
}

static bool make_room(sx_anchor_matches *m, size_t all, sx_error *err) {
    m->boxes = sx_calloc_for((size_t)m->anchors, sizeof *m->boxes, "anchors", err);
    m->truth_of = m->boxes ? sx_calloc_for(all, sizeof *m->truth_of, "anchors", err) : NULL;
    m->label = m->truth_of ? sx_calloc_for(all, sizeof *m->label, "anchors", err) : NULL;
    return m->label != NULL;
}

bool sx_anchor_matches_find(sx_anchor_matches *m, const sx_anchor_rule *rule,
                            const sx_targets *truth, int images, int threads, sx_error *err) {
    m->anchors = sx_anchors_count(&m->grid);
    const size_t all = (size_t)m->anchors * (size_t)images;
    if (!make_room(m, all, err)) return false;
    sx_anchors_list(&m->grid, m->boxes);
    for (int i = 0; i < images; i++) {
        const sx_anchor_match one = { .truth = truth[i].boxes,
                                      .truth_count = truth[i].count,
                                      .boxes = m->boxes,
                                      .count = m->anchors,
                                      .rule = *rule,
                                      .threads = threads };
        if (!sx_match_anchors(&one, m->truth_of + i * m->anchors, m->label + i * m->anchors, err))
            return false;
    }
    for (size_t k = 0; k < all; k++)
        m->objects += m->label[k] == SX_MATCH_OBJECT;
    return true;
}

/* A level's outputs for the whole batch. Its anchors are [first, first + count) of each image. */
typedef struct level {
    const sx_anchor_loss *loss;
    const sx_anchor_matches *matches;
    sx_loss_map logits, deltas;
    int64_t first, count;
    int classes;
    float scale;
} level;

/* Focal loss over runs of anchors that are not ignored; target [count][classes]. */
static double class_loss(const level *l, int image, const int8_t *label, const uint8_t *target) {
    const int classes = l->classes;
    const int64_t at = image * l->count * classes;
    double sum = 0;
    for (int64_t i = 0, end; i < l->count; i = end) {
        for (end = i + 1; end < l->count && (label[end] < 0) == (label[i] < 0);)
            end++;
        if (label[i] < 0) continue;
        sum += sx_focal_sum(l->logits.value + at + i * classes, target + i * classes,
                            (end - i) * classes, l->loss->alpha, l->loss->focus, l->scale,
                            l->logits.grad + at + i * classes);
    }
    return sum;
}

static bool sum_image(const level *l, const sx_targets *truth, int image, sx_anchor_sums *sums,
                      sx_error *err) {
    const sx_anchor_matches *m = l->matches;
    const int8_t *label = m->label + image * m->anchors + l->first;
    const int *truth_of = m->truth_of + image * m->anchors + l->first;
    uint8_t *target = sx_calloc_for((size_t)l->count * (size_t)l->classes, 1, "losses", err);
    if (!target) return false;
    for (int64_t i = 0; i < l->count; i++) {
        if (label[i] != SX_MATCH_OBJECT) continue;
        const int t = truth_of[i];
        const int64_t at = 4 * (image * l->count + i);
        target[i * l->classes + truth->labels[t]] = 1;
        sums->boxes +=
            l->loss->box_loss(l->loss->user, l->deltas.value + at, m->boxes[l->first + i],
                              truth->boxes[t], l->scale, l->deltas.grad + at);
    }
    sums->classes += class_loss(l, image, label, target);
    free(target);
    return true;
}

static bool sum_level(level *l, sx_plan *p, int k, const sx_targets *truth, int images,
                      sx_anchor_sums *sums, sx_error *err) {
    l->count = sx_anchor_level_count(&l->matches->grid.levels[k]);
    l->logits = l->deltas = (sx_loss_map){ 0 };
    bool ok = sx_loss_map_open(&l->logits, p, "logits", k, err) &&
              sx_loss_map_open(&l->deltas, p, "deltas", k, err);
    if (ok) l->classes = (int)(l->logits.count / (images * l->count));
    for (int i = 0; ok && i < images; i++)
        ok = sum_image(l, &truth[i], i, sums, err);
    sx_loss_map_close(&l->logits, p, ok);
    sx_loss_map_close(&l->deltas, p, ok);
    l->first += l->count;
    return ok;
}

bool sx_anchor_loss_sum(const sx_anchor_loss *loss, sx_plan *p, const sx_anchor_matches *m,
                        const sx_targets *truth, int images, float scale, sx_anchor_sums *sums,
                        sx_error *err) {
    level l = { .loss = loss, .matches = m, .scale = scale };
    bool ok = true;
    for (int k = 0; ok && k < m->grid.level_count; k++)
        ok = sum_level(&l, p, k, truth, images, sums, err);
    return ok;
}
