#include "support/golden_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/check.h"

/* A tensor stands anywhere in its file, so its numbers are copied. */
static double number_at(const sx_tensor *t, int64_t i) {
    const char *bytes = t->data;
    int64_t whole;
    double number;
    float single;
    if (t->dtype == SX_I64) {
        memcpy(&whole, bytes + (size_t)i * sizeof whole, sizeof whole);
        return (double)whole;
    }
    if (t->dtype == SX_F64) {
        memcpy(&number, bytes + (size_t)i * sizeof number, sizeof number);
        return number;
    }
    memcpy(&single, bytes + (size_t)i * sizeof single, sizeof single);
    return (double)single;
}

double golden_number(const sx_weights *ref, const char *name, int i) {
    const sx_tensor *t = sx_weights_find(ref, name);
    if (!t || i >= sx_tensor_count(t)) fail_msg("reference %s is absent", name);
    return number_at(t, i);
}

void golden_check_weights(const sx_weights *w, const sx_weights *ref) {
    int compared = 0;
    for (size_t i = 0; i < sx_weights_count(w); i++) {
        const sx_tensor *t = sx_weights_at(w, i);
        char key[200];
        snprintf(key, sizeof key, "weight_fnv/%s", t->name);
        const sx_tensor *want = sx_weights_find(ref, key);
        if (!want) continue;
        uint64_t h = sx_fnv1a(t->data, t->bytes < 65536 ? t->bytes : 65536), expected;
        memcpy(&expected, want->data, sizeof expected);
        if (h != expected) fail_msg("synthetic weights %s differ", t->name);
        compared++;
    }
    assert_true(compared > 10);
}

static double norm_error(const float *g, int64_t count, double want) {
    double sum = 0;
    for (int64_t k = 0; k < count; k++)
        sum += (double)g[k] * (double)g[k];
    return fabs(sqrt(sum) - want) / want;
}

static double sample_error(const float *g, int64_t count, const sx_tensor *want, double largest) {
    const int64_t samples = sx_tensor_count(want); /* 16, or all */
    double most = 0;
    for (int64_t k = 0; k < samples; k++) {
        const int64_t at = samples > 1 ? k * (count - 1) / (samples - 1) : 0;
        most = fmax(most, fabs((double)g[at] - number_at(want, k)) / largest);
    }
    return most;
}

void golden_check_gradients(const sx_graph *g, sx_store *s, const sx_weights *ref,
                            const char *place, golden_bounds most) {
    double norms = 0, samples = 0;
    int compared = 0;
    for (size_t i = 0; i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        if (p->kind == SX_PARAM_BUFFER || p->kind == SX_PARAM_COUNTER) continue;
        char key[256];
        int64_t count = 1;
        for (int d = 0; d < p->ndim; d++)
            count *= p->dims[d];
        const float *grad = sx_store_grad(s, p);
        assert_non_null(grad);
        snprintf(key, sizeof key, "%s/grad_l2/%s", place, p->name);
        const double largest = golden_number(ref, key, 1),
                     norm = norm_error(grad, count, golden_number(ref, key, 0));
        snprintf(key, sizeof key, "train/grad_samples/%s", p->name);
        const sx_tensor *want = sx_weights_find(ref, key);
        const double sample = want ? sample_error(grad, count, want, largest) : 0;
        if (!(norm <= most.norms && sample <= most.samples))
            fail_msg("gradient of %s: norm off by %g, samples by %g", p->name, norm, sample);
        norms = fmax(norms, norm);
        samples = fmax(samples, sample);
        compared++;
    }
    print_message("%d gradients: norms off by at most %.3g, samples by %.3g of the largest\n",
                  compared, norms, samples);
    assert_true(compared > 60);
}
