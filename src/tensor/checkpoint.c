#include "tensor/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tensor/wrappers.h"

enum { MAX_NAME = 1024, MAX_DEPTH = 4, MAX_ENTRIES = 1 << 20 };

typedef struct collector {
    sx_weights *w;
    const sx_storages *storages;
    size_t budget;  /* bytes that may still be copied */
    size_t entries; /* of dictionaries, that were visited */
} collector;

/* A strided view of numbers in memory, which becomes a tensor. */
typedef struct view {
    sx_tensor t;                 /* dims and dtype */
    int64_t stride[SX_MAX_DIMS]; /* elements */
    const uint8_t *data;         /* of the first element */
} view;

/* ---- shapes and strides ---- */

static bool read_ints(const char *name, const sx_pvalue *list, int64_t *out, int *n,
                      sx_error *err) {
    if (list->items.n > SX_MAX_DIMS)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "tensor %s has %zu dimensions, more than %d", name,
                       list->items.n, SX_MAX_DIMS);
    *n = (int)list->items.n;
    for (int i = 0; i < *n; i++) {
        const sx_pvalue *v = list->items.at[i];
        if (v->kind != SX_P_INT || v->i < 0)
            return sx_fail(err, SX_ERR_FORMAT,
                           "tensor %s: a dimension or stride is not a whole number", name);
        out[i] = v->i;
    }
    return true;
}

static bool is_empty(const sx_tensor *t) {
    for (int i = 0; i < t->ndim; i++)
        if (t->dims[i] == 0) return true;
    return false;
}

static bool is_dense(const view *v) {
    int64_t want = 1;
    for (int i = v->t.ndim; i-- > 0;) {
        if (v->t.dims[i] != 1 && v->stride[i] != want) return false;
        want *= v->t.dims[i];
    }
    return true;
}

/* The index of the last element that a view reaches from `offset` on; false beyond 63 bits. */
static bool last_index(const view *v, int64_t offset, int64_t *last) {
    *last = offset;
    for (int i = 0; i < v->t.ndim; i++) {
        int64_t step;
        if (__builtin_mul_overflow(v->t.dims[i] - 1, v->stride[i], &step) ||
            __builtin_add_overflow(*last, step, last))
            return false;
    }
    return true;
}

/* ---- copying views that are not dense ---- */

/* Memory for n bytes that the set will own. */
static uint8_t *take_tensor(collector *c, const char *name, size_t n, sx_error *err) {
    if (n > c->budget) {
        sx_fail(err, SX_ERR_LIMIT, "tensor %s: its %zu bytes are made of too small a file", name,
                n);
        return NULL;
    }
    c->budget -= n;
    uint8_t *block = sx_calloc_for(n, 1, name, err);
    return block && sx_set_own(c->w, block, err) ? block : NULL;
}

static void copy_row(uint8_t *out, const uint8_t *in, int64_t n, int64_t stride, size_t size) {
    for (int64_t i = 0; i < n; i++)
        memcpy(out + (size_t)i * size, in + (size_t)(i * stride) * size, size);
}

static void gather(const view *v, uint8_t *out) {
    const sx_tensor *t = &v->t;
    const size_t size = sx_dtype_size(t->dtype);
    const int last = t->ndim - 1; /* not dense: at least one dimension */
    const int64_t row = t->dims[last], rows = sx_tensor_count(t) / row;
    int64_t index[SX_MAX_DIMS] = { 0 };
    for (int64_t r = 0; r < rows; r++) {
        int64_t at = 0;
        for (int i = 0; i < last; i++)
            at += index[i] * v->stride[i];
        copy_row(out + (size_t)(r * row) * size, v->data + (size_t)at * size, row, v->stride[last],
                 size);
        for (int i = last - 1; i >= 0 && ++index[i] == t->dims[i]; i--)
            index[i] = 0;
    }
}

static bool add_view(collector *c, view *v, sx_error *err) {
    if (is_dense(v)) {
        v->t.data = v->data;
    } else {
        uint8_t *block = take_tensor(c, v->t.name, v->t.bytes, err);
        if (!block) return false;
        gather(v, block);
        v->t.data = block;
    }
    return sx_set_add(c->w, &v->t, err);
}

static bool add_empty(collector *c, view *v, sx_error *err) {
    v->t.data = "";
    v->t.bytes = 0;
    return sx_set_add(c->w, &v->t, err);
}

/* ---- torch ---- */

