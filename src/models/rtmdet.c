#include "models/rtmdet.h"

#include <stdio.h>

const sx_rtmdet sx_rtmdet_tiny = { .width = 375, .depth = 167, .classes = 7 };
const sx_rtmdet sx_rtmdet_s = { .width = 500, .depth = 330, .classes = 7 };

static int channels(const sx_rtmdet *m, int whole) {
    const int c = whole * m->width / 1000;
    return c > 2 ? c : 2;
}

static int blocks(const sx_rtmdet *m, int whole) {
    const int n = (whole * m->depth + 500) / 1000;
    return n > 1 ? n : 1;
}

/* ---- parts ---- */

/* Convolution, norm and SiLU. `shared`: the name of the convolution if it is that of another
 * unit. */
static sx_node *unit_of(sx_graph *g, sx_node *x, const char *name, const char *shared,
                        sx_conv conv) {
    char part[96];
    conv.pad = conv.kernel / 2;
    snprintf(part, sizeof part, "%s.conv", shared);
    x = sx_conv2d(g, x, part, conv);
    snprintf(part, sizeof part, "%s.bn", name);
    return sx_activation(g, sx_batch_norm(g, x, part, (sx_bn){ .counter = true }), SX_ACT_SWISH);
}

static sx_node *unit(sx_graph *g, sx_node *x, const char *name, int out, int kernel, int stride) {
    return unit_of(g, x, name, name, (sx_conv){ .out = out, .kernel = kernel, .stride = stride });
}

/* CSPNeXt's block: 3x3, depthwise 5x5, 1x1 (fig. 3b). */
static sx_node *block(sx_graph *g, sx_node *x, int c, bool identity) {
    sx_node *y = unit(g, x, "conv1", c, 3, 1);
    y = unit_of(g, y, "conv2.depthwise_conv", "conv2.depthwise_conv",
                (sx_conv){ .out = c, .kernel = 5, .groups = c });
    y = unit(g, y, "conv2.pointwise_conv", c, 1, 1);
    return identity ? sx_add(g, y, x) : y;
}

/* A gate for each channel, from the mean over all positions. */
static sx_node *attention(sx_graph *g, sx_node *x) {
    if (!x) return NULL;
    sx_node *e = sx_conv2d(g, sx_global_avg_pool(g, x), "attention.fc",
                           (sx_conv){ .out = sx_node_shape(x).c, .kernel = 1, .bias = true });
    return sx_channel_scale(g, x, sx_activation(g, e, SX_ACT_HARD_SIGMOID));
}

typedef struct csp {
    int out, blocks;
    bool identity, attention;
    const char *probe; /* prefix of two probes; NULL: none */
} csp;

/* A cross-stage partial layer (Wang 2020): half of the channels pass the blocks. */
static sx_node *csp_layer(sx_graph *g, sx_node *x, const char *name, csp l) {
    const int half = l.out / 2;
    char part[48];
    sx_scope_push(g, "%s", name);
    sx_node *in = unit(g, x, "main_conv", half, 1, 1),
            *other = unit(g, x, "short_conv", half, 1, 1);
    for (int i = 0; i < l.blocks; i++) {
        sx_scope_push(g, "blocks.%d", i);
        in = block(g, in, half, l.identity);
        sx_scope_pop(g);
    }
    snprintf(part, sizeof part, "%s_blocks", l.probe ? l.probe : "");
    if (l.probe) sx_probe(g, part, in);
    x = sx_concat(g, (sx_node *[]){ in, other }, 2);
    if (l.attention) x = attention(g, x);
    snprintf(part, sizeof part, "%s_attention", l.probe ? l.probe : "");
    if (l.probe) sx_probe(g, part, x);
    x = unit(g, x, "final_conv", l.out, 1, 1);
    sx_scope_pop(g);
    return x;
}

/* Spatial pyramid pooling (He 2014): maxima over 5x5, 9x9 and 13x13, the larger ones as maxima of
 * maxima. */
static sx_node *pyramid_pool(sx_graph *g, sx_node *x, const char *name, int out) {
    const sx_pool pool = { .kernel = 5, .stride = 1, .pad = 2 };
    sx_scope_push(g, "%s", name);
    sx_node *all[4] = { unit(g, x, "conv1", out / 2, 1, 1) };
    for (int i = 1; i < 4; i++)
        all[i] = sx_max_pool(g, all[i - 1], pool);
    x = unit(g, sx_concat(g, all, 4), "conv2", out, 1, 1);
    sx_scope_pop(g);
    sx_probe(g, "stage4_spp", x);
    return x;
}

/* ---- backbone and pyramid ---- */

static sx_node *stage(sx_graph *g, sx_node *x, const sx_rtmdet *m, int s) {
    static const int whole[] = { 128, 256, 512, 1024 }, layers[] = { 3, 6, 6, 3 };
    static const char *const names[] = { "stage1", "stage2", "stage3", "stage4" };
    const int c = channels(m, whole[s]);
    sx_scope_push(g, "%s", names[s]);
    x = unit(g, x, "0", c, 3, 2);
    if (s == 3) x = pyramid_pool(g, x, "1", c);
    x = csp_layer(g, x, s == 3 ? "2" : "1",
                  (csp){ .out = c,
                         .blocks = blocks(m, layers[s]),
                         .identity = s < 3,
                         .attention = true,
                         .probe = s == 0 ? "stage1" : NULL });
    sx_scope_pop(g);
    sx_probe(g, names[s], x);
    return x;
}

