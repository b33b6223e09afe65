/* First weights of a network that learns from scratch, by the rules of the code that its paper published. */
#ifndef SX_MODELS_INIT_H
#define SX_MODELS_INIT_H

#include "models/arch.h"

/* All parameters of g from the seed's number streams. DenseNet: torchvision (He 2015 normal, fan in); ResNet:
 * Detectron2's MSRA fill (fan out); FPN and Sparse R-CNN's head: Xavier uniform, class bias for a prior of 0.01,
 * proposal boxes in the middle and as large as the image. */
sx_weights *sx_init_weights(const sx_graph *g, uint64_t seed, sx_error *err) SX_MUST_USE;

#endif
