/* Batch normalisation as a separate step (before an activation, as in DenseNet). One pass also
 * joins the pieces of a concatenation. In training the mean and variance of a piece are computed
 * once, by the first norm that reads it, and used by every other one (all later layers of a dense
 * block read its features). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/ops/common.h"

typedef struct bn_state {
    float *scale, *shift; /* y = x * scale + shift */
    sx_piece *pieces;
    int piece_count;
    /* [pieces]: this norm reads the piece first, and so is the last to add to its gradient */
    bool *settles;
    sx_bn_back_job *jobs; /* [pieces] */
    double *sums;         /* [2][channels] */
} bn_state;

static bool infer(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = n->inputs[0]->shape;
    return true;
}

static sx_value *piece_at(const sx_step *s, int i) {
    sx_value *x = s->inputs[0];
    return x->pieces ? x->pieces[i] : x;
}

static bool uses_batch(const sx_step *s) {
    return sx_plan_training(s->plan) && !((const sx_bn *)s->node->attr)->frozen;
}

static bool list_pieces(sx_plan *p, sx_step *s, bn_state *st) {
    const sx_value *x = s->inputs[0];
    st->piece_count = x->pieces ? x->piece_count : 1;
    st->pieces = sx_plan_alloc(p, (size_t)st->piece_count, sizeof *st->pieces);
    for (int i = 0; st->pieces && i < st->piece_count; i++) {
        const sx_value *v = piece_at(s, i);
        st->pieces[i] = (sx_piece){ v->data, v->shape.c };
    }
    return st->pieces != NULL;
}

static bool make_moments(sx_plan *p, sx_value *v) {
    const size_t c = (size_t)v->shape.c;
    v->mean = sx_plan_alloc(p, c, sizeof(float));
    v->var = sx_plan_alloc(p, c, sizeof(float));
    v->slope = sx_plan_alloc(p, c, sizeof(float));
    v->level = sx_plan_alloc(p, c, sizeof(float));
    return v->mean && v->var && v->slope && v->level;
}

static bool prepare_training(sx_plan *p, sx_step *s, bn_state *st) {
    const size_t c = (size_t)s->out->shape.c;
    st->settles = sx_plan_alloc(p, (size_t)st->piece_count, sizeof *st->settles);
    st->jobs = sx_plan_alloc(p, (size_t)st->piece_count, sizeof *st->jobs);
    st->sums = sx_plan_alloc(p, 2 * c, sizeof(double));
    sx_plan_need_scratch(p, sx_reduce_scratch(p, 2 * (int64_t)c));
    bool ok = st->settles && st->jobs && st->sums;
    for (int i = 0; ok && i < st->piece_count; i++) {
        sx_value *v = piece_at(s, i);
        st->settles[i] = !v->mean;
        if (!v->mean) ok = make_moments(p, v);
    }
    return ok;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    bn_state *st = s->state = sx_plan_alloc(p, 1, sizeof *st);
    const size_t c = (size_t)s->out->shape.c;
    if (st) st->scale = sx_plan_alloc(p, c, sizeof(float));
    if (st) st->shift = sx_plan_alloc(p, c, sizeof(float));
    if (!st || !st->scale || !st->shift || !list_pieces(p, s, st))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    if (sx_plan_training(p) && !prepare_training(p, s, st))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory");
    return sx_bn_affine(p, s->node, st->scale, st->shift, err);
}

/* ---- the batch's statistics ---- */

typedef struct moments_job {
    const sx_value *v;
    float *pivot;
} moments_job;

static void sum_moments(void *ctx, double *part, int64_t begin, int64_t end) {
    const moments_job *j = ctx;
    const int c = j->v->shape.c;
    sx_kernels_get(j->v->dtype)->moments(part, part + c, j->v->data, j->pivot, c, begin, end);
}

/* The number of ranks that share the batch's statistics. */
static int peers_of(const sx_step *s) {
    const sx_peers *p = sx_plan_get_options(s->plan)->peers;
    return p ? p->count : 1;
}

