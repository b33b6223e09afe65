/* Finds the films of a data set by the names that a second table, of metadata, uses for them. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "data/manifest_tables.h"

static bool add_film(sx_film_matcher *x, const char *name, uint32_t film, sx_error *err) {
    char stem[SX_FILM_STEM];
    bool fresh;
    sx_film_name_upper_stem(name, stem);
    const uint32_t at = (uint32_t)x->count;
    if (!sx_names_put(&x->stems, stem, at, &fresh, err)) return false;
    const uint32_t first = (uint32_t)sx_names_find(&x->stems, stem);
    /* behind the first film of that name, whose number `stems` has */
    x->films[at] = film;
    x->next[at] = fresh ? at : x->next[first] == first ? at : x->next[first];
    if (!fresh) x->next[first] = at;
    x->count++;
    return true;
}

bool sx_film_matcher_open(sx_film_matcher *x, const sx_manifest *m, const bool *chosen,
                          sx_error *err) {
    *x = (sx_film_matcher){ .m = m };
    x->films = sx_calloc_for(m->film_count + 1, sizeof *x->films, "films", err);
    x->next = x->films ? sx_calloc_for(m->film_count + 1, sizeof *x->next, "films", err) : NULL;
    bool ok = x->next != NULL;
    for (size_t i = 0; ok && i < m->film_count; i++)
        if (!chosen || chosen[i]) ok = add_film(x, m->films[i].id, (uint32_t)i, err);
    return ok;
}

void sx_film_matcher_free(sx_film_matcher *x) {
    sx_names_free(&x->stems);
    free(x->films);
    free(x->next);
    free(x->first);
}

/* Whether the folders of both names agree from the last one upwards, as far as `name` has any;
 * *same_case: their letters, too. */
static bool folders_agree(const char *name, const char *path, bool *same_case) {
    const char *n = sx_path_base(name), *p = sx_path_base(path);
    size_t n_length = 0, p_length = 0;
    while ((n = sx_path_folder_above(name, n, &n_length)) != NULL) {
        p = sx_path_folder_above(path, p, &p_length);
        if (!p || n_length != p_length || !sx_equal_letters_n(n, p, n_length)) return false;
        *same_case = *same_case && memcmp(n, p, n_length) == 0;
    }
    return true;
}

/* -1: another film. Otherwise the better, the more of ending and case agree. */
static int fit_of(const sx_manifest_film *f, const char *name) {
    char name_stem[SX_FILM_STEM], id_stem[SX_FILM_STEM];
    const char *base = sx_path_base(name), *file = sx_path_base(f->path ? f->path : f->id);
    const bool ending =
        !sx_is_film_name(base) ||
        sx_equal_letters(base + sx_film_name_length(base), file + sx_film_name_length(file));
    bool case_of_id = true, case_of_path = true;
    const bool by_id = folders_agree(name, f->id, &case_of_id),
               by_path = f->path && folders_agree(name, f->path, &case_of_path);
    if (!by_id && !by_path) return -1;
    sx_film_name_stem(name, name_stem, sizeof name_stem);
    sx_film_name_stem(f->id, id_stem, sizeof id_stem);
    const bool same_case =
        ((by_id && case_of_id) || (by_path && case_of_path)) && strcmp(name_stem, id_stem) == 0;
    return (ending ? 2 : 0) + (same_case ? 1 : 0);
}

/* The film of exactly that id, else the one that fits best. */
static long find_film(const sx_film_matcher *x, const char *name) {
    char stem[SX_FILM_STEM];
    long found = SX_MATCH_NONE, best = -1;
    sx_film_name_upper_stem(name, stem);
    for (long at = sx_names_find(&x->stems, stem), next; at >= 0; at = next) {
        const sx_manifest_film *f = &x->m->films[x->films[at]];
        next = x->next[at] == (uint32_t)at ? -1 : (long)x->next[at];
        const int fit = strcmp(f->id, name) == 0 ? 4 : fit_of(f, name);
        if (fit < 0 || fit < best) continue;
        found = fit == best ? SX_MATCH_SEVERAL : (long)x->films[at];
        best = fit;
    }
    return found;
}

long sx_film_matcher_find(sx_film_matcher *x, const char *text, size_t line, sx_error *err) {
    sx_str name = { 0 };
    sx_manifest_file_name(text, &name);
    long film = sx_str_ok(&name, err) ? find_film(x, sx_str_text(&name)) : SX_MATCH_FAILED;
    sx_str_free(&name);
    if (film != SX_MATCH_FAILED) x->rows++;
    if (film != SX_MATCH_NONE && film != SX_MATCH_SEVERAL) return film;
    size_t *count = film == SX_MATCH_NONE ? &x->unknown : &x->ambiguous;
    if ((*count)++ || x->first) return film;
    x->first = sx_strdup(text);
    x->first_line = line;
    if (x->first) return film;
    sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    return SX_MATCH_FAILED;
}

bool sx_film_matcher_report(const sx_film_matcher *x, sx_manifest_build *b, const char *path,
                            sx_error *err) {
    if (!x->first) return true;
    const size_t unmatched = x->unknown + x->ambiguous;
    sx_str s = { 0 };
    sx_str_printf(&s, "%s: %zu of %zu %s not used: ", path, unmatched, x->rows,
                  sx_noun(x->rows, "row is", "rows are"));
    if (x->unknown)
        sx_str_printf(&s, "%zu %s no film%s", x->unknown, sx_noun(x->unknown, "names", "name"),
                      x->ambiguous ? ", " : "");
    if (x->ambiguous)
        sx_str_printf(&s, "%zu %s several films alike", x->ambiguous,
                      sx_noun(x->ambiguous, "fits", "fit"));
    sx_str_printf(&s, "; the first is \"%.80s\" in line %zu", x->first, x->first_line);
    const bool ok = sx_str_ok(&s, err) && sx_manifest_note(b, err, "%s", s.data);
    sx_str_free(&s);
    return ok;
}
