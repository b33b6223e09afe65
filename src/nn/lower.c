/* Makes the steps of a graph: folds norms, sums and activations into the preceding step, moves
 * means before pointwise products, and keeps concatenations as lists of pieces. Each op's sx_op
 * states what is allowed; only `cast` is referred to by name here. */
#include <string.h>

#include "nn/ops.h"
#include "nn/ops/attrs.h"
#include "nn/plan_impl.h"

typedef struct lowering {
    sx_plan *p;
    sx_error *err;
    int *reader_count; /* [node]: readers of the node; an output counts as one more */
    int *reader;       /* [node]: one of the readers */
    bool *f32_readers; /* [node]: every reader is an output or prefers f32 */
    bool *done;        /* [node]: already part of an earlier step */
    sx_value **cast;   /* [value]: its conversion to another dtype */
    sx_value **dense;  /* [value]: the pieces copied into one array */
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

/* Steps are appended in order, so copies and conversions of an input come before its reader. */
static sx_value *make_dense(lowering *l, sx_value *v) {
    if (!v->pieces) return v;
    if (l->dense[v->index]) return l->dense[v->index];
    sx_step *s = new_step(l->p, v->gather, NULL);
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

/* The only reader of n, if it may be folded into n or change places with it. */
static const sx_node *only_reader(const lowering *l, const sx_node *n) {
    if (l->p->options.plain || l->reader_count[n->index] != 1 || l->reader[n->index] < 0)
        return NULL;
    const sx_node *u = sx_graph_node(l->p->graph, (size_t)l->reader[n->index]);
    return l->done[u->index] ? NULL : u;
}

static bool fold_sum(const lowering *l, sx_step *s, const sx_node *tail, const sx_node *sum) {
    const sx_node *other = sum->inputs[0] == tail ? sum->inputs[1] : sum->inputs[0];
    sx_value *r = l->p->of_node[other->index];
    if (!r || other == tail || r->pieces || r->dtype != l->p->options.compute) return false;
    s->residual = r;
    return true;
}

static bool fold_act(sx_step *s, const sx_node *n) {
    const sx_act act = n->op->folded_act(n);
    if (!(s->op->folds & (act == SX_ACT_RELU ? SX_FOLD_RELU | SX_FOLD_ACT : SX_FOLD_ACT)))
        return false;
    s->act = act;
    return true;
}

static bool fold(const lowering *l, sx_step *s, sx_fold kind, const sx_node *tail,
                 const sx_node *u) {
    if (u->op->folded_as != kind) return false;
    if (u->op->can_fold && !u->op->can_fold(u, l->p->options.training)) return false;
    if (kind == SX_FOLD_ACT) return fold_act(s, u);
    if (!(s->op->folds & kind)) return false;
    if (kind == SX_FOLD_SUM) return fold_sum(l, s, tail, u);
    s->bn = u;
    return true;
}

/* Folds what follows `tail`; returns the last node that the step represents. */
static const sx_node *fold_tail(lowering *l, sx_step *s, const sx_node *tail) {
    static const sx_fold order[] = { SX_FOLD_NORM, SX_FOLD_SUM, SX_FOLD_ACT };
    for (int i = 0; i < 3; i++) {
        const sx_node *u = only_reader(l, tail);
        if (!u || !fold(l, s, order[i], tail, u)) continue;
        l->done[u->index] = true;
        tail = u;
    }
    return tail;
}

static sx_dtype result_dtype(const lowering *l, const sx_op *op, const sx_node *tail) {
    if (op->flags & SX_GIVES_F32) return SX_F32;
    const bool f32 = (op->flags & SX_MAY_GIVE_F32) && l->f32_readers[tail->index];
    return f32 ? SX_F32 : l->p->options.compute;
}

/* DenseNet's transition is a 1x1 convolution followed by a 2x2 average pool. In the other order it
 * needs a quarter of the products. */
static const sx_node *mean_to_swap(const lowering *l, const sx_node *n) {
    if (!n->op->is_pointwise || !n->op->is_pointwise(n)) return NULL;
    const sx_node *u = only_reader(l, n);
    return u && u->op->is_mean && u->op->is_mean(u) ? u : NULL;
}

static bool lower_plain(lowering *l, const sx_node *n, sx_value *const *in, int input_count,
                        const sx_node *tail) {
    sx_plan *p = l->p;
    sx_value *ready[SX_STEP_INPUTS];
    if (input_count > SX_STEP_INPUTS)
        return sx_fail(l->err, SX_ERR_INTERNAL, "%s has too many inputs", n->name);
    for (int i = 0; i < input_count; i++) {
        ready[i] = input_for(l, n->op, i, in[i]);
        if (!ready[i]) return no_memory(l);
    }
    sx_step *s = new_step(p, n->op, n);
    if (!s) return no_memory(l);
    memcpy(s->inputs, ready, sizeof(sx_value *) * (size_t)input_count);
    s->input_count = input_count;
    tail = fold_tail(l, s, tail);
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

static bool lower_pieces(lowering *l, const sx_node *n) {
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
    out->gather = n->op;
    p->of_node[n->index] = out;
    return true;
}

static bool lower_input(lowering *l, const sx_node *n) {
    sx_value *v =
        new_value(l->p, n->shape, l->f32_readers[n->index] ? SX_F32 : l->p->options.compute);
    if (!v) return no_memory(l);
    v->first = 0;
    l->p->of_node[n->index] = v;
    return true;
}

static bool lower_node(lowering *l, const sx_node *n) {
    sx_plan *p = l->p;
    if (l->done[n->index]) return true;
    if (sx_node_is_input(n)) return lower_input(l, n);
    if (n->op->flags & SX_GIVES_PIECES) return lower_pieces(l, n);
    sx_value *in[SX_STEP_INPUTS];
    if (n->input_count > SX_STEP_INPUTS)
        return sx_fail(l->err, SX_ERR_INTERNAL, "%s has too many inputs", n->name);
    for (int i = 0; i < n->input_count; i++)
        in[i] = p->of_node[n->inputs[i]->index];
    const sx_node *mean = mean_to_swap(l, n);
    if (!mean) return lower_plain(l, n, in, n->input_count, n);
    sx_value *x = input_for(l, mean->op, 0, in[0]);
    sx_step *s = x ? new_step(p, mean->op, mean) : NULL;
    sx_shape shape = mean->shape;
    shape.c = n->inputs[0]->shape.c;
    if (!s || !(s->out = new_value(p, shape, p->options.compute))) return no_memory(l);
    s->inputs[0] = x;
    s->input_count = 1;
    l->done[mean->index] = true;
    return lower_plain(l, n, &s->out, 1, mean);
}

static bool prefers_f32(const sx_node *n, int input) {
    return (n->op->flags & SX_PREFERS_F32) ||
           ((n->op->flags & SX_PREFERS_LAST_F32) && input == n->input_count - 1);
}

static void count_readers(lowering *l) {
    const sx_graph *g = l->p->graph;
    size_t count = sx_graph_node_count(g);
    for (size_t i = 0; i < count; i++) {
        l->reader[i] = -1;
        l->f32_readers[i] = true;
    }
    for (size_t i = 0; i < count; i++) {
        const sx_node *n = sx_graph_node(g, i);
        for (int k = 0; k < n->input_count; k++) {
            int x = n->inputs[k]->index;
            l->reader_count[x]++;
            l->reader[x] = (int)i;
            l->f32_readers[x] = l->f32_readers[x] && prefers_f32(n, k);
        }
    }
    for (int i = 0; i < sx_graph_outputs(g); i++) {
        int x = sx_graph_output_at(g, i, NULL)->index;
        l->reader_count[x]++;
    }
}

bool sx_plan_lower(sx_plan *p, sx_error *err) {
    size_t n = sx_graph_node_count(p->graph);
    size_t most = MAX_STEPS_PER_NODE * n + 8;
    p->step_cap = p->value_cap = (int)most;
    lowering l = { .p = p, .err = err };
    l.reader_count = sx_arena_alloc(p->arena, n, sizeof *l.reader_count);
    l.reader = sx_arena_alloc(p->arena, n, sizeof *l.reader);
    l.f32_readers = sx_arena_alloc(p->arena, n, sizeof *l.f32_readers);
    l.done = sx_arena_alloc(p->arena, n, sizeof *l.done);
    l.cast = sx_arena_alloc(p->arena, most, sizeof *l.cast);
    l.dense = sx_arena_alloc(p->arena, most, sizeof *l.dense);
    p->steps = sx_arena_alloc(p->arena, most, sizeof(sx_step *));
    p->values = sx_arena_alloc(p->arena, most, sizeof(sx_value *));
    p->of_node = sx_arena_alloc(p->arena, n, sizeof(sx_value *));
    if (!l.reader_count || !l.reader || !l.f32_readers || !l.done || !l.cast || !l.dense ||
        !p->steps || !p->values || !p->of_node)
        return no_memory(&l);
    count_readers(&l);
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
