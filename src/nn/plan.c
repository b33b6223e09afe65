#include "nn/plan.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/team.h"
#include "nn/plan_impl.h"

/* The calling thread's settings, which OpenMP and oneDNN read. They are the plan's while the plan
 * is made or runs. */
typedef struct omp_settings {
    int threads, dynamic;
} omp_settings;

static omp_settings use_threads(const sx_plan *p) {
    const omp_settings before = { omp_get_max_threads(), omp_get_dynamic() };
    omp_set_dynamic(0); /* oneDNN's kernels compute only a part with fewer threads than planned */
    omp_set_num_threads(p->threads);
    return before;
}

static void restore_threads(omp_settings before) {
    omp_set_num_threads(before.threads);
    omp_set_dynamic(before.dynamic);
}

/* The threads that OpenMP gives at the moment. Inside a parallel region, where a plan is made but
 * never run, this cannot be found out. */
static bool choose_threads(sx_plan *p, int wanted, sx_error *err) {
    const int threads = wanted > 0 ? wanted : sx_cores(), limit = omp_get_thread_limit();
    p->threads = threads < limit ? threads : limit;
    if (!omp_in_parallel()) p->threads = sx_team_probe(p->threads, err);
    return p->threads > 0;
}

/* Prefixes the message with the step's name. */
static bool name_step(const sx_step *s, sx_error *err) {
    return sx_fail_in(err, "%s (%s)", s->node ? s->node->name : "step", s->op->name);
}

/* Steps are prepared in parallel: kernels are generated and weights are packed. In training the
 * steps share some of what they prepare (the moments of a dense block's pieces), and little is
 * packed, so one thread does it all. So does it where memory is short (base/mem.h). */
static bool prepare_steps(sx_plan *p, sx_error *err) {
    int failed = p->step_count;
#pragma omp parallel for schedule(dynamic, 1)                                                      \
    num_threads(p->options.training || sx_memory_is_short() ? 1 : sx_team_size(p->threads))
    for (int i = 0; i < p->step_count; i++) {
        sx_step *s = p->steps[i];
        sx_error e = { 0 };
        if (!s->op->prepare || s->op->prepare(p, s, &e)) continue;
#pragma omp critical(plan_prepare)
        if (i < failed) {
            failed = i;
            if (err) *err = e;
        }
    }
    if (failed == p->step_count) return true;
    return name_step(p->steps[failed], err);
}

static bool prepare(sx_plan *p, sx_error *err) {
    const omp_settings before = use_threads(p);
    const bool ok = prepare_steps(p, err);
    restore_threads(before);
    if (!ok) return false;
    p->scratch = sx_aligned_alloc(p->scratch_bytes + 64);
    return p->scratch ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for scratch (%zu bytes)", p->scratch_bytes);
}

bool sx_plan_has_bf16(void) {
    return sx_cpu_get()->avx512; /* oneDNN requires it */
}

bool sx_plan_check_compute(sx_dtype compute, sx_error *err) {
    return compute != SX_BF16 || sx_plan_has_bf16() ||
           sx_fail(err, SX_ERR_UNSUPPORTED, "%s, which bf16 needs; use --precision f32",
                   sx_cpu_no_avx512());
}

sx_plan *sx_plan_new(const sx_graph *g, sx_store *store, sx_plan_options o, sx_error *err) {
    if (!sx_plan_check_compute(o.compute, err)) return NULL;
    sx_plan *p = sx_calloc_for(1, sizeof *p, "plan", err);
    if (!p) return NULL;
    p->graph = g;
    p->store = store;
    p->options = o;
    pthread_mutex_init(&p->lock, NULL);
    p->arena = sx_arena_new();
    if (!p->arena) {
        pthread_mutex_destroy(&p->lock);
        free(p);
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a plan");
        return NULL;
    }
    if (choose_threads(p, o.threads, err) && (!o.training || sx_store_make_grads(store, err)) &&
        sx_plan_lower(p, err) && sx_plan_place(p, err) && prepare(p, err))
        return p;
    sx_plan_free(p);
    return NULL;
}

