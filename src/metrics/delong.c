#include "metrics/delong.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

/* rank[n]: midranks of score[n], from 1 for the lowest. */
static bool midranks(const double *score, size_t n, double *rank, sx_error *err) {
    uint32_t *order = sx_calloc_for(n, sizeof *order, "ranks", err);
    if (!order) return false;
    if (!sx_sort_descending(score, n, order, err)) {
        free(order);
        return false;
    }
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && score[order[j]] == score[order[i]];)
            j++;
        /* Counted from the top the ranks are i+1 .. j, from the bottom n-j+1 .. n-i. */
        double mid = ((double)(n - j + 1) + (double)(n - i)) / 2;
        for (size_t k = i; k < j; k++)
            rank[order[k]] = mid;
    }
    free(order);
    return true;
}

bool sx_delong_placements(const unsigned char *label, const double *score, size_t total, size_t m,
                          double *v, sx_error *err) {
    size_t n = total - m, ip = 0, in = m;
    double *sorted = sx_calloc_for(total, 3 * sizeof *sorted, "scores", err);
    if (!sorted) return false;
    double *own = sorted + total, *all = own + total;
    for (size_t i = 0; i < total; i++)
        sorted[label[i] ? ip++ : in++] = score[i];
    bool ok = midranks(sorted, m, own, err) && midranks(sorted + m, n, own + m, err) &&
              midranks(sorted, total, all, err);
    for (size_t i = 0; ok && i < m; i++)
        v[i] = (all[i] - own[i]) / (double)n;
    for (size_t i = m; ok && i < total; i++)
        v[i] = 1 - (all[i] - own[i]) / (double)m;
    free(sorted);
    return ok;
}

static double mean(const double *v, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += v[i];
    return s / (double)n;
}

static double covariance(const double *a, const double *b, size_t n) {
    double ma = mean(a, n), mb = mean(b, n), s = 0;
    for (size_t i = 0; i < n; i++)
        s += (a[i] - ma) * (b[i] - mb);
    return n > 1 ? s / (double)(n - 1) : NAN;
}

static bool count_positives(const unsigned char *label, size_t n, size_t *m, sx_error *err) {
    *m = 0;
    for (size_t i = 0; i < n; i++)
        *m += label[i] != 0;
    if (*m == 0 || *m == n)
        return sx_fail(err, SX_ERR_VALUE, "all %zu cases are %s: no ROC curve", n,
                       *m ? "positive" : "negative");
    return true;
}

static sx_delong summary(const double *v, size_t m, size_t n) {
    sx_delong d = { .auc = mean(v, m), .positives = m, .negatives = n };
    d.s10 = covariance(v, v, m);
    d.s01 = covariance(v + m, v + m, n);
    d.variance = d.s10 / (double)m + d.s01 / (double)n;
    return d;
}

bool sx_delong_one(const unsigned char *label, const double *score, size_t n, sx_delong *out,
                   sx_error *err) {
    size_t m;
    if (!count_positives(label, n, &m, err)) return false;
    double *v = sx_calloc_for(n, sizeof *v, "scores", err);
    bool ok = v && sx_delong_placements(label, score, n, m, v, err);
    if (ok) *out = summary(v, m, n - m);
    free(v);
    return ok;
}

bool sx_delong_two(const unsigned char *label, const double *a, const double *b, size_t n,
                   sx_delong_pair *out, sx_error *err) {
    size_t m;
    if (!count_positives(label, n, &m, err)) return false;
    double *v = sx_calloc_for(n, 2 * sizeof *v, "scores", err);
    if (!v) return false;
    double *w = v + n;
    bool ok = sx_delong_placements(label, a, n, m, v, err) &&
              sx_delong_placements(label, b, n, m, w, err);
    if (ok) {
        sx_delong_pair p = { .a = summary(v, m, n - m), .b = summary(w, m, n - m) };
        p.covariance =
            covariance(v, w, m) / (double)m + covariance(v + m, w + m, n - m) / (double)(n - m);
        p.difference = p.a.auc - p.b.auc;
        p.se = sqrt(fmax(p.a.variance + p.b.variance - 2 * p.covariance, 0));
        /* fmax hides a variance that is NaN. */
        if (p.a.variance != p.a.variance) p.se = NAN;
        p.z = p.se > 0 ? p.difference / p.se : p.difference == 0 && p.se == 0 ? 0 : NAN;
        p.p = erfc(fabs(p.z) / sqrt(2.0));
        *out = p;
    }
    free(v);
    return ok;
}
