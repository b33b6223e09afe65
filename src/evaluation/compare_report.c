#include "evaluation/compare_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/delong.h"
#include "metrics/multiple_tests.h"

/* In the place of the test's name where neither model has the number. */
static const char undefined[] = "undefined";

/* ---- classifiers ---- */

/* Each on the films to which its model gives a verdict. */
static bool choose_thresholds(const sx_eval_input *in, const sx_threshold_rule *rule,
                              sx_compare_result *r, sx_error *err) {
    for (size_t m = 0; m < 2; m++) {
        sx_eval_cases whole;
        sx_ranking ranking = { 0 };
        sx_levels l = { 0 };
        bool ok = sx_eval_cases_choose(&r->cases, SX_CASES_WHOLE, m, 1, NULL, &whole, err);
        if (ok && !whole.count)
            ok = sx_fail(err, SX_ERR_VALUE, "%s: none of %zu films has a verdict",
                         in->predictions[m].path, r->cases.count);
        ok = ok && sx_ranking_make(&ranking, whole.labels, whole.scores[0], whole.count, err) &&
             sx_levels_make(&l, &ranking, err) &&
             sx_choose_threshold(rule, &in->predictions[m], &l, whole.unit, &r->thresholds[m], err);
        sx_levels_free(&l);
        sx_ranking_free(&ranking);
        sx_eval_cases_free(&whole);
        if (!ok) return false;
    }
    return true;
}

