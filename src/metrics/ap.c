#include "metrics/ap.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

const sx_size_range sx_coco_sizes[4] = { { 0, 1e10 }, { 0, 1024 }, { 1024, 9216 }, { 9216, 1e10 } };
/* As numpy.linspace computes them: start + i * step in double, the last value exactly the end. */
const double sx_coco_ious[10] = {
    0.5,
    0.5 + 1 * ((0.95 - 0.5) / 9),
    0.5 + 2 * ((0.95 - 0.5) / 9),
    0.5 + 3 * ((0.95 - 0.5) / 9),
    0.5 + 4 * ((0.95 - 0.5) / 9),
    0.5 + 5 * ((0.95 - 0.5) / 9),
    0.5 + 6 * ((0.95 - 0.5) / 9),
    0.5 + 7 * ((0.95 - 0.5) / 9),
    0.5 + 8 * ((0.95 - 0.5) / 9),
    0.95,
};
const double sx_vindr_ious[7] = {
    0.2,
    0.2 + 1 * ((0.5 - 0.2) / 6),
    0.2 + 2 * ((0.5 - 0.2) / 6),
    0.2 + 3 * ((0.5 - 0.2) / 6),
    0.2 + 4 * ((0.5 - 0.2) / 6),
    0.2 + 5 * ((0.5 - 0.2) / 6),
    0.5,
};

/* The points of the curve at which a true box is found. Precision only falls between them. */
struct sx_ap_scratch {
    double *precision, *recall, *score;
    uint32_t *called; /* [boxes] weighted number of boxes up to and including each */
    size_t cap, n;
};

sx_ap_scratch *sx_ap_scratch_new(size_t most_boxes, sx_error *err) {
    sx_ap_scratch *s = sx_calloc_for(1, sizeof *s, "boxes", err);
    if (!s) return NULL;
    s->cap = most_boxes + 1;
    s->precision = sx_calloc_for(s->cap, 3 * sizeof *s->precision, "boxes", err);
    s->called = s->precision ? sx_calloc_for(s->cap, sizeof *s->called, "boxes", err) : NULL;
    if (!s->called) {
        sx_ap_scratch_free(s);
        return NULL;
    }
    s->recall = s->precision + s->cap;
    s->score = s->recall + s->cap;
    return s;
}

void sx_ap_scratch_free(sx_ap_scratch *s) {
    if (!s) return;
    free(s->precision);
    free(s->called);
    free(s);
}

static double count_positives(const sx_match_list *l, size_t film_count, const uint32_t *weight) {
    uint64_t n = 0;
    for (size_t f = 0; f < film_count; f++)
        n += (uint64_t)l->positives[f] * (weight ? weight[f] : 1);
    return (double)n;
}

static void add_point(sx_ap_scratch *s, uint64_t tp, uint64_t called, double positives,
                      double score) {
    s->precision[s->n] = (double)tp / ((double)called + DBL_EPSILON);
    s->recall[s->n] = (double)tp / positives;
    s->score[s->n++] = score;
}

/* Box by box, for lists in which boxes are ignored or too many on a film. */
static void walk_boxes(const sx_match_list *l, size_t t, size_t most, const uint32_t *weight,
                       double positives, sx_ap_scratch *s) {
    uint64_t tp = 0, fp = 0;
    uint32_t bit = 1u << t;
    for (size_t i = 0; i < l->count; i++) {
        uint32_t w = weight ? weight[l->films[i]] : 1;
        if (w == 0 || (l->ignored[i] & bit) || (most && l->ranks[i] >= most)) continue;
        *(l->hits[i] & bit ? &tp : &fp) += w;
        if (l->hits[i] & bit) add_point(s, tp, tp + fp, positives, l->scores[i]);
    }
}

/* Hit by hit: every box before a hit counts, so that its place in the list suffices. */
static void walk_hits(const sx_match_list *l, size_t t, const uint32_t *weight, double positives,
                      sx_ap_scratch *s) {
    uint64_t tp = 0;
    for (size_t k = l->hit_start[t]; k < l->hit_start[t + 1]; k++) {
        uint32_t i = l->hit_places[k], w = weight ? weight[l->films[i]] : 1;
        if (w == 0) continue;
        tp += w;
        add_point(s, tp, weight ? s->called[i] : i + 1, positives, l->scores[i]);
    }
}

