#include "nn/onnx/proto.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"

/* Field numbers of onnx.proto (onnx/onnx.proto, IR version 8). */
enum {
    MODEL_IR_VERSION = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14,
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP = 4,
    NODE_ATTRIBUTE = 5,
    ATTR_NAME = 1,
    ATTR_F = 2,
    ATTR_I = 3,
    ATTR_S = 4,
    ATTR_INTS = 8,
    ATTR_TYPE = 20,
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_TYPE_ELEM = 1,
    TENSOR_TYPE_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1,
    OPSET_VERSION = 2,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,
};
enum { WIRE_VARINT = 0, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Weights: the bytes before the raw data, and where those are. */
typedef struct blob {
    sx_str head;
    const float *data;
    size_t bytes;
} blob;

struct sx_onnx {
    sx_str graph, metadata;
    blob *blobs;
    size_t blob_count, blob_cap;
    bool failed;
};

sx_onnx *sx_onnx_new(sx_error *err) {
    return sx_calloc_for(1, sizeof(sx_onnx), "ONNX model", err);
}

void sx_onnx_free(sx_onnx *m) {
    if (!m) return;
    for (size_t i = 0; i < m->blob_count; i++)
        sx_str_free(&m->blobs[i].head);
    free(m->blobs);
    sx_str_free(&m->graph);
    sx_str_free(&m->metadata);
    free(m);
}

static void varint(sx_str *s, uint64_t v) {
    uint8_t b[10];
    size_t n = 0;
    do {
        b[n] = (uint8_t)(v & 0x7f);
        v >>= 7;
        if (v) b[n] |= 0x80;
        n++;
    } while (v);
    sx_str_append(s, b, n);
}

static void key(sx_str *s, int field, int wire) {
    varint(s, (uint64_t)field << 3 | (uint64_t)wire);
}

static void put_int(sx_str *s, int field, int64_t v) {
    key(s, field, WIRE_VARINT);
    varint(s, (uint64_t)v);
}

static void put_bytes(sx_str *s, int field, const void *bytes, size_t n) {
    key(s, field, WIRE_BYTES);
    varint(s, n);
    if (n) sx_str_append(s, bytes, n);
}

static void put_text(sx_str *s, int field, const char *text) {
    put_bytes(s, field, text, strlen(text));
}

static void put_float(sx_str *s, int field, float v) {
    union {
        float f;
        uint32_t u;
    } x = { .f = v };
    uint8_t b[4] = { (uint8_t)x.u, (uint8_t)(x.u >> 8), (uint8_t)(x.u >> 16),
                     (uint8_t)(x.u >> 24) };
    key(s, field, WIRE_FIXED32);
    sx_str_append(s, b, 4);
}

/* A finished message as a field of another; frees it. */
static void put_message(sx_onnx *m, sx_str *s, int field, sx_str *message) {
    m->failed = m->failed || message->failed;
    put_bytes(s, field, message->data, message->len);
    sx_str_free(message);
}

static void put_attr(sx_onnx *m, sx_str *node, const sx_onnx_attr *a) {
    enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };
    sx_str s = { 0 };
    put_text(&s, ATTR_NAME, a->name);
    int type = TYPE_INT;
    switch (a->kind) {
    case SX_ATTR_INT:
        put_int(&s, ATTR_I, a->i);
        break;
    case SX_ATTR_FLOAT:
        put_float(&s, ATTR_F, a->f);
        type = TYPE_FLOAT;
        break;
    case SX_ATTR_STRING:
        put_text(&s, ATTR_S, a->s);
        type = TYPE_STRING;
        break;
    case SX_ATTR_INTS:
        for (int i = 0; i < a->count; i++)
            put_int(&s, ATTR_INTS, a->ints[i]);
        type = TYPE_INTS;
        break;
    }
    put_int(&s, ATTR_TYPE, type);
    put_message(m, node, NODE_ATTRIBUTE, &s);
}

void sx_onnx_node(sx_onnx *m, const char *op, const char *name, const char *const *inputs,
                  int input_count, const char *const *outputs, int output_count,
                  const sx_onnx_attr *attrs) {
    sx_str s = { 0 };
    for (int i = 0; i < input_count; i++)
        put_text(&s, NODE_INPUT, inputs[i]);
    for (int i = 0; i < output_count; i++)
        put_text(&s, NODE_OUTPUT, outputs[i]);
    put_text(&s, NODE_NAME, name);
    put_text(&s, NODE_OP, op);
    for (; attrs && attrs->name; attrs++)
        put_attr(m, &s, attrs);
    put_message(m, &m->graph, GRAPH_NODE, &s);
}

static void put_tensor_head(sx_str *s, const char *name, int ndim, const int64_t *dims, int type) {
    for (int i = 0; i < ndim; i++)
        put_int(s, TENSOR_DIMS, dims[i]);
    put_int(s, TENSOR_TYPE, type);
    put_text(s, TENSOR_NAME, name);
}

static size_t count_of(int ndim, const int64_t *dims) {
    size_t n = 1;
    for (int i = 0; i < ndim; i++)
        n *= (size_t)dims[i];
    return n;
}

void sx_onnx_weights(sx_onnx *m, const char *name, int ndim, const int64_t *dims,
                     const float *data) {
    if (m->blob_count == m->blob_cap) {
        size_t cap = m->blob_cap ? 2 * m->blob_cap : 256;
        blob *b = sx_realloc(m->blobs, cap, sizeof *b);
        if (!b) {
            m->failed = true;
            return;
        }
        m->blobs = b;
        m->blob_cap = cap;
    }
    blob *b = &m->blobs[m->blob_count++];
    *b = (blob){ .data = data, .bytes = count_of(ndim, dims) * sizeof *data };
    put_tensor_head(&b->head, name, ndim, dims, SX_ONNX_FLOAT);
    key(&b->head, TENSOR_RAW, WIRE_BYTES);
    varint(&b->head, b->bytes);
    m->failed = m->failed || b->head.failed;
}

