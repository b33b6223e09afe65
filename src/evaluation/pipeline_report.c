/* The decision rule over a grid: what it gains in mAP and what it costs in lesions found. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "document/plot.h"
#include "evaluation/evaluation_impl.h"
#include "metrics/detection.h"

enum { STEPS = 21, KEEPS = 10 };

typedef struct rule_numbers {
    double threshold, keep;
    double ap, ap_one, found, false_per_film; /* of the boxes that the rule leaves */
    double sensitivity, specificity;          /* of P >= threshold, film by film */
    size_t withheld;
    double class_ap[SX_CLASSES_MAX + 1]; /* at the one IoU; the last: mean */
} rule_numbers;

typedef struct framework {
    const sx_eval_input *in;
    const sx_predictions *scores, *found;
    sx_detect *all;
    sx_ap_scratch *scratch;
    bool *keep;
} framework;

/* P below the threshold: only boxes scoring at least `keep` stay. Threshold 0 keeps all. */
static sx_detect *apply(const framework *f, double threshold, double keep, rule_numbers *n,
                        sx_error *err) {
    const sx_truth *t = f->in->truth;
    *n = (rule_numbers){ .threshold = threshold, .keep = keep };
    for (size_t i = 0; i < f->found->box_count; i++) {
        const sx_found_box *b = &f->found->boxes[i];
        f->keep[i] = f->scores->scores[b->film] >= threshold || b->score >= keep;
        n->withheld += !f->keep[i];
    }
    sx_detect *d = sx_detect_filter(f->all, f->keep, err);
    if (!d) return NULL;
    sx_detect_numbers v;
    sx_detect_measure(d, NULL, f->scratch, &v);
    n->ap = v.values[sx_detect_ap(&v, -1)];
    n->ap_one = v.values[sx_detect_ap_one(&v, -1)];
    n->found = v.values[sx_detect_found_share(&v)];
    n->false_per_film = v.values[sx_detect_false_per_film(&v)];
    for (size_t c = 0; c < t->class_names.count; c++)
        n->class_ap[c] = v.values[sx_detect_ap_one(&v, (int)c)];
    n->class_ap[t->class_names.count] = n->ap_one;
    double count[2][2] = { { 0, 0 }, { 0, 0 } };
    for (size_t i = 0; i < t->films.count; i++)
        count[t->labels[i] == 1][f->scores->scores[i] >= threshold]++;
    n->sensitivity = count[1][1] / (count[1][0] + count[1][1]);
    n->specificity = count[0][0] / (count[0][0] + count[0][1]);
    return d;
}

static bool numbers_of(const framework *f, double threshold, double keep, rule_numbers *n,
                       sx_error *err) {
    sx_detect *d = apply(f, threshold, keep, n, err);
    sx_detect_free(d);
    return d != NULL;
}

/* ---- what the rule changes, with intervals ---- */

typedef struct change {
    const char *key;
    char name[32];
    double before, after, scale;
    sx_interval interval; /* of after - before */
    double p;
    int decimals;
} change;

enum { CHANGES = 4 };

static bool changes_of(const framework *f, const sx_pipeline_options *o, const sx_groups *draw,
                       change *c, rule_numbers *alone, rule_numbers *ruled, sx_error *err) {
    sx_detect *d = apply(f, o->threshold, o->keep, ruled, err);
    if (!d) return false;
    if (!numbers_of(f, 0, 0, alone, err)) {
        sx_detect_free(d);
        return false;
    }
    sx_detect_numbers v = { .class_count = (int)f->in->truth->class_names.count };
    const size_t at[CHANGES] = { sx_detect_ap_one(&v, -1), sx_detect_ap(&v, -1),
                                 sx_detect_found_share(&v), sx_detect_false_per_film(&v) };
    const change names[CHANGES] = {
        { "ap_one", "", alone->ap_one, ruled->ap_one, 100, { NAN, NAN }, NAN, 2 },
        { "ap", "mAP@[0.20:0.50], percent", alone->ap, ruled->ap, 100, { NAN, NAN }, NAN, 2 },
        { "found",
          "lesions found, percent",
          alone->found,
          ruled->found,
          100,
          { NAN, NAN },
          NAN,
          2 },
        { "false_per_film",
          "false positives per film",
          alone->false_per_film,
          ruled->false_per_film,
          1,
          { NAN, NAN },
          NAN,
          3 },
    };
    memcpy(c, names, sizeof names);
    snprintf(c[0].name, sizeof c[0].name, "mAP@%.2f, percent", o->iou_one);
    bool ok = true;
    size_t resamples = f->in->boot.resamples;
    if (resamples) {
        sx_detect_boot a = { 0 }, b = { 0 };
        ok = sx_detect_bootstrap(f->all, draw, &f->in->boot, &a, err) &&
             sx_detect_bootstrap(d, draw, &f->in->boot, &b, err);
        for (size_t k = 0; ok && k < CHANGES; k++) {
            double *x = b.values + at[k] * resamples, *y = a.values + at[k] * resamples;
            for (size_t i = 0; i < resamples; i++)
                x[i] -= y[i];
            c[k].p = sx_boot_p(x, resamples);
            c[k].interval = sx_boot_summarise(x, resamples, f->in->boot.level).interval;
        }
        sx_detect_boot_free(&a);
        sx_detect_boot_free(&b);
    }
    sx_detect_free(d);
    return ok;
}

