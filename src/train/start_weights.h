/* The weights that a training begins with: initialised, or taken from a file (train --init). */
#ifndef SX_TRAIN_START_WEIGHTS_H
#define SX_TRAIN_START_WEIGHTS_H

#include "base/context_impl.h"
#include "models/arch.h"

typedef struct sx_start_options {
    const sx_context *context; /* messages: what was taken, adapted, and starts new */
    const sx_network *net;
    const sx_graph *graph; /* of the network */
    const char *classes;   /* its classes, as in spinexr.classes; NULL: not known */
    /* parts of the names of parameters that are not trained; ends with NULL; may be NULL */
    const char *const *frozen;
    uint64_t seed;
} sx_start_options;

bool sx_start_is_frozen(const char *const *frozen, const char *name);

/* All parameters of the graph: those of `from` that fit (models/init_adapt.h, init_classes.h), the
 * others initialised. `from`, whose names are the network's (sx_init_names), may be NULL. Errors:
 * SX_ERR_MISMATCH (nothing fits; a frozen parameter does not, which would stay random),
 * SX_ERR_VALUE (a number that is not finite), SX_ERR_MEMORY. */
sx_weights *sx_start_weights(const sx_start_options *o, const sx_weights *from,
                             sx_error *err) SX_MUST_USE;

#endif