static void constant(sx_onnx *m, const char *name, int ndim, const int64_t *dims, int type,
                     const void *data, size_t size) {
    sx_str s = { 0 };
    put_tensor_head(&s, name, ndim, dims, type);
    put_bytes(&s, TENSOR_RAW, data, count_of(ndim, dims) * size);
    put_message(m, &m->graph, GRAPH_INITIALIZER, &s);
}

void sx_onnx_ints(sx_onnx *m, const char *name, int ndim, const int64_t *dims,
                  const int64_t *data) {
    constant(m, name, ndim, dims, SX_ONNX_INT64, data, sizeof *data);
}

void sx_onnx_floats(sx_onnx *m, const char *name, int ndim, const int64_t *dims,
                    const float *data) {
    constant(m, name, ndim, dims, SX_ONNX_FLOAT, data, sizeof *data);
}

static void put_value(sx_onnx *m, int field, const char *name, int ndim, const int64_t *dims) {
    sx_str shape = { 0 }, tensor = { 0 }, type = { 0 }, value = { 0 };
    for (int i = 0; i < ndim; i++) {
        sx_str dim = { 0 };
        put_int(&dim, DIM_VALUE, dims[i]);
        put_message(m, &shape, SHAPE_DIM, &dim);
    }
    put_int(&tensor, TENSOR_TYPE_ELEM, SX_ONNX_FLOAT);
    put_message(m, &tensor, TENSOR_TYPE_SHAPE, &shape);
    put_message(m, &type, TYPE_TENSOR, &tensor);
    put_text(&value, VALUE_NAME, name);
    put_message(m, &value, VALUE_TYPE, &type);
    put_message(m, &m->graph, field, &value);
}

void sx_onnx_input(sx_onnx *m, const char *name, int ndim, const int64_t *dims) {
    put_value(m, GRAPH_INPUT, name, ndim, dims);
}
void sx_onnx_output(sx_onnx *m, const char *name, int ndim, const int64_t *dims) {
    put_value(m, GRAPH_OUTPUT, name, ndim, dims);
}

void sx_onnx_metadata(sx_onnx *m, const char *name, const char *value) {
    sx_str s = { 0 };
    put_text(&s, ENTRY_KEY, name);
    put_text(&s, ENTRY_VALUE, value);
    put_message(m, &m->metadata, MODEL_METADATA, &s);
}

static size_t varint_size(uint64_t v) {
    size_t n = 1;
    while (v >>= 7)
        n++;
    return n;
}

static bool put_all(const sx_onnx *m, const sx_str *front, size_t graph_bytes, sx_writer *w,
                    sx_error *err) {
    sx_str head = { 0 };
    key(&head, MODEL_GRAPH, WIRE_BYTES);
    varint(&head, graph_bytes);
    bool ok = sx_str_ok(&head, err) && sx_writer_put(w, front->data, front->len, err) &&
              sx_writer_put(w, m->metadata.data ? m->metadata.data : "", m->metadata.len, err) &&
              sx_writer_put(w, head.data, head.len, err) &&
              sx_writer_put(w, m->graph.data, m->graph.len, err);
    sx_str_free(&head);
    for (size_t i = 0; ok && i < m->blob_count; i++) {
        const blob *b = &m->blobs[i];
        sx_str s = { 0 };
        key(&s, GRAPH_INITIALIZER, WIRE_BYTES);
        varint(&s, b->head.len + b->bytes);
        ok = sx_str_ok(&s, err) && sx_writer_put(w, s.data, s.len, err) &&
             sx_writer_put(w, b->head.data, b->head.len, err) &&
             sx_writer_put(w, b->data, b->bytes, err);
        sx_str_free(&s);
    }
    return ok;
}

bool sx_onnx_save(sx_onnx *m, const char *graph_name, int opset, const char *path, sx_error *err) {
    enum { IR_VERSION = 8 };
    sx_str front = { 0 }, set = { 0 };
    put_text(&m->graph, GRAPH_NAME, graph_name);
    put_int(&front, MODEL_IR_VERSION, IR_VERSION);
    put_text(&front, MODEL_PRODUCER, "spinexr");
    put_int(&set, OPSET_VERSION, opset);
    put_message(m, &front, MODEL_OPSET, &set);
    size_t bytes = m->graph.len;
    for (size_t i = 0; i < m->blob_count; i++) {
        size_t n = m->blobs[i].head.len + m->blobs[i].bytes;
        bytes += n + 1 + varint_size(n);
    }
    bool ok = !m->failed && !m->graph.failed && !m->metadata.failed && !front.failed;
    if (!ok) sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for the model", path);
    if (ok && bytes >= (size_t)INT32_MAX)
        ok = sx_fail(err, SX_ERR_LIMIT, "%s: %zu bytes, an ONNX file holds at most 2 GiB", path,
                     bytes);
    sx_writer *w = ok ? sx_writer_open(path, err) : NULL;
    ok = ok && w;
    if (ok && !put_all(m, &front, bytes, w, err)) {
        sx_writer_abort(w);
        ok = false;
    } else if (ok)
        ok = sx_writer_commit(w, err);
    sx_str_free(&front);
    return ok;
}
