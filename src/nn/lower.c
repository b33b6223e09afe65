/* From the graph to steps: folds norms, additions and activations into the convolution before them,
 * swaps a 1x1 convolution with the average pool after it, keeps concatenations as lists of
 * pieces. */
#include <string.h>

#include "nn/ops.h"
#include "nn/ops/attrs.h"
#include "nn/plan_impl.h"

typedef struct lowering {
    sx_plan *p;
    sx_error *err;
    int *users;       /* [node]: how many read it; an output counts as one more */
    int *user;        /* [node]: one of them */
    bool *f32_users;  /* [node]: only outputs and readers of any dtype that want f32 */
    bool *done;       /* [node]: folded into an earlier step */
    sx_value **cast;  /* [value]: the same in the compute dtype */
    sx_value **dense; /* [value]: a concatenation put together */
} lowering;

enum { MAX_STEPS_PER_NODE = 4 };

static sx_value *new_value(sx_plan *p, sx_shape shape, sx_dtype dtype) {
    sx_value *v = sx_arena_alloc(p->arena, 1, sizeof *v);
    if (!v || p->value_count == p->value_cap) return NULL;
    v->shape = shape;
    v->dtype = dtype;
    v->first = v->last = v->grad_first = v->grad_last = v->again_first = v->again_last = -1;
    v->index = p->value_count;
    p->values[p->value_count++] = v;
    return v;
}

static sx_step *new_step(sx_plan *p, const sx_op *op, const sx_node *n) {
    sx_step *s = sx_arena_alloc(p->arena, 1, sizeof *s);
    if (!s || p->step_count == p->step_cap) return NULL;
    s->op = op;
    s->node = n;
    s->plan = p;
    s->index = p->step_count;
    s->kernel = "";
    p->steps[p->step_count++] = s;
    return s;
}

static bool no_memory(lowering *l) {
    return sx_fail(l->err, SX_ERR_MEMORY, "out of memory for a plan");
}

/* Steps are appended in order: what an input needs first (put together, converted) comes before. */
static sx_value *make_dense(lowering *l, sx_value *v) {
    if (!v->pieces) return v;
    if (l->dense[v->index]) return l->dense[v->index];
    sx_step *s = new_step(l->p, &sx_op_concat, NULL);
    sx_value *out = new_value(l->p, v->shape, v->dtype);
    if (!s || !out) return NULL;
    s->inputs[0] = v;
    s->input_count = 1;
    s->out = out;
    return l->dense[v->index] = out;
}

static sx_value *make_cast(lowering *l, sx_value *v, sx_dtype dtype) {
    if (v->dtype == dtype) return v;
    if (l->cast[v->index]) return l->cast[v->index];
    sx_step *s = new_step(l->p, &sx_op_cast, NULL);
    sx_value *out = new_value(l->p, v->shape, dtype);
    if (!s || !out) return NULL;
    s->inputs[0] = v;
    s->input_count = 1;
    s->out = out;
    return l->cast[v->index] = out;
}

static sx_value *input_for(lowering *l, const sx_op *op, int i, sx_value *v) {
    if (!(i == 0 && (op->flags & SX_TAKES_PIECES))) v = make_dense(l, v);
    if (v && !(op->flags & SX_TAKES_ANY)) v = make_cast(l, v, l->p->options.compute);
    return v;
}

static const sx_node *only_user(const lowering *l, const sx_node *n, const sx_op *op) {
    if (l->p->options.plain || l->users[n->index] != 1 || l->user[n->index] < 0) return NULL;
    const sx_node *u = sx_graph_node(l->p->graph, (size_t)l->user[n->index]);
    return u->op == op ? u : NULL;
}

static bool bn_is_affine(const lowering *l, const sx_node *bn) {
    return !l->p->options.training || ((const sx_bn *)bn->attr)->frozen;
}

/* Attaches what follows `tail` and can be folded; returns the last node that the step stands for.
 * In training only a ReLU: the way back through others needs what went into them. */
