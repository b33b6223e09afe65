/* EfficientDet (Tan 2020, "EfficientDet: Scalable and Efficient Object Detection"): anchors at the
 * levels of a bidirectional pyramid, as tf_efficientdet_d0 .. d4 of the public PyTorch port, with
 * its parameter names. */
#ifndef SX_MODELS_EFFICIENTDET_H
#define SX_MODELS_EFFICIENTDET_H

#include "detect/anchors.h"
#include "detect/candidates.h"
#include "models/efficientnet.h"
#include "models/losses.h"
#include "nn/plan.h"

enum { SX_EFFICIENTDET_LEVELS = 5 };

/* Table 1. The coefficient phi scales all of these together. */
typedef struct sx_efficientdet {
    sx_efficientnet backbone;
    int channels; /* of the pyramid and the heads (W_bifpn) */
    int cells;    /* of the pyramid (D_bifpn) */
    int convs;    /* of each head before its last (D_class) */
    int levels;   /* from stride 8 on, 3 to 5 */
    int anchor;   /* smallest size at the finest level, doubled from level to level: 32 */
    int bias;     /* 1: convolutions before a norm have a bias too, as the published checkpoints */
    int momentum; /* of the norms' running statistics, in thousandths: 10 */
    int classes;
} sx_efficientdet;

extern const sx_efficientdet sx_efficientdet_d0, sx_efficientdet_d1, sx_efficientdet_d2,
    sx_efficientdet_d3, sx_efficientdet_d4;

/* image [n][h][w][3], h and w multiples of the stride (8 << levels - 1). Outputs for levels k:
 * "logits<k>" [n][h_k][w_k][9 * classes] and "deltas<k>" [n][h_k][w_k][9 * 4]: (dy, dx, dh, dw) of
 * each anchor, in the checkpoints' order. Probes: the backbone's, "p3" .. "p7". */
void sx_efficientdet_build(sx_graph *g, sx_node *image, const sx_efficientdet *m);

/* Only its backbone and pyramid: p3 .. p7. */
void sx_efficientdet_pyramid(sx_graph *g, sx_node *image, const sx_efficientdet *m,
                             sx_node *pyramid[SX_EFFICIENTDET_LEVELS]);

/* The stride of the coarsest level; the sides of an input are multiples of it. */
int sx_efficientdet_stride(const void *config);

/* The anchors of a plan's maps. */
sx_anchors sx_efficientdet_anchors(const sx_efficientdet *m, const sx_plan *p);

/* Decodes (dy, dx, dh, dw) of an anchor. */
sx_box sx_efficientdet_box(sx_box anchor, const float d[4]);

/* The best 5,000 (anchor, class) pairs of all levels, of those with a logit above -5 (the published
 * code's MAX_DETECTION_POINTS and MIN_CLASS_SCORE). */
bool sx_efficientdet_decode(const void *config, const sx_plan *p, int i, int most,
                            sx_candidates *out, sx_error *err) SX_MUST_USE;

#endif
