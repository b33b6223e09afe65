#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/onnx/exporter.h"
#include "nn/onnx/onnx.h"
#include "nn/ops.h"
#include "nn/ops/attrs.h"

enum { OPSET = 17 };

static void export_conv(exporter *e) {
    const sx_conv *a = e->node->attr;
    const int64_t end = a->pad + a->pad_more, stride = a->stride > 0 ? a->stride : 1;
    const int64_t pads[] = { a->pad, a->pad, end, end };
    const char *inputs[3] = { as_map(e, 0), weights(e, SX_WEIGHT) };
    if (a->bias) inputs[2] = weights(e, SX_BIAS);
    emit(e, "Conv", inputs, a->bias ? 3 : 2, out(e),
         ATTRS(INTS("kernel_shape", ((int64_t[]){ a->kernel, a->kernel }), 2),
               INTS("strides", ((int64_t[]){ stride, stride }), 2), INTS("pads", pads, 4),
               INT("group", a->groups > 1 ? a->groups : 1)));
}

static void export_bn(exporter *e) {
    const sx_bn *a = e->node->attr;
    const char *inputs[] = { as_map(e, 0), weights(e, SX_WEIGHT), weights(e, SX_BIAS),
                             weights(e, SX_MEAN), weights(e, SX_VAR) };
    emit(e, "BatchNormalization", inputs, 5, out(e),
         ATTRS(FLOAT("epsilon", a->eps > 0 ? a->eps : 1e-5F)));
}

/* x (1 + erf(x / sqrt(2))) / 2 */
static void export_gelu(exporter *e, const char *x) {
    const char *erf = emit1(e, "Erf", emit2(e, "Mul", x, number(e, 0.707106781F), NULL), NULL);
    const char *share =
        emit2(e, "Mul", emit2(e, "Add", erf, number(e, 1), NULL), number(e, 0.5F), NULL);
    emit(e, "Mul", (const char *[]){ x, share }, 2, out(e), NULL);
}

static void export_activation(exporter *e) {
    const sx_act a = *(const sx_act *)e->node->attr;
    const char *x = in(e, 0);
    if (a == SX_ACT_RELU)
        emit(e, "Relu", &x, 1, out(e), NULL);
    else if (a == SX_ACT_SIGMOID)
        emit(e, "Sigmoid", &x, 1, out(e), NULL);
    else if (a == SX_ACT_HARD_SIGMOID)
        emit(e, "HardSigmoid", &x, 1, out(e), ATTRS(FLOAT("alpha", 1.0F / 6), FLOAT("beta", 0.5F)));
    else if (a == SX_ACT_GELU)
        export_gelu(e, x);
    else
        emit(e, "Mul", (const char *[]){ x, emit1(e, "Sigmoid", x, NULL) }, 2, out(e), NULL);
}

static void export_pool(exporter *e, const char *op) {
    const sx_pool *a = e->node->attr;
    const int64_t end = a->pad + a->pad_more, pads[] = { a->pad, a->pad, end, end };
    const char *x = as_map(e, 0);
    const bool avg = strcmp(op, "AveragePool") == 0;
    emit(e, op, &x, 1, out(e),
         ATTRS(INTS("kernel_shape", ((int64_t[]){ a->kernel, a->kernel }), 2),
               INTS("strides", ((int64_t[]){ a->stride, a->stride }), 2), INTS("pads", pads, 4),
               { .name = avg ? "count_include_pad" : NULL, .kind = SX_ATTR_INT, .i = 1 }));
}

static void export_upsample(exporter *e) {
    const char *scales = temp(e);
    sx_onnx_floats(e->m, scales, 1, (int64_t[]){ 4 }, (float[]){ 1, 1, 2, 2 });
    emit(e, "Resize", (const char *[]){ as_map(e, 0), "", scales }, 3, out(e),
         ATTRS(TEXT("mode", "nearest"), TEXT("coordinate_transformation_mode", "asymmetric"),
               TEXT("nearest_mode", "floor")));
}

static void export_linear(exporter *e) {
    const sx_linear_attr *a = e->node->attr;
    const char *w = weights(e, SX_WEIGHT), *b = a->bias ? weights(e, SX_BIAS) : NULL;
    sx_shape x = e->node->inputs[0]->shape;
    const bool seq = layout_of(e, 0) == SEQ;
    const char *rows = as_features(e, 0);
    if (seq) rows = reshape(e, rows, 2, (int64_t[]){ e->any_batch ? -1 : sx_rows(x), x.c });
    const char *y = seq ? temp(e) : out(e);
    emit(e, "Gemm", (const char *[]){ rows, w, b }, b ? 3 : 2, y, ATTRS(INT("transB", 1)));
    if (seq)
        rename_to_out(
            e, reshape(e, y, 3, (int64_t[]){ batch_of(e, x.n), (int64_t)x.h * x.w, a->out }));
}

