#include "evaluation/pipeline_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "pipeline/rule.h"

typedef struct framework {
    const sx_eval_input *in;
    const sx_predictions *scores, *found;
    sx_detect *all;
    sx_ap_scratch *scratch;
    bool *keep; /* [found->all_box_count] */
} framework;

/* The classifiers' part of a rule. */
static void measure_films(const framework *f, double threshold, sx_rule_numbers *n) {
    const sx_truth *t = f->in->truth;
    double count[2][2] = { { 0, 0 }, { 0, 0 } }, open[2] = { 0, 0 };
    for (size_t i = 0; i < t->films.count; i++) {
        const bool abnormal = t->labels[i] == 1;
        if (f->scores->outcomes[i] == SX_FILM_CALLED)
            count[abnormal][f->scores->scores[i] >= threshold]++;
        else
            open[abnormal]++;
    }
    const double abnormal = count[1][0] + count[1][1], normal = count[0][0] + count[0][1];
    n->sensitivity = count[1][1] / abnormal;
    n->specificity = count[0][0] / normal;
    n->intended_sensitivity = count[1][1] / (abnormal + open[1]);
    n->intended_specificity = count[0][0] / (normal + open[0]);
}

/* Applies a rule to the detector's boxes and measures the result. Threshold 0 keeps all boxes. The
 * rule is the paper's: it decides by P(abnormal) about the boxes of unfamiliar films too. */
static sx_detect *apply_rule(const framework *f, double threshold, double keep, sx_rule_numbers *n,
                             sx_error *err) {
    const sx_truth *t = f->in->truth;
    *n = (sx_rule_numbers){ .threshold = threshold, .keep = keep };
    for (size_t i = 0; i < f->found->all_box_count; i++) {
        const sx_found_box *b = &f->found->boxes[i];
        f->keep[i] = !(f->scores->scores[b->film] < threshold) || b->score >= keep;
        n->withheld += !f->keep[i];
    }
    sx_detect *d = sx_detect_filter(f->all, f->keep, err);
    if (!d) return NULL;
    sx_detect_numbers v;
    sx_detect_measure(d, NULL, f->scratch, &v);
    n->ap = v.values[sx_detect_ap(&v, -1)];
    n->ap_one = v.values[sx_detect_ap_one(&v, -1)];
    n->found = v.values[sx_detect_found_share(&v)];
    n->fp_per_image = v.values[sx_detect_fp_per_image(&v)];
    for (size_t c = 0; c < t->class_names.count; c++)
        n->class_ap[c] = v.values[sx_detect_ap_one(&v, (int)c)];
    n->class_ap[t->class_names.count] = n->ap_one;
    measure_films(f, threshold, n);
    return d;
}

static bool measure_rule(const framework *f, double threshold, double keep, sx_rule_numbers *n,
                         sx_error *err) {
    sx_detect *d = apply_rule(f, threshold, keep, n, err);
    sx_detect_free(d);
    return d != NULL;
}

/* ---- the marked rule ---- */

static void tell_origin(const char *path, const char *reason, char *origin, size_t size) {
    snprintf(origin, size, "of %.200s%s%s", path, reason[0] ? ": " : "", reason);
}

/* A report made with threshold 0 keeps every box, so it states no rule. */
static void choose_rule(const sx_predictions *p, const sx_pipeline_options *o,
                        sx_pipeline_result *r) {
    const char *given = o->origin ? o->origin : "given";
    const bool reported = p->threshold > 0 && !isnan(p->keep);
    r->threshold = reported ? p->threshold : sx_paper_threshold;
    r->keep = reported ? p->keep : sx_paper_keep;
    snprintf(r->threshold_from, sizeof r->threshold_from, "the paper's");
    snprintf(r->keep_from, sizeof r->keep_from, "the paper's");
    if (reported) {
        tell_origin(p->path, p->threshold_from, r->threshold_from, sizeof r->threshold_from);
        tell_origin(p->path, p->keep_from, r->keep_from, sizeof r->keep_from);
    }
    if (!isnan(o->threshold)) {
        r->threshold = o->threshold;
        snprintf(r->threshold_from, sizeof r->threshold_from, "%s", given);
    }
    if (!isnan(o->keep)) {
        r->keep = o->keep;
        snprintf(r->keep_from, sizeof r->keep_from, "%s", given);
    }
}

