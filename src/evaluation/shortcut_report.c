#include "evaluation/shortcut_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "metrics/clustered_auroc.h"
#include "metrics/level_scores.h"
#include "metrics/multiple_tests.h"
#include "metrics/sort.h"

static const char *const names[] = { "width",     "height", "film_size", "aspect", "mean_grey",
                                     "body_part", "view",   "maker",     "device", "photometric",
                                     "spacing",   "bits",   "syntax",    "sex",    "age" };
enum { NAMES = sizeof names / sizeof *names, BINS = 10, TEXTS = 40 };

/* The labelled films. */
typedef struct films {
    uint32_t *at; /* [count] in the truth */
    unsigned char *labels;
    uint32_t *folds, *groups; /* groups: the units of the bootstrap */
    size_t count, group_count;
} films;

/* ---- levels ---- */

/* Numbers of more than BINS values are divided into BINS equal parts. */
static bool number_levels(const sx_attribute *a, const films *f, uint32_t *levels, size_t *count,
                          sx_error *err) {
    double *values = sx_calloc_for(f->count + 1, 2 * sizeof *values, "levels", err);
    if (!values) return false;
    double *sorted = values + f->count + 1;
    size_t known = 0;
    for (size_t i = 0; i < f->count; i++) {
        const char *text = a->values[f->at[i]];
        values[i] = (double)NAN;
        if (text && !sx_parse_double(text, &values[i])) values[i] = (double)NAN;
        if (!isnan(values[i])) sorted[known++] = values[i];
    }
    sx_sort_values(sorted, known);
    *count = BINS + 1;
    for (size_t i = 0; i < f->count; i++) {
        uint32_t level = 0;
        while (!isnan(values[i]) && level + 1 < BINS &&
               values[i] >= sorted[known * (level + 1) / BINS])
            level++;
        levels[i] = isnan(values[i]) ? BINS : level;
    }
    free(values);
    return true;
}

static bool text_levels(const sx_attribute *a, const films *f, uint32_t *levels, size_t *count,
                        sx_error *err) {
    sx_names values = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < f->count; i++) {
        const char *text = a->values[f->at[i]];
        uint32_t level = 0;
        ok = sx_names_add(&values, text ? text : "", &level, err);
        levels[i] = level < TEXTS ? level : TEXTS;
    }
    *count = TEXTS + 1;
    sx_names_free(&values);
    return ok;
}

/* Whether all values are numbers, and more than BINS different ones. */
static bool is_number(const sx_attribute *a, const films *f) {
    double seen[BINS + 1];
    size_t different = 0;
    for (size_t i = 0; i < f->count; i++) {
        double v;
        size_t k = 0;
        if (!a->values[f->at[i]]) continue;
        if (!sx_parse_double(a->values[f->at[i]], &v)) return false;
        while (k < different && seen[k] != v)
            k++;
        if (k == different && different <= BINS) seen[different++] = v;
    }
    return different > BINS;
}

static size_t count_used(const uint32_t *levels, size_t n) {
    bool used[TEXTS + BINS + 2] = { false };
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        count += !used[levels[i]];
        used[levels[i]] = true;
    }
    return count;
}

/* ---- */

/* Of AUROCs without any relation, from units of which `a` have abnormal films and `b` normal ones
 * (Mann and Whitney 1947). */
static bool null_variance(const films *f, double *variance, sx_error *err) {
    unsigned char *seen = sx_calloc_for(f->group_count + 1, 1, "films", err);
    double a = 0, b = 0;
    if (!seen) return false;
    for (size_t i = 0; i < f->count; i++)
        seen[f->groups[i]] |= f->labels[i] ? 1 : 2;
    for (size_t g = 0; g < f->group_count; g++) {
        a += seen[g] & 1;
        b += seen[g] >> 1;
    }
    free(seen);
    *variance = (a + b + 1) / (12 * a * b);
    return true;
}

