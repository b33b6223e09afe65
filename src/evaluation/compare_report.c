/* Two models on the same films: paired DeLong, paired bootstrap, McNemar. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "evaluation/classify_report.h"
#include "metrics/delong.h"
#include "metrics/detection.h"

typedef struct pair {
    const char *key, *name;
    double a, b, scale;
    int decimals;
    sx_interval interval;
    double p;
    const char *by;
} pair;

static sx_table *pair_table(const sx_eval_input *in, sx_doc *d) {
    char head[64];
    sx_table *t = sx_doc_table(d, "difference", "");
    snprintf(head, sizeof head, "difference (%g %% interval)", 100 * in->boot.level);
    sx_table_column(t, "number", false);
    sx_table_column(t, in->predictions[0].name, true);
    sx_table_column(t, in->predictions[1].name, true);
    sx_table_column(t, head, true);
    sx_table_column(t, "p", true);
    sx_table_column(t, "by", false);
    return t;
}

static void put_pair(sx_table *t, sx_json list, const pair *p) {
    sx_table_row(t, false);
    sx_table_text(t, "%s", p->name);
    sx_table_value(t, p->a, p->decimals, p->scale);
    sx_table_value(t, p->b, p->decimals, p->scale);
    sx_table_interval(t, p->b - p->a, p->interval, p->decimals, p->scale);
    sx_table_value(t, p->p, 4, 1);
    sx_table_text(t, "%s", p->by);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "number", p->key);
    sx_json_number(j, "a", p->a);
    sx_json_number(j, "b", p->b);
    sx_eval_put_interval(j, "difference", p->b - p->a, p->interval);
    sx_json_number(j, "p", p->p);
    sx_json_text(j, "by", p->by);
}

/* ---- classifiers ---- */

static double mcnemar(const sx_eval_cases *c, const double *threshold, int label) {
    uint64_t only[2] = { 0, 0 };
    for (size_t i = 0; i < c->count; i++) {
        if (label >= 0 && c->labels[i] != label) continue;
        bool a = (c->scores[0][i] >= threshold[0]) == c->labels[i],
             b = (c->scores[1][i] >= threshold[1]) == c->labels[i];
        only[0] += a && !b;
        only[1] += b && !a;
    }
    return sx_mcnemar(only[0], only[1]);
}

static bool choose(const sx_eval_cases *c, const sx_eval_input *in, const sx_threshold_rule *rule,
                   double *threshold, sx_eval_output *out, sx_error *err) {
    sx_json list = sx_json_array(sx_json_root(&out->json), "thresholds");
    for (size_t m = 0; m < 2; m++) {
        sx_ranking r;
        sx_levels l = { 0 };
        sx_threshold t;
        if (!sx_ranking_make(&r, c->labels, c->scores[m], c->count, err)) return false;
        bool ok = sx_levels_make(&l, &r, err) &&
                  sx_eval_threshold(rule, in->predictions[m].name, &l, c->unit, &t, err);
        sx_levels_free(&l);
        sx_ranking_free(&r);
        if (!ok) return false;
        threshold[m] = t.value;
        char fact[160];
        snprintf(fact, sizeof fact, "threshold of %.120s", in->predictions[m].name);
        sx_doc_fact(out->doc, fact, "score >= %.6g (%s)", t.value, t.origin);
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "name", in->predictions[m].name);
        sx_json_number(j, "value", t.value);
        sx_json_text(j, "origin", t.origin);
        sx_json_bool(j, "chosen_here", t.chosen_here);
    }
    return true;
}

static void delong_rows(const sx_eval_input *in, const sx_delong_pair *d, sx_table *t,
                        sx_json list) {
    /* their difference is a - b, ours b - a */
    sx_interval i = sx_normal_interval(-d->difference, d->se, in->boot.level, -1, 1);
    pair p = { "auroc", "AUROC", d->a.auc, d->b.auc, 1, 4, i, d->p, "DeLong" };
    put_pair(t, list, &p);
}

