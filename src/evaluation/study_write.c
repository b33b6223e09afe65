#include "evaluation/study_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "document/short_names.h"
#include "evaluation/eval_write.h"
#include "evaluation/film_pictures.h"

static const char *study_name(const sx_truth *t, const sx_tally *s) {
    return t->study_count ? t->study_names.items[t->studies[s->first]] : t->films.items[s->first];
}

/* ---- head ---- */

static void put_call(sx_json at, const sx_tally *s) {
    if (s->verdict == SX_VERDICT_NONE)
        sx_json_null(at, "called_abnormal");
    else
        sx_json_bool(at, "called_abnormal", s->verdict == SX_VERDICT_ABNORMAL);
}

static void put_studies(const sx_truth *t, const sx_study_result *r, sx_json root) {
    sx_json list = sx_json_array(root, "studies");
    for (size_t i = 0; i < r->study_count; i++) {
        const sx_tally *s = &r->studies[i];
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "study", study_name(t, s));
        sx_json_count(j, "films", s->film_count);
        sx_json_bool(j, "abnormal", s->abnormal);
        sx_json_number(j, "probability", s->probability);
        put_call(j, s);
        sx_json_count(j, "films_without_verdict", s->no_verdict);
        sx_json_count(j, "lesions", s->lesions);
        sx_json_count(j, "found", s->found);
        sx_json_count(j, "false_alarms", s->false_positives);
    }
}

void sx_study_write_head(const sx_eval_input *in, const sx_eval_report_options *o,
                         const sx_study_result *r, sx_eval_output *out) {
    if (in->predictions[0].has_scores)
        sx_doc_fact(
            out->doc, "decision rule",
            "abnormal from P %.4f on; on other films only boxes with score >= keep (%.2g) remain",
            o->threshold, o->keep);
    put_studies(in->truth, r, sx_json_root(&out->json));
}

/* ---- tables ---- */

/* The numbers that these films do not determine. */
static void write_undefined(const sx_headline *headlines, size_t count, sx_doc *d) {
    sx_str names = { 0 };
    for (size_t i = 0; i < count; i++)
        if (!isfinite(headlines[i].value))
            sx_str_printf(&names, "%s%s", names.len ? "; " : "", headlines[i].name);
    if (names.len) sx_doc_text(d, "Undefined on these films: %s.", sx_str_text(&names));
    sx_str_free(&names);
}

static bool any_defined(const sx_headline *headlines, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isfinite(headlines[i].value)) return true;
    return false;
}

static bool any_by(const sx_headline *headlines, size_t count, const char *by) {
    for (size_t i = 0; i < count; i++)
        if (isfinite(headlines[i].value) && strcmp(headlines[i].by, by) == 0) return true;
    return false;
}

static void headline_table(const sx_eval_input *in, const sx_headline *headlines, size_t count,
                           sx_doc *d) {
    char caption[300] = "";
    bool narrow = false; /* nothing went wrong, so no resample differs */
    for (size_t i = 0; i < count; i++)
        narrow = narrow || sx_eval_zero_width(headlines[i].interval);
    const bool boot = any_by(headlines, count, "bootstrap"),
               wilson = any_by(headlines, count, "Wilson"),
               delong = any_by(headlines, count, "DeLong");
    if (boot || wilson || delong)
        snprintf(
            caption, sizeof caption, "In brackets %g %% intervals: %s%s%s%s%s%s",
            100 * in->boot.level, wilson ? "Wilson's of sensitivity and specificity" : "",
            wilson && delong ? ", " : "", delong ? "DeLong's of AUROC" : "",
            boot && (wilson || delong) ? ", bootstrap of the others" : "",
            boot && !wilson && !delong ? "bootstrap" : "",
            narrow ? "; an interval of zero width means only that no film was wrong in this sample"
                   : "");
    sx_table *t = sx_doc_table(d, "in short", caption);
    sx_table_column(t, "number", false);
    sx_table_column(t, "value", true);
    for (size_t i = 0; i < count; i++) {
        const sx_headline *h = &headlines[i];
        if (!isfinite(h->value)) continue;
        sx_table_row(t, false);
        sx_table_text(t, "%s", h->name);
        sx_table_interval(t, h->value, h->interval, h->decimals, h->scale);
    }
}

static const char *call_of(const sx_tally *s) {
    if (s->verdict == SX_VERDICT_NONE) return s->no_verdict ? "no verdict" : "-";
    return s->verdict == SX_VERDICT_ABNORMAL ? "abnormal" : "normal";
}

static bool shorten_names(const sx_truth *t, const sx_study_result *r, sx_short_names *out) {
    const char **names = sx_calloc(r->study_count + 1, sizeof *names);
    for (size_t i = 0; names && i < r->study_count; i++)
        names[i] = study_name(t, &r->studies[i]);
    const bool ok = names && sx_short_names_make(out, names, r->study_count, NULL);
    free(names);
    return ok;
}

