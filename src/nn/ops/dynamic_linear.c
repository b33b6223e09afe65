/* Sparse R-CNN's dynamic filters: each proposal brings its own matrix. */
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_dynamic_attr *a = n->attr;
    sx_shape x = n->in[0]->shape, p = n->in[1]->shape;
    if (x.n != sx_rows(p) || a->offset < 0 || a->offset + (int64_t)x.c * a->out > p.c)
        return sx_fail(err, SX_ERR_MISMATCH, "%d matrices %dx%d at %lld do not fit parameters %lldx%d", x.n,
                       x.c, a->out, (long long)a->offset, (long long)sx_rows(p), p.c);
    n->shape = x;
    n->shape.c = a->out;
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    sx_shape x = s->in[0]->shape, y = s->out->shape;
    const int64_t m = (int64_t)x.h * x.w, k = x.c, n = y.c, row = s->in[1]->shape.c;
    sx_prim *prim = s->state = sx_prim_matmul(&(sx_matmul_desc){ .batch = x.n,
                                                                 .m = m,
                                                                 .n = n,
                                                                 .k = k,
                                                                 .a_stride = { m * k, k, 1 },
                                                                 .b_stride = { row, n, 1 },
                                                                 .c_stride = { m * n, n, 1 },
                                                                 .a_dtype = s->in[0]->dtype,
                                                                 .b_dtype = s->in[1]->dtype,
                                                                 .c_dtype = s->out->dtype },
                                              err);
    if (!prim) return false;
    s->kernel = sx_prim_kernel(prim);
    sx_plan_need_scratch(p, sx_prim_scratch(prim));
    return true;
}

static void forward(sx_step *s) {
    const sx_dynamic_attr *a = s->node->attr;
    const char *matrices = (const char *)s->in[1]->data + (size_t)a->offset * sx_dtype_size(s->in[1]->dtype);
    sx_prim_run(s->state, &(sx_prim_args){ .src = s->in[0]->data,
                                           .weights = matrices,
                                           .dst = s->out->data,
                                           .scratch = sx_plan_scratch(s->plan) });
}

static void release(sx_step *s) {
    sx_prim_free(s->state);
}

static double flops(const sx_node *n) {
    return 2.0 * (double)sx_shape_count(n->shape) * n->in[0]->shape.c;
}

const sx_op sx_op_dynamic_linear = { .name = "dynamic_linear",
                                     .saves = SX_SAVES_INPUTS,
                                     .infer = infer,
                                     .prepare = prepare,
                                     .forward = forward,
                                     .release = release,
                                     .flops = flops };

sx_node *sx_dynamic_linear(sx_graph *g, sx_node *x, sx_node *params, int64_t offset, int out) {
    sx_dynamic_attr a = { offset, out };
    sx_node *in[] = { x, params };
    return sx_node_done(sx_node_begin(
        g, (sx_node_spec){
               .op = &sx_op_dynamic_linear, .in = in, .ins = 2, .attr = &a, .attr_size = sizeof a }));
}
