/* The names of weights to start training from, as other programs write them. */
#ifndef SX_MODELS_INIT_NAMES_H
#define SX_MODELS_INIT_NAMES_H

#include "models/arch.h"

/* Gives the tensors the names that this network uses, and sets the prefix after which most of them
 * fit. The set need not be whole. Beyond sx_recognise_names:
 * - DenseNet: torchvision's names for a network with the authors' names, and the other way round;
 * - ConvNeXt: timm's names and those of the paper's code;
 * - ResNet backbones of detectors, after any prefix: torchvision's and timm's names
 *   (layer1.0.conv1), whose first convolution is then adapted (models/init_adapt.h); Detectron2's
 *   backbone files, whose names begin with stem. or res2. instead of backbone.bottom_up., and
 *   Caffe2's names (res2_0_branch2a_w), as in the file R-50.pkl of Detectron2. A file whose header
 *   names torchvision as its author, or that has no header and tensors stem.fc, was converted from
 *   torchvision's and is adapted as well. The channels of any other are blue, green, red, as the
 *   detectors read them; where it has no statistics of the norms, these are folded into their
 *   weights and biases.
 * Error: SX_ERR_FORMAT (two tensors get one name), SX_ERR_MEMORY. */
bool sx_init_names(const sx_network *net, sx_weights *w, sx_error *err) SX_MUST_USE;

/* After sx_init_names: for a ResNet, what was assumed of its pixels and why, for messages; NULL for
 * others, and for a whole detector. */
const char *sx_init_origin(const sx_weights *w);

/* After sx_init_names: whether the weights are those of a ResNet of torchvision or timm, which
 * halves the size in its 3x3 convolutions, and this network does so in its 1x1 convolutions. */
bool sx_init_other_strides(const sx_network *net, const sx_weights *w);

#endif
