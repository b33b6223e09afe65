#include "evaluation/subgroups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "metrics/sort.h"

enum { SX_VALUES_MAX = 1000 };

static bool add_level(sx_subgroup *g, const char *text, sx_error *err) {
    char *copy = sx_strdup(text);
    if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for subgroups");
    g->levels[g->level_count++] = copy;
    return true;
}

/* ---- numbers ---- */

/* The values as numbers, NaN where there is none; false: a value is no number. */
static bool as_numbers(const sx_attribute *a, double *to, size_t *known) {
    *known = 0;
    for (size_t i = 0; i < a->film_count; i++) {
        to[i] = (double)NAN;
        if (!a->values[i]) continue;
        if (!sx_parse_double(a->values[i], &to[i]) || !isfinite(to[i])) return false;
        ++*known;
    }
    return true;
}

static size_t count_distinct(const double *sorted, size_t n) {
    size_t distinct = n > 0;
    for (size_t i = 1; i < n; i++)
        distinct += sorted[i] != sorted[i - 1];
    return distinct;
}

/* Puts each film into the band that ends at the first cut above its value. Bands without a film
 * are left out. */
static bool put_in_bands(const double *values, size_t n, const double *cuts,
                         const char *const *names, size_t band_count, sx_subgroup *g,
                         sx_error *err) {
    uint32_t level_of[SX_LEVELS_MAX];
    bool used[SX_LEVELS_MAX] = { false };
    for (size_t i = 0; i < n; i++) {
        size_t band = 0;
        while (band + 1 < band_count && values[i] >= cuts[band])
            band++;
        g->of[i] = isnan(values[i]) ? SX_LEVEL_UNKNOWN : (uint32_t)band;
        if (!isnan(values[i])) used[band] = true;
    }
    for (size_t band = 0; band < band_count; band++) {
        if (!used[band]) continue;
        level_of[band] = (uint32_t)g->level_count;
        if (!add_level(g, names[band], err)) return false;
    }
    for (size_t i = 0; i < n; i++)
        if (g->of[i] != SX_LEVEL_UNKNOWN) g->of[i] = level_of[g->of[i]];
    return true;
}

static bool age_bands(const double *values, size_t n, sx_subgroup *g, sx_error *err) {
    static const double cuts[] = { 20, 40, 60, 80 };
    static const char *const names[] = { "0 to 19", "20 to 39", "40 to 59", "60 to 79",
                                         "80 and over" };
    return put_in_bands(values, n, cuts, names, 5, g, err);
}

/* Quarters of the films; equal values stay together. */
static bool quarters(const double *values, size_t n, const double *sorted, size_t known,
                     sx_subgroup *g, sx_error *err) {
    double cuts[3];
    char text[4][80];
    const char *names[4];
    for (size_t k = 0; k < 3; k++)
        cuts[k] = sorted[known * (k + 1) / 4];
    snprintf(text[0], sizeof *text, "under %.6g", cuts[0]);
    for (size_t k = 1; k < 3; k++)
        snprintf(text[k], sizeof *text, "%.6g to under %.6g", cuts[k - 1], cuts[k]);
    snprintf(text[3], sizeof *text, "%.6g and over", cuts[2]);
    for (size_t k = 0; k < 4; k++)
        names[k] = text[k];
    return put_in_bands(values, n, cuts, names, 4, g, err);
}

/* ---- texts ---- */

typedef struct frequent {
    sx_names names;
    size_t *counts; /* [names.count] */
    uint32_t *kept; /* [names.count] the level of each */
} frequent;

static bool count_values(const char *name, const sx_attribute *a, frequent *f, sx_error *err) {
    f->counts = sx_calloc_for(a->film_count + 1, sizeof *f->counts, "subgroups", err);
    f->kept = sx_calloc_for(a->film_count + 1, sizeof *f->kept, "subgroups", err);
    bool ok = f->counts && f->kept;
    for (size_t i = 0; ok && i < a->film_count; i++) {
        uint32_t at;
        if (!a->values[i]) continue;
        ok = sx_names_add(&f->names, a->values[i], &at, err);
    }
    if (ok && f->names.count > SX_VALUES_MAX)
        ok = sx_fail(err, SX_ERR_VALUE, "--subgroup %s: %zu different values make no subgroups",
                     name, f->names.count);
    ok = ok && sx_names_sort(&f->names, f->kept, err);
    for (size_t i = 0; ok && i < a->film_count; i++)
        if (a->values[i]) f->counts[sx_names_find(&f->names, a->values[i])]++;
    return ok;
}

