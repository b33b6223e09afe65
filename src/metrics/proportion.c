#include "metrics/proportion.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* Of clusters of cases. */
typedef struct tally {
    double between; /* the squares of the clusters' sums of residuals */
    double sizes;   /* the squares of their sizes */
    double used;    /* with cases */
} tally;

static void add_cluster(tally *t, double sum, uint64_t cases) {
    t->between += sum * sum;
    t->sizes += (double)cases * (double)cases;
    t->used += cases > 0;
}

/* The variance of the sum of n residuals, by the sums of clusters over that of independent cases.
 * squares: of the residuals, added up; 0: all are equal. */
static double effect_of(const tally *t, double squares, double n) {
    const double m = t->used;
    if (m == n) return 1;
    if (m == 1 || !(squares > 0)) return t->sizes / n;
    return fmax(m / (m - 1) * t->between / (n / (n - 1) * squares), 1);
}

sx_proportion sx_proportion_of(const uint64_t *successes, const uint64_t *cases,
                               size_t cluster_count, double level) {
    sx_proportion p = { .value = NAN, .design_effect = NAN, .interval = { NAN, NAN } };
    tally t = { 0 };
    for (size_t j = 0; j < cluster_count; j++) {
        p.k += successes[j];
        p.n += cases[j];
    }
    if (!p.n) return p;
    const double n = (double)p.n;
    p.value = (double)p.k / n;
    for (size_t j = 0; j < cluster_count; j++)
        add_cluster(&t, (double)successes[j] - (double)cases[j] * p.value, cases[j]);
    p.design_effect = effect_of(&t, n * p.value * (1 - p.value), n);
    p.interval = sx_wilson_of(p.value, n / p.design_effect, level);
    return p;
}

bool sx_proportion_of_cases(const signed char *outcomes, const sx_groups *groups, double level,
                            sx_proportion *out, sx_error *err) {
    const size_t count = sx_group_count(groups);
    uint64_t *successes = sx_calloc_for(count + 1, 2 * sizeof *successes, "clusters", err);
    if (!successes) return false;
    uint64_t *cases = successes + count + 1;
    for (size_t i = 0; i < groups->case_count; i++) {
        const size_t at = sx_group_of(groups, i);
        if (outcomes[i] < 0) continue;
        successes[at] += outcomes[i] > 0;
        cases[at]++;
    }
    *out = sx_proportion_of(successes, cases, count, level);
    free(successes);
    return true;
}

bool sx_design_effect(const double *residuals, const sx_groups *groups, double *effect,
                      sx_error *err) {
    const size_t count = sx_group_count(groups);
    double *sums = sx_calloc_for(count + 1, sizeof *sums, "clusters", err);
    uint64_t *cases = sx_calloc_for(count + 1, sizeof *cases, "clusters", err);
    double squares = 0;
    tally t = { 0 };
    const bool ok = sums && cases;
    for (size_t i = 0; ok && i < groups->case_count; i++) {
        const size_t at = sx_group_of(groups, i);
        sums[at] += residuals[i];
        cases[at]++;
        squares += residuals[i] * residuals[i];
    }
    for (size_t j = 0; ok && j < count; j++)
        add_cluster(&t, sums[j], cases[j]);
    if (ok) *effect = effect_of(&t, squares, (double)groups->case_count);
    free(sums);
    free(cases);
    return ok;
}
