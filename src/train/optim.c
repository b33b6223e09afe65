#include "train/optim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/team.h"

typedef struct slot {
    const sx_param *param;
    int64_t count;
    float *p, *g;       /* the store's */
    float *m, *v, *ema; /* NULL: not kept */
    double decay, rate;
} slot;

struct sx_optim {
    sx_optim_options o;
    slot *slots;
    int count;
    long steps;
};

static int64_t count_of(const sx_param *p) {
    int64_t n = 1;
    for (int i = 0; i < p->ndim; i++)
        n *= p->dims[i];
    return n;
}

static double decay_of(const sx_optim_options *o, const sx_param *p) {
    return p->kind == SX_PARAM_NORM   ? o->decay_norm
           : p->kind == SX_PARAM_BIAS ? o->decay_bias
                                      : o->decay;
}

static float *zeros(int64_t n) {
    float *v = sx_aligned_alloc((size_t)n * sizeof *v);
    if (v) memset(v, 0, (size_t)n * sizeof *v);
    return v;
}

static bool fill_slot(sx_optim *o, slot *s, sx_store *store, const sx_param *p) {
    const bool trained = sx_store_trainable(store, p);
    *s = (slot){ .param = p,
                 .count = count_of(p),
                 .p = sx_store_f32_mutable(store, p),
                 .decay = decay_of(&o->o, p) };
    s->rate =
        o->o.backbone_rate > 0 && sx_starts_with(p->name, "backbone") ? o->o.backbone_rate : 1;
    if (o->o.ema > 0) {
        s->ema = zeros(s->count);
        if (!s->ema) return false;
        memcpy(s->ema, s->p, (size_t)s->count * sizeof *s->ema);
    }
    if (!trained) return true;
    s->g = sx_store_grad(store, p);
    const bool adam = o->o.kind == SX_OPTIM_ADAMW;
    if (adam || o->o.momentum > 0) s->m = zeros(s->count);
    if (adam) s->v = zeros(s->count);
    return s->g && (s->m || !(adam || o->o.momentum > 0)) && (s->v || !adam);
}

sx_optim *sx_optim_new(const sx_graph *g, sx_store *store, sx_optim_options options,
                       sx_error *err) {
    sx_optim *o = sx_calloc_for(1, sizeof *o, "optimizer", err);
    if (!o) return NULL;
    o->o = options;
    if (o->o.beta1 <= 0) o->o.beta1 = 0.9;
    if (o->o.beta2 <= 0) o->o.beta2 = 0.999;
    if (o->o.eps <= 0) o->o.eps = 1e-8;
    if (o->o.threads < 1) o->o.threads = 1;
    o->slots = sx_calloc_for(sx_graph_param_count(g) + 1, sizeof *o->slots, "optimizer", err);
    bool ok = o->slots != NULL;
    for (size_t i = 0; ok && i < sx_graph_param_count(g); i++) {
        ok = fill_slot(o, &o->slots[i], store, sx_graph_param(g, i)) ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for the optimizer's state");
        o->count++;
    }
    if (ok) return o;
    sx_optim_free(o);
    return NULL;
}

void sx_optim_free(sx_optim *o) {
    if (!o) return;
    for (int i = 0; o->slots && i < o->count; i++) {
        sx_aligned_free(o->slots[i].m);
        sx_aligned_free(o->slots[i].v);
        sx_aligned_free(o->slots[i].ema);
    }
    free(o->slots);
    free(o);
}

long sx_optim_steps(const sx_optim *o) {
    return o->steps;
}

/* ---- clipping ---- */

static double square_sum(const float *g, int64_t n) {
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += (double)g[i] * (double)g[i];
    return sum;
}

static void scale_all(float *g, int64_t n, double k) {
    const float f = (float)k;
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        g[i] *= f;
}

static int64_t clip_value(float *g, int64_t n, float limit) {
    int64_t beyond = 0;
#pragma omp simd reduction(+ : beyond)
    for (int64_t i = 0; i < n; i++) {
        beyond += fabsf(g[i]) > limit;
        g[i] = g[i] > limit ? limit : g[i] < -limit ? -limit : g[i];
    }
    return beyond;
}

/* torch.nn.utils.clip_grad_norm_: limit / (norm + 1e-6) where that is below 1 */
static double norm_factor(double norm, double limit) {
    const double k = limit / (norm + 1e-6);
    return k < 1 ? k : 1;
}

static bool clip(sx_optim *o, sx_optim_stats *stats, sx_error *err) {
    double all = 0;
    *stats = (sx_optim_stats){ 0 };
    double *squares = sx_calloc_for((size_t)o->count + 1, sizeof *squares, "gradient norms", err);
    if (!squares) return false;
#pragma omp parallel for schedule(dynamic, 1) num_threads(sx_team_size(o->o.threads))
    for (int i = 0; i < o->count; i++)
        squares[i] = o->slots[i].g ? square_sum(o->slots[i].g, o->slots[i].count) : 0;
    bool ok = true;
    for (int i = 0; ok && i < o->count; i++) {
        if (!isfinite(squares[i]))
            ok = sx_fail(err, SX_ERR_VALUE, "the gradient of %s is not a number",
                         o->slots[i].param->name);
        all += squares[i];
    }
    stats->grad_norm = sqrt(all);
    int64_t clipped = 0;
    const double limit = o->o.clip_limit;
#pragma omp parallel for schedule(dynamic, 1) num_threads(sx_team_size(o->o.threads)) \
    reduction(+ : clipped) if (ok && o->o.clip != SX_CLIP_NONE)
    for (int i = 0; i < o->count; i++) {
        slot *s = &o->slots[i];
        if (!ok || !s->g) continue;
        if (o->o.clip == SX_CLIP_VALUE) clipped += clip_value(s->g, s->count, (float)limit);
        if (o->o.clip == SX_CLIP_NORM)
            scale_all(s->g, s->count, norm_factor(sqrt(squares[i]), limit));
        if (o->o.clip == SX_CLIP_FULL_NORM)
            scale_all(s->g, s->count, norm_factor(sqrt(all), limit));
    }
    stats->clipped = clipped;
    free(squares);
    return ok;
}

