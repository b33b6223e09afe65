/* Internal to src/tensor: the dictionaries that training programs put around a state_dict. */
#ifndef SX_TENSOR_WRAPPERS_H
#define SX_TENSOR_WRAPPERS_H

#include "base/fail.h"
#include "tensor/pickle.h"

/* The keys of sets of weights: of the one that was taken, and of others that stand beside it. */
typedef struct sx_wrapped {
    char taken[40];   /* "": the file has one set alone, without a wrapper */
    char others[256]; /* "model_ema, ema", which has room for all known keys; "": none */
} sx_wrapped;

/* The innermost dictionary with tensors, in it or below it, that known keys ("model",
 * "state_dict", ..., at any depth) lead to; `root` if there is none. The raw weights come before
 * their moving average. */
const sx_pvalue *sx_checkpoint_unwrap(const sx_pvalue *root, sx_wrapped *names);

/* Whether a key is that of an optimiser's, schedule's or scaler's state, which is not read. */
bool sx_checkpoint_is_optimiser(sx_ptext key);

/* Sets SX_ERR_MISSING with the keys that are there; returns false. */
bool sx_checkpoint_fail_empty(const sx_pvalue *root, sx_error *err);

#endif
