#include "data/film_stems.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/files.h"
#include "base/film_name.h"
#include "base/mem.h"

bool sx_film_stems_add(sx_film_stems *s, const char *name, sx_error *err) {
    char stem[SX_FILM_STEM];
    bool fresh;
    const size_t at = s->count;
    if (at == s->cap) {
        const size_t cap = s->cap ? s->cap * 2 : 256;
        uint32_t *next = sx_realloc(s->next, cap, sizeof *next);
        if (!next) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        s->next = next;
        s->cap = cap;
    }
    sx_film_name_upper_stem(name, stem);
    if (!sx_names_put(&s->first, stem, (uint32_t)at, &fresh, err)) return false;
    s->next[at] = (uint32_t)at;
    s->count++;
    if (fresh) return true;
    /* behind the first of that name, whose number `first` has */
    const uint32_t first = (uint32_t)sx_names_find(&s->first, stem);
    if (s->next[first] != first) s->next[at] = s->next[first];
    s->next[first] = (uint32_t)at;
    return true;
}

long sx_film_stems_find(const sx_film_stems *s, const char *name) {
    char stem[SX_FILM_STEM];
    sx_film_name_upper_stem(name, stem);
    return sx_names_find(&s->first, stem);
}

long sx_film_stems_next(const sx_film_stems *s, long at) {
    return s->next[at] == (uint32_t)at ? -1 : (long)s->next[at];
}

void sx_film_stems_free(sx_film_stems *s) {
    sx_names_free(&s->first);
    free(s->next);
    *s = (sx_film_stems){ 0 };
}

sx_name_fit sx_name_fit_of(const char *path, const char *name) {
    const char *p = sx_path_base(path), *n = sx_path_base(name);
    const char *ending = n + sx_film_name_length(n);
    char p_stem[SX_FILM_STEM], n_stem[SX_FILM_STEM];
    sx_film_name_stem(path, p_stem, sizeof p_stem);
    sx_film_name_stem(name, n_stem, sizeof n_stem);
    sx_name_fit fit = { .ending = !*ending || sx_equal_letters(p + sx_film_name_length(p), ending),
                        .same_stem = strcmp(p_stem, n_stem) == 0,
                        .same_folders = true };
    for (size_t p_length = 0, n_length = 0;; fit.folders++) {
        n = sx_path_folder_above(name, n, &n_length);
        fit.has_folder = fit.has_folder || n;
        if (!n) break;
        p = sx_path_folder_above(path, p, &p_length);
        if (!p || !sx_film_name_equal(p, p_length, n, n_length)) return fit;
        fit.same_folders = fit.same_folders && p_length == n_length && memcmp(p, n, n_length) == 0;
    }
    fit.all_folders = true;
    return fit;
}
