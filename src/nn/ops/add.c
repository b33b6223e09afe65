/* The sum of two arrays of one shape, and FPN's nearest-neighbour upsampling. */
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    sx_shape a = n->inputs[0]->shape, b = n->inputs[1]->shape;
    if (!sx_same_shape(a, b))
        return sx_fail(err, SX_ERR_MISMATCH, "%dx%dx%dx%d and %dx%dx%dx%d cannot be added", a.n,
                       a.h, a.w, a.c, b.n, b.h, b.w, b.c);
    n->shape = a;
    return true;
}

static void range(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_kernels_get(s->out->dtype)
        ->add(s->out->data, s->inputs[0]->data, s->inputs[1]->data, s->act, begin, end);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    int64_t n = sx_shape_count(s->out->shape);
    sx_share_work(s->plan, n, (double)n * 8, range, s);
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const void *g = sx_step_grad(s);
    sx_pass_grad(s, s->inputs[0], g);
    sx_pass_grad(s, s->inputs[1], g);
    return true;
}

static bool infer_double(sx_node *n, sx_error *err) {
    (void)err;
    sx_shape x = n->inputs[0]->shape;
    n->shape = (sx_shape){ x.n, 2 * x.h, 2 * x.w, x.c };
    return true;
}

static void lines(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_kernels_get(s->out->dtype)
        ->upsample2x(s->out->data, s->inputs[0]->data, s->inputs[0]->shape, begin, end);
}

static bool forward_double(sx_step *s, sx_error *err) {
    (void)err;
    sx_shape x = s->inputs[0]->shape;
    sx_share_work(s->plan, (int64_t)x.n * x.h, (double)sx_shape_count(s->out->shape) * 4, lines, s);
    return true;
}

typedef struct double_job {
    sx_step *s;
    bool add;
} double_job;

static void back_lines(void *ctx, int64_t begin, int64_t end) {
    double_job *j = ctx;
    sx_value *x = j->s->inputs[0];
    sx_kernels_get(x->dtype)->upsample2x_back(x->grad, j->s->out->grad, x->shape, j->add, begin,
                                              end);
}

static bool backward_double(sx_step *s, sx_error *err) {
    (void)err;
    sx_value *x = s->inputs[0];
    if (!x->grad) return true;
    double_job j = { s, sx_grad_accumulates(x) };
    sx_share_work(s->plan, (int64_t)x->shape.n * x->shape.h,
                  (double)sx_shape_count(s->out->shape) * 4, back_lines, &j);
    return true;
}

const sx_op sx_op_add = { .name = "add",
                          .folded_as = SX_FOLD_SUM,
                          .infer = infer,
                          .forward = forward,
                          .again = forward,
                          .backward = backward };
const sx_op sx_op_upsample2x = { .name = "upsample2x",
                                 .infer = infer_double,
                                 .forward = forward_double,
                                 .again = forward_double,
                                 .backward = backward_double };

sx_node *sx_add(sx_graph *g, sx_node *a, sx_node *b) {
    sx_node *in[] = { a, b };
    return sx_node_done(
        sx_node_begin(g, (sx_node_spec){ .op = &sx_op_add, .inputs = in, .input_count = 2 }));
}
sx_node *sx_upsample2x(sx_graph *g, sx_node *x) {
    return sx_node_simple(g, &sx_op_upsample2x, x, NULL, 0);
}
