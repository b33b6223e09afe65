#include "models/resnet.h"

const sx_resnet sx_resnet50 = { .blocks = { 3, 4, 6, 3 }, .stem = 64 };
const sx_resnet sx_resnet101 = { .blocks = { 3, 4, 23, 3 }, .stem = 64 };

/* Conv-BN, the norm inside the convolution's name: res2.0.conv1.weight, res2.0.conv1.norm.weight */
static sx_node *conv_bn(sx_graph *g, sx_node *x, const char *name, const sx_resnet *m,
                        sx_conv conv) {
    x = sx_conv2d(g, x, name, conv);
    sx_scope_push(g, "%s", name);
    x = sx_batch_norm(g, x, "norm", (sx_bn){ .frozen = !m->trained_norm });
    sx_scope_pop(g);
    return x;
}

/* 1x1 - 3x3 - 1x1 with a shortcut, projected where the shape changes (He 2016, fig. 5, right) */
static sx_node *bottleneck(sx_graph *g, sx_node *x, const sx_resnet *m, int width, int out,
                           int stride) {
    if (!x) return NULL;
    sx_node *shortcut = x;
    if (sx_node_shape(x).c != out)
        shortcut =
            conv_bn(g, x, "shortcut", m, (sx_conv){ .out = out, .kernel = 1, .stride = stride });
    const int first = m->stride_in_1x1 ? stride : 1, second = m->stride_in_1x1 ? 1 : stride;
    x = sx_relu(g,
                conv_bn(g, x, "conv1", m, (sx_conv){ .out = width, .kernel = 1, .stride = first }));
    x = sx_relu(g, conv_bn(g, x, "conv2", m,
                           (sx_conv){ .out = width, .kernel = 3, .stride = second, .pad = 1 }));
    x = conv_bn(g, x, "conv3", m, (sx_conv){ .out = out, .kernel = 1 });
    return sx_relu(g, sx_add(g, x, shortcut));
}

void sx_resnet_build(sx_graph *g, sx_node *image, const sx_resnet *m, sx_node *res[4]) {
    static const char *const names[] = { "res2", "res3", "res4", "res5" };
    sx_scope_push(g, "stem");
    sx_node *x =
        sx_relu(g, conv_bn(g, image, "conv1", m,
                           (sx_conv){ .out = m->stem, .kernel = 7, .stride = 2, .pad = 3 }));
    sx_scope_pop(g);
    x = sx_max_pool(g, x, (sx_pool){ .kernel = 3, .stride = 2, .pad = 1 }); /* [n][h/4][w/4][64] */
    for (int s = 0; s < 4; s++) {
        sx_scope_push(g, "%s", names[s]);
        for (int b = 0; b < m->blocks[s]; b++) {
            sx_scope_push(g, "%d", b);
            x = bottleneck(g, x, m, m->stem << s, 4 * m->stem << s, s > 0 && b == 0 ? 2 : 1);
            sx_scope_pop(g);
        }
        sx_scope_pop(g);
        res[s] = x; /* [n][h/4 >> s][w/4 >> s][256 << s] */
        sx_probe(g, names[s], x);
    }
}
