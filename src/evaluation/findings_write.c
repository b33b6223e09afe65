#include <math.h>
#include <stdio.h>

#include "document/plot.h"
#include "evaluation/eval_write.h"
#include "evaluation/findings_report.h"

static const char *row_name(const sx_truth *t, size_t row, const char *last) {
    return row < t->class_names.count ? t->class_names.items[row] : last;
}

/* ---- JSON ---- */

static void put_share(sx_json at, const char *key, const sx_proportion *p) {
    sx_json j = sx_eval_put_interval(at, key, p->value, p->interval);
    if (p->n) sx_json_number(j, "design_effect", p->design_effect);
}

static void put_studies(const sx_eval_input *in, const sx_findings_result *r, sx_json model) {
    sx_json list = sx_json_object(model, "study_findings");
    for (size_t c = 0; c <= in->truth->class_names.count; c++) {
        const sx_study_findings *s = &r->studies[c];
        sx_json j = c < in->truth->class_names.count
                        ? sx_json_object(list, in->truth->class_names.items[c])
                        : sx_json_object(model, "study_findings_of_any_class");
        sx_json_text(j, "unit", sx_unit_name(r->unit, false));
        sx_json_integer(j, "abnormal", (int64_t)s->abnormal);
        sx_json_integer(j, "normal", (int64_t)s->normal);
        put_share(j, "sensitivity", &s->detected);
        put_share(j, "localised_sensitivity", &s->localised);
        put_share(j, "specificity", &s->clear);
        sx_eval_put_interval(j, "false_marks_per_normal", s->false_marks, s->false_marks_interval);
    }
}

static void put_counts(sx_json at, const char *key, const sx_error_counts *e) {
    static const char *const boxes[SX_BOX_KINDS] = { "below_threshold",
                                                     "hit",
                                                     "ignored",
                                                     "duplicate",
                                                     "wrong_class",
                                                     "badly_placed",
                                                     "wrong_class_and_badly_placed",
                                                     "background" };
    static const char *const lesions[] = { NULL, "found", "wrong_class", "badly_placed", "missed" };
    sx_json j = sx_json_object(at, key);
    sx_json found = sx_json_object(j, "boxes"), truth = sx_json_object(j, "lesions");
    for (int k = 0; k < SX_BOX_KINDS; k++)
        sx_json_integer(found, boxes[k], (int64_t)e->boxes[k]);
    for (int k = SX_LESION_FOUND; k <= SX_LESION_MISSED; k++)
        sx_json_integer(truth, lesions[k], (int64_t)e->lesions[k]);
}

static void put_areas(sx_json at, const char *key, const sx_findings_result *r, size_t row) {
    sx_json j = sx_json_object(at, key);
    for (int k = 0; k < SX_AFROC_AREAS; k++) {
        const sx_afroc_errors *e = &r->area_errors[row];
        sx_json area =
            sx_eval_put_interval(j, sx_afroc_key((sx_afroc_area)k), r->areas[row][k], e->boot[k]);
        sx_json_number(area, "jackknife_se", e->jackknife_se[k]);
        if (isnan(e->jackknife[k].low)) continue;
        sx_json jackknife = sx_json_object(area, "jackknife");
        sx_json_number(jackknife, "low", e->jackknife[k].low);
        sx_json_number(jackknife, "high", e->jackknife[k].high);
    }
}

static void put_json(const sx_eval_input *in, const sx_findings_result *r, sx_json model) {
    const size_t classes = in->truth->class_names.count;
    put_studies(in, r, model);
    sx_json errors = sx_json_object(model, "error_kinds"), afroc = sx_json_object(model, "afroc");
    sx_json by_class = sx_json_object(errors, "classes"), areas = sx_json_object(afroc, "classes");
    for (size_t c = 0; c < classes; c++) {
        put_counts(by_class, in->truth->class_names.items[c], &r->errors[c]);
        put_areas(areas, in->truth->class_names.items[c], r, c);
    }
    put_counts(errors, "all", &r->errors[classes]);
    put_areas(afroc, "pooled", r, classes);
}

/* ---- tables ---- */

static void study_table(const sx_eval_input *in, const sx_findings_result *r, sx_doc *d) {
    char caption[300], per[60];
    const char *units = sx_unit_name(r->unit, true);
    snprintf(caption, sizeof caption,
             "Findings by %s at the operating points. Detected: a box of the class anywhere; "
             "localised: a hit. Wilson intervals; of the false marks bootstrap intervals",
             sx_unit_name(r->unit, false));
    sx_table *t = sx_doc_table(d, "study findings", caption);
    snprintf(per, sizeof per, "false marks per normal %s", sx_unit_name(r->unit, false));
    sx_table_column(t, "class", false);
    sx_table_column(t, units, true);
    sx_table_column(t, "detected", true);
    sx_table_column(t, "localised", true);
    sx_table_column(t, "specificity", true);
    sx_table_column(t, per, true);
    for (size_t c = 0; c <= in->truth->class_names.count; c++) {
        const sx_study_findings *s = &r->studies[c];
        sx_table_row_or_total(t, c == in->truth->class_names.count);
        sx_table_text(t, "%s", row_name(in->truth, c, "any"));
        sx_table_text(t, "%llu + %llu", (unsigned long long)s->abnormal,
                      (unsigned long long)s->normal);
        sx_table_interval(t, s->detected.value, s->detected.interval, 3, 1);
        sx_table_interval(t, s->localised.value, s->localised.interval, 3, 1);
        sx_table_interval(t, s->clear.value, s->clear.interval, 3, 1);
        sx_table_interval(t, s->false_marks, s->false_marks_interval, 3, 1);
    }
}

