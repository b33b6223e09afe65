/* Copies a tensor of weights to start training from to a parameter of the network, changed where
 * its shape differs in a way that has one meaning. */
#ifndef SX_MODELS_INIT_ADAPT_H
#define SX_MODELS_INIT_ADAPT_H

#include "nn/graph.h"
#include "tensor/weights.h"

typedef enum sx_init_fit {
    SX_INIT_NO_FIT, /* nothing was written */
    SX_INIT_TAKEN,
    /* The first convolution of a network for grey images (one channel): each of the three gets a
     * third, so that a grey film gives the same values. TorchXRayVision's networks (they have a
     * tensor "op_threshs") read -1024..1024 instead of 0..255: their weights are scaled as well;
     * the mean is left to the norm that follows. Or that of an ImageNet network (below). */
    SX_INIT_ADAPTED
} sx_init_fit;

/* Metadata of the set: the name of the first convolution of a network that was trained with
 * ImageNet's mean and deviation, red first, for a network that reads blue first and does not divide
 * by the deviation (Detectron2's). Its weights are changed accordingly. */
#define SX_INIT_FIRST_LAYER "init.first_layer"

/* Writes the parameter's numbers to out. Shapes that differ only in dimensions of 1 at their end
 * fit. Error (the result is SX_INIT_NO_FIT and err->code is set): SX_ERR_VALUE (a number that is
 * not finite), SX_ERR_UNSUPPORTED (the tensor holds no numbers). */
sx_init_fit sx_init_copy(const sx_weights *from, const sx_param *p, float *out,
                         sx_error *err) SX_MUST_USE;
/* Whether the shapes are equal but for dimensions of 1 at their end. */
bool sx_init_same_shape(const sx_tensor *t, const sx_param *p);
/* Writes all numbers of the tensor. Errors as above. */
bool sx_init_read(const sx_weights *from, const sx_tensor *t, float *out,
                  sx_error *err) SX_MUST_USE;
/* What SX_INIT_ADAPTED did with this parameter, for messages. */
const char *sx_init_adaptation(const sx_weights *from, const sx_param *p);

#endif
