/* Determines the layout of a folder and the folders of its films. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/claim.h"
#include "data/manifest_tables.h"
#include "data/manifest_yolo.h"

enum { LONGEST_NAME = 64 }; /* of what is searched for below the root */

/* The folders that belong to one split. */
static bool find_split_films(const char *root, const char *split, sx_film_files *files,
                             sx_error *err) {
    static const char *const of_split[] = { "%s_images", "%s_pngs", "images/%s",
                                            "%s/images", "%s",      "%s2017" };
    char dir[4096];
    for (size_t i = 0; i < sizeof of_split / sizeof *of_split; i++)
        if (sx_manifest_below(dir, root, of_split[i], split) && !sx_film_files_add(files, dir, err))
            return false;
    return true;
}

/* The folders in which the films of a split may be. */
static bool find_films(const sx_manifest_build *b, const char *root, const char *split,
                       sx_film_files *files, sx_error *err) {
    static const char *const of_all[] = { "images", "" };
    char dir[4096];
    if (b->o->images) return sx_film_files_add(files, b->o->images, err);
    if (split[0] && !find_split_films(root, split, files, err)) return false;
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++)
        if (sx_manifest_below(dir, root, of_all[i], "") && !sx_film_files_add(files, dir, err))
            return false;
    return true;
}

bool sx_film_files_of_set(sx_film_files *f, const char *root, sx_error *err) {
    static const char *const of_all[] = { "images", "JPEGImages", "" };
    char dir[4096];
    for (size_t i = 0; sx_split_names[i]; i++)
        if (!find_split_films(root, sx_split_names[i], f, err)) return false;
    for (size_t i = 0; i < sizeof of_all / sizeof *of_all; i++)
        if (sx_manifest_below(dir, root, of_all[i], "") && !sx_film_files_add(f, dir, err))
            return false;
    return true;
}

static bool is_json(const sx_file *f) {
    size_t at = 0;
    while (at < f->size &&
           (sx_is_space(f->data[at]) || f->data[at] >= 0x80)) /* a byte order mark */
        at++;
    return at < f->size && (f->data[at] == '{' || f->data[at] == '[');
}

/* A first line with a comma and without control characters is the head of a table. A NUL byte may
 * be in it, or follow; whoever reads the table names its place. */
static bool has_head(const sx_file *f, size_t size) {
    const char *end = memchr(f->data, '\n', size);
    const size_t n = end ? (size_t)(end - (const char *)f->data) : 0;
    for (size_t i = 0; i < n; i++)
        if (f->data[i] && f->data[i] < 0x20 && !sx_is_space(f->data[i])) return false;
    return memchr(f->data, ',', n) != NULL;
}

/* CSV or JSON by its content; a file that ends in .json is JSON. */
static bool read_opened(sx_manifest_build *b, const char *path, const sx_file *f, sx_split split,
                        sx_film_files files[SX_SPLITS], sx_error *err) {
    const bool csv = sx_path_has_ending(path, ".csv"), json = sx_path_has_ending(path, ".json");
    const size_t head = f->size < 4096 ? f->size : 4096;
    if (f->size == 0) return sx_fail(err, SX_ERR_FORMAT, "%s: is empty", path);
    if (!csv && !json && memchr(f->data, 0, head) && !has_head(f, head) && !is_json(f))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "%s: not a folder, and not a CSV or JSON file of annotations", path);
    return json || is_json(f) ? sx_manifest_read_coco(b, f, split, &files[split], err)
                              : sx_manifest_read_csv(b, f, split, files, err);
}

/* A CSV or JSON file. `name`: the split, as its folders are called. */
static bool read_table(sx_manifest_build *b, const char *root, const char *path, const char *name,
                       sx_error *err) {
    sx_film_files files[SX_SPLITS] = { 0 };
    sx_file f;
    char meta[4096];
    const sx_split split = sx_split_of_name(name);
    const bool alone = b->o->annotations_only;
    if (!sx_manifest_source_open(b, path, &f, err)) return false;
    bool ok = alone || find_films(b, root, name, &files[split], err);
    /* A table of all splits: each row names its split. */
    for (size_t i = 0; ok && !alone && !split && !b->o->images && sx_split_names[i]; i++)
        ok = find_split_films(root, sx_split_names[i], &files[sx_split_of_name(sx_split_names[i])],
                              err);
    b->root = root;
    ok = ok && read_opened(b, path, &f, split, files, err);
    sx_file_close(&f);
    if (ok && !alone && split && sx_path_has_ending(path, ".csv") &&
        sx_manifest_has_below(b, meta, root, "%s_meta.csv", name))
        ok = sx_manifest_read_meta(b, meta, split, (long)b->source, err);
    for (size_t i = 0; i < SX_SPLITS; i++)
        sx_film_files_free(&files[i]);
    return ok;
}

