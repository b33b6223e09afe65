#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "evaluation/evaluation_impl.h"

void sx_eval_output_free(sx_eval_output *o) {
    sx_doc_free(o->doc);
    sx_json_free(&o->json);
    *o = (sx_eval_output){ 0 };
}

sx_json sx_eval_put_interval(sx_json at, const char *key, double value, sx_interval i) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "value", value);
    if (!isnan(i.low)) {
        sx_json_number(j, "low", i.low);
        sx_json_number(j, "high", i.high);
    }
    return j;
}

bool sx_eval_end(const sx_eval_output *out, sx_error *err) {
    return sx_json_ok(&out->json, err);
}

/* An array that sx_eval_begin has made. */
static sx_json list_of(sx_eval_output *out, const char *key) {
    return (sx_json){ &out->json, json_object_get(out->json.root, key) };
}

void sx_eval_warn(sx_eval_output *out, const char *fmt, ...) {
    char text[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    sx_doc_warn(out->doc, "%s", text);
    sx_json_text(list_of(out, "warnings"), NULL, text);
}

static const char *plural(size_t n) {
    return n == 1 ? "" : "s";
}

static void note_truth(const sx_eval_input *in, sx_eval_output *out) {
    const sx_truth *t = in->truth;
    size_t abnormal = 0;
    for (size_t i = 0; i < t->films.count; i++)
        abnormal += t->labels[i] == 1;
    sx_doc_fact(out->doc, "truth", "%s (sha256 %.12s)", in->truth_path, t->hash);
    sx_doc_fact(out->doc, "films", "%zu, %zu abnormal (%.1f %%)", t->films.count, abnormal,
                100.0 * (double)abnormal / (double)t->films.count);
    if (t->study_count) sx_doc_fact(out->doc, "studies", "%zu", t->study_count);
    if (t->patient_count) sx_doc_fact(out->doc, "patients", "%zu", t->patient_count);
    if (t->has_boxes)
        sx_doc_fact(out->doc, "true boxes", "%zu of %zu classes", t->box_count,
                    t->class_names.count);
    sx_json j = sx_json_object(sx_json_root(&out->json), "truth");
    sx_json_text(j, "path", in->truth_path);
    sx_json_text(j, "sha256", t->hash);
    sx_json_count(j, "films", t->films.count);
    sx_json_count(j, "abnormal", abnormal);
    sx_json_count(j, "studies", t->study_count);
    sx_json_count(j, "patients", t->patient_count);
    sx_json_count(j, "boxes", t->box_count);
    sx_json_count(j, "duplicate_boxes", t->duplicate_boxes);
    sx_json_number(j, "prevalence", (double)abnormal / (double)t->films.count);
    sx_json classes = sx_json_array(j, "classes");
    for (size_t i = 0; i < t->class_names.count; i++)
        sx_json_text(classes, NULL, t->class_names.items[i]);
    if (t->duplicate_boxes)
        sx_eval_warn(out, "%zu true box%s exact cop%s of another; they count, as in pycocotools.",
                     t->duplicate_boxes, t->duplicate_boxes == 1 ? " is an" : "es are",
                     t->duplicate_boxes == 1 ? "y" : "ies");
    if (t->contradictions && t->reader_names.count < 2)
        sx_eval_warn(out,
                     "%zu film%s both a \"" SX_NO_FINDING
                     "\" row and a lesion; such a film counts as abnormal.",
                     t->contradictions, t->contradictions == 1 ? " has" : "s have");
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
    sx_json_count(j, "unknown_film_rows", p->unknown_films);
    sx_json_count(j, "unknown_class_rows", p->unknown_classes);
    sx_json_count(j, "failed_films", p->failed);
    sx_json_count(j, "duplicate_boxes", p->duplicates);
    const char *name = p->name;
    if (p->unknown_films)
        sx_eval_warn(out, "%s: %zu row%s of films that the truth does not know left out.", name,
                     p->unknown_films, plural(p->unknown_films));
    if (p->unknown_classes)
        sx_eval_warn(out, "%s: %zu box%s of classes that the truth does not know left out.", name,
                     p->unknown_classes, p->unknown_classes == 1 ? "" : "es");
    if (p->failed)
        sx_eval_warn(out, "%s: %zu film%s could not be read or run when it was made.", name,
                     p->failed, plural(p->failed));
    if (p->duplicates)
        sx_eval_warn(out, "%s: %zu box%s exact cop%s of another; they count.", name, p->duplicates,
                     p->duplicates == 1 ? " is an" : "es are", p->duplicates == 1 ? "y" : "ies");
    if (p->ids_by_position)
        sx_eval_warn(
            out,
            "%s: category_id was taken as the position among the classes by name, from 0, because "
            "the truth has no ids.",
            name);
    if (p->has_boxes && p->unseen)
        sx_eval_warn(out, "%s: %zu film%s no row; they count as films without a box.", name,
                     p->unseen, p->unseen == 1 ? " has" : "s have");
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
    note_truth(in, out);
    sx_json_array(root, "predictions");
    for (size_t i = 0; i < in->prediction_count; i++)
        note_predictions(in, &in->predictions[i], out);
    return true;
}

bool sx_eval_draw_groups(const sx_eval_input *in, sx_eval_output *out, sx_unit *unit,
                         sx_groups *groups, sx_error *err) {
    *unit = in->draw_given               ? in->draw
            : in->truth->patient_count   ? SX_UNIT_PATIENT
            : in->truth->study_count > 0 ? SX_UNIT_STUDY
                                         : SX_UNIT_FILM;
    if (!sx_truth_groups(in->truth, *unit, groups, err)) return false;
    if (*unit == SX_UNIT_FILM && in->boot.resamples && in->truth->study_count &&
        in->truth->study_count < groups->case_count)
        sx_eval_warn(
            out,
            "The bootstrap draws films, but there are only %zu studies: films of one study are not "
            "independent, so the intervals are too narrow.",
            in->truth->study_count);
    return true;
}

void sx_eval_note_bootstrap(const sx_eval_input *in, sx_eval_output *out, sx_unit unit,
                            const sx_groups *g, const char *interval) {
    if (in->boot.resamples)
        sx_doc_fact(out->doc, "intervals",
                    "%g %%, %s of %zu bootstrap resamples of %zu %s, seed %llu",
                    100 * in->boot.level, interval, in->boot.resamples, g->count,
                    sx_unit_name(unit, g->count != 1), (unsigned long long)in->boot.seed);
    sx_json j = sx_json_object(sx_json_root(&out->json), "bootstrap");
    sx_json_count(j, "resamples", in->boot.resamples);
    sx_json_integer(j, "seed", (int64_t)in->boot.seed);
    sx_json_number(j, "level", in->boot.level);
    sx_json_text(j, "unit", sx_unit_name(unit, false));
    sx_json_count(j, "units", g->count);
    sx_json_text(j, "interval", interval);
}

bool sx_eval_read_json(const char *path, const char *kind, json_t **out, sx_error *err) {
    *out = sx_json_read(path, err);
    if (!*out) return false;
    const char *schema = json_string_value(json_object_get(*out, "schema"));
    const char *is = json_string_value(json_object_get(*out, "kind"));
    if (schema && is && strcmp(schema, SX_EVAL_SCHEMA) == 0 && strcmp(is, kind) == 0) return true;
    json_decref(*out);
    *out = NULL;
    return sx_fail(err, SX_ERR_FORMAT, "%s: is not what `spinexr eval %s --json` writes", path,
                   kind);
}

/* ---- cases ---- */

/* The first model without a score of the film; prediction_count: all have one. */
static size_t model_without_score(const sx_eval_input *in, size_t film) {
    size_t m = 0;
    while (m < in->prediction_count && !isnan(in->predictions[m].scores[film]))
        m++;
    return m;
}

/* Why the first film cannot be used that has no label, or else no score. */
static bool missing(const sx_eval_input *in, size_t unlabelled, size_t dropped, sx_error *err) {
    const sx_truth *t = in->truth;
    const size_t films = t->films.count;
    for (size_t i = 0; i < films; i++) {
        const char *name = t->films.items[i];
        const size_t m = model_without_score(in, i);
        if (unlabelled && t->labels[i] < 0) {
            sx_fail(err, SX_ERR_MISSING,
                    "%zu of %zu films have no label, the first %.100s (--lenient leaves them out)",
                    unlabelled, films, name);
            return t->lines[i] ? sx_fail_in(err, "%s:%u", in->truth_path, t->lines[i])
                               : sx_fail_in(err, "%s", in->truth_path);
        }
        if (!unlabelled && m < in->prediction_count)
            return sx_fail(err, SX_ERR_MISSING,
                           "%zu of %zu films have no score, the first %.100s in %s (--lenient "
                           "leaves them out)",
                           dropped, films, name, in->predictions[m].path);
    }
    return true;
}

static bool choose_films(const sx_eval_input *in, sx_eval_output *out, sx_eval_cases *c,
                         uint32_t *kept, sx_error *err) {
    const size_t films = in->truth->films.count;
    size_t unlabelled = 0;
    for (size_t m = 0; m < in->prediction_count; m++)
        if (!in->predictions[m].has_scores)
            return sx_fail(err, SX_ERR_MISSING, "%s has no scores of films",
                           in->predictions[m].path);
    for (size_t i = 0; i < films; i++) {
        if (in->truth->labels[i] < 0)
            unlabelled++;
        else if (model_without_score(in, i) == in->prediction_count)
            kept[c->count++] = (uint32_t)i;
    }
    c->dropped = films - c->count;
    if (c->dropped && !in->skip_missing) return missing(in, unlabelled, c->dropped, err);
    if (unlabelled)
        sx_eval_warn(out, "%zu of %zu films have no label and are left out.", unlabelled, films);
    if (c->dropped > unlabelled)
        sx_eval_warn(out, "%zu of %zu films have no score and are left out.",
                     c->dropped - unlabelled, films);
    return c->count ? true : sx_fail(err, SX_ERR_VALUE, "no film has both a label and a score");
}

static bool pool_cases(const sx_eval_input *in, sx_unit level, sx_pooling pooling, sx_eval_cases *c,
                       const uint32_t *kept, sx_error *err) {
    sx_groups all;
    if (!sx_truth_groups(in->truth, level, &all, err)) return false;
    uint32_t *of = sx_calloc_for(c->count, sizeof *of, "films", err);
    uint32_t *slot = sx_calloc_for(all.count, sizeof *slot, "films", err);
    unsigned char *label = sx_calloc_for(c->count, 1, "films", err);
    double *score = sx_calloc_for(c->count, sizeof *score, "films", err);
    bool ok = of && slot && label && score;
    size_t n = 0;
    for (size_t i = 0; ok && i < c->count; i++) {
        uint32_t g = all.of[kept[i]];
        if (!slot[g]) {
            c->films[n] = c->films[i];
            c->groups[n] = c->groups[i];
            slot[g] = (uint32_t)++n;
        }
        of[i] = slot[g] - 1;
    }
    sx_groups groups = { of, c->count, n };
    for (size_t m = 0; ok && m < c->model_count; m++) {
        sx_pool_scores(c->labels, c->scores[m], &groups, pooling, label, score);
        memcpy(c->scores[m], score, n * sizeof *score);
    }
    if (ok) {
        memcpy(c->labels, label, n);
        c->count = n;
    }
    free(of);
    free(slot);
    free(label);
    free(score);
    return ok;
}

bool sx_eval_cases_make(const sx_eval_input *in, sx_eval_output *out, sx_unit level,
                        sx_pooling pooling, sx_unit draw, const sx_groups *draw_groups,
                        sx_eval_cases *c, sx_error *err) {
    size_t films = in->truth->films.count;
    *c = (sx_eval_cases){ .model_count = in->prediction_count,
                          .unit = level,
                          .group_count = draw_groups->count };
    if (draw < level)
        return sx_fail(err, SX_ERR_USAGE, "the bootstrap cannot draw %s when %s are judged",
                       sx_unit_name(draw, true), sx_unit_name(level, true));
    uint32_t *kept = sx_calloc_for(films, sizeof *kept, "films", err);
    c->films = sx_calloc_for(films, 2 * sizeof *c->films, "films", err);
    c->labels = sx_calloc_for(films, 1, "films", err);
    c->scores = sx_calloc_for(in->prediction_count, sizeof *c->scores, "models", err);
    bool ok = kept && c->films && c->labels && c->scores;
    if (ok) c->groups = c->films + films;
    ok = ok && choose_films(in, out, c, kept, err);
    for (size_t m = 0; ok && m < c->model_count; m++) {
        c->scores[m] = sx_calloc_for(c->count, sizeof **c->scores, "films", err);
        ok = c->scores[m] != NULL;
        for (size_t i = 0; ok && i < c->count; i++)
            c->scores[m][i] = in->predictions[m].scores[kept[i]];
    }
    for (size_t i = 0; ok && i < c->count; i++) {
        c->films[i] = kept[i];
        c->labels[i] = in->truth->labels[kept[i]] == 1;
        c->groups[i] = draw_groups->of ? draw_groups->of[kept[i]] : kept[i];
    }
    if (ok && level != SX_UNIT_FILM) ok = pool_cases(in, level, pooling, c, kept, err);
    for (size_t i = 0; ok && i < c->count; i++)
        c->positives += c->labels[i];
    free(kept);
    if (!ok) sx_eval_cases_free(c);
    return ok;
}

void sx_eval_cases_free(sx_eval_cases *c) {
    for (size_t m = 0; c->scores && m < c->model_count; m++)
        free(c->scores[m]);
    free(c->scores);
    free(c->labels);
    free(c->films);
    *c = (sx_eval_cases){ 0 };
}