/* McNemar's p of the cases of a label; -1: of all. */
static double mcnemar(const sx_compare_result *r, const sx_eval_cases *c, int label) {
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

/* The rows of one choice of cases. */
typedef struct comparing {
    const sx_eval_input *in;
    sx_compare_result *r;
    const sx_eval_cases *cases;
    const char *suffix; /* of the rows' names; "" for the films with a verdict */
    const char *key;    /* likewise of their keys */
    double point[2][SX_MEASURES];
} comparing;

static const char intended_suffix[] = ", all films", intended_key[] = "/intended";

/* Adds a row without p and interval. */
static sx_difference *add_measure(comparing *c, sx_measure m, const char *name, const char *by) {
    sx_difference *d = &c->r->items[c->r->count++];
    *d = (sx_difference){ .a = c->point[0][m],
                          .b = c->point[1][m],
                          .interval = { NAN, NAN },
                          .p = NAN,
                          .by = by,
                          .scale = 1,
                          .decimals = 4 };
    if (isnan(d->a) && isnan(d->b)) d->by = undefined; /* all cases are of one label */
    snprintf(d->key, sizeof d->key, "%s%s", sx_measure_key(m), c->key);
    snprintf(d->name, sizeof d->name, "%s%s", name, c->suffix);
    return d;
}

/* Without p and interval if all cases are of one label. */
static bool add_delong(comparing *c, sx_error *err) {
    const sx_eval_cases *of = c->cases;
    sx_delong_pair pair;
    if (of->positives == 0 || of->positives == of->count) {
        add_measure(c, SX_AUROC, "AUROC", "");
        return true;
    }
    if (!sx_delong_two(of->labels, of->scores[0], of->scores[1], of->count, &pair, err))
        return false;
    sx_difference *d = add_measure(c, SX_AUROC, "AUROC", "DeLong");
    d->a = pair.a.auc;
    d->b = pair.b.auc;
    d->p = pair.p;
    /* sx_delong_two takes a - b. */
    d->interval = sx_normal_interval(-pair.difference, pair.se, c->in->boot.level, -1, 1);
    return true;
}

static bool is_intended(sx_measure m) {
    return m == SX_SENSITIVITY || m == SX_SPECIFICITY || m == SX_ACCURACY;
}

static bool add_bootstrap(comparing *c, bool intended, sx_error *err) {
    const sx_cases cases = sx_eval_cases_view(c->cases);
    const double thresholds[2] = { c->r->thresholds[0].value, c->r->thresholds[1].value };
    const sx_bootstrap *how = &c->in->boot;
    sx_class_boot boot;
    if (!sx_class_bootstrap(&cases, thresholds, how, &boot, err)) return false;
    for (int k = 0; k < SX_MEASURES; k++) {
        const sx_measure m = (sx_measure)k;
        if (intended && !is_intended(m)) continue;
        sx_difference *d = add_measure(c, m, sx_measure_name(m), "paired bootstrap");
        const double *a = sx_class_boot_values(&boot, 0, m);
        double *b = sx_class_boot_values(&boot, 1, m);
        for (size_t i = 0; i < how->resamples; i++)
            b[i] -= a[i];
        d->p = sx_boot_p(b, how->resamples);
        d->interval = sx_boot_summarise(b, how->resamples, how->level).interval;
    }
    sx_class_boot_free(&boot);
    return true;
}

static void add_mcnemar(comparing *c) {
    static const struct {
        sx_measure measure;
        int label;
    } rows[3] = { { SX_SENSITIVITY, 1 }, { SX_SPECIFICITY, 0 }, { SX_ACCURACY, -1 } };
    for (int k = 0; k < 3; k++) {
        const sx_measure m = rows[k].measure;
        sx_difference *d = add_measure(c, m, sx_measure_key(m), "McNemar, exact");
        if (d->by != undefined) d->p = mcnemar(c->r, c->cases, rows[k].label);
    }
}

static bool measure_both(comparing *c, sx_error *err) {
    for (size_t m = 0; m < 2; m++)
        if (!sx_measure_all(c->cases->labels, c->cases->scores[m], c->cases->count,
                            c->r->thresholds[m].value, c->point[m], err))
            return false;
    return true;
}

static bool compare_called(const sx_eval_input *in, sx_compare_result *r, sx_error *err) {
    comparing c = { in, r, &r->called, "", "", { { 0 } } };
    if (!r->called.count) return sx_fail(err, SX_ERR_VALUE, "no film has a verdict of both models");
    if (!measure_both(&c, err) || !add_delong(&c, err) ||
        (in->boot.resamples && !add_bootstrap(&c, false, err)))
        return false;
    add_mcnemar(&c);
    return true;
}

/* The films without a verdict too. */
static bool compare_intended(const sx_eval_input *in, sx_compare_result *r,
                             const double *thresholds, sx_error *err) {
    sx_eval_cases cases;
    comparing c = { in, r, &cases, intended_suffix, intended_key, { { 0 } } };
    const bool ok =
        sx_eval_cases_choose(&r->cases, SX_CASES_INTENDED, 0, 2, thresholds, &cases, err) &&
        measure_both(&c, err) && (!in->boot.resamples || add_bootstrap(&c, true, err));
    if (ok) add_mcnemar(&c);
    sx_eval_cases_free(&cases);
    return ok;
}

static bool compare_classifiers(const sx_eval_input *in, const sx_compare_options *o,
                                sx_compare_result *r, sx_error *err) {
    const sx_case_options films = { .level = SX_UNIT_FILM, .pooling = SX_POOL_MAX };
    if (!sx_eval_cases_make(in, &films, &r->draw, &r->cases, err) ||
        !choose_thresholds(in, &o->threshold, r, err))
        return false;
    const double thresholds[2] = { r->thresholds[0].value, r->thresholds[1].value };
    r->items = sx_calloc_for(2 * (SX_MEASURES + 4), sizeof *r->items, "results", err);
    return r->items &&
           sx_eval_cases_choose(&r->cases, SX_CASES_CALLED, 0, 2, thresholds, &r->called, err) &&
           compare_called(in, r, err) &&
           (r->called.count == r->cases.count || compare_intended(in, r, thresholds, err));
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
    if (!p->has_boxes)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s has no boxes: its films were not predicted by a detector", p->path);
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
    if (isnan(x->a) && isnan(x->b)) x->by = undefined; /* without true boxes */
    if (!resamples || x->by == undefined) return x;
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

/* What is defined without a true box: boxes of any score on films that have nothing. */
static void add_false_marks(const sx_eval_input *in, const detectors *d, sx_compare_result *r) {
    sx_difference *x = add_number(in, d, sx_detect_fp_per_image(d->numbers), r);
    snprintf(x->name, sizeof x->name, "false marks per film, all boxes");
    snprintf(x->key, sizeof x->key, "fp_per_film");
    x->scale = 1;
    x->decimals = 4;
    x = add_number(in, d, sx_detect_specificity(d->numbers), r);
    snprintf(x->name, sizeof x->name, "specificity, all boxes");
    snprintf(x->key, sizeof x->key, "specificity");
    x->scale = 1;
    x->decimals = 4;
}

static bool compare_detectors(const sx_eval_input *in, const sx_compare_options *o,
                              sx_compare_result *r, sx_error *err) {
    const int classes = (int)in->truth->class_names.count;
    detectors *d = sx_calloc_for(1, sizeof *d, "results", err);
    r->items = sx_calloc_for(3 * ((size_t)classes + 1) + 2, sizeof *r->items, "results", err);
    bool ok = d && r->items;
    for (size_t m = 0; ok && m < 2; m++)
        ok = measure_detector(in, o, &r->draw.groups, m, d, err);
    if (ok && in->truth->box_count == 0) add_false_marks(in, d, r);
    for (int c = -1; ok && c < classes; c++)
        add_class(in, o, d, c, r);
    if (ok) r->lacking = d->boot[0].lacking;
    for (size_t m = 0; d && m < 2; m++) {
        sx_detect_free(d->lists[m]);
        sx_detect_boot_free(&d->boot[m]);
    }
    free(d);
    return ok;
}

/* Numbers without a test do not count as tests. */
static bool adjust_for_tests(sx_compare_result *r, sx_error *err) {
    double *p = sx_calloc_for(r->count + 1, sizeof *p, "p-values", err);
    for (size_t i = 0; p && i < r->count; i++)
        p[i] = r->items[i].p;
    const bool ok = p && sx_holm(p, r->count, p, err);
    for (size_t i = 0; ok && i < r->count; i++) {
        r->items[i].holm = p[i];
        r->test_count += !isnan(p[i]);
    }
    free(p);
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
        (o->detect ? compare_detectors(in, o, r, err) : compare_classifiers(in, o, r, err)) &&
        (!o->measures || sx_compare_choose(r, o->measures, err)) && adjust_for_tests(r, err))
        return r;
    sx_compare_result_free(r);
    return NULL;
}

void sx_compare_result_free(sx_compare_result *r) {
    if (!r) return;
    sx_eval_cases_free(&r->cases);
    sx_eval_cases_free(&r->called);
    free(r->items);
    free(r);
}
