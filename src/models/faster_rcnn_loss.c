/* The four losses of Faster R-CNN (Ren 2015, sec. 3.1.2; Girshick 2015, sec. 2.3) as Detectron2
 * normalises them: of the proposal network over a sample of anchors, of the classifier over the
 * regions that the graph sampled. */
#include <stdlib.h>

#include "base/mem.h"
#include "detect/anchor_match.h"
#include "detect/box_coder.h"
#include "detect/box_losses.h"
#include "detect/sample.h"
#include "models/faster_rcnn.h"
#include "models/losses.h"

enum { RPN_SAMPLE = 256 };
static const double rpn_fraction = 0.5;
static const float beta = 0; /* of smooth L1: none */
static const sx_anchor_rule rpn_rule = { .low = 0.3F, .high = 0.7F, .best = true };
static const sx_anchor_rule roi_rule = { .low = 0.5F, .high = 0.5F };

typedef struct sums {
    double classes, boxes;
} sums;

/* ---- the proposal network ---- */

typedef struct rpn {
    sx_anchors grid;
    int64_t anchors;
    sx_box *boxes; /* [anchors] */
    int *truth_of;
    int8_t *label;
    int chosen[RPN_SAMPLE];
    sx_loss_map logits[SX_FASTER_LEVELS], deltas[SX_FASTER_LEVELS];
    float scale;
    int threads;
} rpn;

static bool open_rpn(rpn *r, const sx_faster_rcnn *m, sx_plan *p, int images, sx_error *err) {
    *r = (rpn){ .grid = sx_faster_rcnn_anchors(m, p),
                .scale = 1.0F / (float)(RPN_SAMPLE * images),
                .threads = sx_plan_threads(p) };
    r->anchors = sx_anchors_count(&r->grid);
    r->boxes = sx_calloc_for((size_t)r->anchors, sizeof *r->boxes, "anchors", err);
    r->truth_of =
        r->boxes ? sx_calloc_for((size_t)r->anchors, sizeof *r->truth_of, "anchors", err) : NULL;
    r->label =
        r->truth_of ? sx_calloc_for((size_t)r->anchors, sizeof *r->label, "anchors", err) : NULL;
    bool ok = r->label != NULL;
    if (ok) sx_anchors_list(&r->grid, r->boxes);
    for (int k = 0; ok && k < SX_FASTER_LEVELS; k++)
        ok = sx_loss_map_open(&r->logits[k], p, "rpn_logits", k, err) &&
             sx_loss_map_open(&r->deltas[k], p, "rpn_deltas", k, err);
    return ok;
}

static void close_rpn(rpn *r, sx_plan *p, bool ok) {
    for (int k = 0; k < SX_FASTER_LEVELS; k++) {
        sx_loss_map_close(&r->logits[k], p, ok);
        sx_loss_map_close(&r->deltas[k], p, ok);
    }
    free(r->boxes);
    free(r->truth_of);
    free(r->label);
}

static void one_anchor(rpn *r, const sx_targets *truth, int image, int anchor, bool object,
                       sums *sum) {
    int64_t at = anchor;
    int k = 0;
    while (at >= sx_anchor_level_count(&r->grid.levels[k]))
        at -= sx_anchor_level_count(&r->grid.levels[k++]);
    at += image * sx_anchor_level_count(&r->grid.levels[k]);
    const float target = object ? 1 : 0;
    sum->classes +=
        sx_bce_sum(r->logits[k].value + at, &target, 1, r->scale, r->logits[k].grad + at);
    if (!object) return;
    float want[4];
    sx_box_encode(r->boxes[anchor], truth->boxes[r->truth_of[anchor]], SX_BOX_WEIGHTS_ONE, want);
    sum->boxes += sx_smooth_l1_sum(r->deltas[k].value + 4 * at, want, 4, beta, r->scale,
                                   r->deltas[k].grad + 4 * at);
}

static bool rpn_image(rpn *r, const sx_targets *truth, int image, sums *sum, sx_error *err) {
    sx_sample s = { .chosen = r->chosen };
    const sx_anchor_match m = { .truth = truth->boxes,
                                .truth_count = truth->count,
                                .boxes = r->boxes,
                                .count = r->anchors,
                                .rule = rpn_rule,
                                .threads = r->threads };
    if (!sx_match_anchors(&m, r->truth_of, r->label, err) ||
        !sx_sample_labels(r->label, r->anchors, RPN_SAMPLE, rpn_fraction, truth->draw, &s, err))
        return false;
    for (int i = 0; i < s.count; i++)
        one_anchor(r, truth, image, s.chosen[i], i < s.objects, sum);
    return true;
}

