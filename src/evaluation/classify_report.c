#include "evaluation/classify_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/earlier_result.h"
#include "metrics/delong.h"
#include "metrics/sort.h"
#include "train/comm.h"

/* ---- thresholds ---- */

bool sx_choose_threshold(const sx_threshold_rule *rule, const sx_predictions *p, const sx_levels *l,
                         sx_unit unit, sx_threshold *t, sx_error *err) {
    char how[96];
    t->chosen_here = false;
    if (!isnan(rule->given)) {
        t->value = rule->given;
        snprintf(t->origin, sizeof t->origin, "given");
        return true;
    }
    if (rule->from)
        return sx_earlier_threshold(rule->from, p->name, &t->value, t->origin, sizeof t->origin,
                                    err);
    if (!isnan(rule->least_sensitivity)) {
        t->value = sx_threshold_for_sensitivity(l, rule->least_sensitivity);
        snprintf(how, sizeof how, "highest with sensitivity >= %g", rule->least_sensitivity);
    } else if (!isnan(rule->least_specificity)) {
        t->value = sx_threshold_for_specificity(l, rule->least_specificity);
        snprintf(how, sizeof how, "lowest with specificity >= %g", rule->least_specificity);
    } else if (!rule->youden && !isnan(p->threshold)) {
        t->value = p->threshold;
        snprintf(t->origin, sizeof t->origin, "of %.200s%s%s", p->path,
                 p->threshold_from[0] ? ": " : "", p->threshold_from);
        return true;
    } else {
        t->value = sx_youden(l);
        snprintf(how, sizeof how, "Youden's J");
    }
    size_t n = (size_t)(l->positives + l->negatives);
    if (isnan(t->value))
        return sx_fail(
            err, SX_ERR_VALUE,
            "all %zu %s are %s: no threshold can be chosen on them (--threshold gives one)", n,
            sx_unit_name(unit, true), l->positives ? "abnormal" : "normal");
    t->chosen_here = true;
    snprintf(t->origin, sizeof t->origin, "%s, chosen on these %zu %s", how, n,
             sx_unit_name(unit, true));
    return true;
}

/* ---- one model ---- */

static void wilson_all(sx_model_result *r, double level) {
    sx_confusion2 c = r->confusion;
    for (int m = 0; m < SX_MEASURES; m++)
        r->analytic[m] = (sx_interval){ NAN, NAN };
    r->analytic[SX_SENSITIVITY] = sx_wilson(c.tp, c.tp + c.fn, level);
    r->analytic[SX_SPECIFICITY] = sx_wilson(c.tn, c.tn + c.fp, level);
    r->analytic[SX_PRECISION] = sx_wilson(c.tp, c.tp + c.fp, level);
    r->analytic[SX_NPV] = sx_wilson(c.tn, c.tn + c.fn, level);
    r->analytic[SX_ACCURACY] = sx_wilson(c.tp + c.tn, c.tp + c.tn + c.fp + c.fn, level);
}

/* The authors draw films by their position in the predictions file, so its order matters. */
static bool repeat_authors(const sx_eval_input *in, const sx_eval_cases *c, size_t m,
                           sx_model_result *r, sx_error *err) {
    size_t films = in->truth->films.count, n = 0;
    uint32_t *at = sx_calloc_for(films + 1, sizeof *at, "films", err);
    double *score = sx_calloc_for(c->count, sizeof *score, "films", err);
    unsigned char *label = sx_calloc_for(c->count, 1, "films", err);
    bool ok = at && score && label;
    for (size_t i = 0; ok && i < c->count; i++)
        at[in->predictions[m].places[c->films[i]]] = (uint32_t)i + 1;
    for (size_t k = 0; ok && k <= films; k++) {
        if (!at[k]) continue;
        score[n] = c->scores[m][at[k] - 1];
        label[n++] = c->labels[at[k] - 1];
    }
    double given = r->threshold.chosen_here ? NAN : r->threshold.value;
    ok = ok && sx_vindr_point(label, score, n, given, r->vindr_point, &r->threshold.value, err) &&
         sx_vindr_bootstrap(label, score, n, r->threshold.value, &in->boot, &r->vindr, err);
    free(at);
    free(score);
    free(label);
    return sx_comm_all_succeeded(in->boot.comm, ok, err);
}

