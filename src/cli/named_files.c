#include "cli/named_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/film_name.h"
#include "data/manifest_build.h"

/* An output, and the input that is searched for it. */
typedef struct search {
    const sx_option *out;
    const char *path, *input;
    struct stat file; /* of the output */
    bool exists;
} search;

/* Whether the output is this file, or would be if both existed. */
static bool is_output(const search *s, const char *file) {
    struct stat st;
    if (stat(file, &st) != 0) return !s->exists && sx_same_path(s->path, file);
    return s->exists && st.st_dev == s->file.st_dev && st.st_ino == s->file.st_ino;
}

static bool check_file(const search *s, const char *file, sx_error *err) {
    const bool same = strcmp(s->path, file) == 0;
    return !is_output(s, file) ||
           sx_fail(err, SX_ERR_USAGE, "--%s %s: is %s%sa file of the input, %s; name another file",
                   s->out->name, s->path, same ? "" : file, same ? "" : ", ", s->input);
}

static bool check_files(const search *s, const sx_paths *files, sx_error *err) {
    for (size_t i = 0; i < files->count; i++)
        if (!check_file(s, files->items[i], err)) return false;
    return true;
}

/* A folder of films; `whole`: what is in its subfolders is read too. */
static bool check_folder(const search *s, const char *folder, bool whole, sx_error *err) {
    return !(sx_same_file(s->path, folder) || (whole && sx_path_is_below(s->path, folder))) ||
           sx_fail(err, SX_ERR_USAGE,
                   "--%s %s: films of the input, %s, are in %s; name another folder", s->out->name,
                   s->path, s->input, folder);
}

/* The folders of the films that annotations name. Many films have the same one. */
static bool check_folders_of(const search *s, const sx_manifest *m, sx_error *err) {
    const char *last = "";
    size_t length = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const char *path = m->films[i].path;
        const size_t n = path ? (size_t)(sx_path_base(path) - path) : 0;
        if (!path || (n == length && memcmp(path, last, n) == 0)) continue;
        char *folder = sx_path_folder(path);
        const bool ok = folder ? check_folder(s, folder, false, err)
                               : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        free(folder);
        if (!ok) return false;
        last = path;
        length = n;
    }
    return true;
}

static bool check_films(const search *s, const sx_manifest *m, sx_error *err) {
    if (!s->out->output) return check_folders_of(s, m, err);
    for (uint32_t i = 0; i < m->sources.count; i++)
        if (!check_file(s, m->sources.items[i], err)) return false;
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        if ((f->path && !check_file(s, f->path, err)) ||
            (f->other_file && !check_file(s, f->other_file, err)))
            return false;
    }
    return true;
}

/* What cannot be read as a data set names no film; the command tells why if it needs one. */
static bool check_manifest(const search *s, sx_error *err) {
    sx_manifest m;
    sx_error why = { 0 };
    const bool opened =
        sx_manifest_open(s->input, &(sx_manifest_options){ .keep_faults = true }, &m, &why);
    bool ok = why.code != SX_ERR_MEMORY || sx_fail(err, why.code, "%s", why.message);
    if (opened) ok = check_films(s, &m, err);
    sx_manifest_free(&m);
    return ok;
}

/* The folders where a data set of any layout has its films, some of which may be links. */
static bool check_places(const search *s, bool dir, sx_error *err) {
    sx_film_files files = { 0 };
    sx_error why = { 0 };
    char *root = dir ? NULL : sx_manifest_root(s->input);
    bool ok = dir || root || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    if (ok && !sx_film_files_of_set(&files, root ? root : s->input, &why))
        ok = why.code != SX_ERR_MEMORY || sx_fail(err, why.code, "%s", why.message);
    ok = ok && (!s->out->output || check_files(s, &files.paths, err));
    for (size_t i = 0; ok && !s->out->output && i < files.folders.count; i++)
        ok = check_folder(s, files.folders.items[i], dir, err);
    sx_film_files_free(&files);
    free(root);
    return ok;
}

/* Files below the folder may be links. */
static bool check_below(const search *s, sx_error *err) {
    sx_paths files = { 0 }, unread = { 0 }, results = { 0 };
    const bool ok =
        sx_paths_walk_set(&files, &unread, &results, s->input, err) && check_files(s, &files, err);
    sx_paths_free(&files);
    sx_paths_free(&unread);
    sx_paths_free(&results);
    return ok;
}

static bool is_table(const char *input) {
    static const char *const endings[] = { ".csv", ".json", ".yaml", ".yml" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (sx_path_has_ending(input, endings[i])) return true;
    return false;
}

bool sx_named_files_check(const sx_option *out, const char *path, const char *input,
                          sx_error *err) {
    search s = { .out = out, .path = path, .input = input };
    const bool dir = sx_path_is_dir(input);
    s.exists = stat(path, &s.file) == 0;
    if (!dir && !is_table(input)) return true;
    /* a new file that is no film replaces nothing */
    if (out->output && !s.exists && !sx_is_film_name(path)) return true;
    if (out->output && dir && !check_below(&s, err)) return false;
    if (!check_places(&s, dir, err)) return false;
    return !(out->output || s.exists) || check_manifest(&s, err);
}
