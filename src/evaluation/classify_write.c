#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation/classify_report.h"

/* ---- JSON ---- */

static json_t *measures_json(const sx_model_result *x) {
    json_t *all = json_object();
    for (int k = 0; k < SX_MEASURES; k++) {
        if (k == SX_BRIER && !x->calibrated) continue;
        json_t *j = sx_interval_json(x->point[k], x->boot[k].interval);
        if (x->boot[k].defined) {
            sx_json_set(j, "se", sx_number_json(x->boot[k].se));
            sx_json_set(j, "resamples", json_integer((json_int_t)x->boot[k].defined));
        }
        if (!isnan(x->analytic[k].low))
            sx_json_set(j, k == SX_AUROC ? "delong" : "wilson",
                        json_pack("{s:o, s:o}", "low", sx_number_json(x->analytic[k].low), "high",
                                  sx_number_json(x->analytic[k].high)));
        sx_json_set(all, sx_measure_key((sx_measure)k), j);
    }
    return all;
}

static json_t *vindr_json(const sx_model_result *x) {
    static const char *const keys[SX_VINDR_MEASURES] = { "auroc", "f1", "sensitivity",
                                                         "specificity", "precision" };
    json_t *all = json_object();
    for (int k = 0; k < SX_VINDR_MEASURES; k++) {
        json_t *j =
            sx_interval_json(x->vindr_point[k], (sx_interval){ x->vindr.low[k], x->vindr.high[k] });
        sx_json_set(j, "mean", sx_number_json(x->vindr.mean[k]));
        sx_json_set(all, keys[k], j);
    }
    sx_json_set(all, "one_class_resamples_skipped", json_integer((json_int_t)x->vindr.skipped));
    return all;
}

static json_t *calibration_json(const sx_calibration *c) {
    json_t *bins = json_array();
    for (size_t k = 0; k < c->bin_count; k++) {
        const sx_reliability_bin *b = &c->bins[k];
        json_array_append_new(bins, json_pack("{s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:o}", "from",
                                              sx_number_json(b->low), "to", sx_number_json(b->high),
                                              "n", (int)b->n, "positives", (int)b->positives,
                                              "mean_score", sx_number_json(b->mean_score), "rate",
                                              sx_number_json(b->rate), "low",
                                              sx_number_json(b->interval.low), "high",
                                              sx_number_json(b->interval.high)));
    }
    return json_pack("{s:f, s:f, s:f, s:f, s:o, s:o, s:o}", "ece", c->ece, "mce", c->mce, "brier",
                     c->brier, "log_loss", c->log_loss, "intercept", sx_number_json(c->intercept),
                     "slope", sx_number_json(c->slope), "bins", bins);
}

static json_t *curves_json(const sx_curves *c) {
    json_t *roc = json_array(), *pr = json_array();
    for (int i = 0; i < SX_CURVE_POINTS; i++) {
        json_array_append_new(roc, sx_number_json(c->roc[i]));
        json_array_append_new(pr, sx_number_json(c->pr[i]));
    }
    return json_pack("{s:o, s:o}", "sensitivity_at_fpr_0_to_1_by_0.01", roc,
                     "precision_at_recall_0_to_1_by_0.01", pr);
}

static void write_json(const sx_classify_options *o, const sx_eval_cases *c,
                       const sx_classify_result *r, sx_eval_output *out) {
    json_t *models = json_array();
    sx_json_set(out->json, "cases",
                json_pack("{s:s, s:i, s:i, s:f, s:i, s:s}", "unit", sx_unit_name(c->unit, false),
                          "n", (int)c->count, "positives", (int)c->positives, "prevalence",
                          (double)c->positives / (double)c->count, "films_without_score",
                          (int)c->dropped, "pooling",
                          c->unit == SX_UNIT_FILM          ? "none"
                          : o->pooling == SX_POOL_NOISY_OR ? "noisy-or"
                                                           : "max"));
    for (size_t m = 0; m < c->model_count; m++) {
        const sx_model_result *x = &r->models[m];
        json_t *j = json_pack("{s:s, s:{s:o, s:s, s:b}}", "name", x->name, "threshold", "value",
                              sx_number_json(x->threshold.value), "origin", x->threshold.origin,
                              "chosen_here", x->threshold.chosen_here);
        sx_json_set(j, "confusion",
                    json_pack("{s:I, s:I, s:I, s:I}", "tp", (json_int_t)x->confusion.tp, "fp",
                              (json_int_t)x->confusion.fp, "tn", (json_int_t)x->confusion.tn, "fn",
                              (json_int_t)x->confusion.fn));
        sx_json_set(j, "measures", measures_json(x));
        if (o->vindr && x->both) sx_json_set(j, "vindr", vindr_json(x));
        sx_json_set(j, "calibration",
                    x->calibrated ? calibration_json(&x->calibration) : json_null());
        if (x->both) sx_json_set(j, "curves", curves_json(&x->curves));
        json_array_append_new(models, j);
    }
    sx_json_set(out->json, "models", models);
}

/* ---- tables ---- */