static bool delong(const sx_eval_input *in, const sx_eval_cases *c, const double *score,
                   sx_model_result *r, sx_error *err) {
    sx_delong d;
    if (!sx_delong_one(c->labels, score, c->count, &d, err)) return false;
    r->auc_se = sqrt(d.variance);
    r->analytic[SX_AUROC] = sx_normal_interval(d.auc, r->auc_se, in->boot.level, 0, 1);
    return true;
}

/* Scores outside 0..1 have no calibration, which is not an error. */
static bool calibrate(const sx_eval_input *in, const sx_classify_options *o, const sx_eval_cases *c,
                      const double *score, sx_model_result *r, sx_error *err) {
    sx_error why = { 0 };
    r->calibrated = sx_calibrate(c->labels, score, c->count, o->bin_count, o->equal_bins,
                                 in->boot.level, &r->calibration, &why);
    if (r->calibrated || why.code == SX_ERR_VALUE) return true;
    if (err) *err = why;
    return false;
}

static bool evaluate(const sx_eval_input *in, const sx_classify_options *o, const sx_eval_cases *c,
                     size_t m, sx_model_result *r, sx_error *err) {
    sx_ranking ranking;
    sx_levels l = { 0 };
    const double *score = c->scores[m];
    sx_threshold_rule rule = o->threshold;
    /* A report's threshold is for films; a study's maximum keeps it, another pooling does not. */
    rule.youden = rule.youden || (o->level != SX_UNIT_FILM && o->pooling != SX_POOL_MAX);
    r->name = in->predictions[m].name;
    if (!sx_ranking_make(&ranking, c->labels, score, c->count, err)) return false;
    bool ok = sx_levels_make(&l, &ranking, err) &&
              sx_choose_threshold(&rule, &in->predictions[m], &l, c->unit, &r->threshold, err);
    r->both = l.positives && l.negatives;
    if (ok) r->confusion = sx_confusion_at(&l, r->threshold.value);
    if (ok && o->vindr && r->both) ok = repeat_authors(in, c, m, r, err);
    ok = ok && sx_measure_all(c->labels, score, c->count, r->threshold.value, r->point, err);
    if (ok) wilson_all(r, in->boot.level);
    ok = ok && (!r->both || delong(in, c, score, r, err)) && calibrate(in, o, c, score, r, err);
    sx_levels_free(&l);
    sx_ranking_free(&ranking);
    return ok;
}

static bool summarise_bootstrap(const sx_eval_input *in, sx_classify_result *r, sx_error *err) {
    const size_t resamples = in->boot.resamples, models = r->cases.model_count;
    const sx_cases cases = sx_eval_cases_view(&r->cases);
    double thresholds[SX_MODELS_MAX];
    sx_class_boot boot;
    for (size_t m = 0; m < models; m++)
        thresholds[m] = r->models[m].threshold.value;
    if (!sx_class_bootstrap(&cases, thresholds, &in->boot, &boot, err)) return false;
    r->one_class = boot.one_class;
    for (size_t m = 0; m < models; m++)
        for (int k = 0; k < SX_MEASURES; k++)
            r->models[m].boot[k] = sx_boot_summarise(sx_class_boot_values(&boot, m, (sx_measure)k),
                                                     resamples, in->boot.level);
    sx_class_boot_free(&boot);
    return true;
}

/* Bands need fewer resamples than the intervals in tables. Only the page shows them. */
static bool compute_curves(const sx_eval_input *in, sx_classify_result *r, sx_error *err) {
    const sx_cases cases = sx_eval_cases_view(&r->cases);
    sx_bootstrap bands = in->boot;
    if (bands.resamples > 2000) bands.resamples = 2000;
    if (!in->page) bands.resamples = 0;
    for (size_t m = 0; m < r->cases.model_count; m++) {
        sx_model_result *x = &r->models[m];
        if (x->both &&
            !sx_class_curves(cases.labels, cases.scores[m], &cases.groups, &bands, &x->curves, err))
            return false;
    }
    return true;
}

