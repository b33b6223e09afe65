#include "models/sparse_rcnn.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/nms.h"
#include "models/fpn.h"

#define SPARSE_DEFAULTS                                                                            \
    .proposals = 100, .heads = 6, .hidden = 256, .attention = 8, .dynamic = 64,                    \
    .feedforward = 2048, .pooled = 7, .cls_layers = 1, .reg_layers = 3, .classes = 7

const sx_sparse_rcnn sx_sparse_rcnn_r50 = { .backbone = { .blocks = { 3, 4, 6, 3 }, .stem = 64 },
                                            SPARSE_DEFAULTS };
const sx_sparse_rcnn sx_sparse_rcnn_r101 = { .backbone = { .blocks = { 3, 4, 23, 3 }, .stem = 64 },
                                             SPARSE_DEFAULTS };

/* The divisors of the deltas; dw and dh are at most log(100000 / 16). */
static const float delta_weights[4] = { 2, 2, 1, 1 };
static const float delta_clamp = 8.740336742730447F;

typedef struct proposals {
    sx_node *boxes;    /* [n * proposals][1][1][4] */
    sx_node *features; /* [n * proposals][1][1][hidden] */
} proposals;

/* Linear-LayerNorm-ReLU */
static sx_node *projected(sx_graph *g, sx_node *x, const char *linear, const char *norm, int out,
                          bool bias) {
    return sx_relu(g, sx_layer_norm(g, sx_linear(g, x, linear, out, bias), norm));
}

/* Dynamic instance interactive head (sec. 3.3, algorithm 1): two filters, computed from the
 * proposal's feature, are applied to its region. roi [rows][pooled][pooled][hidden] ->
 * [rows][1][1][hidden] */
static sx_node *interact(sx_graph *g, sx_node *features, sx_node *roi, const sx_sparse_rcnn *m) {
    const int count = m->hidden * m->dynamic;
    sx_scope_push(g, "inst_interact");
    sx_node *filters = sx_linear(g, features, "dynamic_layer", 2 * count, true);
    sx_node *x = sx_dynamic_linear(g, roi, filters, 0, m->dynamic);
    x = sx_relu(g, sx_layer_norm(g, x, "norm1"));
    x = sx_dynamic_linear(g, x, filters, count, m->hidden);
    x = sx_relu(g, sx_layer_norm(g, x, "norm2"));
    if (x) {
        sx_shape s = sx_node_shape(x);
        x = sx_reshape(g, x, (sx_shape){ s.n, 1, 1, s.h * s.w * s.c });
    }
    x = projected(g, x, "out_layer", "norm3", m->hidden, true);
    sx_scope_pop(g);
    return x;
}

/* A tower of bias-free layers: <name>.0 linear, <name>.1 norm, (ReLU), <name>.3, <name>.4, ... */
static sx_node *tower(sx_graph *g, sx_node *x, const char *name, int layers, int hidden) {
    sx_scope_push(g, "%s", name);
    for (int i = 0; i < layers; i++) {
        char linear[16], norm[16];
        snprintf(linear, sizeof linear, "%d", 3 * i);
        snprintf(norm, sizeof norm, "%d", 3 * i + 1);
        x = projected(g, x, linear, norm, hidden, false);
    }
    sx_scope_pop(g);
    return x;
}

/* `place` (0..3) gives the four dropouts of a head different random draws. */
static sx_node *drop(sx_graph *g, sx_node *x, sx_node *draw, int stage, int place,
                     const sx_sparse_rcnn *m) {
    return draw ? sx_dropout(g, x, draw, 4 * stage + place, (float)m->dropout / 100) : x;
}

/* One refinement: self-attention among the proposals, interaction with the image, feed-forward;
 * then a class and a better box. */
