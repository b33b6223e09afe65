#include "tensor/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/stand_in.h"
#include "base/str.h"
#include "tensor/weights_impl.h"

/* of a tensor, with the NUL */
enum { MAX_NAME = 2048 };

/* of a weight file: 64 GiB */
static const uint64_t max_bytes = (uint64_t)64 << 30;

sx_weights *sx_weights_new(sx_error *err) {
    sx_weights *w = sx_calloc_for(1, sizeof *w, "weights", err);
    if (!w) return NULL;
    w->path = sx_strdup("");
    if (w->path) return w;
    free(w);
    sx_fail(err, SX_ERR_MEMORY, "out of memory for weights");
    return NULL;
}

void sx_weights_free(sx_weights *w) {
    if (!w) return;
    for (size_t i = 0; i < w->count; i++) {
        free((char *)(uintptr_t)w->tensors[i].name);
        free((char *)(uintptr_t)w->tensors[i].file_name);
    }
    for (size_t i = 0; i < w->owned_count; i++)
        free(w->owned[i]);
    for (size_t i = 0; i < w->meta_count; i++) {
        free(w->meta[i].key);
        free(w->meta[i].value);
    }
    if (w->has_file) sx_file_close(&w->file);
    free(w->tensors);
    free(w->slots);
    free(w->owned);
    free(w->meta);
    free(w->path);
    free(w->prefix);
    free(w);
}

const char *sx_weights_path(const sx_weights *w) {
    return w->path;
}

bool sx_weights_set_path(sx_weights *w, const char *path, sx_error *err) {
    char *copy = sx_strdup(path);
    if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for weights");
    free(w->path);
    w->path = copy;
    return true;
}

static bool grow_array(void **items, size_t *cap, size_t count, size_t size, sx_error *err) {
    if (count < *cap) return true;
    size_t more = *cap ? 2 * *cap : 64;
    void *p = sx_realloc(*items, more, size);
    if (!p) return sx_fail(err, SX_ERR_MEMORY, "out of memory for weights");
    *items = p;
    *cap = more;
    return true;
}

static size_t slot_of(const sx_weights *w, const char *name) {
    size_t i = (size_t)sx_fnv1a(name, strlen(name)) & (w->slot_count - 1);
    while (w->slots[i] && strcmp(w->tensors[w->slots[i] - 1].name, name) != 0)
        i = (i + 1) & (w->slot_count - 1);
    return i;
}

static bool rehash(sx_weights *w, sx_error *err) {
    size_t n = w->slot_count ? 2 * w->slot_count : 256;
    size_t *slots = sx_calloc_for(n, sizeof *slots, "weights", err);
    if (!slots) return false;
    free(w->slots);
    w->slots = slots;
    w->slot_count = n;
    for (size_t i = 0; i < w->count; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): `count` tensors are allocated */
        w->slots[slot_of(w, w->tensors[i].name)] = i + 1;
    return true;
}

size_t sx_weights_count(const sx_weights *w) {
    return w->count;
}
const sx_tensor *sx_weights_at(const sx_weights *w, size_t i) {
    return &w->tensors[i];
}

static const sx_tensor *find_whole(const sx_weights *w, const char *name) {
    if (!w->slot_count) return NULL;
    size_t s = w->slots[slot_of(w, name)];
    return s ? &w->tensors[s - 1] : NULL;
}

const sx_tensor *sx_weights_find(const sx_weights *w, const char *name) {
    char whole[MAX_NAME];
    if (!w->prefix) return find_whole(w, name);
    const int n = snprintf(whole, sizeof whole, "%s%s", w->prefix, name);
    return n > 0 && (size_t)n < sizeof whole ? find_whole(w, whole) : NULL;
}

