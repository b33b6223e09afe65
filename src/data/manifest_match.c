/* Finds the films of a data set by the names that a second table, of metadata, uses for them. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "data/manifest_tables.h"

static bool add_film(sx_film_matcher *x, uint32_t film, sx_error *err) {
    x->films[x->stems.count] = film;
    return sx_film_stems_add(&x->stems, x->m->films[film].id, err);
}

bool sx_film_matcher_open(sx_film_matcher *x, const sx_manifest *m, const bool *chosen,
                          sx_error *err) {
    *x = (sx_film_matcher){ .m = m };
    x->films = sx_calloc_for(m->film_count + 1, sizeof *x->films, "films", err);
    bool ok = x->films != NULL;
    for (size_t i = 0; ok && i < m->film_count; i++)
        if (!chosen || chosen[i]) ok = add_film(x, (uint32_t)i, err);
    return ok;
}

void sx_film_matcher_free(sx_film_matcher *x) {
    sx_film_stems_free(&x->stems);
    free(x->films);
    free(x->first);
}

/* -1: another film. Otherwise the better, the more of ending and exact letters agree. Folders that
 * the name has are those of the id or of the file. */
static int fit_of(const sx_manifest_film *f, const char *name) {
    const sx_name_fit id = sx_name_fit_of(f->id, name),
                      file = f->path ? sx_name_fit_of(f->path, name) : id;
    if (!id.all_folders && !file.all_folders) return -1;
    const bool exact =
        (id.all_folders && id.same_folders) || (file.all_folders && file.same_folders);
    return (file.ending ? 2 : 0) + (exact && id.same_stem ? 1 : 0);
}

/* The film of exactly that id, else the one that fits best. */
static long find_film(const sx_film_matcher *x, const char *name) {
    const sx_film_stems *stems = &x->stems;
    long found = SX_MATCH_NONE, best = -1;
    for (long at = sx_film_stems_find(stems, name); at >= 0; at = sx_film_stems_next(stems, at)) {
        const sx_manifest_film *f = &x->m->films[x->films[at]];
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
    x->fitting += film >= 0;
    if (film != SX_MATCH_NONE && film != SX_MATCH_SEVERAL) return film;
    size_t *count = film == SX_MATCH_NONE ? &x->unknown : &x->ambiguous;
    if ((*count)++ || x->first) return film;
    x->first = sx_strdup(text);
    x->first_line = line;
    if (x->first) return film;
    sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    return SX_MATCH_FAILED;
}

static void list_unmatched(const sx_film_matcher *x, const char *path, sx_str *s) {
    const size_t unmatched = x->unknown + x->ambiguous;
    sx_str_printf(s, "%s: %zu of %zu rows %s not used: ", path, unmatched, x->rows,
                  sx_noun(unmatched, "is", "are"));
    if (x->unknown)
        sx_str_printf(s, "%zu %s no film%s", x->unknown, sx_noun(x->unknown, "names", "name"),
                      x->ambiguous ? ", " : "");
    if (x->ambiguous)
        sx_str_printf(s, "%zu %s several films alike", x->ambiguous,
                      sx_noun(x->ambiguous, "fits", "fit"));
    sx_str_printf(s, "; the first is \"%.80s\" in line %zu", x->first, x->first_line);
}

bool sx_film_matcher_report(const sx_film_matcher *x, sx_manifest_build *b, const char *path,
                            sx_error *err) {
    if (!x->first) return true;
    sx_str s = { 0 };
    if (x->rows == 1)
        sx_str_printf(&s, "%s: its only row is not used: \"%.80s\" in line %zu %s", path, x->first,
                      x->first_line, x->unknown ? "names no film" : "fits several films alike");
    else
        list_unmatched(x, path, &s);
    const bool ok = sx_str_ok(&s, err) && sx_manifest_note(b, err, "%s", s.data);
    sx_str_free(&s);
    return ok;
}
