/* Initial weights for training from scratch, by the rules of the code published with the paper. */
#ifndef SX_MODELS_INIT_H
#define SX_MODELS_INIT_H

#include <stdint.h>

#include "nn/graph.h"
#include "tensor/weights.h"

typedef enum sx_init_kind {
    SX_INIT_CONSTANT,    /* value */
    SX_INIT_WHOLE_IMAGE, /* boxes (middle x, y, width, height) as large as the image */
    /* the rest only for parameters with two dimensions or more */
    SX_INIT_NORMAL,  /* standard deviation `value` */
    SX_INIT_HE_IN,   /* He 2015: normal, sqrt(2 / inputs) */
    SX_INIT_HE_OUT,  /* the same with the outputs (Detectron2's MSRA fill) */
    SX_INIT_FAN_IN,  /* normal, sqrt(1 / inputs) */
    SX_INIT_UNIFORM, /* within `value`; 0: sqrt(3 / inputs) (Detectron2's Xavier fill) */
    SX_INIT_XAVIER,  /* Glorot 2010: within sqrt(6 / (inputs + outputs)) */
} sx_init_kind;

/* Applies to parameters whose names contain `part`; the first rule that fits is used. Without a
 * rule: norms 1 and 0, biases 0, convolutions HE_IN, linear layers uniform within 1 /
 * sqrt(inputs). */
typedef struct sx_init_rule {
    const char *part;
    sx_init_kind kind;
    double value;
} sx_init_rule;

/* All parameters of g, from the random streams of the seed. `rules` ends with a NULL part; NULL: no
 * rules. */
sx_weights *sx_init_weights(const sx_graph *g, const sx_init_rule *rules, uint64_t seed,
                            sx_error *err) SX_MUST_USE;

#endif
