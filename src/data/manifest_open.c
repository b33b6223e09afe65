/* Which layout a folder has, and where its films are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/manifest_build.h"

static const char *const split_names[] = { "train", "val", "test" };

/* root/fmt, fmt with at most one %s for `word`; valid until the next call. NULL: too long. */
static const char *below(char buf[4096], const char *root, const char *fmt, const char *word) {
    int n = snprintf(buf, 4096, "%s/", root);
    if (n < 0 || n >= 4096) return NULL;
    const char *mark = strstr(fmt, "%s");
    int w = mark ? snprintf(buf + n, (size_t)(4096 - n), "%.*s%s%s", (int)(mark - fmt), fmt, word, mark + 2)
                 : snprintf(buf + n, (size_t)(4096 - n), "%s", fmt);
    return w >= 0 && w < 4096 - n ? buf : NULL;
}

/* The folders in which the films of a split may be. */
static bool find_films(const sx_manifest_build *b, const char *root, const char *split, sx_film_files *files,
                       sx_error *err) {
    static const char *const of_split[] = { "%s_images", "%s_pngs", "images/%s", "%s/images", "%s" };
    static const char *const of_all[] = { "images", "" };
    char dir[4096];
    if (b->o->images) return sx_film_files_add(files, b->o->images, err);
    for (size_t i = 0; split[0] && i < sizeof of_split / sizeof *of_split; i++)
        if (below(dir, root, of_split[i], split) && !sx_film_files_add(files, dir, err)) return false;
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++)
        if (below(dir, root, of_all[i], "") && !sx_film_files_add(files, dir, err)) return false;
    return true;
}

static bool read_csv(sx_manifest_build *b, const char *root, const char *csv, sx_split split, sx_error *err) {
    sx_film_files files = { 0 };
    char meta[4096];
    const char *name = sx_split_name(split);
    bool ok = find_films(b, root, name, &files, err) && sx_manifest_read_csv(b, csv, split, &files, err);
    if (ok && split && below(meta, root, "%s_meta.csv", name) && sx_path_exists(meta))
        ok = sx_manifest_read_meta(b, meta, split, err);
    sx_film_files_free(&files);
    return ok;
}

/* A CSV for each split, named by `pattern`. *found: there was one. */
static bool read_splits(sx_manifest_build *b, const char *root, const char *pattern, bool *found,
                        sx_error *err) {
    char csv[4096];
    for (int i = 0; i < 3; i++) {
        sx_split split = (sx_split)(SX_SPLIT_TRAIN + i);
        if (!below(csv, root, pattern, split_names[i]) || !sx_path_exists(csv)) continue;
        *found = true;
        if (b->o->split && b->o->split != split) continue;
        if (!read_csv(b, root, csv, split, err)) return false;
    }
    return true;
}

static bool read_folder(sx_manifest_build *b, const char *root, sx_error *err) {
    static const char *const per_split[] = { "annotations/%s.csv", "%s/annotations.csv", "%s.csv" };
    static const char *const single[] = { "annotations.csv", "labels.csv" };
    char csv[4096];
    bool found = false;
    for (size_t i = 0; i < sizeof per_split / sizeof *per_split; i++) {
        if (!read_splits(b, root, per_split[i], &found, err)) return false;
        if (found) return true;
    }
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (below(csv, root, single[i], "") && sx_path_exists(csv))
            return read_csv(b, root, csv, SX_SPLIT_NONE, err);
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "%s: no data set that is known: neither annotations/train.csv, train/annotations.csv, "
                   "annotations.csv nor labels.csv is there",
                   root);
}

static bool read_single(sx_manifest_build *b, const char *path, sx_error *err) {
    const char *base = sx_path_base(path);
    size_t n = base > path ? (size_t)(base - path) - 1 : 0;
    char root[4096];
    if (n >= sizeof root) return sx_fail(err, SX_ERR_LIMIT, "%s: a path of over 4096 bytes", path);
    snprintf(root, sizeof root, "%.*s", base > path ? (int)n : 1, base > path ? path : ".");
    if (strcmp(sx_path_base(root), "annotations") == 0)
        snprintf(root + strlen(root), sizeof root - strlen(root), "/..");
    sx_split split = sx_split_of_name(base);
    if (!sx_ends_with(base, ".csv"))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: not a folder, and not a .csv file of annotations", path);
    return read_csv(b, root, path, split, err);
}

bool sx_manifest_read(sx_manifest_build *b, const char *path, sx_error *err) {
    if (sx_path_is_dir(path)) return read_folder(b, path, err);
    if (!sx_path_exists(path)) return sx_fail(err, SX_ERR_IO, "%s: there is no such file or folder", path);
    return read_single(b, path, err);
}
