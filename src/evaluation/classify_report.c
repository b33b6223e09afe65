#include "evaluation/classify_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/earlier_result.h"
#include "metrics/clustered_auroc.h"
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

static const sx_boot_summary no_summary = { { NAN, NAN }, NAN, NAN, 0 };

sx_interval sx_model_interval(const sx_model_result *x, sx_measure m, const char **by) {
    const bool resampled = !isnan(x->boot[m].interval.low);
    const char *kind = "";
    sx_interval i = { NAN, NAN };
    if (x->proportions[m].n) {
        kind = "Wilson";
        i = x->proportions[m].interval;
    } else if (resampled) {
        kind = "bootstrap";
        i = x->boot[m].interval;
    } else if (m == SX_AUROC && !isnan(x->delong.low)) {
        kind = "DeLong";
        i = x->delong;
    }
    if (by) *by = kind;
    return i;
}

/* The authors draw films by their position in the predictions file, so its order matters. */
static bool repeat_authors(const sx_eval_input *in, size_t m, sx_model_result *r, sx_error *err) {
    const sx_eval_cases *c = &r->called;
    size_t films = in->truth->films.count, n = 0;
    uint32_t *at = sx_calloc_for(films + 1, sizeof *at, "films", err);
    double *score = sx_calloc_for(c->count, sizeof *score, "films", err);
    unsigned char *label = sx_calloc_for(c->count, 1, "films", err);
    bool ok = at && score && label;
    for (size_t i = 0; ok && i < c->count; i++)
        at[in->predictions[m].places[c->films[i]]] = (uint32_t)i + 1;
    for (size_t k = 0; ok && k <= films; k++) {
        if (!at[k]) continue;
        score[n] = c->scores[0][at[k] - 1];
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

/* NaN where a class is absent. */
static bool delong(const sx_eval_input *in, const sx_eval_cases *c, double *auroc,
                   sx_interval *interval, sx_error *err) {
    const sx_cases view = sx_eval_cases_view(c);
    sx_clustered_auroc a;
    if (!sx_auroc_of_clusters(view.labels, view.scores[0], &view.groups, NULL, &a, err))
        return false;
    *auroc = a.auroc;
    *interval = sx_normal_interval(a.auroc, sqrt(a.variance), in->boot.level, 0, 1);
    return true;
}

/* Scores outside 0..1 have no calibration, which is not an error. */
static bool calibrate(const sx_eval_input *in, const sx_classify_options *o, const sx_eval_cases *c,
                      const double *score, sx_model_result *r, sx_error *err) {
    sx_error why = { 0 };
    const sx_cases view = sx_eval_cases_view(c);
    r->calibrated = sx_calibrate(c->labels, score, &view.groups, o->bin_count, o->equal_bins,
                                 in->boot.level, &r->calibration, &why);
    if (r->calibrated || why.code == SX_ERR_VALUE) return true;
    if (err) *err = why;
    return false;
}

/* On the cases of which every film has a verdict. */
static bool choose_threshold(const sx_eval_input *in, const sx_classify_options *o,
                             const sx_eval_cases *c, size_t m, sx_threshold *t, sx_error *err) {
    sx_eval_cases whole;
    sx_ranking ranking = { 0 };
    sx_levels l = { 0 };
    sx_threshold_rule rule = o->threshold;
    /* A report's threshold is for films; a study's maximum keeps it, another pooling does not. */
    rule.youden = rule.youden || (o->level != SX_UNIT_FILM && o->pooling != SX_POOL_MAX);
    bool ok = sx_eval_cases_choose(c, SX_CASES_WHOLE, m, 1, NULL, &whole, err);
    if (ok && !whole.count)
        ok = sx_fail(err, SX_ERR_VALUE, "none of %zu %s has a verdict", c->count,
                     sx_unit_name(c->unit, true));
    ok = ok && sx_ranking_make(&ranking, whole.labels, whole.scores[0], whole.count, err) &&
         sx_levels_make(&l, &ranking, err) &&
         sx_choose_threshold(&rule, &in->predictions[m], &l, c->unit, t, err);
    sx_levels_free(&l);
    sx_ranking_free(&ranking);
    sx_eval_cases_free(&whole);
    return ok;
}

static sx_confusion2 count_confusion(const sx_eval_cases *c, double threshold) {
    sx_confusion2 n = { 0 };
    for (size_t i = 0; i < c->count; i++) {
        const bool called = c->scores[0][i] >= threshold;
        if (c->labels[i])
            *(called ? &n.tp : &n.fn) += 1;
        else
            *(called ? &n.fp : &n.tn) += 1;
    }
    return n;
}

static bool evaluate(const sx_eval_input *in, const sx_classify_options *o, const sx_eval_cases *c,
                     size_t m, sx_model_result *r, sx_error *err) {
    double auroc;
    r->name = in->predictions[m].name;
    if (!choose_threshold(in, o, c, m, &r->threshold, err) ||
        !sx_eval_cases_choose(c, SX_CASES_CALLED, m, 1, &r->threshold.value, &r->called, err))
        return false;
    const sx_eval_cases *called = &r->called;
    const sx_cases view = sx_eval_cases_view(called);
    const double *score = called->scores[0];
    r->both = called->positives && called->positives < called->count;
    r->confusion = count_confusion(called, r->threshold.value);
    if (o->vindr && r->both && !repeat_authors(in, m, r, err)) return false;
    if (!sx_measure_all(called->labels, score, called->count, r->threshold.value, r->point, err))
        return false;
    return sx_class_proportions(&view, r->threshold.value, in->boot.level, r->proportions, err) &&
           delong(in, called, &auroc, &r->delong, err) && calibrate(in, o, called, score, r, err);
}

/* ---- cases without a verdict ---- */

static const sx_measure intended_measures[] = { SX_SENSITIVITY, SX_SPECIFICITY, SX_ACCURACY };

static bool measure_intended(const sx_eval_input *in, const sx_eval_cases *c, size_t m,
                             sx_model_result *r, sx_error *err) {
    sx_no_verdict_result *n = &r->no_verdict;
    sx_eval_cases intended;
    sx_proportion all[SX_MEASURES];
    bool ok = sx_eval_cases_choose(c, SX_CASES_INTENDED, m, 1, &r->threshold.value, &intended, err);
    if (ok) {
        const sx_cases view = sx_eval_cases_view(&intended);
        ok = sx_class_proportions(&view, r->threshold.value, in->boot.level, all, err);
    }
    for (size_t k = 0; ok && k < sizeof intended_measures / sizeof *intended_measures; k++)
        n->intended[intended_measures[k]] = all[intended_measures[k]];
    sx_eval_cases_free(&intended);
    return ok;
}

/* The share of cases that the model calls. */
static bool measure_called(const sx_eval_input *in, const sx_eval_cases *c, size_t m,
                           sx_model_result *r, sx_error *err) {
    const sx_cases view = sx_eval_cases_view(c);
    signed char *outcomes = sx_calloc_for(c->count + 1, 1, "films", err);
    if (!outcomes) return false;
    for (size_t i = 0; i < c->count; i++)
        outcomes[i] = sx_eval_case_called(c, m, r->threshold.value, i);
    const bool ok =
        sx_proportion_of_cases(outcomes, &view.groups, in->boot.level, &r->no_verdict.called, err);
    free(outcomes);
    return ok;
}

static bool measure_scored(const sx_eval_input *in, const sx_eval_cases *c, size_t m,
                           sx_no_verdict_result *n, sx_error *err) {
    sx_eval_cases scored;
    const bool ok = sx_eval_cases_choose(c, SX_CASES_SCORED, m, 1, NULL, &scored, err) &&
                    delong(in, &scored, &n->scored_auroc, &n->scored_delong, err);
    n->scored_count = scored.count;
    sx_eval_cases_free(&scored);
    return ok;
}

static bool evaluate_no_verdict(const sx_eval_input *in, const sx_eval_cases *c, size_t m,
                                sx_model_result *r, sx_error *err) {
    sx_no_verdict_result *n = &r->no_verdict;
    n->counts[1] = c->positives - r->called.positives;
    n->counts[0] = c->count - r->called.count - n->counts[1];
    for (int k = 0; k < SX_MEASURES; k++)
        n->intended[k] = (sx_proportion){ .value = NAN, .interval = { NAN, NAN } };
    return measure_called(in, c, m, r, err) && measure_intended(in, c, m, r, err) &&
           measure_scored(in, c, m, n, err);
}

/* ---- bootstrap ---- */

/* Every measure of one model; returns the resamples of one class in *one_class. */
static bool summarise_cases(const sx_eval_input *in, const sx_eval_cases *c, double threshold,
                            sx_boot_summary out[SX_MEASURES], size_t *one_class, sx_error *err) {
    const sx_cases cases = sx_eval_cases_view(c);
    sx_class_boot boot;
    if (!sx_class_bootstrap(&cases, &threshold, &in->boot, &boot, err)) return false;
    *one_class = boot.one_class;
    for (int k = 0; k < SX_MEASURES; k++)
        out[k] = sx_boot_summarise(sx_class_boot_values(&boot, 0, (sx_measure)k),
                                   in->boot.resamples, in->boot.level);
    sx_class_boot_free(&boot);
    return true;
}

static bool summarise_bootstrap(const sx_eval_input *in, sx_classify_result *r, sx_error *err) {
    for (size_t m = 0; m < r->cases.model_count; m++) {
        sx_model_result *x = &r->models[m];
        size_t one_class;
        if (!summarise_cases(in, &x->called, x->threshold.value, x->boot, &one_class, err))
            return false;
        if (one_class > r->one_class) r->one_class = one_class;
    }
    return true;
}

/* Bands need fewer resamples than the intervals in tables. Only the page shows them. */
static bool compute_curves(const sx_eval_input *in, sx_classify_result *r, sx_error *err) {
    sx_bootstrap bands = in->boot;
    if (bands.resamples > 2000) bands.resamples = 2000;
    if (!in->page) bands.resamples = 0;
    for (size_t m = 0; m < r->cases.model_count; m++) {
        sx_model_result *x = &r->models[m];
        const sx_cases cases = sx_eval_cases_view(&x->called);
        if (x->both &&
            !sx_class_curves(cases.labels, cases.scores[0], &cases.groups, &bands, &x->curves, err))
            return false;
    }
    return true;
}

static bool compute_utility(const sx_eval_input *in, const sx_classify_options *o,
                            sx_classify_result *r, sx_error *err) {
    for (size_t m = 0; m < r->cases.model_count; m++) {
        sx_model_result *x = &r->models[m];
        if (!sx_utility_compute(in, &x->called, x->proportions, o->prevalence, x->calibrated,
                                &x->utility, err) ||
            !sx_transfer_compute(in, &x->called,
                                 isnan(o->threshold.given) ? o->threshold.from : NULL, x->name,
                                 x->calibrated ? &x->calibration : NULL, &x->transfer, err))
            return false;
    }
    return true;
}

static bool evaluate_all(const sx_eval_input *in, const sx_classify_options *o,
                         sx_classify_result *r, sx_error *err) {
    for (size_t m = 0; m < r->cases.model_count; m++) {
        if (!evaluate(in, o, &r->cases, m, &r->models[m], err) ||
            !evaluate_no_verdict(in, &r->cases, m, &r->models[m], err))
            return sx_fail_in(err, "%s", in->predictions[m].path);
        for (int k = 0; k < SX_MEASURES; k++)
            r->models[m].boot[k] = no_summary;
    }
    return (!in->boot.resamples || o->vindr || summarise_bootstrap(in, r, err)) &&
           compute_curves(in, r, err) && compute_utility(in, o, r, err);
}

/* ---- what only the page of one model shows ---- */

static void find_worst(const sx_eval_cases *c, double threshold, const uint32_t *order, bool missed,
                       size_t most, sx_worst_cases *worst) {
    for (size_t k = 0; k < c->count && worst->count < most; k++) {
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

static bool compute_page(const sx_classify_options *o, sx_classify_result *r, sx_error *err) {
    const size_t wanted = o->worst_count ? o->worst_count : SX_WORST_CASES;
    const size_t most = wanted < SX_WORST_MAX ? wanted : SX_WORST_MAX;
    const sx_eval_cases *c = &r->models[0].called;
    const double threshold = r->models[0].threshold.value;
    uint32_t *order = sx_calloc_for(c->count, sizeof *order, "films", err);
    const bool ok = order && sx_sort_descending(c->scores[0], c->count, order, err);
    if (ok) {
        find_worst(c, threshold, order, true, most, &r->misses);
        find_worst(c, threshold, order, false, most, &r->false_positives);
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
    /* The authors' code knows no films without a verdict. */
    const sx_case_options cases = { o->level, o->pooling, o->vindr };
    const bool ok = r && sx_eval_draw_make(&used, &r->draw, err) &&
                    sx_eval_cases_make(in, &cases, &r->draw, &r->cases, err) &&
                    evaluate_all(in, o, r, err) &&
                    (!in->page || models > 1 || compute_page(o, r, err));
    if (ok) return r;
    sx_classify_result_free(r);
    return NULL;
}

void sx_classify_result_free(sx_classify_result *r) {
    if (!r) return;
    for (size_t m = 0; m < SX_MODELS_MAX; m++)
        sx_eval_cases_free(&r->models[m].called);
    sx_eval_cases_free(&r->cases);
    free(r);
}
