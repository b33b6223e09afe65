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

/* The first model without a score for the film, or a reason for having none; prediction_count: all
 * have one. */
static size_t model_without_score(const sx_eval_input *in, size_t film) {
    size_t m = 0;
    while (m < in->prediction_count && (!isnan(in->predictions[m].scores[film]) ||
                                        in->predictions[m].outcomes[film] != SX_FILM_CALLED))
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
                           "%zu of %zu %s %s no score, the first %.100s in %s (--list "
                           "evaluates the films of a list, --lenient those with a score)",
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

/* ---- cases ---- */

static bool make_arrays(sx_eval_cases *c, size_t room, sx_error *err) {
    const size_t models = c->model_count;
    c->films = sx_calloc_for(room + 1, sizeof *c->films, "films", err);
    c->groups = sx_calloc_for(room + 1, sizeof *c->groups, "films", err);
    c->labels = sx_calloc_for(room + 1, 1, "films", err);
    c->scores = sx_calloc_for(models, sizeof *c->scores, "models", err);
    c->all_scores = sx_calloc_for(models, sizeof *c->all_scores, "models", err);
    c->open = sx_calloc_for(models, sizeof *c->open, "models", err);
    bool ok = c->films && c->groups && c->labels && c->scores && c->all_scores && c->open;
    for (size_t m = 0; ok && m < models; m++) {
        c->scores[m] = sx_calloc_for(room + 1, sizeof **c->scores, "films", err);
        c->all_scores[m] = sx_calloc_for(room + 1, sizeof **c->all_scores, "films", err);
        c->open[m] = sx_calloc_for(room + 1, 1, "films", err);
        ok = c->scores[m] && c->all_scores[m] && c->open[m];
    }
    return ok;
}

static void fill_cases(const sx_eval_input *in, const sx_case_options *o, const sx_eval_draw *draw,
                       const uint32_t *kept, sx_eval_cases *c) {
    for (size_t m = 0; m < c->model_count; m++)
        for (size_t i = 0; i < c->count; i++) {
            const sx_predictions *p = &in->predictions[m];
            const double score = p->scores[kept[i]];
            const bool open =
                isnan(score) || (p->outcomes[kept[i]] != SX_FILM_CALLED && !o->every_score);
            c->all_scores[m][i] = score;
            c->scores[m][i] = open ? (double)NAN : score;
            c->open[m][i] = open;
        }
    for (size_t i = 0; i < c->count; i++) {
        c->films[i] = kept[i];
        c->labels[i] = in->truth->labels[kept[i]] == 1;
        c->groups[i] = sx_group_of(&draw->groups, kept[i]);
    }
}

/* ---- studies and patients ---- */

typedef struct pooling {
    sx_pooling how;
    size_t units;
    uint32_t *of;      /* [films] the unit of each */
    uint32_t *unit_of; /* [films] room: of those with a score */
    unsigned char *flags, *labels;
    double *scores; /* [films] room */
} pooling;

/* Numbers the units in the order of their first films, which move to the front. */
static bool number_units(sx_eval_cases *c, const sx_groups *all, const uint32_t *kept, pooling *p,
                         sx_error *err) {
    uint32_t *slot = sx_calloc_for(all->count, sizeof *slot, "films", err);
    for (size_t i = 0; slot && i < c->count; i++) {
        const uint32_t g = all->of[kept[i]];
        if (!slot[g]) {
            c->films[p->units] = c->films[i];
            c->groups[p->units] = c->groups[i];
            slot[g] = (uint32_t)++p->units;
        }
        p->of[i] = slot[g] - 1;
    }
    free(slot);
    return slot != NULL;
}

/* Replaces the scores of films by those of units; films without a score are left out. */
static void pool_scores(const sx_eval_cases *c, const pooling *p, double *scores) {
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (isnan(scores[i])) continue;
        p->unit_of[n] = p->of[i];
        scores[n++] = scores[i];
    }
    const sx_groups groups = { p->unit_of, n, p->units };
    sx_pool_scores(c->labels, scores, &groups, p->how, p->labels, p->scores); /* no labels here */
    memcpy(scores, p->scores, p->units * sizeof *scores);
}

static void pool_model(const sx_eval_cases *c, const pooling *p, size_t m) {
    double *all = c->all_scores[m];
    memset(p->flags, 0, p->units);
    for (size_t i = 0; i < c->count; i++)
        if (isnan(all[i])) p->flags[p->of[i]] = 1;
    pool_scores(c, p, c->scores[m]);
    pool_scores(c, p, all);
    for (size_t i = 0; i < p->units; i++)
        if (p->flags[i]) all[i] = (double)NAN;
    memset(p->flags, 0, p->units);
    for (size_t i = 0; i < c->count; i++)
        p->flags[p->of[i]] |= c->open[m][i];
    memcpy(c->open[m], p->flags, p->units);
}

static void pool_labels(sx_eval_cases *c, const pooling *p) {
    memset(p->flags, 0, p->units);
    for (size_t i = 0; i < c->count; i++)
        p->flags[p->of[i]] |= c->labels[i];
    memcpy(c->labels, p->flags, p->units);
    c->count = p->units;
}

