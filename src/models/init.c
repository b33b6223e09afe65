#include "models/init.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "base/stream.h"

/* Box and Muller: two uniform numbers make a normal one. */
static double normal(uint64_t key, int64_t i) {
    const double u = 1 - sx_stream_unit(key, (uint64_t)(2 * i)),
                 v = sx_stream_unit(key, (uint64_t)(2 * i + 1));
    return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v);
}

static double uniform(uint64_t key, int64_t i) {
    return 2 * sx_stream_unit(key, (uint64_t)i) - 1;
}

typedef struct fans {
    double in, out;
} fans;

static fans fans_of(const sx_param *p) {
    double area = 1;
    for (int i = 2; i < p->ndim; i++)
        area *= (double)p->dims[i];
    return (fans){ (double)p->dims[1] * area, (double)p->dims[0] * area };
}

static bool has(const char *name, const char *part) {
    return strstr(name, part) != NULL;
}

static void fill(const sx_param *p, uint64_t key, float *out, int64_t n) {
    const char *name = p->name;
    const bool scale = sx_ends_with(name, "weight"), var = sx_ends_with(name, "running_var");
    if (sx_ends_with(name, "init_proposal_boxes.weight")) {
        for (int64_t i = 0; i < n; i++)
            out[i] = i % 4 < 2 ? 0.5F : 1.0F;
    } else if (sx_ends_with(name, "init_proposal_features.weight")) {
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)normal(key, i);
    } else if (sx_ends_with(name, "class_logits.bias")) {
        for (int64_t i = 0; i < n; i++)
            out[i] = -4.59511985013459F; /* -log(99): a score of 0.01 */
    } else if (p->ndim < 2) {
        for (int64_t i = 0; i < n; i++)
            out[i] = var || (scale && p->kind != SX_PARAM_BIAS) ? 1.0F : 0.0F;
    } else if (has(name, "fpn_") || has(name, "head_series")) {
        const fans f = fans_of(p);
        const double bound = has(name, "fpn_") ? sqrt(3 / f.in) : sqrt(6 / (f.in + f.out));
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)(bound * uniform(key, i));
    } else if (p->ndim == 4) {
        const fans f = fans_of(p);
        const double sigma = sqrt(2 / (has(name, "bottom_up") ? f.out : f.in));
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)(sigma * normal(key, i));
    } else {
        const double bound = 1 / sqrt(fans_of(p).in);
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)(bound * uniform(key, i));
    }
}

sx_weights *sx_init_weights(const sx_graph *g, uint64_t seed, sx_error *err) {
    sx_weights *w = sx_weights_new(err);
    for (size_t i = 0; w && i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        const bool counter = p->kind == SX_PARAM_COUNTER;
        void *data = sx_weights_add_empty(w, p->name, counter ? SX_I64 : SX_F32, p->ndim, p->dims, err);
        if (!data) {
            sx_weights_free(w);
            return NULL;
        }
        int64_t n = 1;
        for (int k = 0; k < p->ndim; k++)
            n *= p->dims[k];
        if (!counter) fill(p, sx_stream_key(p->name, seed), data, n);
    }
    return w;
}
