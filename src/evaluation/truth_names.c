/* Finds the films of a truth by the names that other files use for them. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "base/name_forms.h"
#include "data/manifest_build.h"
#include "evaluation/truth_impl.h"

bool sx_truth_add_alias(sx_truth *t, const sx_manifest_film *f, uint32_t film, sx_error *err) {
    bool fresh;
    if (!f->alias[0] || strcmp(f->alias, f->id) == 0) return true;
    if (!sx_names_put(&t->aliases, f->alias, film, &fresh, err)) return false;
    const bool other = sx_names_find(&t->aliases, f->alias) != (long)film ||
                       sx_names_find(&t->films, f->alias) >= 0;
    return !other || sx_names_put(&t->ambiguous, f->alias, 0, &fresh, err);
}

/* ---- the ends of names ---- */

/* "p1/a" and "a" of "images/p1/a". */
static bool add_endings(sx_truth *t, const char *name, uint32_t film, sx_error *err) {
    bool fresh;
    for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/')) {
        if (!sx_names_put(&t->endings, s + 1, film, &fresh, err)) return false;
        const bool other = !fresh && sx_names_find(&t->endings, s + 1) != (long)film;
        if (other && !sx_names_put(&t->shared_endings, s + 1, 0, &fresh, err)) return false;
    }
    return true;
}

/* The composed forms of names are further names, as other files may use them. */
static bool add_forms(sx_truth *t, sx_error *err) {
    const sx_names *const lists[] = { &t->films, &t->aliases, &t->left_out };
    const size_t counts[] = { t->films.count, t->aliases.count, t->left_out.count };
    char composed[4 * PATH_MAX];
    bool ok = true, fresh;
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; ok && i < counts[k]; i++) {
            if (!sx_other_form(lists[k]->items[i], composed, sizeof composed)) continue;
            const uint32_t film = lists[k]->values[i];
            sx_names *to = k == 2 ? &t->left_out : &t->forms;
            ok = sx_names_put(to, composed, film, &fresh, err);
            if (ok && k < 2 && !fresh && sx_names_find(to, composed) != (long)film)
                ok = sx_names_put(&t->ambiguous, composed, 0, &fresh, err);
        }
    return ok;
}

bool sx_truth_add_endings(sx_truth *t, sx_error *err) {
    const sx_names *const lists[] = { &t->films, &t->aliases, &t->forms };
    bool ok = add_forms(t, err);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; ok && i < lists[k]->count; i++)
            ok = add_endings(t, lists[k]->items[i], lists[k]->values[i], err);
    for (size_t i = 0; ok && i < t->left_out.count; i++)
        ok = add_endings(t, t->left_out.items[i], (uint32_t)t->films.count, err);
    return ok;
}

/* ---- finding ---- */

/* Whether a film has exactly this name. */
static bool find_exactly(const sx_truth *t, const char *name, sx_truth_match *match) {
    long film = sx_names_find(&t->films, name);
    if (film < 0) film = sx_names_find(&t->aliases, name);
    if (film < 0) film = sx_names_find(&t->forms, name);
    *match = (sx_truth_match){ .film = film,
                               .left_out = film < 0 && sx_names_find(&t->left_out, name) >= 0,
                               .ambiguous = sx_names_find(&t->ambiguous, name) >= 0 };
    return match->film >= 0 || match->left_out;
}

/* Whether the names of one film alone end in `name`, behind a slash. */
static bool find_by_ending(const sx_truth *t, const char *name, sx_truth_match *match) {
    const long film = sx_names_find(&t->endings, name);
    if (film < 0 || sx_names_find(&t->shared_endings, name) >= 0) return false;
    const bool left_out = film == (long)t->films.count;
    *match = (sx_truth_match){ .film = left_out ? -1 : film, .left_out = left_out };
    return true;
}

static sx_truth_match find(const sx_truth *t, const char *name) {
    char cut[4 * PATH_MAX]; /* without the ending; room for a path whose bytes are all escaped */
    sx_truth_match match;
    const char *base = sx_path_base(name);
    const size_t n = (size_t)(base - name) + sx_film_name_length(base);
    const bool ends = name[n] && n < sizeof cut;
    snprintf(cut, sizeof cut, "%.*s", ends ? (int)n : 0, name);
    if (find_exactly(t, name, &match) || (ends && find_exactly(t, cut, &match)) ||
        find_by_ending(t, name, &match) || (ends && find_by_ending(t, cut, &match)))
        return match;
    for (const char *s = strchr(name, '/'); s; s = strchr(s + 1, '/'))
        if (find_exactly(t, s + 1, &match) ||
            (ends && find_exactly(t, cut + (s + 1 - name), &match)))
            return match;
    return (sx_truth_match){ .film = -1,
                             .shared = sx_names_find(&t->shared_endings, ends ? cut : name) >= 0 };
}

static bool is_found(const sx_truth_match *match) {
    return match->film >= 0 || match->left_out || match->shared;
}

static sx_truth_match find_in_forms(const sx_truth *t, const char *name) {
    char composed[4 * PATH_MAX];
    const sx_truth_match match = find(t, name);
    return is_found(&match) || !sx_other_form(name, composed, sizeof composed) ? match
                                                                               : find(t, composed);
}

sx_truth_match sx_truth_find(const sx_truth *t, const char *name) {
    sx_truth_match match = find_in_forms(t, name);
    sx_str path = { 0 };
    if (is_found(&match)) return match;
    sx_manifest_file_name(name, &path);
    if (!path.failed && strcmp(sx_str_text(&path), name) != 0)
        match = find_in_forms(t, sx_str_text(&path));
    sx_str_free(&path);
    return match;
}

long sx_truth_film(const sx_truth *t, const char *name) {
    return sx_truth_find(t, name).film;
}
