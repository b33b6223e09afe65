/* Dropout (Srivastava 2014). Kept values are scaled in training, so prediction skips the op. The
 * mask depends only on the image's key, the layer and the place within the image, not on threads,
 * batches or ranks. It is drawn again in the backward pass instead of being stored. */
#include "base/rng.h"
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_shape x = n->inputs[0]->shape, d = n->inputs[1]->shape;
    const sx_dropout_attr *a = n->attr;
    if (d.h != 1 || d.w != 1 || d.c != 4 || x.n % d.n != 0)
        return sx_fail(err, SX_ERR_MISMATCH, "draws must be [n][1][1][4] for the images of %d rows",
                       x.n);
    if (!(a->rate >= 0 && a->rate < 1))
        return sx_fail(err, SX_ERR_VALUE, "the dropout rate %g is not in [0, 1)", (double)a->rate);
    n->shape = x;
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    (void)p;
    return (s->inputs[1]->dtype == SX_F32 && s->inputs[0]->dtype == s->out->dtype) ||
           sx_fail(err, SX_ERR_INTERNAL, "dropout takes f32 draws and numbers of the plan's dtype");
}

typedef struct dropping {
    const sx_step *s;
    const void *from;
    void *to;
    bool add;
} dropping;

static uint64_t key_of(const float *draw) {
    uint64_t key = 0;
    for (int k = 0; k < 4; k++)
        key |= (uint64_t)draw[k] << 16 * k;
    return key;
}

static void rows(void *ctx, int64_t begin, int64_t end) {
    const dropping *j = ctx;
    const sx_dropout_attr *a = j->s->node->attr;
    const sx_shape shape = j->s->out->shape;
    const bool half = j->s->out->dtype == SX_BF16;
    const int64_t c = shape.c, per_image = sx_rows(shape) / j->s->inputs[1]->shape.n;
    const float kept = 1 / (1 - a->rate);
    for (int64_t r = begin; r < end; r++) {
        const uint64_t key = key_of((const float *)j->s->inputs[1]->data + r / per_image * 4);
        const uint64_t place = ((uint64_t)a->layer << 40) + (uint64_t)(r % per_image * c);
        for (int64_t k = r * c; k < (r + 1) * c; k++) {
            const bool stays = sx_rng_unit(key, place + (uint64_t)(k - r * c)) >= (double)a->rate;
            const float scale = stays ? kept : 0;
            if (half) {
                uint16_t *to = (uint16_t *)j->to + k;
                const float v = scale * sx_bf16_to_f32(((const uint16_t *)j->from)[k]);
                *to = sx_f32_to_bf16(j->add ? sx_bf16_to_f32(*to) + v : v);
            } else {
                float *to = (float *)j->to + k;
                const float v = scale * ((const float *)j->from)[k];
                *to = j->add ? *to + v : v;
            }
        }
    }
}

static void apply_mask(const sx_step *s, const void *from, void *to, bool add) {
    dropping j = { s, from, to, add };
    sx_share_work(s->plan, sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 16, rows,
                  &j);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    apply_mask(s, s->inputs[0]->data, s->out->data, false);
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    if (s->inputs[0]->grad)
        apply_mask(s, s->out->grad, s->inputs[0]->grad, sx_grad_accumulates(s->inputs[0]));
    return true;
}

const sx_op sx_op_dropout = { .name = "dropout",
                              .flags = SX_TAKES_ANY | SX_PREFERS_LAST_F32,
                              .saves = SX_SAVES_LAST,
                              .infer = infer,
                              .prepare = prepare,
                              .forward = forward,
                              .backward = backward };

sx_node *sx_dropout(sx_graph *g, sx_node *x, sx_node *draw, int layer, float rate) {
    const sx_dropout_attr a = { layer, rate };
    sx_node *in[] = { x, draw };
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &sx_op_dropout,
                                                         .inputs = in,
                                                         .input_count = 2,
                                                         .attr = &a,
                                                         .attr_size = sizeof a }));
}
