#include "evaluation/detect_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "document/plot.h"
#include "evaluation/eval_write.h"
#include "evaluation/film_pictures.h"

static const double fifths[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1 };
static const sx_axis froc_axis = {
    "false positives per image", 0.125, 8, sx_froc_rates, SX_FROC_RATES, true
};

static void ap_bars(const sx_truth *t, const sx_detect_report_options *o,
                    const sx_detector_result *r, size_t n, sx_doc *d) {
    size_t rows = t->class_names.count + 1;
    double *v = sx_calloc(rows * n, 3 * sizeof *v);
    const char **name = sx_calloc(rows + n, sizeof *name);
    if (v && name) {
        double most = 0, *low = v + rows * n, *high = low + rows * n;
        for (size_t c = 0; c < rows; c++) {
            name[c] = c + 1 == rows ? "mean" : t->class_names.items[c];
            for (size_t m = 0; m < n; m++) {
                size_t k = sx_detect_ap_one(&r[m].point, c + 1 == rows ? -1 : (int)c);
                v[m * rows + c] = r[m].point.values[k];
                low[m * rows + c] = r[m].intervals[k].low;
                high[m * rows + c] = r[m].intervals[k].high;
                most = fmax(most, fmax(isnan(high[m * rows + c]) ? 0 : high[m * rows + c],
                                       isnan(v[m * rows + c]) ? 0 : v[m * rows + c]));
            }
        }
        for (size_t m = 0; m < n; m++)
            name[rows + m] = r[m].name;
        char label[64], caption[160];
        snprintf(label, sizeof label, "AP at IoU %.2f, percent", o->iou_one);
        snprintf(caption, sizeof caption, "Average precision of each class%s.",
                 isnan(low[rows - 1]) ? "" : " with bootstrap intervals");
        sx_bars b = { .title = "Average precision of each class",
                      .label = label,
                      .row_names = name,
                      .row_count = rows,
                      .group_names = n > 1 ? name + rows : NULL,
                      .group_count = n,
                      .values = v,
                      .lows = low,
                      .highs = high,
                      .most = fmin(ceil(most * 5 + 0.2) / 5, 1),
                      .scale = 100,
                      .width = n == 1 ? 460 : 640,
                      .decimals = 1,
                      .missing = "no true box" };
        sx_doc_figure(d, caption, sx_plot_bars(&b), n == 1);
    }
    free(v);
    free(name);
}

