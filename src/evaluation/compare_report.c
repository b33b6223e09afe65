#include "evaluation/compare_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/delong.h"

/* ---- classifiers ---- */

static bool choose_thresholds(const sx_eval_input *in, const sx_threshold_rule *rule,
                              sx_compare_result *r, sx_error *err) {
    const sx_eval_cases *c = &r->cases;
    for (size_t m = 0; m < 2; m++) {
        sx_ranking ranking;
        sx_levels l = { 0 };
        if (!sx_ranking_make(&ranking, c->labels, c->scores[m], c->count, err)) return false;
        const bool ok =
            sx_levels_make(&l, &ranking, err) &&
            sx_choose_threshold(rule, &in->predictions[m], &l, c->unit, &r->thresholds[m], err);
        sx_levels_free(&l);
        sx_ranking_free(&ranking);
        if (!ok) return false;
    }
    return true;
}

/* McNemar's p of the cases of a label; -1: of all. */
static double mcnemar(const sx_compare_result *r, int label) {
    const sx_eval_cases *c = &r->cases;
    uint64_t only[2] = { 0, 0 };
    for (size_t i = 0; i < c->count; i++) {
        if (label >= 0 && c->labels[i] != label) continue;
        const bool a = (c->scores[0][i] >= r->thresholds[0].value) == c->labels[i],
                   b = (c->scores[1][i] >= r->thresholds[1].value) == c->labels[i];
        only[0] += a && !b;
        only[1] += b && !a;
    }
    return sx_mcnemar(only[0], only[1]);
}

/* Adds a row without p and interval. */
static sx_difference *add_measure(sx_compare_result *r, sx_measure m, const char *name,
                                  const char *by, double point[2][SX_MEASURES]) {
    sx_difference *d = &r->items[r->count++];
    *d = (sx_difference){ .a = point[0][m],
                          .b = point[1][m],
                          .interval = { NAN, NAN },
                          .p = NAN,
                          .by = by,
                          .scale = 1,
                          .decimals = 4 };
    snprintf(d->key, sizeof d->key, "%s", sx_measure_key(m));
    snprintf(d->name, sizeof d->name, "%s", name);
    return d;
}

static bool add_delong(const sx_eval_input *in, sx_compare_result *r, double point[2][SX_MEASURES],
                       sx_error *err) {
    const sx_eval_cases *c = &r->cases;
    sx_delong_pair pair;
    if (!sx_delong_two(c->labels, c->scores[0], c->scores[1], c->count, &pair, err)) return false;
    sx_difference *d = add_measure(r, SX_AUROC, "AUROC", "DeLong", point);
    d->a = pair.a.auc;
    d->b = pair.b.auc;
    d->p = pair.p;
    /* sx_delong_two takes a - b. */
    d->interval = sx_normal_interval(-pair.difference, pair.se, in->boot.level, -1, 1);
    return true;
}

static bool add_bootstrap(const sx_eval_input *in, sx_compare_result *r,
                          double point[2][SX_MEASURES], sx_error *err) {
    const sx_cases cases = sx_eval_cases_view(&r->cases);
    const double thresholds[2] = { r->thresholds[0].value, r->thresholds[1].value };
    const size_t resamples = in->boot.resamples;
    sx_class_boot boot;
    if (!sx_class_bootstrap(&cases, thresholds, &in->boot, &boot, err)) return false;
    for (int k = 0; k < SX_MEASURES; k++) {
        const sx_measure m = (sx_measure)k;
        sx_difference *d = add_measure(r, m, sx_measure_name(m), "paired bootstrap", point);
        const double *a = sx_class_boot_values(&boot, 0, m);
        double *b = sx_class_boot_values(&boot, 1, m);
        for (size_t i = 0; i < resamples; i++)
            b[i] -= a[i];
        d->p = sx_boot_p(b, resamples);
        d->interval = sx_boot_summarise(b, resamples, in->boot.level).interval;
    }
    sx_class_boot_free(&boot);
    return true;
}

static void add_mcnemar(sx_compare_result *r, double point[2][SX_MEASURES]) {
    static const struct {
        sx_measure measure;
        int label;
    } rows[3] = { { SX_SENSITIVITY, 1 }, { SX_SPECIFICITY, 0 }, { SX_ACCURACY, -1 } };
    for (int k = 0; k < 3; k++) {
        const sx_measure m = rows[k].measure;
        add_measure(r, m, sx_measure_key(m), "McNemar, exact", point)->p =
            mcnemar(r, rows[k].label);
    }
}

static bool compare_classifiers(const sx_eval_input *in, const sx_compare_options *o,
                                sx_compare_result *r, sx_error *err) {
    double point[2][SX_MEASURES];
    const sx_eval_cases *c = &r->cases;
    if (!sx_eval_cases_make(in, SX_UNIT_FILM, SX_POOL_MAX, &r->draw, &r->cases, err) ||
        !choose_thresholds(in, &o->threshold, r, err))
        return false;
    for (size_t m = 0; m < 2; m++)
        if (!sx_measure_all(c->labels, c->scores[m], c->count, r->thresholds[m].value, point[m],
                            err))
            return false;
    r->items = sx_calloc_for(SX_MEASURES + 4, sizeof *r->items, "results", err);
    if (!r->items || !add_delong(in, r, point, err)) return false;
    if (in->boot.resamples && !add_bootstrap(in, r, point, err)) return false;
    add_mcnemar(r, point);
    return true;
}