static bool pool_cases(const sx_eval_input *in, const sx_case_options *o, sx_eval_cases *c,
                       const uint32_t *kept, sx_error *err) {
    sx_groups all;
    if (!sx_truth_groups(in->truth, o->level, &all, err)) return false;
    const size_t n = c->count;
    pooling p = { .how = o->pooling };
    p.of = sx_calloc_for(n, sizeof *p.of, "films", err);
    p.unit_of = sx_calloc_for(n, sizeof *p.unit_of, "films", err);
    p.flags = sx_calloc_for(n, 1, "films", err);
    p.labels = sx_calloc_for(n, 1, "films", err);
    p.scores = sx_calloc_for(n, sizeof *p.scores, "films", err);
    const bool ok = p.of && p.unit_of && p.flags && p.labels && p.scores &&
                    number_units(c, &all, kept, &p, err);
    for (size_t m = 0; ok && m < c->model_count; m++)
        pool_model(c, &p, m);
    if (ok) pool_labels(c, &p);
    free(p.of);
    free(p.unit_of);
    free(p.flags);
    free(p.labels);
    free(p.scores);
    return ok;
}

static void count_positives(sx_eval_cases *c) {
    c->positives = 0;
    for (size_t i = 0; i < c->count; i++)
        c->positives += c->labels[i];
    c->prevalence = (double)c->positives / (double)c->count;
}

bool sx_eval_cases_make(const sx_eval_input *in, const sx_case_options *o, const sx_eval_draw *draw,
                        sx_eval_cases *c, sx_error *err) {
    const size_t films = in->truth->films.count;
    *c = (sx_eval_cases){ .model_count = in->prediction_count,
                          .unit = o->level,
                          .group_count = draw->groups.count };
    if (draw->unit < o->level)
        return sx_fail(err, SX_ERR_USAGE, "the bootstrap cannot draw %s when %s are evaluated",
                       sx_unit_name(draw->unit, true), sx_unit_name(o->level, true));
    uint32_t *kept = sx_calloc_for(films, sizeof *kept, "films", err);
    bool ok = kept && make_arrays(c, films, err) && choose_films(in, c, kept, err);
    if (ok) fill_cases(in, o, draw, kept, c);
    if (ok && o->level != SX_UNIT_FILM) ok = pool_cases(in, o, c, kept, err);
    if (ok) count_positives(c);
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

/* ---- cases for a measure ---- */

bool sx_eval_case_called(const sx_eval_cases *c, size_t model, double threshold, size_t i) {
    return !c->open[model][i] || c->scores[model][i] >= threshold;
}

static bool has_case(const sx_eval_cases *c, sx_case_choice choice, size_t model, double threshold,
                     size_t i) {
    switch (choice) {
    case SX_CASES_WHOLE:
        return !c->open[model][i];
    case SX_CASES_CALLED:
        return sx_eval_case_called(c, model, threshold, i);
    case SX_CASES_SCORED:
        return !isnan(c->all_scores[model][i]);
    case SX_CASES_INTENDED:
        return true;
    }
    return false;
}

static double score_for(const sx_eval_cases *c, sx_case_choice choice, size_t model,
                        double threshold, size_t i) {
    if (choice == SX_CASES_SCORED) return c->all_scores[model][i];
    if (choice != SX_CASES_INTENDED || sx_eval_case_called(c, model, threshold, i))
        return c->scores[model][i];
    return c->labels[i] ? nextafter(threshold, -INFINITY) : threshold;
}

static void add_case(const sx_eval_cases *c, sx_case_choice choice, size_t first,
                     const double *thresholds, size_t i, sx_eval_cases *out) {
    const size_t to = out->count++;
    for (size_t k = 0; k < out->model_count; k++) {
        const double threshold = thresholds ? thresholds[k] : (double)NAN;
        out->scores[k][to] = score_for(c, choice, first + k, threshold, i);
        out->all_scores[k][to] = c->all_scores[first + k][i];
    }
    out->films[to] = c->films[i];
    out->groups[to] = c->groups[i];
    out->labels[to] = c->labels[i];
}

bool sx_eval_cases_choose(const sx_eval_cases *c, sx_case_choice choice, size_t first,
                          size_t model_count, const double *thresholds, sx_eval_cases *out,
                          sx_error *err) {
    *out = (sx_eval_cases){ .model_count = model_count,
                            .unit = c->unit,
                            .group_count = c->group_count };
    if (!make_arrays(out, c->count, err)) return false;
    for (size_t i = 0; i < c->count; i++) {
        size_t k = 0;
        while (k < model_count &&
               has_case(c, choice, first + k, thresholds ? thresholds[k] : (double)NAN, i))
            k++;
        if (k == model_count) add_case(c, choice, first, thresholds, i, out);
    }
    count_positives(out);
    return true;
}

void sx_eval_cases_free(sx_eval_cases *c) {
    for (size_t m = 0; m < c->model_count; m++) {
        if (c->scores) free(c->scores[m]);
        if (c->all_scores) free(c->all_scores[m]);
        if (c->open) free(c->open[m]);
    }
    free(c->scores);
    free(c->all_scores);
    free(c->open);
    free(c->labels);
    free(c->films);
    free(c->groups);
    *c = (sx_eval_cases){ 0 };
}
