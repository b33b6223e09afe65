#include "evaluation/detect_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation/detect_figures.h"
#include "evaluation/eval_write.h"
#include "evaluation/paper_tables.h"
#include "evaluation/verdict_write.h"

static double value(const sx_detector_result *r, size_t k) {
    return r->point.values[k];
}

static void put_number(sx_json at, const char *key, const sx_detector_result *r, size_t k) {
    sx_eval_put_interval(at, key, r->point.values[k], r->intervals[k]);
}

static void iou_name(const sx_detect_report_options *o, char *buf, size_t size) {
    if (o->iou_count > 1)
        snprintf(buf, size, "AP@[%.2f:%.2f]", o->ious[0], o->ious[o->iou_count - 1]);
    else
        snprintf(buf, size, "AP@%.2f", o->ious[0]);
}

/* ---- JSON ---- */

static void put_stats(sx_json model, const char *key, const sx_coco_result *c) {
    static const char *const keys[12] = { "ap",        "ap50",     "ap75",      "ap_small",
                                          "ap_medium", "ap_large", "ar_max1",   "ar_max10",
                                          "ar_max100", "ar_small", "ar_medium", "ar_large" };
    sx_json j = sx_json_object(model, key);
    for (int k = 0; k < 12; k++)
        sx_json_number(j, keys[k], c->stats[k]);
}

static void put_froc(sx_json at, const char *key, const sx_detector_result *r, int label) {
    sx_json j = sx_json_object(at, key);
    put_number(j, "mean", r, sx_detect_froc(&r->point, label, -1));
    sx_json points = sx_json_array(j, "at");
    for (int k = 0; k < SX_FROC_RATES; k++) {
        const size_t number = sx_detect_froc(&r->point, label, k);
        sx_json point =
            sx_eval_put_interval(points, NULL, r->point.values[number], r->intervals[number]);
        sx_json_number(point, "fp_per_film", sx_froc_rates[k]);
    }
}

static void put_point(sx_json at, const char *key, const sx_operating_point *p) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "threshold", p->threshold);
    sx_eval_put_interval(j, "sensitivity", p->rates.sensitivity, p->intervals.sensitivity);
    sx_eval_put_interval(j, "fp_per_film", p->rates.fp_per_image, p->intervals.fp_per_image);
    sx_eval_put_interval(j, "precision", p->rates.precision, p->intervals.precision);
    sx_eval_put_interval(j, "f1", p->rates.f1, p->intervals.f1);
    sx_json_integer(j, "tp", (int64_t)p->rates.tp);
    sx_json_integer(j, "fp", (int64_t)p->rates.fp);
    sx_json_integer(j, "true_boxes", (int64_t)p->rates.positives);
}

static void put_confusion(sx_json model, const sx_truth *t, const sx_detector_result *r) {
    const size_t n = t->class_names.count + 1;
    sx_json j = sx_json_object(model, "confusion");
    sx_json names = sx_json_array(j, "true_rows_found_columns");
    for (size_t i = 0; i < n; i++)
        sx_json_text(names, NULL, i + 1 < n ? t->class_names.items[i] : "(none)");
    sx_json rows = sx_json_array(j, "count");
    for (size_t i = 0; i < n; i++) {
        sx_json row = sx_json_array(rows, NULL);
        for (size_t k = 0; k < n; k++)
            sx_json_integer(row, NULL, r->confusion[i * n + k]);
    }
}

static void put_class(sx_json classes, const sx_truth *t, const sx_detect_report_options *o,
                      const sx_detector_result *r, size_t c) {
    const int label = (int)c;
    sx_json j = sx_json_object(classes, t->class_names.items[c]);
    sx_json_integer(j, "true_boxes", (int64_t)r->operating_points[c].rates.positives);
    put_number(j, "ap", r, sx_detect_ap(&r->point, label));
    put_number(j, "ap_one", r, sx_detect_ap_one(&r->point, label));
    sx_json each = sx_json_array(j, "ap_each_iou");
    for (size_t k = 0; k < o->iou_count; k++)
        sx_json_number(each, NULL, r->ious_ap[c][k]);
    sx_json_number(j, "ap_small", r->sizes_ap[c][0]);
    sx_json_number(j, "ap_medium", r->sizes_ap[c][1]);
    sx_json_number(j, "ap_large", r->sizes_ap[c][2]);
}

static void put_voc(sx_json model, const sx_truth *t, const sx_detector_result *r) {
    const size_t classes = t->class_names.count;
    sx_json voc = sx_json_object(model, "voc");
    sx_json_number(voc, "mean_eleven_point", r->voc[classes].eleven_point);
    sx_json_number(voc, "mean_all_point", r->voc[classes].all_point);
    sx_json each = sx_json_object(voc, "classes");
    for (size_t c = 0; c < classes; c++) {
        sx_json j = sx_json_object(each, t->class_names.items[c]);
        sx_json_number(j, "eleven_point", r->voc[c].eleven_point);
        sx_json_number(j, "all_point", r->voc[c].all_point);
    }
}

