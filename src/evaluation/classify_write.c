#include "evaluation/classify_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "evaluation/classify_figures.h"
#include "evaluation/eval_write.h"
#include "evaluation/paper_tables.h"

/* ---- JSON ---- */

static void put_range(sx_json at, const char *key, sx_interval i) {
    if (isnan(i.low)) return;
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "low", i.low);
    sx_json_number(j, "high", i.high);
}

static void put_wilson(sx_json at, const sx_proportion *p) {
    if (!p->n) return;
    sx_json_number(at, "design_effect", p->design_effect);
    put_range(at, "wilson", p->interval);
}

static void put_measures(sx_json model, const sx_model_result *x) {
    sx_json all = sx_json_object(model, "measures");
    for (int k = 0; k < SX_MEASURES; k++) {
        if (k == SX_BRIER && !x->calibrated) continue;
        sx_json j = sx_eval_put_interval(all, sx_measure_key((sx_measure)k), x->point[k],
                                         sx_model_interval(x, (sx_measure)k, NULL));
        if (x->boot[k].defined) {
            sx_json_number(j, "se", x->boot[k].se);
            sx_json_count(j, "resamples", x->boot[k].defined);
        }
        put_wilson(j, &x->proportions[k]);
        if (k == SX_AUROC) put_range(j, "delong", x->delong);
    }
}

static void put_vindr(sx_json model, const sx_model_result *x) {
    static const char *const keys[SX_VINDR_MEASURES] = { "auroc", "f1", "sensitivity",
                                                         "specificity", "precision" };
    sx_json all = sx_json_object(model, "vindr");
    for (int k = 0; k < SX_VINDR_MEASURES; k++) {
        sx_json j = sx_eval_put_interval(all, keys[k], x->vindr_point[k],
                                         (sx_interval){ x->vindr.low[k], x->vindr.high[k] });
        sx_json_number(j, "mean", x->vindr.mean[k]);
    }
    sx_json_count(all, "one_class_resamples_skipped", x->vindr.skipped);
}

static void put_bin(sx_json bins, const sx_reliability_bin *b) {
    sx_json j = sx_json_object(bins, NULL);
    sx_json_number(j, "from", b->low);
    sx_json_number(j, "to", b->high);
    sx_json_count(j, "n", b->n);
    sx_json_count(j, "positives", b->positives);
    sx_json_number(j, "mean_score", b->mean_score);
    sx_json_number(j, "rate", b->rate);
    sx_json_number(j, "low", b->interval.low);
    sx_json_number(j, "high", b->interval.high);
}

static void put_calibration(sx_json model, const sx_calibration *c) {
    sx_json j = sx_json_object(model, "calibration");
    sx_json_number(j, "ece", c->ece);
    sx_json_number(j, "mce", c->mce);
    sx_json_number(j, "brier", c->brier);
    sx_json_number(j, "log_loss", c->log_loss);
    sx_json_number(j, "intercept", c->intercept);
    sx_json_number(j, "slope", c->slope);
    sx_json bins = sx_json_array(j, "bins");
    for (size_t k = 0; k < c->bin_count; k++)
        put_bin(bins, &c->bins[k]);
}

static void put_curves(sx_json model, const sx_curves *c) {
    sx_json j = sx_json_object(model, "curves");
    sx_json roc = sx_json_array(j, "sensitivity_at_fpr_0_to_1_by_0.01");
    sx_json pr = sx_json_array(j, "precision_at_recall_0_to_1_by_0.01");
    for (int i = 0; i < SX_CURVE_POINTS; i++) {
        sx_json_number(roc, NULL, c->roc[i]);
        sx_json_number(pr, NULL, c->pr[i]);
    }
}

