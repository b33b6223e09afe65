/* RetinaNet (Lin 2017b, "Focal Loss for Dense Object Detection"): anchors at five levels, as
 * Detectron2's COCO-Detection/retinanet_R_50_FPN_1x. */
#ifndef SX_MODELS_RETINANET_H
#define SX_MODELS_RETINANET_H

#include "detect/anchors.h"
#include "detect/candidates.h"
#include "models/losses.h"
#include "models/resnet.h"
#include "nn/plan.h"

enum { SX_RETINANET_LEVELS = 5 };

typedef struct sx_retinanet {
    sx_resnet backbone;
    int channels; /* of the pyramid and the heads: 256 */
    int convs;    /* of each head before its last: 4 */
    int anchor;   /* smallest size at the finest level, doubled from level to level: 32 */
    int classes;
} sx_retinanet;

extern const sx_retinanet sx_retinanet_r50, sx_retinanet_r101;

/* image [n][h][w][3], h and w multiples of 32. Outputs for levels k = 0 .. 4 (strides 8 .. 128):
 * "logits<k>" [n][h_k][w_k][9 * classes] and "deltas<k>" [n][h_k][w_k][9 * 4]. Probes "res2" ..
 * "p7". */
void sx_retinanet_build(sx_graph *g, sx_node *image, const sx_retinanet *m);

/* Only its backbone and pyramid: p3 .. p7. */
void sx_retinanet_pyramid(sx_graph *g, sx_node *image, const sx_retinanet *m,
                          sx_node *pyramid[SX_RETINANET_LEVELS]);

/* The anchors of a plan's maps. */
sx_anchors sx_retinanet_anchors(const sx_retinanet *m, const sx_plan *p);

/* Of each level the best 1,000 (anchor, class) pairs that score above 0.05 (Lin 2017b, sec. 4,
 * inference). */
bool sx_retinanet_decode(const void *config, const sx_plan *p, int i, int most, sx_candidates *out,
                         sx_error *err) SX_MUST_USE;

#endif
