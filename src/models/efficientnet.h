/* EfficientNet (Tan 2019, "EfficientNet: Rethinking Model Scaling", table 1) as a detector's
 * backbone, with the names of the public port's checkpoints (timm's tf_efficientnet_b0 .. b4). */
#ifndef SX_MODELS_EFFICIENTNET_H
#define SX_MODELS_EFFICIENTNET_H

#include "nn/graph.h"

enum { SX_EFFICIENTNET_STAGES = 7 };

/* Compound scaling (sec. 3.3) as published: factors of B0's channels and repeats. */
typedef struct sx_efficientnet {
    int width, depth; /* percent: B0 100, 100; B1 100, 110; B2 110, 120; B3 120, 140; B4 140, 180 */
    int drop;         /* stochastic depth: percent at the last block, rising from 0 at the first */
} sx_efficientnet;

/* Channels times width / 100, rounded to a multiple of 8, but not below nine tenths, as in the
 * published code. */
int sx_efficientnet_channels(const sx_efficientnet *m, int of_b0);
/* Repeats times depth / 100, rounded up. */
int sx_efficientnet_repeats(const sx_efficientnet *m, int of_b0);

/* image [n][h][w][3], sides multiples of 32 -> features[0..2]: the outputs of stages 3, 5 and 7 of
 * table 1 (strides 8, 16, 32), within the caller's scope. draw: the random input of stochastic
 * depth; NULL: no block is skipped. Probes "stage1" .. "stage7". */
void sx_efficientnet_build(sx_graph *g, sx_node *image, const sx_efficientnet *m, sx_node *draw,
                           sx_node *features[3]);

/* A convolution that keeps the size of its input, or halves an even size, with TensorFlow's "same"
 * padding: the odd row and column are below and to the right. */
sx_node *sx_conv_same(sx_graph *g, sx_node *x, const char *name, sx_conv conv);

#endif