/* Cases without a verdict, and the measures that count them. */
static void put_no_verdict(sx_json model, const sx_eval_cases *all, const sx_model_result *x) {
    const sx_no_verdict_result *n = &x->no_verdict;
    sx_json j = sx_json_object(model, "no_verdict");
    sx_json_count(j, "n", n->counts[0] + n->counts[1]);
    sx_json_count(j, "abnormal", n->counts[1]);
    sx_json_count(j, "normal", n->counts[0]);
    sx_json share = sx_json_object(model, "with_verdict");
    sx_json_count(share, "n", x->called.count);
    sx_json_number(share, "value", (double)x->called.count / (double)all->count);
    put_wilson(share, &n->called);
    sx_json intended = sx_json_object(model, "intention_to_diagnose");
    for (int k = 0; k < SX_MEASURES; k++) {
        if (k != SX_SENSITIVITY && k != SX_SPECIFICITY && k != SX_ACCURACY) continue;
        put_wilson(sx_eval_put_interval(intended, sx_measure_key((sx_measure)k),
                                        n->intended[k].value, n->intended[k].interval),
                   &n->intended[k]);
    }
    sx_json scored = sx_json_object(model, "auroc_of_all_scores");
    sx_json_count(scored, "n", n->scored_count);
    sx_json_number(scored, "value", n->scored_auroc);
    put_range(scored, "delong", n->scored_delong);
}

static void put_cases(sx_json root, const sx_classify_options *o, const sx_eval_cases *c) {
    sx_json j = sx_json_object(root, "cases");
    sx_json_text(j, "unit", sx_unit_name(c->unit, false));
    sx_json_count(j, "n", c->count);
    sx_json_count(j, "positives", c->positives);
    sx_json_number(j, "prevalence", c->prevalence);
    sx_json_count(j, "films_without_score", c->unscored);
    sx_json_count(j, "films_without_label", c->unlabelled);
    sx_json_text(j, "pooling",
                 c->unit == SX_UNIT_FILM          ? "none"
                 : o->pooling == SX_POOL_NOISY_OR ? "noisy-or"
                                                  : "max");
}

static void put_model(sx_json models, const sx_classify_options *o, const sx_eval_cases *all,
                      const sx_model_result *x) {
    sx_json j = sx_json_object(models, NULL);
    sx_json_text(j, "name", x->name);
    sx_json threshold = sx_json_object(j, "threshold");
    sx_json_number(threshold, "value", x->threshold.value);
    sx_json_text(threshold, "origin", x->threshold.origin);
    sx_json_bool(threshold, "chosen_here", x->threshold.chosen_here);
    sx_json confusion = sx_json_object(j, "confusion");
    sx_json_integer(confusion, "tp", (int64_t)x->confusion.tp);
    sx_json_integer(confusion, "fp", (int64_t)x->confusion.fp);
    sx_json_integer(confusion, "tn", (int64_t)x->confusion.tn);
    sx_json_integer(confusion, "fn", (int64_t)x->confusion.fn);
    put_no_verdict(j, all, x);
    put_measures(j, x);
    if (o->vindr && x->both) put_vindr(j, x);
    if (x->calibrated)
        put_calibration(j, &x->calibration);
    else
        sx_json_null(j, "calibration");
    if (x->both) put_curves(j, &x->curves);
    sx_utility_put(j, &x->utility);
    sx_transfer_put(j, &x->transfer);
}

static void write_json(const sx_classify_options *o, const sx_classify_result *r,
                       sx_eval_output *out) {
    sx_json root = sx_json_root(&out->json);
    put_cases(root, o, &r->cases);
    sx_json_count(root, "resamples_of_one_class", r->one_class);
    sx_json models = sx_json_array(root, "models");
    for (size_t m = 0; m < r->cases.model_count; m++)
        put_model(models, o, &r->cases, &r->models[m]);
}

/* ---- tables ---- */

static void interval_columns(const sx_eval_input *in, sx_table *t) {
    char head[80];
    sx_table_column(t, "measure", false);
    snprintf(head, sizeof head, "value (%g %% interval)", 100 * in->boot.level);
    sx_table_column(t, head, true);
    sx_table_column(t, "interval by", false);
}

