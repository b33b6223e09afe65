/* Internal to src/tensor: turns an unpickled checkpoint into a weight set. */
#ifndef SX_TENSOR_CHECKPOINT_H
#define SX_TENSOR_CHECKPOINT_H

#include "tensor/pickle.h"
#include "tensor/weights_impl.h"

/* Finds the bytes of torch's storages: all bytes of the storage with this key, regardless of
 * `first`. */
typedef struct sx_storages {
    bool (*find)(void *ctx, const sx_pvalue *storage, const uint8_t **data, size_t *bytes,
                 sx_error *err);
    void *ctx;
} sx_storages;

/* Adds every tensor and array of the state_dict in `root` to w; other entries are ignored. Wrappers
 * such as {"model": ...} and {"state_dict": ...} are opened (wrappers.h), and "module." prefixes
 * removed. The tensors of a dictionary in the state_dict have its key and '.' before their names;
 * at most four such keys, and those of an optimiser's state are left out. Dense data in
 * C order are used in place; others are copied, at most 16 times `file_size` + 16 MiB in all (else
 * SX_ERR_LIMIT), because a view can repeat one number any number of times. SX_ERR_MISSING: there is
 * no tensor; SX_ERR_LIMIT: over a million entries. */
bool sx_checkpoint_collect(sx_weights *w, const sx_pvalue *root, const sx_storages *s,
                           size_t file_size, sx_error *err) SX_MUST_USE;

#endif