static void export_layer_norm(exporter *e) {
    emit(
        e, "LayerNormalization",
        (const char *[]){ as_features(e, 0), weights(e, SX_WEIGHT), weights(e, SX_BIAS) }, 3,
        out(e),
        ATTRS(INT("axis", -1), FLOAT("epsilon", ((const sx_layer_norm_attr *)e->node->attr)->eps)));
}

/* [n][steps][3c] -> heads [n][heads][steps][d], softmax(q k^T / sqrt(d)) v -> [n][steps][c] */
static void export_attention(exporter *e) {
    const sx_attention_attr *a = e->node->attr;
    const sx_shape s = e->node->shape;
    const int64_t d = s.c / a->heads;
    const char *part[3];
    for (int i = 0; i < 3; i++) {
        part[i] = slice(e, in(e, 0), 2, (int64_t)i * s.c, (int64_t)(i + 1) * s.c);
        part[i] = reshape(e, part[i], 4, (int64_t[]){ s.n, s.h, a->heads, d });
        part[i] = transpose(e, part[i], 4,
                            i == 1 ? (int64_t[]){ 0, 2, 3, 1 } : (int64_t[]){ 0, 2, 1, 3 });
    }
    const char *q = emit2(e, "Mul", part[0], number(e, 1.0F / sqrtf((float)d)), NULL);
    const char *score =
        emit1(e, "Softmax", emit2(e, "MatMul", q, part[1], NULL), ATTRS(INT("axis", -1)));
    const char *y =
        transpose(e, emit2(e, "MatMul", score, part[2], NULL), 4, (int64_t[]){ 0, 2, 1, 3 });
    rename_to_out(e, reshape(e, y, 3, (int64_t[]){ s.n, s.h, s.c }));
}

static void export_dynamic(exporter *e) {
    const sx_dynamic_attr *a = e->node->attr;
    const sx_shape x = e->node->inputs[0]->shape;
    const char *m = slice(e, in(e, 1), 1, a->offset, a->offset + (int64_t)x.c * a->out);
    m = reshape(e, m, 3, (int64_t[]){ x.n, x.c, a->out });
    emit(e, "MatMul", (const char *[]){ as_features(e, 0), m }, 2, out(e), NULL);
}

static void export_reshape(exporter *e) {
    const sx_shape s = e->node->shape;
    const char *x = as_features(e, 0);
    if (e->layouts[e->node->index] == SEQ)
        rename_to_out(e, reshape(e, x, 3, (int64_t[]){ s.n, (int64_t)s.h * s.w, s.c }));
    else
        rename_to_out(e, reshape(e, x, 2, (int64_t[]){ s.n, s.c }));
}

static void export_learned(exporter *e) {
    const sx_learned_attr *a = e->node->attr;
    const char *w = weights(e, SX_WEIGHT);
    if (e->node->params[SX_WEIGHT]->ndim != 2) w = reshape(e, w, 2, (int64_t[]){ a->rows, a->c });
    emit(e, "Tile", (const char *[]){ w, ints(e, 2, (int64_t[]){ a->times, 1 }) }, 2, out(e), NULL);
}

/* (c - s / 2, c + s / 2) times (w, h, w, h) */
static void export_learned_boxes(exporter *e) {
    const sx_learned_attr *a = e->node->attr;
    const char *w = weights(e, SX_WEIGHT), *half = number(e, 0.5F);
    const char *c = slice(e, w, 1, 0, 2), *s = emit2(e, "Mul", slice(e, w, 1, 2, 4), half, NULL);
    const char *low = emit2(e, "Sub", c, s, NULL), *high = emit2(e, "Add", c, s, NULL);
    const char *box = emit2(e, "Concat", low, high, ATTRS(INT("axis", 1)));
    const char *size = emit2(e, "Concat", in(e, 0), in(e, 0), ATTRS(INT("axis", 1)));
    size = reshape(e, size, 3, (int64_t[]){ -1, 1, 4 });
    box = reshape(e, box, 3, (int64_t[]){ 1, a->rows, 4 });
    rename_to_out(e, reshape(e, emit2(e, "Mul", size, box, NULL), 2, (int64_t[]){ -1, 4 }));
}

