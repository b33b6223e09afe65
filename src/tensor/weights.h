/* A weight set: tensors by name and text metadata by key, from any checkpoint format. */
#ifndef SX_TENSOR_WEIGHTS_H
#define SX_TENSOR_WEIGHTS_H

#include "base/hash.h"
#include "tensor/tensor.h"

typedef struct sx_weights sx_weights;

/* An empty set, to be filled with sx_weights_add. Free it with sx_weights_free (NULL is
 * allowed). */
sx_weights *sx_weights_new(sx_error *err) SX_MUST_USE;
void sx_weights_free(sx_weights *w);

/* Opens a checkpoint. The file, of at most 64 GiB, is read into memory; it may change or be removed
 * afterwards. The format is found from the content: safetensors, PyTorch
 * zip (.pth, .pt; stored members are used in place), PyTorch legacy .pth,
 * Detectron2 .pkl. The reader of pickles supports only the opcodes and globals that rebuild
 * tensors, and executes nothing; of a whole model of torch, torchvision, timm, MONAI or
 * TorchXRayVision it reads the dictionaries of its layers; settings beside them (argparse,
 * Lightning, OmegaConf, ...) are skipped. Wrappers such as {"model": ...} and {"state_dict": ...}
 * are opened, also nested; the tensors of dictionaries inside them are called "outer.inner";
 * "module." prefixes of DataParallel are removed. Errors, each with the path: SX_ERR_IO,
 * SX_ERR_FORMAT (truncated, overlapping, wrong sizes; a pointer of Git LFS or git-annex, a web
 * page), SX_ERR_UNSUPPORTED (names a forbidden opcode or global), SX_ERR_MISSING (no tensors; names
 * the keys), SX_ERR_MEMORY. */
sx_weights *sx_weights_open(const char *path, sx_error *err) SX_MUST_USE;
/* The same from memory, which must outlive the set; errors contain `name` in place of the path. */
sx_weights *sx_weights_open_memory(const void *bytes, size_t n, const char *name,
                                   sx_error *err) SX_MUST_USE;

/* Whether the set is the checkpoint of a training run of this program, whatever its file is called:
 * it has metadata `train.*` or `optim.*`, or tensors `optim.*`. Its tensors are not the weights to
 * use, because the run's moving average is stored apart from them. */
bool sx_weights_is_checkpoint(const sx_weights *w);
/* Opens weights for use. SX_ERR_MISMATCH: the file is the checkpoint of a training run. */
sx_weights *sx_weights_open_trained(const char *path, sx_error *err) SX_MUST_USE;

/* Writes a safetensors file atomically: the tensors in the order of the set, with the data starting
 * at a multiple of 64 bytes. */
bool sx_weights_save(const sx_weights *w, const char *path, sx_error *err) SX_MUST_USE;

size_t sx_weights_count(const sx_weights *w);
const sx_tensor *sx_weights_at(const sx_weights *w, size_t i);
/* The tensor whose name is the set's prefix (at first "") and this name; NULL: absent. */
const sx_tensor *sx_weights_find(const sx_weights *w, const char *name);
/* Sets the prefix, which is part of all names that sx_weights_find looks up. The tensors keep their
 * whole names. */
bool sx_weights_set_prefix(sx_weights *w, const char *prefix, sx_error *err) SX_MUST_USE;
const char *sx_weights_prefix(const sx_weights *w);
/* A checkpoint may hold several sets of weights, such as "model" and its moving average
 * "model_ema". *taken: the key of this one; the result: the keys of the others, "" if there are
 * none. Valid as long as the set. */
const char *sx_weights_others(const sx_weights *w, const char **taken);

/* Renames the tensors: `rename` writes the new name of `old` to out[size] and returns whether it
 * differs. If another tensor has that name, the old name stays. Errors: SX_ERR_FORMAT
 * (that name was given to a third one), SX_ERR_MEMORY; the set can then only be freed. */
typedef bool sx_rename_fn(void *user, const char *old, char *out, size_t size);
bool sx_weights_rename(sx_weights *w, sx_rename_fn *rename, void *user, sx_error *err) SX_MUST_USE;

/* "the first of 127 is NAME (SHAPE)" or "there are no tensors", for messages about a tensor that is
 * missing. Returns buf. */
const char *sx_weights_describe_first(const sx_weights *w, char *buf, size_t size);

/* Gives tensor i another shape with the same number of elements. Error: SX_ERR_MISMATCH. */
bool sx_weights_reshape(sx_weights *w, size_t i, int ndim, const int64_t *dims,
                        sx_error *err) SX_MUST_USE;

/* Copies name and data into the set. Fails if the name exists already. */
bool sx_weights_add(sx_weights *w, const sx_tensor *t, sx_error *err) SX_MUST_USE;
/* Adds a tensor of zeros and returns its data for writing. */
void *sx_weights_add_empty(sx_weights *w, const char *name, sx_dtype dtype, int ndim,
                           const int64_t *dims, sx_error *err) SX_MUST_USE;

/* The metadata that say who made a checkpoint: in Detectron2's files "torchvision", "Caffe2", ...;
 * its first 63 characters, others than printable ASCII as '?'. */
#define SX_WEIGHTS_AUTHOR "__author__"
/* Metadata: NULL if the key is absent. Setting NULL removes the key. */
const char *sx_weights_meta(const sx_weights *w, const char *key);
bool sx_weights_set_meta(sx_weights *w, const char *key, const char *value,
                         sx_error *err) SX_MUST_USE;
size_t sx_weights_meta_count(const sx_weights *w);
bool sx_weights_meta_at(const sx_weights *w, size_t i, const char **key, const char **value);

/* The path that the set was opened from, for messages; "" for a new set, unless it is set. */
const char *sx_weights_path(const sx_weights *w);
bool sx_weights_set_path(sx_weights *w, const char *path, sx_error *err) SX_MUST_USE;
/* The SHA-256 of the file as it was read; of no bytes if the set was not opened from a file. */
bool sx_weights_hash(const sx_weights *w, sx_sha256 *hash, sx_error *err) SX_MUST_USE;

#endif