static void errors_table(const sx_eval_input *in, const sx_detect_report_options *o,
                         const sx_findings_result *r, sx_doc *d) {
    static const sx_box_kind kinds[] = { SX_BOX_HIT,       SX_BOX_DUPLICATE, SX_BOX_WRONG_CLASS,
                                         SX_BOX_MISPLACED, SX_BOX_BOTH,      SX_BOX_BACKGROUND };
    static const char *const heads[] = { "hits",         "duplicate", "wrong class",
                                         "badly placed", "both",      "background" };
    char caption[300];
    snprintf(caption, sizeof caption,
             "Boxes at the operating points by kind: a hit has IoU >= %.2f, a badly placed box "
             "%.2f to %.2f, background less; both: wrong class and badly placed. Missed: lesions "
             "that no box of any class covers or is near to",
             o->iou_one, fmin(SX_NEAR_IOU, o->iou_one), o->iou_one);
    sx_table *t = sx_doc_table(d, "error kinds", caption);
    sx_table_column(t, "class", false);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        sx_table_column(t, heads[k], true);
    sx_table_column(t, "lesions", true);
    sx_table_column(t, "missed", true);
    for (size_t c = 0; c <= in->truth->class_names.count; c++) {
        const sx_error_counts *e = &r->errors[c];
        uint64_t lesions = 0;
        for (int k = SX_LESION_FOUND; k <= SX_LESION_MISSED; k++)
            lesions += e->lesions[k];
        sx_table_row_or_total(t, c == in->truth->class_names.count);
        sx_table_text(t, "%s", row_name(in->truth, c, "all"));
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            sx_table_value(t, (double)e->boxes[kinds[k]], 0, 1);
        sx_table_value(t, (double)lesions, 0, 1);
        sx_table_value(t, (double)e->lesions[SX_LESION_MISSED], 0, 1);
    }
}

static void afroc_table(const sx_eval_input *in, const sx_findings_result *r, sx_doc *d) {
    const size_t classes = in->truth->class_names.count;
    char head[80];
    sx_table *t = sx_doc_table(
        d, "afroc",
        "Areas under the AFROC curves of all boxes pooled. AFROC1 and wAFROC1 also count the false "
        "marks on films with lesions: for sets in which every film has one");
    sx_table_column(t, "area", false);
    snprintf(head, sizeof head, "value (%g %% bootstrap interval)", 100 * in->boot.level);
    sx_table_column(t, in->boot.resamples ? head : "value", true);
    sx_table_column(t, "jackknife SE", true);
    snprintf(head, sizeof head, "%g %% jackknife interval", 100 * in->boot.level);
    sx_table_column(t, head, true);
    for (int k = 0; k < SX_AFROC_AREAS; k++) {
        const sx_afroc_errors *e = &r->area_errors[classes];
        sx_table_row(t, k == SX_WAFROC);
        sx_table_text(t, "%s", sx_afroc_name((sx_afroc_area)k));
        sx_table_interval(t, r->areas[classes][k], e->boot[k], 4, 1);
        sx_table_value(t, e->jackknife_se[k], 4, 1);
        sx_table_range(t, e->jackknife[k], 4, 1);
    }
}

static void wafroc_table(const sx_eval_input *in, const sx_findings_result *r, sx_doc *d) {
    sx_table *t = sx_doc_table(d, "wafroc",
                               "wAFROC area of each class; its films without lesions "
                               "are those without a lesion of the class");
    sx_table_column(t, "class", false);
    sx_table_column(t, "wAFROC", true);
    sx_table_column(t, "jackknife", true);
    for (size_t c = 0; c < in->truth->class_names.count; c++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", in->truth->class_names.items[c]);
        sx_table_interval(t, r->areas[c][SX_WAFROC], r->area_errors[c].boot[SX_WAFROC], 4, 1);
        sx_table_range(t, r->area_errors[c].jackknife[SX_WAFROC], 4, 1);
    }
}

/* ---- figure ---- */

static void wafroc_figure(const sx_findings_result *r, size_t row, sx_doc *d) {
    static const double fifths[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1 };
    double x[SX_PAGE_POINTS], y[SX_PAGE_POINTS];
    char name[60];
    if (!r->curve_count) return;
    for (size_t i = 0; i < r->curve_count; i++) {
        x[i] = r->curve[i].false_positive;
        y[i] = r->curve[i].sensitivity;
    }
    const double end_x[2] = { x[r->curve_count - 1], 1 }, end_y[2] = { y[r->curve_count - 1], 1 };
    snprintf(name, sizeof name, "wAFROC %.3f", r->areas[row][SX_WAFROC]);
    const sx_series s[2] = {
        { .name = name, .x = x, .y = y, .count = r->curve_count, .colour = 0 },
        { .x = end_x, .y = end_y, .count = 2, .colour = 0, .dashed = true },
    };
    const sx_plot p = { .title = "wAFROC curve",
                        .x = { "share of films without lesions that have a false mark", 0, 1,
                               fifths, 6, false },
                        .y = { "sensitivity, films weighted equally", 0, 1, fifths, 6, false },
                        .series = s,
                        .series_count = 2,
                        .width = 460,
                        .height = 420 };
    sx_doc_figure(d, "wAFROC curve; the dashed line from its last point belongs to the area.",
                  sx_plot_curves(&p), true);
}

void sx_findings_write(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_findings_result *r, bool several, sx_json model, sx_doc *d) {
    char title[200];
    put_json(in, r, model);
    snprintf(title, sizeof title, "Findings and errors%s%.150s", several ? ": " : "",
             several ? r->name : "");
    sx_doc_section(d, title);
    study_table(in, r, d);
    errors_table(in, o, r, d);
    afroc_table(in, r, d);
    if (in->truth->class_names.count > 1) wafroc_table(in, r, d);
    if (in->page) wafroc_figure(r, in->truth->class_names.count, d);
}