static void put_froc_of_all(sx_json model, const sx_truth *t, const sx_detect_report_options *o,
                            const sx_detector_result *r) {
    sx_json froc = sx_json_object(model, "froc");
    sx_json_text(froc, "hit", o->centre ? "centre in box" : "iou");
    put_froc(froc, "pooled", r, -1);
    sx_json each = sx_json_object(froc, "classes");
    for (size_t c = 0; c < t->class_names.count; c++)
        put_froc(each, t->class_names.items[c], r, (int)c);
}

static void put_points(sx_json model, const sx_truth *t, const sx_detector_result *r) {
    sx_json points = sx_json_object(model, "operating_points");
    sx_json_text(points, "origin", r->points_origin);
    sx_json each = sx_json_object(points, "classes");
    for (size_t c = 0; c < t->class_names.count; c++)
        put_point(each, t->class_names.items[c], &r->operating_points[c]);
    put_point(points, "all", &r->operating_points[t->class_names.count]);
}

static sx_json put_model(sx_json models, const sx_truth *t, const sx_detect_report_options *o,
                         const sx_detector_result *r) {
    sx_json j = sx_json_object(models, NULL);
    sx_json_text(j, "name", r->name);
    sx_json ious = sx_json_array(j, "iou_thresholds");
    for (size_t k = 0; k < o->iou_count; k++)
        sx_json_number(ious, NULL, o->ious[k]);
    sx_json_number(j, "iou_one", o->iou_one);
    put_number(j, "ap", r, sx_detect_ap(&r->point, -1));
    put_number(j, "ap_one", r, sx_detect_ap_one(&r->point, -1));
    sx_json classes = sx_json_object(j, "classes");
    for (size_t c = 0; c < t->class_names.count; c++)
        put_class(classes, t, o, r, c);
    put_stats(j, "stats", &r->own);
    put_stats(j, "coco", &r->standard);
    put_voc(j, t, r);
    put_froc_of_all(j, t, o, r);
    put_points(j, t, r);
    put_confusion(j, t, r);
    return j;
}

/* ---- tables ---- */

static void ap_table(const sx_truth *t, const sx_detect_report_options *o,
                     const sx_detector_result *r, sx_doc *d) {
    char head[64], one[64];
    iou_name(o, head, sizeof head);
    snprintf(one, sizeof one, "AP@%.2f", o->iou_one);
    sx_table *x = sx_doc_table(
        d, "ap",
        "Average precision in percent, COCO's 101 points, at most 100 boxes a film and "
        "class");
    static const char *const size[3] = { "small", "medium", "large" };
    sx_table_column(x, "class", false);
    sx_table_column(x, "boxes", true);
    sx_table_column(x, head, true);
    sx_table_column(x, one, true);
    for (int k = 0; k < 3; k++)
        sx_table_column(x, size[k], true);
    for (int c = 0; c <= (int)t->class_names.count; c++) {
        bool mean = c == (int)t->class_names.count;
        int label = mean ? -1 : c;
        sx_table_row_or_total(x, mean);
        sx_table_text(x, "%s", mean ? "mean" : t->class_names.items[c]);
        sx_table_value(x, r->operating_points[c].rates.positives, 0, 1);
        size_t ap = sx_detect_ap(&r->point, label), ap_one = sx_detect_ap_one(&r->point, label);
        sx_table_interval(x, value(r, ap), r->intervals[ap], 2, 100);
        sx_table_interval(x, value(r, ap_one), r->intervals[ap_one], 2, 100);
        for (int k = 0; k < 3; k++)
            sx_table_value(x, r->sizes_ap[c][k], 2, 100);
    }
}

static void standard_table(const sx_detect_report_options *o, const sx_detector_result *r,
                           sx_doc *d) {
    static const char *const names[12] = { "AP",        "AP@0.50",      "AP@0.75",
                                           "AP small",  "AP medium",    "AP large",
                                           "AR, 1 box", "AR, 10 boxes", "AR, 100 boxes",
                                           "AR small",  "AR medium",    "AR large" };
    char head[64];
    snprintf(head, sizeof head, "IoU %.2f to %.2f", o->ious[0], o->ious[o->iou_count - 1]);
    sx_table *t = sx_doc_table(d, "coco", "COCO's twelve numbers in percent");
    sx_table_column(t, "number", false);
    sx_table_column(t, head, true);
    sx_table_column(t, "IoU 0.50 to 0.95 (COCO)", true);
    for (int k = 0; k < 12; k++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", names[k]);
        sx_table_value(t, r->own.stats[k], 2, 100);
        sx_table_value(t, r->standard.stats[k], 2, 100);
    }
}

