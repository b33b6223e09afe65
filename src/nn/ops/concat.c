/* Concatenation along channels. The planner keeps it as a list of pieces; the copy below is made only for a
 * reader that needs one array. */
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    sx_shape s = n->in[0]->shape;
    for (int i = 1; i < n->ins; i++) {
        sx_shape x = n->in[i]->shape;
        if (x.n != s.n || x.h != s.h || x.w != s.w)
            return sx_fail(err, SX_ERR_MISMATCH, "%dx%dx%d and %dx%dx%d cannot be put side by side", s.n, s.h,
                           s.w, x.n, x.h, x.w);
        s.c += x.c;
    }
    n->shape = s;
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_value *x = s->in[0];
    sx_piece *pieces = s->state = sx_plan_alloc(p, (size_t)x->piece_count, sizeof *pieces);
    if (!pieces) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    for (int i = 0; i < x->piece_count; i++)
        pieces[i] = (sx_piece){ x->pieces[i]->data, x->pieces[i]->shape.c };
    return true;
}

static void rows(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_kernels_get(s->out->dtype)->gather(s->out->data, s->state, s->in[0]->piece_count, begin, end);
}

static void forward(sx_step *s) {
    sx_share_work(sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 4, rows, s);
}

const sx_op sx_op_concat = {
    .name = "concat", .flags = SX_TAKES_PIECES, .infer = infer, .prepare = prepare, .forward = forward
};

sx_node *sx_concat(sx_graph *g, sx_node *const *x, int count) {
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &sx_op_concat, .in = x, .ins = count }));
}
