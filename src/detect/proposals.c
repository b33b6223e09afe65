#include "detect/proposals.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/box_coder.h"
#include "detect/nms.h"

/* The candidates of all levels, level by level. */
typedef struct candidates {
    sx_box *box;
    float *logit;
    int *level, *keep;
    size_t count;
} candidates;

static bool new_candidates(candidates *c, size_t cap, sx_error *err) {
    *c = (candidates){ 0 };
    c->box = sx_calloc_for(cap, sizeof *c->box, "proposals", err);
    c->logit = c->box ? sx_calloc_for(cap, sizeof *c->logit, "proposals", err) : NULL;
    c->level = c->logit ? sx_calloc_for(cap, sizeof *c->level, "proposals", err) : NULL;
    c->keep = c->level ? sx_calloc_for(cap, sizeof *c->keep, "proposals", err) : NULL;
    return c->keep != NULL;
}

static void free_candidates(candidates *c) {
    free(c->box);
    free(c->logit);
    free(c->level);
    free(c->keep);
}

/* NaN and infinity cannot be ordered by score. */
static bool check_logits(const float *logits, int64_t n, int level, sx_error *err) {
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(logits[i]))
            return sx_fail(err, SX_ERR_VALUE, "a proposal's score on level %d is %g", level,
                           (double)logits[i]);
    return true;
}

/* Only the best candidates of a level are decoded. */
static bool take_level(const sx_proposal_spec *s, int k, int *order, candidates *c, sx_error *err) {
    const sx_anchor_level *l = &s->anchors->levels[k];
    size_t n;
    if (!check_logits(s->logits[k], sx_anchor_level_count(l), k, err)) return false;
    if (!sx_order_by_score(s->logits[k], (size_t)sx_anchor_level_count(l), 0, (size_t)s->per_level,
                           order, &n, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const int a = order[i];
        const sx_box whole =
            sx_box_decode(sx_anchor_at(l, a), s->deltas[k] + 4 * (int64_t)a, SX_BOX_WEIGHTS_ONE);
        if (!sx_box_is_finite(whole))
            return sx_fail(err, SX_ERR_VALUE, "a proposal's box on level %d is not finite", k);
        const sx_box b = sx_box_clip(whole, s->width, s->height);
        if (!(b.x1 > b.x0 && b.y1 > b.y0)) continue;
        c->box[c->count] = b;
        c->logit[c->count] = s->logits[k][a];
        c->level[c->count++] = k;
    }
    return true;
}

bool sx_propose(const sx_proposal_spec *s, sx_box *boxes, float *logits, int *count,
                sx_error *err) {
    candidates c = { 0 };
    const int levels = s->anchors->level_count;
    int *order = sx_calloc_for((size_t)s->per_level + 1, sizeof *order, "proposals", err);
    bool ok = order && new_candidates(&c, (size_t)s->per_level * (size_t)levels + 1, err);
    for (int k = 0; ok && k < levels; k++)
        ok = take_level(s, k, order, &c, err);
    size_t kept = 0;
    ok = ok && sx_nms(c.box, c.logit, c.level, c.count,
                      &(sx_nms_options){ .iou = s->iou, .max_kept = (size_t)s->most }, c.keep,
                      &kept, err);
    for (size_t i = 0; ok && i < kept; i++) {
        boxes[i] = c.box[c.keep[i]];
        if (logits) logits[i] = c.logit[c.keep[i]];
    }
    *count = ok ? (int)kept : 0;
    free_candidates(&c);
    free(order);
    return ok;
}