bool sx_weights_set_prefix(sx_weights *w, const char *prefix, sx_error *err) {
    char *copy = *prefix ? sx_strdup(prefix) : NULL;
    if (*prefix && !copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for weights");
    free(w->prefix);
    w->prefix = copy;
    return true;
}

const char *sx_weights_others(const sx_weights *w, const char **taken) {
    *taken = w->wrapped.taken;
    return w->wrapped.others;
}

const char *sx_weights_describe_first(const sx_weights *w, char *buf, size_t size) {
    char shape[96];
    const size_t count = sx_weights_count(w);
    const sx_tensor *t = count ? sx_weights_at(w, 0) : NULL;
    if (t)
        sx_format(buf, size, "the first of %zu is %.120s (%s)", count, sx_tensor_file_name(t),
                  sx_tensor_shape(t, shape, sizeof shape));
    else
        sx_format(buf, size, "there are no tensors");
    return buf;
}

const char *sx_weights_prefix(const sx_weights *w) {
    return w->prefix ? w->prefix : "";
}

/* Gives tensor i its new name, unless another tensor has it. */
static bool rename_tensor(sx_weights *w, size_t i, const char *name, sx_error *err) {
    sx_tensor *t = &w->tensors[i];
    if (!find_whole(w, name)) {
        char *copy = sx_strdup(name);
        if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for weights");
        if (t->file_name)
            free((char *)(uintptr_t)t->name);
        else
            t->file_name = t->name;
        t->name = copy;
    } else if (find_whole(w, t->name)) {
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s is there twice", t->name);
    }
    w->slots[slot_of(w, t->name)] = i + 1;
    return true;
}

bool sx_weights_rename(sx_weights *w, sx_rename_fn *rename, void *user, sx_error *err) {
    char name[MAX_NAME];
    bool ok = true;
    if (w->slot_count) memset(w->slots, 0, w->slot_count * sizeof *w->slots);
    for (size_t i = 0; i < w->count; i++)
        if (!rename(user, w->tensors[i].name, name, sizeof name))
            w->slots[slot_of(w, w->tensors[i].name)] = i + 1;
    for (size_t i = 0; ok && i < w->count; i++)
        if (rename(user, w->tensors[i].name, name, sizeof name))
            ok = rename_tensor(w, i, name, err);
    return ok || sx_fail_in(err, "%s", w->path);
}

bool sx_dims_bytes(int ndim, const int64_t *dims, sx_dtype dtype, size_t *bytes) {
    size_t n = sx_dtype_size(dtype);
    for (int i = 0; i < ndim; i++)
        if (dims[i] < 0 || !sx_mul_size(n, (size_t)dims[i], &n)) return false;
    *bytes = n;
    return true;
}

bool sx_weights_reshape(sx_weights *w, size_t i, int ndim, const int64_t *dims, sx_error *err) {
    sx_tensor *t = &w->tensors[i];
    size_t bytes;
    if (ndim < 0 || ndim > SX_MAX_DIMS || !sx_dims_bytes(ndim, dims, t->dtype, &bytes) ||
        bytes != t->bytes)
        return sx_fail(err, SX_ERR_MISMATCH, "%s: tensor %s has another number of elements",
                       w->path, t->name);
    t->ndim = ndim;
    memcpy(t->dims, dims, (size_t)ndim * sizeof *dims);
    return true;
}

bool sx_set_add(sx_weights *w, const sx_tensor *t, sx_error *err) {
    size_t bytes;
    if (t->ndim < 0 || t->ndim > SX_MAX_DIMS ||
        !sx_dims_bytes(t->ndim, t->dims, t->dtype, &bytes) || bytes != t->bytes)
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s: %zu bytes do not fit its shape", t->name,
                       t->bytes);
    if (find_whole(w, t->name))
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s is there twice", t->name);
    void *items = w->tensors;
    if (!grow_array(&items, &w->cap, w->count, sizeof *w->tensors, err)) return false;
    w->tensors = items;
    if (2 * (w->count + 1) > w->slot_count && !rehash(w, err)) return false;
    char *name = sx_strdup(t->name);
    if (!name) return sx_fail(err, SX_ERR_MEMORY, "out of memory for weights");
    size_t slot = slot_of(w, name);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): grow_array allocated it */
    w->tensors[w->count] = *t;
    w->tensors[w->count].name = name;
    w->tensors[w->count].file_name = NULL;
    w->slots[slot] = ++w->count;
    return true;
}

bool sx_set_own(sx_weights *w, void *block, sx_error *err) {
    void *items = w->owned;
    if (!grow_array(&items, &w->owned_cap, w->owned_count, sizeof *w->owned, err)) {
        free(block);
        return false;
    }
    w->owned = items;
    w->owned[w->owned_count++] = block;
    return true;
}

void *sx_weights_add_empty(sx_weights *w, const char *name, sx_dtype dtype, int ndim,
                           const int64_t *dims, sx_error *err) {
    sx_tensor t = { .name = name, .dtype = dtype, .ndim = ndim };
    if (ndim < 0 || ndim > SX_MAX_DIMS || !sx_dims_bytes(ndim, dims, dtype, &t.bytes)) {
        sx_fail(err, SX_ERR_VALUE, "tensor %s: impossible shape", name);
        return NULL;
    }
    if (ndim) memcpy(t.dims, dims, (size_t)ndim * sizeof *dims);
    void *data = sx_calloc_for(t.bytes ? t.bytes : 1, 1, name, err);
    if (!data || !sx_set_own(w, data, err)) return NULL;
    t.data = data;
    return sx_set_add(w, &t, err) ? data : NULL;
}

bool sx_weights_add(sx_weights *w, const sx_tensor *t, sx_error *err) {
    void *data = sx_weights_add_empty(w, t->name, t->dtype, t->ndim, t->dims, err);
    if (!data) return false;
    if (t->bytes) memcpy(data, t->data, t->bytes);
    return true;
}

static size_t find_meta(const sx_weights *w, const char *key) {
    size_t i = 0;
    while (i < w->meta_count && strcmp(w->meta[i].key, key) != 0)
        i++;
    return i;
}

const char *sx_weights_meta(const sx_weights *w, const char *key) {
    size_t i = find_meta(w, key);
    return i < w->meta_count ? w->meta[i].value : NULL;
}

static void remove_meta(sx_weights *w, size_t i) {
    free(w->meta[i].key);
    free(w->meta[i].value);
    memmove(&w->meta[i], &w->meta[i + 1], (w->meta_count - i - 1) * sizeof *w->meta);
    w->meta_count--;
}