/* The number of films from which a value gets a level of its own. */
static bool is_kept(const frequent *f, size_t k, size_t room) {
    size_t before = 0;
    for (size_t i = 0; i < f->names.count; i++)
        before += f->counts[i] > f->counts[k] || (f->counts[i] == f->counts[k] && i < k);
    return before < room;
}

static bool text_levels(const sx_attribute *a, sx_subgroup *g, sx_error *err) {
    frequent f = { 0 };
    bool ok = count_values(g->name, a, &f, err);
    const bool all = f.names.count <= SX_LEVELS_MAX;
    const size_t room = all ? SX_LEVELS_MAX : SX_LEVELS_MAX - 1;
    for (size_t k = 0; ok && k < f.names.count; k++) {
        const bool keep = is_kept(&f, k, room);
        f.kept[k] = keep ? (uint32_t)g->level_count : SX_LEVELS_MAX - 1;
        if (keep) ok = add_level(g, f.names.items[k], err);
    }
    if (ok && !all) ok = add_level(g, "other", err);
    for (size_t i = 0; ok && i < a->film_count; i++)
        g->of[i] = a->values[i] ? f.kept[sx_names_find(&f.names, a->values[i])] : SX_LEVEL_UNKNOWN;
    sx_names_free(&f.names);
    free(f.counts);
    free(f.kept);
    return ok;
}

/* ---- */

static bool make_levels(const sx_attribute *a, sx_subgroup *g, sx_error *err) {
    size_t known = 0, n = 0;
    double *values = sx_calloc_for(a->film_count + 1, sizeof *values, "subgroups", err);
    double *sorted = sx_calloc_for(a->film_count + 1, sizeof *sorted, "subgroups", err);
    bool ok = values && sorted;
    const bool numbers = ok && as_numbers(a, values, &known) && known > 0;
    for (size_t i = 0; numbers && i < a->film_count; i++)
        if (!isnan(values[i])) sorted[n++] = values[i];
    if (numbers) sx_sort_values(sorted, n);
    const bool many = numbers && count_distinct(sorted, n) > SX_LEVELS_MAX / 2;
    if (ok && numbers && a->age)
        ok = age_bands(values, a->film_count, g, err);
    else if (ok && many)
        ok = quarters(values, a->film_count, sorted, n, g, err);
    else if (ok)
        ok = text_levels(a, g, err);
    free(values);
    free(sorted);
    return ok;
}

static bool read_subgroup(sx_subgroup *g, const sx_attribute_sources *from, const sx_truth *t,
                          sx_error *err) {
    sx_attribute a;
    if (!sx_attribute_read(from, t, g->name, &a, err)) return false;
    g->origin = a.origin;
    a.origin = NULL;
    g->no_age = a.no_age;
    memcpy(g->no_age_text, a.no_age_text, sizeof g->no_age_text);
    g->of = sx_calloc_for(a.film_count + 1, sizeof *g->of, "subgroups", err);
    bool ok = g->of && make_levels(&a, g, err);
    for (size_t i = 0; ok && i < a.film_count; i++)
        g->unknown += g->of[i] == SX_LEVEL_UNKNOWN;
    if (ok && g->unknown == a.film_count)
        ok = sx_fail(err, SX_ERR_VALUE, "--subgroup %s: no film has a value", g->name);
    sx_attribute_free(&a);
    return ok;
}

bool sx_subgroups_add(sx_subgroups *s, const sx_attribute_sources *from, const sx_truth *t,
                      const char *name, sx_error *err) {
    if (s->count == SX_SUBGROUPS_MAX)
        return sx_fail(err, SX_ERR_USAGE, "more than %d subgroups", SX_SUBGROUPS_MAX);
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->items[i].name, name) == 0)
            return sx_fail(err, SX_ERR_USAGE, "--subgroup %s is given twice", name);
    sx_subgroup *g = &s->items[s->count++];
    g->name = sx_strdup(name);
    if (!g->name) return sx_fail(err, SX_ERR_MEMORY, "out of memory for subgroups");
    return strcmp(name, SX_LESION_SIZE) == 0 || read_subgroup(g, from, t, err);
}

void sx_subgroups_free(sx_subgroups *s) {
    for (size_t i = 0; i < s->count; i++) {
        sx_subgroup *g = &s->items[i];
        for (size_t k = 0; k < g->level_count; k++)
            free(g->levels[k]);
        free(g->name);
        free(g->origin);
        free(g->of);
    }
    *s = (sx_subgroups){ 0 };
}
