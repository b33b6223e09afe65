/* Synthetic weights, which a formula defines. They are untrained. Any program can compute the same
 * numbers, so tests can compare networks number by number (tests/golden), and commands can run
 * full-size networks without trained weights. */
#ifndef SX_MODELS_SYNTHETIC_WEIGHTS_H
#define SX_MODELS_SYNTHETIC_WEIGHTS_H

#include "models/arch.h"
#include "tensor/weights.h"

/* out[i] = offset + scale * r_i. r_i is uniform in [-1, 1), from the random stream (base/rng.h) of
 * `name`; offset and scale depend on the kind of parameter (convolution, linear, norm, bias,
 * ...). */
void sx_synthetic_fill(const char *name, int ndim, const int64_t *dims, float *out);

/* All parameters of a graph, f32. */
sx_weights *sx_synthetic_weights(const sx_graph *g, sx_error *err) SX_MUST_USE;
/* The weights of a whole network with its metadata, and a note that they are untrained. */
sx_weights *sx_synthetic_model(const sx_network *net, sx_error *err) SX_MUST_USE;

#endif
