#include "metrics/proportion.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* The variance of the sum of n residuals, by the sums of m clusters over that of independent
 * cases. between, squares: the squares of the sums and of the residuals, added up. */
static double effect_of(double m, double between, double n, double squares) {
    return fmax(m / (m - 1) * between / (n / (n - 1) * squares), 1);
}

/* Of proportions other than 0 and 1, and of two clusters or more. */
static double estimate_effect(const uint64_t *successes, const uint64_t *cases,
                              size_t cluster_count, double used, double n, double value) {
    double between = 0;
    for (size_t j = 0; j < cluster_count; j++) {
        const double rest = (double)successes[j] - (double)cases[j] * value;
        between += rest * rest;
    }
    return effect_of(used, between, n, n * value * (1 - value));
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

/* sums: [clusters] of the residuals; cases: [clusters]. */
static double effect_of_sums(const double *sums, const uint64_t *cases, size_t cluster_count,
                             double squares, double n) {
    double between = 0, sizes = 0, used = 0;
    for (size_t j = 0; j < cluster_count; j++) {
        between += sums[j] * sums[j];
        sizes += (double)cases[j] * (double)cases[j];
        used += cases[j] > 0;
    }
    if (used == n) return 1;
    if (used == 1 || !(squares > 0)) return sizes / n;
    return effect_of(used, between, n, squares);
}

bool sx_design_effect(const double *residuals, const sx_groups *groups, double *effect,
                      sx_error *err) {
    const size_t count = groups->of ? groups->count : groups->case_count;
    double *sums = sx_calloc_for(count + 1, sizeof *sums, "clusters", err);
    uint64_t *cases = sx_calloc_for(count + 1, sizeof *cases, "clusters", err);
    double squares = 0;
    const bool ok = sums && cases;
    for (size_t i = 0; ok && i < groups->case_count; i++) {
        const size_t at = groups->of ? groups->of[i] : i;
        sums[at] += residuals[i];
        cases[at]++;
        squares += residuals[i] * residuals[i];
    }
    if (ok) *effect = effect_of_sums(sums, cases, count, squares, (double)groups->case_count);
    free(sums);
    free(cases);
    return ok;
}
