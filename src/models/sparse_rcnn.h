/* Sparse R-CNN (Sun 2021, "Sparse R-CNN: End-to-End Object Detection with Learnable Proposals"): a
 * fixed set of learned boxes and features, refined by six heads with dynamic filters. */
#ifndef SX_MODELS_SPARSE_RCNN_H
#define SX_MODELS_SPARSE_RCNN_H

#include "detect/candidates.h"
#include "models/losses.h"
#include "models/resnet.h"
#include "nn/plan.h"

enum { SX_SPARSE_MAX_HEADS = 12 };

typedef struct sx_sparse_rcnn {
    sx_resnet backbone;
    int proposals;   /* 100 */
    int heads;       /* refinement stages: 6 */
    int hidden;      /* 256 */
    int attention;   /* heads of the self-attention: 8 */
    int dynamic;     /* width of the dynamic filters: 64 */
    int feedforward; /* 2048 */
    int pooled;      /* ROIAlign's output side: 7 */
    int cls_layers;  /* 1 */
    int reg_layers;  /* 3 */
    int classes;
    /* percent, in training: of the attention's and the interaction's output, in and after the
     * feed-forward */
    int dropout;
} sx_sparse_rcnn;

extern const sx_sparse_rcnn sx_sparse_rcnn_r50, sx_sparse_rcnn_r101;

/* image [n][h][w][3], h and w multiples of 32; sizes [n][1][1][2]: each image's width and height
 * without padding. Outputs of stage s: "logits<s>" [n * proposals][1][1][classes] (sigmoid gives
 * the score) and "boxes<s>" [n * proposals][1][1][4], x0 y0 x1 y1 in pixels of the padded image.
 * Probes "res2".."p5", "roi<s>". */
void sx_sparse_rcnn_build(sx_graph *g, sx_node *image, sx_node *sizes, const sx_sparse_rcnn *m);

/* Only its backbone and feature pyramid: p2 .. p5. */
void sx_sparse_rcnn_pyramid(sx_graph *g, sx_node *image, const sx_sparse_rcnn *m,
                            sx_node *pyramid[4]);

/* The last stage's best `most` (proposal, class) pairs (sec. 3.4; the authors' focal-loss
 * inference). */
bool sx_sparse_rcnn_decode(const void *config, const sx_plan *p, int i, int most,
                           sx_candidates *out, sx_error *err) SX_MUST_USE;

#endif
