/* Places all values in one block of memory. Two values share bytes if they are never needed at the
 * same time. Times: the forward step i runs at time i (0 .. S-1); in training its backward step
 * runs at time 2 S - 1 - i. */
#include <stdlib.h>

#include "nn/plan_impl.h"

enum { ALIGN = 64 };

typedef struct interval {
    size_t bytes, *offset;
    int first, last;
} interval;

void sx_value_use(sx_value *v, int time) {
    if (v->pieces) {
        for (int i = 0; i < v->piece_count; i++)
            sx_value_use(v->pieces[i], time);
        return;
    }
    v = sx_value_base(v);
    const bool again = v->again_from && time >= v->again_from;
    int *first = again ? &v->again_first : &v->first, *last = again ? &v->again_last : &v->last;
    if (*first < 0 || time < *first) *first = time;
    if (time > *last) *last = time;
}

static bool needs_grad(const sx_value *v) {
    if (v->pieces) {
        for (int i = 0; i < v->piece_count; i++)
            if (needs_grad(v->pieces[i])) return true;
        return false;
    }
    return v->needs_grad;
}

static bool has_trainable(const sx_plan *p, const sx_node *n) {
    for (int i = 0; n && i < n->param_count; i++)
        if (n->params[i] && sx_store_trainable(p->store, n->params[i])) return true;
    return false;
}

static void spread_wants_grad(sx_plan *p) {
    for (int i = 0; i < p->step_count; i++) {
        sx_step *s = p->steps[i];
        bool any = has_trainable(p, s->node) || has_trainable(p, s->bn);
        for (int k = 0; k < s->input_count; k++)
            any = any || needs_grad(s->inputs[k]);
        if (s->residual) any = any || needs_grad(s->residual);
        s->out->needs_grad =
            any && (s->op->backward || (s->op->flags & SX_IS_VIEW)) && !s->op->stops_gradient;
    }
}

static void use_grad(sx_value *v, int time) {
    if (v->pieces) {
        for (int i = 0; i < v->piece_count; i++)
            use_grad(v->pieces[i], time);
        return;
    }
    if (!v->needs_grad) return;
    v = sx_value_base(v);
    if (v->grad_first < 0 || time < v->grad_first) v->grad_first = time;
    if (time > v->grad_last) v->grad_last = time;
}

static void mark_times(sx_plan *p) {
    int S = p->step_count;
    for (int i = 0; i < S; i++) {
        sx_step *s = p->steps[i];
        for (int k = 0; k < s->input_count; k++)
            sx_value_use(s->inputs[k], i);
        if (s->residual) sx_value_use(s->residual, i);
        sx_value_use(s->out, i);
        if (!p->options.training || !s->out->needs_grad) continue;
        int back = 2 * S - 1 - i;
        for (int k = 0; k < s->input_count; k++) {
            const bool last = (s->op->saves & SX_SAVES_LAST) && k == s->input_count - 1;
            if ((s->op->saves & SX_SAVES_INPUTS) || last) sx_value_use(s->inputs[k], back);
            use_grad(s->inputs[k], back);
        }
        const bool masks = s->act == SX_ACT_RELU && (s->op->flags & SX_MASKS);
        if ((s->op->saves & SX_SAVES_OUTPUT) || (s->act != SX_ACT_NONE && !masks))
            sx_value_use(s->out, back);
        if (s->residual) use_grad(s->residual, back);
        use_grad(s->out, back);
    }
    int end = p->options.training ? 2 * S : S;
    for (int i = 0; i < sx_graph_outputs(p->graph); i++) {
        sx_value *v = p->of_node[sx_graph_output_at(p->graph, i, NULL)->index];
        sx_value_use(v, end);
        if (p->options.training) use_grad(v, S); /* the caller fills it between run and backward */
    }
    for (size_t i = 0; i < sx_graph_node_count(p->graph); i++) {
        const sx_node *n = sx_graph_node(p->graph, i);
        if (sx_node_is_input(n)) sx_value_use(p->of_node[n->index], 0);
    }
    for (int i = 0; p->options.keep_all && i < p->value_count; i++)
        if (!p->values[i]->pieces) sx_value_use(p->values[i], end);
}