/* "Wilson, design effect 1.83"; one that rounds to 1.00 is not named. */
static void put_kind(sx_table *t, const char *kind, const sx_proportion *p) {
    if (p && p->n && p->design_effect >= 1.005)
        sx_table_text(t, "%s, design effect %.2f", kind, p->design_effect);
    else
        sx_table_text(t, "%s", kind);
}

static void one_model_table(const sx_eval_input *in, const sx_classify_result *r,
                            const sx_model_result *x, sx_doc *d) {
    const bool several = r->cases.model_count > 1, partial = x->called.count < r->cases.count;
    char id[300];
    snprintf(id, sizeof id, several ? "measures %s" : "measures", x->name);
    char caption[400] = "";
    if (partial)
        snprintf(caption, sizeof caption, "%s%sThe %zu %s with a verdict", several ? x->name : "",
                 several ? ". " : "", x->called.count,
                 sx_unit_name(r->cases.unit, x->called.count != 1));
    else if (several)
        snprintf(caption, sizeof caption, "%s", x->name);
    sx_table *t = sx_doc_table(d, id, caption);
    interval_columns(in, t);
    for (int k = 0; k < SX_MEASURES; k++) {
        const char *kind;
        if (k == SX_BRIER && !x->calibrated) continue;
        sx_table_row(t, k == SX_AUROC);
        sx_table_text(t, "%s", sx_measure_name((sx_measure)k));
        sx_table_interval(t, x->point[k], sx_model_interval(x, (sx_measure)k, &kind), 4, 1);
        put_kind(t, kind, &x->proportions[k]);
    }
}

static void vindr_table(const sx_model_result *x, bool several, sx_doc *d) {
    static const char *const names[SX_VINDR_MEASURES] = { "AUC", "F1", "Sensitivity", "Specificity",
                                                          "Precision" };
    char caption[400];
    snprintf(caption, sizeof caption,
             "%s%sThe authors' bootstrap: RandomState, films, mean and bounds%s",
             several ? x->name : "", several ? ". " : "",
             x->vindr.skipped ? "; one-class resamples redrawn" : "");
    sx_table *t = sx_doc_table(d, "vindr", caption);
    sx_table_column(t, "measure", false);
    sx_table_column(t, "point", true);
    sx_table_column(t, "mean (bounds)", true);
    for (int k = 0; k < SX_VINDR_MEASURES; k++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", names[k]);
        sx_table_value(t, x->vindr_point[k], 4, 1);
        sx_table_interval(t, x->vindr.mean[k], (sx_interval){ x->vindr.low[k], x->vindr.high[k] },
                          4, 1);
    }
}

static void models_table(const sx_classify_result *r, sx_doc *d) {
    static const sx_measure shown[] = { SX_AUROC,       SX_AP,          SX_F1,
                                        SX_SENSITIVITY, SX_SPECIFICITY, SX_BRIER };
    bool same = true;
    for (size_t m = 0; m < r->cases.model_count; m++)
        same = same && r->models[m].called.count == r->cases.count;
    sx_table *t = sx_doc_table(d, "models",
                               same ? "All models on the same cases"
                                    : "Each model on the cases to which it gives a verdict");
    sx_table_column(t, "model", false);
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
        sx_table_column(t, sx_measure_name(shown[k]), true);
    sx_table_column(t, "no verdict", true);
    for (size_t m = 0; m < r->cases.model_count; m++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", r->models[m].name);
        for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
            sx_table_interval(t,
                              shown[k] == SX_BRIER && !r->models[m].calibrated
                                  ? NAN
                                  : r->models[m].point[shown[k]],
                              sx_model_interval(&r->models[m], shown[k], NULL), 3, 1);
        sx_table_value(t, (double)(r->cases.count - r->models[m].called.count), 0, 1);
    }
}

