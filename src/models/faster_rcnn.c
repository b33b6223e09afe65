#include "models/faster_rcnn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/box_coder.h"
#include "models/fpn.h"
#include "models/losses.h"

#define FASTER_DEFAULTS                                                                            \
    .channels = 256, .anchor = 32, .per_level = 1000, .per_level_train = 2000, .proposals = 1000,  \
    .sampled = 512, .pooled = 7, .fc = 1024, .classes = 7

const sx_faster_rcnn sx_faster_rcnn_r50 = {
    .backbone = { .blocks = { 3, 4, 6, 3 }, .stem = 64, .stride_in_1x1 = 1 }, FASTER_DEFAULTS
};
const sx_faster_rcnn sx_faster_rcnn_r101 = {
    .backbone = { .blocks = { 3, 4, 23, 3 }, .stem = 64, .stride_in_1x1 = 1 }, FASTER_DEFAULTS
};

enum { FIRST_STRIDE = 4, ROI_LEVELS = 4 };
static const float rpn_iou = 0.7F, roi_iou = 0.5F, roi_fraction = 0.25F, least_score = 0.05F;

static sx_rpn_spec rpn_spec(const sx_faster_rcnn *m, bool training) {
    return (sx_rpn_spec){ .levels = SX_FASTER_LEVELS,
                          .first_stride = FIRST_STRIDE,
                          .anchor = m->anchor,
                          .per_level = training ? m->per_level_train : m->per_level,
                          .most = m->proposals,
                          .iou = rpn_iou };
}

void sx_faster_rcnn_pyramid(sx_graph *g, sx_node *image, const sx_faster_rcnn *m,
                            sx_node *pyramid[SX_FASTER_LEVELS]) {
    sx_node *res[4];
    sx_scope_push(g, "backbone");
    sx_scope_push(g, "bottom_up");
    sx_resnet_build(g, image, &m->backbone, res);
    sx_scope_pop(g);
    sx_fpn_build(g, res, 0, m->channels, pyramid);
    sx_scope_pop(g);
    pyramid[4] = sx_max_pool(g, pyramid[3], (sx_pool){ .kernel = 1, .stride = 2 });
    sx_probe(g, "p6", pyramid[4]);
}

/* A 3x3 convolution, then a score and four deltas per anchor; all levels share the head (Ren 2015,
 * fig. 3). */
static sx_node *propose(sx_graph *g, sx_node *const pyramid[SX_FASTER_LEVELS], sx_node *sizes,
                        const sx_faster_rcnn *m) {
    sx_node *logits[SX_FASTER_LEVELS], *deltas[SX_FASTER_LEVELS];
    const sx_rpn_spec spec = rpn_spec(m, sx_graph_for_training(g));
    char name[32];
    sx_scope_push(g, "proposal_generator");
    sx_scope_push(g, "rpn_head");
    for (int k = 0; k < SX_FASTER_LEVELS; k++) {
        sx_node *x = sx_relu(
            g, sx_conv2d(g, pyramid[k], "conv",
                         (sx_conv){ .out = m->channels, .kernel = 3, .pad = 1, .bias = true }));
        logits[k] = sx_conv2d(g, x, "objectness_logits",
                              (sx_conv){ .out = SX_ANCHOR_RATIOS, .kernel = 1, .bias = true });
        deltas[k] = sx_conv2d(g, x, "anchor_deltas",
                              (sx_conv){ .out = 4 * SX_ANCHOR_RATIOS, .kernel = 1, .bias = true });
        snprintf(name, sizeof name, "rpn_logits%d", k);
        sx_output(g, name, logits[k]);
        snprintf(name, sizeof name, "rpn_deltas%d", k);
        sx_output(g, name, deltas[k]);
    }
    sx_scope_pop(g);
    sx_node *boxes = sx_rpn_proposals(g, logits, deltas, sizes, &spec);
    sx_scope_pop(g);
    return boxes;
}

/* Regions pooled to one size, two hidden layers, a class and a box for each class (Girshick 2015,
 * fig. 1). */
static void classify(sx_graph *g, sx_node *const pyramid[ROI_LEVELS], sx_node *boxes, int per_image,
                     const sx_faster_rcnn *m) {
    sx_scope_push(g, "roi_heads");
    sx_node *x = sx_roi_align(g, pyramid, boxes,
                              (sx_roi_align_spec){ .size = m->pooled,
                                                   .levels = ROI_LEVELS,
                                                   .min_stride = FIRST_STRIDE,
                                                   .per_image = per_image });
    x = sx_flatten(g, x); /* [n * per_image][1][1][channels * 7 * 7] */
    sx_scope_push(g, "box_head");
    x = sx_relu(g, sx_linear(g, x, "fc1", m->fc, true));
    x = sx_relu(g, sx_linear(g, x, "fc2", m->fc, true));
    sx_scope_pop(g);
    sx_scope_push(g, "box_predictor");
    sx_output(g, "logits", sx_linear(g, x, "cls_score", m->classes + 1, true));
    sx_output(g, "deltas", sx_linear(g, x, "bbox_pred", 4 * m->classes, true));
    sx_scope_pop(g);
    sx_scope_pop(g);
}