bool sx_weights_set_meta(sx_weights *w, const char *key, const char *value, sx_error *err) {
    size_t i = find_meta(w, key);
    if (!value) {
        if (i < w->meta_count) remove_meta(w, i);
        return true;
    }
    char *copy = sx_strdup(value);
    if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for metadata");
    if (i < w->meta_count) {
        free(w->meta[i].value);
        w->meta[i].value = copy;
        return true;
    }
    void *items = w->meta;
    char *name = sx_strdup(key);
    if (!name || !grow_array(&items, &w->meta_cap, w->meta_count, sizeof *w->meta, err)) {
        free(name);
        free(copy);
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for metadata");
    }
    w->meta = items;
    w->meta[w->meta_count++] = (sx_meta){ name, copy };
    return true;
}

size_t sx_weights_meta_count(const sx_weights *w) {
    return w->meta_count;
}

bool sx_weights_meta_at(const sx_weights *w, size_t i, const char **key, const char **value) {
    if (i >= w->meta_count) return false;
    if (key) *key = w->meta[i].key;
    if (value) *value = w->meta[i].value;
    return true;
}

/* A pickle starts with its protocol. A safetensors file whose header has 640 bytes starts with the
 * same byte, but the upper bytes of that length are zero, which is not an opcode. */
static bool is_pickle(const uint8_t *bytes, size_t n) {
    return n >= 3 && bytes[0] == 0x80 && bytes[1] <= 5 && bytes[2] != 0;
}

/* What else is found under a checkpoint's name; NULL: nothing that is known. */
static const char *other_format(const uint8_t *bytes, size_t n) {
    static const struct {
        size_t at, n;
        const char *bytes, *text;
    } known[] = {
        { 0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 file (Keras), which is not read" },
        { 0, 2, "\x1f\x8b", "a gzip archive; unpack it first" },
        { 0, 6,
          "\xfd"
          "7zXZ\0",
          "an xz archive; unpack it first" },
        { 257, 5, "ustar", "a tar archive; unpack it first" },
        { 0, 4, "GGUF", "a GGUF file, which is not read" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (n >= known[i].at + known[i].n &&
            memcmp(bytes + known[i].at, known[i].bytes, known[i].n) == 0)
            return known[i].text;
    return sx_stand_in(bytes, n);
}

static bool read_any(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) {
    const char *const other = other_format(bytes, n);
    if (other) return sx_fail(err, SX_ERR_FORMAT, "%s", other);
    if (n >= 4 && memcmp(bytes, "PK\3\4", 4) == 0) return sx_read_torch_zip(w, bytes, n, err);
    if (is_pickle(bytes, n)) return sx_read_pickle(w, bytes, n, err);
    return sx_read_safetensors(w, bytes, n, err);
}

static sx_weights *new_weights(const char *name, sx_error *err) {
    sx_weights *w = sx_weights_new(err);
    if (!w || sx_weights_set_path(w, name, err)) return w;
    sx_weights_free(w);
    return NULL;
}

sx_weights *sx_weights_open_memory(const void *bytes, size_t n, const char *name, sx_error *err) {
    sx_weights *w = new_weights(name, err);
    if (!w) return NULL;
    if (read_any(w, bytes, n, err)) return w;
    sx_fail_in(err, "%s", name);
    sx_weights_free(w);
    return NULL;
}

sx_weights *sx_weights_open(const char *path, sx_error *err) {
    sx_weights *w = new_weights(path, err);
    if (!w) return NULL;
    w->has_file = sx_file_open_up_to(&w->file, path, max_bytes, err);
    if (w->has_file) {
        if (read_any(w, w->file.data, w->file.size, err)) return w;
        sx_fail_in(err, "%s", path);
    }
    sx_weights_free(w);
    return NULL;
}

bool sx_weights_hash(const sx_weights *w, sx_sha256 *hash, sx_error *err) {
    return sx_sha256_of(w->file.data, w->file.size, hash, err) ||
           sx_fail_in(err, "%s", sx_weights_path(w));
}

/* Tells whether text is a key of a training run's state (train/loop.c, train/optim.c). */
static bool is_state(const char *name) {
    return strncmp(name, "train.", 6) == 0 || strncmp(name, "optim.", 6) == 0;
}

bool sx_weights_is_checkpoint(const sx_weights *w) {
    for (size_t i = 0; i < w->meta_count; i++)
        if (is_state(w->meta[i].key)) return true;
    for (size_t i = 0; i < w->count; i++)
        if (strncmp(w->tensors[i].name, "optim.", 6) == 0) return true;
    return false;
}

sx_weights *sx_weights_open_trained(const char *path, sx_error *err) {
    sx_weights *w = sx_weights_open(path, err);
    if (!w || !sx_weights_is_checkpoint(w)) return w;
    sx_weights_free(w);
    sx_fail(err, SX_ERR_MISMATCH,
            "%s: is the checkpoint of a training run, not weights; use that run's best.safetensors "
            "or last.safetensors",
            path);
    return NULL;
}