/* FROC of the pooled boxes of every model, with bands. */
static void froc_pooled(const sx_detector_result *r, size_t n, sx_doc *d) {
    double y[SX_DETECTORS_MAX][SX_FROC_RATES], low[SX_DETECTORS_MAX][SX_FROC_RATES],
        high[SX_DETECTORS_MAX][SX_FROC_RATES];
    sx_series s[SX_DETECTORS_MAX];
    char name[SX_DETECTORS_MAX][96];
    for (size_t m = 0; m < n; m++) {
        for (int k = 0; k < SX_FROC_RATES; k++) {
            size_t at = sx_detect_froc(&r[m].point, -1, k);
            y[m][k] = r[m].point.values[at];
            low[m][k] = r[m].intervals[at].low;
            high[m][k] = r[m].intervals[at].high;
        }
        double mean = r[m].point.values[sx_detect_froc(&r[m].point, -1, -1)];
        if (n > 1)
            snprintf(name[m], sizeof name[m], "%.28s: mean %.3f", r[m].name, mean);
        else
            snprintf(name[m], sizeof name[m], "all boxes: mean %.3f", mean);
        s[m] = (sx_series){ .name = name[m],
                            .x = sx_froc_rates,
                            .y = y[m],
                            .low = low[m],
                            .high = high[m],
                            .count = SX_FROC_RATES,
                            .colour = (int)m,
                            .dashed = m > 0 };
    }
    sx_plot p = { .title = "FROC, all boxes pooled",
                  .x = froc_axis,
                  .y = { "sensitivity", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = n,
                  .width = 460,
                  .height = 420 };
    sx_doc_figure(d,
                  "FROC, boxes of all classes pooled, at the seven rates of its mean; shade: "
                  "bootstrap interval.",
                  sx_plot_curves(&p), true);
}

/* Curves of classes often coincide, so each has a plot of its own. */
static void class_curves(sx_plot *p, const char *caption, sx_doc *d) {
    const bool several = p->series_count > 1;
    p->width = several ? 232 : 460;
    p->height = several ? 190 : 420;
    sx_doc_figure(d, caption, several ? sx_plot_multiples(p, 3) : sx_plot_curves(p), !several);
}

static void froc_classes(const sx_truth *t, const sx_detect_page *page, sx_doc *d) {
    sx_series s[SX_PAGE_CLASSES];
    const size_t count = page->froc_count;
    for (size_t i = 0; i < count; i++)
        s[i] = (sx_series){ .name = t->class_names.items[page->froc[i].label],
                            .x = page->froc[i].rates,
                            .y = page->froc[i].sensitivities,
                            .count = page->froc[i].count,
                            .colour = (int)i };
    sx_plot p = { .title = "FROC of each class",
                  .x = froc_axis,
                  .y = { "sensitivity", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = count };
    if (count) class_curves(&p, "FROC of each class; the other classes in grey.", d);
}

static void pr_classes(const sx_truth *t, const sx_detect_report_options *o,
                       const sx_detect_page *page, sx_doc *d) {
    double recall[SX_RECALL_POINTS];
    sx_series s[SX_PAGE_CLASSES];
    char names[SX_PAGE_CLASSES][96], caption[160], hit[32] = "by centre in box";
    const size_t count = page->pr_count;
    if (!count) return;
    for (int i = 0; i < SX_RECALL_POINTS; i++)
        recall[i] = i / 100.0;
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%.30s", t->class_names.items[page->pr[i].label]);
        s[i] = (sx_series){ .name = names[i],
                            .x = recall,
                            .y = page->pr[i].precisions,
                            .count = SX_RECALL_POINTS,
                            .colour = (int)i };
    }
    sx_plot p = { .title = "Precision-recall curve of each class",
                  .x = { "recall", 0, 1, fifths, 6, false },
                  .y = { "precision", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = count };
    if (!o->centre) snprintf(hit, sizeof hit, "at IoU %.2f", o->iou_one);
    snprintf(caption, sizeof caption,
             "Precision and recall of each class %s, made monotone as COCO does; the other classes "
             "in grey.",
             hit);
    class_curves(&p, caption, d);
}

/* ---- worst mistakes ---- */

/* To the picture of the mistake; on the page of `eval report`, which draws none, to the film. */
static void link_row(const sx_eval_input *in, sx_table *t, const char *kind, size_t i,
                     uint32_t film) {
    if (in->films)
        sx_table_link(t, "%s-%zu", kind, i + 1);
    else
        sx_table_link(t, "film-%zu", (size_t)film + 1);
}

static void misses_table(const sx_eval_input *in, const sx_detect_page *page, sx_doc *d) {
    const sx_truth *t = in->truth;
    sx_table *x = sx_doc_table(d, "worst misses",
                               "The largest lesions without a box at the operating points");
    sx_table_column(x, "film", false);
    sx_table_column(x, "lesion", false);
    sx_table_column(x, "box", false);
    for (size_t i = 0; i < page->miss_count; i++) {
        const sx_truth_box *b = page->misses[i];
        sx_table_row(x, false);
        sx_table_text(x, "%s", t->films.items[b->film]);
        link_row(in, x, "miss", i, b->film);
        sx_table_text(x, "%s", t->class_names.items[b->label]);
        sx_table_text(x, "%.0f x %.0f at %.0f, %.0f", b->w, b->h, b->x, b->y);
    }
}

static void write_misses(const sx_eval_input *in, const sx_detect_page *page, sx_eval_output *out) {
    const sx_truth *t = in->truth;
    if (page->miss_count)
        misses_table(in, page, out->doc);
    else
        sx_doc_text(out->doc, "Every lesion has a box at the operating points.");
    for (size_t i = 0; i < page->miss_count; i++) {
        const sx_truth_box *b = page->misses[i];
        if (sx_eval_thumbnail(in, out, b->film, b, NULL, t->class_names.items[b->label]))
            sx_doc_anchor(out->doc, "miss-%zu", i + 1);
    }
}

static void false_positives_table(const sx_eval_input *in, const sx_detect_page *page, sx_doc *d) {
    const sx_truth *t = in->truth;
    sx_table *x = sx_doc_table(d, "worst false positives",
                               "The boxes of the highest scores that hit nothing");
    sx_table_column(x, "film", false);
    sx_table_column(x, "called", false);
    sx_table_column(x, "score", true);
    sx_table_column(x, "box", false);
    for (size_t i = 0; i < page->false_positive_count; i++) {
        const sx_found_box *b = page->false_positives[i];
        sx_table_row(x, false);
        sx_table_text(x, "%s", t->films.items[b->film]);
        link_row(in, x, "false-positive", i, b->film);
        sx_table_text(x, "%s", t->class_names.items[b->label]);
        sx_table_value(x, b->score, 4, 1);
        sx_table_text(x, "%.0f x %.0f at %.0f, %.0f", b->w, b->h, b->x, b->y);
    }
}

static void write_false_positives(const sx_eval_input *in, const sx_detect_page *page,
                                  sx_eval_output *out) {
    const sx_truth *t = in->truth;
    if (!page->false_positive_count) {
        sx_doc_text(out->doc, "Every box hits a lesion.");
        return;
    }
    false_positives_table(in, page, out->doc);
    for (size_t i = 0; i < page->false_positive_count; i++) {
        const sx_found_box *b = page->false_positives[i];
        char detail[160];
        snprintf(detail, sizeof detail, "%.100s, score %.3f", t->class_names.items[b->label],
                 b->score);
        if (sx_eval_thumbnail(in, out, b->film, NULL, b, detail))
            sx_doc_anchor(out->doc, "false-positive-%zu", i + 1);
    }
}

void sx_detect_figures(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_detect_result *r, sx_eval_output *out) {
    ap_bars(in->truth, o, r->models, r->model_count, out->doc);
    froc_pooled(r->models, r->model_count, out->doc);
    if (!r->page) return;
    pr_classes(in->truth, o, r->page, out->doc);
    froc_classes(in->truth, r->page, out->doc);
    sx_doc_section(out->doc, "Worst mistakes");
    write_misses(in, r->page, out);
    write_false_positives(in, r->page, out);
    sx_eval_warn_about_pictures(in, out);
}
