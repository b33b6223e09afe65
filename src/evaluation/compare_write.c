#include "evaluation/compare_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation/eval_write.h"
#include "evaluation/verdict_write.h"

static void write_cases(const sx_eval_input *in, const sx_compare_result *r, sx_eval_output *out) {
    const sx_eval_cases *c = &r->cases, *called = &r->called;
    sx_eval_warn_about_cases(in, c, out);
    sx_doc_fact(out->doc, "evaluated", "%zu %s, %zu abnormal", c->count,
                sx_noun(c->count, "film", "films"), c->positives);
    if (called->positives == 0 || called->positives == called->count)
        sx_eval_warn(out,
                     "All %zu films with both verdicts are %s: AUROC and all that needs both "
                     "classes are undefined.",
                     called->count, called->positives ? "abnormal" : "normal");
    if (called->count < c->count)
        sx_doc_fact(out->doc, "with both verdicts",
                    "%zu, %zu abnormal; intention to diagnose: all %zu, a film without a verdict "
                    "counts as called wrongly",
                    called->count, called->positives, c->count);
    sx_json j = sx_json_object(sx_json_root(&out->json), "cases");
    sx_json_text(j, "unit", "film");
    sx_json_count(j, "n", c->count);
    sx_json_count(j, "positives", c->positives);
    sx_json_count(j, "with_verdicts", called->count);
    sx_json_number(j, "prevalence", c->prevalence);
}

/* Only classifiers have these tests. */
static bool has_independent_tests(const sx_compare_result *r) {
    size_t i = 0;
    while (i < r->count && strcmp(r->items[i].by, "DeLong") != 0 &&
           strcmp(r->items[i].by, "McNemar, exact") != 0)
        i++;
    return i < r->count;
}

static void warn_about_dependence(const sx_eval_input *in, const sx_compare_result *r,
                                  sx_eval_output *out) {
    const sx_truth *t = in->truth;
    const sx_unit unit = t->patient_count ? SX_UNIT_PATIENT : SX_UNIT_STUDY;
    const size_t units = t->patient_count ? t->patient_count : t->study_count;
    if (has_independent_tests(r) && units && units < t->films.count)
        sx_eval_warn(out,
                     "DeLong's and McNemar's tests treat films as independent, but the %zu films "
                     "are of %zu %s: report the paired bootstrap of %s.",
                     t->films.count, units, sx_unit_name(unit, units != 1),
                     sx_unit_name(unit, true));
}

static void write_thresholds(const sx_eval_input *in, const sx_threshold *thresholds,
                             sx_eval_output *out) {
    sx_json list = sx_json_array(sx_json_root(&out->json), "thresholds");
    for (size_t m = 0; m < 2; m++) {
        const sx_threshold *t = &thresholds[m];
        const char *name = in->predictions[m].name;
        char fact[160];
        snprintf(fact, sizeof fact, "threshold of %.120s", name);
        sx_doc_fact(out->doc, fact, "score >= %.6g (%s)", t->value, t->origin);
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "name", name);
        sx_json_number(j, "value", t->value);
        sx_json_text(j, "origin", t->origin);
        sx_json_bool(j, "chosen_here", t->chosen_here);
    }
}

static void put_difference(sx_table *t, sx_json list, const sx_difference *d) {
    const double difference = d->b - d->a;
    sx_table_row(t, false);
    sx_table_text(t, "%s", d->name);
    sx_table_value(t, d->a, d->decimals, d->scale);
    sx_table_value(t, d->b, d->decimals, d->scale);
    sx_table_interval(t, difference, d->interval, d->decimals, d->scale);
    sx_table_p(t, d->p);
    sx_table_p(t, d->holm);
    sx_table_text(t, "%s", isnan(difference) || !d->by[0] ? "-" : d->by);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "number", d->key);
    sx_json_number(j, "a", d->a);
    sx_json_number(j, "b", d->b);
    sx_eval_put_interval(j, "difference", difference, d->interval);
    sx_json_number(j, "p", d->p);
    sx_json_number(j, "p_holm", d->holm);
    sx_json_text(j, "by", d->by);
}

static void write_differences(const sx_eval_input *in, const sx_compare_result *r,
                              const char *tests, sx_eval_output *out) {
    char head[64];
    sx_table *t = sx_doc_table(out->doc, "difference", tests);
    snprintf(head, sizeof head, "difference (%g %% interval)", 100 * in->boot.level);
    sx_table_column(t, "number", false);
    sx_table_column(t, in->predictions[0].name, true);
    sx_table_column(t, in->predictions[1].name, true);
    sx_table_column(t, head, true);
    sx_table_column(t, "p", true);
    sx_table_column(t, "p (Holm)", true);
    sx_table_column(t, "by", false);
    sx_json list = sx_json_array(sx_json_root(&out->json), "differences");
    for (size_t i = 0; i < r->count; i++)
        put_difference(t, list, &r->items[i]);
}

/* Which test belongs to which number, and the family of Holm's correction. */
static void name_tests(const sx_eval_input *in, const sx_compare_options *o,
                       const sx_compare_result *r, char *buf, size_t size) {
    const char *const which =
        o->detect || o->measures ? ""
        : in->boot.resamples
            ? "Every measure is tested by the paired bootstrap; AUROC also by DeLong's test, and "
              "sensitivity, specificity and accuracy by McNemar's exact test, which has no "
              "interval. "
            : "AUROC is tested by DeLong's test, sensitivity, specificity and accuracy by "
              "McNemar's exact test. ";
    snprintf(buf, size, "%s", which);
    if (!r->test_count) return;
    snprintf(buf, size, "%sp (Holm) is adjusted for the %zu %s of this table%s", which,
             r->test_count, sx_noun(r->test_count, "test", "tests"),
             o->measures ? "" : "; --measures names a smaller family in advance");
}

void sx_compare_write(const sx_eval_input *in, const sx_compare_options *o,
                      const sx_compare_result *r, sx_eval_output *out) {
    char tests[500];
    sx_eval_write_draw(in, &r->draw, "percentiles of the paired difference", out);
    if (o->detect) sx_eval_warn_about_boxes(in, out);
    if (o->detect) sx_eval_warn_about_lacking(in, &r->lacking, sx_json_root(&out->json), out);
    if (o->detect && in->truth->box_count == 0)
        sx_eval_warn(out, "No film has a true box: precision and sensitivity are undefined; only "
                          "false positives can be counted.");
    if (!o->detect) {
        write_cases(in, r, out);
        warn_about_dependence(in, r, out);
        write_thresholds(in, r->thresholds, out);
    }
    sx_doc_section(out->doc, o->detect ? "Detectors" : "Classifiers");
    name_tests(in, o, r, tests, sizeof tests);
    write_differences(in, r, tests, out);
    sx_json family = sx_json_object(sx_json_root(&out->json), "holm");
    sx_json_count(family, "tests", r->test_count);
    if (o->measures) sx_json_text(family, "measures", o->measures);
}