/* floor(4 + log2(sqrt(area) / 224 + 1e-8)), held between the levels, as f32 */
static const char *pyramid_level(exporter *e, const char *boxes, int first, int last) {
    const char *size = emit2(e, "Sub", slice(e, boxes, 1, 2, 4), slice(e, boxes, 1, 0, 2), NULL);
    const char *area = emit2(e, "Mul", slice(e, size, 1, 0, 1), slice(e, size, 1, 1, 2), NULL);
    const char *x = emit2(e, "Div", emit1(e, "Sqrt", area, NULL), number(e, 224.0F), NULL);
    x = emit1(e, "Log", emit2(e, "Add", x, number(e, 1e-8F), NULL), NULL);
    x = emit2(e, "Add", emit2(e, "Div", x, number(e, (float)M_LN2), NULL), number(e, 4.0F), NULL);
    x = emit1(e, "Floor", x, NULL);
    const char *t = temp(e);
    emit(e, "Clip", (const char *[]){ x, number(e, (float)first), number(e, (float)last) }, 3, t,
         NULL);
    return t;
}

/* Each level pools its own boxes; then the results are put back into the order of the boxes. */
static void export_roi_align(exporter *e) {
    const sx_roi_align_spec *a = e->node->attr;
    const sx_shape s = e->node->shape;
    const char *boxes = in(e, a->levels);
    int first = 0;
    while (1 << first < a->min_stride)
        first++;
    int64_t *image = sx_arena_alloc(e->arena, (size_t)s.n, sizeof *image);
    if (!image) return;
    for (int i = 0; i < s.n; i++)
        image[i] = i / a->per_image;
    const char *level =
        reshape(e, pyramid_level(e, boxes, first, first + a->levels - 1), 1, (int64_t[]){ s.n });
    const char *batch = ints(e, s.n, image), *pooled[6], *rows[6], *all = temp(e),
               *places = temp(e);
    for (int k = 0; k < a->levels; k++) {
        const char *mine = emit2(e, "Equal", level, number(e, (float)(first + k)), NULL);
        rows[k] = reshape(e, emit1(e, "NonZero", mine, NULL), 1, (int64_t[]){ -1 });
        pooled[k] = temp(e);
        emit(e, "RoiAlign",
             (const char *[]){ as_map(e, k), gather(e, boxes, rows[k]), gather(e, batch, rows[k]) },
             3, pooled[k],
             ATTRS(INT("output_height", a->size), INT("output_width", a->size),
                   INT("sampling_ratio", a->sampling_ratio),
                   FLOAT("spatial_scale", 1.0F / (float)(a->min_stride << k)), TEXT("mode", "avg"),
                   TEXT("coordinate_transformation_mode", "half_pixel")));
    }
    emit(e, "Concat", pooled, a->levels, all, ATTRS(INT("axis", 0)));
    emit(e, "Concat", rows, a->levels, places, ATTRS(INT("axis", 0)));
    rename_to_out(e, gather(e, all, top(e, places, s.n, false, NULL)));
}

static void export_deltas(exporter *e) {
    const sx_deltas_attr *a = e->node->attr;
    const char *box = in(e, 1), *half = number(e, 0.5F), *scale = temp(e),
               *clamp = number(e, a->clamp);
    sx_onnx_floats(e->m, scale, 2, (int64_t[]){ 1, 4 }, a->weights);
    const char *d = emit2(e, "Div", in(e, 0), scale, NULL);
    const char *low = slice(e, box, 1, 0, 2),
               *size = emit2(e, "Sub", slice(e, box, 1, 2, 4), low, NULL);
    const char *c = emit2(e, "Add", low, emit2(e, "Mul", size, half, NULL), NULL);
    c = emit2(e, "Add", emit2(e, "Mul", slice(e, d, 1, 0, 2), size, NULL), c, NULL);
    const char *grow = emit1(e, "Exp", emit2(e, "Min", slice(e, d, 1, 2, 4), clamp, NULL), NULL);
    size = emit2(e, "Mul", emit2(e, "Mul", grow, size, NULL), half, NULL);
    const char *from = emit2(e, "Sub", c, size, NULL), *to = emit2(e, "Add", c, size, NULL);
    emit(e, "Concat", (const char *[]){ from, to }, 2, out(e), ATTRS(INT("axis", 1)));
}

static void export_concat(exporter *e) {
    const char **inputs = sx_arena_alloc(e->arena, (size_t)e->node->input_count, sizeof *inputs);
    for (int i = 0; inputs && i < e->node->input_count; i++)
        inputs[i] = as_map(e, i);
    if (inputs) emit(e, "Concat", inputs, e->node->input_count, out(e), ATTRS(INT("axis", 1)));
}

