#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/film_name.h"
#include "base/mem.h"
#include "base/run_results.h"
#include "base/utf8.h"
#include "data/manifest_build.h"

/* The name may be that of another file, which is no folder of films. */
static bool is_regular(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool list_films(const char *dir, sx_paths *films, bool *absent, sx_error *err) {
    DIR *d = opendir(dir);
    if (!d) {
        sx_path_fail(err, dir, "open the folder");
        *absent = !sx_path_exists(dir) || is_regular(dir);
        return *absent;
    }
    sx_names results = { 0 };
    bool ok = sx_run_results_read(dir, &results, err);
    for (struct dirent *e; ok && (errno = 0, e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.' || !sx_is_film_name(e->d_name)) continue;
        if (sx_names_find(&results, e->d_name) >= 0) continue;
        char *path = sx_path_join(dir, e->d_name);
        ok = path ? sx_paths_add(films, path, err)
                  : sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", dir);
        free(path);
        errno = 0;
    }
    if (ok && errno) ok = sx_fail_errno(err, dir, "read the folder");
    closedir(d);
    sx_names_free(&results);
    sx_paths_sort(films); /* "x.dicom" before "x.png": the original before a picture of it */
    return ok;
}

/* Whether the ids of two films are equal although the films differ: they are in two folders, or
 * the escape of a byte in one name is literally in the other. A picture of a DICOM film beside it
 * is no other film, nor is one with another ending. */
bool sx_film_files_are_rivals(const char *first, const char *other) {
    const char *a = sx_path_base(first), *b = sx_path_base(other);
    const size_t n = sx_film_name_length(a);
    const bool names = n == sx_film_name_length(b) && memcmp(a, b, n) == 0,
               folders = a - first == b - other && memcmp(first, other, (size_t)(a - first)) == 0;
    return !(names && folders) && !sx_same_file(first, other);
}

static bool is_picture(const char *path) {
    return sx_path_has_ending(path, ".png") || sx_path_has_ending(path, ".jpg") ||
           sx_path_has_ending(path, ".jpeg");
}

/* Folders of films have an order, in which those of the originals come before those of pictures
 * that were made of them: train_images, train_pngs. */
static bool is_original(const char *first, const char *other) {
    const char *a = sx_path_base(first), *b = sx_path_base(other);
    const size_t n = sx_film_name_length(a);
    return n == sx_film_name_length(b) && memcmp(a, b, n) == 0 && !is_picture(a) && is_picture(b);
}

/* The folder of films that holds the film, but none of its subfolders, by its place in their
 * order; -1: there is none. */
static long folder_of(const sx_film_files *f, const char *path) {
    const char *below = sx_film_files_below(f, path);
    if (strchr(below, '/')) return -1;
    for (size_t i = 0; i < f->folders.count; i++)
        if (sx_path_length(f->folders.items[i]) + 1 == (size_t)(below - path) &&
            memcmp(f->folders.items[i], path, (size_t)(below - path - 1)) == 0)
            return (long)i;
    return -1;
}

bool sx_film_files_is_original(const sx_film_files *f, const char *first, const char *other) {
    const long a = folder_of(f, first), b = folder_of(f, other);
    return a >= 0 && a < b && is_original(first, other);
}

static bool add_film(sx_film_files *f, const char *id, const char *path, sx_error *err) {
    bool fresh;
    if (!sx_names_put(&f->stems, id, (uint32_t)f->paths.count, &fresh, err) ||
        !sx_paths_add(&f->paths, path, err))
        return false;
    if (fresh) return true;
    const char *first = f->paths.items[sx_names_find(&f->stems, id)];
    return is_original(first, path) || !sx_film_files_are_rivals(first, path) ||
           sx_names_put(&f->rivals, first, (uint32_t)f->paths.count - 1, &fresh, err);
}

bool sx_film_files_list(const char *dir, sx_paths *films, bool *absent, sx_error *err) {
    sx_error why = { 0 };
    *absent = false;
    return list_films(dir, films, absent, &why) || sx_fail(err, why.code, "%s", why.message);
}

static bool list_folder(sx_film_files *f, const char *dir, sx_paths *found, bool *absent,
                        sx_error *err) {
    return sx_film_files_list(dir, found, absent, err) &&
           (*absent || sx_paths_add(&f->folders, dir, err));
}

bool sx_film_files_add(sx_film_files *f, const char *dir, sx_error *err) {
    sx_paths found = { 0 };
    bool absent, ok = list_folder(f, dir, &found, &absent, err);
    for (size_t i = 0; ok && i < found.count; i++) {
        char stem[SX_FILM_STEM];
        sx_film_name_stem(found.items[i], stem, sizeof stem);
        ok = add_film(f, stem, found.items[i], err);
    }
    sx_paths_free(&found);
    return ok;
}

bool sx_film_files_id(const char *dir, const char *path, sx_str *id, sx_error *err) {
    sx_str name = { 0 };
    sx_manifest_folder_id(path + strlen(dir), &name);
    id->len = 0;
    sx_utf8_escape(id, sx_str_text(&name));
    const bool ok = sx_str_ok(&name, err) && sx_str_ok(id, err);
    sx_str_free(&name);
    return ok;
}

bool sx_film_files_add_tree(sx_manifest_build *b, sx_film_files *f, const char *dir,
                            sx_error *err) {
    sx_paths found = { 0 };
    sx_str id = { 0 };
    bool fresh, absent, ok = list_folder(f, dir, &found, &absent, err);
    ok = ok && sx_names_put(&f->tree.known, dir, 0, &fresh, err);
    sx_paths_free(&found);
    found = (sx_paths){ 0 };
    if (ok && !absent) ok = sx_manifest_walk(b, dir, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        if (sx_is_film_name(sx_path_base(found.items[i])))
            ok = sx_film_files_id(dir, found.items[i], &id, err) &&
                 add_film(f, id.data, found.items[i], err);
    sx_str_free(&id);
    sx_paths_free(&found);
    return ok;
}

const char *sx_film_files_find(const sx_film_files *f, const char *id) {
    const long at = sx_film_name_find(&f->stems, id);
    return at < 0 ? NULL : f->paths.items[at];
}

bool sx_manifest_set_rival(const sx_manifest_build *b, sx_manifest_film *f, const char *other,
                           sx_error *err) {
    if (!other) return true;
    if (!b->o->keep_faults)
        return sx_manifest_fail(b, f->line, SX_ERR_MISMATCH, err,
                                "film %.100s has two files, %.200s and %.200s", f->id, f->path,
                                other);
    f->other_file = sx_arena_strdup(b->m->memory, other);
    return f->other_file || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

bool sx_manifest_check_rival(const sx_manifest_build *b, const sx_film_files *files,
                             sx_manifest_film *f, sx_error *err) {
    const long at = f->path ? sx_names_find(&files->rivals, f->path) : -1;
    return sx_manifest_set_rival(b, f, at < 0 ? NULL : files->paths.items[at], err);
}

void sx_film_files_free(sx_film_files *f) {
    sx_paths_free(&f->paths);
    sx_names_free(&f->stems);
    sx_names_free(&f->rivals);
    sx_paths_free(&f->folders);
    sx_paths_free(&f->tree.paths);
    sx_names_free(&f->tree.known);
    sx_film_stems_free(&f->tree.stems);
    sx_names_free(&f->tree.subfolders);
}