/* A table for each split, by `pattern`. *found: there is one. */
static bool read_splits(sx_manifest_build *b, const char *root, const char *pattern, bool *found,
                        sx_error *err) {
    char path[4096];
    for (size_t i = 0; sx_split_names[i]; i++) {
        if (!sx_manifest_has_below(b, path, root, pattern, sx_split_names[i])) continue;
        *found = true;
        if (b->o->split && b->o->split != sx_split_of_name(sx_split_names[i])) continue;
        if (!read_table(b, root, path, sx_split_names[i], err)) return false;
    }
    return true;
}

static bool read_voc(sx_manifest_build *b, const char *root, const char *folder, sx_error *err) {
    sx_film_files files = { 0 };
    char films[4096];
    bool ok = true;
    if (!b->o->images && sx_manifest_has_below(b, films, root, "JPEGImages", ""))
        ok = sx_film_files_add_tree(b, &files, films, err);
    ok = ok && find_films(b, root, "", &files, err) && sx_film_files_add(&files, folder, err) &&
         sx_manifest_read_voc_folder(b, root, folder, &files, err);
    sx_film_files_free(&files);
    return ok;
}

static bool yolo_folder(sx_manifest_build *b, const char *root, const char *labels,
                        const char *split, sx_error *err) {
    static const char *const places[] = { "images/%s", "%s/images" };
    sx_film_files files = { 0 };
    char dir[4096];
    bool ok = true;
    if (b->o->split && b->o->split != sx_split_of_name(split)) return true;
    for (size_t i = 0; ok && split[0] && i < 2; i++)
        if (sx_manifest_below(dir, root, places[i], split)) {
            (void)sx_manifest_exists(b, dir); /* perhaps in letters of another case */
            ok = sx_film_files_add_tree(b, &files, dir, err);
        }
    if (ok && b->o->images)
        ok = sx_film_files_add_tree(b, &files, b->o->images, err);
    else if (ok && !split[0] && sx_manifest_below(dir, root, "images", ""))
        ok = sx_film_files_add_tree(b, &files, dir, err) && sx_film_files_add(&files, root, err);
    const sx_yolo_folder folder = { .labels = labels,
                                    .films = &files,
                                    .split = sx_split_of_name(split) };
    ok = ok && sx_manifest_read_yolo(b, &folder, err);
    sx_film_files_free(&files);
    return ok;
}

static bool note_films(sx_manifest_build *b, const char *films, const char *labels, sx_error *err) {
    sx_paths found = { 0 };
    size_t count = 0;
    bool ok = !sx_path_is_dir(films) || sx_manifest_walk(b, films, &found, err);
    for (size_t i = 0; i < found.count; i++)
        count += sx_is_film_name(sx_path_base(found.items[i]));
    ok = ok && sx_manifest_yolo_note(b, films, count, labels, err);
    sx_paths_free(&found);
    return ok;
}

/* Films without any folder of labels: they are not known to be normal. */
static bool note_unlabelled(sx_manifest_build *b, const char *root, sx_error *err) {
    static const char *const films[] = { "images/%s", "%s/images" }, *const labels[] = {
        "labels/%s", "%s/labels"
    };
    char dir[4096], other[4096];
    bool ok = true;
    for (size_t i = 0; ok && !b->o->images && sx_split_names[i]; i++) {
        const char *split = sx_split_names[i];
        if (b->o->split && b->o->split != sx_split_of_name(split)) continue;
        if (sx_manifest_has_below(b, other, root, labels[0], split) ||
            sx_manifest_has_below(b, other, root, labels[1], split))
            continue;
        for (size_t k = 0; ok && k < 2; k++)
            if (sx_manifest_has_below(b, dir, root, films[k], split) &&
                sx_manifest_below(other, root, labels[k], split))
                ok = note_films(b, dir, other, err);
    }
    return ok;
}

