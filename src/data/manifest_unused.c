/* What a data set has of other layouts than the one that is read, and films outside its splits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "data/manifest_tables.h"
#include "data/manifest_yolo.h"

bool sx_manifest_has_files(const char *folder, const char *ending, bool *some, sx_error *err) {
    sx_paths found = { 0 }, unread = { 0 }, results = { 0 };
    const bool ok = sx_paths_walk_set(&found, &unread, &results, folder, err);
    *some = unread.count > 0;
    for (size_t i = 0; ok && i < found.count; i++)
        *some = *some || sx_path_has_ending(found.items[i], ending);
    sx_paths_free(&found);
    sx_paths_free(&unread);
    sx_paths_free(&results);
    return ok;
}

static bool has_split(const sx_manifest *m, sx_split split) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split == split) return true;
    return false;
}

/* Labels or XML files in a folder that exists. */
static bool note_files(sx_manifest_build *b, const char *folder, const char *ending,
                       const char *what, bool *noted, sx_error *err) {
    bool some;
    if (!sx_path_is_dir(folder)) return true;
    if (!sx_manifest_has_files(folder, ending, &some, err)) return false;
    *noted = *noted || some;
    return !some || sx_manifest_note(b, err, "%s: %s that are not read, because %s is", folder,
                                     what, b->m->sources.items[0]);
}

/* Labels of YOLO say more than image labels, and those of a split more than tables without it. */
static bool note_labels(sx_manifest_build *b, const char *root, bool *noted, sx_error *err) {
    static const char *const of_split[] = { "labels/%s", "%s/labels" };
    const sx_manifest *m = b->m;
    const bool splits = !has_split(m, SX_SPLIT_NONE);
    char folder[4096];
    bool ok = true;
    for (const char *const *split = sx_split_names; ok && *split; split++)
        for (size_t k = 0; ok && k < 2; k++) {
            if (m->has_boxes && (!splits || has_split(m, sx_split_of_name(*split)))) continue;
            if (sx_manifest_has_below(b, folder, root, of_split[k], *split))
                ok = note_files(b, folder, ".txt", "labels of YOLO", noted, err);
        }
    if (!ok || *noted || m->has_boxes) return ok;
    return !sx_manifest_has_below(b, folder, root, "labels", "") ||
           note_files(b, folder, ".txt", "labels of YOLO", noted, err);
}

static bool has_classes(sx_manifest_build *b, const char *root) {
    static const char *const *const lists[] = { sx_tables_of_classes, sx_tables_of_labels };
    char path[4096];
    for (size_t i = 0; i < 2; i++)
        for (const char *const *table = lists[i]; *table; table++)
            for (const char *const *split = sx_split_names; *split; split++)
                if (sx_manifest_has_below(b, path, root, *table, *split)) return true;
    return false;
}

/* The folder of a split alone may have the names of its classes above it. */
static bool has_classes_above(sx_manifest_build *b, const char *root) {
    char *real = sx_path_real(root), *above = real ? sx_manifest_above(root, real) : NULL;
    const char *name = real ? sx_path_base(real) : "";
    const bool has = above && sx_is_split_folder(name, strlen(name)) && has_classes(b, above);
    free(real);
    free(above);
    return has;
}

bool sx_manifest_has_classes(sx_manifest_build *b, const char *root) {
    return has_classes(b, root) || has_classes_above(b, root);
}

static bool note_beside_table(sx_manifest_build *b, const char *root, sx_error *err) {
    static const char *const xml[] = { "Annotations", "annotations" };
    char folder[4096];
    bool noted = false, ok = !sx_manifest_has_classes(b, root) || note_labels(b, root, &noted, err);
    noted = noted || b->m->has_boxes;
    for (size_t i = 0; ok && !noted && i < 2; i++)
        if (sx_manifest_has_below(b, folder, root, xml[i], ""))
            ok = note_files(b, folder, ".xml", "XML files of VOC", &noted, err);
    return ok;
}