static void sum_peers(const sx_step *s, double *x, size_t n) {
    const sx_peers *p = sx_plan_get_options(s->plan)->peers;
    if (p) p->sum(p->ctx, x, n);
}

/* Converts sums around each rank's own pivot to sums around 0, which can be added over the ranks,
 * and back, in double. */
static void share_moments(const sx_step *s, const sx_value *v, double *sums) {
    const int c = v->shape.c;
    const double rows = (double)sx_rows(v->shape), all = rows * peers_of(s);
    if (peers_of(s) == 1) return;
    for (int i = 0; i < c; i++) {
        const double pivot = (double)v->var[i];
        sums[c + i] += pivot * (2 * sums[i] + rows * pivot);
        sums[i] += rows * pivot;
    }
    sum_peers(s, sums, 2 * (size_t)c);
    for (int i = 0; i < c; i++) {
        const double pivot = (double)v->var[i];
        sums[c + i] -= pivot * (2 * sums[i] - all * pivot);
        sums[i] -= all * pivot;
    }
}

/* Mean and population variance of each channel, with the first row as the pivot. */
static void find_moments(sx_step *s, sx_value *v, double *sums) {
    const int c = v->shape.c;
    const int64_t rows = sx_rows(v->shape);
    if (v->moments_run == sx_plan_run_number(s->plan)) return;
    v->moments_run = sx_plan_run_number(s->plan);
    moments_job j = { v, v->var };
    sx_kernels_get(v->dtype)->to_f32(v->var, v->data, c);
    sx_reduce_rows(s, rows, 2 * (int64_t)c, sum_moments, &j, sums);
    share_moments(s, v, sums);
    const double n = (double)rows * peers_of(s);
    for (int i = 0; i < c; i++) {
        const double m = sums[i] / n, q = sums[c + i] / n - m * m;
        v->mean[i] = (float)((double)v->var[i] + m);
        v->var[i] = (float)(q > 0 ? q : 0);
    }
}

static double eps_of(const sx_step *s) {
    const sx_bn *a = s->node->attr;
    return a->eps > 0 ? (double)a->eps : 1e-5;
}

/* Sets scale and shift from this batch and updates the running statistics. */
static bool use_batch(sx_step *s, sx_error *err) {
    bn_state *st = s->state;
    const sx_bn *a = s->node->attr;
    sx_store *store = sx_plan_store(s->plan);
    const double momentum = a->momentum > 0 ? (double)a->momentum : 0.1,
                 rows = (double)sx_rows(s->out->shape) * peers_of(s);
    const float *w = sx_step_param(s, SX_WEIGHT, err), *b = sx_step_param(s, SX_BIAS, err);
    float *mean = sx_store_f32_mutable(store, s->node->params[SX_MEAN]);
    float *var = sx_store_f32_mutable(store, s->node->params[SX_VAR]);
    int at = 0;
    if (!w || !b) return false;
    if (!mean || !var) return sx_fail(err, SX_ERR_INTERNAL, "running statistics cannot be written");
    for (int k = 0; k < st->piece_count; k++) {
        sx_value *v = piece_at(s, k);
        find_moments(s, v, st->sums);
        for (int i = 0; i < v->shape.c; i++, at++) {
            const double scale = (double)w[at] / sqrt((double)v->var[i] + eps_of(s));
            st->scale[at] = (float)scale;
            st->shift[at] = (float)((double)b[at] - (double)v->mean[i] * scale);
            if (!isfinite(v->mean[i]) || !isfinite(v->var[i]))
                continue; /* the trainer will reject this step */
            const double sample = (double)v->var[i] * rows / (rows > 1 ? rows - 1 : 1);
            mean[at] = (float)((1 - momentum) * (double)mean[at] + momentum * (double)v->mean[i]);
            var[at] = (float)((1 - momentum) * (double)var[at] + momentum * sample);
        }
    }
    if (a->counter) *sx_store_f32_mutable(store, s->node->params[SX_COUNTER]) += 1;
    return true;
}