/* ---- writing ---- */

static void change_table(const change *c, double level, sx_doc *d, sx_json root) {
    char head[80];
    sx_table *t = sx_doc_table(d, "change",
                               "Detector alone against the whole framework with the marked rule");
    snprintf(head, sizeof head, "change (%g %% paired bootstrap)", 100 * level);
    sx_table_column(t, "number", false);
    sx_table_column(t, "detector alone", true);
    sx_table_column(t, "with the rule", true);
    sx_table_column(t, head, true);
    sx_table_column(t, "p", true);
    sx_json all = sx_json_object(root, "change");
    for (size_t k = 0; k < CHANGES; k++) {
        sx_table_row(t, k == 0);
        sx_table_text(t, "%s", c[k].name);
        sx_table_value(t, c[k].before, c[k].decimals, c[k].scale);
        sx_table_value(t, c[k].after, c[k].decimals, c[k].scale);
        sx_table_interval(t, c[k].after - c[k].before, c[k].interval, c[k].decimals, c[k].scale);
        sx_table_value(t, c[k].p, 4, 1);
        sx_json j = sx_json_object(all, c[k].key);
        sx_json_number(j, "detector_alone", c[k].before);
        sx_json_number(j, "with_rule", c[k].after);
        sx_eval_put_interval(j, "change", c[k].after - c[k].before, c[k].interval);
        sx_json_number(j, "p", c[k].p);
    }
}

static void put_rule(sx_json at, const char *key, const rule_numbers *n) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "threshold", n->threshold);
    sx_json_number(j, "keep", n->keep);
    sx_json_number(j, "ap", n->ap);
    sx_json_number(j, "ap_one", n->ap_one);
    sx_json_number(j, "lesions_found", n->found);
    sx_json_number(j, "false_per_film", n->false_per_film);
    sx_json_number(j, "film_sensitivity", n->sensitivity);
    sx_json_number(j, "film_specificity", n->specificity);
    sx_json_count(j, "boxes_withheld", n->withheld);
}

static bool threshold_table(const framework *f, const sx_pipeline_options *o, rule_numbers *row,
                            size_t *rows, sx_eval_output *out, sx_error *err) {
    char caption[160], map_one[24];
    snprintf(caption, sizeof caption,
             "The threshold c* with boxes of films below it kept from %g on", o->keep);
    snprintf(map_one, sizeof map_one, "mAP@%.2f", o->iou_one);
    sx_table *t = sx_doc_table(out->doc, "threshold", caption);
    const char *const heads[] = { "c*",
                                  "mAP@[0.20:0.50]",
                                  map_one,
                                  "lesions found",
                                  "false positives per film",
                                  "film sensitivity",
                                  "film specificity",
                                  "boxes withheld" };
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        sx_table_column(t, heads[k], true);
    sx_table_column(t, "", false);
    sx_json all = sx_json_array(sx_json_root(&out->json), "thresholds");
    bool marked = false;
    *rows = 0;
    for (int i = 0; i < STEPS || !marked;) {
        double c = i < STEPS ? (double)i / (STEPS - 1) : INFINITY;
        bool mark = !marked && o->threshold <= c;
        if (mark) {
            marked = true;
            i += c == o->threshold;
            c = o->threshold;
        } else {
            i++;
        }
        rule_numbers *n = &row[(*rows)++];
        if (!numbers_of(f, c, o->keep, n, err)) return false;
        sx_table_row(t, mark);
        sx_table_value(t, c, 4, 1);
        sx_table_value(t, n->ap, 2, 100);
        sx_table_value(t, n->ap_one, 2, 100);
        sx_table_value(t, n->found, 4, 1);
        sx_table_value(t, n->false_per_film, 3, 1);
        sx_table_value(t, n->sensitivity, 4, 1);
        sx_table_value(t, n->specificity, 4, 1);
        sx_table_value(t, (double)n->withheld, 0, 1);
        sx_table_text(t, mark ? "the marked rule" : "");
        put_rule(all, NULL, n);
    }
    return true;
}