static bool find_storage(collector *c, const char *name, const sx_pvalue *s, const uint8_t **data,
                         sx_error *err) {
    const size_t size = sx_dtype_size(s->storage.dtype);
    size_t bytes;
    if (!c->storages)
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s: its numbers are not in this file", name);
    if (!c->storages->find(c->storages->ctx, s, data, &bytes, err))
        return sx_fail_in(err, "tensor %s", name);
    const int64_t there = (int64_t)(bytes / size), first = s->storage.first,
                  count = s->storage.count;
    if (first < 0 || count < 0 || first > there || count > there - first)
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s: its storage has %lld numbers, not %lld",
                       name, (long long)there, (long long)count);
    *data += (size_t)first * size;
    return true;
}

static bool add_torch(collector *c, const char *name, const sx_pvalue *value, sx_error *err) {
    const sx_pvalue *s = value->tensor.storage;
    view v = { .t = { .name = name, .dtype = s->storage.dtype } };
    int strides = 0;
    if (!read_ints(name, value->tensor.size, v.t.dims, &v.t.ndim, err) ||
        !read_ints(name, value->tensor.stride, v.stride, &strides, err))
        return false;
    if (strides != v.t.ndim)
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s has %d dimensions and %d strides", name,
                       v.t.ndim, strides);
    if (is_empty(&v.t)) return add_empty(c, &v, err);
    int64_t last;
    if (value->tensor.offset < 0 || !last_index(&v, value->tensor.offset, &last) ||
        last >= s->storage.count || !sx_dims_bytes(v.t.ndim, v.t.dims, v.t.dtype, &v.t.bytes))
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s goes beyond its storage of %lld numbers",
                       name, (long long)s->storage.count);
    if (!find_storage(c, name, s, &v.data, err)) return false;
    v.data += (size_t)value->tensor.offset * sx_dtype_size(v.t.dtype);
    return add_view(c, &v, err);
}

/* ---- numpy ---- */

static bool numpy_dtype(const char *name, const sx_pvalue *d, sx_dtype *out, sx_error *err) {
    static const struct {
        char code[4];
        sx_dtype dtype;
    } codes[] = { { "f4", SX_F32 }, { "f2", SX_F16 }, { "f8", SX_F64 },
                  { "i8", SX_I64 }, { "i4", SX_I32 }, { "i2", SX_I16 },
                  { "i1", SX_I8 },  { "u1", SX_U8 },  { "b1", SX_BOOL } };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0] && !d->dtype.big_endian; i++)
        if (strcmp(d->dtype.code, codes[i].code) == 0) {
            *out = codes[i].dtype;
            return true;
        }
    return sx_fail(err, SX_ERR_UNSUPPORTED, "tensor %s: numbers of numpy's type %s%s are not read",
                   name, d->dtype.big_endian ? ">" : "", d->dtype.code);
}

/* Converts UTF-8 of code points below 256 to bytes; false if there are others. out NULL: counts
 * only. */
static bool latin1(sx_ptext text, uint8_t *out, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < text.n; i++, ++*n) {
        uint8_t b = text.data[i];
        if (b >= 0x80) {
            if ((b & 0xfe) != 0xc2 || ++i == text.n || (text.data[i] & 0xc0) != 0x80) return false;
            b = (uint8_t)(b << 6 | (text.data[i] & 0x3f));
        }
        if (out) out[*n] = b;
    }
    return true;
}

static bool array_bytes(collector *c, const char *name, sx_ptext text, const uint8_t **data,
                        size_t *n, sx_error *err) {
    *data = text.data;
    *n = text.n;
    if (!text.latin1) return true;
    if (!latin1(text, NULL, n))
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s: its bytes are not text in latin1", name);
    uint8_t *block = take_tensor(c, name, *n, err);
    *data = block;
    return block && latin1(text, block, n);
}

static bool add_numpy(collector *c, const char *name, const sx_pvalue *value, sx_error *err) {
    view v = { .t = { .name = name } };
    if (!value->array.dtype) return sx_fail(err, SX_ERR_FORMAT, "tensor %s was never filled", name);
    size_t n;
    if (!numpy_dtype(name, value->array.dtype, &v.t.dtype, err) ||
        !read_ints(name, value->array.shape, v.t.dims, &v.t.ndim, err))
        return false;
    if (is_empty(&v.t)) return add_empty(c, &v, err);
    if (!array_bytes(c, name, value->array.data, &v.data, &n, err)) return false;
    if (!sx_dims_bytes(v.t.ndim, v.t.dims, v.t.dtype, &v.t.bytes) || v.t.bytes != n)
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s: %zu bytes do not fit its shape", name, n);
    int64_t step = 1;
    for (int k = 0; k < v.t.ndim; k++) {
        int i = value->array.fortran ? k : v.t.ndim - 1 - k;
        v.stride[i] = step;
        step *= v.t.dims[i];
    }
    return add_view(c, &v, err);
}

