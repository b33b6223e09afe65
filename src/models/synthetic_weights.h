/* Weights from a formula: any program can make the same ones, so that networks can be compared
 * number by number (tests/golden) and shown at full size before trained weights are at hand. They
 * know nothing of radiographs. */
#ifndef SX_MODELS_SYNTHETIC_WEIGHTS_H
#define SX_MODELS_SYNTHETIC_WEIGHTS_H

#include "models/arch.h"
#include "tensor/weights.h"

/* out[i] = offset + scale * r_i: r_i uniform in [-1, 1) from the number stream (base/rng.h) of
 * `name`, offset and scale by the name's kind (convolution, linear, norm, bias, ...). */
void sx_synthetic_fill(const char *name, int ndim, const int64_t *dims, float *out);

/* All parameters of a graph, f32. */
sx_weights *sx_synthetic_weights(const sx_graph *g, sx_error *err) SX_MUST_USE;
/* The weights of a whole network with its metadata, and a note that they are untrained. */
sx_weights *sx_synthetic_model(const sx_network *net, sx_error *err) SX_MUST_USE;

#endif