/* ---- what the marked rule changes ---- */

static bool bootstrap_changes(const framework *f, const sx_detect *ruled, sx_pipeline_result *r,
                              sx_error *err) {
    const sx_bootstrap *how = &f->in->boot;
    const size_t resamples = how->resamples;
    const sx_detect_numbers v = { .class_count = (int)f->in->truth->class_names.count };
    const size_t at[SX_RULE_CHANGES] = { sx_detect_ap_one(&v, -1), sx_detect_ap(&v, -1),
                                         sx_detect_found_share(&v), sx_detect_fp_per_image(&v) };
    sx_detect_boot a = { 0 }, b = { 0 };
    const bool ok = sx_detect_bootstrap(f->all, &r->draw.groups, how, &a, err) &&
                    sx_detect_bootstrap(ruled, &r->draw.groups, how, &b, err);
    for (size_t k = 0; ok && k < SX_RULE_CHANGES; k++) {
        double *x = b.values + at[k] * resamples, *y = a.values + at[k] * resamples;
        for (size_t i = 0; i < resamples; i++)
            x[i] -= y[i];
        r->changes[k].p = sx_boot_p(x, resamples);
        r->changes[k].interval = sx_boot_summarise(x, resamples, how->level).interval;
    }
    if (ok) r->lacking = a.lacking;
    sx_detect_boot_free(&a);
    sx_detect_boot_free(&b);
    return ok;
}

static bool compute_changes(const framework *f, sx_pipeline_result *r, sx_error *err) {
    sx_detect *ruled = apply_rule(f, r->threshold, r->keep, &r->ruled, err);
    bool ok = ruled && measure_rule(f, 0, 0, &r->alone, err);
    const sx_rule_numbers *a = &r->alone, *b = &r->ruled;
    const double before[SX_RULE_CHANGES] = { a->ap_one, a->ap, a->found, a->fp_per_image },
                 after[SX_RULE_CHANGES] = { b->ap_one, b->ap, b->found, b->fp_per_image };
    for (size_t k = 0; k < SX_RULE_CHANGES; k++) {
        r->changes[k].before = before[k];
        r->changes[k].after = after[k];
        r->changes[k].interval = (sx_interval){ NAN, NAN };
        r->changes[k].p = NAN;
    }
    if (ok && f->in->boot.resamples) ok = bootstrap_changes(f, ruled, r, err);
    sx_detect_free(ruled);
    return ok;
}

/* ---- other rules ---- */

/* Thresholds 0, 0.05 .. 1 and the marked one, in ascending order. */
static bool compute_thresholds(const framework *f, sx_pipeline_result *r, sx_error *err) {
    bool marked = false;
    for (int i = 0; i < SX_RULE_STEPS || !marked;) {
        double c = i < SX_RULE_STEPS ? (double)i / (SX_RULE_STEPS - 1) : INFINITY;
        if (!marked && r->threshold <= c) {
            marked = true;
            r->marked = r->threshold_count;
            i += c == r->threshold;
            c = r->threshold;
        } else {
            i++;
        }
        if (!measure_rule(f, c, r->keep, &r->thresholds[r->threshold_count++], err)) return false;
    }
    return true;
}

static void compute_trade(const sx_pipeline_result *r, sx_rule_trade *t) {
    const sx_rule_numbers *rules = r->thresholds;
    const double ap = rules[0].ap_one, found = rules[0].found;
    double low = 0.9, high = 1.02;
    for (size_t i = 0; i < r->threshold_count; i++) {
        t->aps[i] = ap > 0 ? rules[i].ap_one / ap : NAN;
        t->found_shares[i] = found > 0 ? rules[i].found / found : NAN;
        if (t->aps[i] < low + 0.02) low = t->aps[i] - 0.02;
        if (t->found_shares[i] < low + 0.02) low = t->found_shares[i] - 0.02;
        if (t->aps[i] > high - 0.01) high = t->aps[i] + 0.01;
    }
    const double fifth = (high - low) / 5, step = fifth <= 0.02 ? 0.02 : fifth <= 0.05 ? 0.05 : 0.1;
    t->low = floor(low / step) * step;
    t->high = ceil(high / step) * step;
    for (double v = t->low; v <= t->high + step / 2 && t->tick_count < SX_TRADE_TICKS; v += step)
        t->ticks[t->tick_count++] = round(v * 100) / 100;
}

