/* Finds films whose names in annotations do not lead to a file: the letters differ in case, or the
 * films are in subfolders. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "data/manifest_build.h"

static bool add_path(sx_film_files *f, const char *path, sx_error *err) {
    struct sx_film_tree *t = &f->tree;
    bool fresh;
    if (!sx_film_files_see_folders(f, path, err)) return false;
    if (!sx_is_film_name(sx_path_base(path))) return true;
    if (!sx_names_put(&t->known, path, 0, &fresh, err)) return false;
    if (!fresh) return true;
    return sx_film_stems_add(&t->stems, path, err) && sx_paths_add(&t->paths, path, err);
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

bool sx_film_files_is_beside(const sx_manifest_build *b, const char *path, const char *below) {
    const size_t n = sx_path_length(b->root);
    return !b->o->images && (size_t)(below - path) == n + 1 && memcmp(path, b->root, n) == 0;
}

/* The films of a folder, none of whose subfolders: they are not names that others state. */
static bool list_beside(sx_film_files *f, const char *dir, sx_error *err) {
    struct sx_film_tree *t = &f->tree;
    sx_paths found = { 0 };
    bool fresh, absent, ok = sx_film_files_list(dir, &found, &absent, err);
    for (size_t i = 0; ok && i < found.count; i++)
        ok = sx_names_put(&t->known, found.items[i], 0, &fresh, err) &&
             (!fresh || (sx_film_stems_add(&t->stems, found.items[i], err) &&
                         sx_paths_add(&t->paths, found.items[i], err)));
    sx_paths_free(&found);
    return ok;
}

static bool list_named(const sx_manifest_build *b, sx_film_files *f, const char *folder,
                       sx_error *err) {
    char *joined = sx_path_join(b->root, folder), *dir = NULL;
    bool fresh = true, ok = joined ? sx_path_named(joined, &dir, NULL, err)
                                   : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    if (dir)
        ok = sx_names_put(&f->tree.known, dir, 0, &fresh, err) &&
             (!fresh || list_beside(f, dir, err));
    free(joined);
    free(dir);
    return ok;
}

bool sx_film_files_list_stated(const sx_manifest_build *b, sx_film_files *f, const char *name,
                               sx_error *err) {
    sx_str folder = { 0 };
    bool fresh = false, ok = true;
    if (b->o->images) return true;
    while (*name == '/')
        name++;
    const char *base = sx_path_base(name);
    if (base == name) return true;
    /* behind "//" the names are of folders whose places were looked at */
    sx_str_printf(&folder, "//%.*s", (int)(base - name - 1), name);
    ok = sx_str_ok(&folder, err) && sx_names_put(&f->tree.known, folder.data, 0, &fresh, err);
    for (const char *at = ok && fresh ? folder.data + 2 : NULL; ok && at; at = strchr(at, '/')) {
        at += *at == '/';
        ok = !*at || list_named(b, f, at, err);
    }
    sx_str_free(&folder);
    return ok;
}

/* How well a path fits a name of the same stem: first by the folders that agree, then by the ending
 * and by the exact letters. -1: not at all. */
static long fit_of(const char *path, const char *name, bool strict) {
    const sx_name_fit fit = sx_name_fit_of(path, name);
    if (strict && (!fit.ending || (fit.has_folder && !fit.folders))) return -1;
    return fit.folders * 4 + (fit.ending ? 2 : 0) + (fit.same_stem && fit.same_folders ? 1 : 0);
}

bool sx_film_files_search(sx_manifest_build *b, sx_film_files *f, const char *name, sx_split split,
                          bool strict, const char **path, const char **other, sx_error *err) {
    *path = *other = NULL;
    if (!sx_film_files_list_tree(b, f, err)) return false;
    const sx_film_stems *stems = &f->tree.stems;
    long best = -1;
    for (long at = sx_film_stems_find(stems, name); at >= 0; at = sx_film_stems_next(stems, at)) {
        const char *found = f->tree.paths.items[at];
        const long fit = fit_of(found, name, strict);
        if (fit < 0 || fit < best || !sx_film_files_agree(b, f, name, split, found)) continue;
        const bool rivals = fit == best && sx_film_files_are_rivals(*path, found);
        if (fit > best) *other = NULL;
        if (rivals) *other = found;
        /* of one film the first file by its name: "x.dcm" before "x.png" */
        if (fit > best || (!rivals && strcmp(found, *path) < 0)) *path = found;
        best = fit;
    }
    return true;
}