static void export_max_pool(exporter *e) {
    export_pool(e, "MaxPool");
}
static void export_avg_pool(exporter *e) {
    export_pool(e, "AveragePool");
}
static void export_global(exporter *e) {
    const char *x = as_map(e, 0);
    emit(e, "ReduceMean", &x, 1, out(e),
         ATTRS(INTS("axes", ((int64_t[]){ 2, 3 }), 2), INT("keepdims", 0)));
}
static void export_add(exporter *e) {
    const char *other = layout_of(e, 0) == MAP ? as_map(e, 1) : as_features(e, 1);
    emit(e, "Add", (const char *[]){ in(e, 0), other }, 2, out(e), NULL);
}
static void export_channel_scale(exporter *e) {
    emit(e, "Mul", (const char *[]){ as_map(e, 0), as_map(e, 1) }, 2, out(e), NULL);
}
static void export_weighted_sum(exporter *e) {
    const int n = e->node->input_count;
    const char *w = emit1(e, "Relu", weights(e, SX_WEIGHT), NULL);
    const char *sum = emit1(e, "ReduceSum", w, ATTRS(INT("keepdims", 1)));
    const char *share = emit2(e, "Div", w, emit2(e, "Add", sum, number(e, 1e-4F), NULL), NULL),
               *y = NULL;
    for (int i = 0; i < n; i++) {
        const char *term = emit2(e, "Mul", as_map(e, i), slice(e, share, 0, i, i + 1), NULL);
        y = y ? emit2(e, "Add", y, term, NULL) : term;
    }
    rename_to_out(e, y);
}
static void export_flatten(exporter *e) {
    const sx_shape s = e->node->shape;
    rename_to_out(e, reshape(e, in(e, 0), 2, (int64_t[]){ batch_of(e, s.n), s.c }));
}
static void export_identity(exporter *e) {
    rename_to_out(e, in(e, 0));
}

/* The ONNX form of each op; layout -1: that of its first input. */
static const struct {
    const sx_op *op;
    int layout;
    void (*write)(exporter *e);
    bool any_batch; /* images do not concern one another, and their number is not written */
} table[] = {
    { &sx_op_conv2d, MAP, export_conv, true },
    { &sx_op_batch_norm, MAP, export_bn, true },
    { &sx_op_activation, -1, export_activation, true },
    { &sx_op_max_pool, MAP, export_max_pool, true },
    { &sx_op_avg_pool, MAP, export_avg_pool, true },
    { &sx_op_global_avg_pool, ROWS, export_global, true },
    { &sx_op_concat, MAP, export_concat, true },
    { &sx_op_add, -1, export_add, true },
    { &sx_op_channel_scale, MAP, export_channel_scale, true },
    { &sx_op_weighted_sum, MAP, export_weighted_sum, true },
    { &sx_op_upsample2x, MAP, export_upsample, true },
    { &sx_op_linear, -1, export_linear, true },
    { &sx_op_layer_norm, -1, export_layer_norm, true },
    { &sx_op_attention, SEQ, export_attention },
    { &sx_op_dynamic_linear, SEQ, export_dynamic },
    { &sx_op_reshape, -1, export_reshape },
    { &sx_op_learned, ROWS, export_learned },
    { &sx_op_learned_boxes, ROWS, export_learned_boxes },
    { &sx_op_roi_align, MAP, export_roi_align },
    { &sx_op_apply_deltas, ROWS, export_deltas },
    { &sx_op_detach, -1, export_identity, true },
    { &sx_op_flatten, ROWS, export_flatten, true },
};

static layout choose_layout(const exporter *e, int wanted) {
    const sx_node *n = e->node;
    if (n->op == &sx_op_reshape) return n->shape.h * n->shape.w > 1 ? SEQ : ROWS;
    if (wanted >= 0) return (layout)wanted;
    layout from = e->layouts[n->inputs[0]->index];
    /* linear layers and their norms take features, not maps */
    if (from != MAP || (n->op != &sx_op_linear && n->op != &sx_op_layer_norm)) return from;
    return n->shape.h * n->shape.w > 1 ? SEQ : ROWS;
}

static int dims_of(const exporter *e, layout l, sx_shape s, int64_t d[4]) {
    const int64_t n = e->any_batch ? SX_ONNX_BATCH : s.n;
    if (l == MAP) {
        d[0] = n, d[1] = s.c, d[2] = s.h, d[3] = s.w;
        return 4;
    }
    d[0] = n, d[1] = l == SEQ ? (int64_t)s.h * s.w : s.c, d[2] = s.c;
    return l == SEQ ? 3 : 2;
}

