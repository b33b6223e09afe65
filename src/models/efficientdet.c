#include "models/efficientdet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/box_coder.h"
#include "detect/nms.h"

/* Tan 2020, table 1: W_bifpn, D_bifpn, D_class, and the scaling of EfficientNet-B0 to B4. The input
 * sizes are in the table of architectures. */
#define ROW(percent_wide, percent_deep, w_bifpn, d_bifpn, d_class)                                 \
    {                                                                                              \
        .backbone = { .width = (percent_wide), .depth = (percent_deep), .drop = 20 },              \
        .channels = (w_bifpn), .cells = (d_bifpn), .convs = (d_class), .levels = 5, .anchor = 32,  \
        .bias = 1, .momentum = 10, .classes = 7                                                    \
    }
const sx_efficientdet sx_efficientdet_d0 = ROW(100, 100, 64, 3, 3);
const sx_efficientdet sx_efficientdet_d1 = ROW(100, 110, 88, 4, 3);
const sx_efficientdet sx_efficientdet_d2 = ROW(110, 120, 112, 5, 3);
const sx_efficientdet sx_efficientdet_d3 = ROW(120, 140, 160, 6, 4);
const sx_efficientdet sx_efficientdet_d4 = ROW(140, 180, 224, 7, 4);

enum { SCALES = 3, RATIOS = 3, PER_CELL = SCALES * RATIOS, FIRST_STRIDE = 8, MOST = 5000 };
enum { MAX_NODES = SX_EFFICIENTDET_LEVELS + 2 * (SX_EFFICIENTDET_LEVELS - 1) };
static const float least_logit = -5;

static sx_bn norm_of(const sx_efficientdet *m) {
    return (sx_bn){ .eps = 1e-3F, .momentum = 1e-3F * (float)m->momentum, .counter = true };
}

/* 3x3 in each channel, then 1x1 across channels */
static sx_node *separable(sx_graph *g, sx_node *x, const char *name, int out, bool bias) {
    if (!x) return NULL;
    const int c = sx_node_shape(x).c;
    sx_scope_push(g, "%s", name);
    x = sx_conv_same(g, x, "conv_dw", (sx_conv){ .out = c, .kernel = 3, .groups = c });
    x = sx_conv2d(g, x, "conv_pw", (sx_conv){ .out = out, .kernel = 1, .bias = bias });
    sx_scope_pop(g);
    return x;
}

/* ---- the bidirectional pyramid ---- */

/* To the pyramid's channels, within the scope "conv". */
static sx_node *to_width(sx_graph *g, sx_node *x, const sx_efficientdet *m) {
    if (!x || sx_node_shape(x).c == m->channels) return x;
    sx_scope_push(g, "conv");
    x = sx_conv2d(g, x, "conv", (sx_conv){ .out = m->channels, .kernel = 1, .bias = m->bias });
    x = sx_batch_norm(g, x, "bn", norm_of(m));
    sx_scope_pop(g);
    return x;
}

static sx_node *halve(sx_graph *g, sx_node *x) {
    return sx_max_pool(g, x, (sx_pool){ .kernel = 3, .stride = 2, .pad_more = 1 });
}

/* A value of the pyramid, and its level. */
typedef struct place {
    sx_node *x;
    int level;
} place;

/* Resamples maps of this level and its neighbours to one size and number of channels, then fuses
 * them: weighted sum, swish, convolution, norm (sec. 3.3; fig. 2d). from[i] are indices into `all`.
 * The checkpoints use these indices in the names of the resampling layers. */
