#include "data/film_matcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/manifest_build.h"

static bool add_name(sx_film_matcher *x, uint32_t film, const char *name, sx_error *err) {
    if (!name[0]) return true;
    x->films[x->stems.count] = film;
    return sx_film_stems_add(&x->stems, name, err);
}

static bool add_film(sx_film_matcher *x, uint32_t film, sx_error *err) {
    const sx_manifest_film *f = &x->m->films[film];
    return add_name(x, film, f->id, err) && add_name(x, film, f->alias, err);
}

bool sx_film_matcher_open(sx_film_matcher *x, const sx_manifest *m, const bool *chosen,
                          sx_error *err) {
    *x = (sx_film_matcher){ .m = m };
    x->films = sx_calloc_for(2 * m->film_count + 1, sizeof *x->films, "films", err);
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
    const char *path = f->path ? f->path : f->file_name;
    const sx_name_fit id = sx_name_fit_of(f->id, name),
                      file = path ? sx_name_fit_of(path, name) : id;
    if (!id.all_folders && !file.all_folders) return -1;
    const bool exact =
        (id.all_folders && id.same_folders) || (file.all_folders && file.same_folders);
    const bool same_stem = id.same_stem || (!f->path && file.same_stem);
    return (file.ending ? 2 : 0) + (exact && same_stem ? 1 : 0);
}

/* The film of exactly that id, else the one that fits best. */
static long find_film(const sx_film_matcher *x, const char *name) {
    const sx_film_stems *stems = &x->stems;
    long found = SX_MATCH_NONE, best = -1;
    for (long at = sx_film_stems_find(stems, name); at >= 0; at = sx_film_stems_next(stems, at)) {
        const sx_manifest_film *f = &x->m->films[x->films[at]];
        const int fit = strcmp(f->id, name) == 0 ? 4 : fit_of(f, name);
        const bool again = found == (long)x->films[at]; /* by its other name */
        if (fit < 0 || fit < best || again) continue;
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
