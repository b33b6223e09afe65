/* Fully connected layer over the innermost dimension. */
#include <string.h>

#include "nn/ops/common.h"

typedef struct linear_state {
    sx_prim *forward;
    const void *weights;
    const float *bias;
} linear_state;

static bool infer(sx_node *n, sx_error *err) {
    const sx_linear_attr *a = n->attr;
    if (a->out < 1) return sx_fail(err, SX_ERR_VALUE, "%d outputs", a->out);
    n->shape = n->in[0]->shape;
    n->shape.c = a->out;
    return true;
}

static double flops(const sx_node *n) {
    return 2.0 * (double)sx_shape_count(n->shape) * n->in[0]->shape.c;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_linear_attr *a = s->node->attr;
    linear_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    if (!st) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    const int64_t k = s->in[0]->shape.c, m = sx_rows(s->out->shape), n = a->out;
    st->forward = sx_prim_matmul(&(sx_matmul_desc){ .batch = 1,
                                                    .m = m,
                                                    .n = n,
                                                    .k = k,
                                                    .a_stride = { m * k, k, 1 },
                                                    .c_stride = { m * n, n, 1 },
                                                    .a_dtype = s->in[0]->dtype,
                                                    .b_dtype = s->in[0]->dtype,
                                                    .c_dtype = s->out->dtype,
                                                    .pack_b = true,
                                                    .bias = a->bias,
                                                    .add_c = s->residual,
                                                    .act = s->act },
                                 err);
    if (!st->forward) return false;
    s->kernel = sx_prim_kernel(st->forward);
    sx_plan_need_scratch(p, sx_prim_scratch(st->forward));
    if (a->bias) {
        const float *b = sx_store_f32(sx_plan_store(p), s->node->param[SX_BIAS]);
        float *copy = sx_plan_alloc(p, (size_t)n, sizeof *copy);
        if (!b || !copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
        memcpy(copy, b, (size_t)n * sizeof *copy);
        st->bias = copy;
    }
    st->weights = sx_packed_weights(p, st->forward, s->node->param[SX_WEIGHT], NULL, NULL, err);
    return st->weights != NULL;
}

static void forward(sx_step *s) {
    linear_state *st = s->state;
    if (s->residual && !s->residual_in_place)
        memcpy(s->out->data, s->residual->data,
               (size_t)sx_shape_count(s->out->shape) * sx_dtype_size(s->out->dtype));
    sx_prim_run(st->forward, &(sx_prim_args){ .src = s->in[0]->data,
                                              .weights = st->weights,
                                              .bias = st->bias,
                                              .dst = s->out->data,
                                              .scratch = sx_plan_scratch(s->plan) });
}

static void release(sx_step *s) {
    linear_state *st = s->state;
    if (st) sx_prim_free(st->forward);
}

const sx_op sx_op_linear = { .name = "linear",
                             .saves = SX_SAVES_INPUTS,
                             .infer = infer,
                             .prepare = prepare,
                             .forward = forward,
                             .release = release,
                             .flops = flops };

sx_node *sx_linear(sx_graph *g, sx_node *x, const char *name, int out, bool bias) {
    sx_linear_attr a = { out, bias };
    sx_node *n = sx_node_begin(
        g, (sx_node_spec){
               .op = &sx_op_linear, .name = name, .in = &x, .ins = 1, .attr = &a, .attr_size = sizeof a });
    if (!n) return NULL;
    sx_node_param(n, SX_WEIGHT, SX_PARAM_WEIGHT, "weight", 2, (int64_t[]){ out, x->shape.c });
    if (bias) sx_node_param(n, SX_BIAS, SX_PARAM_BIAS, "bias", 1, (int64_t[]){ out });
    return sx_node_done(n);
}