static sx_node *fuse(sx_graph *g, const place *all, const int *from, int count, int level,
                     const sx_efficientdet *m) {
    sx_node *maps[SX_WEIGHTED_SUM_MAPS];
    sx_scope_push(g, "combine");
    for (int i = 0; i < count; i++) {
        const place *p = &all[from[i]];
        sx_scope_push(g, "resample.%d", from[i]);
        maps[i] = to_width(g, p->x, m);
        if (p->level < level) maps[i] = halve(g, maps[i]);
        if (p->level > level) maps[i] = sx_upsample2x(g, maps[i]);
        sx_scope_pop(g);
    }
    sx_node *x = sx_weighted_sum(g, maps, count, "edge_weights");
    sx_scope_pop(g);
    sx_scope_push(g, "after_combine");
    x = separable(g, sx_activation(g, x, SX_ACT_SWISH), "conv", m->channels, m->bias);
    x = sx_batch_norm(g, x, "conv.bn", norm_of(m));
    sx_scope_pop(g);
    return x;
}

/* One cell: from the coarsest level to the finest, then back with the cell's inputs added (fig.
 * 2d). The newest value of each level is its output. */
static void cell(sx_graph *g, sx_node *levels[SX_EFFICIENTDET_LEVELS], const sx_efficientdet *m) {
    place all[MAX_NODES];
    int newest[SX_EFFICIENTDET_LEVELS], count = m->levels;
    for (int k = 0; k < m->levels; k++) {
        all[k] = (place){ levels[k], k };
        newest[k] = k;
    }
    for (int node = 0; node < 2 * (m->levels - 1); node++, count++) {
        const bool down = node < m->levels - 1;
        const int k = down ? m->levels - 2 - node : node - m->levels + 2;
        int from[SX_WEIGHTED_SUM_MAPS] = { newest[k], newest[down ? k + 1 : k - 1] },
            from_count = 2;
        if (!down &&
            newest[k] !=
                k) { /* the input of the level, its value on the way down, the finer level */
            from[0] = k;
            from[1] = newest[k];
            from[from_count++] = newest[k - 1];
        }
        sx_scope_push(g, "fnode.%d", node);
        all[count] = (place){ fuse(g, all, from, from_count, k, m), k };
        sx_scope_pop(g);
        newest[k] = count;
    }
    for (int k = 0; k < m->levels; k++)
        levels[k] = all[newest[k]].x;
}

void sx_efficientdet_pyramid(sx_graph *g, sx_node *image, const sx_efficientdet *m,
                             sx_node *pyramid[SX_EFFICIENTDET_LEVELS]) {
    static const char *const names[] = { "p3", "p4", "p5", "p6", "p7" };
    sx_node *draw = NULL;
    if (!image) return;
    if (sx_graph_for_training(g) && m->backbone.drop > 0)
        draw = sx_input(g, "draw", (sx_shape){ sx_node_shape(image).n, 1, 1, 4 });
    sx_scope_push(g, "backbone");
    sx_efficientnet_build(g, image, &m->backbone, draw, pyramid);
    sx_scope_pop(g);
    sx_scope_push(g, "fpn");
    for (int k = 3; k < m->levels; k++) {
        sx_scope_push(g, "resample.%d", k);
        pyramid[k] = halve(g, to_width(g, pyramid[k - 1], m));
        sx_scope_pop(g);
    }
    for (int i = 0; i < m->cells; i++) {
        sx_scope_push(g, "cell.%d", i);
        cell(g, pyramid, m);
        sx_scope_pop(g);
    }
    sx_scope_pop(g);
    for (int k = 0; k < m->levels; k++)
        sx_probe(g, names[k], pyramid[k]); /* [n][h/8 >> k][w/8 >> k][channels] */
}

/* ---- the heads ---- */

/* Separable convolutions that all levels share; each level has its own norms (fig. 3). */
static sx_node *head(sx_graph *g, sx_node *x, const char *name, int level, int out,
                     const sx_efficientdet *m) {
    sx_scope_push(g, "%s", name);
    for (int i = 0; i < m->convs; i++) {
        char conv[32], bn[48];
        snprintf(conv, sizeof conv, "conv_rep.%d", i);
        snprintf(bn, sizeof bn, "bn_rep.%d.%d.bn", i, level);
        x = separable(g, x, conv, m->channels, m->bias);
        x = sx_activation(g, sx_batch_norm(g, x, bn, norm_of(m)), SX_ACT_SWISH);
    }
    x = separable(g, x, "predict", PER_CELL * out, true);
    sx_scope_pop(g);
    return x;
}

