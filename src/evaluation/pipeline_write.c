#include "evaluation/pipeline_write.h"

#include <math.h>
#include <stdio.h>

#include "document/plot.h"
#include "evaluation/eval_write.h"
#include "evaluation/paper_tables.h"

/* ---- what the marked rule changes ---- */

static void change_table(const sx_eval_input *in, const sx_pipeline_options *o,
                         const sx_pipeline_result *r, sx_eval_output *out) {
    static const struct {
        const char *key, *name; /* NULL: with the IoU */
        double scale;
        int decimals;
    } rows[SX_RULE_CHANGES] = { { "ap_one", NULL, 100, 2 },
                                { "ap", "mAP@[0.20:0.50], percent", 100, 2 },
                                { "found", "lesions found, percent", 100, 2 },
                                { "fp_per_film", "false positives per image", 1, 3 } };
    char head[80], map_one[32];
    sx_table *t = sx_doc_table(out->doc, "change",
                               "Detector alone against the whole framework with the marked rule");
    snprintf(head, sizeof head, "change (%g %% paired bootstrap)", 100 * in->boot.level);
    snprintf(map_one, sizeof map_one, "mAP@%.2f, percent", o->iou_one);
    sx_table_column(t, "number", false);
    sx_table_column(t, "detector alone", true);
    sx_table_column(t, "with the rule", true);
    sx_table_column(t, head, true);
    sx_table_column(t, "p", true);
    sx_json all = sx_json_object(sx_json_root(&out->json), "change");
    for (size_t k = 0; k < SX_RULE_CHANGES; k++) {
        const double before = r->changes[k].before, after = r->changes[k].after;
        const sx_interval interval = r->changes[k].interval;
        const int decimals = rows[k].decimals;
        sx_table_row(t, k == 0);
        sx_table_text(t, "%s", rows[k].name ? rows[k].name : map_one);
        sx_table_value(t, before, decimals, rows[k].scale);
        sx_table_value(t, after, decimals, rows[k].scale);
        sx_table_interval(t, after - before, interval, decimals, rows[k].scale);
        sx_table_p(t, r->changes[k].p);
        sx_json j = sx_json_object(all, rows[k].key);
        sx_json_number(j, "detector_alone", before);
        sx_json_number(j, "with_rule", after);
        sx_eval_put_interval(j, "change", after - before, interval);
        sx_json_number(j, "p", r->changes[k].p);
    }
}

static void put_rule(sx_json at, const char *key, const sx_rule_numbers *n) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "threshold", n->threshold);
    sx_json_number(j, "keep", n->keep);
    sx_json_number(j, "ap", n->ap);
    sx_json_number(j, "ap_one", n->ap_one);
    sx_json_number(j, "lesions_found", n->found);
    sx_json_number(j, "fp_per_film", n->fp_per_image);
    sx_json_number(j, "film_sensitivity", n->sensitivity);
    sx_json_number(j, "film_specificity", n->specificity);
    sx_json_number(j, "film_sensitivity_intention_to_diagnose", n->intended_sensitivity);
    sx_json_number(j, "film_specificity_intention_to_diagnose", n->intended_specificity);
    sx_json_count(j, "boxes_withheld", n->withheld);
}

static void put_origin(sx_json at, const sx_pipeline_result *r) {
    sx_json j = sx_json_object(at, "rule_from");
    sx_json_text(j, "threshold", r->threshold_from);
    sx_json_text(j, "keep", r->keep_from);
}

/* ---- other rules ---- */

static void threshold_row(const sx_pipeline_result *r, size_t row, sx_table *t) {
    const sx_rule_numbers *n = &r->thresholds[row];
    const bool marked = row == r->marked;
    sx_table_row(t, marked);
    sx_table_value(t, n->threshold, 4, 1);
    sx_table_value(t, n->ap, 2, 100);
    sx_table_value(t, n->ap_one, 2, 100);
    sx_table_value(t, n->found, 4, 1);
    sx_table_value(t, n->fp_per_image, 3, 1);
    sx_table_value(t, n->sensitivity, 4, 1);
    sx_table_value(t, n->specificity, 4, 1);
    sx_table_value(t, (double)r->no_verdict, 0, 1);
    if (r->no_verdict) sx_table_value(t, n->intended_sensitivity, 4, 1);
    if (r->no_verdict) sx_table_value(t, n->intended_specificity, 4, 1);
    sx_table_value(t, (double)n->withheld, 0, 1);
    sx_table_text(t, marked ? "the marked rule" : "");
}

static void threshold_table(const sx_pipeline_options *o, const sx_pipeline_result *r,
                            sx_eval_output *out) {
    char caption[300], map_one[24];
    snprintf(caption, sizeof caption,
             "The threshold c* with boxes of films below it kept from %g on%s", r->keep,
             r->no_verdict ? "; film sensitivity and specificity are those of films with a "
                             "verdict, and of all films by intention to diagnose"
                           : "");
    snprintf(map_one, sizeof map_one, "mAP@%.2f", o->iou_one);
    sx_table *t = sx_doc_table(out->doc, "threshold", caption);
    const char *const heads[] = { "c*",
                                  "mAP@[0.20:0.50]",
                                  map_one,
                                  "lesions found",
                                  "false positives per image",
                                  "film sensitivity",
                                  "film specificity",
                                  "films without verdict" };
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        sx_table_column(t, heads[k], true);
    if (r->no_verdict) {
        sx_table_column(t, "sensitivity, all films", true);
        sx_table_column(t, "specificity, all films", true);
    }
    sx_table_column(t, "boxes withheld", true);
    sx_table_column(t, "", false);
    sx_json all = sx_json_array(sx_json_root(&out->json), "thresholds");
    for (size_t i = 0; i < r->threshold_count; i++) {
        threshold_row(r, i, t);
        put_rule(all, NULL, &r->thresholds[i]);
    }
}