static bool rpn_losses(const sx_faster_rcnn *m, sx_plan *p, const sx_targets *truth, int images,
                       sums *sum, sx_error *err) {
    rpn r;
    bool ok = open_rpn(&r, m, p, images, err);
    for (int i = 0; ok && i < images; i++)
        ok = rpn_image(&r, &truth[i], i, sum, err);
    close_rpn(&r, p, ok);
    sum->classes *= (double)r.scale;
    sum->boxes *= (double)r.scale;
    return ok;
}

/* ---- the classifier ---- */

typedef struct regions {
    const sx_faster_rcnn *m;
    const sx_box *box; /* [images * sampled] */
    sx_loss_map logits, deltas;
    int *target, *truth_of; /* [images * sampled]: class (classes: background, -1: no region) */
    int8_t *label;
    int count; /* number of regions that exist */
} regions;

/* The sample was drawn with the same overlaps, so matching a second time gives the same labels. */
static bool match_regions(regions *r, const sx_targets *truth, int image, sx_error *err) {
    const int64_t first = (int64_t)image * r->m->sampled;
    int n = 0;
    while (n < r->m->sampled && r->box[first + n].x1 > r->box[first + n].x0)
        n++;
    const sx_anchor_match m = { .truth = truth->boxes,
                                .truth_count = truth->count,
                                .boxes = r->box + first,
                                .count = n,
                                .rule = roi_rule };
    if (!sx_match_anchors(&m, r->truth_of + first, r->label + first, err)) return false;
    for (int i = 0; i < r->m->sampled; i++) {
        const bool object = i < n && r->label[first + i] == SX_MATCH_OBJECT;
        r->target[first + i] = i >= n   ? -1
                               : object ? truth->labels[r->truth_of[first + i]]
                                        : r->m->classes;
    }
    r->count += n;
    return true;
}

static void region_losses(regions *r, const sx_targets *truth, int images, double share,
                          sums *sum) {
    const int classes = r->m->classes;
    const int64_t rows = (int64_t)images * r->m->sampled;
    const float scale = 1.0F / (float)share;
    sum->classes = (double)scale * sx_softmax_sum(r->logits.value, r->target, rows, classes + 1,
                                                  scale, r->logits.grad);
    for (int64_t i = 0; i < rows; i++) {
        if (r->target[i] < 0 || r->target[i] == classes) continue;
        const int64_t at = (i * classes + r->target[i]) * 4;
        float want[4];
        sx_box_encode(r->box[i], truth[i / r->m->sampled].boxes[r->truth_of[i]],
                      SX_FASTER_BOX_WEIGHTS, want);
        sum->boxes += (double)scale * sx_smooth_l1_sum(r->deltas.value + at, want, 4, beta, scale,
                                                       r->deltas.grad + at);
    }
}

static bool roi_losses(const sx_faster_rcnn *m, sx_plan *p, const sx_targets *truth, int images,
                       const sx_loss_state *state, sums *sum, sx_error *err) {
    const size_t rows = (size_t)images * (size_t)m->sampled;
    regions r = { .m = m };
    int64_t count = 0;
    float *box = sx_loss_output(p, "rois", &count, err);
    bool ok = box && (count == 4 * (int64_t)rows ||
                      sx_fail(err, SX_ERR_USAGE, "not a graph for training"));
    r.box = (const sx_box *)(const void *)box;
    r.target = ok ? sx_calloc_for(rows, sizeof *r.target, "losses", err) : NULL;
    r.truth_of = r.target ? sx_calloc_for(rows, sizeof *r.truth_of, "losses", err) : NULL;
    r.label = r.truth_of ? sx_calloc_for(rows, sizeof *r.label, "losses", err) : NULL;
    ok = r.label && sx_loss_map_open(&r.logits, p, "logits", SX_NO_LEVEL, err) &&
         sx_loss_map_open(&r.deltas, p, "deltas", SX_NO_LEVEL, err);
    for (int i = 0; ok && i < images; i++)
        ok = match_regions(&r, &truth[i], i, err);
    const double share = sx_loss_share(state, (double)r.count, 1);
    if (ok) region_losses(&r, truth, images, share, sum);
    sx_loss_map_close(&r.logits, p, ok);
    sx_loss_map_close(&r.deltas, p, ok);
    free(r.label);
    free(r.truth_of);
    free(r.target);
    free(box);
    return ok;
}

bool sx_faster_rcnn_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                         sx_loss_state *state, sx_losses *out, sx_error *err) {
    sums first = { 0 }, second = { 0 };
    if (!rpn_losses(config, p, truth, images, &first, err)) {
        (void)sx_loss_share(state, 0, 1);
        return false;
    }
    if (!roi_losses(config, p, truth, images, state, &second, err)) return false;
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", second.classes);
    sx_losses_add(out, "loss_box_reg", second.boxes);
    sx_losses_add(out, "loss_rpn_cls", first.classes);
    sx_losses_add(out, "loss_rpn_loc", first.boxes);
    return true;
}
