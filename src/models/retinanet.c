#include "models/retinanet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/box_coder.h"
#include "detect/nms.h"
#include "models/fpn.h"

#define RETINANET_DEFAULTS .channels = 256, .convs = 4, .anchor = 32, .classes = 7

const sx_retinanet sx_retinanet_r50 = {
    .backbone = { .blocks = { 3, 4, 6, 3 }, .stem = 64, .stride_in_1x1 = 1 }, RETINANET_DEFAULTS
};
const sx_retinanet sx_retinanet_r101 = {
    .backbone = { .blocks = { 3, 4, 23, 3 }, .stem = 64, .stride_in_1x1 = 1 }, RETINANET_DEFAULTS
};

enum { SCALES = 3, PER_CELL = SCALES * SX_ANCHOR_RATIOS, FIRST_STRIDE = 8, TOP_K = 1000 };
static const float least_score = 0.05F;

/* Four 3x3 convolutions with ReLU, then the numbers of each anchor; all levels share the parameters
 * (fig. 3). */
static sx_node *head(sx_graph *g, sx_node *x, const char *tower, const char *last, int out,
                     const sx_retinanet *m) {
    for (int i = 0; i < m->convs; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s.%d", tower, 2 * i);
        x = sx_relu(
            g, sx_conv2d(g, x, name,
                         (sx_conv){ .out = m->channels, .kernel = 3, .pad = 1, .bias = true }));
    }
    return sx_conv2d(g, x, last,
                     (sx_conv){ .out = PER_CELL * out, .kernel = 3, .pad = 1, .bias = true });
}

void sx_retinanet_pyramid(sx_graph *g, sx_node *image, const sx_retinanet *m,
                          sx_node *pyramid[SX_RETINANET_LEVELS]) {
    const sx_conv halve = { .out = m->channels, .kernel = 3, .stride = 2, .pad = 1, .bias = true };
    sx_node *res[4], *p[4];
    sx_scope_push(g, "backbone");
    sx_scope_push(g, "bottom_up");
    sx_resnet_build(g, image, &m->backbone, res);
    sx_scope_pop(g);
    sx_fpn_build(g, res, 1, m->channels, p);
    for (int k = 0; k < 3; k++)
        pyramid[k] = p[k + 1];
    sx_scope_push(g, "top_block");
    pyramid[3] = sx_conv2d(g, res[3], "p6", halve);
    pyramid[4] = sx_conv2d(g, sx_relu(g, pyramid[3]), "p7", halve);
    sx_scope_pop(g);
    sx_probe(g, "p6", pyramid[3]);
    sx_probe(g, "p7", pyramid[4]);
    sx_scope_pop(g);
}

void sx_retinanet_build(sx_graph *g, sx_node *image, const sx_retinanet *m) {
    sx_node *pyramid[SX_RETINANET_LEVELS];
    char name[32];
    sx_retinanet_pyramid(g, image, m, pyramid);
    sx_scope_push(g, "head");
    for (int k = 0; k < SX_RETINANET_LEVELS; k++) {
        snprintf(name, sizeof name, "logits%d", k);
        sx_output(g, name, head(g, pyramid[k], "cls_subnet", "cls_score", m->classes, m));
        snprintf(name, sizeof name, "deltas%d", k);
        sx_output(g, name, head(g, pyramid[k], "bbox_subnet", "bbox_pred", 4, m));
    }
    sx_scope_pop(g);
}

sx_anchors sx_retinanet_anchors(const sx_retinanet *m, const sx_plan *p) {
    sx_anchors a = { .level_count = SX_RETINANET_LEVELS };
    for (int k = 0; k < a.level_count; k++) {
        char name[32];
        snprintf(name, sizeof name, "deltas%d", k);
        const sx_shape s = sx_plan_output_shape(p, name);
        a.levels[k] =
            sx_anchor_level_make(s.h, s.w, FIRST_STRIDE << k, (double)m->anchor * (1 << k), SCALES);
    }
    return a;
}

