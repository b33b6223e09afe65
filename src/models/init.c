#include "models/init.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"

/* The Box-Muller transform: a normal number from two uniform ones. */
static double normal(uint64_t key, int64_t i) {
    const double u = 1 - sx_rng_unit(key, (uint64_t)(2 * i)),
                 v = sx_rng_unit(key, (uint64_t)(2 * i + 1));
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static double uniform(uint64_t key, int64_t i) {
    return 2 * sx_rng_unit(key, (uint64_t)i) - 1;
}

typedef struct fans {
    double in, out;
} fans;

static fans fans_of(const sx_param *p) {
    double area = 1;
    for (int i = 2; i < p->ndim; i++)
        area *= (double)p->dims[i];
    const bool depthwise =
        p->ndim == 4 && p->dims[1] == 1; /* depthwise: as many groups as outputs */
    return (fans){ (double)p->dims[1] * area, (depthwise ? 1 : (double)p->dims[0]) * area };
}

static const sx_init_rule *rule_for(const sx_init_rule *rules, const sx_param *p) {
    for (; rules && rules->part; rules++)
        if (strstr(p->name, rules->part) && (rules->kind < SX_INIT_NORMAL || p->ndim >= 2))
            return rules;
    return NULL;
}

/* The default. */
static sx_init_rule usual(const sx_param *p) {
    if (p->ndim == 4) return (sx_init_rule){ .kind = SX_INIT_HE_IN };
    if (p->ndim >= 2)
        return (sx_init_rule){ .kind = SX_INIT_UNIFORM, .value = 1 / sqrt(fans_of(p).in) };
    const bool one = sx_ends_with(p->name, "running_var") ||
                     (sx_ends_with(p->name, "weight") && p->kind != SX_PARAM_BIAS);
    return (sx_init_rule){ .kind = SX_INIT_CONSTANT, .value = one ? 1 : 0 };
}

static void fill_normal(double sigma, uint64_t key, float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)(sigma * normal(key, i));
}

static void fill_uniform(double bound, uint64_t key, float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)(bound * uniform(key, i));
}

static void init_parameter(const sx_param *p, sx_init_rule r, uint64_t key, float *out, int64_t n) {
    const fans f = p->ndim >= 2 ? fans_of(p) : (fans){ 1, 1 };
    switch (r.kind) {
    case SX_INIT_CONSTANT:
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)r.value;
        break;
    case SX_INIT_WHOLE_IMAGE:
        for (int64_t i = 0; i < n; i++)
            out[i] = i % 4 < 2 ? 0.5F : 1.0F;
        break;
    case SX_INIT_NORMAL:
        fill_normal(r.value, key, out, n);
        break;
    case SX_INIT_HE_IN:
        fill_normal(sqrt(2 / f.in), key, out, n);
        break;
    case SX_INIT_FAN_IN:
        fill_normal(sqrt(1 / f.in), key, out, n);
        break;
    case SX_INIT_HE_OUT:
        fill_normal(sqrt(2 / f.out), key, out, n);
        break;
    case SX_INIT_UNIFORM:
        fill_uniform(r.value > 0 ? r.value : sqrt(3 / f.in), key, out, n);
        break;
    case SX_INIT_XAVIER:
        fill_uniform(sqrt(6 / (f.in + f.out)), key, out, n);
        break;
    }
}

sx_weights *sx_init_weights(const sx_graph *g, const sx_init_rule *rules, uint64_t seed,
                            sx_error *err) {
    sx_weights *w = sx_weights_new(err);
    for (size_t i = 0; w && i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        const bool counter = p->kind == SX_PARAM_COUNTER;
        void *data =
            sx_weights_add_empty(w, p->name, counter ? SX_I64 : SX_F32, p->ndim, p->dims, err);
        if (!data) {
            sx_weights_free(w);
            return NULL;
        }
        int64_t n = 1;
        for (int k = 0; k < p->ndim; k++)
            n *= p->dims[k];
        const sx_init_rule *r = rule_for(rules, p);
        if (!counter) init_parameter(p, r ? *r : usual(p), sx_rng_key(p->name, seed), data, n);
    }
    return w;
}
