#include "models/densenet.h"

const sx_densenet sx_densenet121 = {
    .growth = 32, .stem = 64, .bottleneck = 4, .blocks = { 6, 12, 24, 16 }
};
const sx_densenet sx_densenet161 = {
    .growth = 48, .stem = 96, .bottleneck = 4, .blocks = { 6, 12, 36, 24 }
};
const sx_densenet sx_densenet169 = {
    .growth = 32, .stem = 64, .bottleneck = 4, .blocks = { 6, 12, 32, 32 }
};
const sx_densenet sx_densenet201 = {
    .growth = 32, .stem = 64, .bottleneck = 4, .blocks = { 6, 12, 48, 32 }
};

static const sx_bn norm = { .counter = true };

static sx_node *conv(sx_graph *g, sx_node *x, const char *name, int out, int kernel) {
    return sx_conv2d(g, x, name, (sx_conv){ .out = out, .kernel = kernel, .pad = kernel / 2 });
}

/* H_l: BN-ReLU-Conv1x1-BN-ReLU-Conv3x3, then [x, H_l(x)] (sec. 3, "Bottleneck layers") */
static sx_node *dense_layer(sx_graph *g, sx_node *x, const sx_densenet *m) {
    sx_node *h = sx_relu(g, sx_batch_norm(g, x, "norm1", norm));
    h = conv(g, h, "conv1", m->bottleneck * m->growth, 1);
    h = sx_relu(g, sx_batch_norm(g, h, "norm2", norm));
    h = conv(g, h, "conv2", m->growth, 3);
    return sx_concat(g, (sx_node *[]){ x, h }, 2);
}

static sx_node *dense_block(sx_graph *g, sx_node *x, const sx_densenet *m, int block) {
    sx_scope_push(g, m->torchvision ? "denseblock%d" : "block%d", block + 1);
    for (int i = 1; i <= m->blocks[block]; i++) {
        sx_scope_push(g, "denselayer%d", i);
        x = dense_layer(g, x, m);
        sx_scope_pop(g);
    }
    sx_scope_pop(g);
    return x;
}

/* BN-ReLU-Conv1x1 to half the channels, 2x2 average pool (theta = 0.5) */
static sx_node *transition(sx_graph *g, sx_node *x, int k) {
    if (!x) return NULL;
    sx_scope_push(g, "transition%d", k);
    x = sx_relu(g, sx_batch_norm(g, x, "norm", norm));
    x = conv(g, x, "conv", sx_node_shape(x).c / 2, 1);
    x = sx_avg_pool(g, x, (sx_pool){ .kernel = 2, .stride = 2 });
    sx_scope_pop(g);
    return x;
}

void sx_densenet_build(sx_graph *g, sx_node *image, const sx_densenet *m) {
    static const char *const stages[] = { "block1", "block2", "block3", "block4" };
    static const char *const transitions[] = { "transition1", "transition2", "transition3" };
    const int tv = m->torchvision;

    sx_scope_push(g, tv ? "features" : "backbone");
    sx_node *x = sx_conv2d(g, image, tv ? "conv0" : "stem.0",
                           (sx_conv){ .out = m->stem, .kernel = 7, .stride = 2, .pad = 3 });
    x = sx_relu(g, sx_batch_norm(g, x, tv ? "norm0" : "stem.1", norm));
    x = sx_max_pool(g, x,
                    (sx_pool){ .kernel = 3, .stride = 2, .pad = 1 }); /* [n][h/4][w/4][stem] */
    sx_probe(g, "stem", x);
    for (int b = 0; b < 4; b++) {
        x = dense_block(g, x, m, b); /* [n][h/4 >> b][w/4 >> b][.. + blocks[b] * growth] */
        sx_probe(g, stages[b], x);
        if (b == 3) break;
        x = transition(g, x, b + 1); /* [n][h/8 >> b][w/8 >> b][half of that] */
        sx_probe(g, transitions[b], x);
    }
    x = sx_batch_norm(g, x, "norm5", norm);
    if (m->relu_at_end) x = sx_relu(g, x);
    sx_probe(g, "norm5", x);
    sx_scope_pop(g);

    x = sx_global_avg_pool(g, x);
    sx_probe(g, "pooled", x);
    sx_output(g, "logits", sx_linear(g, x, tv ? "classifier" : "head.heads.0", m->classes, true));
}