void sx_plan_free(sx_plan *p) {
    if (!p) return;
    for (int i = 0; i < p->step_count; i++)
        if (p->steps[i]->op->release) p->steps[i]->op->release(p->steps[i]);
    sx_aligned_free(p->memory);
    sx_aligned_free(p->scratch);
    sx_arena_free(p->arena);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void *sx_plan_input(sx_plan *p, const char *name, sx_dtype *dtype, sx_shape *shape) {
    const sx_node *n = sx_graph_find_input(p->graph, name);
    if (!n) return NULL;
    const sx_value *v = p->of_node[n->index];
    if (dtype) *dtype = v->dtype;
    if (shape) *shape = v->shape;
    return v->data;
}

/* Peers wait for this part's sums, so with peers the remaining steps still run after a failure, on
 * zeros. */
static bool goes_on(const sx_plan *p) {
    return p->options.peers != NULL;
}

/* Some of oneDNN's kernels leave a part of the output unwritten if the team is smaller than
 * planned. */
static bool check_team(const sx_plan *p, sx_error *err) {
    if (p->threads == 1) return true;
    if (omp_in_parallel())
        return sx_fail(err, SX_ERR_USAGE,
                       "a network planned for %d threads cannot run inside an OpenMP parallel "
                       "region",
                       p->threads);
    const int size = sx_team_probe(p->threads, err);
    if (size == p->threads || size == 0) return size > 0;
    return sx_fail(err, SX_ERR_USAGE,
                   "a network planned for %d threads cannot run with the %d that OpenMP gives now "
                   "(its thread limit or its active levels have changed)",
                   p->threads, size);
}

static bool forward_step(const sx_plan *p, sx_step *s, sx_error *err) {
    const double start = p->profile ? sx_now() : 0;
    const bool ok = !s->op->forward || s->op->forward(s, err) || name_step(s, err);
    if (p->profile) {
        s->seconds = sx_now() - start;
        if (s->least_seconds <= 0 || s->seconds < s->least_seconds) s->least_seconds = s->seconds;
    }
    if (!ok && !s->out->pieces) memset(s->out->data, 0, sx_value_bytes(s->out));
    return ok;
}

bool sx_plan_run(sx_plan *p, sx_error *err) {
    bool ok = check_team(p, err);
    if (!ok && !goes_on(p)) return false;
    const omp_settings before = use_threads(p);
    p->run++;
    sx_plan_move_values(p, false);
    for (int i = 0; i < p->step_count && (ok || goes_on(p)); i++)
        ok = forward_step(p, p->steps[i], ok ? err : NULL) && ok;
    restore_threads(before);
    return ok;
}

static sx_value *output_value(const sx_plan *p, const char *name) {
    const sx_node *n = sx_graph_find_output(p->graph, name);
    return n ? p->of_node[n->index] : NULL;
}

bool sx_plan_output(const sx_plan *p, const char *name, float *out, int64_t count, sx_error *err) {
    const sx_value *v = output_value(p, name);
    if (!v) return sx_fail(err, SX_ERR_MISSING, "the network has no output %s", name);
    if (count != sx_shape_count(v->shape))
        return sx_fail(err, SX_ERR_USAGE, "output %s has %lld numbers, not %lld", name,
                       (long long)sx_shape_count(v->shape), (long long)count);
    if (v->dtype == SX_F32)
        memcpy(out, v->data, (size_t)count * sizeof *out);
    else
        for (int64_t i = 0; i < count; i++)
            out[i] = sx_bf16_to_f32(((const uint16_t *)v->data)[i]);
    return true;
}

/* x - x is 0 for every finite x and NaN for all else. */
static bool is_finite(const sx_value *v) {
    const int64_t n = sx_shape_count(v->shape);
    if (v->dtype == SX_F32) {
        const float *x = v->data;
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < n; i++)
            sum += x[i] - x[i];
        return sum == 0;
    }
    const uint16_t *x = v->data;
    int bad = 0;
#pragma omp simd reduction(| : bad)
    for (int64_t i = 0; i < n; i++)
        bad |= (x[i] & 0x7f80) == 0x7f80;
    return !bad;
}

bool sx_plan_check_outputs(const sx_plan *p, sx_error *err) {
    for (int i = 0; i < sx_graph_outputs(p->graph); i++) {
        const char *name;
        const sx_node *n = sx_graph_output_at(p->graph, i, &name);
        if (!is_finite(p->of_node[n->index]))
            return sx_fail(err, SX_ERR_VALUE, "output %s holds NaN or infinity", name);
    }
    return true;
}

int64_t sx_plan_output_count(const sx_plan *p, const char *name) {
    const sx_value *v = output_value(p, name);
    return v ? sx_shape_count(v->shape) : 0;
}

int sx_plan_output_rows(const sx_plan *p, const char *name) {
    const sx_value *v = output_value(p, name);
    return v ? (int)sx_rows(v->shape) : 0;
}

