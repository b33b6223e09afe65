/* The two steps between the stages of Faster R-CNN as ops of the graph. No gradient passes through
 * boxes. */
#ifndef SX_MODELS_PROPOSAL_OPS_H
#define SX_MODELS_PROPOSAL_OPS_H

#include "models/rpn_spec.h"
#include "nn/graph.h"

/* logits[k] [n][h_k][w_k][3], deltas[k] [n][h_k][w_k][12], sizes [n][1][1][2] (each image's width
 * and height) -> [n * most][1][1][4]: x0 y0 x1 y1 in pixels, by falling logit. Rows without a
 * proposal are zeros. Running the op fails with SX_ERR_VALUE on logits or boxes that are NaN or
 * infinite. */
sx_node *sx_rpn_proposals(sx_graph *g, sx_node *const *logits, sx_node *const *deltas,
                          sx_node *sizes, const sx_rpn_spec *spec);

typedef struct sx_roi_sample_spec {
    int per_image; /* 512 */
    float fraction, iou;
} sx_roi_sample_spec;

/* Training (Girshick 2015, sec. 2.3): `per_image` boxes are sampled from the proposals and the true
 * boxes. proposals [n * most][1][1][4]; truth [n][cap][1][4], rows of zeros at the end; draw
 * [n][1][1][4]: the key of each image in parts of 16 bits, lowest first -> [n *
 * per_image][1][1][4], objects first. */
sx_node *sx_roi_sample(sx_graph *g, sx_node *proposals, sx_node *truth, sx_node *draw,
                       const sx_roi_sample_spec *spec);

#endif