void sx_ap_prepare(const sx_match_list *l, const uint32_t *weight, sx_ap_scratch *s) {
    uint32_t sum = 0;
    for (size_t i = 0; weight && i < l->count; i++)
        s->called[i] = sum += weight[l->films[i]];
}

/* The points of threshold t, with precision made non-increasing. */
static void find_points(const sx_match_list *l, size_t t, size_t most, const uint32_t *weight,
                        double positives, sx_ap_scratch *s) {
    s->n = 0;
    if ((l->any_ignored >> t & 1) || (most && l->most_rank >= most))
        walk_boxes(l, t, most, weight, positives, s);
    else
        walk_hits(l, t, weight, positives, s);
    for (size_t i = s->n; i-- > 1;)
        if (s->precision[i] > s->precision[i - 1]) s->precision[i - 1] = s->precision[i];
}

void sx_pr_accumulate(const sx_match_list *l, size_t film_count, size_t t, size_t most,
                      const uint32_t *weight, sx_ap_scratch *s, sx_pr_curve *out) {
    out->positives = count_positives(l, film_count, weight);
    if (out->positives == 0) {
        out->recall = -1;
        for (int i = 0; i < SX_RECALL_POINTS; i++)
            out->precisions[i] = out->scores[i] = -1;
        return;
    }
    find_points(l, t, most, weight, out->positives, s);
    size_t at = 0;
    for (int i = 0; i < SX_RECALL_POINTS; i++) {
        double recall = i == 100 ? 1 : i * 0.01; /* numpy.linspace(0, 1, 101) */
        while (at < s->n && s->recall[at] < recall)
            at++;
        out->precisions[i] = at < s->n ? s->precision[at] : 0;
        out->scores[i] = at < s->n ? s->score[at] : 0;
    }
    /* The first box reaches recall 0 whether it is a hit or not: the precision there is the highest
     * of the curve, the score that of the first box. */
    for (size_t i = 0; i < l->count; i++) {
        if (most && l->ranks[i] >= most) continue;
        out->scores[0] = l->scores[i];
        break;
    }
    out->recall = s->n ? s->recall[s->n - 1] : 0;
}

double sx_ap_of(const sx_pr_curve *c) {
    double sum = 0;
    for (int i = 0; i < SX_RECALL_POINTS; i++)
        sum += c->precisions[i];
    return c->positives > 0 ? sum / SX_RECALL_POINTS : NAN;
}

sx_voc_ap sx_voc_accumulate(const sx_match_list *l, size_t film_count, size_t t,
                            const uint32_t *weight, sx_ap_scratch *s) {
    double positives = count_positives(l, film_count, weight);
    if (positives == 0) return (sx_voc_ap){ NAN, NAN };
    find_points(l, t, 0, weight, positives, s);
    sx_voc_ap v = { 0, 0 };
    size_t at = 0;
    for (int i = 0; i <= 10; i++) {
        while (at < s->n && s->recall[at] < i / 10.0)
            at++;
        v.eleven_point += (at < s->n ? s->precision[at] : 0) / 11;
    }
    for (size_t i = 0; i < s->n; i++)
        v.all_point += (s->recall[i] - (i ? s->recall[i - 1] : 0)) * s->precision[i];
    return v;
}

/* ---- COCO's table ---- */

static const size_t most_found[3] = { 1, 10, 100 };

typedef struct mean {
    double sum;
    size_t n;
} mean;

static void add_to_mean(mean *m, double v) {
    if (isnan(v)) return;
    m->sum += v;
    m->n++;
}

static double value(mean m) {
    return m.n ? m.sum / (double)m.n : NAN;
}

static double *ap_at(const sx_coco_result *r, size_t t, int label, size_t size) {
    return &r->ap[(t * (size_t)r->class_count + (size_t)label) * 4 + size];
}

