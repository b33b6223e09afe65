/* ConvNeXt (Liu 2022, "A ConvNet for the 2020s", sec. 2 and table 9) with torchvision's names. */
#ifndef SX_MODELS_CONVNEXT_H
#define SX_MODELS_CONVNEXT_H

#include "nn/graph.h"

typedef struct sx_convnext {
    int width;     /* channels of the first stage, doubled from stage to stage */
    int blocks[4]; /* of each stage */
    int drop;      /* stochastic depth: percent at the last block, rising from 0 at the first */
    int classes;   /* logits */
} sx_convnext;

extern const sx_convnext sx_convnext_tiny;

/* image [n][h][w][3], sides multiples of 32 -> output "logits" [n][1][1][classes]; probes "stem",
 * "stage1_block0_branch", "stage1_block0", "stage1", "down1" ... "stage4", "pooled", "norm" (the
 * input of the last layer). In graphs for training with `drop` there is an input "draw"
 * [n][1][1][4] (sx_drop_path). */
void sx_convnext_build(sx_graph *g, sx_node *image, const sx_convnext *m);

/* torchvision's name of a parameter that timm or the paper's code calls `old`; false: it has the
 * same, or is none of theirs. user is not used. */
bool sx_convnext_rename(void *user, const char *old, char *out, size_t size);

#endif