static void confusion_table(const sx_model_result *x, sx_doc *d) {
    sx_table *t = sx_doc_table(d, "confusion", "Called abnormal from the threshold on");
    sx_table_column(t, "", false);
    sx_table_column(t, "called abnormal", true);
    sx_table_column(t, "called normal", true);
    sx_table_column(t, "no verdict", true);
    for (int row = 0; row < 2; row++) {
        sx_table_row(t, false);
        sx_table_text(t, row ? "normal" : "abnormal");
        sx_table_value(t, (double)(row ? x->confusion.fp : x->confusion.tp), 0, 1);
        sx_table_value(t, (double)(row ? x->confusion.tn : x->confusion.fn), 0, 1);
        sx_table_value(t, (double)x->no_verdict.counts[row ? 0 : 1], 0, 1);
    }
}

static void proportion_row(const char *name, const sx_proportion *p, sx_table *t) {
    sx_table_row(t, false);
    sx_table_text(t, "%s", name);
    sx_table_interval(t, p->value, p->interval, 4, 1);
    put_kind(t, "Wilson", p);
}

static void no_verdict_rows(const sx_model_result *x, sx_table *t) {
    const sx_no_verdict_result *n = &x->no_verdict;
    proportion_row("share with a verdict", &n->called, t);
    for (int k = 0; k < SX_MEASURES; k++)
        if (n->intended[k].n) proportion_row(sx_measure_name((sx_measure)k), &n->intended[k], t);
    sx_table_row(t, false);
    sx_table_text(t, "AUROC of all %zu with a score", n->scored_count);
    sx_table_interval(t, n->scored_auroc, n->scored_delong, 4, 1);
    sx_table_text(t, "%s", isnan(n->scored_delong.low) ? "" : "DeLong");
}

/* The same measures if cases without a verdict count. */
static void intended_table(const sx_eval_input *in, const sx_classify_result *r,
                           const sx_model_result *x, sx_doc *d) {
    const bool several = r->cases.model_count > 1;
    const char *units = sx_unit_name(r->cases.unit, true);
    char id[300], caption[500];
    if (x->called.count == r->cases.count) return;
    snprintf(id, sizeof id, several ? "intention to diagnose %s" : "intention to diagnose",
             x->name);
    snprintf(
        caption, sizeof caption,
        "%s%sAll %zu %s, by intention to diagnose: without a verdict an abnormal one counts as "
        "missed, a normal one as a false positive",
        several ? x->name : "", several ? ". " : "", r->cases.count, units);
    sx_table *t = sx_doc_table(d, id, caption);
    interval_columns(in, t);
    no_verdict_rows(x, t);
}

static void calibration_table(const sx_model_result *x, double level, sx_doc *d) {
    const sx_calibration *c = &x->calibration;
    char caption[300], head[64];
    const int n = snprintf(caption, sizeof caption,
                           "Expected calibration error %.4f, maximum %.4f, log loss %.4f; ", c->ece,
                           c->mce, c->log_loss);
    if (isnan(c->slope))
        snprintf(caption + n, sizeof caption - (size_t)n, "no recalibration slope (%s)",
                 x->both ? "a threshold separates the classes, or all scores are equal"
                         : "it needs both classes");
    else
        snprintf(caption + n, sizeof caption - (size_t)n,
                 "recalibration slope %.3f, intercept %.3f", c->slope, c->intercept);
    sx_table *t = sx_doc_table(d, "reliability", caption);
    sx_table_column(t, "score", false);
    sx_table_column(t, "n", true);
    sx_table_column(t, "abnormal", true);
    sx_table_column(t, "mean score", true);
    snprintf(head, sizeof head, "rate (%g %% Wilson)", 100 * level);
    sx_table_column(t, head, true);
    for (size_t k = 0; k < c->bin_count; k++) {
        if (c->bins[k].n == 0) continue;
        sx_table_row(t, false);
        sx_table_text(t, "%.3f to %.3f", c->bins[k].low, c->bins[k].high);
        sx_table_value(t, (double)c->bins[k].n, 0, 1);
        sx_table_value(t, (double)c->bins[k].positives, 0, 1);
        sx_table_value(t, c->bins[k].mean_score, 3, 1);
        sx_table_interval(t, c->bins[k].rate, c->bins[k].interval, 3, 1);
    }
}