/* features: the maps of strides 8, 16 and 32. */
static void backbone(sx_graph *g, sx_node *image, const sx_rtmdet *m, sx_node *features[3]) {
    const int c = channels(m, 64);
    sx_scope_push(g, "backbone");
    sx_node *x = unit(g, image, "stem.0", c / 2, 3, 2);
    x = unit(g, unit(g, x, "stem.1", c / 2, 3, 1), "stem.2", c, 3, 1); /* [n][h/2][w/2][c] */
    sx_probe(g, "stem", x);
    for (int s = 0; s < 4; s++) {
        x = stage(g, x, m, s); /* [n][h/4 >> s][w/4 >> s][2c << s] */
        if (s > 0) features[s - 1] = x;
    }
    sx_scope_pop(g);
}

/* The finer map, and above it the coarser one at twice its size, to one map (top-down), or the
 * coarser map below the finer one at half its size (bottom-up). */
static sx_node *join(sx_graph *g, sx_node *first, sx_node *second, const char *name, int out) {
    return csp_layer(g, sx_concat(g, (sx_node *[]){ first, second }, 2), name,
                     (csp){ .out = out, .blocks = 1 });
}

void sx_rtmdet_pyramid(sx_graph *g, sx_node *image, const sx_rtmdet *m,
                       sx_node *pyramid[SX_RTMDET_LEVELS]) {
    const int n3 = channels(m, 256), n4 = channels(m, 512), n5 = channels(m, 1024);
    sx_node *c[3] = { NULL };
    backbone(g, image, m, c);
    sx_scope_push(g, "neck");
    sx_node *r5 = unit(g, c[2], "reduce_layers.0", n4, 1, 1);
    sx_node *u4 = join(g, sx_upsample2x(g, r5), c[1], "top_down_blocks.0", n4);
    sx_node *r4 = unit(g, u4, "reduce_layers.1", n3, 1, 1);
    sx_node *u3 = join(g, sx_upsample2x(g, r4), c[0], "top_down_blocks.1", n3);
    sx_node *d0 = unit(g, u3, "downsamples.0", n3, 3, 2);
    sx_node *b4 = join(g, d0, r4, "bottom_up_blocks.0", n4);
    sx_node *d1 = unit(g, b4, "downsamples.1", n4, 3, 2);
    sx_node *b5 = join(g, d1, r5, "bottom_up_blocks.1", n5);
    pyramid[0] = unit(g, u3, "out_convs.0", n3, 3, 1);
    pyramid[1] = unit(g, b4, "out_convs.1", n3, 3, 1);
    pyramid[2] = unit(g, b5, "out_convs.2", n3, 3, 1);
    sx_scope_pop(g);
    const struct {
        const char *name;
        sx_node *x;
    } probes[] = { { "neck_reduce0", r5 },   { "neck_top_down0", u4 },  { "neck_reduce1", r4 },
                   { "neck_top_down1", u3 }, { "neck_down0", d0 },      { "neck_bottom_up0", b4 },
                   { "neck_down1", d1 },     { "neck_bottom_up1", b5 }, { "p3", pyramid[0] },
                   { "p4", pyramid[1] },     { "p5", pyramid[2] } };
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++)
        sx_probe(g, probes[i].name, probes[i].x);
}

/* ---- head ---- */

/* Two units, then the numbers of each cell. The levels share the convolutions of the units, not
 * their norms, nor the last layer. */
static sx_node *branch(sx_graph *g, sx_node *x, const char *part, const char *last, int level,
                       int out) {
    char name[48], shared[48];
    const int c = x ? sx_node_shape(x).c : 0;
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s.%d.%d", part, level, i);
        snprintf(shared, sizeof shared, "%s.0.%d", part, i);
        x = unit_of(g, x, name, shared, (sx_conv){ .out = c, .kernel = 3 });
    }
    snprintf(name, sizeof name, "%s.%d", last, level);
    return sx_conv2d(g, x, name, (sx_conv){ .out = out, .kernel = 1, .bias = true });
}

void sx_rtmdet_build(sx_graph *g, sx_node *image, const sx_rtmdet *m) {
    sx_node *pyramid[SX_RTMDET_LEVELS];
    char name[32];
    sx_rtmdet_pyramid(g, image, m, pyramid);
    sx_scope_push(g, "bbox_head");
    for (int k = 0; k < SX_RTMDET_LEVELS; k++) {
        snprintf(name, sizeof name, "logits%d", k);
        sx_output(g, name, branch(g, pyramid[k], "cls_convs", "rtm_cls", k, m->classes));
        snprintf(name, sizeof name, "distances%d", k);
        sx_output(g, name, branch(g, pyramid[k], "reg_convs", "rtm_reg", k, 4));
    }
    sx_scope_pop(g);
}
