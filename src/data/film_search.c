/* Finds films whose names in annotations do not lead to a file: the letters differ in case, or the
 * films are in subfolders. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "data/manifest_build.h"

static bool add_path(sx_film_files *f, const char *path, sx_error *err) {
    struct sx_film_tree *t = &f->tree;
    char stem[SX_FILM_STEM];
    bool fresh;
    const uint32_t at = (uint32_t)t->paths.count;
    if (!sx_film_files_see_folders(f, path, err)) return false;
    if (!sx_is_film_name(sx_path_base(path))) return true;
    if (!sx_names_put(&t->known, path, at, &fresh, err)) return false;
    if (!fresh) return true;
    if (at == t->cap) {
        const size_t more = t->cap ? t->cap * 2 : 256;
        uint32_t *same = sx_realloc(t->same, more, sizeof *same);
        if (!same) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        t->same = same;
        t->cap = more;
    }
    sx_film_name_upper_stem(path, stem);
    if (!sx_names_put(&t->stems, stem, at, &fresh, err) || !sx_paths_add(&t->paths, path, err))
        return false;
    t->same[at] = at;
    if (fresh) return true;
    /* behind the first of that name, whose number `stems` has */
    const uint32_t first = (uint32_t)sx_names_find(&t->stems, stem);
    t->same[at] = t->same[first] == first ? at : t->same[first];
    t->same[first] = at;
    return true;
}

static bool is_root(const sx_manifest_build *b, const char *folder) {
    const size_t n = sx_path_length(folder);
    return !b->o->images && n == sx_path_length(b->root) && memcmp(folder, b->root, n) == 0;
}

bool sx_film_files_list_tree(sx_manifest_build *b, sx_film_files *f, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = true;
    if (f->tree.listed) return true;
    for (size_t i = 0; ok && i < f->paths.count; i++)
        ok = add_path(f, f->paths.items[i], err);
    for (size_t i = 0; ok && i < f->folders.count; i++) {
        const char *folder = f->folders.items[i];
        bool fresh = false;
        if (is_root(b, folder)) continue;
        ok = sx_names_put(&f->tree.known, folder, 0, &fresh, err) &&
             (!fresh || sx_manifest_walk(b, folder, &found, err));
    }
    for (size_t i = 0; ok && i < found.count; i++)
        ok = add_path(f, found.items[i], err);
    sx_paths_free(&found);
    f->tree.listed = ok;
    return ok;
}

/* How well a path fits a name of the same stem: first by the folders that agree, then by the ending
 * and by the case of its letters. -1: not at all. */
static long fit_of(const char *path, const char *name, bool strict) {
    const char *p = sx_path_base(path), *n = sx_path_base(name);
    char p_stem[SX_FILM_STEM], n_stem[SX_FILM_STEM];
    const bool ending = !sx_is_film_name(n) ||
                        sx_equal_letters(p + sx_film_name_length(p), n + sx_film_name_length(n));
    long folders = 0;
    sx_film_name_stem(path, p_stem, sizeof p_stem);
    sx_film_name_stem(name, n_stem, sizeof n_stem);
    bool same_case = strcmp(p_stem, n_stem) == 0, has_folder = false;
    for (size_t p_length = 0, n_length = 0;; folders++) {
        n = sx_path_folder_above(name, n, &n_length);
        p = sx_path_folder_above(path, p, &p_length);
        has_folder = has_folder || n;
        if (!p || !n || p_length != n_length || !sx_equal_letters_n(p, n, n_length)) break;
        same_case = same_case && memcmp(p, n, n_length) == 0;
    }
    if (strict && (!ending || (has_folder && !folders))) return -1;
    return folders * 4 + (ending ? 2 : 0) + (same_case ? 1 : 0);
}

bool sx_film_files_search(sx_manifest_build *b, sx_film_files *f, const char *name, sx_split split,
                          bool strict, const char **path, const char **other, sx_error *err) {
    char stem[SX_FILM_STEM];
    *path = *other = NULL;
    if (!sx_film_files_list_tree(b, f, err)) return false;
    sx_film_name_upper_stem(name, stem);
    long best = -1, at = sx_names_find(&f->tree.stems, stem);
    for (long next; at >= 0; at = next) {
        const char *found = f->tree.paths.items[at];
        const long fit = fit_of(found, name, strict);
        next = f->tree.same[at] == (uint32_t)at ? -1 : (long)f->tree.same[at];
        if (fit < 0 || fit < best || !sx_film_files_agree(b, f, name, split, found)) continue;
        if (fit > best) *other = NULL;
        if (fit == best && sx_film_files_are_rivals(*path, found)) *other = found;
        if (fit > best) *path = found;
        best = fit;
    }
    return true;
}
