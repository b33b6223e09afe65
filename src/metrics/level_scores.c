#include "metrics/level_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Counts the levels on all folds but one: [0] negative, [1] positive cases. */
static void count_levels(const sx_level_cases *c, const sx_level_set *s, size_t fold,
                         double *counts[2], double totals[2]) {
    totals[0] = totals[1] = 0;
    for (int label = 0; label < 2; label++)
        memset(counts[label], 0, s->level_count * sizeof *counts[label]);
    for (size_t i = 0; i < c->count; i++) {
        const int label = c->labels[i] != 0;
        if (c->folds[i] == fold) continue;
        counts[label][s->levels[i]]++;
        totals[label]++;
    }
}

static void add_scores(const sx_level_cases *c, const sx_level_set *s, double *counts[2],
                       double *out) {
    double totals[2];
    const double extra = (double)s->level_count / 2;
    for (size_t fold = 0; fold < c->fold_count; fold++) {
        count_levels(c, s, fold, counts, totals);
        for (size_t i = 0; i < c->count; i++) {
            const uint32_t level = s->levels[i];
            if (c->folds[i] != fold || counts[0][level] + counts[1][level] == 0) continue;
            out[i] += log((counts[1][level] + 0.5) / (totals[1] + extra)) -
                      log((counts[0][level] + 0.5) / (totals[0] + extra));
        }
    }
}

bool sx_level_scores(const sx_level_cases *c, const sx_level_set *sets, size_t set_count,
                     double *out, sx_error *err) {
    size_t most = 1;
    for (size_t k = 0; k < set_count; k++)
        if (sets[k].level_count > most) most = sets[k].level_count;
    double *memory = sx_calloc_for(most, 2 * sizeof *memory, "levels", err);
    if (!memory) return false;
    double *counts[2] = { memory, memory + most };
    memset(out, 0, c->count * sizeof *out);
    for (size_t k = 0; k < set_count; k++)
        add_scores(c, &sets[k], counts, out);
    free(memory);
    return true;
}
