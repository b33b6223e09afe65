/* The numbers of a graph's parameters: checked views of a weight set for inference, f32 master
 * copies for training, and packed forms (in the layout and precision of a kernel) that plans
 * share. */
#ifndef SX_NN_STORE_H
#define SX_NN_STORE_H

#include "nn/graph.h"
#include "tensor/weights.h"

/* sx_store_f32, _borrow, _packed and _add_packed may be called by several threads at
 * once. */
typedef struct sx_store sx_store;

typedef struct sx_store_options {
    bool own;    /* make f32 copies that may be written to; the weights may then be freed */
    int threads; /* for checking the numbers; 0: 1 */
} sx_store_options;

/* Looks every parameter of the graph up in `w` by its name and checks shape and numbers. Without
 * `own` the weights must outlive the store. A missing counter is taken as 0. Errors:
 * SX_ERR_MISMATCH (the first parameter that is absent or has another shape, and both shapes),
 * SX_ERR_VALUE (a tensor that holds NaN or infinity), SX_ERR_MEMORY. */
sx_store *sx_store_open(const sx_graph *g, const sx_weights *w, sx_store_options options,
                        sx_error *err) SX_MUST_USE;
void sx_store_free(sx_store *s);

/* Parameters are found by name, so that all graphs of a model can use one store. f32, in the
 * checkpoint's layout, valid until sx_store_free. NULL: absent, or out of memory for the
 * conversion, which is made once. */
const float *sx_store_f32(sx_store *s, const sx_param *p);
float *sx_store_f32_mutable(sx_store *s, const sx_param *p); /* only with `own`; else NULL */
/* The same numbers for a single use, such as packing: a pointer into the file's bytes, or to
 * *converted, which the caller frees with sx_aligned_free (NULL: nothing to free). NULL: absent, or
 * out of memory. */
const float *sx_store_borrow(sx_store *s, const sx_param *p, float **converted);

/* The gradient beside an owned parameter, zeroed at first. NULL: without `own`, for a frozen
 * parameter, or out of memory (not after sx_store_make_grads). */
float *sx_store_grad(sx_store *s, const sx_param *p);
/* Makes the gradients of all parameters that are trainable now. Error: SX_ERR_MEMORY. */
bool sx_store_make_grads(sx_store *s, sx_error *err) SX_MUST_USE;
void sx_store_zero_grads(sx_store *s);
void sx_store_set_trainable(sx_store *s, const sx_param *p, bool trainable);
bool sx_store_trainable(const sx_store *s, const sx_param *p);

/* The packed form with this key, which identifies parameter, layout and folded norm; or NULL. */
const void *sx_store_packed(sx_store *s, const char *key);
/* Gives `data` (from sx_aligned_alloc) to the store and returns what is stored under the key: the
 * data of another thread if that came first. NULL: out of memory. */
const void *sx_store_add_packed(sx_store *s, const char *key, void *data,
                                sx_error *err) SX_MUST_USE;

#endif