void sx_faster_rcnn_build(sx_graph *g, sx_node *image, sx_node *sizes, const sx_faster_rcnn *m) {
    if (!image || !sizes) return;
    const int n = sx_node_shape(image).n;
    sx_node *pyramid[SX_FASTER_LEVELS];
    sx_faster_rcnn_pyramid(g, image, m, pyramid);
    sx_node *boxes = propose(g, pyramid, sizes, m);
    int per_image = m->proposals;
    if (sx_graph_for_training(g)) {
        const sx_roi_sample_spec spec = { m->sampled, roi_fraction, roi_iou };
        boxes = sx_roi_sample(g, boxes, sx_input(g, "truth", (sx_shape){ n, SX_TRUTH_CAP, 1, 4 }),
                              sx_input(g, "draw", (sx_shape){ n, 1, 1, 4 }), &spec);
        per_image = m->sampled;
    }
    sx_output(g, "rois", boxes);
    sx_output(g, "extent", sizes);
    classify(g, pyramid, boxes, per_image, m);
}

sx_anchors sx_faster_rcnn_anchors(const sx_faster_rcnn *m, const sx_plan *p) {
    const sx_rpn_spec spec = rpn_spec(m, false);
    sx_shape maps[SX_FASTER_LEVELS];
    for (int k = 0; k < SX_FASTER_LEVELS; k++) {
        char name[32];
        snprintf(name, sizeof name, "rpn_logits%d", k);
        maps[k] = sx_plan_output_shape(p, name);
    }
    return sx_rpn_anchors(&spec, maps);
}

/* ---- inference ---- */

/* Softmax over classes + 1 numbers, in place. */
static void softmax(float *v, int n) {
    float most = v[0], sum = 0;
    for (int k = 1; k < n; k++)
        most = fmaxf(most, v[k]);
    for (int k = 0; k < n; k++)
        sum += v[k] = expf(v[k] - most);
    for (int k = 0; k < n; k++)
        v[k] /= sum;
}

static bool decode_region(const sx_faster_rcnn *m, sx_box region, float *logits,
                          const float *deltas, const float extent[2], sx_candidates *out,
                          sx_error *err) {
    softmax(logits, m->classes + 1);
    for (int c = 0; c < m->classes && out->count < out->cap; c++) {
        if (!(logits[c] > least_score)) continue;
        const sx_box whole = sx_box_decode(region, deltas + 4 * c, SX_FASTER_BOX_WEIGHTS);
        if (!sx_box_is_finite(whole)) return sx_fail(err, SX_ERR_VALUE, "a box is not finite");
        out->boxes[out->count] = sx_box_clip(whole, extent[0], extent[1]);
        out->scores[out->count] = logits[c];
        out->labels[out->count++] = c;
    }
    return true;
}

bool sx_faster_rcnn_decode(const void *config, const sx_plan *p, int i, int most,
                           sx_candidates *out, sx_error *err) {
    const sx_faster_rcnn *m = config;
    const int64_t rows = sx_plan_output_rows(p, "rois"), images = sx_plan_output_rows(p, "extent");
    const int64_t classes = m->classes + 1, boxes = 4 * (int64_t)m->classes, each = rows / images;
    (void)most; /* suppression decides which are the best */
    float *v = sx_calloc_for((size_t)(rows * (4 + classes + boxes) + 2 * images), sizeof *v,
                             "detections", err);
    if (!v) return false;
    float *logits = v + 4 * rows, *deltas = logits + rows * classes,
          *extent = deltas + rows * boxes;
    bool ok = sx_plan_output(p, "rois", v, 4 * rows, err) &&
              sx_plan_output(p, "logits", logits, rows * classes, err) &&
              sx_plan_output(p, "deltas", deltas, rows * boxes, err) &&
              sx_plan_output(p, "extent", extent, 2 * images, err);
    for (int64_t r = i * each; ok && r < (i + 1) * each; r++) {
        const sx_box b = { v[4 * r], v[4 * r + 1], v[4 * r + 2], v[4 * r + 3] };
        if (!(b.x1 > b.x0)) break;
        ok =
            decode_region(m, b, logits + r * classes, deltas + r * boxes, extent + 2 * i, out, err);
    }
    free(v);
    return ok;
}
