/* Trades a little time for memory. Values that are cheap to compute (norms, activations, large
 * outputs of small inputs) are dropped after the forward pass and computed again just before the
 * backward pass reads them, from inputs that are in memory anyway (Pleiss 2017 for DenseNet; Chen
 * 2016 for networks in general). The numbers are the same, bit for bit. */
#include <stdlib.h>

#include "nn/plan_impl.h"

/* A matrix product is worth repeating only if its output is much larger than its input. */
enum { CHEAP_FLOPS_PER_OUTPUT = 16, MIN_EXPANSION = 8 };

static bool is_cheap(const sx_step *s) {
    if (!s->op->again || s->out->base) return false;
    const double out = (double)sx_shape_count(s->out->shape),
                 in = (double)sx_shape_count(s->inputs[0]->shape);
    const double flops = s->node && s->op->flops ? s->op->flops(s->node) : 0;
    return flops <= CHEAP_FLOPS_PER_OUTPUT * out || out >= MIN_EXPANSION * in;
}

void sx_plan_propose_replays(sx_plan *p) {
    if (!p->options.training || !p->options.recompute || p->options.keep_all) return;
    for (int i = 0; i < p->step_count; i++)
        if (is_cheap(p->steps[i])) p->steps[i]->out->again_from = p->step_count;
    for (int i = 0; i < sx_graph_outputs(p->graph); i++)
        sx_value_base(p->of_node[sx_graph_output_at(p->graph, i, NULL)->index])->again_from = 0;
}

/* Whether the value is in memory at that time without being kept longer. */
static bool is_available(sx_value *v, int time) {
    for (int i = 0; i < v->piece_count; i++)
        if (!is_available(v->pieces[i], time)) return false;
    if (v->pieces) return true;
    v = sx_value_base(v);
    return v->again_from || v->last >= time;
}

static bool inputs_are_available(const sx_step *s, int time) {
    for (int k = 0; k < s->input_count; k++)
        if (!is_available(s->inputs[k], time)) return false;
    return !s->residual || is_available(s->residual, time);
}

static void keep(sx_value *v) {
    v->again_from = 0;
    if (v->again_last > v->last) v->last = v->again_last;
    v->again_first = v->again_last = -1;
}

static int by_time(const void *a, const void *b) {
    const sx_replay *x = a, *y = b;
    return x->time != y->time ? x->time - y->time : x->step->index - y->step->index;
}

/* From the last step to the first, because the inputs of a repeated step are needed at that time
 * too. */
bool sx_plan_choose_replays(sx_plan *p, sx_error *err) {
    p->replays = sx_arena_alloc(p->arena, (size_t)p->step_count + 1, sizeof *p->replays);
    if (!p->replays) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a plan");
    for (int i = p->step_count - 1; i >= 0; i--) {
        sx_step *s = p->steps[i];
        const int time = s->out->again_first;
        if (!s->out->again_from || time < 0) continue;
        if (!inputs_are_available(s, time)) {
            keep(s->out);
            continue;
        }
        for (int k = 0; k < s->input_count; k++)
            sx_value_use(s->inputs[k], time);
        if (s->residual) sx_value_use(s->residual, time);
        p->replays[p->replay_count++] = (sx_replay){ time, s };
    }
    qsort(p->replays, (size_t)p->replay_count, sizeof *p->replays, by_time);
    return true;
}

void sx_plan_move_values(sx_plan *p, bool back) {
    for (int i = 0; p->replay_count && i < p->value_count; i++) {
        const sx_value *b = sx_value_base(p->values[i]);
        if (b->again_first >= 0)
            p->values[i]->data = (char *)p->memory + (back ? b->again_offset : b->offset);
    }
}