static bool put_auroc(const sx_eval_input *in, const films *f, const double *scores,
                      const sx_folds *folds, sx_shortcut *s, sx_error *err) {
    const sx_groups groups = { f->groups, f->count, f->group_count };
    sx_clustered_auroc a;
    if (!sx_auroc_of_clusters(f->labels, scores, &groups, folds, &a, err)) return false;
    s->auroc = a.auroc;
    s->interval = sx_normal_interval(a.auroc, sqrt(a.variance), in->boot.level, 0, 1);
    if (!(a.variance > 0) && !null_variance(f, &a.variance, err)) return false;
    s->p = erfc(fabs(a.auroc - 0.5) / sqrt(2 * a.variance));
    return true;
}

/* By pairs of films of the same fold, whose scores come from the same counts. */
static bool cross_validate(const sx_eval_input *in, const films *f, const sx_level_set *sets,
                           size_t set_count, sx_shortcut *s, sx_error *err) {
    const sx_level_cases cases = { f->labels, f->folds, f->count, SX_SHORTCUT_FOLDS };
    const sx_folds folds = { f->folds, SX_SHORTCUT_FOLDS };
    double *scores = sx_calloc_for(f->count + 1, sizeof *scores, "scores", err);
    const bool ok = scores && sx_level_scores(&cases, sets, set_count, scores, err) &&
                    put_auroc(in, f, scores, &folds, s, err);
    if (ok && isnan(s->auroc)) s->why = "too few films";
    free(scores);
    return ok;
}

/* The order of two values; no value comes first. */
static bool is_before(const char *a, const char *b) {
    double x, y;
    if (!a || !b) return !a;
    if (sx_parse_double(a, &x) && sx_parse_double(b, &y) && x != y) return x < y;
    return strcmp(a, b) < 0;
}

/* Two levels need no counts to be ordered: which of them comes second does not depend on the
 * labels. It is named by its first value. */
static bool compare_two(const sx_eval_input *in, const films *f, const sx_attribute *a,
                        const uint32_t *levels, sx_shortcut *s, sx_error *err) {
    size_t at = 0;
    for (size_t i = 1; i < f->count; i++)
        if (levels[i] != levels[at] && is_before(a->values[f->at[at]], a->values[f->at[i]])) at = i;
    const uint32_t high = levels[at];
    for (size_t i = 0; i < f->count; i++)
        if (levels[i] == high && is_before(a->values[f->at[i]], a->values[f->at[at]])) at = i;
    double *scores = sx_calloc_for(f->count + 1, sizeof *scores, "scores", err);
    if (!scores) return false;
    snprintf(s->level, sizeof s->level, "%s%.50s", is_number(a, f) ? "from " : "",
             a->values[f->at[at]]);
    for (size_t i = 0; i < f->count; i++)
        scores[i] = levels[i] == high;
    const bool ok = put_auroc(in, f, scores, NULL, s, err);
    free(scores);
    return ok;
}

/* The labelled films; the groups are numbered as in the truth. */
static bool choose_films(const sx_eval_input *in, sx_shortcut_result *r, films *f, sx_error *err) {
    const size_t all = in->truth->films.count;
    f->at = sx_calloc_for(all + 1, 3 * sizeof *f->at, "films", err);
    f->labels = sx_calloc_for(all + 1, 1, "films", err);
    if (!f->at || !f->labels) return false;
    f->folds = f->at + all + 1;
    f->groups = f->folds + all + 1;
    f->group_count = r->draw.groups.of ? r->draw.groups.count : all;
    for (size_t i = 0; i < all; i++) {
        if (in->truth->labels[i] < 0) continue;
        f->at[f->count] = (uint32_t)i;
        f->groups[f->count] = sx_group_of(&r->draw.groups, i);
        f->labels[f->count++] = in->truth->labels[i] == 1;
        r->abnormal += in->truth->labels[i] == 1;
    }
    r->films = f->count;
    r->unlabelled = all - f->count;
    if (!r->abnormal || r->abnormal == r->films)
        return sx_fail(err, SX_ERR_VALUE, "all %zu films with a label are %s", r->films,
                       r->abnormal ? "abnormal" : "normal");
    const sx_groups groups = { f->groups, f->count, f->group_count };
    return sx_balanced_folds(f->labels, &groups, SX_SHORTCUT_FOLDS, in->boot.seed, f->folds, err);
}

