/* A weight set: tensors by name and text metadata by key, from any checkpoint format. */
#ifndef SX_TENSOR_WEIGHTS_H
#define SX_TENSOR_WEIGHTS_H

#include "tensor/tensor.h"

typedef struct sx_weights sx_weights;

/* An empty set, to be filled with sx_weights_add. Free with sx_weights_free (NULL is allowed). */
sx_weights *sx_weights_new(sx_error *err) SX_MUST_USE;
void sx_weights_free(sx_weights *w);

/* Opens a checkpoint by its content: safetensors (memory-mapped, nothing copied), PyTorch zip
 * (.pth, .pt; stored members are used in place), PyTorch legacy .pth, Detectron2 .pkl. Pickles are
 * read by a machine that knows only the opcodes and globals that rebuild tensors and executes
 * nothing. Wrappers {"model": ...}, {"state_dict": ...} are opened; "module." prefixes of
 * DataParallel are removed. Errors: SX_ERR_IO, SX_ERR_FORMAT (truncated, overlapping, wrong sizes),
 * SX_ERR_UNSUPPORTED (a forbidden opcode or global, named), each with the path. */
sx_weights *sx_weights_open(const char *path, sx_error *err) SX_MUST_USE;
/* As above from memory, which must outlive the set; `name` stands for the path in errors. */
sx_weights *sx_weights_open_memory(const void *bytes, size_t n, const char *name,
                                   sx_error *err) SX_MUST_USE;

/* Writes safetensors: header padded so that data begin at a multiple of 64 bytes, tensors in the
 * order of the set, atomically. */
bool sx_weights_save(const sx_weights *w, const char *path, sx_error *err) SX_MUST_USE;

size_t sx_weights_count(const sx_weights *w);
const sx_tensor *sx_weights_at(const sx_weights *w, size_t i);
/* By exact name (hashed); NULL if absent. */
const sx_tensor *sx_weights_find(const sx_weights *w, const char *name);

/* Copies name and data into the set. Fails on a name that is there already. */
bool sx_weights_add(sx_weights *w, const sx_tensor *t, sx_error *err) SX_MUST_USE;
/* Adds a tensor of zeros and gives its data for writing. */
void *sx_weights_add_empty(sx_weights *w, const char *name, sx_dtype dtype, int ndim,
                           const int64_t *dims, sx_error *err) SX_MUST_USE;

/* Metadata: NULL if the key is absent. Set with value NULL removes. */
const char *sx_weights_meta(const sx_weights *w, const char *key);
bool sx_weights_set_meta(sx_weights *w, const char *key, const char *value,
                         sx_error *err) SX_MUST_USE;
size_t sx_weights_meta_count(const sx_weights *w);
bool sx_weights_meta_at(const sx_weights *w, size_t i, const char **key, const char **value);

/* Tells the system that a tensor's mapped bytes have been used (packed elsewhere) and may leave
 * memory. */
void sx_weights_forget(const sx_weights *w, const sx_tensor *t);

/* The path it was opened from, "" for a new set. */
const char *sx_weights_path(const sx_weights *w);

#endif