static void voc_table(const sx_truth *t, const sx_detect_report_options *o,
                      const sx_detector_result *r, sx_doc *d) {
    char caption[96];
    snprintf(caption, sizeof caption, "Pascal VOC average precision in percent, IoU %.2f",
             o->iou_one);
    sx_table *x = sx_doc_table(d, "voc", caption);
    sx_table_column(x, "class", false);
    sx_table_column(x, "11-point (VOC 2007)", true);
    sx_table_column(x, "all points (VOC 2010)", true);
    for (size_t c = 0; c <= t->class_names.count; c++) {
        sx_table_row_or_total(x, c == t->class_names.count);
        sx_table_text(x, "%s", c == t->class_names.count ? "mean" : t->class_names.items[c]);
        sx_table_value(x, r->voc[c].eleven_point, 2, 100);
        sx_table_value(x, r->voc[c].all_point, 2, 100);
    }
}

static void froc_table(const sx_truth *t, const sx_detect_report_options *o,
                       const sx_detector_result *r, sx_doc *d) {
    static const char *const heads[SX_FROC_RATES] = { "1/8", "1/4", "1/2", "1", "2", "4", "8" };
    char caption[160];
    snprintf(caption, sizeof caption,
             "FROC: sensitivity at that many false positives per image; a box hits by %s",
             o->centre ? "its centre in a true box" : "IoU");
    sx_table *x = sx_doc_table(d, "froc", caption);
    sx_table_column(x, "class", false);
    for (int k = 0; k < SX_FROC_RATES; k++)
        sx_table_column(x, heads[k], true);
    sx_table_column(x, "mean", true);
    for (int c = 0; c <= (int)t->class_names.count; c++) {
        int label = c == (int)t->class_names.count ? -1 : c;
        sx_table_row_or_total(x, label < 0);
        sx_table_text(x, "%s", label < 0 ? "all boxes pooled" : t->class_names.items[c]);
        for (int k = 0; k < SX_FROC_RATES; k++)
            sx_table_value(x, value(r, sx_detect_froc(&r->point, label, k)), 3, 1);
        size_t mean = sx_detect_froc(&r->point, label, -1);
        sx_table_interval(x, value(r, mean), r->intervals[mean], 3, 1);
    }
}

static void points_table(const sx_truth *t, const sx_detector_result *r, sx_doc *d) {
    char caption[500];
    snprintf(caption, sizeof caption, "Operating points: %s", r->points_origin);
    sx_table *x = sx_doc_table(d, "operating points", caption);
    static const char *const heads[4] = { "sensitivity", "false positives per image", "precision",
                                          "F1" };
    sx_table_column(x, "class", false);
    sx_table_column(x, "score from", true);
    for (int k = 0; k < 4; k++)
        sx_table_column(x, heads[k], true);
    for (size_t c = 0; c <= t->class_names.count; c++) {
        const sx_operating_point *p = &r->operating_points[c];
        sx_table_row_or_total(x, c == t->class_names.count);
        sx_table_text(x, "%s",
                      c == t->class_names.count ? "all, each at its own" : t->class_names.items[c]);
        sx_table_value(x, p->threshold, 4, 1);
        sx_table_interval(x, p->rates.sensitivity, p->intervals.sensitivity, 3, 1);
        sx_table_interval(x, p->rates.fp_per_image, p->intervals.fp_per_image, 3, 1);
        sx_table_interval(x, p->rates.precision, p->intervals.precision, 3, 1);
        sx_table_interval(x, p->rates.f1, p->intervals.f1, 3, 1);
    }
}

static void confusion_table(const sx_truth *t, const sx_detect_report_options *o,
                            const sx_detector_result *r, sx_doc *d) {
    char caption[200];
    size_t n = t->class_names.count + 1;
    if (n + 1 > 64) return;
    snprintf(caption, sizeof caption,
             "Confusion at the operating points, IoU %.2f: rows are true, columns found; matched "
             "whatever "
             "the class",
             o->iou_one);
    sx_table *x = sx_doc_table(d, "confusion", caption);
    sx_table_column(x, "true \\ found", false);
    for (size_t c = 0; c < n; c++)
        sx_table_column(x, c + 1 < n ? t->class_names.items[c] : "missed", true);
    for (size_t i = 0; i < n; i++) {
        sx_table_row(x, false);
        sx_table_text(x, "%s", i + 1 < n ? t->class_names.items[i] : "nothing there");
        for (size_t k = 0; k < n; k++)
            sx_table_value(x, i + 1 == n && k + 1 == n ? NAN : (double)r->confusion[i * n + k], 0,
                           1);
    }
}

