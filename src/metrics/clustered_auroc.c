#include "metrics/clustered_auroc.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "metrics/delong.h"
#include "metrics/sort.h"

/* ---- folds ---- */

typedef struct group_counts {
    size_t n[2]; /* negative, positive cases */
} group_counts;

/* Groups from the largest, equal ones in random order. */
static bool order_groups(const group_counts *counts, size_t n, uint64_t seed, uint32_t *order,
                         sx_error *err) {
    const uint64_t key = sx_rng_key("eval/folds", seed);
    double *sizes = sx_calloc_for(n + 1, sizeof *sizes, "folds", err);
    for (size_t g = 0; sizes && g < n; g++)
        sizes[g] = (double)(counts[g].n[0] + counts[g].n[1]) + sx_rng_unit(key, g);
    const bool ok = sizes && sx_sort_descending(sizes, n, order, err);
    free(sizes);
    return ok;
}

/* The fold in which the group adds least to the sum of the squared shares of each label. */
static size_t best_fold(const group_counts *folds, size_t fold_count, const group_counts *group,
                        const size_t totals[2]) {
    size_t best = 0;
    double least = INFINITY;
    for (size_t f = 0; f < fold_count; f++) {
        double added = 0;
        for (int label = 0; label < 2; label++) {
            const double total = (double)totals[label];
            if (totals[label])
                added += (double)folds[f].n[label] * (double)group->n[label] / (total * total);
        }
        /* Of equal ones the fold with the fewest cases. */
        added += 1e-9 * (double)(folds[f].n[0] + folds[f].n[1]) / (double)(totals[0] + totals[1]);
        if (added >= least) continue;
        least = added;
        best = f;
    }
    return best;
}

bool sx_balanced_folds(const unsigned char *labels, const sx_groups *groups, size_t fold_count,
                       uint64_t seed, uint32_t *fold_of, sx_error *err) {
    const size_t n = sx_group_count(groups);
    size_t totals[2] = { 0, 0 };
    group_counts *counts = sx_calloc_for(n + fold_count + 1, sizeof *counts, "folds", err);
    uint32_t *order = sx_calloc_for(n + 1, 2 * sizeof *order, "folds", err);
    bool ok = counts && order;
    for (size_t i = 0; ok && i < groups->case_count; i++) {
        counts[sx_group_of(groups, i)].n[labels[i] != 0]++;
        totals[labels[i] != 0]++;
    }
    ok = ok && order_groups(counts, n, seed, order, err);
    if (ok) {
        group_counts *folds = counts + n;
        uint32_t *chosen = order + n + 1;
        for (size_t k = 0; k < n; k++) {
            const group_counts *group = &counts[order[k]];
            const size_t f = best_fold(folds, fold_count, group, totals);
            chosen[order[k]] = (uint32_t)f;
            folds[f].n[0] += group->n[0];
            folds[f].n[1] += group->n[1];
        }
        for (size_t i = 0; i < groups->case_count; i++)
            fold_of[i] = chosen[sx_group_of(groups, i)];
    }
    free(counts);
    free(order);
    return ok;
}

/* ---- placement values ---- */

typedef struct work {
    const unsigned char *labels;
    const double *scores;
    size_t count;
    double *values;          /* [count] placement values; NaN: the fold has one label only */
    unsigned char *gathered; /* [count] labels of a fold */
    double *fold_scores, *fold_values;
    double pairs, totals[2]; /* of the folds with both labels */
} work;

static bool work_make(const unsigned char *labels, const double *scores, size_t n, work *w,
                      sx_error *err) {
    *w = (work){ .labels = labels, .scores = scores, .count = n };
    w->values = sx_calloc_for(n + 1, 3 * sizeof *w->values, "scores", err);
    w->gathered = sx_calloc_for(n + 1, 1, "scores", err);
    if (!w->values || !w->gathered) return false;
    w->fold_scores = w->values + n + 1;
    w->fold_values = w->fold_scores + n + 1;
    return true;
}

static bool in_fold(const sx_folds *folds, size_t i, size_t f) {
    return !folds->of || folds->of[i] == f;
}