static proposals head(sx_graph *g, sx_node *const pyramid[4], sx_node *draw, proposals p, int n,
                      int stage, const sx_sparse_rcnn *m) {
    char name[32];
    sx_scope_push(g, "%d", stage);
    sx_node *roi = sx_roi_align(g, pyramid, p.boxes,
                                (sx_roi_align_spec){ .size = m->pooled,
                                                     .sampling_ratio = 2,
                                                     .levels = 4,
                                                     .min_stride = 4,
                                                     .per_image = m->proposals });
    snprintf(name, sizeof name, "roi%d", stage);
    sx_probe(g, name, roi);

    sx_node *x = sx_reshape(g, p.features, (sx_shape){ n, m->proposals, 1, m->hidden });
    x = sx_layer_norm(
        g,
        sx_add(g, drop(g, sx_self_attention(g, x, "self_attn", m->attention), draw, stage, 0, m),
               x),
        "norm1");
    x = sx_reshape(g, x, (sx_shape){ n * m->proposals, 1, 1, m->hidden });
    x = sx_layer_norm(g, sx_add(g, x, drop(g, interact(g, x, roi, m), draw, stage, 1, m)), "norm2");
    sx_node *f =
        drop(g, sx_relu(g, sx_linear(g, x, "linear1", m->feedforward, true)), draw, stage, 2, m);
    f = drop(g, sx_linear(g, f, "linear2", m->hidden, true), draw, stage, 3, m);
    x = sx_layer_norm(g, sx_add(g, f, x), "norm3");

    sx_node *logits = sx_linear(g, tower(g, x, "cls_module", m->cls_layers, m->hidden),
                                "class_logits", m->classes, true);
    sx_node *deltas =
        sx_linear(g, tower(g, x, "reg_module", m->reg_layers, m->hidden), "bboxes_delta", 4, true);
    sx_node *boxes = sx_apply_deltas(g, deltas, p.boxes, delta_weights, delta_clamp);
    sx_scope_pop(g);

    snprintf(name, sizeof name, "logits%d", stage);
    sx_output(g, name, logits);
    snprintf(name, sizeof name, "boxes%d", stage);
    sx_output(g, name, boxes);
    return (proposals){ boxes, x };
}

void sx_sparse_rcnn_pyramid(sx_graph *g, sx_node *image, const sx_sparse_rcnn *m,
                            sx_node *pyramid[4]) {
    sx_node *res[4];
    sx_scope_push(g, "backbone");
    sx_scope_push(g, "bottom_up");
    sx_resnet_build(g, image, &m->backbone, res);
    sx_scope_pop(g);
    sx_fpn_build(g, res, 0, m->hidden, pyramid);
    sx_scope_pop(g);
}

void sx_sparse_rcnn_build(sx_graph *g, sx_node *image, sx_node *sizes, const sx_sparse_rcnn *m) {
    if (!image || !sizes) return;
    const int n = sx_node_shape(image).n;
    sx_node *pyramid[4], *draw = NULL;
    if (sx_graph_for_training(g) && m->dropout > 0)
        draw = sx_input(g, "draw", (sx_shape){ n, 1, 1, 4 });
    sx_sparse_rcnn_pyramid(g, image, m, pyramid);
    proposals p = { sx_learned_boxes(g, "init_proposal_boxes.weight", m->proposals, sizes),
                    sx_learned(g, "init_proposal_features.weight", m->proposals, m->hidden, n) };
    sx_scope_push(g, "head");
    sx_scope_push(g, "head_series");
    for (int s = 0; s < m->heads; s++) {
        if (s > 0) p.boxes = sx_detach(g, p.boxes);
        p = head(g, pyramid, draw, p, n, s, m);
    }
    sx_scope_pop(g);
    sx_scope_pop(g);
}

static bool take_best(const sx_sparse_rcnn *m, const float *scores, const float *boxes, int most,
                      sx_candidates *out, sx_error *err) {
    size_t pairs = (size_t)m->proposals * (size_t)m->classes, count = 0;
    int *order = sx_calloc_for(pairs, sizeof *order, "detections", err);
    bool ok = order && sx_order_by_score(scores, pairs, 0, (size_t)most, order, &count, err);
    for (size_t i = 0; ok && i < count && out->count < out->cap; i++) {
        const float *b = boxes + 4 * (order[i] / m->classes);
        out->boxes[out->count] = (sx_box){ b[0], b[1], b[2], b[3] };
        out->scores[out->count] = scores[order[i]];
        out->labels[out->count++] = order[i] % m->classes;
    }
    free(order);
    return ok;
}

bool sx_sparse_rcnn_decode(const void *config, const sx_plan *p, int i, int most,
                           sx_candidates *out, sx_error *err) {
    const sx_sparse_rcnn *m = config;
    const int n = sx_plan_output_rows(p, "boxes0") / m->proposals;
    const int64_t logits = (int64_t)m->proposals * m->classes, boxes = 4 * (int64_t)m->proposals;
    char name[32];
    float *v = sx_calloc_for((size_t)(n * (logits + boxes)), sizeof *v, "detections", err);
    if (!v) return false;
    float *b = v + n * logits;
    snprintf(name, sizeof name, "logits%d", m->heads - 1);
    bool ok = sx_plan_output(p, name, v, n * logits, err);
    snprintf(name, sizeof name, "boxes%d", m->heads - 1);
    ok = ok && sx_plan_output(p, name, b, n * boxes, err);
    for (int64_t k = i * logits; ok && k < (i + 1) * logits; k++)
        v[k] = 1.0F / (1.0F + expf(-v[k]));
    ok = ok && take_best(m, v + i * logits, b + i * boxes, most, out, err);
    free(v);
    return ok;
}
