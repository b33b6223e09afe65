#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "document/plot.h"
#include "evaluation/detect_report.h"

static const double fifths[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1 };

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

/* FROC of the pooled boxes of every model with its bands, or of every class of one model. */
static void froc_pooled(const sx_detector_result *r, size_t n, sx_doc *d) {
    static _Thread_local double y[SX_DETECTORS_MAX][SX_FROC_RATES],
        low[SX_DETECTORS_MAX][SX_FROC_RATES], high[SX_DETECTORS_MAX][SX_FROC_RATES];
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
                  .x = { "false positives per film", 0.125, 8, sx_froc_rates, SX_FROC_RATES, true },
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

enum { CURVE = 240, SHOWN = 7 };

static void froc_classes(const sx_truth *t, const sx_detector_result *r, sx_doc *d) {
    sx_froc_point *point = sx_calloc(CURVE, sizeof *point);
    double *xy = sx_calloc(SHOWN * CURVE, 2 * sizeof *xy);
    sx_series s[SHOWN];
    size_t count = 0;
    for (size_t c = 0; point && xy && c < t->class_names.count && count < SHOWN; c++) {
        size_t n = sx_froc_curve(sx_matches_of(sx_detect_froc_lists(r->lists), (int)c, 0),
                                 t->films.count, 0, point, CURVE);
        if (n < 2) continue;
        double *x = xy + 2 * count * CURVE, *y = x + CURVE;
        size_t kept = 0;
        for (size_t i = 0; i < n; i++) {
            if (i + 1 < n && point[i + 1].fp_per_film <= 1.0 / 32)
                continue; /* left of the axis: its last point */
            x[kept] = fmax(point[i].fp_per_film, 1.0 / 32);
            y[kept++] = point[i].sensitivity;
        }
        s[count] = (sx_series){ .name = t->class_names.items[c],
                                .x = x,
                                .y = y,
                                .count = kept,
                                .colour = (int)count,
                                .dashed = count % 2 == 1 };
        count++;
    }
    sx_plot p = { .title = "FROC of each class",
                  .x = { "false positives per film", 0.125, 8, sx_froc_rates, SX_FROC_RATES, true },
                  .y = { "sensitivity", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = count,
                  .width = 460,
                  .height = 420 };
    if (count) {
        sx_doc_figure(d, "FROC of each class.", sx_plot_curves(&p), true);
    }
    free(point);
    free(xy);
}

static void pr_classes(const sx_truth *t, const sx_detect_report_options *o,
                       const sx_detector_result *r, sx_doc *d) {
    static double recall[SX_RECALL_POINTS];
    sx_pr_curve *curve = sx_calloc(SHOWN, sizeof *curve);
    sx_ap_scratch *scratch = sx_ap_scratch_new(sx_detect_longest(r->lists), NULL);
    sx_series s[SHOWN];
    char name[SHOWN][96], caption[160], hit[32] = "by centre in box";
    size_t count = 0;
    for (int i = 0; i < SX_RECALL_POINTS; i++)
        recall[i] = i / 100.0;
    for (size_t c = 0; curve && scratch && c < t->class_names.count && count < SHOWN; c++) {
        const sx_match_list *l = sx_matches_of(sx_detect_froc_lists(r->lists), (int)c, 0);
        sx_pr_accumulate(l, t->films.count, 0, o->most_per_film, NULL, scratch, &curve[count]);
        if (curve[count].positives <= 0) continue;
        snprintf(name[count], sizeof name[count], "%.30s", t->class_names.items[c]);
        s[count] = (sx_series){ .name = name[count],
                                .x = recall,
                                .y = curve[count].precisions,
                                .count = SX_RECALL_POINTS,
                                .colour = (int)count,
                                .dashed = count % 2 == 1 };
        count++;
    }
    sx_plot p = { .title = "Precision-recall curve of each class",
                  .x = { "recall", 0, 1, fifths, 6, false },
                  .y = { "precision", 0, 1, fifths, 6, false },
                  .series = s,
                  .series_count = count,
                  .width = 460,
                  .height = 420 };
    if (count) {
        if (!o->centre) snprintf(hit, sizeof hit, "at IoU %.2f", o->iou_one);
        snprintf(caption, sizeof caption,
                 "Precision and recall of each class %s, made monotone as COCO does.", hit);
        sx_doc_figure(d, caption, sx_plot_curves(&p), true);
    }
    free(curve);
    sx_ap_scratch_free(scratch);
}

/* ---- worst mistakes of the first model ---- */

enum { MISTAKES = 8 };

static bool overlaps(const sx_detector_result *r, const sx_truth_box *t, double iou) {
    for (size_t i = 0; i < r->boxes.found_box_count; i++) {
        const sx_found_box *f = &r->boxes.found_boxes[i];
        if (f->film == t->film && f->label == t->label &&
            f->score >= r->points[f->label].threshold && sx_box_iou_xywh(f, t, false) >= iou)
            return true;
    }
    return false;
}

static int by_area(const void *a, const void *b) {
    const sx_truth_box *x = *(const sx_truth_box *const *)a, *y = *(const sx_truth_box *const *)b;
    return (x->area < y->area) - (x->area > y->area);
}

/* The largest true boxes without a box on them: nobody should overlook those. */
static void misses(const sx_eval_input *in, const sx_detect_report_options *o,
                   const sx_detector_result *r, sx_eval_output *out) {
    const sx_truth *t = in->truth;
    const sx_truth_box **order = sx_calloc(t->box_count + 1, sizeof *order);
    if (!order) return;
    for (size_t i = 0; i < t->box_count; i++)
        order[i] = &t->boxes[i];
    qsort(order, t->box_count, sizeof *order, by_area);
    const sx_truth_box *shown[MISTAKES];
    size_t n = 0, pictures = 0;
    for (size_t i = 0; i < t->box_count && n < MISTAKES; i++)
        if (!order[i]->crowd && !overlaps(r, order[i], o->iou_one)) shown[n++] = order[i];
    if (n) {
        sx_table *x = sx_doc_table(out->doc, "worst misses",
                                   "The largest lesions without a box at the operating points");
        sx_table_column(x, "film", false);
        sx_table_column(x, "lesion", false);
        sx_table_column(x, "box", false);
        for (size_t i = 0; i < n; i++) {
            const sx_truth_box *b = shown[i];
            sx_table_row(x, false);
            sx_table_text(x, "%s", t->films.items[b->film]);
            sx_table_text(x, "%s", t->class_names.items[b->label]);
            sx_table_text(x, "%.0f x %.0f at %.0f, %.0f", b->w, b->h, b->x, b->y);
        }
    } else {
        sx_doc_text(out->doc, "Every lesion has a box at the operating points.");
    }
    for (size_t i = 0; i < n; i++)
        pictures += sx_eval_thumbnail(in, out, shown[i]->film, shown[i], NULL,
                                      t->class_names.items[shown[i]->label]);
    if (in->films && n && !pictures)
        sx_eval_warn(out, "None of the films to be shown could be read from %s.", in->films);
    free(order);
}

static void false_alarms(const sx_eval_input *in, const sx_detector_result *r,
                         sx_eval_output *out) {
    const sx_truth *t = in->truth;
    const sx_match_list *l = sx_detect_pooled(r->lists);
    const sx_found_box *shown[MISTAKES];
    size_t n = 0;
    for (size_t i = 0; i < l->count && n < MISTAKES; i++)
        if (!((l->hits[i] | l->ignored[i]) & 1)) shown[n++] = &r->boxes.found_boxes[l->indices[i]];
    if (!n) {
        sx_doc_text(out->doc, "Every box has hit a lesion.");
        return;
    }
    sx_table *x = sx_doc_table(out->doc, "worst false alarms",
                               "The boxes of the highest scores that hit nothing");
    sx_table_column(x, "film", false);
    sx_table_column(x, "called", false);
    sx_table_column(x, "score", true);
    sx_table_column(x, "box", false);
    for (size_t i = 0; i < n; i++) {
        const sx_found_box *b = shown[i];
        sx_table_row(x, false);
        sx_table_text(x, "%s", t->films.items[b->film]);
        sx_table_text(x, "%s", t->class_names.items[b->label]);
        sx_table_value(x, b->score, 4, 1);
        sx_table_text(x, "%.0f x %.0f at %.0f, %.0f", b->w, b->h, b->x, b->y);
    }
    for (size_t i = 0; i < n; i++) {
        char detail[160];
        snprintf(detail, sizeof detail, "%.100s, score %.3f", t->class_names.items[shown[i]->label],
                 shown[i]->score);
        sx_eval_thumbnail(in, out, shown[i]->film, NULL, shown[i], detail);
    }
}

void sx_detect_figures(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_detector_result *r, size_t n, sx_eval_output *out) {
    ap_bars(in->truth, o, r, n, out->doc);
    if (n == 1) pr_classes(in->truth, o, r, out->doc);
    froc_pooled(r, n, out->doc);
    if (n == 1) {
        froc_classes(in->truth, r, out->doc);
        sx_doc_section(out->doc, "Worst mistakes");
        misses(in, o, r, out);
        false_alarms(in, r, out);
    }
}
