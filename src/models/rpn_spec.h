/* The region proposal network of Faster R-CNN: its levels and anchors. */
#ifndef SX_MODELS_RPN_SPEC_H
#define SX_MODELS_RPN_SPEC_H

#include "detect/anchors.h"
#include "nn/graph.h"

/* What does not depend on the sizes of the maps. */
typedef struct sx_rpn_spec {
    int levels, first_stride; /* strides first_stride << k */
    int anchor;               /* size at the finest level, doubled from level to level */
    int per_level, most;
    float iou;
} sx_rpn_spec;

/* The anchors of level maps [n][h_k][w_k][..]. */
sx_anchors sx_rpn_anchors(const sx_rpn_spec *spec, const sx_shape *maps);

#endif
