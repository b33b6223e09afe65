/* Inside of src/tensor: from an unpickled checkpoint to a weight set. */
#ifndef SX_TENSOR_CHECKPOINT_H
#define SX_TENSOR_CHECKPOINT_H

#include "tensor/pickle.h"
#include "tensor/weights_impl.h"

/* Where the bytes of torch's storages lie: all those of the storage's key, before its `first`. */
typedef struct sx_storages {
    bool (*find)(void *ctx, const sx_pvalue *storage, const uint8_t **data, size_t *bytes,
                 sx_error *err);
    void *ctx;
} sx_storages;

/* Adds every tensor and array of the state_dict in `root` to w, other entries are passed over.
 * Wrappers
 * {"model": ...} and {"state_dict": ...} are opened, "module." prefixes removed. Dense data in C
 * order stay where they are, others are gathered into memory of their own, together at most 16
 * times `file_size`
 * + 16 MiB (SX_ERR_LIMIT), since a view can repeat one number without end. No tensor at all:
 * SX_ERR_MISSING. */
bool sx_checkpoint_collect(sx_weights *w, const sx_pvalue *root, const sx_storages *s,
                           size_t file_size, sx_error *err) SX_MUST_USE;

#endif
