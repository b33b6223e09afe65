/* Comparisons of a whole network with a reference run: its synthetic weights, and the gradients of
 * its parameters. */
#ifndef TESTS_SUPPORT_GOLDEN_CHECK_H
#define TESTS_SUPPORT_GOLDEN_CHECK_H

#include "nn/graph.h"
#include "nn/store.h"
#include "tensor/weights.h"

/* The number `i` of a tensor of f32, f64 or i64; fails the test if it is absent. */
double golden_number(const sx_weights *ref, const char *name, int i);

/* The weights with a hash "weight_fnv/NAME" in the reference have the same first bytes. */
void golden_check_weights(const sx_weights *w, const sx_weights *ref);

/* Compares the norm of each trainable parameter's gradient with "<place>/grad_l2/NAME" (norm,
 * largest), relative to the norm, and 16 numbers of it with "<place>/grad_samples/NAME", relative
 * to the largest. Prints the largest differences. */
typedef struct golden_bounds {
    double norms, samples;
} golden_bounds;
void golden_check_gradients(const sx_graph *g, sx_store *s, const sx_weights *ref,
                            const char *place, golden_bounds most);

#endif
