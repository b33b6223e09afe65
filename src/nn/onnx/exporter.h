/* Functions that write an op's ONNX form (sx_op.onnx, and the table in export.c): the existing
 * values, and nodes to add. Included by the .c files that write such forms; nothing here is
 * external. */
#ifndef SX_NN_ONNX_EXPORTER_H
#define SX_NN_ONNX_EXPORTER_H

#include <stdio.h>

#include "base/mem.h"
#include "nn/onnx/proto.h"
#include "nn/op.h"
#include "nn/store.h"

/* How a value lies in ONNX. */
typedef enum layout {
    MAP, /* [n][c][h][w] */
    SEQ, /* [n][h w][c] */
    ROWS /* [n][c] */
} layout;

enum { NAME = 48 };

typedef struct name {
    char text[NAME];
} name;

typedef struct sx_exporter {
    sx_onnx *m;
    sx_store *store;
    layout *layouts; /* [node] */
    name *names;     /* [node] */
    bool *written;   /* [parameter]: shared ones are written once */
    sx_arena *arena;
    bool any_batch; /* the graph is of one image; its model takes any number of them */
    sx_str *values; /* gets the inputs and outputs in words; NULL: not wanted */
    int made;
    const sx_node *node;
    sx_error *err;
} exporter;

static inline const char *in(const exporter *e, int i) {
    return e->names[e->node->inputs[i]->index].text;
}
static inline const char *out(const exporter *e) {
    return e->names[e->node->index].text;
}
/* The first dimension of a reshaped value, which is n images. */
static inline int64_t batch_of(const exporter *e, int n) {
    return e->any_batch ? -1 : n;
}
static inline layout layout_of(const exporter *e, int i) {
    return e->layouts[e->node->inputs[i]->index];
}

/* A new value's name. */
static inline const char *temp(exporter *e) {
    const char *s = sx_arena_printf(e->arena, "t%d", e->made++);
    return s ? s : "";
}

#define ATTRS(...) ((const sx_onnx_attr[]){ __VA_ARGS__, { 0 } })
#define INT(n, v)                                                                                  \
    { .name = (n), .kind = SX_ATTR_INT, .i = (v) }
#define FLOAT(n, v)                                                                                \
    { .name = (n), .kind = SX_ATTR_FLOAT, .f = (v) }
#define TEXT(n, v)                                                                                 \
    { .name = (n), .kind = SX_ATTR_STRING, .s = (v) }
#define INTS(n, p, c)                                                                              \
    { .name = (n), .kind = SX_ATTR_INTS, .ints = (p), .count = (c) }

static inline void emit(exporter *e, const char *op, const char *const *inputs, int n,
                        const char *output, const sx_onnx_attr *attrs) {
    char label[320];
    snprintf(label, sizeof label, "%s/%s", e->node->name, output);
    sx_onnx_node(e->m, op, label, inputs, n, &output, 1, attrs);
}
static inline const char *emit1(exporter *e, const char *op, const char *a,
                                const sx_onnx_attr *attrs) {
    const char *t = temp(e);
    emit(e, op, &a, 1, t, attrs);
    return t;
}
static inline const char *emit2(exporter *e, const char *op, const char *a, const char *b,
                                const sx_onnx_attr *attrs) {
    const char *t = temp(e);
    emit(e, op, (const char *[]){ a, b }, 2, t, attrs);
    return t;
}

static inline const char *ints(exporter *e, int n, const int64_t *v) {
    const char *t = temp(e);
    sx_onnx_ints(e->m, t, 1, (int64_t[]){ n }, v);
    return t;
}
static inline const char *number(exporter *e, float v) {
    const char *t = temp(e);
    sx_onnx_floats(e->m, t, 0, NULL, &v);
    return t;
}
/* A constant of this shape, copied. */
static inline const char *floats(exporter *e, int n, const int64_t *dims, const float *v) {
    const char *t = temp(e);
    sx_onnx_floats(e->m, t, n, dims, v);
    return t;
}
static inline const char *reshape(exporter *e, const char *x, int n, const int64_t *dims) {
    return emit2(e, "Reshape", x, ints(e, n, dims), NULL);
}
static inline const char *transpose(exporter *e, const char *x, int n, const int64_t *perm) {
    return emit1(e, "Transpose", x, ATTRS(INTS("perm", perm, n)));
}
static inline const char *slice(exporter *e, const char *x, int axis, int64_t from, int64_t to) {
    const char *t = temp(e);
    emit(e, "Slice",
         (const char *[]){ x, ints(e, 1, &from), ints(e, 1, &to), ints(e, 1, &(int64_t){ axis }) },
         4, t, NULL);
    return t;
}
static inline const char *gather(exporter *e, const char *x, const char *rows) {
    return emit2(e, "Gather", x, rows, ATTRS(INT("axis", 0)));
}
/* The indices of the k greatest numbers of x [n] (or the k least), in order; *values may be
 * NULL. */
static inline const char *top(exporter *e, const char *x, int64_t k, bool greatest,
                              const char **values) {
    const char *outputs[] = { temp(e), temp(e) }, *inputs[] = { x, ints(e, 1, &k) };
    sx_onnx_node(e->m, "TopK", outputs[1], inputs, 2, outputs, 2,
                 ATTRS(INT("axis", 0), INT("largest", greatest)));
    if (values) *values = outputs[0];
    return outputs[1];
}
static inline void rename_to_out(exporter *e, const char *x) {
    emit(e, "Identity", &x, 1, out(e), NULL);
}

static inline const char *weights(exporter *e, int slot) {
    const sx_param *p = e->node->params[slot];
    if (e->written[p->index]) return p->name;
    e->written[p->index] = true;
    const float *data = sx_store_f32(e->store, p);
    if (!data)
        sx_fail(e->err, SX_ERR_MEMORY, "out of memory for %s", p->name);
    else
        sx_onnx_weights(e->m, p->name, p->ndim, p->dims, data);
    return p->name;
}

/* A value of any shape, reshaped to [n][h w][c] or [n][c]. */
static inline const char *as_features(exporter *e, int i) {
    sx_shape s = e->node->inputs[i]->shape;
    if (layout_of(e, i) != MAP) return in(e, i);
    if (s.h * s.w == 1) return reshape(e, in(e, i), 2, (int64_t[]){ batch_of(e, s.n), s.c });
    const char *t = transpose(e, in(e, i), 4, (int64_t[]){ 0, 2, 3, 1 });
    return reshape(e, t, 3, (int64_t[]){ batch_of(e, s.n), (int64_t)s.h * s.w, s.c });
}

/* A value as [n][c][h][w]: rows of features are maps of one place. */
static inline const char *as_map(exporter *e, int i) {
    sx_shape s = e->node->inputs[i]->shape;
    if (layout_of(e, i) == MAP) return in(e, i);
    if (layout_of(e, i) == SEQ) {
        const int64_t dims[] = { batch_of(e, s.n), s.h, s.w, s.c };
        return transpose(e, reshape(e, in(e, i), 4, dims), 4, (int64_t[]){ 0, 3, 1, 2 });
    }
    return reshape(e, in(e, i), 4, (int64_t[]){ batch_of(e, s.n), s.c, 1, 1 });
}

#endif
