/* The names of the files of annotations in a data set, and tables of other names beside the
 * films. */
#include "data/manifest_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/run_results.h"
#include "base/str.h"

const char *const sx_split_names[] = { "train", "val", "valid", "test", NULL };
const char *const sx_tables_per_split[] = { "annotations/%s.csv",
                                            "%s/annotations.csv",
                                            "annotations/%s.json",
                                            "annotations/instances_%s.json",
                                            "annotations/instances_%s2017.json",
                                            "%s/_annotations.coco.json",
                                            "%s.csv",
                                            "%s.json",
                                            NULL };
const char *const sx_tables_of_all[] = { "annotations.csv", "labels.csv", "annotations.json",
                                         "_annotations.coco.json", NULL };
const char *const sx_tables_of_classes[] = { "classes.txt", "obj.names", "data.yaml", "data.yml",
                                             NULL };
/* labelImg writes the names of the classes among the labels. */
const char *const sx_tables_of_labels[] = { "labels/classes.txt", "labels/%s/classes.txt",
                                            "%s/labels/classes.txt", NULL };

const char *const sx_tables_of_metadata[] = {
    "%s_meta.csv",
    "annotations/%s_meta.csv",
    "Annotations/%s_meta.csv",
    "%s/%s_meta.csv",
    "%s/meta.csv",
    "%s/annotations/%s_meta.csv",
    "%s/annotations/meta.csv",
    "%s/images/%s_meta.csv",
    "%s/images/meta.csv",
    "images/%s_meta.csv",
    "JPEGImages/%s_meta.csv",
    "images/%s/meta.csv",
    "meta.csv",
    "annotations/meta.csv",
    "Annotations/meta.csv",
    "images/meta.csv",
    "JPEGImages/meta.csv",
    NULL,
};

bool sx_is_split_folder(const char *name, size_t n) {
    for (const char *const *split = sx_split_names; *split; split++)
        if (strlen(*split) == n && sx_equal_letters_n(name, *split, n)) return true;
    return false;
}

const char *sx_manifest_below(char buf[4096], const char *root, const char *fmt, const char *word) {
    int n = snprintf(buf, 4096, "%s/", root);
    while (n >= 0 && n < 4096 && *fmt) {
        const char *mark = strstr(fmt, "%s");
        const int plain = mark ? (int)(mark - fmt) : (int)strlen(fmt);
        const int w = snprintf(buf + n, (size_t)(4096 - n), "%.*s%s", plain, fmt, mark ? word : "");
        n = w < 0 ? w : n + w;
        fmt += mark ? plain + 2 : plain;
    }
    return n >= 0 && n < 4096 ? buf : NULL;
}

bool sx_manifest_has_below(sx_manifest_build *b, char buf[4096], const char *root, const char *fmt,
                           const char *word) {
    return sx_manifest_below(buf, root, fmt, word) && sx_manifest_exists(b, buf);
}

/* Whether the pattern, with a split for its %s, ends in that name. */
static bool names_table(const char *pattern, const char *name) {
    const char *base = sx_path_base(pattern), *mark = strstr(base, "%s");
    char text[64];
    if (!mark) return sx_equal_letters(name, base);
    for (const char *const *split = sx_split_names; *split; split++) {
        snprintf(text, sizeof text, "%.*s%s%s", (int)(mark - base), base, *split, mark + 2);
        if (sx_equal_letters(name, text)) return true;
    }
    return false;
}

bool sx_is_table_name(const char *name) {
    static const char *const *const lists[] = { sx_tables_per_split, sx_tables_of_all,
                                                sx_tables_of_classes };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const char *const *pattern = lists[i]; *pattern; pattern++)
            if (names_table(*pattern, name)) return true;
    return false;
}

bool sx_is_table(const char *path) {
    sx_error why = { 0 };
    if (sx_path_has_ending(path, ".csv")) return sx_manifest_csv_fits(path, NULL, &why);
    return sx_path_has_ending(path, ".json") && sx_manifest_coco_fits(path, &why);
}

/* The tables of any name in a folder, and those of them that are annotations. */
typedef struct any_tables {
    sx_paths all, annotations;
    sx_error unreadable; /* the first text in another encoding */
    sx_error broken;     /* the first that is no table: a truncated file */
} any_tables;

static bool add_tables(sx_manifest_build *b, const char *folder, any_tables *t, sx_error *err) {
    const sx_paths *names = sx_manifest_list(b, folder);
    sx_names results = { 0 };
    bool ok = sx_run_results_read(folder, &results, err);
    for (size_t i = 0; ok && names && i < names->count; i++) {
        const char *name = names->items[i];
        const bool csv = sx_path_has_ending(name, ".csv");
        if (name[0] == '.' || (!csv && !sx_path_has_ending(name, ".json"))) continue;
        if (sx_names_find(&results, name) >= 0) continue;
        char *path = sx_path_join(folder, name);
        sx_error why = { 0 };
        ok = path ? sx_paths_add(&t->all, path, err)
                  : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        if (ok && (csv ? sx_manifest_csv_fits(path, b->o->label_column, &why)
                       : sx_manifest_coco_fits(path, &why)))
            ok = sx_paths_add(&t->annotations, path, err);
        else if (ok && why.code == SX_ERR_MEMORY)
            ok = sx_fail(err, why.code, "%s", why.message);
        else if (ok && why.code == SX_ERR_UNSUPPORTED && !t->unreadable.code)
            t->unreadable = why;
        else if (ok && why.code != SX_ERR_MISSING && !t->broken.code)
            t->broken = why;
        free(path);
    }
    sx_names_free(&results);
    return ok;
}