/* ---- the state_dict ---- */

/* Appends a key to name[MAX_NAME], after `n` bytes. */
static bool append_name(sx_ptext key, char *name, size_t n, sx_error *err) {
    if (key.n >= MAX_NAME - n)
        return sx_fail(err, SX_ERR_LIMIT, "a tensor's name is %zu bytes long", n + key.n);
    if (key.n) memcpy(name + n, key.data, key.n);
    name[n + key.n] = '\0';
    if (sx_utf8_span(name + n, key.n) == key.n && strlen(name + n) == key.n) return true;
    return sx_fail(err, SX_ERR_FORMAT, "the name of a tensor is not text: %s",
                   sx_printable(key.data, key.n < 64 ? key.n : 64, name, MAX_NAME));
}

static bool is_tensor(const sx_pvalue *v) {
    return v->kind == SX_P_TENSOR || v->kind == SX_P_ARRAY;
}

static bool add_tensor(collector *c, const char *name, const sx_pvalue *value, sx_error *err) {
    const char *plain = sx_starts_with(name, "module.") ? name + strlen("module.") : name;
    return value->kind == SX_P_TENSOR ? add_torch(c, plain, value, err)
                                      : add_numpy(c, plain, value, err);
}

/* Dictionaries refer to others any number of times, so that there are more paths than values. */
static bool count_entries(collector *c, size_t n, sx_error *err) {
    c->entries += n;
    return c->entries <= MAX_ENTRIES ||
           sx_fail(err, SX_ERR_LIMIT, "its dictionaries have more than %d entries", MAX_ENTRIES);
}

static bool add_dict(collector *c, const sx_pvalue *dict, char *name, size_t n, int depth,
                     sx_error *err);

/* name: the keys of the dictionaries around it, n bytes that end in '.' */
static bool add_item(collector *c, const sx_pvalue *key, const sx_pvalue *value, char *name,
                     size_t n, int depth, sx_error *err) {
    const bool inner = value->kind == SX_P_DICT && depth < MAX_DEPTH;
    if (!is_tensor(value) && !inner) return true;
    if (key->kind != SX_P_TEXT && key->kind != SX_P_BYTES) return true;
    if (inner && sx_checkpoint_is_optimiser(key->text)) return true;
    if (!append_name(key->text, name, n, err)) return false;
    n += key->text.n;
    if (!inner) return add_tensor(c, name, value, err);
    if (n + 2 > MAX_NAME) return true;
    name[n] = '.';
    name[n + 1] = '\0';
    return add_dict(c, value, name, n + 1, depth + 1, err);
}

/* Adds the tensors of a dictionary and of those in it. */
static bool add_dict(collector *c, const sx_pvalue *dict, char *name, size_t n, int depth,
                     sx_error *err) {
    if (dict->kind != SX_P_DICT) return true;
    if (!count_entries(c, dict->items.n, err)) return false;
    for (size_t i = 0; i + 1 < dict->items.n; i += 2)
        if (!add_item(c, dict->items.at[i], dict->items.at[i + 1], name, n, depth, err))
            return false;
    return true;
}

/* The text that Detectron2's files have beside their "model". */
static bool keep_author(sx_weights *w, const sx_pvalue *root, sx_error *err) {
    const sx_pvalue *v = sx_pickle_get(root, SX_WEIGHTS_AUTHOR);
    char text[64];
    if (!v || (v->kind != SX_P_TEXT && v->kind != SX_P_BYTES)) return true;
    sx_printable(v->text.data, v->text.n, text, sizeof text);
    return sx_weights_set_meta(w, SX_WEIGHTS_AUTHOR, text, err);
}

bool sx_checkpoint_collect(sx_weights *w, const sx_pvalue *root, const sx_storages *s,
                           size_t file_size, sx_error *err) {
    collector c = { .w = w, .storages = s, .budget = (size_t)16 << 20 };
    char name[MAX_NAME] = "";
    size_t more;
    if (sx_mul_size(file_size, 16, &more)) c.budget += more;
    if (!keep_author(w, root, err)) return false;
    root = sx_checkpoint_unwrap(root, &w->wrapped);
    if (!add_dict(&c, root, name, 0, 0, err)) return false;
    return w->count || sx_checkpoint_fail_empty(root, err);
}