/* ---- forward and backward ---- */

static void rows(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    bn_state *st = s->state;
    sx_kernels_get(s->out->dtype)
        ->affine(s->out->data, st->pieces, st->piece_count, st->scale, st->shift,
                 s->act == SX_ACT_RELU, begin, end);
}

static bool normalise(sx_step *s, sx_error *err) {
    (void)err;
    bn_state *st = s->state;
    for (int i = 0; i < st->piece_count; i++)
        st->pieces[i].data = piece_at(s, i)->data;
    sx_share_work(s->plan, sx_rows(s->out->shape), (double)sx_shape_count(s->out->shape) * 4, rows,
                  s);
    return true;
}

static bool forward(sx_step *s, sx_error *err) {
    return (!uses_batch(s) || use_batch(s, err)) && normalise(s, err);
}

/* dx = scale (g - mean(g) - xhat mean(g xhat)), xhat = (x - mean) / sigma. The first term needs no
 * sums and is added in the pass that computes them. The other terms are linear in x. They are
 * collected over all norms that read the value, and the last of these norms adds them in one more
 * pass ("settles" them). This halves the memory traffic of a dense block. */

/* Works on blocks of rows, all pieces of each block, because a narrow piece is only a cache line or
 * two in each wide row of the gradient. */
static void back_rows(void *ctx, double *part, int64_t begin, int64_t end) {
    enum { BLOCK = 128 };
    const sx_step *s = ctx;
    const bn_state *st = s->state;
    const int c = s->out->shape.c;
    for (int64_t r = begin; r < end; r += BLOCK) {
        const int64_t stop = r + BLOCK < end ? r + BLOCK : end;
        for (int k = 0, at = 0; k < st->piece_count; at += st->jobs[k].c, k++)
            sx_kernels_get(s->out->dtype)->bn_back(&st->jobs[k], part + at, part + c + at, r, stop);
    }
}

static void settle_rows(void *ctx, int64_t begin, int64_t end) {
    const sx_value *v = ctx;
    sx_kernels_get(v->dtype)->bn_settle(v->grad, v->data, v->slope, v->level, v->shape.c, begin,
                                        end);
}

static void collect(sx_step *s, sx_value *v, const double *sum, const double *dot,
                    const float *scale) {
    const double n = (double)sx_rows(v->shape) * peers_of(s);
    for (int i = 0; i < v->shape.c; i++) {
        const double inv2 = 1.0 / ((double)v->var[i] + eps_of(s));
        const double slope = -(double)scale[i] * inv2 * dot[i] / n;
        const double level = -(double)scale[i] * sum[i] / n - slope * (double)v->mean[i];
        v->slope[i] = (v->unsettled ? v->slope[i] : 0) + (float)slope;
        v->level[i] = (v->unsettled ? v->level[i] : 0) + (float)level;
    }
    v->unsettled = true;
}

static const float *running(const sx_step *s, int slot) {
    return sx_store_f32(sx_plan_store(s->plan), s->node->params[slot]);
}

static void set_jobs(sx_step *s) {
    bn_state *st = s->state;
    for (int k = 0, at = 0; k < st->piece_count; k++) {
        sx_value *v = piece_at(s, k);
        st->jobs[k] = (sx_bn_back_job){ .dx = v->grad,
                                        .add = v->grad && sx_grad_accumulates(v),
                                        .g = (const char *)s->out->grad +
                                             (size_t)at * sx_dtype_size(v->dtype),
                                        .x = v->data,
                                        .scale = st->scale + at,
                                        .shift = st->shift + at,
                                        .mean = uses_batch(s) ? v->mean : running(s, SX_MEAN) + at,
                                        .c = v->shape.c,
                                        .stride = s->out->shape.c,
                                        .relu = s->act == SX_ACT_RELU };
        at += v->shape.c;
    }
}