/* The names of the classes among the labels. *some: there are any; they are used if `read`. */
static bool read_label_classes(sx_manifest_build *b, const char *root, bool read, bool *some,
                               sx_error *err) {
    char path[4096];
    for (const char *const *table = sx_tables_of_labels; *table; table++)
        for (size_t i = 0; sx_split_names[i] && (i == 0 || strstr(*table, "%s")); i++) {
            if (!sx_manifest_has_below(b, path, root, *table, sx_split_names[i])) continue;
            *some = true;
            if (read && !sx_manifest_yolo_classes(b, path, err)) return false;
        }
    return true;
}

/* Without keys in data.yaml, nothing says which of two folders has the films of a split, or that
 * both have. */
static bool check_places(sx_manifest_build *b, const char *root, sx_error *err) {
    char first[4096], second[4096];
    for (size_t i = 0; sx_split_names[i]; i++) {
        const char *split = sx_split_names[i];
        sx_film_files a = { 0 }, c = { 0 };
        if (b->o->split && b->o->split != sx_split_of_name(split)) continue;
        if (!sx_manifest_has_below(b, first, root, "images/%s", split) ||
            !sx_manifest_has_below(b, second, root, "%s/images", split) ||
            sx_same_file(first, second))
            continue;
        bool ok =
            sx_film_files_add_tree(b, &a, first, err) && sx_film_files_add_tree(b, &c, second, err);
        if (ok && a.paths.count && c.paths.count)
            ok = sx_fail(err, SX_ERR_MISMATCH,
                         "%s and %s: two folders have films of split %s: name one or both in "
                         "data.yaml (%s: ...)",
                         first, second, split, split);
        sx_film_files_free(&a);
        sx_film_files_free(&c);
        if (!ok) return false;
    }
    return true;
}

/* `yaml`: the file of the classes, which replaces those of the folder; NULL: none. */
static bool read_yolo(sx_manifest_build *b, const char *root, const char *yaml, sx_error *err) {
    static const char *const places[] = { "labels/%s", "%s/labels" };
    char dir[4096];
    bool found = false;
    if (yaml && !sx_manifest_yolo_classes(b, yaml, err)) return false;
    for (const char *const *name = sx_tables_of_classes; !yaml && *name; name++)
        if (sx_manifest_has_below(b, dir, root, *name, "") &&
            !sx_manifest_yolo_classes(b, dir, err))
            return false;
    if (!b->numbered.count && !read_label_classes(b, root, true, &found, err)) return false;
    found = false;
    if (b->yolo->file && !b->o->images) return sx_manifest_read_yolo_keys(b, root, err);
    if (b->yolo->file && !sx_yolo_keys_are_usual(b->yolo))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "%s: names other folders of films, or lists of films: --images cannot "
                       "replace them",
                       b->yolo->file);
    if (!b->o->images && !check_places(b, root, err)) return false;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; sx_split_names[i]; i++) {
            if (!sx_manifest_has_below(b, dir, root, places[k], sx_split_names[i])) continue;
            found = true;
            if (!yolo_folder(b, root, dir, sx_split_names[i], err)) return false;
        }
    if (found) return note_unlabelled(b, root, err);
    if (!sx_manifest_has_below(b, dir, root, "labels", ""))
        return sx_fail(err, SX_ERR_MISSING, "%s: no folder labels beside the names of the classes",
                       root);
    return yolo_folder(b, root, dir, "", err);
}

char *sx_manifest_root(const char *path) {
    char *folder = sx_path_folder(path);
    if (!folder || strcmp(sx_path_base(folder), "annotations") != 0) return folder;
    char *root = sx_path_above(folder);
    free(folder);
    return root;
}

static bool read_single(sx_manifest_build *b, const char *path, sx_error *err) {
    const char *name = sx_path_base(path);
    char *root = sx_manifest_root(path);
    if (!root) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    if (sx_path_has_ending(path, ".yaml") || sx_path_has_ending(path, ".yml")) {
        b->root = root;
        const bool ok = read_yolo(b, root, path, err);
        b->root = path;
        free(root);
        return ok;
    }
    if (sx_starts_with(name, "instances_")) name += 10;
    const sx_split split = sx_split_of_name(name);
    const bool other = b->o->split && split && split != b->o->split;
    const bool ok = other || read_table(b, root, path, sx_split_name(split), err);
    b->root = path;
    free(root);
    return ok;
}

