/* The proposals of Faster R-CNN as ONNX nodes: TopK and decoding at each level, NonMaxSuppression
 * with the levels as classes, and TopK over the remaining boxes. */
#include "models/proposal_onnx.h"

#include <stdlib.h>

#include "detect/box_coder.h"
#include "models/rpn_spec.h"
#include "nn/onnx/exporter.h"

/* The score of boxes that are not candidates, and a bound that every candidate's score exceeds. */
static const float none = -3e38F, least = -1e38F;

typedef struct candidates {
    const char *box[SX_MAX_ANCHOR_LEVELS], *score[SX_MAX_ANCHOR_LEVELS];
    int64_t count[SX_MAX_ANCHOR_LEVELS], all;
} candidates;

/* [n][c][h][w] to rows [h w per_cell][numbers] */
static const char *rows_of(exporter *e, int input, int64_t count, int numbers) {
    const char *x = transpose(e, in(e, input), 4, (int64_t[]){ 0, 2, 3, 1 });
    return numbers == 1 ? reshape(e, x, 1, &count)
                        : reshape(e, x, 2, (int64_t[]){ count, numbers });
}

static const char *held(exporter *e, const char *x, const char *limit) {
    return emit2(e, "Min", emit2(e, "Max", x, number(e, 0), NULL), limit, NULL);
}

/* As sx_box_decode and sx_box_clip. */
static const char *decoded(exporter *e, const char *middle, const char *size, const char *d,
                           const char *limit) {
    const char *c =
        emit2(e, "Add", emit2(e, "Mul", slice(e, d, 1, 0, 2), size, NULL), middle, NULL);
    const char *grow = emit2(e, "Min", slice(e, d, 1, 2, 4), number(e, SX_BOX_CLAMP), NULL);
    const char *half = emit2(e, "Mul", emit2(e, "Mul", emit1(e, "Exp", grow, NULL), size, NULL),
                             number(e, 0.5F), NULL);
    const char *from = held(e, emit2(e, "Sub", c, half, NULL), limit),
               *to = held(e, emit2(e, "Add", c, half, NULL), limit);
    return emit2(e, "Concat", from, to, ATTRS(INT("axis", 1)));
}

static bool export_level(exporter *e, const sx_rpn_spec *a, const sx_anchor_level *l, int k,
                         candidates *c, sx_error *err) {
    const int64_t n = sx_anchor_level_count(l);
    float *middle = sx_calloc_for((size_t)n, 4 * sizeof *middle, "anchors", err),
          *size = middle + 2 * n;
    if (!middle) return false;
    for (int64_t i = 0; i < n; i++) {
        const sx_box b = sx_anchor_at(l, i);
        size[2 * i] = b.x1 - b.x0;
        size[2 * i + 1] = b.y1 - b.y0;
        middle[2 * i] = b.x0 + 0.5F * size[2 * i];
        middle[2 * i + 1] = b.y0 + 0.5F * size[2 * i + 1];
    }
    const int64_t dims[] = { n, 2 };
    c->count[k] = n < a->per_level ? n : a->per_level;
    c->all += c->count[k];
    const char *best = top(e, rows_of(e, k, n, 1), c->count[k], true, &c->score[k]);
    const char *deltas = gather(e, rows_of(e, a->levels + k, n, 4), best);
    c->box[k] = decoded(e, gather(e, floats(e, 2, dims, middle), best),
                        gather(e, floats(e, 2, dims, size), best), deltas, in(e, 2 * a->levels));
    free(middle);
    return true;
}

