#include "metrics/vindr_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/mt19937.h"
#include "metrics/roc.h"
#include "metrics/sort.h"

typedef struct vindr_scores {
    sx_ranking ranking;
    sx_levels levels;
} vindr_scores;

static bool open_scores(vindr_scores *v, const unsigned char *label, const double *score, size_t n,
                        sx_error *err) {
    memset(v, 0, sizeof *v);
    double *single = sx_calloc_for(n, sizeof *single, "scores", err);
    if (!single) return false;
    for (size_t i = 0; i < n; i++)
        single[i] = (float)score[i];
    bool ok = sx_ranking_make(&v->ranking, label, single, n, err) &&
              sx_levels_make(&v->levels, &v->ranking, err);
    free(single);
    if (!ok) sx_ranking_free(&v->ranking);
    return ok;
}

static void close_scores(vindr_scores *v) {
    sx_levels_free(&v->levels);
    sx_ranking_free(&v->ranking);
}

/* A point of scikit-learn's reduced ROC curve. */
typedef struct roc_point {
    double threshold;
    uint64_t tp, fp;
} roc_point;

/* Walks from high to low through the points that roc_curve(drop_intermediate=True) keeps: both
 * ends, and those at which the next step differs from the last. */
static void choose_point(const sx_levels *l, double threshold, bool youden, roc_point *chosen) {
    double p = (double)l->positives, n = (double)l->negatives, best = 0;
    uint64_t tp = 0, fp = 0;
    int64_t last = -1, levels = (int64_t)l->count;
    size_t k = 0, seen = 0;
    uint32_t dp = 0, dn = 0; /* the step to level `last` */
    while (k < l->count && !(l->pos[k] | l->neg[k]))
        k++;
    double top = (double)(float)(l->scores[k] + 1);
    *chosen = (roc_point){ top, 0, 0 };
    /* Above all thresholds their index -1 means the last point, (1, 1). */
    if (!youden && threshold >= top) *chosen = (roc_point){ threshold, l->positives, l->negatives };
    for (int64_t i = (int64_t)k; i <= levels; i++) {
        bool end = i == levels;
        if (!end && !(l->pos[i] | l->neg[i])) continue; /* not drawn in this resample */
        if (last >= 0) {
            bool keep = end || seen == 1 || l->pos[i] != dp || l->neg[i] != dn;
            double at = l->scores[last];
            if (keep && youden && (double)tp / p - (double)fp / n > best) {
                best = (double)tp / p - (double)fp / n;
                *chosen = (roc_point){ at, tp, fp };
            }
            if (keep && !youden && at > threshold) *chosen = (roc_point){ at, tp, fp };
        }
        if (end) break;
        dp = l->pos[i];
        dn = l->neg[i];
        tp += dp;
        fp += dn;
        last = i;
        seen++;
    }
}

static void measure(const sx_levels *l, double threshold, double out[SX_VINDR_MEASURES],
                    double *used) {
    roc_point point;
    bool youden = isnan(threshold);
    choose_point(l, threshold, youden, &point);
    if (youden) threshold = point.threshold;
    *used = threshold;
    double p = (double)l->positives, tpr = (double)point.tp / p,
           fpr = (double)point.fp / (double)l->negatives;
    sx_confusion2 c = sx_confusion_at(l, (double)(float)threshold);
    double called = (double)(c.tp + c.fp);
    out[SX_VINDR_AUC] = sx_auroc(l);
    out[SX_VINDR_SENSITIVITY] = tpr;
    out[SX_VINDR_SPECIFICITY] = 1 - fpr;
    out[SX_VINDR_PRECISION] = called > 0 ? tpr * p / called : NAN;
    out[SX_VINDR_F1] = c.tp ? 2 * (double)c.tp / (p + called) : 0;
}

static bool both_classes(const sx_levels *l, sx_error *err) {
    if (l->positives && l->negatives) return true;
    return sx_fail(err, SX_ERR_VALUE, "all %llu cases are %s: no ROC curve",
                   (unsigned long long)(l->positives + l->negatives),
                   l->positives ? "positive" : "negative");
}

bool sx_vindr_point(const unsigned char *label, const double *score, size_t n, double threshold,
                    double out[SX_VINDR_MEASURES], double *used, sx_error *err) {
    vindr_scores v;
    if (!open_scores(&v, label, score, n, err)) return false;
    bool ok = both_classes(&v.levels, err);
    if (ok) measure(&v.levels, threshold, out, used);
    close_scores(&v);
    return ok;
}

static bool draw_all(vindr_scores *v, double threshold, const sx_bootstrap *how, sx_vindr_boot *out,
                     double *value, uint32_t *weight, sx_error *err) {
    size_t n = v->ranking.count, done = 0, drawn = 0;
    sx_mt19937 stream;
    sx_mt19937_seed(&stream, (uint32_t)how->seed);
    while (done < out->resamples) {
        if (drawn % 16 == 0 && !sx_context_check(how->context, err)) return false;
        if (drawn++ >= 100 * out->resamples)
            return sx_fail(err, SX_ERR_VALUE, "only %zu of %zu resamples have both classes", done,
                           drawn);
        memset(weight, 0, n * sizeof *weight);
        for (size_t i = 0; i < n; i++)
            weight[sx_mt19937_randint(&stream, (uint32_t)n)]++;
        sx_levels_count(&v->levels, &v->ranking, weight);
        if (!v->levels.positives || !v->levels.negatives) continue;
        double m[SX_VINDR_MEASURES], used;
        measure(&v->levels, threshold, m, &used);
        for (size_t k = 0; k < SX_VINDR_MEASURES; k++)
            value[k * out->resamples + done] = m[k];
        done++;
    }
    out->skipped = drawn - done;
    return true;
}

bool sx_vindr_bootstrap(const unsigned char *label, const double *score, size_t n, double threshold,
                        const sx_bootstrap *how, sx_vindr_boot *out, sx_error *err) {
    const size_t resamples = how->resamples;
    vindr_scores v;
    *out = (sx_vindr_boot){ .resamples = resamples };
    if (resamples == 0)
        return sx_fail(err, SX_ERR_USAGE, "a bootstrap needs at least one resample");
    if (!open_scores(&v, label, score, n, err)) return false;
    double *value =
        sx_calloc_for(resamples, SX_VINDR_MEASURES * sizeof *value, "bootstrap resamples", err);
    uint32_t *weight = value ? sx_calloc_for(n, sizeof *weight, "bootstrap resamples", err) : NULL;
    bool ok = weight && both_classes(&v.levels, err) &&
              draw_all(&v, threshold, how, out, value, weight, err);
    size_t bound = (size_t)floor((1. - how->level) / 2. * (double)resamples);
    for (size_t k = 0; ok && k < SX_VINDR_MEASURES; k++) {
        double *x = value + k * resamples, sum = 0;
        for (size_t i = 0; i < 5 && i < resamples; i++)
            out->first[k][i] = x[i];
        sx_sort_values(x, resamples);
        for (size_t i = 0; i < resamples; i++)
            sum += x[i];
        out->mean[k] = sum / (double)resamples;
        out->low[k] = x[bound];
        out->high[k] = x[bound ? resamples - bound : 0];
    }
    free(weight);
    free(value);
    close_scores(&v);
    return ok;
}