static bool read_file(sx_manifest_build *b, const char *path, sx_error *err) {
    if (!read_single(b, path, err)) return false;
    char *root = sx_manifest_root(path);
    const bool ok = root ? sx_manifest_read_metadata(b, root, true, err)
                         : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    free(root);
    return ok;
}

char *sx_manifest_above(const char *folder, const char *real) {
    const char *base = sx_path_base(folder);
    const bool plain =
        strcmp(base, sx_path_base(real)) == 0 || strcmp(base, ".") == 0 || strcmp(base, "..") == 0;
    return plain ? sx_path_above(folder) : sx_path_folder(real);
}

/* The keys of data.yaml may give a split other films than its folder has. */
static bool check_below(const sx_manifest *m, const char *root, sx_split split, sx_error *err) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].path && !sx_path_is_below(m->films[i].path, root))
            return sx_fail(err, SX_ERR_MISMATCH,
                           "%s: the data set above it has other films of the split %s, such as %s: "
                           "name the data set instead",
                           root, sx_split_name(split), m->films[i].path);
    return true;
}

/* The folder of a split of YOLO alone: data.yaml or the names of the classes are above it. */
static bool read_yolo_split(sx_manifest_build *b, const char *root, const char *real, bool *found,
                            sx_error *err) {
    char path[4096];
    char *above = sx_manifest_above(root, real);
    const sx_split split = sx_split_of_name(sx_path_base(real));
    bool ok = above || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", root);
    for (const char *const *table = sx_tables_of_classes; ok && !*found && *table; table++)
        *found = sx_manifest_has_below(b, path, above, *table, "");
    if (ok && *found && b->o->split && b->o->split != split)
        ok = sx_fail(err, SX_ERR_MISSING, "%s: no films of the split %s", root,
                     sx_split_name(b->o->split));
    if (ok && *found) {
        b->of_split = *b->o;
        b->of_split.split = split;
        b->o = &b->of_split;
        b->root = above;
        ok = read_yolo(b, above, NULL, err) && check_below(b->m, root, split, err);
        b->root = root;
    }
    free(above);
    return ok;
}

/* Whether the folder is one of a split, with films and labels. */
static bool is_split_alone(sx_manifest_build *b, const char *root, const char *real) {
    char path[4096];
    const char *name = sx_path_base(real);
    return sx_is_split_folder(name, strlen(name)) &&
           sx_manifest_has_below(b, path, root, "labels", "") &&
           sx_manifest_has_below(b, path, root, "images", "");
}

/* *found: it was read. */
static bool read_split_alone(sx_manifest_build *b, const char *root, bool *found, sx_error *err) {
    char *real = sx_path_real(root);
    const bool ok =
        !real || !is_split_alone(b, root, real) || read_yolo_split(b, root, real, found, err);
    free(real);
    return ok;
}

/* A table of annotations of another name says something else than the labels of a split: nothing
 * tells which of them is meant. */
static bool check_one_layout(sx_manifest_build *b, const char *root, const char *table,
                             sx_error *err) {
    char names[4096], labels[4096];
    char *real = sx_path_real(root), *above = real ? sx_manifest_above(root, real) : NULL;
    bool some = false, two = false, ok = true;
    if (above && is_split_alone(b, root, real))
        for (const char *const *t = sx_tables_of_classes; !two && *t; t++)
            two = sx_manifest_has_below(b, names, above, *t, "");
    if (two && sx_manifest_has_below(b, labels, root, "labels", ""))
        ok = sx_manifest_has_files(labels, ".txt", &some, err);
    if (ok && some)
        ok = sx_fail(
            err, SX_ERR_MISMATCH,
            "%s: two layouts: labels of YOLO (%s with %s) and the table %s: name that table, "
            "or the data set (%s) to read the labels",
            root, labels, names, table, above);
    free(real);
    free(above);
    return ok;
}

/* A table of any name beside the folder of the films, else the folder of a split alone, which may
 * hold other tables: metadata, notes. */
