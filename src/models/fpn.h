/* Feature pyramid (Lin 2017, "Feature Pyramid Networks for Object Detection", fig. 3). */
#ifndef SX_MODELS_FPN_H
#define SX_MODELS_FPN_H

#include "nn/graph.h"

/* features[0..3] with strides 4 .. 32 -> pyramid[0..3] = p2 .. p5, each with `channels` channels,
 * within the caller's scope (Detectron2's "backbone"): fpn_lateral2.weight, fpn_output2.weight, ...
 * `first` skips the finer levels (1: from stride 8 on, RetinaNet). */
void sx_fpn_build(sx_graph *g, sx_node *const features[4], int first, int channels,
                  sx_node *pyramid[4]);

#endif
