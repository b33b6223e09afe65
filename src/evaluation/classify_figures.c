#include "evaluation/classify_figures.h"

#include <math.h>
#include <stdio.h>

#include "document/plot.h"
#include "evaluation/film_pictures.h"

static const double fifths[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1 };

static void legend_name(char *buf, size_t size, const sx_model_result *x, sx_measure m,
                        const char *what, bool several) {
    if (several)
        snprintf(buf, size, "%.28s: %s %.3f", x->name, what, x->point[m]);
    else
        snprintf(buf, size, "%s %.3f", what, x->point[m]);
}

static void curves_figure(const sx_classify_result *r, bool pr, bool bands, sx_doc *d) {
    sx_series s[2 * SX_MODELS_MAX];
    char name[SX_MODELS_MAX][80], mark[] = "threshold";
    double at[SX_MODELS_MAX][2];
    size_t n = 0;
    const size_t models = r->cases.model_count;
    for (size_t m = 0; m < models; m++) {
        const sx_model_result *x = &r->models[m];
        const sx_curves *k = &x->curves;
        if (!x->both) continue;
        legend_name(name[m], sizeof name[m], x, pr ? SX_AP : SX_AUROC, pr ? "AP" : "AUROC",
                    models > 1);
        s[n++] = (sx_series){ .name = name[m],
                              .x = k->x,
                              .y = pr ? k->pr : k->roc,
                              .low = !bands ? NULL
                                     : pr   ? k->pr_low
                                            : k->roc_low,
                              .high = !bands ? NULL
                                      : pr   ? k->pr_high
                                             : k->roc_high,
                              .count = SX_CURVE_POINTS,
                              .colour = (int)m,
                              .dashed = m > 0 };
    }
    size_t lines = n;
    for (size_t m = 0; m < models && lines; m++) {
        const sx_model_result *x = &r->models[m];
        if (!x->both) continue;
        at[m][0] = pr ? x->point[SX_SENSITIVITY] : 1 - x->point[SX_SPECIFICITY];
        at[m][1] = pr ? x->point[SX_PRECISION] : x->point[SX_SENSITIVITY];
        s[n++] = (sx_series){ .name = models == 1 ? mark : NULL,
                              .x = &at[m][0],
                              .y = &at[m][1],
                              .count = 1,
                              .colour = (int)m,
                              .points = true };
    }
    sx_plot p = { .title = pr ? "Precision-recall curve" : "ROC curve",
                  .x = { pr ? "recall (sensitivity)" : "1 - specificity", 0, 1, fifths, 6, false },
                  .y = { pr ? "precision (PPV)" : "sensitivity", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = n,
                  .diagonal = !pr,
                  .width = 460,
                  .height = 420 };
    sx_doc_figure(
        d,
        pr ? bands ? "Precision-recall curve; the shade is the pointwise bootstrap interval."
                   : "Precision-recall curve."
        : bands
            ? "ROC curve; the shade is the pointwise bootstrap interval, the mark the threshold."
            : "ROC curve; the mark is the threshold.",
        sx_plot_curves(&p), true);
}

static void reliability_figure(const sx_classify_result *r, sx_doc *d) {
    double x[SX_RELIABILITY_BINS_MAX], y[SX_RELIABILITY_BINS_MAX], low[SX_RELIABILITY_BINS_MAX],
        high[SX_RELIABILITY_BINS_MAX];
    const sx_calibration *k = &r->models[0].calibration;
    char name[64];
    size_t n = 0;
    for (size_t i = 0; i < k->bin_count; i++) {
        if (!k->bins[i].n) continue;
        x[n] = k->bins[i].mean_score;
        y[n] = k->bins[i].rate;
        low[n] = k->bins[i].interval.low;
        high[n++] = k->bins[i].interval.high;
    }
    const int n_ece = snprintf(name, sizeof name, "ECE %.3f", k->ece);
    if (!isnan(k->slope))
        snprintf(name + n_ece, sizeof name - (size_t)n_ece, ", slope %.2f", k->slope);
    sx_series s[2] = { { .x = x, .y = y, .count = n, .colour = 0 },
                       { .name = name,
                         .x = x,
                         .y = y,
                         .low = low,
                         .high = high,
                         .count = n,
                         .colour = 0,
                         .points = true } };
    sx_plot p = { .title = "Reliability diagram",
                  .x = { "mean score", 0, 1, fifths, 6, false },
                  .y = { "share abnormal", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = 2,
                  .diagonal = true,
                  .width = 460,
                  .height = 420 };
    sx_doc_figure(d,
                  "Reliability: how often films of a score are abnormal, with Wilson intervals; "
                  "the dotted line "
                  "is perfect calibration.",
                  sx_plot_curves(&p), true);
}

/* The distribution of the scores of each class: two histograms as lines. */
static void spread_figure(const sx_classify_result *r, sx_doc *d) {
    enum { BINS = SX_SPREAD_BINS };
    double x[2 * BINS], y[2][2 * BINS], most = 0;
    for (int k = 0; k < 2; k++)
        for (int b = 0; b < BINS; b++) {
            x[2 * b] = (double)b / BINS;
            x[2 * b + 1] = (double)(b + 1) / BINS;
            y[k][2 * b] = y[k][2 * b + 1] = r->spread[k][b];
            most = fmax(most, r->spread[k][b]);
        }
    double top = most <= 0.2 ? 0.2 : most <= 0.5 ? 0.5 : 1, tick[6];
    for (int i = 0; i < 6; i++)
        tick[i] = top * i / 5;
    sx_series s[2] = {
        { .name = "normal", .x = x, .y = y[0], .count = 2 * BINS, .colour = 0 },
        { .name = "abnormal", .x = x, .y = y[1], .count = 2 * BINS, .colour = 1, .dashed = true }
    };
    sx_plot p = { .title = "Spread of the scores",
                  .x = { "score", 0, 1, fifths, 6, false },
                  .y = { "share of the class", 0, top, tick, 6, false },
                  .series = s,
                  .series_count = 2,
                  .width = 460,
                  .height = 420 };
    sx_doc_figure(d, "Scores of normal and abnormal films.", sx_plot_curves(&p), true);
}

static void put_worst(const sx_eval_input *in, const sx_eval_cases *c, const sx_worst_cases *worst,
                      bool missed, sx_eval_output *out) {
    if (!worst->count) {
        sx_doc_text(out->doc, "No %s %s is called %s.", missed ? "abnormal" : "normal",
                    sx_unit_name(c->unit, false), missed ? "normal" : "abnormal");
        return;
    }
    sx_table *table =
        sx_doc_table(out->doc, missed ? "worst misses" : "worst false positives",
                     missed ? "Abnormal, but scored lowest" : "Normal, but scored highest");
    sx_table_column(table, sx_unit_name(c->unit, false), false);
    sx_table_column(table, "score", true);
    for (size_t k = 0; k < worst->count; k++) {
        sx_table_row(table, false);
        sx_table_text(table, "%s", in->truth->films.items[c->films[worst->cases[k]]]);
        sx_table_link(table, "film-%zu", (size_t)c->films[worst->cases[k]] + 1);
        sx_table_value(table, c->scores[0][worst->cases[k]], 4, 1);
    }
    for (size_t k = 0; k < worst->count; k++) {
        const size_t i = worst->cases[k];
        char detail[80];
        snprintf(detail, sizeof detail, "score %.3f, %s", c->scores[0][i],
                 missed ? "abnormal" : "normal");
        if (sx_eval_thumbnail(in, out, c->films[i], NULL, NULL, detail))
            sx_doc_anchor(out->doc, "film-%zu", (size_t)c->films[i] + 1);
    }
}

void sx_classify_mistakes(const sx_eval_input *in, const sx_classify_result *r,
                          sx_eval_output *out) {
    sx_doc_section(out->doc, "Worst mistakes");
    put_worst(in, &r->models[0].called, &r->misses, true, out);
    put_worst(in, &r->models[0].called, &r->false_positives, false, out);
    sx_eval_warn_about_pictures(in, out);
}

void sx_classify_figures(const sx_eval_input *in, const sx_classify_result *r,
                         sx_eval_output *out) {
    const size_t models = r->cases.model_count;
    bool any = false;
    for (size_t m = 0; m < models; m++)
        any = any || r->models[m].both;
    if (any) {
        sx_doc_section(out->doc, "Curves");
        curves_figure(r, false, in->boot.resamples > 0, out->doc);
        curves_figure(r, true, in->boot.resamples > 0, out->doc);
    }
    if (models == 1 && r->models[0].calibrated) {
        reliability_figure(r, out->doc);
        spread_figure(r, out->doc);
    }
}
