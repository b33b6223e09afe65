#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "document/plot.h"
#include "evaluation/classify_report.h"
#include "metrics/sort.h"

static const double fifths[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1 };

static void legend_name(char *buf, size_t size, const sx_model_result *x, sx_measure m,
                        const char *what, bool several) {
    if (several)
        snprintf(buf, size, "%.28s: %s %.3f", x->name, what, x->point[m]);
    else
        snprintf(buf, size, "%s %.3f", what, x->point[m]);
}

static void curves_figure(const sx_eval_cases *c, const sx_classify_result *r, bool pr, bool bands,
                          sx_doc *d) {
    sx_series s[2 * SX_MODELS_MAX];
    char name[SX_MODELS_MAX][80], mark[] = "threshold";
    double at[SX_MODELS_MAX][2];
    size_t n = 0;
    for (size_t m = 0; m < c->model_count; m++) {
        const sx_model_result *x = &r->models[m];
        const sx_curves *k = &x->curves;
        if (!x->both) continue;
        legend_name(name[m], sizeof name[m], x, pr ? SX_AP : SX_AUROC, pr ? "AP" : "AUROC",
                    c->model_count > 1);
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
    for (size_t m = 0; m < c->model_count && lines; m++) {
        const sx_model_result *x = &r->models[m];
        if (!x->both) continue;
        at[m][0] = pr ? x->point[SX_SENSITIVITY] : 1 - x->point[SX_SPECIFICITY];
        at[m][1] = pr ? x->point[SX_PRECISION] : x->point[SX_SENSITIVITY];
        s[n++] = (sx_series){ .name = c->model_count == 1 ? mark : NULL,
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

static void reliability_figure(const sx_eval_cases *c, const sx_classify_result *r, sx_doc *d) {
    static _Thread_local double x[SX_RELIABILITY_BINS_MAX], y[SX_RELIABILITY_BINS_MAX],
        low[SX_RELIABILITY_BINS_MAX], high[SX_RELIABILITY_BINS_MAX];
    const sx_calibration *k = &r->models[0].calibration;
    char name[64];
    size_t n = 0;
    (void)c;
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

/* How the scores of either class are spread: two histograms of 20 bins as lines. */
static void spread_figure(const sx_eval_cases *c, sx_doc *d) {
    enum { BINS = 20 };
    double x[2 * BINS + 2], y[2][2 * BINS + 2], most = 0, count[2][BINS] = { { 0 } },
                                                total[2] = { 0, 0 };
    for (size_t i = 0; i < c->count; i++) {
        double s = fmin(fmax(c->scores[0][i], 0), 1);
        int b = s >= 1 ? BINS - 1 : (int)(s * BINS);
        count[c->labels[i]][b]++;
        total[c->labels[i]]++;
    }
    for (int k = 0; k < 2; k++)
        for (int b = 0; b < BINS; b++) {
            double v = total[k] > 0 ? count[k][b] / total[k] : 0;
            x[2 * b] = (double)b / BINS;
            x[2 * b + 1] = (double)(b + 1) / BINS;
            y[k][2 * b] = y[k][2 * b + 1] = v;
            most = fmax(most, v);
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

/* The six most confident mistakes of either kind. */
void sx_classify_mistakes(const sx_eval_input *in, const sx_eval_cases *c,
                          const sx_classify_result *r, sx_eval_output *out) {
    enum { SHOWN = 6 };
    double t = r->models[0].threshold.value;
    uint32_t *order = calloc(c->count, sizeof *order);
    if (!order || !sx_sort_descending(c->scores[0], c->count, order, NULL)) {
        free(order);
        return;
    }
    sx_doc_section(out->doc, "Worst mistakes");
    for (int missed = 1; missed >= 0; missed--) {
        size_t shown = 0, list[SHOWN];
        for (size_t k = 0; k < c->count && shown < SHOWN; k++) {
            size_t i = order[missed ? c->count - 1 - k : k];
            if (c->labels[i] == missed && (c->scores[0][i] >= t) != missed) list[shown++] = i;
        }
        if (!shown) {
            sx_doc_text(out->doc, "No %s %s is called %s.", missed ? "abnormal" : "normal",
                        sx_unit_name(c->unit, false), missed ? "normal" : "abnormal");
            continue;
        }
        sx_table *table =
            sx_doc_table(out->doc, missed ? "worst misses" : "worst false alarms",
                         missed ? "Abnormal, but scored lowest" : "Normal, but scored highest");
        sx_table_column(table, sx_unit_name(c->unit, false), false);
        sx_table_column(table, "score", true);
        for (size_t k = 0; k < shown; k++) {
            sx_table_row(table, false);
            sx_table_text(table, "%s", in->truth->films.items[c->films[list[k]]]);
            sx_table_value(table, c->scores[0][list[k]], 4, 1);
        }
        for (size_t k = 0; k < shown; k++) {
            char detail[80];
            snprintf(detail, sizeof detail, "score %.3f, %s", c->scores[0][list[k]],
                     missed ? "abnormal" : "normal");
            sx_eval_thumbnail(in, out, c->films[list[k]], NULL, NULL, detail);
        }
    }
    free(order);
}

void sx_classify_figures(const sx_eval_input *in, const sx_eval_cases *c,
                         const sx_classify_result *r, sx_eval_output *out) {
    bool any = false;
    for (size_t m = 0; m < c->model_count; m++)
        any = any || r->models[m].both;
    if (any) {
        sx_doc_section(out->doc, "Curves");
        curves_figure(c, r, false, in->boot.resamples > 0, out->doc);
        curves_figure(c, r, true, in->boot.resamples > 0, out->doc);
    }
    if (c->model_count == 1 && r->models[0].calibrated) {
        reliability_figure(c, r, out->doc);
        spread_figure(c, out->doc);
    }
}