static void paper_table(const sx_classify_options *o, const sx_classify_result *r, sx_doc *d) {
    const char *name[SX_MODELS_MAX];
    double row[SX_MODELS_MAX][4];
    sx_interval ci[SX_MODELS_MAX][4];
    static const sx_measure ours[4] = { SX_AUROC, SX_F1, SX_SENSITIVITY, SX_SPECIFICITY };
    static const sx_vindr_measure theirs[4] = { SX_VINDR_AUC, SX_VINDR_F1, SX_VINDR_SENSITIVITY,
                                                SX_VINDR_SPECIFICITY };
    const size_t models = r->cases.model_count;
    for (size_t m = 0; m < models; m++) {
        const sx_model_result *x = &r->models[m];
        name[m] = x->name;
        for (int k = 0; k < 4; k++) {
            bool v = o->vindr && x->both;
            row[m][k] = v ? x->vindr_point[theirs[k]] : x->point[ours[k]];
            ci[m][k] = v ? (sx_interval){ x->vindr.low[theirs[k]], x->vindr.high[theirs[k]] }
                         : sx_model_interval(x, ours[k], NULL);
        }
    }
    sx_paper_classification(d, name, (const double(*)[4])row, (const sx_interval(*)[4])ci, models);
}

/* ---- warnings and facts ---- */

static void warn_about_model(const sx_model_result *x, const char *units, sx_eval_output *out) {
    if (x->threshold.chosen_here)
        sx_eval_warn(
            out,
            "%s: the threshold was chosen on the same %s that it is evaluated on, which flatters "
            "sensitivity and specificity; --threshold-from takes it from another set.",
            x->name, units);
    if (!x->calibrated)
        sx_eval_warn(
            out, "%s: scores outside 0..1 are not probabilities: no Brier score, no calibration.",
            x->name);
}

static void warn_about_zero_width(const sx_model_result *x, bool several, sx_eval_output *out) {
    sx_str names = { 0 };
    for (int k = 0; k < SX_MEASURES; k++) {
        if (k == SX_BRIER && !x->calibrated) continue;
        if (sx_eval_zero_width(sx_model_interval(x, (sx_measure)k, NULL)))
            sx_str_printf(&names, "%s%s", names.len ? ", " : "", sx_measure_name((sx_measure)k));
    }
    if (names.len && several) sx_str_printf(&names, " (%s)", x->name);
    if (names.len) sx_eval_warn_about_zero_width(sx_str_text(&names), out);
    sx_str_free(&names);
}

static void write_warnings(const sx_eval_input *in, const sx_classify_options *o,
                           const sx_classify_result *r, sx_eval_output *out) {
    const sx_eval_cases *c = &r->cases;
    const char *units = sx_unit_name(c->unit, true);
    const size_t called = r->models[0].called.count;
    char all[64];
    if (called == 1)
        snprintf(all, sizeof all, "The only %s", sx_unit_name(c->unit, false));
    else
        snprintf(all, sizeof all, "All %zu %s", called, units);
    sx_eval_warn_about_cases(in, c, out);
    if (!r->models[0].both)
        sx_eval_warn(out, "%s%s %s %s: AUROC and all that needs both classes are undefined.", all,
                     called < c->count ? " with a verdict" : "", called == 1 ? "is" : "are",
                     r->models[0].called.positives ? "abnormal" : "normal");
    for (size_t m = 0; m < c->model_count; m++)
        warn_about_model(&r->models[m], units, out);
    if (o->vindr)
        sx_eval_warn(
            out,
            "Intervals of --ci vindr repeat the authors' code, which in every resample takes "
            "sensitivity, specificity and precision at the next ROC point above the threshold; "
            "only AUROC and F1 are those of the threshold. Their point estimates %s.",
            r->models[0].threshold.chosen_here ? "are right" : "with a given threshold do so too");
    for (size_t m = 0; o->vindr && m < in->prediction_count; m++) {
        const size_t unfamiliar = in->predictions[m].outcome_counts[SX_FILM_UNFAMILIAR];
        if (unfamiliar)
            sx_eval_warn(out,
                         "%s: --ci vindr counts %zu unfamiliar %s by %s, as in the authors' code.",
                         in->predictions[m].name, unfamiliar, sx_noun(unfamiliar, "film", "films"),
                         sx_noun(unfamiliar, "its score", "their scores"));
    }
    if (r->one_class)
        sx_eval_warn(out, "%zu of %zu %s one class only, left out.", r->one_class,
                     in->boot.resamples,
                     sx_noun(in->boot.resamples, "resample with", "resamples with"));
    for (size_t m = 0; m < c->model_count; m++)
        warn_about_zero_width(&r->models[m], c->model_count > 1, out);
}

