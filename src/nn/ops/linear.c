/* Fully connected layer over the innermost dimension. */
#include <string.h>

#include "nn/ops/common.h"
#include "nn/plan.h"
#include "nn/product.h"

typedef struct linear_state {
    sx_product *forward;
    const void *weights;
    float *bias;
    sx_prim *back_data, *back_weights; /* training; NULL where no gradient is needed */
    size_t weights_at, data_at;        /* bytes into the scratch */
} linear_state;

static bool infer(sx_node *n, sx_error *err) {
    const sx_linear_attr *a = n->attr;
    if (a->out < 1) return sx_fail(err, SX_ERR_VALUE, "%d outputs", a->out);
    n->shape = n->inputs[0]->shape;
    n->shape.c = a->out;
    return true;
}

static double flops(const sx_node *n) {
    return 2.0 * (double)sx_shape_count(n->shape) * n->inputs[0]->shape.c;
}

/* dX = dY W and dW += dY^T X, with the weights in the checkpoint's layout [out][in]. */
static bool prepare_training(sx_plan *p, sx_step *s, sx_error *err) {
    linear_state *st = s->state;
    const int64_t k = s->inputs[0]->shape.c, m = sx_rows(s->out->shape), n = s->out->shape.c;
    const sx_dtype t = s->inputs[0]->dtype;
    size_t own = sx_product_scratch(st->forward);
    float *grad;
    if (!sx_step_param_grad(s, SX_WEIGHT, &grad, err)) return false;
    if (sx_reduce_scratch(p, n) > own) own = sx_reduce_scratch(p, n);
    if (s->out->needs_grad && s->inputs[0]->needs_grad) {
        st->back_data = sx_prim_matmul(&(sx_matmul_desc){ .batch = 1,
                                                          .m = m,
                                                          .n = k,
                                                          .k = n,
                                                          .a_stride = { m * n, n, 1 },
                                                          .b_stride = { n * k, k, 1 },
                                                          .c_stride = { m * k, k, 1 },
                                                          .a_dtype = t,
                                                          .b_dtype = t,
                                                          .c_dtype = t },
                                       err);
        if (!st->back_data) return false;
        if (sx_prim_scratch(st->back_data) > own) own = sx_prim_scratch(st->back_data);
    }
    if (s->out->needs_grad && grad) {
        st->back_weights = sx_prim_matmul(&(sx_matmul_desc){ .batch = 1,
                                                             .m = n,
                                                             .n = k,
                                                             .k = m,
                                                             .a_stride = { m * n, 1, n },
                                                             .b_stride = { m * k, k, 1 },
                                                             .c_stride = { n * k, k, 1 },
                                                             .a_dtype = t,
                                                             .b_dtype = t,
                                                             .c_dtype = SX_F32,
                                                             .add_c = true },
                                          err);
        if (!st->back_weights) return false;
        if (sx_prim_scratch(st->back_weights) > own) own = sx_prim_scratch(st->back_weights);
    }
    st->weights_at = (own + 63) / 64 * 64;
    size_t weights = sx_prim_weight_bytes(sx_product_prim(st->forward));
    if ((size_t)(n * k) * sizeof(float) > weights) weights = (size_t)(n * k) * sizeof(float);
    st->data_at = st->weights_at + (weights + 63) / 64 * 64;
    sx_plan_need_scratch(p, st->data_at + (size_t)(m * (k > n ? k : n)) * sizeof(float));
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_linear_attr *a = s->node->attr;
    linear_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    if (!st) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    const int64_t k = s->inputs[0]->shape.c, m = sx_rows(s->out->shape), n = a->out;
    st->forward = sx_product_new(&(sx_matmul_desc){ .batch = 1,
                                                    .m = m,
                                                    .n = n,
                                                    .k = k,
                                                    .a_stride = { m * k, k, 1 },
                                                    .c_stride = { m * n, n, 1 },
                                                    .a_dtype = s->inputs[0]->dtype,
                                                    .b_dtype = s->inputs[0]->dtype,
                                                    .c_dtype = s->out->dtype,
                                                    .pack_b = true,
                                                    .bias = a->bias,
                                                    .add_c = s->residual,
                                                    .act = s->act },
                                 sx_plan_threads(p), err);
    if (!st->forward) return false;
    s->kernel = sx_prim_kernel(sx_product_prim(st->forward));
    sx_plan_need_scratch(p, sx_product_scratch(st->forward));
    if (a->bias) {
        const float *b = sx_store_f32(sx_plan_store(p), s->node->params[SX_BIAS]);
        st->bias = sx_plan_alloc(p, (size_t)n, sizeof *st->bias);
        if (!b || !st->bias) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
        memcpy(st->bias, b, (size_t)n * sizeof *b);
    }
    if (sx_plan_training(p)) return prepare_training(p, s, err);
    st->weights = sx_packed_weights(p, sx_product_prim(st->forward), s->node->params[SX_WEIGHT],
                                    NULL, NULL, err);
    return st->weights != NULL;
}

