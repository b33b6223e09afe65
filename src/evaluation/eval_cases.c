#include "evaluation/eval_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

bool sx_eval_draw_make(const sx_eval_input *in, sx_eval_draw *draw, sx_error *err) {
    draw->unit = in->draw_given               ? in->draw
                 : in->truth->patient_count   ? SX_UNIT_PATIENT
                 : in->truth->study_count > 0 ? SX_UNIT_STUDY
                                              : SX_UNIT_FILM;
    return sx_truth_groups(in->truth, draw->unit, &draw->groups, err);
}

bool sx_eval_check_predicted(const sx_eval_input *in, const sx_predictions *p, sx_error *err) {
    size_t first = 0;
    if (!p->unseen || (!p->names_all && (in->list || in->skip_missing))) return true;
    while (p->places[first])
        first++;
    return sx_fail(err, SX_ERR_MISSING, "%zu of %zu %s %s no prediction, the first %.100s (%s)",
                   p->unseen, in->truth->films.count,
                   sx_noun(in->truth->films.count, "film", "films"),
                   sx_noun(p->unseen, "has", "have"), in->truth->films.items[first],
                   p->names_all ? "--list evaluates the films of a list, --lenient those predicted"
                                : "--list names the films that were predicted, also those without "
                                  "boxes");
}

/* The first model without a score for the film; prediction_count: all have one. */
static size_t model_without_score(const sx_eval_input *in, size_t film) {
    size_t m = 0;
    while (m < in->prediction_count && !isnan(in->predictions[m].scores[film]))
        m++;
    return m;
}

/* The error for the first film without a label, or else without a score. */
static bool missing(const sx_eval_input *in, const sx_eval_cases *c, sx_error *err) {
    const sx_truth *t = in->truth;
    const size_t films = t->films.count;
    const char *noun = sx_noun(films, "film", "films");
    for (size_t i = 0; i < films; i++) {
        const char *name = t->films.items[i];
        const size_t m = model_without_score(in, i);
        if (c->unlabelled && t->labels[i] < 0) {
            sx_fail(err, SX_ERR_MISSING,
                    "%zu of %zu %s %s no label, the first %.100s (--lenient leaves them out)",
                    c->unlabelled, films, noun, sx_noun(c->unlabelled, "has", "have"), name);
            return t->lines[i] ? sx_fail_in(err, "%s:%u", in->truth_path, t->lines[i])
                               : sx_fail_in(err, "%s", in->truth_path);
        }
        if (!c->unlabelled && m < in->prediction_count)
            return sx_fail(err, SX_ERR_MISSING,
                           "%zu of %zu %s %s no score, the first %.100s in %s (--lenient "
                           "leaves them out)",
                           c->unscored, films, noun, sx_noun(c->unscored, "has", "have"), name,
                           in->predictions[m].path);
    }
    return true;
}

static bool choose_films(const sx_eval_input *in, sx_eval_cases *c, uint32_t *kept, sx_error *err) {
    const size_t films = in->truth->films.count;
    for (size_t m = 0; m < in->prediction_count; m++)
        if (!in->predictions[m].has_scores)
            return sx_fail(err, SX_ERR_MISSING, "%s has no scores of films",
                           in->predictions[m].path);
    for (size_t i = 0; i < films; i++) {
        if (in->truth->labels[i] < 0)
            c->unlabelled++;
        else if (model_without_score(in, i) < in->prediction_count)
            c->unscored++;
        else
            kept[c->count++] = (uint32_t)i;
    }
    if (c->count < films && !in->skip_missing) return missing(in, c, err);
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

static bool fill_cases(const sx_eval_input *in, const sx_eval_draw *draw, const uint32_t *kept,
                       sx_eval_cases *c, sx_error *err) {
    for (size_t m = 0; m < c->model_count; m++) {
        c->scores[m] = sx_calloc_for(c->count, sizeof **c->scores, "films", err);
        if (!c->scores[m]) return false;
        for (size_t i = 0; i < c->count; i++)
            c->scores[m][i] = in->predictions[m].scores[kept[i]];
    }
    for (size_t i = 0; i < c->count; i++) {
        c->films[i] = kept[i];
        c->labels[i] = in->truth->labels[kept[i]] == 1;
        c->groups[i] = draw->groups.of ? draw->groups.of[kept[i]] : kept[i];
    }
    return true;
}

bool sx_eval_cases_make(const sx_eval_input *in, sx_unit level, sx_pooling pooling,
                        const sx_eval_draw *draw, sx_eval_cases *c, sx_error *err) {
    size_t films = in->truth->films.count;
    *c = (sx_eval_cases){ .model_count = in->prediction_count,
                          .unit = level,
                          .group_count = draw->groups.count };
    if (draw->unit < level)
        return sx_fail(err, SX_ERR_USAGE, "the bootstrap cannot draw %s when %s are evaluated",
                       sx_unit_name(draw->unit, true), sx_unit_name(level, true));
    uint32_t *kept = sx_calloc_for(films, sizeof *kept, "films", err);
    c->films = sx_calloc_for(films, sizeof *c->films, "films", err);
    c->groups = sx_calloc_for(films, sizeof *c->groups, "films", err);
    c->labels = sx_calloc_for(films, 1, "films", err);
    c->scores = sx_calloc_for(in->prediction_count, sizeof *c->scores, "models", err);
    bool ok = kept && c->films && c->groups && c->labels && c->scores &&
              choose_films(in, c, kept, err) && fill_cases(in, draw, kept, c, err);
    if (ok && level != SX_UNIT_FILM) ok = pool_cases(in, level, pooling, c, kept, err);
    for (size_t i = 0; ok && i < c->count; i++)
        c->positives += c->labels[i];
    c->prevalence = (double)c->positives / (double)c->count;
    free(kept);
    if (!ok) sx_eval_cases_free(c);
    return ok;
}

sx_cases sx_eval_cases_view(const sx_eval_cases *c) {
    return (sx_cases){ c->labels,
                       (const double *const *)c->scores,
                       c->count,
                       c->model_count,
                       { c->groups, c->count, c->group_count } };
}

void sx_eval_cases_free(sx_eval_cases *c) {
    for (size_t m = 0; c->scores && m < c->model_count; m++)
        free(c->scores[m]);
    free(c->scores);
    free(c->labels);
    free(c->films);
    free(c->groups);
    *c = (sx_eval_cases){ 0 };
}
