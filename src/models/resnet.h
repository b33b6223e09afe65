/* ResNet with bottleneck blocks (He 2016, table 1) as Detectron2 builds it: frozen batch norms,
 * names of its checkpoints. */
#ifndef SX_MODELS_RESNET_H
#define SX_MODELS_RESNET_H

#include "nn/graph.h"

typedef struct sx_resnet {
    int blocks[4];    /* of res2 .. res5 */
    int trained_norm; /* 0: frozen batch norm (weights from a checkpoint); 1: trained */
    /* a stage halves in its first 1x1 convolution (He 2016; Detectron2's own checkpoints), not in
     * its 3x3 one (torchvision's) */
    int stride_in_1x1;
    /* channels after the stem; res2's output has 4 times as many, each later stage doubles */
    int stem;
} sx_resnet;

extern const sx_resnet sx_resnet50, sx_resnet101;

/* image [n][h][w][3], sides multiples of 32 -> res[0..3], strides 4, 8, 16, 32; within the caller's
 * scope (Detectron2's "backbone.bottom_up"). */
void sx_resnet_build(sx_graph *g, sx_node *image, const sx_resnet *m, sx_node *res[4]);

#endif
