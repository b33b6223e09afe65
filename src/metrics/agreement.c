#include "metrics/agreement.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

static sx_kappa kappa_of(double observed, double expected, size_t films) {
    sx_kappa k = { NAN, observed, expected, films };
    if (films && expected < 1) k.kappa = (observed - expected) / (1 - expected);
    return k;
}

sx_kappa sx_cohen_kappa(const unsigned char *a, const unsigned char *b, size_t n,
                        const uint32_t *weight) {
    double same = 0, yes_a = 0, yes_b = 0, all = 0;
    size_t films = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight ? weight[i] : 1;
        all += w;
        films += w > 0;
        same += w * ((a[i] != 0) == (b[i] != 0));
        yes_a += w * (a[i] != 0);
        yes_b += w * (b[i] != 0);
    }
    if (all == 0) return kappa_of(NAN, NAN, 0);
    yes_a /= all;
    yes_b /= all;
    return kappa_of(same / all, yes_a * yes_b + (1 - yes_a) * (1 - yes_b), films);
}

sx_kappa sx_fleiss_kappa(const uint32_t *positive, const uint32_t *readers, size_t n,
                         const uint32_t *weight) {
    double agree = 0, yes = 0, readings = 0, all = 0;
    size_t films = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight ? weight[i] : 1, r = readers[i], p = positive[i];
        if (r < 2 || w == 0) continue;
        all += w;
        films++;
        agree += w * (p * (p - 1) + (r - p) * (r - p - 1)) / (r * (r - 1));
        yes += w * p;
        readings += w * r;
    }
    if (all == 0) return kappa_of(NAN, NAN, 0);
    double share = yes / readings;
    return kappa_of(agree / all, share * share + (1 - share) * (1 - share), films);
}

static double iou(const sx_truth_box *a, const sx_truth_box *b) {
    sx_found_box f = { .x = a->x, .y = a->y, .w = a->w, .h = a->h };
    return sx_box_iou_xywh(&f, b, false);
}

bool sx_pair_boxes(const sx_truth_box *a, size_t na, const sx_truth_box *b, size_t nb, double least,
                   sx_box_agreement *out, sx_error *err) {
    size_t pairs;
    out->a += na;
    out->b += nb;
    if (!sx_mul_size(na, nb, &pairs)) return sx_fail(err, SX_ERR_LIMIT, "too many boxes on a film");
    if (pairs == 0) return true;
    double *v = sx_calloc_for(pairs, sizeof *v, "boxes", err);
    uint32_t *order = sx_calloc_for(pairs, sizeof *order, "boxes", err);
    bool *used = sx_calloc_for(na + nb, sizeof *used, "boxes", err);
    bool ok = v && order && used;
    for (size_t i = 0; ok && i < pairs; i++)
        v[i] = iou(&a[i / nb], &b[i % nb]);
    ok = ok && sx_sort_descending(v, pairs, order, err);
    for (size_t k = 0; ok && k < pairs && v[order[k]] >= least && v[order[k]] > 0; k++) {
        size_t i = order[k] / nb, j = order[k] % nb;
        if (used[i] || used[na + j]) continue;
        used[i] = used[na + j] = true;
        out->matched++;
        out->iou_sum += v[order[k]];
    }
    free(v);
    free(order);
    free(used);
    return ok;
}