double sx_coco_class_ap(const sx_coco_result *r, int label, size_t size, size_t t) {
    mean m = { 0, 0 };
    for (size_t i = 0; i < r->iou_count; i++)
        if (t >= r->iou_count || t == i) add_to_mean(&m, *ap_at(r, i, label, size));
    return value(m);
}

double sx_coco_mean_ap(const sx_coco_result *r, size_t size, size_t t) {
    mean m = { 0, 0 };
    for (size_t i = 0; i < r->iou_count; i++)
        for (int c = 0; c < r->class_count; c++)
            if (t >= r->iou_count || t == i) add_to_mean(&m, *ap_at(r, i, c, size));
    return value(m);
}

static double mean_recall(const sx_coco_result *r, size_t size, size_t most) {
    mean m = { 0, 0 };
    for (size_t i = 0; i < r->iou_count * (size_t)r->class_count; i++)
        add_to_mean(&m, r->recall[(i * 4 + size) * 3 + most]);
    return value(m);
}

bool sx_coco_summarise(const sx_matches *m, const double *ious, sx_coco_result *out,
                       sx_error *err) {
    *out = (sx_coco_result){ .class_count = m->class_count, .iou_count = m->iou_count };
    size_t cells = m->iou_count * (size_t)m->class_count * 4, longest = 0;
    for (size_t i = 0; i < (size_t)m->class_count * m->size_count; i++)
        if (m->lists[i].count > longest) longest = m->lists[i].count;
    sx_ap_scratch *s = sx_ap_scratch_new(longest, err);
    out->ap = s ? sx_calloc_for(cells, 4 * sizeof *out->ap, "classes", err) : NULL;
    if (!out->ap) {
        sx_ap_scratch_free(s);
        return false;
    }
    out->recall = out->ap + cells;
    for (size_t t = 0; t < m->iou_count; t++)
        for (int c = 0; c < m->class_count; c++)
            for (size_t size = 0; size < 4; size++)
                for (size_t k = 0; k < 3; k++) {
                    sx_pr_curve curve;
                    size_t at = (t * (size_t)m->class_count + (size_t)c) * 4 + size;
                    sx_pr_accumulate(sx_matches_of(m, c, size), m->film_count, t, most_found[k],
                                     NULL, s, &curve);
                    out->recall[at * 3 + k] = curve.positives > 0 ? curve.recall : NAN;
                    if (k == 2) out->ap[at] = sx_ap_of(&curve);
                }
    sx_ap_scratch_free(s);
    size_t half = m->iou_count, three_quarters = m->iou_count;
    for (size_t t = 0; t < m->iou_count; t++) {
        if (ious[t] == 0.5) half = t;
        if (ious[t] == 0.75) three_quarters = t;
    }
    out->stats[0] = sx_coco_mean_ap(out, 0, m->iou_count);
    out->stats[1] = half < m->iou_count ? sx_coco_mean_ap(out, 0, half) : NAN;
    out->stats[2] = three_quarters < m->iou_count ? sx_coco_mean_ap(out, 0, three_quarters) : NAN;
    for (size_t k = 0; k < 3; k++) {
        out->stats[3 + k] = sx_coco_mean_ap(out, k + 1, m->iou_count);
        out->stats[6 + k] = mean_recall(out, 0, k);
        out->stats[9 + k] = mean_recall(out, k + 1, 2);
    }
    return true;
}

bool sx_coco_evaluate(const sx_boxes *b, const double *ious, size_t iou_count, sx_coco_result *out,
                      sx_error *err) {
    sx_match_options o = { SX_MATCH_COCO, ious, iou_count, sx_coco_sizes, 4, 100 };
    sx_matches m;
    *out = (sx_coco_result){ 0 };
    if (!sx_match_boxes(b, &o, &m, err)) return false;
    bool ok = sx_coco_summarise(&m, ious, out, err);
    sx_matches_free(&m);
    return ok;
}

void sx_coco_result_free(sx_coco_result *r) {
    free(r->ap);
    *r = (sx_coco_result){ 0 };
}