sx_shape sx_plan_output_shape(const sx_plan *p, const char *name) {
    const sx_value *v = output_value(p, name);
    return v ? v->shape : (sx_shape){ 0 };
}

void *sx_plan_output_grad(sx_plan *p, const char *name, sx_dtype *dtype) {
    sx_value *v = output_value(p, name);
    if (!v) return NULL;
    if (dtype) *dtype = v->dtype;
    return v->grad;
}

void sx_plan_scale_output_grads(sx_plan *p, float k) {
    for (int i = 0; i < sx_graph_outputs(p->graph); i++) {
        const sx_value *v = p->of_node[sx_graph_output_at(p->graph, i, NULL)->index];
        const int64_t n = v->grad ? (int64_t)v->shape.n * v->shape.h * v->shape.w * v->shape.c : 0;
        for (int64_t j = 0; j < n && v->dtype == SX_F32; j++)
            ((float *)v->grad)[j] *= k;
        for (int64_t j = 0; j < n && v->dtype == SX_BF16; j++)
            ((uint16_t *)v->grad)[j] = sx_f32_to_bf16(k * sx_bf16_to_f32(((uint16_t *)v->grad)[j]));
    }
}

static void zero_grad(sx_value *v) {
    if (v->grad && !sx_grad_accumulates(v)) memset(v->grad, 0, sx_value_bytes(v));
}

/* Passes zeros back in place of the gradients of a failed step. */
static void pass_zeros(sx_step *s) {
    for (int i = 0; i < s->input_count; i++) {
        sx_value *v = s->inputs[i];
        for (int k = 0; k < v->piece_count; k++)
            zero_grad(v->pieces[k]);
        zero_grad(v);
    }
    if (s->residual) zero_grad(s->residual);
}

static bool back_step(const sx_plan *p, sx_step *s, sx_error *err) {
    if (!s->op->backward || !s->out->needs_grad || !sx_value_base(s->out)->grad_written)
        return !s->op->settle || !p->options.training || s->op->settle(s, err) || name_step(s, err);
    const double start = p->profile ? sx_now() : 0;
    const bool ok = s->op->backward(s, err) || name_step(s, err);
    if (!ok) pass_zeros(s);
    if (p->profile) s->back_seconds = sx_now() - start;
    return ok;
}

static bool replay(const sx_plan *p, sx_step *s, sx_error *err) {
    const double start = p->profile ? sx_now() : 0;
    const bool ok = s->op->again(s, err) || name_step(s, err);
    if (p->profile) s->seconds += sx_now() - start;
    return ok;
}

static void begin_backward(sx_plan *p) {
    for (int i = 0; i < p->value_count; i++)
        p->values[i]->grad_written = p->values[i]->unsettled = false;
    for (int i = 0; i < sx_graph_outputs(p->graph); i++) {
        sx_value *v = p->of_node[sx_graph_output_at(p->graph, i, NULL)->index];
        sx_value_base(v)->grad_written = v->grad != NULL;
    }
    sx_plan_move_values(p, true);
}

bool sx_plan_backward(sx_plan *p, sx_error *err) {
    return sx_plan_backward_watched(p, NULL, NULL, err);
}

bool sx_plan_backward_watched(sx_plan *p, void (*after)(void *ctx, int step), void *ctx,
                              sx_error *err) {
    bool ok = check_team(p, err);
    const omp_settings before = use_threads(p);
    const sx_replay *r = p->replays, *end = r + p->replay_count;
    begin_backward(p);
    for (int i = p->step_count - 1; i >= 0; i--) {
        const bool wanted = ok || goes_on(p);
        for (; wanted && r < end && r->time <= 2 * p->step_count - 1 - i; r++)
            ok = replay(p, r->step, ok ? err : NULL) && ok;
        if (wanted) ok = back_step(p, p->steps[i], ok ? err : NULL) && ok;
        if (after) after(ctx, i);
    }
    restore_threads(before);
    return ok;
}

static void params_of(const sx_node *n, int step,
                      void (*fn)(void *ctx, int step, const sx_param *param), void *ctx) {
    for (int k = 0; n && k < n->param_count; k++)
        if (n->params[k]) fn(ctx, step, n->params[k]);
}

void sx_plan_each_param(const sx_plan *p, void (*fn)(void *ctx, int step, const sx_param *param),
                        void *ctx) {
    for (int i = 0; i < p->step_count; i++) {
        params_of(p->steps[i]->node, i, fn, ctx);
        params_of(p->steps[i]->bn, i, fn, ctx);
    }
}

