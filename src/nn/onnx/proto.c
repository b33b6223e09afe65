#include "nn/onnx/proto.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/protobuf.h"
#include "base/writer.h"

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
    DIM_PARAM = 2,
    OPSET_VERSION = 2,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2,
};

/* A tensor: the bytes before its raw data, and the address of the data. */
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

static void put_attr(sx_str *node, const sx_onnx_attr *a) {
    enum { TYPE_FLOAT = 1, TYPE_INT = 2, TYPE_STRING = 3, TYPE_INTS = 7 };
    sx_str s = { 0 };
    sx_protobuf_text(&s, ATTR_NAME, a->name);
    int type = TYPE_INT;
    switch (a->kind) {
    case SX_ATTR_INT:
        sx_protobuf_int(&s, ATTR_I, a->i);
        break;
    case SX_ATTR_FLOAT:
        sx_protobuf_float(&s, ATTR_F, a->f);
        type = TYPE_FLOAT;
        break;
    case SX_ATTR_STRING:
        sx_protobuf_text(&s, ATTR_S, a->s);
        type = TYPE_STRING;
        break;
    case SX_ATTR_INTS:
        for (int i = 0; i < a->count; i++)
            sx_protobuf_int(&s, ATTR_INTS, a->ints[i]);
        type = TYPE_INTS;
        break;
    }
    sx_protobuf_int(&s, ATTR_TYPE, type);
    sx_protobuf_message(node, NODE_ATTRIBUTE, &s);
}

void sx_onnx_node(sx_onnx *m, const char *op, const char *name, const char *const *inputs,
                  int input_count, const char *const *outputs, int output_count,
                  const sx_onnx_attr *attrs) {
    sx_str s = { 0 };
    for (int i = 0; i < input_count; i++)
        sx_protobuf_text(&s, NODE_INPUT, inputs[i]);
    for (int i = 0; i < output_count; i++)
        sx_protobuf_text(&s, NODE_OUTPUT, outputs[i]);
    sx_protobuf_text(&s, NODE_NAME, name);
    sx_protobuf_text(&s, NODE_OP, op);
    for (; attrs && attrs->name; attrs++)
        put_attr(&s, attrs);
    sx_protobuf_message(&m->graph, GRAPH_NODE, &s);
}

static void put_tensor_head(sx_str *s, const char *name, int ndim, const int64_t *dims, int type) {
    for (int i = 0; i < ndim; i++)
        sx_protobuf_int(s, TENSOR_DIMS, dims[i]);
    sx_protobuf_int(s, TENSOR_TYPE, type);
    sx_protobuf_text(s, TENSOR_NAME, name);
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
    sx_protobuf_begin_bytes(&b->head, TENSOR_RAW, b->bytes);
    m->failed = m->failed || b->head.failed;
}

static void constant(sx_onnx *m, const char *name, int ndim, const int64_t *dims, int type,
                     const void *data, size_t size) {
    sx_str s = { 0 };
    put_tensor_head(&s, name, ndim, dims, type);
    sx_protobuf_bytes(&s, TENSOR_RAW, data, count_of(ndim, dims) * size);
    sx_protobuf_message(&m->graph, GRAPH_INITIALIZER, &s);
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
        if (dims[i] == SX_ONNX_BATCH)
            sx_protobuf_text(&dim, DIM_PARAM, "batch");
        else
            sx_protobuf_int(&dim, DIM_VALUE, dims[i]);
        sx_protobuf_message(&shape, SHAPE_DIM, &dim);
    }
    sx_protobuf_int(&tensor, TENSOR_TYPE_ELEM, SX_ONNX_FLOAT);
    sx_protobuf_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
    sx_protobuf_message(&type, TYPE_TENSOR, &tensor);
    sx_protobuf_text(&value, VALUE_NAME, name);
    sx_protobuf_message(&value, VALUE_TYPE, &type);
    sx_protobuf_message(&m->graph, field, &value);
}

void sx_onnx_input(sx_onnx *m, const char *name, int ndim, const int64_t *dims) {
    put_value(m, GRAPH_INPUT, name, ndim, dims);
}
void sx_onnx_output(sx_onnx *m, const char *name, int ndim, const int64_t *dims) {
    put_value(m, GRAPH_OUTPUT, name, ndim, dims);
}

void sx_onnx_metadata(sx_onnx *m, const char *name, const char *value) {
    sx_str s = { 0 };
    sx_protobuf_text(&s, ENTRY_KEY, name);
    sx_protobuf_text(&s, ENTRY_VALUE, value);
    sx_protobuf_message(&m->metadata, MODEL_METADATA, &s);
}

static bool put_all(const sx_onnx *m, const sx_str *front, size_t graph_bytes, sx_writer *w,
                    sx_error *err) {
    sx_str head = { 0 };
    sx_protobuf_begin_bytes(&head, MODEL_GRAPH, graph_bytes);
    bool ok = sx_str_ok(&head, err) && sx_writer_put(w, front->data, front->len, err) &&
              sx_writer_put(w, m->metadata.data ? m->metadata.data : "", m->metadata.len, err) &&
              sx_writer_put(w, head.data, head.len, err) &&
              sx_writer_put(w, m->graph.data, m->graph.len, err);
    sx_str_free(&head);
    for (size_t i = 0; ok && i < m->blob_count; i++) {
        const blob *b = &m->blobs[i];
        sx_str s = { 0 };
        sx_protobuf_begin_bytes(&s, GRAPH_INITIALIZER, b->head.len + b->bytes);
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
    sx_protobuf_text(&m->graph, GRAPH_NAME, graph_name);
    sx_protobuf_int(&front, MODEL_IR_VERSION, IR_VERSION);
    sx_protobuf_text(&front, MODEL_PRODUCER, "spinexr");
    sx_protobuf_int(&set, OPSET_VERSION, opset);
    sx_protobuf_message(&front, MODEL_OPSET, &set);
    size_t bytes = m->graph.len;
    for (size_t i = 0; i < m->blob_count; i++) {
        const size_t n = m->blobs[i].head.len + m->blobs[i].bytes;
        bytes += sx_protobuf_size(GRAPH_INITIALIZER, n);
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