static bool read_table_or_split(sx_manifest_build *b, const char *root, bool *found,
                                sx_error *err) {
    char images[4096], *table = NULL;
    sx_error why = { 0 };
    if (b->o->images || sx_manifest_has_below(b, images, root, "images", ""))
        *found = sx_manifest_any_table(b, root, &table, &why) && table;
    bool ok = true;
    if (table) {
        ok = check_one_layout(b, root, table, err) && read_single(b, table, err);
        b->root = root;
    } else if (!why.code || why.code == SX_ERR_MISSING || why.code == SX_ERR_UNSUPPORTED) {
        ok = read_split_alone(b, root, found, err);
    }
    free(table);
    return ok && (*found || !why.code || sx_fail(err, why.code, "%s", why.message));
}

/* Tables of the names that data sets usually have. */
static bool read_named_tables(sx_manifest_build *b, const char *root, bool *found,
                              sx_stray_tables *x, sx_error *err) {
    char path[4096];
    bool stray;
    for (const char *const *table = sx_tables_per_split; *table && !*found; table++) {
        if (!sx_manifest_is_stray(b, root, *table, x, &stray, err)) return false;
        if (!stray && !read_splits(b, root, *table, found, err)) return false;
    }
    for (const char *const *table = sx_tables_of_all; *table && !*found; table++) {
        if (!sx_manifest_has_below(b, path, root, *table, "")) continue;
        if (!sx_manifest_is_stray(b, root, *table, x, &stray, err)) return false;
        if (stray) continue;
        *found = true;
        if (!read_table(b, root, path, "", err)) return false;
    }
    return true;
}

/* YOLO, VOC, a table of another name, the folder of a split. */
static bool read_others(sx_manifest_build *b, const char *root, bool *found, sx_error *err) {
    static const char *const xml[] = { "Annotations", "annotations" };
    char path[4096];
    bool some = false;
    *found = true;
    for (const char *const *table = sx_tables_of_classes; *table; table++)
        if (sx_manifest_has_below(b, path, root, *table, "")) return read_yolo(b, root, NULL, err);
    if (!read_label_classes(b, root, false, &some, err)) return false;
    if (some) return read_yolo(b, root, NULL, err);
    for (size_t i = 0; i < sizeof xml / sizeof *xml; i++) {
        if (!sx_manifest_has_below(b, path, root, xml[i], "")) continue;
        if (!sx_manifest_has_files(path, ".xml", &some, err)) return false;
        if (some) return read_voc(b, root, path, err);
    }
    *found = false;
    return read_table_or_split(b, root, found, err);
}

static bool note_stray(sx_manifest_build *b, const char *root, const sx_stray_tables *x,
                       sx_error *err) {
    const sx_manifest *m = b->m;
    const char *source = m->sources.count ? m->sources.items[0] : root;
    return !x->why.code || sx_manifest_note(b, err, "%s; %s is read instead", x->why.message,
                                            m->layout == SX_LAYOUT_VOC ? x->folder : source);
}

static bool read_folder(sx_manifest_build *b, const char *root, sx_error *err) {
    bool found = false;
    sx_stray_tables stray = { 0 };
    if (!sx_path_check_dir(root, err) || !read_named_tables(b, root, &found, &stray, err))
        return false;
    if (found) return true;
    if (!read_others(b, root, &found, err)) return false;
    if (found) return note_stray(b, root, &stray, err);
    if (stray.why.code) return sx_fail(err, stray.why.code, "%s", stray.why.message);
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "%s: no known layout: no annotations/train.csv or .json, train/annotations.csv, "
                   "annotations.csv or .json, labels.csv, classes.txt or Annotations",
                   root);
}

bool sx_manifest_read(sx_manifest_build *b, const char *path, sx_error *err) {
    if (!*path) return sx_path_fail(err, path, "read a data set");
    if (strlen(path) + LONGEST_NAME > PATH_MAX)
        return sx_fail(err, SX_ERR_LIMIT, "%.60s...: the path is too long", path);
    if (sx_claim_is_temporary(path) && sx_path_is_dir(path))
        return sx_fail(err, SX_ERR_FORMAT, "%s: left by an interrupted run: an incomplete data set",
                       path);
    if (sx_path_is_dir(path))
        return read_folder(b, path, err) && sx_manifest_read_metadata(b, path, false, err) &&
               sx_manifest_note_tables(b, path, err) && sx_manifest_note_layouts(b, path, err);
    if (sx_path_presence(path) == SX_PATH_ABSENT)
        return sx_fail(err, SX_ERR_IO, "%s: no such file or folder", path);
    return read_file(b, path, err);
}