/* Packs the current weights: in training they change with every step. NULL on failure. */
static const void *fresh_weights(sx_step *s, sx_error *err) {
    linear_state *st = s->state;
    const float *w = sx_step_param(s, SX_WEIGHT, err),
                *b = st->bias ? sx_step_param(s, SX_BIAS, err) : NULL;
    void *packed = (char *)sx_plan_scratch(s->plan) + st->weights_at;
    if (!w || (st->bias && !b)) return NULL;
    if (b) memcpy(st->bias, b, (size_t)s->out->shape.c * sizeof *b);
    return sx_prim_pack(sx_product_prim(st->forward), w, packed, err) ? packed : NULL;
}

static bool forward(sx_step *s, sx_error *err) {
    linear_state *st = s->state;
    const void *w = sx_plan_training(s->plan) ? fresh_weights(s, err) : st->weights;
    if (!w) return false;
    if (s->residual && !s->residual_in_place)
        memcpy(s->out->data, s->residual->data,
               (size_t)sx_shape_count(s->out->shape) * sx_dtype_size(s->out->dtype));
    return sx_product_run(st->forward,
                          &(sx_prim_args){ .src = s->inputs[0]->data,
                                           .weights = w,
                                           .bias = st->bias,
                                           .dst = s->out->data,
                                           .scratch = sx_plan_scratch(s->plan) },
                          err);
}

static bool back_data(sx_step *s, const void *g, sx_error *err) {
    linear_state *st = s->state;
    sx_value *x = s->inputs[0];
    const float *w = sx_step_param(s, SX_WEIGHT, err);
    const void *weights = w;
    void *to = (char *)sx_plan_scratch(s->plan) + st->data_at;
    if (!w) return false;
    if (x->dtype == SX_BF16) {
        void *half = (char *)sx_plan_scratch(s->plan) + st->weights_at;
        sx_kernels_get(SX_BF16)->from_f32(half, w, (int64_t)x->shape.c * s->out->shape.c);
        weights = half;
    }
    const sx_prim_args args = {
        .src = g, .weights = weights, .dst = to, .scratch = sx_plan_scratch(s->plan)
    };
    if (!sx_prim_run(st->back_data, &args, err)) return false;
    sx_pass_grad(s, x, to);
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    linear_state *st = s->state;
    const void *g = sx_step_grad(s);
    const int64_t rows = sx_rows(s->out->shape);
    float *bias, *weights;
    if (!sx_step_param_grad(s, SX_BIAS, &bias, err) ||
        !sx_step_param_grad(s, SX_WEIGHT, &weights, err))
        return false;
    if (s->residual) sx_pass_grad(s, s->residual, g);
    if (bias) sx_add_column_sums(s, bias, g, rows, s->out->shape.c, NULL);
    if (s->out->dtype != s->inputs[0]->dtype) { /* an f32 output of a bf16 layer */
        void *half = (char *)sx_plan_scratch(s->plan) + st->data_at;
        sx_kernels_get(SX_BF16)->from_f32(half, g, sx_shape_count(s->out->shape));
        memcpy(s->out->grad, half, (size_t)sx_shape_count(s->out->shape) * sizeof(uint16_t));
    }
    const sx_prim_args args = {
        .src = g, .weights = s->inputs[0]->data, .dst = weights, .scratch = sx_plan_scratch(s->plan)
    };
    if (weights && st->back_weights && !sx_prim_run(st->back_weights, &args, err)) return false;
    return !st->back_data || back_data(s, g, err);
}

static void release(sx_step *s) {
    linear_state *st = s->state;
    if (!st) return;
    sx_product_free(st->forward);
    sx_prim_free(st->back_data);
    sx_prim_free(st->back_weights);
}

const sx_op sx_op_linear = { .name = "linear",
                             .flags = SX_MAY_GIVE_F32,
                             .folds = SX_FOLD_SUM | SX_FOLD_ACT,
                             .saves = SX_SAVES_INPUTS,
                             .infer = infer,
                             .prepare = prepare,
                             .forward = forward,
                             .again = forward,
                             .backward = backward,
                             .release = release,
                             .flops = flops };

sx_node *sx_linear(sx_graph *g, sx_node *x, const char *name, int out, bool bias) {
    sx_linear_attr a = { out, bias };
    sx_node *n = sx_node_begin(g, (sx_node_spec){ .op = &sx_op_linear,
                                                  .name = name,
                                                  .inputs = &x,
                                                  .input_count = 1,
                                                  .attr = &a,
                                                  .attr_size = sizeof a });
    if (!n) return NULL;
    sx_node_param(n, SX_WEIGHT, SX_PARAM_WEIGHT, "weight", 2, (int64_t[]){ out, x->shape.c });
    if (bias) sx_node_param(n, SX_BIAS, SX_PARAM_BIAS, "bias", 1, (int64_t[]){ out });
    return sx_node_done(n);
}