static bool compute_grid(const framework *f, sx_pipeline_result *r, sx_error *err) {
    for (int i = 0; i < SX_RULE_GRID; i++)
        for (int k = 0; k < SX_RULE_KEEPS; k++)
            if (!measure_rule(f, i / 10.0, (k + 1) / 10.0, &r->grid[i][k], err)) return false;
    return true;
}

/* ---- */

static bool check_input(const sx_eval_input *in, framework *f, sx_error *err) {
    f->in = in;
    f->scores = &in->predictions[0];
    f->found = in->prediction_count > 1 ? &in->predictions[1] : &in->predictions[0];
    if (!in->truth->has_boxes)
        return sx_fail(err, SX_ERR_MISSING, "%s: has image labels but no boxes", in->truth_path);
    if (!f->scores->has_scores)
        return sx_fail(err, SX_ERR_MISSING, "%s has no scores of films", f->scores->path);
    if (!f->found->has_boxes)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s has no boxes: its films were not predicted by a detector",
                       f->found->path);
    if (!sx_eval_check_predicted(in, f->found, err)) return sx_fail_in(err, "%s", f->found->path);
    size_t lacking = 0;
    for (size_t i = 0; i < in->truth->films.count; i++)
        lacking += isnan(f->scores->scores[i]) && f->scores->outcomes[i] == SX_FILM_CALLED;
    if (lacking)
        return sx_fail(
            err, SX_ERR_MISSING, "%s: %zu of %zu %s %s no score, and the rule needs one for each",
            f->scores->path, lacking, in->truth->films.count,
            sx_noun(in->truth->films.count, "film", "films"), sx_noun(lacking, "has", "have"));
    return true;
}

static bool compute(framework *f, const sx_pipeline_options *o, sx_pipeline_result *r,
                    sx_error *err) {
    const sx_truth *t = f->in->truth;
    const sx_detect_options how = { sx_vindr_ious, 7, o->iou_one, SX_MATCH_COCO, 100 };
    const sx_boxes boxes = { t->boxes,        t->box_count,
                             f->found->boxes, f->found->all_box_count,
                             t->films.count,  (int)t->class_names.count };
    r->scores = f->scores;
    r->found = f->found;
    r->no_verdict = sx_predictions_without_verdict(f->scores);
    choose_rule(f->scores, o, r);
    f->all = sx_detect_new(&boxes, &how, err);
    f->scratch = f->all ? sx_ap_scratch_new(sx_detect_longest(f->all), err) : NULL;
    f->keep = sx_calloc_for(boxes.found_box_count + 1, sizeof *f->keep, "boxes", err);
    if (!f->scratch || !f->keep || !sx_eval_draw_make(f->in, &r->draw, err) ||
        !compute_changes(f, r, err) || !compute_thresholds(f, r, err) || !compute_grid(f, r, err))
        return false;
    compute_trade(r, &r->trade);
    return true;
}

sx_pipeline_result *sx_pipeline_compute(const sx_eval_input *in, const sx_pipeline_options *o,
                                        sx_error *err) {
    framework f = { 0 };
    if (!check_input(in, &f, err)) return NULL;
    sx_pipeline_result *r = sx_calloc_for(1, sizeof *r, "results", err);
    const bool ok = r && compute(&f, o, r, err);
    sx_detect_free(f.all);
    sx_ap_scratch_free(f.scratch);
    free(f.keep);
    if (ok) return r;
    sx_pipeline_result_free(r);
    return NULL;
}

void sx_pipeline_result_free(sx_pipeline_result *r) {
    free(r);
}