static bool grid_table(const framework *f, const sx_pipeline_options *o, sx_eval_output *out,
                       sx_error *err) {
    char caption[160];
    snprintf(caption, sizeof caption,
             "mAP@%.2f, percent: c* downwards, the score from which boxes of films below c* are "
             "kept across",
             o->iou_one);
    sx_table *t = sx_doc_table(out->doc, "grid", caption);
    sx_table_column(t, "c*", true);
    for (int k = 0; k < KEEPS; k++) {
        char head[16];
        snprintf(head, sizeof head, "%.1f", (k + 1) / 10.0);
        sx_table_column(t, head, true);
    }
    sx_json all = sx_json_array(sx_json_root(&out->json), "grid");
    bool ok = true;
    for (int i = 0; ok && i <= 10; i++) {
        sx_table_row(t, false);
        sx_table_value(t, i / 10.0, 1, 1);
        for (int k = 0; ok && k < KEEPS; k++) {
            rule_numbers n;
            ok = numbers_of(f, i / 10.0, (k + 1) / 10.0, &n, err);
            if (!ok) break;
            sx_table_value(t, n.ap_one, 2, 100);
            put_rule(all, NULL, &n);
        }
    }
    return ok;
}

static void trade_figure(const rule_numbers *row, size_t rows, const sx_pipeline_options *o,
                         sx_doc *d) {
    double x[STEPS + 1], ap[STEPS + 1], found[STEPS + 1],
        marked_x[2] = { o->threshold, o->threshold }, marked_y[2] = { 0, 1 };
    double base_ap = row[0].ap_one, base_found = row[0].found, low = 0.9, high = 1.02;
    for (size_t i = 0; i < rows; i++) {
        x[i] = row[i].threshold;
        ap[i] = base_ap > 0 ? row[i].ap_one / base_ap : NAN;
        found[i] = base_found > 0 ? row[i].found / base_found : NAN;
        if (ap[i] < low + 0.02) low = ap[i] - 0.02;
        if (found[i] < low + 0.02) low = found[i] - 0.02;
        if (ap[i] > high - 0.01) high = ap[i] + 0.01;
    }
    double step = (high - low) / 5 <= 0.02 ? 0.02 : (high - low) / 5 <= 0.05 ? 0.05 : 0.1;
    low = floor(low / step) * step;
    high = ceil(high / step) * step;
    double tick[16];
    size_t ticks = 0;
    char map_one[24];
    snprintf(map_one, sizeof map_one, "mAP@%.2f", o->iou_one);
    for (double v = low; v <= high + step / 2 && ticks < 16; v += step)
        tick[ticks++] = round(v * 100) / 100;
    marked_y[0] = low;
    marked_y[1] = high;
    sx_series s[3] = {
        { .name = map_one, .x = x, .y = ap, .count = rows, .colour = 0 },
        { .name = "lesions found", .x = x, .y = found, .count = rows, .colour = 1, .dashed = true },
        { .name = "marked rule",
          .x = marked_x,
          .y = marked_y,
          .count = 2,
          .colour = 6,
          .dashed = true }
    };
    sx_plot p = { .title = "What the decision rule gains and costs",
                  .x = { "threshold c*", 0, 1, NULL, 0, false },
                  .y = { "relative to the detector alone", low, high, tick, ticks, false },
                  .series = s,
                  .series_count = 3,
                  .width = 620,
                  .height = 400 };
    sx_doc_figure(
        d,
        "mAP and share of lesions found against c*, each relative to the detector alone (c* = 0).",
        sx_plot_curves(&p), false);
}

