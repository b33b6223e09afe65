/* [n][h][w][c] to rows of c * h * w numbers, in the order of checkpoints made for nchw arrays. */
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_shape x = n->inputs[0]->shape;
    const int64_t count = (int64_t)x.h * x.w * x.c;
    if (count > INT32_MAX)
        return sx_fail(err, SX_ERR_LIMIT, "%lld numbers in a row", (long long)count);
    n->shape = (sx_shape){ x.n, 1, 1, (int)count };
    return true;
}

/* to[j][i] = from[i][j] */
/* NOLINTBEGIN(bugprone-macro-parentheses): `type` is a type */
#define TURN(type, name)                                                                           \
    static void name(type *restrict to, const type *restrict from, int rows, int columns) {        \
        for (int j = 0; j < columns; j++)                                                          \
            for (int i = 0; i < rows; i++)                                                         \
                to[(int64_t)j * rows + i] = from[(int64_t)i * columns + j];                        \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
TURN(float, turn_f32)
TURN(uint16_t, turn_bf16)

static void transpose(sx_dtype t, void *to, const void *from, int rows, int columns) {
    if (t == SX_F32)
        turn_f32(to, from, rows, columns);
    else
        turn_bf16(to, from, rows, columns);
}

typedef struct job {
    sx_dtype dtype;
    void *to;
    const void *from;
    int rows, columns;
} job;

static void images(void *ctx, int64_t begin, int64_t end) {
    const job *j = ctx;
    const size_t bytes = (size_t)j->rows * (size_t)j->columns * sx_dtype_size(j->dtype);
    for (int64_t i = begin; i < end; i++)
        transpose(j->dtype, (char *)j->to + (size_t)i * bytes,
                  (const char *)j->from + (size_t)i * bytes, j->rows, j->columns);
}

static double bytes_of(const sx_step *s) {
    return 2.0 * (double)sx_shape_count(s->out->shape) * (double)sx_dtype_size(s->out->dtype);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_shape x = s->inputs[0]->shape;
    job j = { s->out->dtype, s->out->data, s->inputs[0]->data, x.h * x.w, x.c };
    sx_share_work(s->plan, x.n, bytes_of(s), images, &j);
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_shape x = s->inputs[0]->shape;
    void *turned = sx_plan_scratch(s->plan);
    job j = { s->out->dtype, turned, s->out->grad, x.c, x.h * x.w };
    sx_share_work(s->plan, x.n, bytes_of(s), images, &j);
    sx_pass_grad(s, s->inputs[0], turned);
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    (void)err;
    if (sx_plan_training(p))
        sx_plan_need_scratch(p,
                             (size_t)sx_shape_count(s->out->shape) * sx_dtype_size(s->out->dtype));
    return true;
}

const sx_op sx_op_flatten = { .name = "flatten",
                              .infer = infer,
                              .prepare = prepare,
                              .forward = forward,
                              .again = forward,
                              .backward = backward };

sx_node *sx_flatten(sx_graph *g, sx_node *x) {
    return sx_node_simple(g, &sx_op_flatten, x, NULL, 0);
}