/* ---- inference ---- */

typedef struct found {
    float *score; /* [pairs] above the threshold, in the order of their index */
    int *pair;
    int *order;
    size_t count;
} found;

static bool new_found(found *f, size_t most, sx_error *err) {
    const size_t pairs = most + 1;
    f->score = sx_calloc_for(pairs, sizeof *f->score, "detections", err);
    f->pair = sx_calloc_for(pairs, sizeof *f->pair, "detections", err);
    f->order = sx_calloc_for(TOP_K, sizeof *f->order, "detections", err);
    return f->score && f->pair && f->order;
}

static void free_found(found *f) {
    free(f->score);
    free(f->pair);
    free(f->order);
}

/* Few pairs reach the threshold. The others are rejected by comparing logits, with a margin for
 * rounding. */
static float least_logit(void) {
    return logf(least_score / (1 - least_score)) - 1e-3F;
}

static size_t count_above(const float *logits, size_t pairs) {
    const float low = least_logit();
    size_t n = 0;
    for (size_t i = 0; i < pairs; i++)
        n += logits[i] > low;
    return n;
}

static void find_pairs(found *f, const float *logits, size_t pairs) {
    const float low = least_logit();
    f->count = 0;
    for (size_t i = 0; i < pairs; i++) {
        if (!(logits[i] > low)) continue;
        const float p = 1.0F / (1.0F + expf(-logits[i]));
        if (!(p > least_score)) continue;
        f->score[f->count] = p;
        f->pair[f->count++] = (int)i;
    }
}

static bool decode_level(const sx_retinanet *m, const sx_anchor_level *l, const float *logits,
                         const float *deltas, sx_candidates *out, sx_error *err) {
    const size_t pairs = (size_t)sx_anchor_level_count(l) * (size_t)m->classes;
    found f = { 0 };
    size_t n = 0;
    bool ok = new_found(&f, count_above(logits, pairs), err);
    if (ok) {
        find_pairs(&f, logits, pairs);
        ok = sx_order_by_score(f.score, f.count, 0, TOP_K, f.order, &n, err);
    }
    for (size_t i = 0; ok && i < n && out->count < out->cap; i++) {
        const int pair = f.pair[f.order[i]], anchor = pair / m->classes;
        out->boxes[out->count] = sx_box_decode(sx_anchor_at(l, anchor),
                                               deltas + 4 * (int64_t)anchor, SX_BOX_WEIGHTS_ONE);
        out->scores[out->count] = f.score[f.order[i]];
        out->labels[out->count++] = pair % m->classes;
    }
    free_found(&f);
    return ok;
}

/* An output of image i; to be freed. */
static float *of_image(const sx_plan *p, const char *what, int level, int i, float **whole,
                       sx_error *err) {
    char name[32];
    snprintf(name, sizeof name, "%s%d", what, level);
    const sx_shape s = sx_plan_output_shape(p, name);
    const int64_t count = sx_shape_count(s);
    float *v = *whole = sx_calloc_for((size_t)count + 1, sizeof *v, "detections", err);
    if (!v || !sx_plan_output(p, name, v, count, err)) return NULL;
    return v + count / s.n * i;
}

bool sx_retinanet_decode(const void *config, const sx_plan *p, int i, int most, sx_candidates *out,
                         sx_error *err) {
    const sx_retinanet *m = config;
    const sx_anchors a = sx_retinanet_anchors(m, p);
    (void)most; /* suppression decides which are the best */
    bool ok = true;
    for (int k = 0; ok && k < a.level_count; k++) {
        float *all_logits = NULL, *all_deltas = NULL;
        const float *logits = of_image(p, "logits", k, i, &all_logits, err);
        const float *deltas = logits ? of_image(p, "deltas", k, i, &all_deltas, err) : NULL;
        ok = deltas && decode_level(m, &a.levels[k], logits, deltas, out, err);
        free(all_logits);
        free(all_deltas);
    }
    return ok;
}