static void write_facts(const sx_classify_options *o, const sx_classify_result *r, sx_doc *d) {
    const sx_eval_cases *c = &r->cases;
    const bool several = c->model_count > 1;
    sx_doc_fact(d, "evaluated", "%zu %s, %zu abnormal: prevalence %.4f%s", c->count,
                sx_unit_name(c->unit, true), c->positives, c->prevalence,
                c->unit == SX_UNIT_FILM          ? ""
                : o->pooling == SX_POOL_NOISY_OR ? "; scores of films pooled by noisy-or"
                                                 : "; the highest score of its films counts");
    for (size_t m = 0; m < c->model_count; m++)
        sx_doc_fact(d, several ? r->models[m].name : "threshold", "%sscore >= %.6g (%s)",
                    several ? "threshold: " : "", r->models[m].threshold.value,
                    r->models[m].threshold.origin);
}

static void decision_curves(const sx_eval_input *in, const sx_classify_result *r, sx_doc *d) {
    const char *names[SX_MODELS_MAX];
    const sx_utility *items[SX_MODELS_MAX];
    for (size_t m = 0; m < r->cases.model_count; m++) {
        names[m] = r->models[m].name;
        items[m] = &r->models[m].utility;
    }
    const bool before = sx_doc_page_only(d, true);
    sx_utility_curves(in, names, items, r->cases.model_count, d);
    sx_doc_page_only(d, before);
}

static void write_tables(const sx_eval_input *in, const sx_classify_options *o,
                         const sx_classify_result *r, sx_eval_output *out) {
    const size_t models = r->cases.model_count;
    const bool several = models > 1;
    sx_doc *d = out->doc;
    sx_doc_section(d, "Measures");
    if (several) models_table(r, d);
    for (size_t m = 0; m < models; m++) {
        one_model_table(in, r, &r->models[m], d);
        intended_table(in, r, &r->models[m], d);
        if (o->vindr && r->models[m].both) vindr_table(&r->models[m], several, d);
        if (!several) confusion_table(&r->models[m], d);
        sx_utility_table(in, &r->models[m].utility, several ? r->models[m].name : "", d);
    }
    if (in->page) sx_classify_figures(in, r, out);
    if (!several && r->models[0].calibrated) {
        sx_doc_section(d, "Calibration");
        calibration_table(&r->models[0], in->boot.level, d);
    }
    for (size_t m = 0; m < models; m++) {
        const sx_model_result *x = &r->models[m];
        const sx_transfer_point at = { several ? x->name : "", x->threshold.value,
                                       x->point[SX_SENSITIVITY], x->point[SX_SPECIFICITY] };
        sx_transfer_write(in, &x->transfer, &at, d);
    }
    if (in->page) decision_curves(in, r, d);
    if (in->page && !several) sx_classify_mistakes(in, r, out);
    if (o->paper) {
        sx_doc_section(d, "Beside the paper");
        paper_table(o, r, d);
    }
}

void sx_classify_write(const sx_eval_input *in, const sx_classify_options *o,
                       const sx_classify_result *r, sx_eval_output *out) {
    sx_eval_write_draw(in, &r->draw,
                       o->vindr ? "v[floor(0.025 B)] and v[B - floor(0.025 B)] (RandomState)"
                                : "percentiles",
                       out);
    write_warnings(in, o, r, out);
    write_facts(o, r, out->doc);
    write_json(o, r, out);
    write_tables(in, o, r, out);
}