static void paper_table(const sx_eval_input *in, const sx_detect_report_options *o,
                        const sx_detect_result *r, sx_doc *d) {
    const bool both =
        o->iou_count == 7 && o->ious[0] == sx_vindr_ious[0] && o->ious[6] == sx_vindr_ious[6];
    const char *names[2 * SX_DETECTORS_MAX];
    char averaged[SX_DETECTORS_MAX][200];
    double ap[2 * SX_DETECTORS_MAX][SX_CLASSES_MAX + 1];
    const double *rows[2 * SX_DETECTORS_MAX];
    size_t n = 0;
    for (size_t m = 0; m < r->model_count; m++) {
        const sx_detector_result *x = &r->models[m];
        const int classes = x->boxes.class_count;
        for (int c = 0; c <= classes; c++)
            ap[n][c] = value(x, sx_detect_ap_one(&x->point, c < classes ? c : -1));
        names[n] = x->name;
        rows[n] = ap[n];
        n++;
        if (!both) continue;
        for (int c = 0; c < classes; c++)
            ap[n][c] = value(x, sx_detect_ap(&x->point, c));
        ap[n][classes] = NAN;
        snprintf(averaged[m], sizeof averaged[m], "%.150s, AP@[0.20:0.50]", x->name);
        names[n] = averaged[m];
        rows[n] = ap[n];
        n++;
    }
    sx_doc_section(d, "Beside the paper");
    sx_paper_detection(d, in->truth, names, rows, n, false);
}

/* ---- */

static void write_warnings(const sx_eval_input *in, const sx_detect_report_options *o,
                           const sx_detect_result *r, sx_eval_output *out) {
    const sx_truth *t = in->truth;
    sx_str without = { 0 };
    for (size_t c = 0; c < t->class_names.count; c++)
        if (r->absent[c])
            sx_str_printf(&without, "%s%s", without.len ? ", " : "", t->class_names.items[c]);
    if (t->box_count == 0)
        sx_eval_warn(
            out,
            "No film has a true box: precision and sensitivity are undefined; only false positives "
            "can be counted.");
    else if (r->absent_count)
        sx_eval_warn(out, "Classes without a true box, left out of every mean: %s.",
                     sx_str_text(&without));
    sx_str_free(&without);
    if (!o->points_from && t->box_count)
        sx_eval_warn(
            out,
            "The operating points were chosen on the films they are evaluated on; `eval detect "
            "--points-from FILE` takes those of another set.");
    sx_eval_warn_about_boxes(in, out);
    for (size_t m = 0; m < in->prediction_count; m++)
        if (in->predictions[m].withheld)
            sx_eval_warn(out, "%s: its decision rule had already dropped %zu %s.",
                         in->predictions[m].name, in->predictions[m].withheld,
                         sx_noun(in->predictions[m].withheld, "box", "boxes"));
}

/* Where there are several detectors, a section's title names its own. */
static void begin_section(const sx_detect_result *r, size_t m, const char *what, sx_doc *d) {
    char title[200];
    if (r->model_count > 1)
        snprintf(title, sizeof title, "%s: %s", what, r->models[m].name);
    else
        snprintf(title, sizeof title, "%s", what);
    sx_doc_section(d, title);
}

void sx_detect_write(const sx_eval_input *in, const sx_detect_report_options *o,
                     const sx_detect_result *r, sx_findings_result *const *findings,
                     sx_eval_output *out) {
    const sx_truth *t = in->truth;
    sx_doc *d = out->doc;
    sx_eval_write_draw(in, &r->draw, "percentiles", out);
    write_warnings(in, o, r, out);
    /* All detectors have the same resamples. */
    sx_eval_warn_about_lacking(in, &r->models[0].lacking, sx_json_root(&out->json), out);
    sx_json models = sx_json_array(sx_json_root(&out->json), "models"), all[SX_DETECTORS_MAX];
    for (size_t m = 0; m < r->model_count; m++) {
        all[m] = put_model(models, t, o, &r->models[m]);
        begin_section(r, m, "Average precision", d);
        ap_table(t, o, &r->models[m], d);
    }
    if (in->page) sx_detect_figures(in, o, r, out);
    for (size_t m = 0; m < r->model_count; m++) {
        begin_section(r, m, "Finding lesions", d);
        froc_table(t, o, &r->models[m], d);
        points_table(t, &r->models[m], d);
        confusion_table(t, o, &r->models[m], d);
        sx_findings_write(in, o, findings[m], r->model_count > 1, all[m], d);
    }
    for (size_t m = 0; m < r->model_count; m++) {
        begin_section(r, m, "Other conventions", d);
        standard_table(o, &r->models[m], d);
        voc_table(t, o, &r->models[m], d);
    }
    if (o->paper) paper_table(in, o, r, d);
}
