/* The safetensors format: 8 bytes little-endian header length, a JSON object of name -> {dtype,
 * shape, data_offsets} and "__metadata__", then the data without gaps or overlaps. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "tensor/weights_impl.h"

enum { MAX_HEADER = 100 << 20, ALIGN = 64 };

typedef struct span {
    size_t begin, end;
    const char *name;
} span;

static bool dtype_by_name(const char *name, sx_dtype *t) {
    for (int i = 0; i < SX_DTYPES; i++)
        if (strcmp(sx_dtype_name((sx_dtype)i), name) == 0) {
            *t = (sx_dtype)i;
            return true;
        }
    return false;
}

static bool read_shape(const json_t *shape, sx_tensor *t, sx_error *err) {
    size_t n = json_array_size(shape);
    if (!json_is_array(shape) || n > SX_MAX_DIMS)
        return sx_fail(err, SX_ERR_FORMAT,
                       "tensor %s: its shape is not a list of at most %d numbers", t->name,
                       SX_MAX_DIMS);
    t->ndim = (int)n;
    for (size_t i = 0; i < n; i++) {
        const json_t *d = json_array_get(shape, i);
        if (!json_is_integer(d) || json_integer_value(d) < 0)
            return sx_fail(err, SX_ERR_FORMAT, "tensor %s: a dimension is not a whole number",
                           t->name);
        t->dims[i] = json_integer_value(d);
    }
    return true;
}

static bool read_entry(sx_weights *w, const char *name, const json_t *entry, const uint8_t *data,
                       size_t size, span *out, sx_error *err) {
    sx_tensor t = { .name = name };
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    const json_t *offsets = json_object_get(entry, "data_offsets");
    if (!dtype || !dtype_by_name(dtype, &t.dtype))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "tensor %s: number type %s is not known", name,
                       dtype ? dtype : "(none)");
    if (!read_shape(json_object_get(entry, "shape"), &t, err)) return false;
    const json_t *a = json_array_get(offsets, 0), *b = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(a) || !json_is_integer(b) ||
        json_integer_value(a) < 0 || json_integer_value(b) < json_integer_value(a))
        return sx_fail(err, SX_ERR_FORMAT, "tensor %s: data_offsets is not [begin, end]", name);
    if ((unsigned long long)json_integer_value(b) > size)
        return sx_fail(err, SX_ERR_FORMAT, "truncated: tensor %s ends at byte %lld of %zu", name,
                       (long long)json_integer_value(b), size);
    *out = (span){ (size_t)json_integer_value(a), (size_t)json_integer_value(b), name };
    t.data = data + out->begin;
    t.bytes = out->end - out->begin;
    return sx_set_add(w, &t, err);
}

static int by_begin(const void *a, const void *b) {
    const span *x = a, *y = b;
    return x->begin < y->begin   ? -1
           : x->begin > y->begin ? 1
                                 : (x->end > y->end) - (x->end < y->end);
}

static bool check_overlap(span *s, size_t n, sx_error *err) {
    if (n) qsort(s, n, sizeof *s, by_begin);
    for (size_t i = 1; i < n; i++)
        if (s[i].begin < s[i - 1].end)
            return sx_fail(err, SX_ERR_FORMAT, "tensors %s and %s overlap", s[i - 1].name,
                           s[i].name);
    return true;
}

static bool read_metadata(sx_weights *w, json_t *object, sx_error *err) {
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return sx_fail(err, SX_ERR_FORMAT, "__metadata__ is not an object");
    json_object_foreach(object, key, value) {
        const char *text = json_string_value(value);
        if (!text) return sx_fail(err, SX_ERR_FORMAT, "metadata %s is not a string", key);
        if (!sx_weights_set_meta(w, key, text, err)) return false;
    }
    return true;
}

static bool read_header(sx_weights *w, json_t *root, const uint8_t *data, size_t size,
                        sx_error *err) {
    size_t n = 0;
    span *spans = sx_calloc_for(json_object_size(root) + 1, sizeof *spans, "header", err);
    bool ok = spans != NULL;
    const char *name;
    json_t *entry;
    json_object_foreach(root, name, entry) {
        if (!ok) break;
        if (strcmp(name, "__metadata__") == 0)
            ok = read_metadata(w, entry, err);
        else
            ok = read_entry(w, name, entry, data, size, &spans[n++], err);
    }
    ok = ok && check_overlap(spans, n, err);
    free(spans);
    return ok;
}

bool sx_read_safetensors(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) {
    uint64_t header = 0;
    if (n < 8) return sx_fail(err, SX_ERR_FORMAT, "truncated: %zu bytes are no weights", n);
    for (int i = 0; i < 8; i++)
        header |= (uint64_t)bytes[i] << (8 * i);
    if (header > MAX_HEADER || (n > 8 && bytes[8] != '{'))
        return sx_fail(err, SX_ERR_FORMAT, "not a weight file (.safetensors, .pth, .pkl)");
    if (header > n - 8)
        return sx_fail(err, SX_ERR_FORMAT,
                       "truncated: its header of %llu bytes is longer than the file of %zu",
                       (unsigned long long)header, n);
    sx_error why = { 0 };
    json_t *root = sx_json_parse(bytes + 8, (size_t)header, true, NULL, &why);
    if (!json_is_object(root)) {
        sx_fail(err, root ? SX_ERR_FORMAT : why.code, "the header is not a JSON object: %s",
                root ? "another type" : why.message);
        json_decref(root);
        return false;
    }
    const bool ok = read_header(w, root, bytes + 8 + header, n - 8 - (size_t)header, err) &&
                    sx_weights_verify(w, err);
    json_decref(root);
    return ok;
}

static void put_metadata(sx_json root, const sx_weights *w, const char *checksum) {
    sx_json meta = sx_json_object(root, "__metadata__");
    for (size_t i = 0; i < w->meta_count; i++)
        if (strcmp(w->meta[i].key, SX_CHECKSUM_KEY) != 0)
            sx_json_text(meta, w->meta[i].key, w->meta[i].value);
    sx_json_text(meta, SX_CHECKSUM_KEY, checksum);
}

static void put_tensor(sx_json root, const sx_tensor *t, size_t at) {
    sx_json j = sx_json_object(root, t->name);
    sx_json_text(j, "dtype", sx_dtype_name(t->dtype));
    sx_json shape = sx_json_array(j, "shape");
    for (int d = 0; d < t->ndim; d++)
        sx_json_integer(shape, NULL, t->dims[d]);
    sx_json offsets = sx_json_array(j, "data_offsets");
    sx_json_count(offsets, NULL, at);
    sx_json_count(offsets, NULL, at + t->bytes);
}

static bool is_utf8(const char *text) {
    const size_t n = strlen(text);
    return sx_utf8_span(text, n) == n;
}

/* The header's JSON. Values of metadata that are not UTF-8 (a path) are escaped; names, by which
 * tensors and values are found, are not changed. */
