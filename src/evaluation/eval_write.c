#include "evaluation/eval_write.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/notice.h"
#include "base/str.h"

void sx_eval_output_free(sx_eval_output *o) {
    sx_doc_free(o->doc);
    sx_json_free(&o->json);
    *o = (sx_eval_output){ 0 };
}

bool sx_eval_zero_width(sx_interval i) {
    return i.low == i.high;
}

void sx_eval_warn_about_zero_width(const char *of, sx_eval_output *out) {
    sx_eval_warn(out,
                 "%s: the interval has zero width because nothing varies in this sample, not "
                 "because the value is certain.",
                 of);
}

void sx_eval_warn_about_ages(const char *attribute, size_t count, const char *text,
                             sx_eval_output *out) {
    if (count)
        sx_eval_warn(out, "%s: the %s of %zu %s no age, as \"%s\" is; taken as missing.", attribute,
                     sx_noun(count, "value", "values"), count,
                     sx_noun(count, "film is", "films are"), text);
}

sx_json sx_eval_put_interval(sx_json at, const char *key, double value, sx_interval i) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "value", value);
    if (!isnan(i.low)) {
        sx_json_number(j, "low", i.low);
        sx_json_number(j, "high", i.high);
        if (sx_eval_zero_width(i)) sx_json_bool(j, "zero_width", true);
    }
    return j;
}

bool sx_eval_end(const sx_eval_output *out, sx_error *err) {
    return sx_json_ok(&out->json, err);
}

/* An array that sx_eval_begin made. */
static sx_json list_of(sx_eval_output *out, const char *key) {
    return (sx_json){ &out->json, json_object_get(out->json.root, key) };
}

void sx_eval_warn(sx_eval_output *out, const char *fmt, ...) {
    char text[600];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    sx_doc_warn(out->doc, "%s", text);
    sx_json_text(list_of(out, "warnings"), NULL, text);
}

static void note_truth(const sx_eval_input *in, sx_eval_output *out) {
    const sx_truth *t = in->truth;
    const size_t others = in->list ? t->left_out_count - in->unpredicted : 0;
    size_t abnormal;
    const double prevalence = sx_truth_prevalence(t, &abnormal);
    sx_doc_fact(out->doc, "truth", "%s (sha256 %.12s)", in->truth_path, t->hash);
    sx_doc_fact(out->doc, "films", "%zu, %zu abnormal (%.1f %%)", t->films.count, abnormal,
                100 * prevalence);
    if (in->list)
        sx_doc_fact(out->doc, "list", "%s: %zu other %s left out", in->list, others,
                    sx_noun(others, "film is", "films are"));
    if (t->study_count) sx_doc_fact(out->doc, "studies", "%zu", t->study_count);
    if (t->patient_count) sx_doc_fact(out->doc, "patients", "%zu", t->patient_count);
    if (t->has_boxes)
        sx_doc_fact(out->doc, "true boxes", "%zu of %zu %s", t->box_count, t->class_names.count,
                    sx_noun(t->class_names.count, "class", "classes"));
    sx_json j = sx_json_object(sx_json_root(&out->json), "truth");
    sx_json_text(j, "path", in->truth_path);
    sx_json_text(j, "sha256", t->hash);
    sx_json_count(j, "films", t->films.count);
    sx_json_count(j, "abnormal", abnormal);
    if (in->list) sx_json_text(j, "list", in->list);
    sx_json_count(j, "films_left_out", t->left_out_count);
    sx_json_count(j, "studies", t->study_count);
    sx_json_count(j, "patients", t->patient_count);
    sx_json_count(j, "boxes", t->box_count);
    sx_json_count(j, "duplicate_boxes", t->duplicate_boxes);
    sx_json_number(j, "prevalence", prevalence);
    sx_json classes = sx_json_array(j, "classes");
    for (size_t i = 0; i < t->class_names.count; i++)
        sx_json_text(classes, NULL, t->class_names.items[i]);
    const sx_eval_films *f = in->films;
    if (f && f->missing)
        sx_eval_warn(out, "%zu of %zu %s %s not in %s and %s no picture, the first %.100s.",
                     f->missing, f->count, sx_noun(f->count, "film", "films"),
                     sx_noun(f->missing, "is", "are"), f->dir, sx_noun(f->missing, "has", "have"),
                     t->films.items[f->first_missing]);
    if (in->unpredicted)
        sx_eval_warn(out, "%zu %s out.", in->unpredicted,
                     sx_noun(in->unpredicted, "film has no prediction and is left",
                             "films have no prediction and are left"));
    if (t->duplicate_boxes)
        sx_eval_warn(out, "%zu true %s of another; they count, as in pycocotools.",
                     t->duplicate_boxes,
                     sx_noun(t->duplicate_boxes, "box is an exact copy", "boxes are exact copies"));
    if (t->contradictions && t->reader_names.count < 2)
        sx_eval_warn(out,
                     "%zu %s both a \"" SX_NO_FINDING
                     "\" row and a lesion; such a film counts as abnormal.",
                     t->contradictions, sx_noun(t->contradictions, "film has", "films have"));
}