typedef struct work {
    films films;
    sx_level_set sets[NAMES];
    uint32_t *levels; /* [NAMES][films] */
    size_t set_count;
} work;

/* False with SX_ERR_MISSING: no source has the attribute. */
static bool add_attribute(const sx_eval_input *in, const sx_attribute_sources *from,
                          const char *name, work *w, sx_shortcut_result *r, sx_error *err) {
    sx_attribute a;
    if (!sx_attribute_read(from, in->truth, name, &a, err)) return false;
    uint32_t *levels = w->levels + w->set_count * w->films.count;
    sx_level_set *set = &w->sets[w->set_count];
    sx_shortcut *s = &r->items[r->count];
    snprintf(s->name, sizeof s->name, "%s", name);
    s->no_age = a.no_age;
    memcpy(s->no_age_text, a.no_age_text, sizeof s->no_age_text);
    for (size_t i = 0; i < w->films.count; i++)
        s->unknown += !a.values[w->films.at[i]];
    bool ok = is_number(&a, &w->films)
                  ? number_levels(&a, &w->films, levels, &set->level_count, err)
                  : text_levels(&a, &w->films, levels, &set->level_count, err);
    if (ok) {
        set->levels = levels;
        s->level_count = count_used(levels, w->films.count);
        s->auroc = (double)NAN;
        s->interval = (sx_interval){ NAN, NAN };
        s->p = (double)NAN;
        s->why = s->unknown == w->films.count ? "no values"
                 : s->level_count < 2         ? "one value only"
                                              : NULL;
        ok = s->why || (s->level_count == 2 ? compare_two(in, &w->films, &a, levels, s, err)
                                            : cross_validate(in, &w->films, set, 1, s, err));
        w->set_count += s->why == NULL;
        r->count++;
    }
    sx_attribute_free(&a);
    return ok;
}

/* One of 15 attributes without any relation has a p below 0.05 more often than not. */
static bool correct(const sx_eval_input *in, sx_shortcut_result *r, sx_error *err) {
    double p[SX_SHORTCUTS_MAX + 1];
    for (size_t i = 0; i < r->count; i++) {
        p[i] = r->items[i].p;
        r->tests += !isnan(p[i]);
    }
    if (!sx_holm(p, r->count, p, err)) return false;
    for (size_t i = 0; i < r->count; i++) {
        sx_shortcut *s = &r->items[i];
        s->p_holm = p[i];
        s->predicts = p[i] < 1 - in->boot.level && (s->auroc > 0.5 || s->level[0]);
    }
    return true;
}

static bool compute(const sx_eval_input *in, const sx_attribute_sources *from, work *w,
                    sx_shortcut_result *r, sx_error *err) {
    if (!sx_eval_draw_make(in, &r->draw, err) || !choose_films(in, r, &w->films, err)) return false;
    w->levels = sx_calloc_for(w->films.count, NAMES * sizeof *w->levels, "levels", err);
    if (!w->levels) return false;
    for (size_t k = 0; k < NAMES; k++) {
        sx_error why = { 0 };
        if (add_attribute(in, from, names[k], w, r, &why) || why.code == SX_ERR_MISSING) continue;
        if (err) *err = why;
        return false;
    }
    if (!r->count)
        return sx_fail(err, SX_ERR_MISSING,
                       "no attributes to read: --films DIR names the films, --meta FILE a CSV of "
                       "data meta");
    if (w->set_count < 2) return correct(in, r, err);
    sx_shortcut *all = &r->items[r->count++];
    snprintf(all->name, sizeof all->name, "all %zu together", w->set_count);
    all->level_count = 0;
    return cross_validate(in, &w->films, w->sets, w->set_count, all, err) && correct(in, r, err);
}

bool sx_shortcut_compute(const sx_eval_input *in, const sx_attribute_sources *from,
                         sx_shortcut_result *out, sx_error *err) {
    work w = { 0 };
    *out = (sx_shortcut_result){ 0 };
    const bool ok = compute(in, from, &w, out, err);
    free(w.levels);
    free(w.films.at);
    free(w.films.labels);
    return ok;
}
