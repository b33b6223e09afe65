#include "evaluation/agreement_write.h"

#include <stdio.h>

#include "evaluation/eval_write.h"

/* "R1, R2" */
static void pair_name(const sx_truth *t, size_t a, size_t b, char *buf, size_t size) {
    snprintf(buf, size, "%.100s, %.100s", t->reader_names.items[a], t->reader_names.items[b]);
}

static const char *class_name(const sx_truth *t, size_t class, const char *every) {
    return class < t->class_names.count ? t->class_names.items[class] : every;
}

/* ---- kappas ---- */

static void kappa_columns(const sx_eval_input *in, sx_table *t, bool pairs) {
    char head[64];
    if (pairs) sx_table_column(t, "readers", false);
    sx_table_column(t, "class", false);
    sx_table_column(t, "films", true);
    sx_table_column(t, "no reading", true);
    sx_table_column(t, "said yes", true);
    sx_table_column(t, "agreement", true);
    snprintf(head, sizeof head, "kappa (%g %% interval)", 100 * in->boot.level);
    sx_table_column(t, head, true);
}

static void put_kappa(const sx_truth *truth, const sx_kappa_row *row, const char *readers,
                      bool pairs, sx_table *t, sx_json list) {
    const char *class = class_name(truth, row->class, "any lesion");
    const bool all = row->class == truth->class_names.count;
    if (pairs)
        sx_table_row(t, all); /* each pair has a row of all classes */
    else
        sx_table_row_or_total(t, all);
    if (pairs) sx_table_text(t, "%s", readers);
    sx_table_text(t, "%s", class);
    sx_table_value(t, (double)row->kappa.film_count, 0, 1);
    sx_table_value(t, (double)(truth->films.count - row->kappa.film_count), 0, 1);
    sx_table_value(t, row->positive_share, 4, 1);
    sx_table_value(t, row->kappa.observed, 4, 1);
    sx_table_interval(t, row->kappa.kappa, row->interval, 3, 1);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "readers", readers);
    sx_json_text(j, "class", class);
    sx_json_count(j, "films", row->kappa.film_count);
    sx_json_count(j, "films_without_reading", truth->films.count - row->kappa.film_count);
    sx_json_number(j, "observed", row->kappa.observed);
    sx_json_number(j, "expected", row->kappa.expected);
    sx_eval_put_interval(j, "kappa", row->kappa.kappa, row->interval);
}

static void write_kappas(const sx_eval_input *in, const sx_agreement_result *r,
                         sx_eval_output *out) {
    const sx_truth *truth = in->truth;
    sx_json all = sx_json_array(sx_json_root(&out->json), "fleiss");
    sx_json pairs = sx_json_array(sx_json_root(&out->json), "cohen");
    sx_doc_section(out->doc, "Film by film");
    sx_table *t = sx_doc_table(
        out->doc, "fleiss", "Fleiss' kappa of all readers, on films that at least two have read");
    kappa_columns(in, t, false);
    for (size_t i = 0; i < r->fleiss_count; i++)
        put_kappa(truth, &r->fleiss[i], "all", false, t, all);
    t = sx_doc_table(out->doc, "cohen",
                     "Cohen's kappa of every two readers, on films that both have read");
    kappa_columns(in, t, true);
    for (size_t i = 0; i < r->cohen_count; i++) {
        char readers[300];
        pair_name(truth, r->cohen[i].first, r->cohen[i].second, readers, sizeof readers);
        put_kappa(truth, &r->cohen[i], readers, true, t, pairs);
    }
}

/* ---- boxes ---- */

static void put_boxes(const sx_truth *truth, const sx_box_row *row, sx_table *t, sx_json list) {
    const char *class = class_name(truth, row->class, "all classes");
    char readers[300];
    pair_name(truth, row->first, row->second, readers, sizeof readers);
    sx_table_row(t, row->class == truth->class_names.count);
    sx_table_text(t, "%s", readers);
    sx_table_text(t, "%s", class);
    sx_table_value(t, (double)row->boxes.a, 0, 1);
    sx_table_value(t, (double)row->boxes.b, 0, 1);
    sx_table_value(t, (double)row->boxes.matched, 0, 1);
    sx_table_value(t, row->f1, 3, 1);
    sx_table_value(t, row->mean_iou, 3, 1);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "readers", readers);
    sx_json_text(j, "class", class);
    sx_json_count(j, "boxes_of_first", row->boxes.a);
    sx_json_count(j, "boxes_of_second", row->boxes.b);
    sx_json_count(j, "matched", row->boxes.matched);
    sx_json_number(j, "f1", row->f1);
    sx_json_number(j, "mean_iou", row->mean_iou);
}

static void write_boxes(const sx_truth *truth, double iou, const sx_agreement_result *r,
                        sx_eval_output *out) {
    static const char *const heads[] = { "boxes of first", "of second", "paired", "F1",
                                         "mean IoU" };
    char caption[160];
    snprintf(
        caption, sizeof caption,
        "Boxes of two readers paired by falling IoU, from %g on; F1 = 2 pairs / (boxes of both)",
        iou);
    sx_doc_section(out->doc, "Box by box");
    sx_table *t = sx_doc_table(out->doc, "boxes", caption);
    sx_table_column(t, "readers", false);
    sx_table_column(t, "class", false);
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        sx_table_column(t, heads[k], true);
    sx_json list = sx_json_array(sx_json_root(&out->json), "boxes");
    for (size_t i = 0; i < r->box_count; i++)
        put_boxes(truth, &r->boxes[i], t, list);
}

void sx_agreement_write(const sx_eval_input *in, double iou, const sx_agreement_result *r,
                        sx_eval_output *out) {
    sx_doc_fact(out->doc, "readers", "%zu", in->truth->reader_names.count);
    sx_eval_write_draw(in, &r->draw, "percentiles", out);
    write_kappas(in, r, out);
    write_boxes(in->truth, iou, r, out);
}
