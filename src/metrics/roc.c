#include "metrics/roc.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

bool sx_ranking_make(sx_ranking *r, const unsigned char *label, const double *score, size_t n,
                     sx_error *err) {
    *r = (sx_ranking){ .count = n };
    if (n == 0) return sx_fail(err, SX_ERR_VALUE, "no case to evaluate");
    for (size_t i = 0; i < n; i++)
        if (!isfinite(score[i]))
            return sx_fail(err, SX_ERR_VALUE, "score %zu is not a finite number", i);
    r->order = sx_calloc(n, sizeof *r->order);
    r->starts = sx_calloc(n + 1, sizeof *r->starts);
    r->scores = sx_calloc(n, sizeof *r->scores);
    r->labels = sx_calloc(n, 1);
    if (!r->order || !r->starts || !r->scores || !r->labels) {
        sx_ranking_free(r);
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for %zu scores", n);
    }
    if (!sx_sort_descending(score, n, r->order, err)) {
        sx_ranking_free(r);
        return false;
    }
    for (size_t k = 0; k < n; k++) {
        double s = score[r->order[k]];
        r->labels[k] = label[r->order[k]] != 0;
        if (r->level_count && r->scores[r->level_count - 1] == s) continue;
        r->starts[r->level_count] = (uint32_t)k;
        r->scores[r->level_count++] = s;
    }
    r->starts[r->level_count] = (uint32_t)n;
    return true;
}

void sx_ranking_free(sx_ranking *r) {
    free(r->order);
    free(r->starts);
    free(r->scores);
    free(r->labels);
    *r = (sx_ranking){ 0 };
}

bool sx_levels_make(sx_levels *l, const sx_ranking *r, sx_error *err) {
    *l = (sx_levels){ .count = r->level_count, .scores = r->scores };
    l->pos = sx_calloc_for(r->level_count, 2 * sizeof *l->pos, "scores", err);
    if (!l->pos) return false;
    l->neg = l->pos + r->level_count;
    sx_levels_count(l, r, NULL);
    return true;
}

void sx_levels_free(sx_levels *l) {
    free(l->pos);
    *l = (sx_levels){ 0 };
}

void sx_levels_count(sx_levels *l, const sx_ranking *r, const uint32_t *weight) {
    l->positives = l->negatives = 0;
    for (size_t k = 0; k < r->level_count; k++) {
        uint32_t count[2] = { 0, 0 };
        for (uint32_t i = r->starts[k]; i < r->starts[k + 1]; i++)
            count[r->labels[i]] += weight ? weight[r->order[i]] : 1;
        l->neg[k] = count[0];
        l->pos[k] = count[1];
        l->negatives += count[0];
        l->positives += count[1];
    }
}

double sx_auroc(const sx_levels *l) {
    if (!l->positives || !l->negatives) return NAN;
    double twice = 0; /* twice the area; exact up to 6e7 cases, as it is below 2^53 */
    uint64_t above = 0;
    for (size_t k = 0; k < l->count; k++) {
        twice += (double)(l->neg[k] * (2 * above + l->pos[k]));
        above += l->pos[k];
    }
    return twice / 2 / ((double)l->positives * (double)l->negatives);
}

double sx_average_precision(const sx_levels *l) {
    if (!l->positives) return NAN;
    uint64_t tp = 0, called = 0;
    double sum = 0;
    for (size_t k = 0; k < l->count; k++) {
        tp += l->pos[k];
        called += (uint64_t)l->pos[k] + l->neg[k];
        if (l->pos[k])
            sum += (double)l->pos[k] / (double)l->positives * ((double)tp / (double)called);
    }
    return sum;
}

double sx_youden(const sx_levels *l) {
    if (!l->positives || !l->negatives || !l->count) return NAN;
    int64_t tp = 0, fp = 0, best = 0, p = (int64_t)l->positives, n = (int64_t)l->negatives;
    double at = l->scores[0] + 1;
    for (size_t k = 0; k < l->count; k++) {
        tp += l->pos[k];
        fp += l->neg[k];
        int64_t j = tp * n - fp * p; /* Youden's J times the number of pairs: exact */
        if (j > best) {
            best = j;
            at = l->scores[k];
        }
    }
    return at;
}

double sx_threshold_for_sensitivity(const sx_levels *l, double least) {
    uint64_t tp = 0;
    if (!l->positives) return NAN;
    for (size_t k = 0; k < l->count; k++) {
        tp += l->pos[k];
        if ((double)tp >= least * (double)l->positives) return l->scores[k];
    }
    return l->scores[l->count - 1];
}

double sx_threshold_for_specificity(const sx_levels *l, double least) {
    uint64_t fp = 0;
    if (!l->negatives) return NAN;
    double at = l->scores[0] + 1;
    for (size_t k = 0; k < l->count; k++) {
        fp += l->neg[k];
        if ((double)(l->negatives - fp) < least * (double)l->negatives) break;
        at = l->scores[k];
    }
    return at;
}

sx_confusion2 sx_confusion_at(const sx_levels *l, double threshold) {
    sx_confusion2 c = { 0, 0, l->negatives, l->positives };
    for (size_t k = 0; k < l->count && l->scores[k] >= threshold; k++) {
        c.tp += l->pos[k];
        c.fp += l->neg[k];
    }
    c.tn -= c.fp;
    c.fn -= c.tp;
    return c;
}

static double ratio(double a, double b) {
    return b > 0 ? a / b : NAN;
}

sx_rates sx_rates_of(sx_confusion2 c) {
    double tp = (double)c.tp, fp = (double)c.fp, tn = (double)c.tn, fn = (double)c.fn;
    sx_rates r = {
        .sensitivity = ratio(tp, tp + fn),
        .specificity = ratio(tn, tn + fp),
        .precision = ratio(tp, tp + fp),
        .npv = ratio(tn, tn + fn),
        .accuracy = ratio(tp + tn, tp + tn + fp + fn),
        .f1 = ratio(2 * tp, 2 * tp + fp + fn),
        .mcc = ratio(tp * tn - fp * fn, sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
    };
    r.balanced_accuracy = (r.sensitivity + r.specificity) / 2;
    r.lr_positive = ratio(r.sensitivity, 1 - r.specificity);
    r.lr_negative = ratio(1 - r.sensitivity, r.specificity);
    return r;
}
