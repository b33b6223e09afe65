/* DenseNet (Huang 2017, "Densely Connected Convolutional Networks", table 1). */
#ifndef SX_MODELS_DENSENET_H
#define SX_MODELS_DENSENET_H

#include "nn/graph.h"

typedef struct sx_densenet {
    int growth;     /* k: channels that each layer adds */
    int stem;       /* channels after the first convolution */
    int bottleneck; /* the 1x1 convolution gives bottleneck * growth channels */
    int blocks[4];  /* layers of each dense block */
    int classes;    /* logits */
    /* 1: torchvision's names (features.denseblock1...) instead of the authors'
     * (backbone.block1...) */
    int torchvision;
    /* torchvision has one between norm5 and the pool; the authors' trunk has none */
    int relu_at_end;
} sx_densenet;

extern const sx_densenet sx_densenet121, sx_densenet161, sx_densenet169, sx_densenet201;

/* image [n][h][w][3] -> output "logits" [n][1][1][classes]; probes "stem", "block1", "transition1"
 * ... "norm5", "pooled". */
void sx_densenet_build(sx_graph *g, sx_node *image, const sx_densenet *m);

#endif