void sx_efficientdet_build(sx_graph *g, sx_node *image, const sx_efficientdet *m) {
    sx_node *pyramid[SX_EFFICIENTDET_LEVELS] = { NULL };
    char name[32];
    sx_efficientdet_pyramid(g, image, m, pyramid);
    for (int k = 0; k < m->levels; k++) {
        snprintf(name, sizeof name, "logits%d", k);
        sx_output(g, name, head(g, pyramid[k], "class_net", k, m->classes, m));
    }
    for (int k = 0; k < m->levels; k++) {
        snprintf(name, sizeof name, "deltas%d", k);
        sx_output(g, name, head(g, pyramid[k], "box_net", k, 4, m));
    }
}

int sx_efficientdet_stride(const void *config) {
    return FIRST_STRIDE << (((const sx_efficientdet *)config)->levels - 1);
}

sx_anchors sx_efficientdet_anchors(const sx_efficientdet *m, const sx_plan *p) {
    static const double shapes[RATIOS][2] = { { 1, 1 }, { 1.4, 0.7 }, { 0.7, 1.4 } };
    sx_anchors a = { .level_count = m->levels };
    for (int k = 0; k < a.level_count; k++) {
        char name[32];
        snprintf(name, sizeof name, "deltas%d", k);
        const sx_shape s = sx_plan_output_shape(p, name);
        a.levels[k] = sx_anchor_level_centred(s.h, s.w, FIRST_STRIDE << k,
                                              (double)m->anchor * (1 << k), SCALES, shapes);
    }
    return a;
}

/* ---- inference ---- */

/* The (anchor, class) pairs above the least logit, level by level, in the order of their index. */
typedef struct found {
    float *logit;
    int64_t *pair; /* in its level */
    int *level, *order;
    size_t count;
} found;

static void free_found(found *f) {
    free(f->logit);
    free(f->pair);
    free(f->level);
    free(f->order);
}

static bool new_found(found *f, size_t most, sx_error *err) {
    f->logit = sx_calloc_for(most + 1, sizeof *f->logit, "detections", err);
    f->pair = f->logit ? sx_calloc_for(most + 1, sizeof *f->pair, "detections", err) : NULL;
    f->level = f->pair ? sx_calloc_for(most + 1, sizeof *f->level, "detections", err) : NULL;
    f->order = f->level ? sx_calloc_for(MOST, sizeof *f->order, "detections", err) : NULL;
    return f->order != NULL;
}

/* One image's part of the outputs of all levels. */
typedef struct outputs {
    float *whole[2 * SX_EFFICIENTDET_LEVELS];
    const float *logits[SX_EFFICIENTDET_LEVELS], *deltas[SX_EFFICIENTDET_LEVELS];
    int64_t pairs[SX_EFFICIENTDET_LEVELS]; /* logits */
} outputs;

static const float *of_image(const sx_plan *p, const char *what, int level, int i, float **whole,
                             int64_t *each, sx_error *err) {
    char name[32];
    snprintf(name, sizeof name, "%s%d", what, level);
    const sx_shape s = sx_plan_output_shape(p, name);
    const int64_t count = sx_shape_count(s);
    *whole = sx_calloc_for((size_t)count + 1, sizeof **whole, "detections", err);
    if (!*whole || !sx_plan_output(p, name, *whole, count, err)) return NULL;
    *each = count / s.n;
    return *whole + *each * i;
}