static bool classifiers(const sx_eval_input *in, const sx_compare_options *o,
                        const sx_eval_cases *c, sx_eval_output *out, sx_error *err) {
    double threshold[2], point[2][SX_MEASURES];
    sx_delong_pair d;
    sx_class_boot boot = { 0 };
    if (!choose(c, in, &o->threshold, threshold, out, err) ||
        !sx_delong_two(c->labels, c->scores[0], c->scores[1], c->count, &d, err))
        return false;
    for (size_t m = 0; m < 2; m++)
        if (!sx_measure_all(c->labels, c->scores[m], c->count, threshold[m], point[m], err))
            return false;
    sx_cases cases = { c->labels,
                       (const double *const *)c->scores,
                       c->count,
                       2,
                       { c->groups, c->count, c->group_count } };
    size_t resamples = in->boot.resamples;
    if (resamples && !sx_class_bootstrap(&cases, threshold, &in->boot, &boot, err)) return false;
    sx_table *t = pair_table(in, out->doc);
    sx_json list = sx_json_array(sx_json_root(&out->json), "differences");
    delong_rows(in, &d, t, list);
    for (int k = 0; k < SX_MEASURES; k++) {
        pair p = { sx_measure_key((sx_measure)k),
                   sx_measure_name((sx_measure)k),
                   point[0][k],
                   point[1][k],
                   1,
                   4,
                   { NAN, NAN },
                   NAN,
                   "paired bootstrap" };
        if (!resamples) continue;
        double *a = sx_class_boot_values(&boot, 0, (sx_measure)k),
               *b = sx_class_boot_values(&boot, 1, (sx_measure)k);
        for (size_t i = 0; i < resamples; i++)
            b[i] -= a[i];
        p.p = sx_boot_p(b, resamples);
        p.interval = sx_boot_summarise(b, resamples, in->boot.level).interval;
        put_pair(t, list, &p);
    }
    static const struct {
        const char *key, *name;
        sx_measure m;
        int label;
    } exact[3] = { { "sensitivity", "sensitivity", SX_SENSITIVITY, 1 },
                   { "specificity", "specificity", SX_SPECIFICITY, 0 },
                   { "accuracy", "accuracy", SX_ACCURACY, -1 } };
    for (int k = 0; k < 3; k++) {
        pair p = { exact[k].key,
                   exact[k].name,
                   point[0][exact[k].m],
                   point[1][exact[k].m],
                   1,
                   4,
                   { NAN, NAN },
                   mcnemar(c, threshold, exact[k].label),
                   "McNemar, exact" };
        put_pair(t, list, &p);
    }
    sx_class_boot_free(&boot);
    return true;
}

static bool compare_classifiers(const sx_eval_input *in, const sx_compare_options *o, sx_unit draw,
                                const sx_groups *groups, sx_eval_output *out, sx_error *err) {
    sx_eval_cases c;
    if (!sx_eval_cases_make(in, out, SX_UNIT_FILM, SX_POOL_MAX, draw, groups, &c, err))
        return false;
    sx_doc_fact(out->doc, "judged", "%zu films, %zu abnormal", c.count, c.positives);
    sx_json j = sx_json_object(sx_json_root(&out->json), "cases");
    sx_json_text(j, "unit", "film");
    sx_json_count(j, "n", c.count);
    sx_json_count(j, "positives", c.positives);
    sx_json_number(j, "prevalence", (double)c.positives / (double)c.count);
    sx_doc_section(out->doc, "Classifiers");
    bool ok = classifiers(in, o, &c, out, err);
    sx_eval_cases_free(&c);
    return ok;
}

/* ---- detectors ---- */

static sx_detect *open_detector(const sx_eval_input *in, size_t m, double iou_one, sx_error *err) {
    sx_detect_options how = { sx_vindr_ious, 7, iou_one, SX_MATCH_COCO, 100 };
    sx_boxes b = { in->truth->boxes,         in->truth->box_count,
                   in->predictions[m].boxes, in->predictions[m].box_count,
                   in->truth->films.count,   (int)in->truth->class_names.count };
    if (in->predictions[m].has_boxes) return sx_detect_new(&b, &how, err);
    sx_fail(err, SX_ERR_MISSING, "%s has no boxes", in->predictions[m].path);
    return NULL;
}