/* The placement values of a fold, multiplied by its numbers of pairs over positive or negative
 * cases; the caller divides by those of all folds. */
static bool place_fold(const sx_folds *folds, size_t f, work *w, sx_error *err) {
    size_t n = 0, positives = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!in_fold(folds, i, f)) continue;
        w->gathered[n] = w->labels[i] != 0;
        positives += w->gathered[n];
        w->fold_scores[n++] = w->scores[i];
    }
    const size_t negatives = n - positives;
    const bool both = positives && negatives;
    if (both &&
        !sx_delong_placements(w->gathered, w->fold_scores, n, positives, w->fold_values, err))
        return false;
    size_t at[2] = { positives, 0 }; /* the next negative, positive case */
    for (size_t i = 0; i < w->count; i++) {
        if (!in_fold(folds, i, f)) continue;
        const int label = w->labels[i] != 0;
        w->values[i] = both ? w->fold_values[at[label]++] * (double)(label ? negatives : positives)
                            : (double)NAN;
    }
    if (!both) return true;
    w->pairs += (double)positives * (double)negatives;
    w->totals[0] += (double)negatives;
    w->totals[1] += (double)positives;
    return true;
}

/* ---- variance ---- */

/* Sums over the clusters of the residuals of negative and of positive cases. */
typedef struct cluster {
    double sums[2];
    bool has[2];
} cluster;

static double variance_of(const cluster *clusters, size_t n, const double totals[2]) {
    double squares[2] = { 0, 0 }, products = 0, with[2] = { 0, 0 }, any = 0;
    for (size_t c = 0; c < n; c++) {
        for (int label = 0; label < 2; label++) {
            squares[label] += clusters[c].sums[label] * clusters[c].sums[label];
            with[label] += clusters[c].has[label];
        }
        products += clusters[c].sums[0] * clusters[c].sums[1];
        any += clusters[c].has[0] || clusters[c].has[1];
    }
    if (with[0] < 2 || with[1] < 2) return (double)NAN;
    if (squares[0] + squares[1] == 0) return 0; /* all placement values are equal */
    const double v = with[0] / (with[0] - 1) * squares[0] / (totals[0] * totals[0]) +
                     with[1] / (with[1] - 1) * squares[1] / (totals[1] * totals[1]) +
                     2 * any / (any - 1) * products / (totals[0] * totals[1]);
    return v > 1e-12 ? v : (double)NAN; /* the products of few clusters may exceed the squares */
}

static bool summarise(const sx_groups *groups, const work *w, sx_clustered_auroc *out,
                      sx_error *err) {
    const size_t n = sx_group_count(groups);
    cluster *clusters = sx_calloc_for(n + 1, sizeof *clusters, "clusters", err);
    if (!clusters) return false;
    double sum = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->labels[i] && !isnan(w->values[i])) sum += w->values[i];
    out->auroc = sum / w->pairs;
    for (size_t i = 0; i < w->count; i++) {
        const int label = w->labels[i] != 0;
        cluster *c = &clusters[sx_group_of(groups, i)];
        if (isnan(w->values[i])) continue;
        c->sums[label] += w->values[i] * w->totals[label] / w->pairs - out->auroc;
        c->has[label] = true;
    }
    out->variance = variance_of(clusters, n, w->totals);
    free(clusters);
    return true;
}

bool sx_auroc_of_clusters(const unsigned char *labels, const double *scores,
                          const sx_groups *groups, const sx_folds *folds, sx_clustered_auroc *out,
                          sx_error *err) {
    const sx_folds one = { NULL, 1 };
    work w;
    *out = (sx_clustered_auroc){ NAN, NAN };
    if (!folds || !folds->of) folds = &one;
    bool ok = work_make(labels, scores, groups->case_count, &w, err);
    for (size_t f = 0; ok && f < folds->count; f++)
        ok = place_fold(folds, f, &w, err);
    if (ok && w.pairs > 0) ok = summarise(groups, &w, out, err);
    free(w.values);
    free(w.gathered);
    return ok;
}
