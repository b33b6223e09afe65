/* Concatenation along channels. The planner keeps it as a list of pieces; a step of this op copies
 * them for a reader that needs one array. */
#include <string.h>

#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    sx_shape s = n->inputs[0]->shape;
    for (int i = 1; i < n->input_count; i++) {
        sx_shape x = n->inputs[i]->shape;
        if (x.n != s.n || x.h != s.h || x.w != s.w)
            return sx_fail(err, SX_ERR_MISMATCH, "%dx%dx%d and %dx%dx%d cannot be concatenated",
                           s.n, s.h, s.w, x.n, x.h, x.w);
        s.c += x.c;
    }
    n->shape = s;
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_value *x = s->inputs[0];
    sx_piece *pieces = s->state = sx_plan_alloc(p, (size_t)x->piece_count, sizeof *pieces);
    if (!pieces) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    for (int i = 0; i < x->piece_count; i++)
        pieces[i] = (sx_piece){ x->pieces[i]->data, x->pieces[i]->shape.c };
    if (sx_plan_training(p))
        sx_plan_need_scratch(p, (size_t)sx_shape_count(s->out->shape) * sizeof(float));
    return true;
}

static void rows(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_kernels_get(s->out->dtype)
        ->gather(s->out->data, s->state, s->inputs[0]->piece_count, begin, end);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    sx_piece *pieces = s->state;
    for (int i = 0; i < s->inputs[0]->piece_count; i++)
        pieces[i].data = s->inputs[0]->pieces[i]->data;
    sx_share_work(s->plan, sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 4, rows,
                  s);
    return true;
}

/* Copies each piece's columns of the gradient into the scratch and passes them on. */
static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_value *x = s->inputs[0];
    const size_t size = sx_dtype_size(s->out->dtype), row = (size_t)s->out->shape.c * size;
    const int64_t rows_count = sx_rows(s->out->shape);
    size_t at = 0;
    for (int k = 0; k < x->piece_count; k++) {
        sx_value *v = x->pieces[k];
        const size_t part = (size_t)v->shape.c * size;
        char *g = sx_plan_scratch(s->plan);
        for (int64_t r = 0; v->grad && r < rows_count; r++)
            memcpy(g + (size_t)r * part, (const char *)s->out->grad + (size_t)r * row + at, part);
        sx_pass_grad(s, v, g);
        at += part;
    }
    return true;
}

const sx_op sx_op_concat = { .name = "concat",
                             .flags = SX_TAKES_PIECES | SX_GIVES_PIECES,
                             .infer = infer,
                             .prepare = prepare,
                             .forward = forward,
                             .again = forward,
                             .backward = backward };

sx_node *sx_concat(sx_graph *g, sx_node *const *x, int count) {
    return sx_node_done(
        sx_node_begin(g, (sx_node_spec){ .op = &sx_op_concat, .inputs = x, .input_count = count }));
}
