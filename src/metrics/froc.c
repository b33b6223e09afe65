#include "metrics/froc.h"

#include <math.h>

const double sx_froc_rates[SX_FROC_RATES] = { 0.125, 0.25, 0.5, 1, 2, 4, 8 };

static void totals(const sx_match_list *l, size_t film_count, const uint32_t *weight,
                   double *positives, double *weighted_films) {
    uint64_t p = 0, f = 0;
    for (size_t i = 0; i < film_count; i++) {
        uint32_t w = weight ? weight[i] : 1;
        p += (uint64_t)l->positives[i] * w;
        f += w;
    }
    *positives = (double)p;
    *weighted_films = (double)f;
}

sx_froc sx_froc_of(const sx_match_list *l, size_t film_count, size_t t, const uint32_t *weight) {
    sx_froc out = { .mean = 0 };
    uint64_t tp = 0, fp = 0, reached[SX_FROC_RATES];
    uint32_t bit = 1u << t;
    int passed = 0; /* rates that the false positives exceed: their sensitivity is known */
    totals(l, film_count, weight, &out.positives, &out.film_count);
    for (size_t i = 0; i < l->count && passed < SX_FROC_RATES;) {
        double score = l->scores[i];
        uint64_t before = tp;
        for (; i < l->count && l->scores[i] == score; i++) {
            uint32_t w = weight ? weight[l->films[i]] : 1;
            if (l->ignored[i] & bit) continue;
            *(l->hits[i] & bit ? &tp : &fp) += w;
        }
        while (passed < SX_FROC_RATES && (double)fp > sx_froc_rates[passed] * out.film_count)
            reached[passed++] = before;
    }
    while (passed < SX_FROC_RATES)
        reached[passed++] = tp;
    for (int r = 0; r < SX_FROC_RATES; r++) {
        out.sensitivities[r] = out.positives > 0 ? (double)reached[r] / out.positives : NAN;
        out.mean += out.sensitivities[r] / SX_FROC_RATES;
    }
    return out;
}

/* Walks through the distinct scores and counts the hits and false positives so far. */
typedef struct walk {
    const sx_match_list *l;
    uint32_t bit;
    size_t at;
    double score, tp, fp;
} walk;

static bool next_score(walk *w) {
    if (w->at == w->l->count) return false;
    w->score = w->l->scores[w->at];
    for (; w->at < w->l->count && w->l->scores[w->at] == w->score; w->at++)
        if (!(w->l->ignored[w->at] & w->bit)) *(w->l->hits[w->at] & w->bit ? &w->tp : &w->fp) += 1;
    return true;
}

size_t sx_froc_curve(const sx_match_list *l, size_t film_count, size_t t, sx_froc_point *out,
                     size_t cap) {
    double positives, all;
    totals(l, film_count, NULL, &positives, &all);
    if (positives == 0 || all == 0 || cap < 2) return 0;
    size_t hits = 0, n = 0, seen = 0;
    for (size_t i = 0; i < l->count; i++)
        hits += (l->hits[i] >> t) & 1;
    size_t every = hits / (cap - 2) + 1;
    walk w = { .l = l, .bit = 1u << t };
    double last_tp = 0;
    sx_froc_point end = { 0, 0, INFINITY };
    while (next_score(&w)) {
        end = (sx_froc_point){ w.fp / all, w.tp / positives, w.score };
        /* The corners of the curve are at the hits. */
        if (w.tp == last_tp) continue;
        last_tp = w.tp;
        if (seen++ % every == 0 && n + 1 < cap) out[n++] = end;
    }
    out[n++] = end;
    return n;
}

static double ratio(double a, double b) {
    return b > 0 ? a / b : NAN;
}

sx_detection_rates sx_detection_at(const sx_match_list *l, size_t film_count, size_t t,
                                   double threshold, const uint32_t *weight) {
    sx_detection_rates r = { .threshold = threshold };
    totals(l, film_count, weight, &r.positives, &r.film_count);
    for (size_t i = 0; i < l->count && l->scores[i] >= threshold; i++) {
        if ((l->ignored[i] >> t) & 1) continue;
        *((l->hits[i] >> t) & 1 ? &r.tp : &r.fp) += weight ? weight[l->films[i]] : 1;
    }
    r.sensitivity = ratio(r.tp, r.positives);
    r.precision = ratio(r.tp, r.tp + r.fp);
    r.f1 = ratio(2 * r.tp, r.tp + r.fp + r.positives);
    r.fp_per_image = ratio(r.fp, r.film_count);
    return r;
}

double sx_threshold_for_rate(const sx_match_list *l, size_t film_count, size_t t,
                             double fp_per_image) {
    walk w = { .l = l, .bit = 1u << t };
    double at = INFINITY;
    while (next_score(&w) && w.fp <= fp_per_image * (double)film_count)
        at = w.score;
    return at;
}

double sx_threshold_for_f1(const sx_match_list *l, size_t film_count, size_t t) {
    double positives, all, best = 0, at = INFINITY;
    totals(l, film_count, NULL, &positives, &all);
    walk w = { .l = l, .bit = 1u << t };
    while (next_score(&w)) {
        double f1 = 2 * w.tp / (w.tp + w.fp + positives);
        if (w.tp > 0 && f1 > best) {
            best = f1;
            at = w.score;
        }
    }
    return at;
}