/* Films below a folder. */
static bool list_films(const char *folder, sx_paths *films, sx_error *err) {
    sx_paths found = { 0 }, unread = { 0 }, results = { 0 };
    bool ok = !sx_path_is_dir(folder) || sx_paths_walk_set(&found, &unread, &results, folder, err);
    for (size_t i = 0; ok && i < found.count; i++)
        if (sx_is_film_name(sx_path_base(found.items[i])))
            ok = sx_paths_add(films, found.items[i], err);
    sx_paths_free(&found);
    sx_paths_free(&unread);
    sx_paths_free(&results);
    return ok;
}

static bool note_films(sx_manifest_build *b, const char *folder, int length, size_t count,
                       const char *why, sx_error *err) {
    return sx_manifest_note(b, err, "%.*s: %zu %s left out, because %s", length, folder, count,
                            sx_noun(count, "film is", "films are"), why);
}

static const char other_name[] = "the folder is not called like a split (train, val, valid, test)";

/* Films in images/ beside its folders of splits, by their folder in it. */
static bool note_images(sx_manifest_build *b, const char *root, sx_error *err) {
    char images[4096];
    sx_paths films = { 0 };
    if (!sx_manifest_has_below(b, images, root, "images", "")) return true;
    bool ok = list_films(images, &films, err);
    const size_t above = strlen(images) + 1;
    size_t count = 0;
    sx_paths_sort(&films);
    for (size_t i = 0; ok && i < films.count; i++) { /* films of one folder follow one another */
        const char *name = films.items[i] + above;
        if (!strchr(name, '/')) {
            count++;
            continue;
        }
        const size_t n = strcspn(name, "/"), first = i;
        while (i + 1 < films.count && strncmp(films.items[i + 1] + above, name, n + 1) == 0)
            i++;
        if (!sx_is_split_folder(name, n))
            ok = note_films(b, films.items[i], (int)(above + n), i + 1 - first, other_name, err);
    }
    if (ok && count)
        ok = note_films(b, images, (int)above - 1, count,
                        "only those in folders of splits are read", err);
    sx_paths_free(&films);
    return ok;
}

static bool has_film_below(const sx_manifest *m, const char *folder) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].path && sx_path_is_below(m->films[i].path, folder)) return true;
    return false;
}

/* "holdout/images" with "holdout/labels". */
static bool note_turned(sx_manifest_build *b, const char *root, const char *name, sx_error *err) {
    char images[4096], labels[4096];
    sx_paths films = { 0 };
    if (sx_is_split_folder(name, strlen(name)) || name[0] == '.') return true;
    if (!sx_manifest_has_below(b, images, root, "%s/images", name) ||
        !sx_manifest_has_below(b, labels, root, "%s/labels", name) || has_film_below(b->m, images))
        return true;
    bool ok = list_films(images, &films, err);
    if (ok && films.count)
        ok = note_films(b, images, (int)strlen(images), films.count,
                        b->yolo->file ? "no key of data.yaml names them" : other_name, err);
    sx_paths_free(&films);
    return ok;
}

static bool note_left_out(sx_manifest_build *b, const char *root, sx_error *err) {
    const sx_paths *list = sx_manifest_list(b, root);
    sx_paths names = { 0 };
    bool ok = list || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    for (size_t i = 0; ok && i < list->count; i++)
        ok = sx_paths_add(&names, list->items[i], err);
    for (size_t i = 0; ok && i < names.count; i++)
        ok = note_turned(b, root, names.items[i], err);
    /* with keys, and without splits, all films of images/ are read */
    if (ok && !b->yolo->file && !has_split(b->m, SX_SPLIT_NONE)) ok = note_images(b, root, err);
    sx_paths_free(&names);
    return ok;
}

bool sx_manifest_note_layouts(sx_manifest_build *b, const char *root, sx_error *err) {
    if (b->o->split || !b->m->sources.count || !b->m->film_count) return true;
    if (b->m->layout == SX_LAYOUT_VOC) return true;
    if (b->m->layout != SX_LAYOUT_YOLO) return note_beside_table(b, root, err);
    return b->o->images || note_left_out(b, root, err);
}
