/* The ResNet in weights to start a detector's training from. */
#ifndef SX_MODELS_INIT_RESNET_H
#define SX_MODELS_INIT_RESNET_H

#include "base/str.h"
#include "models/arch.h"

/* The part of sx_init_names (models/init_names.h) about ResNets: after any prefix, names of
 * torchvision, timm, Detectron2's backbone files and Caffe2 become "backbone.bottom_up.res2...";
 * what it assumes of the pixels is set (sx_init_origin). Errors: those of sx_init_names. */
bool sx_init_resnet_names(sx_weights *w, sx_error *err) SX_MUST_USE;

/* After that: if the file's ResNet has another depth than the network's, or the network's is none
 * of He's, appends both and how to train the file's: "the file seems to be a ResNet-101,
 * sparse_rcnn_r50 has a ResNet-50; ...". Returns whether it appended anything. */
bool sx_init_resnet_depths(const sx_network *net, const sx_weights *w, sx_str *out);

#endif