size_t sx_plan_memory(const sx_plan *p) {
    return p->memory_bytes + p->scratch_bytes;
}
size_t sx_plan_scratch_bytes(const sx_plan *p) {
    return p->scratch_bytes;
}
int sx_plan_steps(const sx_plan *p) {
    return p->step_count;
}
void sx_plan_profile(sx_plan *p, bool on) {
    p->profile = on;
    for (int i = 0; on && i < p->step_count; i++)
        p->steps[i]->seconds = p->steps[i]->back_seconds = p->steps[i]->least_seconds = 0;
}

static double param_bytes(const sx_node *n) {
    double sum = 0;
    for (int k = 0; n && k < n->param_count; k++) {
        double count = n->params[k] ? sizeof(float) : 0;
        for (int i = 0; n->params[k] && i < n->params[k]->ndim; i++)
            count *= (double)n->params[k]->dims[i];
        sum += count;
    }
    return sum;
}

static double step_bytes(const sx_step *s) {
    if (s->op->flags & SX_IS_VIEW) return 0;
    double sum = (double)sx_value_bytes(s->out) + param_bytes(s->node) + param_bytes(s->bn);
    for (int i = 0; i < s->input_count; i++)
        sum += (double)sx_value_bytes(s->inputs[i]);
    return s->residual ? sum + (double)sx_value_bytes(s->residual) : sum;
}

sx_step_info sx_plan_step_info(const sx_plan *p, int i) {
    const sx_step *s = p->steps[i];
    double flops = 0;
    if (s->node && s->op->flops) {
        /* a convolution that runs after the mean has fewer pixels than its node */
        double share = (double)sx_rows(s->out->shape) / (double)sx_rows(s->node->shape);
        flops = s->op->flops(s->node) * (share < 1 ? share : 1);
    }
    return (sx_step_info){ .name = s->node ? s->node->name : "",
                           .op = s->op->name,
                           .kernel = s->kernel,
                           .candidates = s->candidates,
                           .candidate_count = s->candidate_count,
                           .flops = flops,
                           .bytes = step_bytes(s),
                           .chooses = (s->op->flags & SX_CHOOSES) != 0,
                           .seconds = s->seconds,
                           .back_seconds = s->back_seconds,
                           .least_seconds = s->least_seconds };
}

sx_store *sx_plan_store(sx_plan *p) {
    return p->store;
}
const sx_plan_options *sx_plan_get_options(const sx_plan *p) {
    return &p->options;
}
void *sx_plan_alloc(sx_plan *p, size_t count, size_t size) {
    pthread_mutex_lock(&p->lock);
    void *room = sx_arena_alloc(p->arena, count, size);
    pthread_mutex_unlock(&p->lock);
    return room;
}
void sx_plan_need_scratch(sx_plan *p, size_t bytes) {
    pthread_mutex_lock(&p->lock);
    if (bytes > p->scratch_bytes) p->scratch_bytes = bytes;
    pthread_mutex_unlock(&p->lock);
}
void *sx_plan_scratch(const sx_plan *p) {
    return p->scratch;
}
bool sx_plan_training(const sx_plan *p) {
    return p->options.training;
}

int sx_plan_threads(const sx_plan *p) {
    return p->threads;
}

int64_t sx_plan_run_number(const sx_plan *p) {
    return p->run;
}

bool sx_step_comes_later(const sx_step *s, const sx_value *v) {
    while (v->base)
        v = v->base;
    const bool residual = s->residual && sx_value_base(s->residual) == v;
    return residual || v->grad_first < 2 * s->plan->step_count - 1 - s->index;
}

const float *sx_step_param(const sx_step *s, int slot, sx_error *err) {
    const sx_param *q = slot < s->node->param_count ? s->node->params[slot] : NULL;
    const float *numbers = q ? sx_store_f32(s->plan->store, q) : NULL;
    if (!numbers) sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", q ? q->name : "a parameter");
    return numbers;
}

bool sx_step_param_grad(sx_step *s, int slot, float **grad, sx_error *err) {
    const sx_param *q = slot < s->node->param_count ? s->node->params[slot] : NULL;
    *grad = NULL;
    if (!q || !sx_store_trainable(s->plan->store, q)) return true;
    *grad = sx_store_grad(s->plan->store, q);
    return *grad || sx_fail(err, SX_ERR_MEMORY, "out of memory for the gradient of %s", q->name);
}