/* ---- detectors ---- */

typedef struct detectors {
    sx_detect *lists[2];
    sx_detect_numbers numbers[2];
    sx_detect_boot boot[2];
} detectors;

static bool measure_detector(const sx_eval_input *in, const sx_compare_options *o,
                             const sx_groups *draw, size_t m, detectors *d, sx_error *err) {
    const sx_truth *t = in->truth;
    const sx_predictions *p = &in->predictions[m];
    const sx_detect_options how = { sx_vindr_ious, 7, o->iou_one, SX_MATCH_COCO, 100 };
    const sx_boxes boxes = { t->boxes,     t->box_count,   p->boxes,
                             p->box_count, t->films.count, (int)t->class_names.count };
    if (!p->has_boxes) return sx_fail(err, SX_ERR_MISSING, "%s has no boxes", p->path);
    if (!sx_eval_check_predicted(in, p, err)) return sx_fail_in(err, "%s", p->path);
    d->lists[m] = sx_detect_new(&boxes, &how, err);
    sx_ap_scratch *s = d->lists[m] ? sx_ap_scratch_new(sx_detect_longest(d->lists[m]), err) : NULL;
    if (!s) return false;
    sx_detect_measure(d->lists[m], NULL, s, &d->numbers[m]);
    sx_ap_scratch_free(s);
    return !in->boot.resamples ||
           sx_detect_bootstrap(d->lists[m], draw, &in->boot, &d->boot[m], err);
}

/* Adds the row of number `at`. Overwrites the second detector's resamples of it. */
static sx_difference *add_number(const sx_eval_input *in, const detectors *d, size_t at,
                                 sx_compare_result *r) {
    const size_t resamples = in->boot.resamples;
    sx_difference *x = &r->items[r->count++];
    *x = (sx_difference){ .a = d->numbers[0].values[at],
                          .b = d->numbers[1].values[at],
                          .interval = { NAN, NAN },
                          .p = NAN,
                          .by = resamples ? "paired bootstrap" : "",
                          .scale = 100,
                          .decimals = 2 };
    if (!resamples) return x;
    const double *a = d->boot[0].values + at * resamples;
    double *b = d->boot[1].values + at * resamples;
    for (size_t i = 0; i < resamples; i++)
        b[i] -= a[i];
    x->p = sx_boot_p(b, resamples);
    x->interval = sx_boot_summarise(b, resamples, in->boot.level).interval;
    return x;
}

/* Adds the three rows of a class; -1: of all classes. */
static void add_class(const sx_eval_input *in, const sx_compare_options *o, const detectors *d,
                      int c, sx_compare_result *r) {
    const char *name = c < 0 ? "mean" : in->truth->class_names.items[c];
    sx_difference *x = add_number(in, d, sx_detect_ap(d->numbers, c), r);
    snprintf(x->name, sizeof x->name, "AP@[0.20:0.50], %.200s", name);
    snprintf(x->key, sizeof x->key, "ap/%.200s", name);
    x = add_number(in, d, sx_detect_ap_one(d->numbers, c), r);
    snprintf(x->name, sizeof x->name, "AP@%.2f, %.200s", o->iou_one, name);
    snprintf(x->key, sizeof x->key, "ap_one/%.200s", name);
    if (c < 0) name = "pooled";
    x = add_number(in, d, sx_detect_froc(d->numbers, c, -1), r);
    snprintf(x->name, sizeof x->name, "FROC mean, %.200s", name);
    snprintf(x->key, sizeof x->key, "froc/%.200s", name);
    x->scale = 1;
    x->decimals = 4;
}

static bool compare_detectors(const sx_eval_input *in, const sx_compare_options *o,
                              sx_compare_result *r, sx_error *err) {
    const int classes = (int)in->truth->class_names.count;
    detectors *d = sx_calloc_for(1, sizeof *d, "results", err);
    r->items = sx_calloc_for(3 * ((size_t)classes + 1), sizeof *r->items, "results", err);
    bool ok = d && r->items;
    for (size_t m = 0; ok && m < 2; m++)
        ok = measure_detector(in, o, &r->draw.groups, m, d, err);
    for (int c = -1; ok && c < classes; c++)
        add_class(in, o, d, c, r);
    for (size_t m = 0; d && m < 2; m++) {
        sx_detect_free(d->lists[m]);
        sx_detect_boot_free(&d->boot[m]);
    }
    free(d);
    return ok;
}

sx_compare_result *sx_compare_compute(const sx_eval_input *in, const sx_compare_options *o,
                                      sx_error *err) {
    if (in->prediction_count != 2) {
        sx_fail(err, SX_ERR_USAGE, "compare takes two predictions, not %zu", in->prediction_count);
        return NULL;
    }
    sx_compare_result *r = sx_calloc_for(1, sizeof *r, "results", err);
    if (r && sx_eval_draw_make(in, &r->draw, err) &&
        (o->detect ? compare_detectors(in, o, r, err) : compare_classifiers(in, o, r, err)))
        return r;
    sx_compare_result_free(r);
    return NULL;
}

void sx_compare_result_free(sx_compare_result *r) {
    if (!r) return;
    sx_eval_cases_free(&r->cases);
    free(r->items);
    free(r);
}