bool sx_onnx_any_batch(const sx_graph *g) {
    for (size_t k = 0; k < sx_graph_node_count(g); k++) {
        const sx_node *n = sx_graph_node(g, k);
        bool fits = sx_node_is_input(n);
        for (size_t i = 0; !fits && i < sizeof table / sizeof table[0]; i++)
            fits = table[i].op == n->op && table[i].any_batch;
        /* a number for each channel is the same for each image */
        if (n->op == &sx_op_learned && n->params[SX_WEIGHT]->ndim == 3) fits = true;
        if (!fits || n->shape.n != 1) return false;
    }
    return true;
}

/* "input image float32 [batch, 3, 224, 224]" */
static void describe(const exporter *e, const char *kind, const char *label, int n,
                     const int64_t *dims) {
    if (!e->values) return;
    sx_str_printf(e->values, "%s %s float32 [", kind, label);
    for (int i = 0; i < n; i++) {
        if (i) sx_str_add(e->values, ", ");
        if (dims[i] == SX_ONNX_BATCH)
            sx_str_add(e->values, "batch");
        else
            sx_str_printf(e->values, "%lld", (long long)dims[i]);
    }
    sx_str_add(e->values, "]\n");
}

static bool export_node(exporter *e, const sx_node *n) {
    int64_t dims[4];
    e->node = n;
    name *own = &e->names[n->index];
    snprintf(own->text, sizeof own->text, "v%d", n->index);
    if (sx_node_is_input(n)) {
        e->layouts[n->index] = n->shape.h * n->shape.w > 1 ? MAP : ROWS;
        snprintf(own->text, sizeof own->text, "%.*s", NAME - 1, n->name);
        const int count = dims_of(e, e->layouts[n->index], n->shape, dims);
        sx_onnx_input(e->m, own->text, count, dims);
        describe(e, "input", own->text, count, dims);
        return true;
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].op == n->op) {
            e->layouts[n->index] = choose_layout(e, table[i].layout);
            table[i].write(e);
            return true;
        }
    if (n->op->onnx) {
        e->layouts[n->index] = ROWS;
        return n->op->onnx(e, e->err);
    }
    return sx_fail(e->err, SX_ERR_UNSUPPORTED, "%s: the op %s has no ONNX form", n->name,
                   n->op->name);
}

static bool export_all(exporter *e, const sx_graph *g) {
    for (size_t i = 0; i < sx_graph_node_count(g); i++)
        if (!export_node(e, sx_graph_node(g, i))) return false;
    for (int i = 0; i < sx_graph_outputs(g); i++) {
        const char *label;
        int64_t dims[4];
        e->node = sx_graph_output_at(g, i, &label);
        const char *x = e->names[e->node->index].text;
        emit(e, "Identity", &x, 1, label, NULL);
        const int count = dims_of(e, e->layouts[e->node->index], e->node->shape, dims);
        sx_onnx_output(e->m, label, count, dims);
        describe(e, "output", label, count, dims);
    }
    return true;
}

bool sx_onnx_export(const sx_graph *g, sx_store *store, const char *graph_name,
                    const sx_onnx_entry *metadata, const char *path, sx_str *values,
                    sx_error *err) {
    exporter e = {
        .store = store, .any_batch = sx_onnx_any_batch(g), .values = values, .err = err
    };
    size_t n = sx_graph_node_count(g);
    e.m = sx_onnx_new(err);
    e.arena = sx_arena_new();
    e.layouts = e.arena ? sx_arena_alloc(e.arena, n, sizeof *e.layouts) : NULL;
    e.names = e.arena ? sx_arena_alloc(e.arena, n, sizeof *e.names) : NULL;
    e.written =
        e.arena ? sx_arena_alloc(e.arena, sx_graph_param_count(g) + 1, sizeof *e.written) : NULL;
    bool ok = e.m && e.layouts && e.names && e.written;
    if (!ok) sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for the model", path);
    for (; ok && metadata && metadata->key; metadata++)
        sx_onnx_metadata(e.m, metadata->key, metadata->value);
    ok = ok && export_all(&e, g) && (!values || sx_str_ok(values, err)) &&
         sx_onnx_save(e.m, graph_name, OPSET, path, err);
    sx_onnx_free(e.m);
    sx_arena_free(e.arena);
    return ok;
}
