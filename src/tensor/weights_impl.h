/* Inside of src/tensor: the set behind sx_weights, as the readers of the formats fill it. */
#ifndef SX_TENSOR_WEIGHTS_IMPL_H
#define SX_TENSOR_WEIGHTS_IMPL_H

#include "base/files.h"
#include "tensor/weights.h"

typedef struct sx_meta {
    char *key, *value;
} sx_meta;

struct sx_weights {
    char *path;
    sx_file file; /* the mapping that tensors point into; all zero for a new set */
    bool has_file;
    sx_tensor *tensors;
    size_t count, cap;
    size_t *slots; /* open addressing over names: index + 1 */
    size_t slot_count;
    void **owned; /* heap blocks that tensors point into */
    size_t owned_count, owned_cap;
    sx_meta *meta;
    size_t meta_count, meta_cap;
};

/* Adds a tensor whose data stay where they are (the mapping, or a block given to sx_set_own).
 * Copies the name. Checks the dims: not negative, no overflow, bytes as they say. */
bool sx_set_add(sx_weights *w, const sx_tensor *t, sx_error *err) SX_MUST_USE;
bool sx_set_own(sx_weights *w, void *block, sx_error *err) SX_MUST_USE; /* frees it on failure */
/* elements * size of the dims; false if that overflows or a dim is negative. */
bool sx_dims_bytes(int ndim, const int64_t *dims, sx_dtype dtype, size_t *bytes);

/* The formats: each fills an empty set from `bytes` (name for messages in w->path). */
bool sx_read_safetensors(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_read_torch_zip(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_read_pickle(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;

#endif
