/* Batch normalisation that stands alone (before an activation, as in DenseNet): one pass that also puts
 * the pieces of a concatenation together. */
#include "nn/ops/common.h"

typedef struct bn_state {
    float *scale, *shift;
    sx_piece *pieces;
    int piece_count;
} bn_state;

static bool infer(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->in[0]->shape;
    return true;
}

static bool list_pieces(sx_plan *p, sx_step *s, bn_state *st) {
    const sx_value *x = s->in[0];
    st->piece_count = x->pieces ? x->piece_count : 1;
    st->pieces = sx_plan_alloc(p, (size_t)st->piece_count, sizeof *st->pieces);
    for (int i = 0; st->pieces && i < st->piece_count; i++) {
        const sx_value *v = x->pieces ? x->pieces[i] : x;
        st->pieces[i] = (sx_piece){ v->data, v->shape.c };
    }
    return st->pieces != NULL;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    bn_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    size_t c = (size_t)s->out->shape.c;
    if (st) st->scale = sx_plan_alloc(p, c, sizeof(float));
    if (st) st->shift = sx_plan_alloc(p, c, sizeof(float));
    if (!st || !st->scale || !st->shift || !list_pieces(p, s, st))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    return sx_bn_affine(p, s->node, st->scale, st->shift, err);
}

static void rows(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    bn_state *st = s->state;
    sx_kernels_get(s->out->dtype)
        ->affine(s->out->data, st->pieces, st->piece_count, st->scale, st->shift, s->act == SX_ACT_RELU,
                 begin, end);
}

static void forward(sx_step *s) {
    sx_share_work(sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 4, rows, s);
}

static double flops(const sx_node *n) {
    return 2.0 * (double)sx_shape_count(n->shape);
}

const sx_op sx_op_batch_norm = { .name = "batch_norm",
                                 .flags = SX_TAKES_PIECES,
                                 .saves = SX_SAVES_INPUTS,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .forward = forward,
                                 .flops = flops };

sx_node *sx_batch_norm(sx_graph *g, sx_node *x, const char *name, sx_bn bn) {
    sx_node *n = sx_node_begin(
        g,
        (sx_node_spec){
            .op = &sx_op_batch_norm, .name = name, .in = &x, .ins = 1, .attr = &bn, .attr_size = sizeof bn });
    if (!n) return NULL;
    const int64_t c[] = { x->shape.c };
    sx_node_param(n, SX_WEIGHT, SX_PARAM_NORM, "weight", 1, c);
    sx_node_param(n, SX_BIAS, SX_PARAM_NORM, "bias", 1, c);
    sx_node_param(n, SX_MEAN, SX_PARAM_BUFFER, "running_mean", 1, c);
    sx_node_param(n, SX_VAR, SX_PARAM_BUFFER, "running_var", 1, c);
    if (bn.counter) sx_node_param(n, SX_COUNTER, SX_PARAM_COUNTER, "num_batches_tracked", 0, NULL);
    return sx_node_done(n);
}