static bool refuse(const char *root, const any_tables *t, sx_error *err) {
    const sx_paths *list = t->annotations.count ? &t->annotations : &t->all;
    sx_str names = { 0 };
    if (!t->annotations.count && t->unreadable.code)
        return sx_fail(err, t->unreadable.code, "%s", t->unreadable.message);
    for (size_t i = 0; i < list->count; i++)
        sx_str_printf(&names, "%s%s", i ? ", " : "", list->items[i] + strlen(root) + 1);
    if (!sx_str_ok(&names, err)) return false;
    if (t->annotations.count)
        sx_fail(err, SX_ERR_MISMATCH,
                "%s: several tables may be its annotations: %s; name one of them instead of the "
                "folder",
                root, names.data);
    else
        sx_fail(err, SX_ERR_MISSING,
                "%s: no known layout, and none of its tables has the columns image_id, "
                "lesion_type, xmin, ymin, xmax, ymax, or image_id, abnormal, or COCO's lists: "
                "%s%s%s%s",
                root, names.data, t->broken.code ? " (" : "", t->broken.message,
                t->broken.code ? ")" : "");
    sx_str_free(&names);
    return false;
}

bool sx_manifest_any_table(sx_manifest_build *b, const char *root, char **path, sx_error *err) {
    any_tables t = { 0 };
    char *folder = sx_path_join(root, "annotations");
    *path = NULL;
    bool ok = folder || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    ok = ok && add_tables(b, root, &t, err) && add_tables(b, folder, &t, err);
    if (ok && t.annotations.count == 1) {
        *path = t.annotations.items[0];
        t.annotations.items[0] = NULL;
    } else if (ok && t.all.count) {
        ok = refuse(root, &t, err);
    }
    free(folder);
    sx_paths_free(&t.all);
    sx_paths_free(&t.annotations);
    return ok;
}

bool sx_manifest_is_read(const sx_manifest *m, const char *path) {
    for (size_t i = 0; i < m->sources.count; i++)
        if (sx_same_file(m->sources.items[i], path)) return true;
    return false;
}

/* By the table's name, else by its folder's: "instances_val.json", "val/annotations.csv". */
static sx_split split_of_table(const char *path) {
    const char *name = sx_path_base(path);
    const sx_split split = sx_split_of_name(sx_starts_with(name, "instances_") ? name + 10 : name);
    if (split) return split;
    size_t n;
    const char *folder = sx_path_folder_above(path, name, &n);
    return folder ? sx_split_of_name(folder) : SX_SPLIT_NONE;
}

static bool is_csv_or_json(const char *path) {
    return sx_path_has_ending(path, ".csv") || sx_path_has_ending(path, ".json");
}

/* Another form of what was read: COCO beside a CSV, of the same split. */
static bool is_other_form(const sx_manifest *m, const char *path) {
    const char *first = m->sources.items[0];
    const sx_split split = split_of_table(path);
    if (!is_csv_or_json(first)) return false;
    if (sx_path_has_ending(first, ".csv") == sx_path_has_ending(path, ".csv")) return false;
    if (split == SX_SPLIT_NONE) return split_of_table(first) == SX_SPLIT_NONE;
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split == split) return true;
    return false;
}

/* Whether the name of a JSON file in a folder of films is that of annotations: there may be one for
 * each film, of another kind. */
static bool may_be_coco(const char *name) {
    return sx_is_table_name(name) || strstr(name, "annotations") || strstr(name, "coco") ||
           sx_starts_with(name, "instances");
}

static bool add_split_tables(sx_manifest_build *b, const char *root, any_tables *t, sx_error *err) {
    bool ok = true;
    for (const char *const *split = sx_split_names; ok && *split; split++) {
        char *folder = sx_path_join(root, *split);
        const sx_paths *names = folder ? sx_manifest_list(b, folder) : NULL;
        ok = names || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        for (size_t i = 0; ok && i < names->count; i++) {
            const char *name = names->items[i];
            if (!sx_path_has_ending(name, ".csv") && !may_be_coco(name)) continue;
            char *path = sx_path_join(folder, name);
            ok = path || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
            if (ok && sx_is_table(path)) ok = sx_paths_add(&t->annotations, path, err);
            free(path);
        }
        free(folder);
    }
    return ok;
}

bool sx_is_metadata_table(const char *name) {
    for (const char *const *pattern = sx_tables_of_metadata; *pattern; pattern++)
        if (names_table(*pattern, name)) return true;
    return false;
}

bool sx_manifest_note_tables(sx_manifest_build *b, const char *root, sx_error *err) {
    const sx_manifest *m = b->m;
    any_tables t = { 0 };
    if (b->o->split || !m->sources.count) return true;
    char *folder = sx_path_join(root, "annotations");
    bool ok = folder || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    ok = ok && add_tables(b, root, &t, err) && add_tables(b, folder, &t, err) &&
         add_split_tables(b, root, &t, err);
    for (size_t i = 0; ok && i < t.annotations.count; i++) {
        const char *path = t.annotations.items[i];
        if (sx_manifest_is_read(m, path) || is_other_form(m, path) ||
            sx_is_metadata_name(sx_path_base(path)))
            continue;
        ok = sx_manifest_note(b, err, "%s: a table of annotations that is not read, because %s is",
                              path, m->sources.items[0]);
    }
    free(folder);
    sx_paths_free(&t.all);
    sx_paths_free(&t.annotations);
    return ok;
}
