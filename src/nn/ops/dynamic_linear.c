/* Sparse R-CNN's dynamic filters: each proposal has its own matrix. */
#include <string.h>

#include "nn/ops/common.h"
#include "nn/plan.h"
#include "nn/product.h"

typedef struct dynamic_state {
    sx_product *forward;
    sx_prim *back_data, *back_params;
    size_t data_at;
} dynamic_state;

static bool infer(sx_node *n, sx_error *err) {
    const sx_dynamic_attr *a = n->attr;
    sx_shape x = n->inputs[0]->shape, p = n->inputs[1]->shape;
    if (x.n != sx_rows(p) || a->offset < 0 || a->offset + (int64_t)x.c * a->out > p.c)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%d matrices %dx%d at %lld do not fit parameters %lldx%d", x.n, x.c, a->out,
                       (long long)a->offset, (long long)sx_rows(p), p.c);
    n->shape = x;
    n->shape.c = a->out;
    return true;
}

/* dX = dY M^T and dM = X^T dY, for each row. */
static bool prepare_training(sx_plan *p, sx_step *s, sx_error *err) {
    dynamic_state *st = s->state;
    sx_shape x = s->inputs[0]->shape, y = s->out->shape;
    const int64_t m = (int64_t)x.h * x.w, k = x.c, n = y.c, row = s->inputs[1]->shape.c;
    const sx_dtype t = s->inputs[0]->dtype;
    st->back_data = sx_prim_matmul(&(sx_matmul_desc){ .batch = x.n,
                                                      .m = m,
                                                      .n = k,
                                                      .k = n,
                                                      .a_stride = { m * n, n, 1 },
                                                      .b_stride = { row, 1, n },
                                                      .c_stride = { m * k, k, 1 },
                                                      .a_dtype = t,
                                                      .b_dtype = t,
                                                      .c_dtype = t },
                                   err);
    if (!st->back_data) return false;
    st->back_params = sx_prim_matmul(&(sx_matmul_desc){ .batch = x.n,
                                                        .m = k,
                                                        .n = n,
                                                        .k = m,
                                                        .a_stride = { m * k, 1, k },
                                                        .b_stride = { m * n, n, 1 },
                                                        .c_stride = { row, n, 1 },
                                                        .a_dtype = t,
                                                        .b_dtype = t,
                                                        .c_dtype = t,
                                                        .add_c = true },
                                     err);
    if (!st->back_params) return false;
    size_t own = sx_prim_scratch(st->back_data);
    if (sx_prim_scratch(st->back_params) > own) own = sx_prim_scratch(st->back_params);
    st->data_at = (own + 63) / 64 * 64;
    sx_plan_need_scratch(p, st->data_at + (size_t)sx_shape_count(x) * sx_dtype_size(t));
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_shape x = s->inputs[0]->shape, y = s->out->shape;
    const int64_t m = (int64_t)x.h * x.w, k = x.c, n = y.c, row = s->inputs[1]->shape.c;
    dynamic_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    if (!st) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    st->forward = sx_product_new(&(sx_matmul_desc){ .batch = x.n,
                                                    .m = m,
                                                    .n = n,
                                                    .k = k,
                                                    .a_stride = { m * k, k, 1 },
                                                    .b_stride = { row, n, 1 },
                                                    .c_stride = { m * n, n, 1 },
                                                    .a_dtype = s->inputs[0]->dtype,
                                                    .b_dtype = s->inputs[1]->dtype,
                                                    .c_dtype = s->out->dtype },
                                 sx_plan_threads(p), err);
    if (!st->forward) return false;
    s->kernel = sx_prim_kernel(sx_product_prim(st->forward));
    sx_plan_need_scratch(p, sx_product_scratch(st->forward));
    return !sx_plan_training(p) || prepare_training(p, s, err);
}

static size_t offset_bytes(const sx_step *s) {
    return (size_t)((const sx_dynamic_attr *)s->node->attr)->offset *
           sx_dtype_size(s->inputs[1]->dtype);
}

static bool forward(sx_step *s, sx_error *err) {
    dynamic_state *st = s->state;
    return sx_product_run(
        st->forward,
        &(sx_prim_args){ .src = s->inputs[0]->data,
                         .weights = (const char *)s->inputs[1]->data + offset_bytes(s),
                         .dst = s->out->data,
                         .scratch = sx_plan_scratch(s->plan) },
        err);
}

static bool back_params(sx_step *s, const void *g, sx_error *err) {
    const dynamic_state *st = s->state;
    const sx_value *x = s->inputs[0];
    sx_value *params = s->inputs[1];
    if (!sx_grad_accumulates(params))
        memset(params->grad, 0,
               (size_t)sx_shape_count(params->shape) * sx_dtype_size(params->dtype));
    return sx_prim_run(st->back_params,
                       &(sx_prim_args){ .src = x->data,
                                        .weights = g,
                                        .dst = (char *)params->grad + offset_bytes(s),
                                        .scratch = sx_plan_scratch(s->plan) },
                       err);
}

static bool backward(sx_step *s, sx_error *err) {
    const dynamic_state *st = s->state;
    const void *g = sx_step_grad(s);
    sx_value *x = s->inputs[0], *params = s->inputs[1];
    void *scratch = sx_plan_scratch(s->plan), *dx = (char *)scratch + st->data_at;
    if (params->grad && !back_params(s, g, err)) return false;
    if (!x->grad) return true;
    const sx_prim_args args = { .src = g,
                                .weights = (const char *)params->data + offset_bytes(s),
                                .dst = dx,
                                .scratch = scratch };
    if (!sx_prim_run(st->back_data, &args, err)) return false;
    sx_pass_grad(s, x, dx);
    return true;
}

static void release(sx_step *s) {
    dynamic_state *st = s->state;
    if (!st) return;
    sx_product_free(st->forward);
    sx_prim_free(st->back_data);
    sx_prim_free(st->back_params);
}

static double flops(const sx_node *n) {
    return 2.0 * (double)sx_shape_count(n->shape) * n->inputs[0]->shape.c;
}

const sx_op sx_op_dynamic_linear = { .name = "dynamic_linear",
                                     .saves = SX_SAVES_INPUTS,
                                     .infer = infer,
                                     .prepare = prepare,
                                     .forward = forward,
                                     .backward = backward,
                                     .release = release,
                                     .flops = flops };

sx_node *sx_dynamic_linear(sx_graph *g, sx_node *x, sx_node *params, int64_t offset, int out) {
    sx_dynamic_attr a = { offset, out };
    sx_node *in[] = { x, params };
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &sx_op_dynamic_linear,
                                                         .inputs = in,
                                                         .input_count = 2,
                                                         .attr = &a,
                                                         .attr_size = sizeof a }));
}
