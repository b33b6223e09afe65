#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/classify_report.h"
#include "metrics/delong.h"

/* ---- thresholds ---- */

static bool threshold_from(const sx_threshold_rule *rule, const char *model, sx_threshold *t,
                           sx_error *err) {
    json_t *j;
    if (!sx_eval_read_json(rule->from, "classify", &j, err)) return false;
    json_t *models = json_object_get(j, "models"), *found = NULL, *m;
    size_t i;
    json_array_foreach(models, i, m) {
        const char *name = json_string_value(json_object_get(m, "name"));
        if (json_array_size(models) == 1 || (name && strcmp(name, model) == 0)) found = m;
    }
    json_t *threshold = json_object_get(found, "threshold"),
           *value = json_object_get(threshold, "value");
    const char *origin = json_string_value(json_object_get(threshold, "origin"));
    bool ok = json_is_number(value);
    if (ok) {
        t->value = json_number_value(value);
        snprintf(t->origin, sizeof t->origin, "from %s: %s", rule->from,
                 origin ? origin : "not said how");
    } else {
        sx_fail(err, SX_ERR_MISSING, "%s: no threshold of a model named %s", rule->from, model);
    }
    json_decref(j);
    return ok;
}

bool sx_eval_threshold(const sx_threshold_rule *rule, const char *model, const sx_levels *l,
                       sx_unit unit, sx_threshold *t, sx_error *err) {
    char how[96];
    t->chosen_here = false;
    if (!isnan(rule->given)) {
        t->value = rule->given;
        snprintf(t->origin, sizeof t->origin, "given");
        return true;
    }
    if (rule->from) return threshold_from(rule, model, t, err);
    if (!isnan(rule->least_sensitivity)) {
        t->value = sx_threshold_for_sensitivity(l, rule->least_sensitivity);
        snprintf(how, sizeof how, "highest with sensitivity >= %g", rule->least_sensitivity);
    } else if (!isnan(rule->least_specificity)) {
        t->value = sx_threshold_for_specificity(l, rule->least_specificity);
        snprintf(how, sizeof how, "lowest with specificity >= %g", rule->least_specificity);
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

/* The authors draw films by their place in the list of predictions, so that order decides. */
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
         sx_vindr_bootstrap(label, score, n, r->threshold.value, in->boot.resamples,
                            (uint32_t)in->boot.seed, in->boot.level, &r->vindr, err);
    free(at);
    free(score);
    free(label);
    return ok;
}

static bool judge(const sx_eval_input *in, const sx_classify_options *o, const sx_eval_cases *c,
                  size_t m, sx_model_result *r, sx_error *err) {
    sx_ranking ranking;
    sx_levels l = { 0 };
    const double *score = c->scores[m];
    r->name = in->predictions[m].name;
    if (!sx_ranking_make(&ranking, c->labels, score, c->count, err)) return false;
    bool ok = sx_levels_make(&l, &ranking, err) &&
              sx_eval_threshold(&o->threshold, r->name, &l, c->unit, &r->threshold, err);
    r->both = l.positives && l.negatives;
    if (ok) r->confusion = sx_confusion_at(&l, r->threshold.value);
    if (ok && o->vindr && r->both) ok = repeat_authors(in, c, m, r, err);
    ok = ok && sx_measure_all(c->labels, score, c->count, r->threshold.value, r->point, err);
    if (ok) wilson_all(r, in->boot.level);
    if (ok && r->both) {
        sx_delong d;
        ok = sx_delong_one(c->labels, score, c->count, &d, err);
        if (ok)
            r->analytic[SX_AUROC] =
                sx_normal_interval(d.auc, sqrt(d.variance), in->boot.level, 0, 1);
        r->auc_se = sqrt(d.variance);
    }
    r->calibrated = ok && sx_calibrate(c->labels, score, c->count, o->bin_count, o->equal_bins,
                                       in->boot.level, &r->calibration, NULL);
    sx_levels_free(&l);
    sx_ranking_free(&ranking);
    return ok;
}

static bool judge_all(const sx_eval_input *in, const sx_classify_options *o, const sx_eval_cases *c,
                      sx_classify_result *r, sx_error *err) {
    double threshold[SX_MODELS_MAX];
    for (size_t m = 0; m < c->model_count; m++) {
        if (!judge(in, o, c, m, &r->models[m], err))
            return sx_fail_in(err, "%s", in->predictions[m].path);
        threshold[m] = r->models[m].threshold.value;
        for (int k = 0; k < SX_MEASURES; k++)
            r->models[m].boot[k] = (sx_boot_summary){ { NAN, NAN }, NAN, NAN, 0 };
    }
    sx_cases cases = { c->labels,
                       (const double *const *)c->scores,
                       c->count,
                       c->model_count,
                       { c->groups, c->count, c->group_count } };
    if (in->boot.resamples && !o->vindr) {
        sx_class_boot boot;
        if (!sx_class_bootstrap(&cases, threshold, &in->boot, &boot, err)) return false;
        r->one_class = boot.one_class;
        for (size_t m = 0; m < c->model_count; m++)
            for (int k = 0; k < SX_MEASURES; k++)
                r->models[m].boot[k] =
                    sx_boot_summarise(sx_class_boot_values(&boot, m, (sx_measure)k),
                                      in->boot.resamples, in->boot.level);
        sx_class_boot_free(&boot);
    }
    sx_bootstrap bands = in->boot; /* a band needs fewer than a bound in the table */
    if (bands.resamples > 2000) bands.resamples = 2000;
    for (size_t m = 0; m < c->model_count; m++) {
        sx_model_result *x = &r->models[m];
        if (!x->both) continue;
        if (!in->page) bands.resamples = 0;
        if (!sx_class_curves(c->labels, c->scores[m], &cases.groups, &bands, &x->curves, err))
            return false;
    }
    return true;
}

static void warn_about(const sx_eval_input *in, const sx_classify_options *o,
                       const sx_eval_cases *c, const sx_classify_result *r, sx_eval_output *out) {
    const char *units = sx_unit_name(c->unit, true);
    if (!r->models[0].both)
        sx_eval_warn(
            out, "All %zu %s are %s: AUROC and whatever else needs both classes does not exist.",
            c->count, units, c->positives ? "abnormal" : "normal");
    for (size_t m = 0; m < c->model_count; m++) {
        if (r->models[m].threshold.chosen_here)
            sx_eval_warn(
                out,
                "%s: the threshold was chosen on the same %s that it is judged on, which flatters "
                "sensitivity and specificity; --threshold-from takes it from another set.",
                r->models[m].name, units);
        if (!r->models[m].calibrated)
            sx_eval_warn(
                out,
                "%s: scores outside 0..1 are not probabilities: no Brier score, no calibration.",
                r->models[m].name);
    }
    if (o->vindr)
        sx_eval_warn(
            out,
            "Intervals of --ci vindr repeat the authors' code, which in every resample takes "
            "sensitivity, specificity and precision at the next ROC point above the threshold; "
            "only "
            "AUROC and F1 are those of the threshold. Their point estimates %s.",
            r->models[0].threshold.chosen_here ? "are right" : "with a given threshold do so too");
    if (r->one_class)
        sx_eval_warn(out, "%zu of %zu resamples held one class only and are left out.",
                     r->one_class, in->boot.resamples);
}

static const char *title_of(sx_unit unit) {
    static const char *const titles[3] = { "Classification, film by film",
                                           "Classification by study", "Classification by patient" };
    return titles[unit];
}

bool sx_eval_classify(const sx_eval_input *in, const sx_classify_options *o, sx_eval_output *out,
                      sx_error *err) {
    sx_unit draw;
    sx_groups groups;
    sx_eval_input used = *in;
    if (in->prediction_count == 0 || in->prediction_count > SX_MODELS_MAX)
        return sx_fail(err, SX_ERR_USAGE, "%zu predictions; 1 to %d", in->prediction_count,
                       SX_MODELS_MAX);
    if (o->vindr) { /* theirs knows films only */
        used.draw_given = true;
        used.draw = SX_UNIT_FILM;
        if (o->level != SX_UNIT_FILM) return sx_fail(err, SX_ERR_USAGE, "--ci vindr judges films");
    }
    if (!used.draw_given && o->level > SX_UNIT_FILM) { /* never less than what is judged */
        used.draw_given = true;
        used.draw = in->truth->patient_count ? SX_UNIT_PATIENT : o->level;
    }
    if (!sx_eval_begin(&used, "classify", title_of(o->level), out, err)) return false;
    sx_eval_cases cases = { 0 };
    sx_classify_result *r = sx_calloc_for(1, sizeof *r, "results", err);
    bool ok = r && sx_eval_draw_groups(&used, out, &draw, &groups, err) &&
              sx_eval_cases_make(&used, out, o->level, o->pooling, draw, &groups, &cases, err) &&
              judge_all(&used, o, &cases, r, err);
    if (ok) {
        warn_about(&used, o, &cases, r, out);
        sx_eval_note_bootstrap(
            &used, out, draw, &groups,
            o->vindr ? "v[floor(0.025 B)] and v[B - floor(0.025 B)] (RandomState)" : "percentiles");
        sx_classify_write(&used, o, &cases, r, out);
        ok = sx_eval_end(out, err);
    }
    sx_eval_cases_free(&cases);
    free(r);
    if (!ok) sx_eval_output_free(out);
    return ok;
}