static const sx_node *fold_tail(lowering *l, sx_step *s, const sx_node *tail) {
    const sx_node *u = s->op == &sx_op_conv2d ? only_user(l, tail, &sx_op_batch_norm) : NULL;
    if (u && bn_is_affine(l, u)) {
        s->bn = u;
        tail = u;
        l->done[u->index] = true;
    }
    u = only_user(l, tail, &sx_op_add);
    if (u && !l->done[u->index]) {
        const sx_node *other = u->inputs[0] == tail ? u->inputs[1] : u->inputs[0];
        sx_value *r = l->p->of_node[other->index];
        if (r && other != tail && !r->pieces && r->dtype == l->p->options.compute) {
            s->residual = r;
            tail = u;
            l->done[u->index] = true;
        }
    }
    u = only_user(l, tail, &sx_op_activation);
    if (u && (!l->p->options.training || *(const sx_act *)u->attr == SX_ACT_RELU)) {
        s->act = *(const sx_act *)u->attr;
        tail = u;
        l->done[u->index] = true;
    }
    return tail;
}

static sx_dtype result_dtype(const lowering *l, const sx_op *op, const sx_node *tail) {
    if (op->flags & SX_GIVES_F32) return SX_F32;
    bool product = op == &sx_op_linear;
    return product && l->f32_users[tail->index] ? SX_F32 : l->p->options.compute;
}

/* Swapping a 1x1 convolution with the 2x2 average pool behind it (DenseNet's transition) gives the
 * same numbers for a quarter of the products: both are linear and one works across channels, the
 * other across pixels. */
static const sx_node *pool_to_swap(const lowering *l, const sx_node *conv) {
    const sx_conv *c = conv->attr;
    const sx_node *pool = only_user(l, conv, &sx_op_avg_pool);
    if (!pool || c->kernel != 1 || c->stride > 1 || c->pad || c->pad_more || c->bias ||
        c->groups > 1)
        return NULL;
    const sx_pool *a = pool->attr;
    return a->pad || a->pad_more || a->kernel != a->stride ? NULL : pool;
}

static bool lower_plain(lowering *l, const sx_node *n, sx_value *const *in, int ins,
                        const sx_node *tail) {
    sx_plan *p = l->p;
    sx_value *ready[SX_STEP_INPUTS];
    if (ins > SX_STEP_INPUTS)
        return sx_fail(l->err, SX_ERR_INTERNAL, "%s has too many inputs", n->name);
    for (int i = 0; i < ins; i++) {
        ready[i] = input_for(l, n->op, i, in[i]);
        if (!ready[i]) return no_memory(l);
    }
    sx_step *s = new_step(p, n->op, n);
    if (!s) return no_memory(l);
    memcpy(s->inputs, ready, sizeof(sx_value *) * (size_t)ins);
    s->input_count = ins;
    if (n->op == &sx_op_conv2d || n->op == &sx_op_linear)
        tail = fold_tail(l, s, tail);
    else if (n->op == &sx_op_batch_norm || n->op == &sx_op_layer_norm) {
        const sx_node *u = only_user(l, n, &sx_op_activation);
        if (u && *(const sx_act *)u->attr == SX_ACT_RELU) {
            s->act = SX_ACT_RELU;
            l->done[u->index] = true;
            tail = u;
        }
    }
    s->out =
        new_value(p, tail->shape, s->residual ? s->residual->dtype : result_dtype(l, n->op, tail));
    if (!s->out) return no_memory(l);
    if (n->op->flags & SX_IS_VIEW) {
        s->out->base = s->inputs[0];
        s->out->dtype = s->inputs[0]->dtype;
    }
    p->of_node[tail->index] = s->out;
    return true;
}

static bool lower_concat(lowering *l, const sx_node *n) {
    sx_plan *p = l->p;
    int count = 0;
    for (int i = 0; i < n->input_count; i++) {
        const sx_value *v = p->of_node[n->inputs[i]->index];
        count += v->pieces ? v->piece_count : 1;
    }
    sx_value *out = new_value(p, n->shape, p->options.compute);
    sx_value **pieces = sx_arena_alloc(p->arena, (size_t)count, sizeof *pieces);
    if (!out || !pieces) return no_memory(l);
    int k = 0;
    for (int i = 0; i < n->input_count; i++) {
        sx_value *v = p->of_node[n->inputs[i]->index];
        if (v->pieces)
            for (int j = 0; j < v->piece_count; j++)
                pieces[k++] = v->pieces[j];
        else
            pieces[k++] = v;
    }
    out->pieces = pieces;
    out->piece_count = count;
    p->of_node[n->index] = out;
    return true;
}

