#include "models/efficientnet.h"

#include <stdio.h>

/* Tan 2019, table 1, stages 2 to 8: MBConv<expand>, k<kernel>x<kernel> */
static const struct {
    int expand, kernel, stride, channels, repeats;
} stages[SX_EFFICIENTNET_STAGES] = {
    { 1, 3, 1, 16, 1 },  { 6, 3, 2, 24, 2 },  { 6, 5, 2, 40, 2 },  { 6, 3, 2, 80, 3 },
    { 6, 5, 1, 112, 3 }, { 6, 5, 2, 192, 4 }, { 6, 3, 1, 320, 1 },
};

enum { STEM = 32, SQUEEZE = 4 }; /* squeeze and excite: to a quarter of the block's input */

/* The decay of TensorFlow's code is 0.99. */
static const sx_bn norm = { .eps = 1e-3F, .momentum = 0.01F, .counter = true };

int sx_efficientnet_channels(const sx_efficientnet *m, int of_b0) {
    const int v = of_b0 * m->width;
    int c = (v + 400) / 800 * 8;
    if (c < 8) c = 8;
    return 10 * 100 * c < 9 * v ? c + 8 : c;
}

int sx_efficientnet_repeats(const sx_efficientnet *m, int of_b0) {
    return (of_b0 * m->depth + 99) / 100;
}

sx_node *sx_conv_same(sx_graph *g, sx_node *x, const char *name, sx_conv conv) {
    conv.pad = conv.stride > 1 ? (conv.kernel - 2) / 2 : conv.kernel / 2;
    conv.pad_more = conv.stride > 1 && conv.kernel > 1 ? 1 : 0;
    return sx_conv2d(g, x, name, conv);
}

static sx_node *norm_swish(sx_graph *g, sx_node *x, const char *name) {
    return sx_activation(g, sx_batch_norm(g, x, name, norm), SX_ACT_SWISH);
}

/* One scale per channel, computed from all positions (Hu 2018, sec. 3) */
static sx_node *squeeze_excite(sx_graph *g, sx_node *x, int squeezed) {
    if (!x) return NULL;
    const int c = sx_node_shape(x).c;
    sx_scope_push(g, "se");
    sx_node *e = sx_global_avg_pool(g, x); /* [n][1][1][c] */
    e = sx_conv2d(g, e, "conv_reduce", (sx_conv){ .out = squeezed, .kernel = 1, .bias = true });
    e = sx_conv2d(g, sx_activation(g, e, SX_ACT_SWISH), "conv_expand",
                  (sx_conv){ .out = c, .kernel = 1, .bias = true });
    sx_scope_pop(g);
    return sx_channel_scale(g, x, sx_activation(g, e, SX_ACT_SIGMOID));
}

typedef struct block {
    int expand, kernel, stride, out;
    int index;  /* of all blocks */
    float drop; /* probability of skipping the block */
} block;

/* Inverted bottleneck (Sandler 2018): a 1x1 convolution to `expand` times the channels, depthwise
 * convolution, squeeze and excite, and a 1x1 convolution without activation. With expand 1 the
 * first convolution is absent. */
static sx_node *mbconv(sx_graph *g, sx_node *x, block b, sx_node *draw) {
    if (!x) return NULL;
    const int in = sx_node_shape(x).c, wide = in * b.expand;
    const bool expands = b.expand > 1;
    sx_node *y = x;
    if (expands)
        y = norm_swish(g, sx_conv2d(g, y, "conv_pw", (sx_conv){ .out = wide, .kernel = 1 }), "bn1");
    y = sx_conv_same(
        g, y, "conv_dw",
        (sx_conv){ .out = wide, .kernel = b.kernel, .stride = b.stride, .groups = wide });
    y = norm_swish(g, y, expands ? "bn2" : "bn1");
    y = squeeze_excite(g, y, in / SQUEEZE);
    y = sx_conv2d(g, y, expands ? "conv_pwl" : "conv_pw", (sx_conv){ .out = b.out, .kernel = 1 });
    y = sx_batch_norm(g, y, expands ? "bn3" : "bn2", norm);
    if (b.stride > 1 || in != b.out) return y;
    if (draw && b.drop > 0) y = sx_channel_scale(g, y, sx_drop_path(g, draw, b.index, b.drop));
    return sx_add(g, y, x);
}

static int count_blocks(const sx_efficientnet *m) {
    int n = 0;
    for (int s = 0; s < SX_EFFICIENTNET_STAGES; s++)
        n += sx_efficientnet_repeats(m, stages[s].repeats);
    return n;
}

void sx_efficientnet_build(sx_graph *g, sx_node *image, const sx_efficientnet *m, sx_node *draw,
                           sx_node *features[3]) {
    const int blocks = count_blocks(m);
    int index = 0;
    sx_node *x = sx_conv_same(
        g, image, "conv_stem",
        (sx_conv){ .out = sx_efficientnet_channels(m, STEM), .kernel = 3, .stride = 2 });
    x = norm_swish(g, x, "bn1"); /* [n][h/2][w/2][32] */
    for (int s = 0; s < SX_EFFICIENTNET_STAGES; s++) {
        const int repeats = sx_efficientnet_repeats(m, stages[s].repeats);
        for (int r = 0; r < repeats; r++, index++) {
            sx_scope_push(g, "blocks.%d.%d", s, r);
            x = mbconv(g, x,
                       (block){ .expand = stages[s].expand,
                                .kernel = stages[s].kernel,
                                .stride = r == 0 ? stages[s].stride : 1,
                                .out = sx_efficientnet_channels(m, stages[s].channels),
                                .index = index,
                                .drop = 0.01F * (float)m->drop * (float)index / (float)blocks },
                       draw);
            sx_scope_pop(g);
        }
        char name[16];
        snprintf(name, sizeof name, "stage%d", s + 1);
        sx_probe(g, name, x); /* strides 2, 4, 8, 16, 16, 32, 32 */
        if (s % 2 == 0 && s > 0) features[s / 2 - 1] = x;
    }
}