static bool open_outputs(outputs *o, const sx_plan *p, int levels, int i, sx_error *err) {
    int64_t each;
    for (int k = 0; k < levels; k++) {
        o->logits[k] = of_image(p, "logits", k, i, &o->whole[2 * k], &o->pairs[k], err);
        o->deltas[k] =
            o->logits[k] ? of_image(p, "deltas", k, i, &o->whole[2 * k + 1], &each, err) : NULL;
        if (!o->deltas[k]) return false;
    }
    return true;
}

static void close_outputs(outputs *o) {
    for (int k = 0; k < 2 * SX_EFFICIENTDET_LEVELS; k++)
        free(o->whole[k]);
}

/* Maps floats to integers in the same order, and back. */
static uint32_t rising(float v) {
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u >> 31 ? ~u : u | 0x80000000U;
}

static float from_rising(uint32_t r) {
    const uint32_t u = r >> 31 ? r & 0x7fffffffU : ~r;
    float v;
    memcpy(&v, &u, sizeof v);
    return v;
}

/* Finds a logit that the best MOST pairs and few others reach, from a histogram of the upper 16
 * bits, and the number of pairs that reach it. Sorting all pairs would take a tenth of the
 * network's time. */
static bool find_cut(const outputs *o, int levels, float *cut, size_t *count, sx_error *err) {
    enum { BINS = 1 << 16 };
    const uint32_t last = rising(least_logit) >> 16;
    uint32_t *bins = sx_calloc_for(BINS, sizeof *bins, "detections", err), bin = BINS;
    if (!bins) return false;
    for (int k = 0; k < levels; k++)
        for (int64_t i = 0; i < o->pairs[k]; i++)
            if (o->logits[k][i] > least_logit) bins[rising(o->logits[k][i]) >> 16]++;
    *count = 0;
    while (bin > last && *count < MOST)
        *count += bins[--bin];
    *cut = fmaxf(from_rising(bin << 16), least_logit);
    free(bins);
    return true;
}

static void find_pairs(found *f, const outputs *o, int levels, float cut) {
    for (int k = 0; k < levels; k++)
        for (int64_t i = 0; i < o->pairs[k]; i++) {
            if (!(o->logits[k][i] >= cut && o->logits[k][i] > least_logit)) continue;
            f->logit[f->count] = o->logits[k][i];
            f->pair[f->count] = i;
            f->level[f->count++] = k;
        }
}

sx_box sx_efficientdet_box(sx_box anchor, const float d[4]) {
    return sx_box_decode(anchor, (const float[]){ d[1], d[0], d[3], d[2] }, SX_BOX_WEIGHTS_ONE);
}

bool sx_efficientdet_decode(const void *config, const sx_plan *p, int i, int most,
                            sx_candidates *out, sx_error *err) {
    const sx_efficientdet *m = config;
    const sx_anchors a = sx_efficientdet_anchors(m, p);
    outputs o = { 0 };
    found f = { 0 };
    size_t n = 0, reach = 0;
    float cut = 0;
    (void)most; /* suppression decides which are the best */
    bool ok = open_outputs(&o, p, m->levels, i, err) &&
              find_cut(&o, m->levels, &cut, &reach, err) && new_found(&f, reach, err);
    if (ok) {
        find_pairs(&f, &o, m->levels, cut);
        ok = sx_order_by_score(f.logit, f.count, 0, MOST, f.order, &n, err);
    }
    for (size_t r = 0; ok && r < n && out->count < out->cap; r++) {
        const int at = f.order[r], k = f.level[at];
        const int64_t anchor = f.pair[at] / m->classes;
        out->boxes[out->count] =
            sx_efficientdet_box(sx_anchor_at(&a.levels[k], anchor), o.deltas[k] + 4 * anchor);
        out->scores[out->count] = 1.0F / (1.0F + expf(-f.logit[at]));
        out->labels[out->count++] = (int)(f.pair[at] % m->classes);
    }
    free_found(&f);
    close_outputs(&o);
    return ok;
}