/* The sum overwrites the residual if no later step reads the residual. */
static void share_residuals(sx_plan *p) {
    for (int i = 0; i < p->step_count; i++) {
        sx_step *s = p->steps[i];
        if (!s->residual || p->options.training) continue;
        sx_value *r = sx_value_base(s->residual);
        if (r->last != i || r->dtype != s->out->dtype || r == sx_value_base(s->inputs[0])) continue;
        bool input = false;
        for (size_t k = 0; k < sx_graph_node_count(p->graph); k++)
            input = input || (sx_node_is_input(sx_graph_node(p->graph, k)) && p->of_node[k] == r);
        if (input) continue;
        s->residual_in_place = true;
        int last = s->out->last;
        s->out->base = r;
        sx_value_use(r, last);
    }
}

static int by_bytes(const void *a, const void *b) {
    const interval *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
    return x->first - y->first;
}

/* Places the largest first, each at the lowest offset that is free during its whole lifetime. */
static size_t place_values(interval *v, int n) {
    size_t end = 0;
    qsort(v, (size_t)n, sizeof *v, by_bytes);
    interval **placed = calloc((size_t)n + 1, sizeof *placed); /* sorted by offset */
    if (!placed) return SIZE_MAX;
    for (int i = 0; i < n; i++) {
        size_t at = 0;
        for (int k = 0; k < i; k++) {
            const interval *o = placed[k];
            if (o->last < v[i].first || o->first > v[i].last) continue;
            if (at + v[i].bytes <= *o->offset) break;
            if (*o->offset + o->bytes > at) at = *o->offset + o->bytes;
        }
        *v[i].offset = at;
        if (at + v[i].bytes > end) end = at + v[i].bytes;
        int k = i;
        for (; k > 0 && *placed[k - 1]->offset > at; k--)
            placed[k] = placed[k - 1];
        placed[k] = &v[i];
    }
    free(placed);
    return end;
}

static size_t rounded(size_t bytes) {
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static void set_pointers(sx_plan *p) {
    char *m = p->memory;
    for (int i = 0; i < p->value_count; i++) {
        sx_value *v = p->values[i], *b = sx_value_base(v);
        if (v->pieces) continue;
        v->data = m + b->offset;
        if (v->needs_grad && b->grad_first >= 0) v->grad = m + b->grad_offset;
    }
}

bool sx_plan_place(sx_plan *p, sx_error *err) {
    if (p->options.training) spread_wants_grad(p);
    sx_plan_propose_replays(p);
    mark_times(p);
    if (!sx_plan_choose_replays(p, err)) return false;
    share_residuals(p);
    interval *v = sx_calloc_for((size_t)p->value_count * 3 + 1, sizeof *v, "plan", err);
    if (!v) return false;
    int n = 0;
    for (int i = 0; i < p->value_count; i++) {
        sx_value *x = p->values[i];
        if (x->pieces || x->base || x->first < 0) continue;
        v[n++] = (interval){ rounded(sx_value_bytes(x)), &x->offset, x->first, x->last };
        if (x->again_first >= 0)
            v[n++] = (interval){ rounded(sx_value_bytes(x)), &x->again_offset, x->again_first,
                                 x->again_last };
        if (x->grad_first >= 0)
            v[n++] = (interval){ rounded(sx_value_bytes(x)), &x->grad_offset, x->grad_first,
                                 x->grad_last };
    }
    p->memory_bytes = place_values(v, n);
    free(v);
    p->memory = p->memory_bytes == SIZE_MAX ? NULL : sx_aligned_alloc(p->memory_bytes + ALIGN);
    if (!p->memory)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for activations (%zu bytes)",
                       p->memory_bytes);
    set_pointers(p);
    return true;
}
