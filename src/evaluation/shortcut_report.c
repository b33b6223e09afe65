#include "evaluation/shortcut_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "metrics/delong.h"
#include "metrics/level_scores.h"
#include "metrics/sort.h"

static const char *const names[] = { "width",     "height", "film_size", "aspect", "mean_grey",
                                     "body_part", "view",   "maker",     "device", "photometric",
                                     "spacing",   "bits",   "syntax",    "sex",    "age" };
enum { NAMES = sizeof names / sizeof *names, BINS = 10, TEXTS = 40 };

/* The labelled films. */
typedef struct films {
    uint32_t *at; /* [count] in the truth */
    unsigned char *labels;
    uint32_t *folds;
    size_t count;
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

static bool measure(const sx_eval_input *in, const films *f, const sx_level_set *sets,
                    size_t set_count, sx_shortcut *s, sx_error *err) {
    const sx_level_cases cases = { f->labels, f->folds, f->count, SX_SHORTCUT_FOLDS };
    double *scores = sx_calloc_for(f->count + 1, sizeof *scores, "scores", err);
    sx_delong d;
    const bool ok = scores && sx_level_scores(&cases, sets, set_count, scores, err) &&
                    sx_delong_one(f->labels, scores, f->count, &d, err);
    if (ok) {
        s->auroc = d.auc;
        s->interval = sx_normal_interval(d.auc, sqrt(d.variance), in->boot.level, 0, 1);
    }
    free(scores);
    return ok;
}

/* Labelled films, and a fold for each unit of the bootstrap. */
static bool choose_films(const sx_eval_input *in, sx_shortcut_result *r, films *f, sx_error *err) {
    const size_t all = in->truth->films.count;
    const uint64_t key = sx_rng_key("eval/shortcut", in->boot.seed);
    f->at = sx_calloc_for(all + 1, 2 * sizeof *f->at, "films", err);
    f->labels = sx_calloc_for(all + 1, 1, "films", err);
    if (!f->at || !f->labels) return false;
    f->folds = f->at + all + 1;
    for (size_t i = 0; i < all; i++) {
        if (in->truth->labels[i] < 0) continue;
        const uint64_t group = r->draw.groups.of ? r->draw.groups.of[i] : i;
        f->at[f->count] = (uint32_t)i;
        f->folds[f->count] = (uint32_t)(sx_rng_u64(key, group) % SX_SHORTCUT_FOLDS);
        f->labels[f->count++] = in->truth->labels[i] == 1;
        r->abnormal += in->truth->labels[i] == 1;
    }
    r->films = f->count;
    r->unlabelled = all - f->count;
    if (r->abnormal && r->abnormal < r->films) return true;
    return sx_fail(err, SX_ERR_VALUE, "all %zu films with a label are %s", r->films,
                   r->abnormal ? "abnormal" : "normal");
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
        s->why = s->unknown == w->films.count ? "no values"
                 : s->level_count < 2         ? "one value only"
                                              : NULL;
        ok = s->why || measure(in, &w->films, set, 1, s, err);
        w->set_count += s->why == NULL;
        r->count++;
    }
    sx_attribute_free(&a);
    return ok;
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
    if (w->set_count < 2) return true;
    sx_shortcut *all = &r->items[r->count++];
    snprintf(all->name, sizeof all->name, "all %zu together", w->set_count);
    all->level_count = 0;
    return measure(in, &w->films, w->sets, w->set_count, all, err);
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