static bool describe(const sx_weights *w, sx_str *out, sx_error *err) {
    char checksum[SX_CHECKSUM];
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    bool ok = sx_weights_checksum(w, checksum, err);
    for (size_t i = 0; ok && i < w->meta_count; i++)
        ok = is_utf8(w->meta[i].key) ||
             sx_fail(err, SX_ERR_UNSUPPORTED, "the metadata's key %.100s is not UTF-8",
                     w->meta[i].key);
    put_metadata(root, w, checksum);
    size_t at = 0;
    for (size_t i = 0; ok && i < w->count; i++) {
        const sx_tensor *t = &w->tensors[i];
        ok = is_utf8(t->name) ||
             sx_fail(err, SX_ERR_UNSUPPORTED, "the tensor's name %.100s is not UTF-8", t->name);
        put_tensor(root, t, at);
        at += t->bytes;
    }
    ok = ok && sx_json_print(&doc, SX_JSON_COMPACT, out, err);
    sx_json_free(&doc);
    return ok;
}

static bool put_all(const sx_weights *w, const char *header, size_t length, sx_writer *out,
                    sx_error *err) {
    static const char spaces[ALIGN] =
        "                                                                ";
    size_t pad = (ALIGN - (8 + length) % ALIGN) % ALIGN;
    uint8_t size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)(length + pad) >> (8 * i));
    if (!sx_writer_put(out, size, 8, err) || !sx_writer_put(out, header, length, err) ||
        !sx_writer_put(out, spaces, pad, err))
        return false;
    for (size_t i = 0; i < w->count; i++)
        if (!sx_writer_put(out, w->tensors[i].data, w->tensors[i].bytes, err)) return false;
    return true;
}

bool sx_weights_save(const sx_weights *w, const char *path, sx_error *err) {
    sx_str header = { 0 };
    bool ok = describe(w, &header, err) || sx_fail_in(err, "%s", path);
    sx_writer *out = ok ? sx_writer_open(path, err) : NULL;
    ok = out != NULL;
    if (ok && !put_all(w, header.data, header.len, out, err)) {
        sx_writer_abort(out);
        ok = false;
    } else if (ok)
        ok = sx_writer_commit(out, err);
    sx_str_free(&header);
    return ok;
}