static void grid_table(const sx_pipeline_options *o, const sx_pipeline_result *r,
                       sx_eval_output *out) {
    char caption[160];
    snprintf(caption, sizeof caption,
             "mAP@%.2f, percent: c* downwards, the score from which boxes of films below c* are "
             "kept across",
             o->iou_one);
    sx_table *t = sx_doc_table(out->doc, "grid", caption);
    sx_table_column(t, "c*", true);
    for (int k = 0; k < SX_RULE_KEEPS; k++) {
        char head[16];
        snprintf(head, sizeof head, "%.1f", r->grid[0][k].keep);
        sx_table_column(t, head, true);
    }
    sx_json all = sx_json_array(sx_json_root(&out->json), "grid");
    for (int i = 0; i < SX_RULE_GRID; i++) {
        sx_table_row(t, false);
        sx_table_value(t, r->grid[i][0].threshold, 1, 1);
        for (int k = 0; k < SX_RULE_KEEPS; k++) {
            sx_table_value(t, r->grid[i][k].ap_one, 2, 100);
            put_rule(all, NULL, &r->grid[i][k]);
        }
    }
}

static void trade_figure(const sx_pipeline_options *o, const sx_pipeline_result *r, sx_doc *d) {
    const sx_rule_trade *trade = &r->trade;
    const size_t rows = r->threshold_count;
    double x[SX_RULE_STEPS + 1];
    for (size_t i = 0; i < rows; i++)
        x[i] = r->thresholds[i].threshold;
    const double marked_x[2] = { r->threshold, r->threshold },
                 marked_y[2] = { trade->low, trade->high };
    char map_one[24];
    snprintf(map_one, sizeof map_one, "mAP@%.2f", o->iou_one);
    sx_series s[3] = { { .name = map_one, .x = x, .y = trade->aps, .count = rows, .colour = 0 },
                       { .name = "lesions found",
                         .x = x,
                         .y = trade->found_shares,
                         .count = rows,
                         .colour = 1,
                         .dashed = true },
                       { .name = "marked rule",
                         .x = marked_x,
                         .y = marked_y,
                         .count = 2,
                         .colour = 6,
                         .dashed = true } };
    sx_plot p = { .title = "What the decision rule gains and costs",
                  .x = { "threshold c*", 0, 1, NULL, 0, false },
                  .y = { "relative to the detector alone", trade->low, trade->high, trade->ticks,
                         trade->tick_count, false },
                  .series = s,
                  .series_count = 3,
                  .width = 620,
                  .height = 400 };
    sx_doc_figure(
        d,
        "mAP and share of lesions found against c*, each relative to the detector alone (c* = 0).",
        sx_plot_curves(&p), false);
}

/* ---- */

void sx_pipeline_write(const sx_eval_input *in, const sx_pipeline_options *o,
                       const sx_pipeline_result *r, sx_eval_output *out) {
    sx_doc *d = out->doc;
    sx_json root = sx_json_root(&out->json);
    sx_eval_write_draw(in, &r->draw, "percentiles", out);
    sx_eval_warn_about_lacking(in, &r->lacking, sx_json_root(&out->json), out);
    sx_doc_fact(d, "marked rule",
                "films with P < %g keep boxes scoring >= %g; other films keep all", r->threshold,
                r->keep);
    sx_doc_fact(d, "its threshold c*", "%.4f, %s", r->threshold, r->threshold_from);
    sx_doc_fact(d, "its minimum score", "%g, %s", r->keep, r->keep_from);
    if (r->no_verdict)
        sx_doc_fact(d, "films without a verdict",
                    "%zu; the rule decides about their boxes by P, as in the paper, and a film "
                    "without P has none",
                    r->no_verdict);
    sx_json_count(root, "films_without_verdict", r->no_verdict);
    if (r->found->withheld)
        sx_eval_warn(out,
                     "%s: its own decision rule had already dropped %zu %s, so the detector alone "
                     "cannot be evaluated; predict the films again.",
                     r->found->name, r->found->withheld,
                     sx_noun(r->found->withheld, "box", "boxes"));
    put_rule(root, "rule", &r->ruled);
    put_origin(root, r);
    put_rule(root, "detector_alone", &r->alone);
    sx_doc_section(d, "What the rule does");
    change_table(in, o, r, out);
    sx_doc_section(d, "Other rules");
    threshold_table(o, r, out);
    if (in->page) trade_figure(o, r, d);
    grid_table(o, r, out);
    if (!o->paper) return;
    const char *const names[2] = { "detector alone", "whole framework" };
    const double *const ap[2] = { r->alone.class_ap, r->ruled.class_ap };
    sx_doc_section(d, "Beside the paper");
    sx_paper_detection(d, in->truth, names, ap, 2, true);
}