/* "2 unfamiliar, 1 failed" */
static void describe_counts(const sx_predictions *p, char *text, size_t size) {
    size_t at = 0;
    text[0] = '\0';
    for (int i = SX_FILM_CALLED + 1; i < SX_FILM_OUTCOMES && at < size; i++)
        if (p->outcome_counts[i])
            at += (size_t)snprintf(text + at, size - at, "%s%zu %s", at ? ", " : "",
                                   p->outcome_counts[i], sx_film_outcome_name((sx_film_outcome)i));
}

/* Films without a verdict: in the JSON of the predictions, and as a fact if there are any. */
static void note_verdicts(const sx_eval_input *in, const sx_predictions *p, sx_json predictions,
                          sx_doc *d) {
    const size_t without = sx_predictions_without_verdict(p);
    char text[160], key[160];
    sx_json j = sx_json_object(predictions, "no_verdict");
    sx_json_count(j, "n", without);
    for (int i = SX_FILM_CALLED + 1; i < SX_FILM_OUTCOMES; i++)
        sx_json_count(j, sx_film_outcome_name((sx_film_outcome)i), p->outcome_counts[i]);
    if (!without) return;
    describe_counts(p, text, sizeof text);
    snprintf(key, sizeof key, in->prediction_count > 1 ? "no verdict of %.120s" : "no verdict",
             p->name);
    sx_doc_fact(d, key, "%zu of %zu %s: %s", without, in->truth->films.count,
                sx_noun(in->truth->films.count, "film", "films"), text);
}

static void note_predictions(const sx_eval_input *in, const sx_predictions *p,
                             sx_eval_output *out) {
    sx_doc_fact(out->doc, in->prediction_count > 1 ? p->name : "predictions", "%s (sha256 %.12s)",
                p->path, p->hash);
    sx_json j = sx_json_object(list_of(out, "predictions"), NULL);
    sx_json_text(j, "name", p->name);
    sx_json_text(j, "path", p->path);
    sx_json_text(j, "sha256", p->hash);
    sx_json_bool(j, "scores", p->has_scores);
    sx_json_bool(j, "boxes", p->has_boxes);
    sx_json_count(j, "box_count", p->box_count);
    sx_json_count(j, "films_not_named", p->unseen);
    sx_json_count(j, "rows_left_out", p->left_out);
    sx_json_count(j, "unknown_film_rows", p->unknown_films);
    sx_json_count(j, "unknown_class_rows", p->unknown_classes);
    sx_json_count(j, "failed_films", p->failed);
    sx_json_count(j, "duplicate_boxes", p->duplicates);
    note_verdicts(in, p, j, out->doc);
    const char *name = p->name;
    if (p->unknown_films)
        sx_eval_warn(out, "%s: %zu %s of films that are not in the truth left out.", name,
                     p->unknown_films, sx_noun(p->unknown_films, "row", "rows"));
    if (p->unknown_classes)
        sx_eval_warn(out, "%s: %zu %s of classes that are not in the truth left out.", name,
                     p->unknown_classes, sx_noun(p->unknown_classes, "box", "boxes"));
    if (p->failed)
        sx_eval_warn(out, "%s: it lists %zu %s as failed.", name, p->failed,
                     sx_noun(p->failed, "film", "films"));
    if (p->duplicates)
        sx_eval_warn(out, "%s: %zu %s of another; they count.", name, p->duplicates,
                     sx_noun(p->duplicates, "box is an exact copy", "boxes are exact copies"));
    if (p->ids_by_position)
        sx_eval_warn(
            out,
            "%s: category_id was taken as the position among the classes by name, from 0, because "
            "the truth has no ids.",
            name);
    if (p->has_boxes && p->unseen)
        sx_eval_warn(
            out, "%s: %zu %s as without a box.", name, p->unseen,
            sx_noun(p->unseen, "film has no row and counts", "films have no row and count"));
}