static bool evaluate_all(const sx_eval_input *in, const sx_classify_options *o,
                         sx_classify_result *r, sx_error *err) {
    for (size_t m = 0; m < r->cases.model_count; m++) {
        if (!evaluate(in, o, &r->cases, m, &r->models[m], err))
            return sx_fail_in(err, "%s", in->predictions[m].path);
        for (int k = 0; k < SX_MEASURES; k++)
            r->models[m].boot[k] = (sx_boot_summary){ { NAN, NAN }, NAN, NAN, 0 };
    }
    return (!in->boot.resamples || o->vindr || summarise_bootstrap(in, r, err)) &&
           compute_curves(in, r, err);
}

/* ---- what only the page of one model shows ---- */

static void find_worst(const sx_eval_cases *c, double threshold, const uint32_t *order, bool missed,
                       sx_worst_cases *worst) {
    for (size_t k = 0; k < c->count && worst->count < SX_WORST_CASES; k++) {
        const size_t i = order[missed ? c->count - 1 - k : k];
        const bool called = c->scores[0][i] >= threshold;
        if (c->labels[i] == missed && called != missed) worst->cases[worst->count++] = i;
    }
}

static void spread_of(const sx_eval_cases *c, double spread[2][SX_SPREAD_BINS]) {
    double total[2] = { 0, 0 };
    for (size_t i = 0; i < c->count; i++) {
        const double s = fmin(fmax(c->scores[0][i], 0), 1);
        const int bin = s >= 1 ? SX_SPREAD_BINS - 1 : (int)(s * SX_SPREAD_BINS);
        spread[c->labels[i]][bin]++;
        total[c->labels[i]]++;
    }
    for (int label = 0; label < 2; label++)
        for (int bin = 0; bin < SX_SPREAD_BINS; bin++)
            spread[label][bin] = total[label] > 0 ? spread[label][bin] / total[label] : 0;
}

static bool compute_page(sx_classify_result *r, sx_error *err) {
    const sx_eval_cases *c = &r->cases;
    const double threshold = r->models[0].threshold.value;
    uint32_t *order = sx_calloc_for(c->count, sizeof *order, "films", err);
    const bool ok = order && sx_sort_descending(c->scores[0], c->count, order, err);
    if (ok) {
        find_worst(c, threshold, order, true, &r->misses);
        find_worst(c, threshold, order, false, &r->false_positives);
        spread_of(c, r->spread);
    }
    free(order);
    return ok;
}

/* ---- */

/* The authors' bootstrap draws films. Otherwise no unit smaller than a case may be drawn. */
static sx_eval_input input_for_draw(const sx_eval_input *in, const sx_classify_options *o) {
    sx_eval_input used = *in;
    if (o->vindr) {
        used.draw_given = true;
        used.draw = SX_UNIT_FILM;
    } else if (!used.draw_given && o->level > SX_UNIT_FILM) {
        used.draw_given = true;
        used.draw = in->truth->patient_count ? SX_UNIT_PATIENT : o->level;
    }
    return used;
}

sx_classify_result *sx_classify_compute(const sx_eval_input *in, const sx_classify_options *o,
                                        sx_error *err) {
    const size_t models = in->prediction_count;
    if (models == 0 || models > SX_MODELS_MAX) {
        sx_fail(err, SX_ERR_USAGE, "%zu predictions; 1 to %d", models, SX_MODELS_MAX);
        return NULL;
    }
    if (o->vindr && o->level != SX_UNIT_FILM) {
        sx_fail(err, SX_ERR_USAGE, "--ci vindr evaluates films only");
        return NULL;
    }
    const sx_eval_input used = input_for_draw(in, o);
    sx_classify_result *r = sx_calloc_for(1, sizeof *r, "results", err);
    const bool ok = r && sx_eval_draw_make(&used, &r->draw, err) &&
                    sx_eval_cases_make(in, o->level, o->pooling, &r->draw, &r->cases, err) &&
                    evaluate_all(in, o, r, err) &&
                    (!in->page || models > 1 || compute_page(r, err));
    if (ok) return r;
    sx_classify_result_free(r);
    return NULL;
}

void sx_classify_result_free(sx_classify_result *r) {
    if (r) sx_eval_cases_free(&r->cases);
    free(r);
}