static bool check_input(const sx_eval_input *in, framework *f, sx_error *err) {
    f->in = in;
    f->scores = &in->predictions[0];
    f->found = in->prediction_count > 1 ? &in->predictions[1] : &in->predictions[0];
    if (!in->truth->has_boxes)
        return sx_fail(err, SX_ERR_MISSING, "%s: holds labels of films, no boxes", in->truth_path);
    if (!f->scores->has_scores)
        return sx_fail(err, SX_ERR_MISSING, "%s has no scores of films", f->scores->path);
    if (!f->found->has_boxes)
        return sx_fail(err, SX_ERR_MISSING, "%s has no boxes", f->found->path);
    size_t lacking = 0;
    for (size_t i = 0; i < in->truth->films.count; i++)
        lacking += isnan(f->scores->scores[i]);
    if (lacking)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s: %zu of %zu films have no score, and the rule needs one for each",
                       f->scores->path, lacking, in->truth->films.count);
    return true;
}

static bool write_all(const framework *f, const sx_pipeline_options *o, const sx_groups *draw,
                      sx_eval_output *out, sx_error *err) {
    change c[CHANGES];
    rule_numbers alone, ruled, row[STEPS + 1];
    size_t rows;
    if (!changes_of(f, o, draw, c, &alone, &ruled, err)) return false;
    sx_doc_fact(out->doc, "rule",
                "films with P < %g keep boxes scoring >= %g; other films keep all", o->threshold,
                o->keep);
    if (f->found->withheld)
        sx_eval_warn(out,
                     "%s: its own decision rule had already withheld %zu boxes, so the detector "
                     "alone cannot be "
                     "judged from it; run predict with --threshold 0 for that.",
                     f->found->name, f->found->withheld);
    put_rule(sx_json_root(&out->json), "rule", &ruled);
    put_rule(sx_json_root(&out->json), "detector_alone", &alone);
    sx_doc_section(out->doc, "What the rule does");
    change_table(c, f->in->boot.level, out->doc, sx_json_root(&out->json));
    sx_doc_section(out->doc, "Other rules");
    if (!threshold_table(f, o, row, &rows, out, err)) return false;
    if (f->in->page) trade_figure(row, rows, o, out->doc);
    if (!grid_table(f, o, out, err)) return false;
    if (o->paper) {
        const char *const name[2] = { "detector alone", "whole framework" };
        const double *const ap[2] = { alone.class_ap, ruled.class_ap };
        sx_doc_section(out->doc, "Beside the paper");
        sx_paper_detection(out->doc, f->in->truth, name, ap, 2, true);
    }
    return true;
}

bool sx_eval_pipeline(const sx_eval_input *in, const sx_pipeline_options *o, sx_eval_output *out,
                      sx_error *err) {
    framework f = { 0 };
    sx_unit draw;
    sx_groups groups;
    if (!check_input(in, &f, err)) return false;
    sx_detect_options how = { sx_vindr_ious, 7, o->iou_one, SX_MATCH_COCO, 100 };
    sx_boxes boxes = {
        in->truth->boxes,   in->truth->box_count,   f.found->boxes,
        f.found->box_count, in->truth->films.count, (int)in->truth->class_names.count
    };
    if (!sx_eval_begin(in, "pipeline", "The framework: classifier, detector and decision rule", out,
                       err))
        return false;
    f.all = sx_detect_new(&boxes, &how, err);
    f.scratch = f.all ? sx_ap_scratch_new(sx_detect_longest(f.all), err) : NULL;
    f.keep = sx_calloc_for(boxes.found_box_count + 1, sizeof *f.keep, "boxes", err);
    bool ok = f.scratch && f.keep && sx_eval_draw_groups(in, out, &draw, &groups, err);
    if (ok) {
        sx_eval_note_bootstrap(in, out, draw, &groups, "percentiles");
        ok = write_all(&f, o, &groups, out, err) && sx_eval_end(out, err);
    }
    sx_detect_free(f.all);
    sx_ap_scratch_free(f.scratch);
    free(f.keep);
    if (!ok) sx_eval_output_free(out);
    return ok;
}
