/* A learned array as a value (Sparse R-CNN's proposal features), and learned boxes. */
#include <stdlib.h>
#include <string.h>

#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_learned_attr *a = n->attr;
    (void)err;
    n->shape = (sx_shape){ a->rows * a->times, 1, 1, a->c };
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_learned_attr *a = s->node->attr;
    size_t count = (size_t)a->rows * (size_t)a->c;
    const float *w = sx_store_f32(sx_plan_store(p), s->node->params[SX_WEIGHT]);
    float *copy = s->state = sx_plan_alloc(p, count, sizeof *copy);
    if (!w || !copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    memcpy(copy, w, count * sizeof *copy);
    return true;
}

/* The current numbers: in training they change with every step. NULL on failure. */
static const float *current_numbers(sx_step *s, sx_error *err) {
    return sx_plan_training(s->plan) ? sx_step_param(s, SX_WEIGHT, err) : s->state;
}

static bool forward(sx_step *s, sx_error *err) {
    const sx_learned_attr *a = s->node->attr;
    const int64_t count = (int64_t)a->rows * a->c;
    const float *w = current_numbers(s, err);
    if (!w) return false;
    for (int t = 0; t < a->times; t++)
        sx_kernels_get(s->out->dtype)
            ->from_f32((char *)s->out->data + (size_t)(t * count) * sx_dtype_size(s->out->dtype), w,
                       count);
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    const sx_learned_attr *a = s->node->attr;
    const int64_t count = (int64_t)a->rows * a->c;
    float *grad;
    if (!sx_step_param_grad(s, SX_WEIGHT, &grad, err)) return false;
    for (int64_t i = 0; grad && i < count * a->times; i++)
        grad[i % count] += s->out->dtype == SX_F32
                               ? ((const float *)s->out->grad)[i]
                               : sx_bf16_to_f32(((const uint16_t *)s->out->grad)[i]);
    return true;
}

static bool infer_boxes(sx_node *n, sx_error *err) {
    const sx_learned_attr *a = n->attr;
    sx_shape sizes = n->inputs[0]->shape;
    if (sizes.c != 2 || sizes.h != 1 || sizes.w != 1)
        return sx_fail(err, SX_ERR_MISMATCH, "image sizes must be [n][1][1][2]");
    n->shape = (sx_shape){ a->rows * sizes.n, 1, 1, 4 };
    return true;
}

static bool forward_boxes(sx_step *s, sx_error *err) {
    const sx_learned_attr *a = s->node->attr;
    const float *sizes = s->inputs[0]->data, *w = current_numbers(s, err);
    float *out = s->out->data;
    if (!w) return false;
    for (int r = 0; r < s->out->shape.n; r++, out += 4) {
        const float *c = w + 4 * (r % a->rows), *size = sizes + 2 * (r / a->rows);
        out[0] = (c[0] - 0.5F * c[2]) * size[0];
        out[1] = (c[1] - 0.5F * c[3]) * size[1];
        out[2] = (c[0] + 0.5F * c[2]) * size[0];
        out[3] = (c[1] + 0.5F * c[3]) * size[1];
    }
    return true;
}

static bool backward_boxes(sx_step *s, sx_error *err) {
    const sx_learned_attr *a = s->node->attr;
    const float *sizes = s->inputs[0]->data, *g = s->out->grad;
    float *grad;
    if (!sx_step_param_grad(s, SX_WEIGHT, &grad, err)) return false;
    for (int r = 0; grad && r < s->out->shape.n; r++, g += 4) {
        float *c = grad + 4 * (r % a->rows);
        const float *size = sizes + 2 * (r / a->rows);
        c[0] += (g[0] + g[2]) * size[0];
        c[1] += (g[1] + g[3]) * size[1];
        c[2] += 0.5F * (g[2] - g[0]) * size[0];
        c[3] += 0.5F * (g[3] - g[1]) * size[1];
    }
    return true;
}

const sx_op sx_op_learned = {
    .name = "learned", .infer = infer, .prepare = prepare, .forward = forward, .backward = backward
};
const sx_op sx_op_learned_boxes = { .name = "learned_boxes",
                                    .flags = SX_TAKES_ANY | SX_PREFERS_F32 | SX_GIVES_F32,
                                    .infer = infer_boxes,
                                    .prepare = prepare,
                                    .forward = forward_boxes,
                                    .backward = backward_boxes,
                                    .saves = SX_SAVES_INPUTS };

sx_node *sx_learned(sx_graph *g, const char *name, int rows, int c, int times) {
    sx_learned_attr a = { rows, c, times };
    sx_node *n = sx_node_begin(
        g, (sx_node_spec){ .op = &sx_op_learned, .name = name, .attr = &a, .attr_size = sizeof a });
    sx_node_param(n, SX_WEIGHT, SX_PARAM_WEIGHT, "", 2, (int64_t[]){ rows, c });
    return sx_node_done(n);
}

sx_node *sx_learned_scale(sx_graph *g, const char *name, int c, int times) {
    sx_learned_attr a = { 1, c, times };
    sx_node *n = sx_node_begin(
        g, (sx_node_spec){ .op = &sx_op_learned, .name = name, .attr = &a, .attr_size = sizeof a });
    sx_node_param(n, SX_WEIGHT, SX_PARAM_NORM, "", 3, (int64_t[]){ c, 1, 1 });
    return sx_node_done(n);
}

sx_node *sx_learned_boxes(sx_graph *g, const char *name, int rows, sx_node *sizes) {
    sx_learned_attr a = { rows, 4, 1 };
    sx_node *n = sx_node_begin(g, (sx_node_spec){ .op = &sx_op_learned_boxes,
                                                  .name = name,
                                                  .inputs = &sizes,
                                                  .input_count = 1,
                                                  .attr = &a,
                                                  .attr_size = sizeof a });
    sx_node_param(n, SX_WEIGHT, SX_PARAM_WEIGHT, "", 2, (int64_t[]){ rows, 4 });
    return sx_node_done(n);
}