/* Scores [1][levels][all]: `none` for the candidates of other levels and for boxes without area. */
static const char *scores_by_level(exporter *e, const sx_rpn_spec *a, const candidates *c,
                                   const char *boxes, const char *scores, sx_error *err) {
    float *own = sx_calloc_for((size_t)(a->levels * c->all), sizeof *own, "proposals", err);
    if (!own) return NULL;
    int64_t at = 0;
    for (int k = 0; k < a->levels; k++, at += c->all)
        for (int64_t i = 0; i < c->count[k]; i++, at++)
            own[at] = 1;
    const char *mask = floats(e, 2, (int64_t[]){ a->levels, c->all }, own);
    free(own);
    const char *side = emit2(e, "Sub", slice(e, boxes, 1, 2, 4), slice(e, boxes, 1, 0, 2), NULL);
    side = emit1(e, "ReduceMin", side, ATTRS(INTS("axes", &(int64_t){ 1 }, 1), INT("keepdims", 0)));
    const char *real = emit2(e, "Greater", emit2(e, "Mul", mask, side, NULL), number(e, 0), NULL),
               *t = temp(e);
    emit(e, "Where", (const char *[]){ real, scores, number(e, none) }, 3, t, NULL);
    return reshape(e, t, 3, (int64_t[]){ 1, a->levels, c->all });
}

/* Appends `most` copies of the index after the last to the kept indices, so that there are always
 * at least `most`. */
static const char *suppressed(exporter *e, const sx_rpn_spec *a, const candidates *c,
                              const char *boxes, const char *scores, sx_error *err) {
    int64_t *pad = sx_calloc_for((size_t)a->most, sizeof *pad, "proposals", err);
    if (!pad) return NULL;
    for (int i = 0; i < a->most; i++)
        pad[i] = c->all;
    const char *kept = temp(e), *most = ints(e, 1, &(int64_t){ a->most }),
               *padding = ints(e, a->most, pad);
    free(pad);
    const char *inputs[] = { reshape(e, boxes, 3, (int64_t[]){ 1, c->all, 4 }), scores, most,
                             floats(e, 1, (int64_t[]){ 1 }, &a->iou),
                             floats(e, 1, (int64_t[]){ 1 }, &least) };
    emit(e, "NonMaxSuppression", inputs, 5, kept, NULL);
    kept = reshape(e, slice(e, kept, 1, 2, 3), 1, (int64_t[]){ -1 });
    return emit2(e, "Concat", kept, padding, ATTRS(INT("axis", 0)));
}

bool sx_rpn_proposals_onnx(exporter *e, sx_error *err) {
    const sx_rpn_spec *a = e->node->attr;
    candidates c = { 0 };
    sx_shape maps[SX_MAX_ANCHOR_LEVELS];
    if (e->node->inputs[0]->shape.n != 1)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: only one image has an ONNX form",
                       e->node->name);
    for (int k = 0; k < a->levels; k++)
        maps[k] = e->node->inputs[k]->shape;
    const sx_anchors anchors = sx_rpn_anchors(a, maps);
    for (int k = 0; k < a->levels; k++)
        if (!export_level(e, a, &anchors.levels[k], k, &c, err)) return false;
    const char *boxes = temp(e), *scores = temp(e);
    emit(e, "Concat", c.box, a->levels, boxes, ATTRS(INT("axis", 0)));
    emit(e, "Concat", c.score, a->levels, scores, ATTRS(INT("axis", 0)));
    const char *by_level = scores_by_level(e, a, &c, boxes, scores, err);
    const char *kept = by_level ? suppressed(e, a, &c, boxes, by_level, err) : NULL;
    if (!kept) return false;
    const char *nothing = floats(e, 2, (int64_t[]){ 1, 4 }, (float[]){ 0, 0, 0, 0 });
    boxes = emit2(e, "Concat", boxes, nothing, ATTRS(INT("axis", 0)));
    scores =
        emit2(e, "Concat", scores, floats(e, 1, (int64_t[]){ 1 }, &none), ATTRS(INT("axis", 0)));
    const char *order = top(e, gather(e, scores, kept), a->most, true, NULL);
    rename_to_out(e, gather(e, boxes, gather(e, kept, order)));
    return true;
}
