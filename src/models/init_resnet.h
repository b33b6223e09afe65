/* The ResNet in weights to start a detector's training from. */
#ifndef SX_MODELS_INIT_RESNET_H
#define SX_MODELS_INIT_RESNET_H

#include "base/str.h"
#include "models/arch.h"

/* Metadata of the set: what was assumed of the pixels (sx_init_origin). */
#define SX_INIT_ORIGIN "init.origin"

/* The part of sx_init_names (models/init_names.h) about ResNets: after any prefix, names of
 * torchvision, timm, Detectron2's backbone files and Caffe2 become "backbone.bottom_up.res2...";
 * SX_INIT_ORIGIN is set. Errors: those of sx_init_names. */
bool sx_init_resnet_names(sx_weights *w, sx_error *err) SX_MUST_USE;

/* After that: if the file holds a ResNet of one of He's depths (2016, table 1) and the network's
 * differs, appends both and how to train the file's: "the file seems to be a ResNet-101,
 * sparse_rcnn_r50 has a ResNet-50; ...". Returns whether it appended anything. */
bool sx_init_resnet_depths(const sx_network *net, const sx_weights *w, sx_str *out);

#endif
