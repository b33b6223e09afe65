/* Fast normalised fusion (Tan 2020, sec. 3.3): sum of max(w_i, 0) x_i over eps + sum of max(w_i,
 * 0). */
#include "nn/ops/common.h"

static const double eps = 1e-4;

static bool infer(sx_node *n, sx_error *err) {
    if (n->input_count < 1 || n->input_count > SX_WEIGHTED_SUM_MAPS)
        return sx_fail(err, SX_ERR_VALUE, "%d maps; a weighted sum takes 1 to %d", n->input_count,
                       SX_WEIGHTED_SUM_MAPS);
    for (int i = 1; i < n->input_count; i++)
        if (!sx_same_shape(n->inputs[i]->shape, n->inputs[0]->shape))
            return sx_fail(err, SX_ERR_MISMATCH, "maps 1 and %d have different shapes", i + 1);
    n->shape = n->inputs[0]->shape;
    return true;
}

typedef struct shares_state {
    float share[SX_WEIGHTED_SUM_MAPS]; /* max(w_i, 0) / sum */
    double sum;
    bool active[SX_WEIGHTED_SUM_MAPS]; /* w_i > 0 */
} shares_state;

static bool find_shares(sx_step *s, sx_error *err) {
    shares_state *st = s->state;
    const float *w = sx_store_f32(sx_plan_store(s->plan), s->node->params[SX_WEIGHT]);
    if (!w) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the weights");
    st->sum = eps;
    for (int i = 0; i < s->input_count; i++)
        st->sum += w[i] < 0 ? 0 : (double)w[i]; /* keeps NaN */
    for (int i = 0; i < s->input_count; i++) {
        st->active[i] = w[i] > 0;
        st->share[i] = w[i] < 0 ? 0 : (float)((double)w[i] / st->sum);
    }
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    s->state = sx_plan_alloc(p, 1, sizeof(shares_state));
    if (!s->state) return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (sx_plan_training(p)) sx_plan_need_scratch(p, sx_reduce_scratch(p, s->input_count));
    return find_shares(s, err);
}

typedef struct sum_job {
    void *y;
    const void *x[SX_WEIGHTED_SUM_MAPS];
    const float *share;
    int count;
    bool add;
    sx_dtype dtype;
} sum_job;

static void range(void *ctx, int64_t begin, int64_t end) {
    const sum_job *j = ctx;
    sx_kernels_get(j->dtype)->weighted_sum(j->y, j->x, j->share, j->count, j->add, begin, end);
}

static bool forward(sx_step *s, sx_error *err) {
    const shares_state *st = s->state;
    const int64_t n = sx_shape_count(s->out->shape);
    sum_job j = {
        .y = s->out->data, .share = st->share, .count = s->input_count, .dtype = s->out->dtype
    };
    if (sx_plan_training(s->plan) && !find_shares(s, err)) return false;
    for (int i = 0; i < s->input_count; i++)
        j.x[i] = s->inputs[i]->data;
    sx_share_work(s->plan, n, (double)n * 8, range, &j);
    return true;
}

/* The gradient of the sum times each map. */
static void add_dots(void *ctx, double *part, int64_t begin, int64_t end) {
    const sx_step *s = ctx;
    const int c = s->out->shape.c;
    for (int i = 0; i < s->input_count; i++)
        part[i] += sx_kernels_get(s->out->dtype)
                       ->dot(s->out->grad, s->inputs[i]->data, begin * c, end * c);
}

/* d share_i / d w_j = (i == j) / sum - share_i / sum where w_j > 0 */
static void back_weights(sx_step *s, float *grad) {
    const shares_state *st = s->state;
    double dot[SX_WEIGHTED_SUM_MAPS], mean = 0;
    sx_reduce_rows(s, sx_rows(s->out->shape), s->input_count, add_dots, s, dot);
    for (int i = 0; i < s->input_count; i++)
        mean += (double)st->share[i] * dot[i];
    for (int i = 0; i < s->input_count; i++)
        if (st->active[i]) grad[i] += (float)((dot[i] - mean) / st->sum);
}

static bool backward(sx_step *s, sx_error *err) {
    const shares_state *st = s->state;
    const int64_t n = sx_shape_count(s->out->shape);
    float *grad;
    if (!sx_step_param_grad(s, SX_WEIGHT, &grad, err)) return false;
    if (grad) back_weights(s, grad);
    for (int i = 0; i < s->input_count; i++) {
        if (!s->inputs[i]->grad) continue;
        sum_job j = { .y = s->inputs[i]->grad,
                      .x = { s->out->grad },
                      .share = &st->share[i],
                      .count = 1,
                      .add = sx_grad_accumulates(s->inputs[i]),
                      .dtype = s->out->dtype };
        sx_share_work(s->plan, n, (double)n * 8, range, &j);
    }
    return true;
}

const sx_op sx_op_weighted_sum = { .name = "weighted_sum",
                                   .saves = SX_SAVES_INPUTS,
                                   .infer = infer,
                                   .prepare = prepare,
                                   .forward = forward,
                                   .again = forward,
                                   .backward = backward };

sx_node *sx_weighted_sum(sx_graph *g, sx_node *const *x, int count, const char *name) {
    sx_node *n = sx_node_begin(
        g, (sx_node_spec){
               .op = &sx_op_weighted_sum, .name = name, .inputs = x, .input_count = count });
    sx_node_param(n, SX_WEIGHT, SX_PARAM_NORM, "", 1, (int64_t[]){ count });
    return sx_node_done(n);
}