static bool lower_input(lowering *l, const sx_node *n) {
    sx_value *v =
        new_value(l->p, n->shape, l->f32_users[n->index] ? SX_F32 : l->p->options.compute);
    if (!v) return no_memory(l);
    v->first = 0;
    l->p->of_node[n->index] = v;
    return true;
}

static bool lower_node(lowering *l, const sx_node *n) {
    sx_plan *p = l->p;
    if (l->done[n->index]) return true;
    if (sx_node_is_input(n)) return lower_input(l, n);
    if (n->op == &sx_op_concat) return lower_concat(l, n);
    sx_value *in[SX_STEP_INPUTS];
    if (n->input_count > SX_STEP_INPUTS)
        return sx_fail(l->err, SX_ERR_INTERNAL, "%s has too many inputs", n->name);
    for (int i = 0; i < n->input_count; i++)
        in[i] = p->of_node[n->inputs[i]->index];
    const sx_node *pool = n->op == &sx_op_conv2d ? pool_to_swap(l, n) : NULL;
    if (!pool) return lower_plain(l, n, in, n->input_count, n);
    sx_value *x = input_for(l, &sx_op_avg_pool, 0, in[0]);
    sx_step *s = x ? new_step(p, &sx_op_avg_pool, pool) : NULL;
    sx_shape shape = pool->shape;
    shape.c = n->inputs[0]->shape.c;
    if (!s || !(s->out = new_value(p, shape, p->options.compute))) return no_memory(l);
    s->inputs[0] = x;
    s->input_count = 1;
    l->done[pool->index] = true;
    return lower_plain(l, n, &s->out, 1, pool);
}

static void count_users(lowering *l) {
    const sx_graph *g = l->p->graph;
    size_t count = sx_graph_node_count(g);
    for (size_t i = 0; i < count; i++) {
        l->user[i] = -1;
        l->f32_users[i] = true;
    }
    for (size_t i = 0; i < count; i++) {
        const sx_node *n = sx_graph_node(g, i);
        for (int k = 0; k < n->input_count; k++) {
            int x = n->inputs[k]->index;
            l->users[x]++;
            l->user[x] = (int)i;
            const bool draws = n->op == &sx_op_dropout && k == 1;
            bool wants = draws || ((n->op->flags & SX_GIVES_F32) && (n->op->flags & SX_TAKES_ANY) &&
                                   n->op != &sx_op_roi_align);
            l->f32_users[x] = l->f32_users[x] && wants;
        }
    }
    for (int i = 0; i < sx_graph_outputs(g); i++) {
        int x = sx_graph_output_at(g, i, NULL)->index;
        l->users[x]++;
    }
}

bool sx_plan_lower(sx_plan *p, sx_error *err) {
    size_t n = sx_graph_node_count(p->graph);
    size_t most = MAX_STEPS_PER_NODE * n + 8;
    p->step_cap = p->value_cap = (int)most;
    lowering l = { .p = p, .err = err };
    l.users = sx_arena_alloc(p->arena, n, sizeof *l.users);
    l.user = sx_arena_alloc(p->arena, n, sizeof *l.user);
    l.f32_users = sx_arena_alloc(p->arena, n, sizeof *l.f32_users);
    l.done = sx_arena_alloc(p->arena, n, sizeof *l.done);
    l.cast = sx_arena_alloc(p->arena, most, sizeof *l.cast);
    l.dense = sx_arena_alloc(p->arena, most, sizeof *l.dense);
    p->steps = sx_arena_alloc(p->arena, most, sizeof(sx_step *));
    p->values = sx_arena_alloc(p->arena, most, sizeof(sx_value *));
    p->of_node = sx_arena_alloc(p->arena, n, sizeof(sx_value *));
    if (!l.users || !l.user || !l.f32_users || !l.done || !l.cast || !l.dense || !p->steps ||
        !p->values || !p->of_node)
        return no_memory(&l);
    count_users(&l);
    for (size_t i = 0; i < n; i++)
        if (!lower_node(&l, sx_graph_node(p->graph, i))) return false;
    for (int i = 0; i < sx_graph_outputs(p->graph); i++) {
        sx_node *x = sx_graph_output_at(p->graph, i, NULL);
        sx_value *v = p->of_node[x->index] ? make_dense(&l, p->of_node[x->index]) : NULL;
        if (!v) return sx_fail(err, SX_ERR_INTERNAL, "output %s was folded away", x->name);
        p->of_node[x->index] = v;
    }
    return true;
}