static void study_row(const sx_eval_input *in, const sx_study_result *r, size_t study,
                      const char *short_name, bool boxes, sx_table *t) {
    const sx_tally *s = &r->studies[study];
    const char *call = call_of(s), *truth = s->abnormal ? "abnormal" : "normal";
    sx_table_row(t, s->verdict != SX_VERDICT_NONE &&
                        (s->verdict == SX_VERDICT_ABNORMAL) != s->abnormal);
    sx_table_text(t, "%s", short_name);
    sx_table_title(t, study_name(in->truth, s));
    if (in->truth->study_count)
        sx_table_link(t, "study-%zu", study + 1);
    else
        sx_table_link(t, "film-%zu", (size_t)s->first + 1);
    sx_table_text(t, "%s", truth);
    sx_table_text(t, "%s", call);
    sx_table_value(t, (double)s->film_count, 0, 1);
    sx_table_value(t, (double)s->no_verdict, 0, 1);
    sx_table_value(t, s->probability, 3, 1);
    if (!boxes) return;
    sx_table_value(t, (double)s->lesions, 0, 1);
    sx_table_value(t, (double)s->found, 0, 1);
    sx_table_value(t, (double)s->false_positives, 0, 1);
}

/* With --order worst as the films below, else as in the truth. */
static void study_rows(const sx_eval_input *in, const sx_eval_report_options *o,
                       const sx_study_result *r, const char *const *names, bool boxes,
                       sx_table *t) {
    size_t last = SIZE_MAX;
    for (size_t k = 0; !o->worst_first && k < r->study_count; k++)
        study_row(in, r, k, names[k], boxes, t);
    for (size_t k = 0; o->worst_first && k < in->truth->films.count; k++) {
        const size_t study = r->study_of[r->order[k]];
        if (study != last) study_row(in, r, study, names[study], boxes, t);
        last = study;
    }
}

static void study_table(const sx_eval_input *in, const sx_eval_report_options *o,
                        const sx_study_result *r, sx_doc *d) {
    static const char *const columns[] = { "films",      "no verdict", "P(abnormal)",
                                           "true boxes", "found",      "false positives" };
    const bool boxes = in->predictions[0].has_boxes && in->truth->has_boxes;
    char caption[400];
    snprintf(caption, sizeof caption,
             "P(abnormal) is the highest of the study's films. A study is abnormal if one of its "
             "films is called so, otherwise it has no verdict if one of them has none%s",
             boxes ? ". A false positive is a box that hits no lesion; on a film called normal "
                     "only boxes of a high score remain"
                   : "");
    sx_table *t = sx_doc_table(d, "studies", caption);
    sx_table_column(t, "study", false);
    sx_table_column(t, "truth", false);
    sx_table_column(t, "called", false);
    for (size_t i = 0; i < (boxes ? 6 : 3); i++)
        sx_table_column(t, columns[i], true);
    sx_short_names names;
    if (!shorten_names(in->truth, r, &names)) {
        sx_doc_fail(d);
        return;
    }
    study_rows(in, o, r, (const char *const *)names.items, boxes, t);
    sx_short_names_free(&names);
}

void sx_study_write_tables(const sx_eval_input *in, const sx_eval_report_options *o,
                           const sx_study_result *r, const sx_headline *headlines, size_t count,
                           sx_eval_output *out) {
    sx_doc_section(out->doc, "In short");
    if (any_defined(headlines, count)) headline_table(in, headlines, count, out->doc);
    write_undefined(headlines, count, out->doc);
    if (in->truth->has_boxes && !in->predictions[0].has_boxes)
        sx_doc_warn(out->doc,
                    "Detection is left out: %s has no boxes, because its films were not predicted "
                    "by a detector.",
                    in->predictions[0].path);
    sx_doc_section(out->doc, "Studies");
    study_table(in, o, r, out->doc);
}

/* ---- films ---- */

static bool both_have_boxes(const sx_eval_input *in) {
    return in->predictions[0].has_boxes && in->truth->has_boxes;
}

/* "1 of 2 found, no false positive"; without boxes "abnormal, called normal". */
static void describe(const sx_eval_input *in, const sx_tally *s, char *text, size_t size) {
    if (!both_have_boxes(in)) {
        const char *called = call_of(s);
        snprintf(text, size, "%s%s%s", s->abnormal ? "abnormal" : "normal",
                 called[0] == '-'                ? ""
                 : s->verdict == SX_VERDICT_NONE ? ", "
                                                 : ", called ",
                 called[0] == '-' ? "" : called);
        return;
    }
    char found[48] = "nothing to find", wrong[48] = "no false positive";
    if (s->lesions) snprintf(found, sizeof found, "%zu of %zu found", s->found, s->lesions);
    if (s->false_positives)
        snprintf(wrong, sizeof wrong, "%zu %s", s->false_positives,
                 sx_noun(s->false_positives, "false positive", "false positives"));
    snprintf(text, size, "%s, %s", found, wrong);
}