static void detector_row(const sx_eval_input *in, sx_detect_boot *boot, const sx_detect_numbers *n,
                         size_t at, pair p, sx_table *t, sx_json list) {
    size_t resamples = in->boot.resamples;
    p.a = n[0].values[at];
    p.b = n[1].values[at];
    p.interval = (sx_interval){ NAN, NAN };
    p.p = NAN;
    p.by = resamples ? "paired bootstrap" : "";
    if (resamples) {
        double *x = boot[0].values + at * resamples, *y = boot[1].values + at * resamples;
        for (size_t i = 0; i < resamples; i++)
            y[i] -= x[i];
        p.p = sx_boot_p(y, resamples);
        p.interval = sx_boot_summarise(y, resamples, in->boot.level).interval;
    }
    put_pair(t, list, &p);
}

static void detector_rows(const sx_eval_input *in, const sx_compare_options *o,
                          sx_detect_boot *boot, const sx_detect_numbers *n, sx_eval_output *out) {
    sx_table *t = pair_table(in, out->doc);
    sx_json list = sx_json_array(sx_json_root(&out->json), "differences");
    char name[300], key[300];
    for (int c = -1; c < (int)in->truth->class_names.count; c++) {
        const char *who = c < 0 ? "mean" : in->truth->class_names.items[c];
        pair p = { key, name, 0, 0, 100, 2, { NAN, NAN }, NAN, "" };
        snprintf(name, sizeof name, "AP@[0.20:0.50], %.200s", who);
        snprintf(key, sizeof key, "ap/%.200s", who);
        detector_row(in, boot, n, sx_detect_ap(n, c), p, t, list);
        snprintf(name, sizeof name, "AP@%.2f, %.200s", o->iou_one, who);
        snprintf(key, sizeof key, "ap_one/%.200s", who);
        detector_row(in, boot, n, sx_detect_ap_one(n, c), p, t, list);
        p.scale = 1;
        p.decimals = 4;
        snprintf(name, sizeof name, "FROC mean, %.200s", c < 0 ? "pooled" : who);
        snprintf(key, sizeof key, "froc/%.200s", c < 0 ? "pooled" : who);
        detector_row(in, boot, n, sx_detect_froc(n, c, -1), p, t, list);
    }
}

static bool compare_detectors(const sx_eval_input *in, const sx_compare_options *o,
                              const sx_groups *groups, sx_eval_output *out, sx_error *err) {
    sx_detect *d[2] = { NULL, NULL };
    sx_detect_boot boot[2] = { { 0 }, { 0 } };
    sx_detect_numbers n[2];
    bool ok = true;
    for (size_t m = 0; ok && m < 2; m++) {
        d[m] = open_detector(in, m, o->iou_one, err);
        sx_ap_scratch *s = d[m] ? sx_ap_scratch_new(sx_detect_longest(d[m]), err) : NULL;
        ok = s != NULL;
        if (ok) sx_detect_measure(d[m], NULL, s, &n[m]);
        sx_ap_scratch_free(s);
        if (ok && in->boot.resamples)
            ok = sx_detect_bootstrap(d[m], groups, &in->boot, &boot[m], err);
    }
    if (ok) {
        sx_doc_section(out->doc, "Detectors");
        detector_rows(in, o, boot, n, out);
    }
    for (size_t m = 0; m < 2; m++) {
        sx_detect_free(d[m]);
        sx_detect_boot_free(&boot[m]);
    }
    return ok;
}

bool sx_eval_compare(const sx_eval_input *in, const sx_compare_options *o, sx_eval_output *out,
                     sx_error *err) {
    sx_unit draw;
    sx_groups groups;
    if (in->prediction_count != 2)
        return sx_fail(err, SX_ERR_USAGE, "two predictions are compared, not %zu",
                       in->prediction_count);
    if (!sx_eval_begin(in, "compare", "Two models on the same films", out, err)) return false;
    bool ok = sx_eval_draw_groups(in, out, &draw, &groups, err);
    if (ok) {
        sx_eval_note_bootstrap(in, out, draw, &groups, "percentiles of the paired difference");
        ok = o->detect ? compare_detectors(in, o, &groups, out, err)
                       : compare_classifiers(in, o, draw, &groups, out, err);
    }
    ok = ok && sx_eval_end(out, err);
    if (!ok) sx_eval_output_free(out);
    return ok;
}