static void one_model_table(const sx_eval_input *in, const sx_model_result *x, bool several,
                            sx_doc *d) {
    char id[300], head[80];
    snprintf(id, sizeof id, several ? "measures %s" : "measures", x->name);
    sx_table *t = sx_doc_table(d, id, several ? x->name : "");
    sx_table_column(t, "measure", false);
    snprintf(head, sizeof head, "value (%g %% bootstrap interval)", 100 * in->boot.level);
    sx_table_column(t, in->boot.resamples ? head : "value", true);
    snprintf(head, sizeof head, "%g %% analytic interval", 100 * in->boot.level);
    sx_table_column(t, head, true);
    sx_table_column(t, "by", false);
    for (int k = 0; k < SX_MEASURES; k++) {
        if (k == SX_BRIER && !x->calibrated) continue;
        sx_table_row(t, k == SX_AUROC);
        sx_table_text(t, "%s", sx_measure_name((sx_measure)k));
        sx_table_interval(t, x->point[k], x->boot[k].interval, 4, 1);
        bool has = !isnan(x->analytic[k].low);
        sx_table_range(t, x->analytic[k], 4, 1);
        sx_table_text(t, "%s", !has ? "" : k == SX_AUROC ? "DeLong" : "Wilson");
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

static void models_table(const sx_eval_cases *c, const sx_classify_result *r, sx_doc *d) {
    static const sx_measure shown[] = { SX_AUROC,       SX_AP,          SX_F1,
                                        SX_SENSITIVITY, SX_SPECIFICITY, SX_BRIER };
    sx_table *t = sx_doc_table(d, "models", "All models on the same cases");
    sx_table_column(t, "model", false);
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
        sx_table_column(t, sx_measure_name(shown[k]), true);
    for (size_t m = 0; m < c->model_count; m++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", r->models[m].name);
        for (size_t k = 0; k < sizeof shown / sizeof *shown; k++)
            sx_table_interval(t,
                              shown[k] == SX_BRIER && !r->models[m].calibrated
                                  ? NAN
                                  : r->models[m].point[shown[k]],
                              r->models[m].boot[shown[k]].interval, 3, 1);
    }
}

static void confusion_table(const sx_model_result *x, sx_doc *d) {
    sx_table *t = sx_doc_table(d, "confusion", "Called abnormal from the threshold on");
    sx_table_column(t, "", false);
    sx_table_column(t, "called abnormal", true);
    sx_table_column(t, "called normal", true);
    for (int row = 0; row < 2; row++) {
        sx_table_row(t, false);
        sx_table_text(t, row ? "normal" : "abnormal");
        sx_table_value(t, (double)(row ? x->confusion.fp : x->confusion.tp), 0, 1);
        sx_table_value(t, (double)(row ? x->confusion.tn : x->confusion.fn), 0, 1);
    }
}

static void calibration_table(const sx_model_result *x, double level, sx_doc *d) {
    const sx_calibration *c = &x->calibration;
    char caption[300], head[64];
    const int n = snprintf(caption, sizeof caption,
                           "Expected calibration error %.4f, maximum %.4f, log loss %.4f; ", c->ece,
                           c->mce, c->log_loss);
    if (isnan(c->slope))
        snprintf(caption + n, sizeof caption - (size_t)n,
                 "no recalibration slope (a threshold parts the classes, or all scores are one)");
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

static void paper_table(const sx_classify_options *o, const sx_eval_cases *c,
                        const sx_classify_result *r, sx_doc *d) {
    const char *name[SX_MODELS_MAX];
    double row[SX_MODELS_MAX][4];
    sx_interval ci[SX_MODELS_MAX][4];
    static const sx_measure ours[4] = { SX_AUROC, SX_F1, SX_SENSITIVITY, SX_SPECIFICITY };
    static const sx_vindr_measure theirs[4] = { SX_VINDR_AUC, SX_VINDR_F1, SX_VINDR_SENSITIVITY,
                                                SX_VINDR_SPECIFICITY };
    for (size_t m = 0; m < c->model_count; m++) {
        const sx_model_result *x = &r->models[m];
        name[m] = x->name;
        for (int k = 0; k < 4; k++) {
            bool v = o->vindr && x->both;
            row[m][k] = v ? x->vindr_point[theirs[k]] : x->point[ours[k]];
            ci[m][k] = v ? (sx_interval){ x->vindr.low[theirs[k]], x->vindr.high[theirs[k]] }
                         : x->boot[ours[k]].interval;
        }
    }
    sx_paper_classification(d, name, (const double(*)[4])row, (const sx_interval(*)[4])ci,
                            c->model_count);
}

void sx_classify_write(const sx_eval_input *in, const sx_classify_options *o,
                       const sx_eval_cases *c, const sx_classify_result *r, sx_eval_output *out) {
    sx_doc *d = out->doc;
    bool several = c->model_count > 1;
    sx_doc_fact(d, "judged", "%zu %s, %zu abnormal: prevalence %.4f%s", c->count,
                sx_unit_name(c->unit, true), c->positives, (double)c->positives / (double)c->count,
                c->unit == SX_UNIT_FILM          ? ""
                : o->pooling == SX_POOL_NOISY_OR ? "; scores of films pooled by noisy-or"
                                                 : "; the highest score of its films counts");
    for (size_t m = 0; m < c->model_count; m++)
        sx_doc_fact(d, several ? r->models[m].name : "threshold", "%sscore >= %.6g (%s)",
                    several ? "threshold: " : "", r->models[m].threshold.value,
                    r->models[m].threshold.origin);
    write_json(o, c, r, out);
    sx_doc_section(d, "Measures");
    if (several) models_table(c, r, d);
    for (size_t m = 0; m < c->model_count; m++) {
        one_model_table(in, &r->models[m], several, d);
        if (o->vindr && r->models[m].both) vindr_table(&r->models[m], several, d);
        if (!several) confusion_table(&r->models[m], d);
    }
    if (in->page) sx_classify_figures(in, c, r, out);
    if (!several && r->models[0].calibrated) {
        sx_doc_section(d, "Calibration");
        calibration_table(&r->models[0], in->boot.level, d);
    }
    if (in->page && !several) sx_classify_mistakes(in, c, r, out);
    if (o->paper) {
        sx_doc_section(d, "Beside the paper");
        paper_table(o, c, r, d);
    }
}