static bool settle(sx_step *s, sx_error *err) {
    (void)err;
    const bn_state *st = s->state;
    for (int k = 0; k < st->piece_count; k++) {
        sx_value *v = piece_at(s, k);
        if (!st->settles[k] || !v->unsettled) continue;
        sx_share_work(s->plan, sx_rows(v->shape), (double)sx_shape_count(v->shape) * 8, settle_rows,
                      v);
        v->unsettled = false;
    }
    return true;
}

static bool backward(sx_step *s, sx_error *err) {
    const bn_state *st = s->state;
    const int c = s->out->shape.c;
    const double *sum = st->sums, *dot = st->sums + c;
    const bool batch = uses_batch(s);
    float *dw, *db;
    if (!sx_step_param_grad(s, SX_WEIGHT, &dw, err) || !sx_step_param_grad(s, SX_BIAS, &db, err))
        return false;
    if (s->act != SX_ACT_RELU)
        (void)sx_step_grad(s); /* otherwise the pass itself applies the mask */
    set_jobs(s);
    sx_reduce_rows(s, sx_rows(s->out->shape), 2 * (int64_t)c, back_rows, s, st->sums);
    for (int k = 0, at = 0; k < st->piece_count; k++) {
        sx_value *v = piece_at(s, k);
        const float *var = batch ? v->var : running(s, SX_VAR) + at;
        for (int i = 0; i < v->shape.c; i++, at++) {
            if (dw) dw[at] += (float)(dot[at] / sqrt((double)var[i] + eps_of(s)));
            if (db) db[at] += (float)sum[at];
        }
    }
    if (batch)
        sum_peers(s, st->sums,
                  2 * (size_t)c); /* the trainer sums the gradients of the parameters */
    for (int k = 0, at = 0; batch && k < st->piece_count; at += piece_at(s, k)->shape.c, k++)
        if (piece_at(s, k)->grad) collect(s, piece_at(s, k), sum + at, dot + at, st->scale + at);
    return settle(s, err);
}

static double flops(const sx_node *n) {
    return 2.0 * (double)sx_shape_count(n->shape);
}

/* With running statistics it is an affine map. */
static bool can_fold(const sx_node *n, bool training) {
    return !training || ((const sx_bn *)n->attr)->frozen;
}

const sx_op sx_op_batch_norm = { .name = "batch_norm",
                                 .folds = SX_FOLD_RELU,
                                 .folded_as = SX_FOLD_NORM,
                                 .can_fold = can_fold,
                                 .flags = SX_TAKES_PIECES | SX_MASKS,
                                 .saves = SX_SAVES_INPUTS,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .forward = forward,
                                 .again = normalise,
                                 .backward = backward,
                                 .settle = settle,
                                 .flops = flops };

sx_node *sx_batch_norm(sx_graph *g, sx_node *x, const char *name, sx_bn bn) {
    sx_node *n = sx_node_begin(g, (sx_node_spec){ .op = &sx_op_batch_norm,
                                                  .name = name,
                                                  .inputs = &x,
                                                  .input_count = 1,
                                                  .attr = &bn,
                                                  .attr_size = sizeof bn });
    if (!n) return NULL;
    const int64_t c[] = { x->shape.c };
    /* a frozen norm is a constant from the checkpoint (Detectron2's FrozenBatchNorm2d) */
    sx_param_kind kind = bn.frozen ? SX_PARAM_BUFFER : SX_PARAM_NORM;
    sx_node_param(n, SX_WEIGHT, kind, "weight", 1, c);
    sx_node_param(n, SX_BIAS, kind, "bias", 1, c);
    sx_node_param(n, SX_MEAN, SX_PARAM_BUFFER, "running_mean", 1, c);
    sx_node_param(n, SX_VAR, SX_PARAM_BUFFER, "running_var", 1, c);
    if (bn.counter) sx_node_param(n, SX_COUNTER, SX_PARAM_COUNTER, "num_batches_tracked", 0, NULL);
    return sx_node_done(n);
}