/* The notes of two reports may be the same. */
static void put_notice(const sx_eval_input *in, sx_doc *d) {
    sx_doc_notice(d, "%s", SX_NOTICE);
    for (size_t i = 0; i < in->prediction_count; i++) {
        const char *note = in->predictions[i].note;
        size_t earlier = 0;
        while (earlier < i && (!note || !in->predictions[earlier].note ||
                               strcmp(in->predictions[earlier].note, note) != 0))
            earlier++;
        if (note && earlier == i) sx_doc_notice(d, "%s", note);
    }
}

bool sx_eval_begin(const sx_eval_input *in, const char *kind, const char *title,
                   sx_eval_output *out, sx_error *err) {
    *out = (sx_eval_output){ .doc = sx_doc_new(title) };
    sx_json root = sx_json_new_object(&out->json);
    if (!out->doc) {
        sx_eval_output_free(out);
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a report");
    }
    sx_json_text(root, "schema", SX_EVAL_SCHEMA);
    sx_json_text(root, "kind", kind);
    sx_run_to_json(in->run, root, "run");
    sx_json_array(root, "warnings");
    put_notice(in, out->doc);
    note_truth(in, out);
    sx_json_array(root, "predictions");
    for (size_t i = 0; i < in->prediction_count; i++)
        note_predictions(in, &in->predictions[i], out);
    return true;
}

static void warn_about_draw(const sx_eval_input *in, const sx_eval_draw *draw,
                            sx_eval_output *out) {
    const size_t studies = in->truth->study_count;
    if (draw->unit == SX_UNIT_FILM && in->boot.resamples && studies &&
        studies < draw->groups.case_count)
        sx_eval_warn(
            out,
            "The bootstrap draws films, but there %s only %zu %s: films of one study are not "
            "independent, so the intervals are too narrow.",
            sx_noun(studies, "is", "are"), studies, sx_noun(studies, "study", "studies"));
}

void sx_eval_write_draw(const sx_eval_input *in, const sx_eval_draw *draw, const char *interval,
                        sx_eval_output *out) {
    const size_t groups = draw->groups.count;
    warn_about_draw(in, draw, out);
    if (in->boot.resamples)
        sx_doc_fact(out->doc, "intervals",
                    "%g %%, %s of %zu bootstrap resamples of %zu %s, seed %llu",
                    100 * in->boot.level, interval, in->boot.resamples, groups,
                    sx_unit_name(draw->unit, groups != 1), (unsigned long long)in->boot.seed);
    sx_json j = sx_json_object(sx_json_root(&out->json), "bootstrap");
    sx_json_count(j, "resamples", in->boot.resamples);
    sx_json_integer(j, "seed", (int64_t)in->boot.seed);
    sx_json_number(j, "level", in->boot.level);
    sx_json_text(j, "unit", sx_unit_name(draw->unit, false));
    sx_json_count(j, "units", groups);
    sx_json_text(j, "interval", interval);
}

void sx_eval_warn_about_cases(const sx_eval_input *in, const sx_eval_cases *c,
                              sx_eval_output *out) {
    const size_t films = in->truth->films.count;
    const char *noun = sx_noun(films, "film", "films");
    if (c->unlabelled)
        sx_eval_warn(out, "%zu of %zu %s without a label left out.", c->unlabelled, films, noun);
    if (c->unscored)
        sx_eval_warn(out, "%zu of %zu %s without a score left out.", c->unscored, films, noun);
}

void sx_eval_warn_about_lacking(const sx_eval_input *in, const sx_lacking *l, sx_json at,
                                sx_eval_output *out) {
    const sx_names *names = &in->truth->class_names;
    sx_str list = { 0 };
    if (!in->boot.resamples) return;
    sx_json j = sx_json_object(at, "resamples_without");
    for (size_t c = 0; c < names->count; c++) {
        sx_json_count(j, names->items[c], l->classes[c]);
        if (l->classes[c])
            sx_str_printf(&list, "%s%s %zu", list.len ? ", " : "", names->items[c], l->classes[c]);
    }
    if (l->any)
        sx_eval_warn(out,
                     "%zu of %zu %s no true box of some class: there the mean AP is that of the "
                     "other classes (%s).",
                     l->any, in->boot.resamples,
                     sx_noun(in->boot.resamples, "resample has", "resamples have"),
                     sx_str_text(&list));
    sx_str_free(&list);
}
