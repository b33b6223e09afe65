/* Internal to src/tensor: the set behind sx_weights, which the readers of the formats fill. */
#ifndef SX_TENSOR_WEIGHTS_IMPL_H
#define SX_TENSOR_WEIGHTS_IMPL_H

#include "base/files.h"
#include "tensor/weights.h"
#include "tensor/wrappers.h"

typedef struct sx_meta {
    char *key, *value;
} sx_meta;

struct sx_weights {
    char *path;
    char *prefix; /* of sx_weights_find; NULL: "" */
    sx_wrapped wrapped;
    sx_file file; /* its bytes, which tensors point into; all zero for a new set */
    bool has_file;
    sx_tensor *tensors;
    size_t count, cap;
    size_t *slots; /* hash table of names, open addressing; index + 1 */
    size_t slot_count;
    void **owned; /* heap blocks that tensors point into */
    size_t owned_count, owned_cap;
    sx_meta *meta;
    size_t meta_count, meta_cap;
};

/* Adds a tensor without copying its data, which are in the file or in a block given to
 * sx_set_own. Copies the name. Checks that no dimension is negative, that nothing overflows and
 * that the number of bytes fits. */
bool sx_set_add(sx_weights *w, const sx_tensor *t, sx_error *err) SX_MUST_USE;
bool sx_set_own(sx_weights *w, void *block, sx_error *err) SX_MUST_USE; /* frees it on failure */
/* elements * size of the dims; false if that overflows or a dim is negative. */
bool sx_dims_bytes(int ndim, const int64_t *dims, sx_dtype dtype, size_t *bytes);

/* checksum.c: of all tensors and metadata. */
#define SX_CHECKSUM_KEY "spinexr.checksum"
enum { SX_CHECKSUM = 24 }; /* bytes of its text, with the NUL */
bool sx_weights_checksum(const sx_weights *w, char checksum[SX_CHECKSUM],
                         sx_error *err) SX_MUST_USE;
/* Compares it with the one in the metadata, which it removes: it belongs to the file, not to the
 * set. A set without one is not checked. Error: SX_ERR_FORMAT. */
bool sx_weights_verify(sx_weights *w, sx_error *err) SX_MUST_USE;

/* The readers of the formats; each fills an empty set from `bytes`. Messages contain w->path. */
bool sx_read_safetensors(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_read_torch_zip(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_read_pickle(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;

#endif