static void study_heading(const sx_truth *t, const sx_study_result *r, size_t study, sx_doc *d) {
    const sx_tally *s = &r->studies[study];
    const char *called = call_of(s);
    sx_doc_subsection(d, "Study %s: %s%s%s", study_name(t, s), s->abnormal ? "abnormal" : "normal",
                      called[0] == '-'                ? ""
                      : s->verdict == SX_VERDICT_NONE ? ", "
                                                      : ", called ",
                      called[0] == '-' ? "" : called);
    sx_doc_anchor(d, "study-%zu", study + 1);
}

static bool put_film(const sx_eval_input *in, const sx_study_result *r, sx_eval_sheet *sheet,
                     sx_eval_output *out) {
    char detail[120];
    const uint32_t film = sheet->film;
    describe(in, &r->films[film], detail, sizeof detail);
    const bool shown = sx_eval_sheet_put(in, out, detail, sheet);
    if (!shown && in->truth->study_count)
        sx_doc_text(out->doc, "%s: %s. There is no picture.", in->truth->films.items[film], detail);
    if (shown) sx_doc_anchor(out->doc, "film-%zu", (size_t)film + 1);
    return shown;
}

static void explain_pictures(const sx_eval_input *in, const sx_eval_report_options *o, sx_doc *d) {
    char found[80] = "what the film is called";
    if (in->predictions[0].has_boxes)
        snprintf(found, sizeof found, "the findings (score of at least %.2g)", o->least);
    const char *truth = in->truth->has_boxes ? "the true boxes" : "the true label";
    if (both_have_boxes(in))
        sx_doc_text(d,
                    "Left %s, right %s. A box counts as found where it has the right name and "
                    "covers the true one with an IoU of at least %.2g.",
                    truth, found, o->iou_one);
    else
        sx_doc_text(d, "Left %s, right %s.", truth, found);
}

/* So many films are drawn at once, and then put on the page in their order. */
enum { FILMS_AT_ONCE = 8 };

typedef struct drawing {
    const sx_eval_input *in;
    const sx_eval_report_options *o;
    const uint32_t *films; /* [count] */
    sx_eval_sheet sheets[FILMS_AT_ONCE];
    size_t count;
} drawing;

static void draw_films(void *user, size_t begin, size_t end) {
    drawing *d = user;
    for (size_t i = begin; i < end; i++)
        sx_eval_sheet_draw(d->in, d->films[i], d->o->threshold, d->o->least, &d->sheets[i]);
}

static void draw_next(drawing *d, const uint32_t *films, size_t left) {
    d->films = films;
    d->count = left < FILMS_AT_ONCE ? left : FILMS_AT_ONCE;
    sx_parallel_for(d->in->boot.context, d->count, 1, draw_films, d);
}

static void free_sheets(drawing *d) {
    for (size_t i = 0; i < d->count; i++)
        sx_eval_sheet_free(&d->sheets[i]);
    d->count = 0;
}

/* A study that is begun is shown as a whole. */
void sx_study_write_films(const sx_eval_input *in, const sx_eval_report_options *o,
                          const sx_study_result *r, sx_eval_output *out) {
    const sx_truth *t = in->truth;
    size_t shown = 0, k = 0;
    if (!in->page || !in->films) return;
    sx_doc_section(out->doc, "Films");
    explain_pictures(in, o, out->doc);
    drawing d = { .in = in, .o = o };
    for (size_t i = 0; k < t->films.count; k++, i++) {
        const uint32_t film = r->order[k];
        const bool first = k == 0 || r->study_of[film] != r->study_of[r->order[k - 1]];
        if (sx_context_cancelled(in->boot.context) || (first && shown >= o->sheet_count)) break;
        if (first && t->study_count) study_heading(t, r, r->study_of[film], out->doc);
        if (i == d.count) {
            free_sheets(&d);
            draw_next(&d, r->order + k, t->films.count - k);
            i = 0;
        }
        shown += put_film(in, r, &d.sheets[i], out);
    }
    free_sheets(&d);
    if (k < t->films.count && !sx_context_cancelled(in->boot.context))
        sx_doc_fact(out->doc, "films shown", "%zu of %zu; --sheets N shows more", shown,
                    t->films.count);
    sx_eval_warn_about_pictures(in, out);
}
