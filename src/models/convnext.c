#include "models/convnext.h"

#include <stdio.h>

const sx_convnext sx_convnext_tiny = { .width = 96, .blocks = { 3, 3, 9, 3 }, .drop = 10 };

static sx_node *norm(sx_graph *g, sx_node *x, const char *name) {
    return sx_layer_norm_eps(g, x, name, 1e-6F);
}

static void probe(sx_graph *g, const char *part, int stage, sx_node *x) {
    char name[32];
    snprintf(name, sizeof name, part, stage);
    sx_probe(g, name, x);
}

static int block_count(const sx_convnext *m) {
    return m->blocks[0] + m->blocks[1] + m->blocks[2] + m->blocks[3];
}

/* The residual branch: depthwise 7x7, norm, C -> 4C, GELU, 4C -> C (fig. 4). */
static sx_node *branch(sx_graph *g, sx_node *x) {
    const int c = x ? sx_node_shape(x).c : 0;
    sx_scope_push(g, "block");
    x = sx_conv2d(g, x, "0",
                  (sx_conv){ .out = c, .kernel = 7, .pad = 3, .groups = c, .bias = true });
    x = sx_linear(g, norm(g, x, "2"), "3", 4 * c, true);
    x = sx_linear(g, sx_activation(g, x, SX_ACT_GELU), "5", c, true);
    sx_scope_pop(g);
    return x;
}

/* x + layer_scale * branch(x), with stochastic depth in training. index: of all blocks. */
static sx_node *block(sx_graph *g, sx_node *x, const sx_convnext *m, int index, sx_node *draw) {
    sx_node *y = branch(g, x);
    if (index == 0) sx_probe(g, "stage1_block0_branch", y);
    const sx_shape s = x ? sx_node_shape(x) : (sx_shape){ 1, 1, 1, 1 };
    y = sx_channel_scale(g, y, sx_learned_scale(g, "layer_scale", s.c, s.n));
    const int last = block_count(m) - 1;
    const float rate = last > 0 ? 0.01F * (float)m->drop * (float)index / (float)last : 0;
    if (draw && rate > 0) y = sx_channel_scale(g, y, sx_drop_path(g, draw, index, rate));
    x = sx_add(g, y, x);
    if (index == 0) sx_probe(g, "stage1_block0", x);
    return x;
}

/* Norm, then half the size and twice the channels (sec. 2.6). */
static sx_node *downsample(sx_graph *g, sx_node *x, int place) {
    if (!x) return NULL;
    sx_scope_push(g, "%d", place);
    x = sx_conv2d(
        g, norm(g, x, "0"), "1",
        (sx_conv){ .out = 2 * sx_node_shape(x).c, .kernel = 2, .stride = 2, .bias = true });
    sx_scope_pop(g);
    return x;
}

static sx_node *stage(sx_graph *g, sx_node *x, const sx_convnext *m, int s, int *index,
                      sx_node *draw) {
    for (int b = 0; b < m->blocks[s]; b++) {
        sx_scope_push(g, "%d.%d", 2 * s + 1, b);
        x = block(g, x, m, (*index)++, draw);
        sx_scope_pop(g);
    }
    probe(g, "stage%d", s + 1, x);
    return x;
}

void sx_convnext_build(sx_graph *g, sx_node *image, const sx_convnext *m) {
    sx_node *draw = NULL;
    int index = 0;
    if (image && m->drop > 0 && sx_graph_for_training(g))
        draw = sx_input(g, "draw", (sx_shape){ sx_node_shape(image).n, 1, 1, 4 });
    sx_scope_push(g, "features");
    sx_node *x = sx_conv2d(g, image, "0.0",
                           (sx_conv){ .out = m->width, .kernel = 4, .stride = 4, .bias = true });
    x = norm(g, x, "0.1"); /* [n][h/4][w/4][width] */
    sx_probe(g, "stem", x);
    for (int s = 0; s < 4; s++) {
        x = stage(g, x, m, s, &index, draw); /* [n][h/4 >> s][w/4 >> s][width << s] */
        if (s == 3) break;
        x = downsample(g, x, 2 * s + 2);
        probe(g, "down%d", s + 1, x);
    }
    sx_scope_pop(g);
    x = sx_global_avg_pool(g, x);
    sx_probe(g, "pooled", x);
    x = norm(g, x, "classifier.0");
    sx_probe(g, "norm", x);
    sx_output(g, "logits", sx_linear(g, x, "classifier.2", m->classes, true));
}
