/* Faster R-CNN (Ren 2015) on a feature pyramid (Lin 2017), as Detectron2's
 * COCO-Detection/faster_rcnn_R_50_FPN_3x: a region proposal network, then a head that classifies
 * the regions and refines their boxes. */
#ifndef SX_MODELS_FASTER_RCNN_H
#define SX_MODELS_FASTER_RCNN_H

#include "detect/candidates.h"
#include "models/losses.h"
#include "models/proposal_ops.h"
#include "models/resnet.h"
#include "nn/plan.h"

enum { SX_FASTER_LEVELS = 5 };

typedef struct sx_faster_rcnn {
    sx_resnet backbone;
    int channels;        /* of the pyramid and the proposal head: 256 */
    int anchor;          /* size at the finest level, doubled from level to level: 32 */
    int per_level;       /* best candidates of each level that enter suppression: 1,000 */
    int per_level_train; /* 2,000 */
    int proposals;       /* 1,000 */
    int sampled;         /* regions of an image in training: 512 */
    int pooled;          /* ROIAlign's output side: 7 */
    int fc;              /* width of the two hidden layers: 1,024 */
    int classes;
} sx_faster_rcnn;

extern const sx_faster_rcnn sx_faster_rcnn_r50, sx_faster_rcnn_r101;

/* image [n][h][w][3], h and w multiples of 32; sizes [n][1][1][2]: each image's width and height
 * without padding. Outputs: "rpn_logits<k>" [n][h_k][w_k][3] and "rpn_deltas<k>" [n][h_k][w_k][12],
 * k = 0 .. 4 (strides 4 .. 64); "rois" [n * regions][1][1][4], rows of zeros where there are fewer;
 * "logits" [n * regions][1][1][classes + 1], the last is background; "deltas" [n * regions][1][1][4
 * * classes]; "extent": sizes. Probes "res2" .. "p6". A graph for training takes `sampled` regions
 * with the help of inputs "truth" and "draw" (sx_targets_fill). */
void sx_faster_rcnn_build(sx_graph *g, sx_node *image, sx_node *sizes, const sx_faster_rcnn *m);

/* Only its backbone and pyramid: p2 .. p6. */
void sx_faster_rcnn_pyramid(sx_graph *g, sx_node *image, const sx_faster_rcnn *m,
                            sx_node *pyramid[SX_FASTER_LEVELS]);

/* The anchors of a plan's maps. */
sx_anchors sx_faster_rcnn_anchors(const sx_faster_rcnn *m, const sx_plan *p);

/* The factors of the regions' deltas: 10, 10, 5, 5. */
#define SX_FASTER_BOX_WEIGHTS ((sx_box_weights){ 10, 10, 5, 5 })

/* Every (region, class) pair that scores above 0.05. */
bool sx_faster_rcnn_decode(const void *config, const sx_plan *p, int i, int most,
                           sx_candidates *out, sx_error *err) SX_MUST_USE;

#endif
