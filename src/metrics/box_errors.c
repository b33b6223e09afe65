#include "metrics/box_errors.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/sort.h"

const char *sx_box_kind_name(sx_box_kind kind) {
    static const char *const names[SX_BOX_KINDS] = { "dropped",
                                                     "hit",
                                                     "ignored",
                                                     "duplicate",
                                                     "wrong class",
                                                     "badly placed",
                                                     "wrong class and badly placed",
                                                     "background" };
    return names[kind];
}

/* The true boxes of each film: indices[starts[film] .. starts[film + 1]). */
typedef struct by_film {
    size_t *starts;
    uint32_t *indices;
} by_film;

static bool sort_by_film(const sx_boxes *b, by_film *t, sx_error *err) {
    t->starts = sx_calloc_for(b->film_count + 2, sizeof *t->starts, "films", err);
    t->indices = sx_calloc_for(b->true_box_count + 1, sizeof *t->indices, "boxes", err);
    if (!t->starts || !t->indices) return false;
    for (size_t i = 0; i < b->true_box_count; i++)
        t->starts[b->true_boxes[i].film + 2]++;
    for (size_t f = 1; f <= b->film_count; f++)
        t->starts[f + 1] += t->starts[f];
    for (size_t i = 0; i < b->true_box_count; i++)
        t->indices[t->starts[b->true_boxes[i].film + 1]++] = (uint32_t)i;
    return true;
}

typedef struct best {
    double same, other; /* the highest IoU with true boxes of its class, and of other classes */
    long other_box;     /* the true box of `other` */
    long same_box;
} best;

static best find_best(const sx_boxes *b, const by_film *t, const sx_found_box *f) {
    best n = { 0, 0, -1, -1 };
    for (size_t k = t->starts[f->film]; k < t->starts[f->film + 1]; k++) {
        const sx_truth_box *truth = &b->true_boxes[t->indices[k]];
        const double iou = sx_box_iou_xywh(f, truth, truth->crowd);
        double *of = truth->label == f->label ? &n.same : &n.other;
        if (truth->crowd || iou <= *of) continue;
        *of = iou;
        *(truth->label == f->label ? &n.same_box : &n.other_box) = (long)t->indices[k];
    }
    return n;
}

/* A hit or a box on a crowd, from the matching as in COCO. */
static bool mark_hits(const sx_boxes *b, const double *thresholds, double hit, sx_box_errors *out,
                      sx_error *err) {
    static const sx_size_range every_size = { 0, 1e300 };
    const sx_match_options how = { SX_MATCH_COCO, &hit, 1, &every_size, 1, 0 };
    sx_matches m;
    if (!sx_match_boxes(b, &how, &m, err)) return false;
    for (int c = 0; c < b->class_count; c++) {
        const sx_match_list *l = sx_matches_of(&m, c, 0);
        for (size_t i = 0; i < l->count; i++)
            if (l->scores[i] >= thresholds[c])
                out->found_kinds[l->indices[i]] = l->hits[i] & 1      ? SX_BOX_HIT
                                                  : l->ignored[i] & 1 ? SX_BOX_IGNORED
                                                                      : SX_BOX_BACKGROUND;
    }
    sx_matches_free(&m);
    return true;
}

/* Repeats COCO's choice for the hits, to know which true box each one takes. */
static bool mark_found(const sx_boxes *b, const by_film *t, double hit, sx_box_errors *out,
                       sx_error *err) {
    uint32_t *order = sx_calloc_for(b->found_box_count + 1, sizeof *order, "boxes", err);
    double *scores = sx_calloc_for(b->found_box_count + 1, sizeof *scores, "boxes", err);
    bool ok = order && scores;
    for (size_t i = 0; ok && i < b->found_box_count; i++)
        scores[i] = b->found_boxes[i].score;
    ok = ok && sx_sort_descending(scores, b->found_box_count, order, err);
    for (size_t i = 0; ok && i < b->found_box_count; i++) {
        const sx_found_box *f = &b->found_boxes[order[i]];
        double least = hit;
        long chosen = -1;
        if (out->found_kinds[order[i]] != SX_BOX_HIT) continue;
        for (size_t k = t->starts[f->film]; k < t->starts[f->film + 1]; k++) {
            const uint32_t at = t->indices[k];
            const sx_truth_box *truth = &b->true_boxes[at];
            if (truth->label != f->label || out->lesion_kinds[at] != SX_LESION_MISSED) continue;
            const double iou = sx_box_iou_xywh(f, truth, false);
            if (iou < least) continue;
            least = iou;
            chosen = (long)at;
        }
        if (chosen < 0) continue;
        out->lesion_kinds[chosen] = SX_LESION_FOUND;
        out->lesions[order[i]] = (uint32_t)chosen;
    }
    free(order);
    free(scores);
    return ok;
}

static sx_box_kind kind_of(const best *n, double hit, double near) {
    if (n->same >= hit) return SX_BOX_DUPLICATE;
    if (n->other >= hit) return SX_BOX_WRONG_CLASS;
    if (n->same >= near) return SX_BOX_MISPLACED;
    return n->other >= near ? SX_BOX_BOTH : SX_BOX_BACKGROUND;
}

static void mark_errors(const sx_boxes *b, const by_film *t, double hit, double near,
                        sx_box_errors *out) {
    for (size_t i = 0; i < b->found_box_count; i++) {
        if (out->found_kinds[i] != SX_BOX_BACKGROUND) continue;
        const best n = find_best(b, t, &b->found_boxes[i]);
        const sx_box_kind kind = kind_of(&n, hit, near);
        out->found_kinds[i] = (unsigned char)kind;
        if (kind == SX_BOX_WRONG_CLASS && out->lesion_kinds[n.other_box] >= SX_LESION_MISPLACED)
            out->lesion_kinds[n.other_box] = SX_LESION_WRONG_CLASS;
        if (kind == SX_BOX_MISPLACED && out->lesion_kinds[n.same_box] == SX_LESION_MISSED)
            out->lesion_kinds[n.same_box] = SX_LESION_MISPLACED;
    }
}

bool sx_box_errors_of(const sx_boxes *b, const double *thresholds, double hit, double near,
                      sx_box_errors *out, sx_error *err) {
    by_film t = { 0 };
    out->found_kinds = sx_calloc_for(b->found_box_count + 1, 1, "boxes", err);
    out->lesion_kinds = sx_calloc_for(b->true_box_count + 1, 1, "boxes", err);
    out->lesions = sx_calloc_for(b->found_box_count + 1, sizeof *out->lesions, "boxes", err);
    bool ok = out->found_kinds && out->lesion_kinds && out->lesions &&
              mark_hits(b, thresholds, hit, out, err) && sort_by_film(b, &t, err);
    for (size_t i = 0; ok && i < b->found_box_count; i++)
        out->lesions[i] = UINT32_MAX;
    for (size_t i = 0; ok && i < b->true_box_count; i++)
        out->lesion_kinds[i] = b->true_boxes[i].crowd ? SX_LESION_CROWD : SX_LESION_MISSED;
    ok = ok && mark_found(b, &t, hit, out, err);
    if (ok) mark_errors(b, &t, hit, near, out);
    free(t.starts);
    free(t.indices);
    if (!ok) sx_box_errors_free(out);
    return ok;
}

void sx_box_errors_free(sx_box_errors *e) {
    free(e->found_kinds);
    free(e->lesion_kinds);
    free(e->lesions);
    *e = (sx_box_errors){ 0 };
}