/* ---- the step ---- */

static void step_sgd(slot *s, const sx_optim_options *o, double rate, bool first) {
    const float lr = (float)(rate * s->rate), decay = (float)s->decay,
                momentum = (float)o->momentum;
    float *restrict p = s->p, *restrict m = s->m;
    const float *restrict g = s->g;
    if (!m) {
#pragma omp simd
        for (int64_t i = 0; i < s->count; i++)
            p[i] -= lr * (g[i] + decay * p[i]);
        return;
    }
#pragma omp simd
    for (int64_t i = 0; i < s->count; i++) {
        const float d = g[i] + decay * p[i];
        m[i] = first ? d : momentum * m[i] + d;
        p[i] -= lr * m[i];
    }
}

static void step_adamw(slot *s, const sx_optim_options *o, double rate, long step) {
    const double lr = rate * s->rate;
    const float b1 = (float)o->beta1, b2 = (float)o->beta2, eps = (float)o->eps;
    const float keep = (float)(1 - lr * s->decay),
                size = (float)(lr / (1 - pow(o->beta1, (double)step)));
    const float root = (float)(1 / sqrt(1 - pow(o->beta2, (double)step)));
    float *restrict p = s->p, *restrict m = s->m, *restrict v = s->v;
    const float *restrict g = s->g;
#pragma omp simd
    for (int64_t i = 0; i < s->count; i++) {
        p[i] *= keep;
        m[i] = b1 * m[i] + (1 - b1) * g[i];
        v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
        p[i] -= size * m[i] / (sqrtf(v[i]) * root + eps);
    }
}

static void average(slot *s, double decay) {
    const float keep = (float)decay, take = (float)(1 - decay);
#pragma omp simd
    for (int64_t i = 0; i < s->count; i++)
        s->ema[i] = keep * s->ema[i] + take * s->p[i];
}

bool sx_optim_step(sx_optim *o, double rate, sx_optim_stats *stats, sx_error *err) {
    sx_optim_stats unused;
    if (!clip(o, stats ? stats : &unused, err)) return false;
    o->steps++;
#pragma omp parallel for schedule(dynamic, 1) num_threads(sx_team_size(o->o.threads))
    for (int i = 0; i < o->count; i++) {
        slot *s = &o->slots[i];
        if (s->g && o->o.kind == SX_OPTIM_SGD) step_sgd(s, &o->o, rate, o->steps == 1);
        if (s->g && o->o.kind == SX_OPTIM_ADAMW) step_adamw(s, &o->o, rate, o->steps);
        /* early on, the first weights must not dominate the average */
        if (s->ema) average(s, fmin(o->o.ema, (1 + (double)o->steps) / (10 + (double)o->steps)));
    }
    return true;
}

const float *sx_optim_ema(const sx_optim *o, const sx_param *p) {
    for (int i = 0; i < o->count; i++)
        if (o->slots[i].param == p) return o->slots[i].ema;
    return NULL;
}

/* ---- state ---- */

static bool for_each(const sx_optim *o,
                     bool (*fn)(void *ctx, const char *name, float *data, const slot *s,
                                sx_error *err),
                     void *ctx, sx_error *err) {
    for (int i = 0; i < o->count; i++) {
        const slot *s = &o->slots[i];
        const struct {
            const char *prefix;
            float *data;
        } parts[] = { { "optim.m.", s->m }, { "optim.v.", s->v }, { "ema.", s->ema } };
        for (int k = 0; k < 3; k++) {
            char name[512];
            if (!parts[k].data) continue;
            snprintf(name, sizeof name, "%s%s", parts[k].prefix, s->param->name);
            if (!fn(ctx, name, parts[k].data, s, err)) return false;
        }
    }
    return true;
}

static bool save_one(void *ctx, const char *name, float *data, const slot *s, sx_error *err) {
    sx_tensor t = { .name = name, .dtype = SX_F32, .ndim = s->param->ndim, .data = data };
    memcpy(t.dims, s->param->dims, sizeof t.dims);
    t.bytes = (size_t)s->count * sizeof *data;
    return sx_weights_add(ctx, &t, err);
}

bool sx_optim_save(const sx_optim *o, sx_weights *w, sx_error *err) {
    char steps[32];
    snprintf(steps, sizeof steps, "%ld", o->steps);
    return for_each(o, save_one, w, err) && sx_weights_set_meta(w, "optim.steps", steps, err);
}

static bool load_one(void *ctx, const char *name, float *data, const slot *s, sx_error *err) {
    const sx_weights *w = *(const sx_weights **)ctx;
    const sx_tensor *t = sx_weights_find(w, name);
    if (!t || sx_tensor_count(t) != s->count)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%s: no tensor %s of %lld numbers: not a checkpoint of this training",
                       sx_weights_path(w), name, (long long)s->count);
    return sx_tensor_to_f32(t, 0, s->count, data, err);
}

bool sx_optim_load(sx_optim *o, const sx_weights *w, sx_error *err) {
    const char *steps = sx_weights_meta(w, "optim.steps");
    if (!steps || !sx_parse_long(steps, 0, 1L << 40, &o->steps))
        return sx_fail(err, SX_ERR_MISMATCH, "%s: no optimizer state", sx_weights_path(w));
    return for_each(o, load_one, (void *)&w, err);
}
