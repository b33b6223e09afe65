#include "metrics/proportion.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* Of proportions other than 0 and 1, and of two clusters or more. */
static double estimate_effect(const uint64_t *successes, const uint64_t *cases,
                              size_t cluster_count, double used, double n, double value) {
    double squares = 0;
    for (size_t j = 0; j < cluster_count; j++) {
        const double rest = (double)successes[j] - (double)cases[j] * value;
        squares += rest * rest;
    }
    const double clustered = used / (used - 1) * squares / (n * n);
    return fmax(clustered / (value * (1 - value) / (n - 1)), 1);
}

sx_proportion sx_proportion_of(const uint64_t *successes, const uint64_t *cases,
                               size_t cluster_count, double level) {
    sx_proportion p = { .value = NAN, .design_effect = NAN, .interval = { NAN, NAN } };
    size_t used = 0;
    double squares = 0;
    for (size_t j = 0; j < cluster_count; j++) {
        p.k += successes[j];
        p.n += cases[j];
        used += cases[j] > 0;
        squares += (double)cases[j] * (double)cases[j];
    }
    if (!p.n) return p;
    const double n = (double)p.n;
    p.value = (double)p.k / n;
    if (used == p.n)
        p.design_effect = 1;
    else if (used == 1 || !p.k || p.k == p.n)
        p.design_effect = squares / n;
    else
        p.design_effect =
            estimate_effect(successes, cases, cluster_count, (double)used, n, p.value);
    p.interval = sx_wilson_of(p.value, n / p.design_effect, level);
    return p;
}

bool sx_proportion_of_cases(const signed char *outcomes, const sx_groups *groups, double level,
                            sx_proportion *out, sx_error *err) {
    const size_t count = groups->of ? groups->count : groups->case_count;
    uint64_t *successes = sx_calloc_for(count + 1, 2 * sizeof *successes, "clusters", err);
    if (!successes) return false;
    uint64_t *cases = successes + count + 1;
    for (size_t i = 0; i < groups->case_count; i++) {
        const size_t at = groups->of ? groups->of[i] : i;
        if (outcomes[i] < 0) continue;
        successes[at] += outcomes[i] > 0;
        cases[at]++;
    }
    *out = sx_proportion_of(successes, cases, count, level);
    free(successes);
    return true;
}
