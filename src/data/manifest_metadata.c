/* Tables of metadata beside the annotations: which films they describe. */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/csv.h"
#include "data/manifest_tables.h"
#include "data/manifest_yolo.h"

/* Whether the CSV has the column image_id, as metadata of films must. SX_ERR_MISSING: it has none;
 * other errors: it cannot be read. */
static bool is_metadata(const char *path, sx_error *err) {
    int column;
    sx_csv *c = sx_csv_open(path, err);
    const bool is = c && sx_csv_need(c, "image_id", &column, err);
    sx_csv_close(c);
    return is;
}

static bool has_films(const sx_manifest *m, sx_split split) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split == split) return true;
    return false;
}

static bool has_splits(const sx_manifest *m) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split) return true;
    return false;
}

/* Whether the options or the single file leave out all films that the table may describe. */
static bool is_of_others(const sx_manifest_build *b, sx_split split, bool alone) {
    if (!split) return false;
    if (b->o->split && b->o->split != split) return true;
    return alone && has_splits(b->m) && !has_films(b->m, split);
}

bool sx_is_metadata_name(const char *name) {
    static const char *const endings[] = { ".csv", ".tsv", ".xlsx", ".xls", ".ods" };
    char letters[256];
    size_t n = 0, length = 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (sx_path_has_ending(name, endings[i])) length = strlen(name) - strlen(endings[i]);
    for (size_t i = 0; i < length && n + 1 < sizeof letters; i++)
        if (sx_is_letter(name[i])) letters[n++] = (char)sx_to_upper(name[i]);
    letters[n] = '\0';
    if (sx_ends_with(letters, "METADATA")) return true;
    /* "train_meta", but no "rheumeta" */
    return sx_ends_with(letters, "META") &&
           (n == 4 || (length > 4 && !sx_is_letter(name[length - 5])));
}

/* A set that is read, and the tables that were seen in it: read, noted or of films that are not. */
typedef struct search {
    sx_manifest_build *b;
    sx_names seen;
    bool alone;           /* one file of annotations is read, not the whole data set */
    bool films_are_a_set; /* --images names the folder of another data set */
} search;

/* Two paths may lead to one file: "train/meta.csv", "train/../train/meta.csv". */
static bool see(search *s, const char *path, bool *fresh, sx_error *err) {
    char *real = sx_path_real(path);
    const bool ok = sx_names_put(&s->seen, real ? real : path, 0, fresh, err);
    free(real);
    return ok;
}

static bool read_one(search *s, const char *path, sx_split split, sx_error *err) {
    sx_error why = { 0 };
    if (sx_manifest_is_read(s->b->m, path)) return true;
    if (is_metadata(path, &why)) return sx_manifest_read_meta(s->b, path, split, -1, err);
    if (why.code != SX_ERR_MISSING) return sx_fail(err, why.code, "%s", why.message);
    return sx_manifest_note(s->b, err, "%s: is not read, because it has no column image_id", path);
}

/* The tables below a folder that are read; only: those of that split and of all films. */
static bool read_below(search *s, const char *root, sx_split only, sx_error *err) {
    char path[4096];
    bool ok = true, fresh;
    for (const char *const *table = sx_tables_of_metadata; *table; table++) {
        const bool each = strstr(*table, "%s") != NULL;
        for (size_t i = 0; ok && sx_split_names[i] && (i == 0 || each); i++) {
            const sx_split split = each ? sx_split_of_name(sx_split_names[i]) : SX_SPLIT_NONE;
            if (!sx_manifest_has_below(s->b, path, root, *table, sx_split_names[i])) continue;
            ok = see(s, path, &fresh, err);
            if (!ok || !fresh || (only && split && split != only)) continue;
            if (!is_of_others(s->b, split, s->alone)) ok = read_one(s, path, split, err);
        }
    }
    return ok;
}

/* ---- metadata of the data set that --images names ---- */

static bool has_one_below(sx_manifest_build *b, const char *root, const char *const *tables) {
    char path[4096];
    for (const char *const *table = tables; *table; table++) {
        const bool each = strstr(*table, "%s") != NULL;
        for (size_t i = 0; sx_split_names[i] && (i == 0 || each); i++)
            if (sx_manifest_has_below(b, path, root, *table, sx_split_names[i])) return true;
    }
    return false;
}

static bool is_data_set(sx_manifest_build *b, const char *root) {
    static const char *const voc[] = { "Annotations", NULL };
    const char *const *const tables[] = { sx_tables_per_split, sx_tables_of_all,
                                          sx_tables_of_classes, sx_tables_of_labels, voc };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (has_one_below(b, root, tables[i])) return true;
    return false;
}

/* Whether the table says of which patients or studies films are, and a film lacks just that. */
static bool is_missed(const sx_manifest *m, const char *path) {
    sx_error why = { 0 };
    sx_csv *c = sx_csv_open(path, &why);
    if (!c) return true;
    const bool patients = sx_csv_find(c, "patient_id") >= 0 || sx_csv_find(c, "patient") >= 0;
    const bool studies = sx_csv_find(c, "study_id") >= 0;
    sx_csv_close(c);
    for (size_t i = 0; i < m->film_count; i++)
        if ((patients && !*m->films[i].patient) || (studies && !*m->films[i].study)) return true;
    return false;
}

/* The films may be those of a data set that has annotations and metadata of its own; it is no fault
 * of others' annotations of them that these are not read, unless they would be needed. */
static bool is_of_the_films(const search *s, const char *path) {
    return s->films_are_a_set && sx_path_is_below(path, s->b->o->images) &&
           !is_missed(s->b->m, path);
}

/* Why a file with the name of metadata is not read. */
static bool note_one(search *s, const char *path, sx_error *err) {
    const char *name = sx_path_base(path);
    sx_error why = { 0 };
    if (!sx_path_has_ending(path, ".csv"))
        return sx_manifest_note(s->b, err, "%s: is not read: metadata is read from CSV files only",
                                path);
    if (!is_metadata(path, &why)) {
        if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
        if (why.code != SX_ERR_MISSING)
            return sx_manifest_note(s->b, err, "%s; the table is not read", why.message);
        return sx_manifest_note(s->b, err, "%s: is not read, because it has no column image_id",
                                path);
    }
    if (sx_is_metadata_table(name) && is_of_the_films(s, path)) return true;
    return sx_manifest_note(s->b, err, "%s: a table of metadata that is not read: %s", path,
                            sx_is_metadata_table(name)
                                ? "it is in another folder than docs/data.md names"
                                : "it is called neither meta.csv nor after a split, such as "
                                  "train_meta.csv");
}

/* Unless it was read or noted. */
static bool note_file(search *s, const char *path, sx_error *err) {
    bool fresh;
    if (sx_path_base(path)[0] == '.') return true;
    return see(s, path, &fresh, err) &&
           (!fresh || sx_manifest_is_read(s->b->m, path) || note_one(s, path, err));
}

/* A table of patients under any name, such as patients.csv; not one of annotations, nor the list of
 * films that `data split` writes. Beside a table that is named alone, others may be of anything. */
static bool is_of_persons(const search *s, const char *path) {
    sx_error why = { 0 };
    const char *groups = s->b->o->groups;
    return !s->alone && sx_path_has_ending(path, ".csv") &&
           strcmp(sx_path_base(path), "split.csv") != 0 &&
           !(groups && sx_same_file(groups, path)) && sx_manifest_describes_persons(path) &&
           !sx_manifest_csv_fits(path, s->b->o->label_column, &why);
}

static bool is_worth_a_note(const search *s, const char *path) {
    return sx_is_metadata_name(sx_path_base(path)) || is_of_persons(s, path);
}

/* Those of the files that are called metadata or are tables of patients. */
static bool note_files(search *s, const sx_paths *files, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < files->count; i++)
        if (is_worth_a_note(s, files->items[i])) ok = note_file(s, files->items[i], err);
    return ok;
}

static bool note_folder(search *s, const char *folder, sx_error *err) {
    const sx_paths *names = sx_manifest_list(s->b, folder);
    sx_paths found = { 0 }; /* a list is valid until the next one */
    bool ok = names || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    for (size_t i = 0; ok && i < names->count; i++) {
        char *path = sx_path_join(folder, names->items[i]);
        ok = path ? sx_paths_add(&found, path, err)
                  : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        free(path);
    }
    ok = ok && note_files(s, &found, err);
    sx_paths_free(&found);
    return ok;
}

/* The same with subfolders, as label files may be in some. splits_apart: without those that are
 * called like a split. */
static bool note_tree(search *s, const char *folder, bool splits_apart, sx_error *err) {
    sx_paths all = { 0 }, found = { 0 };
    sx_error why = { 0 };
    const size_t n = strlen(folder) + 1;
    if (!sx_manifest_walk(s->b, folder, &all, &why)) {
        sx_paths_free(&all);
        /* an error of the labels, if these are read */
        return why.code == SX_ERR_MEMORY ? sx_fail(err, why.code, "%s", why.message)
                                         : note_folder(s, folder, err);
    }
    bool ok = true;
    for (size_t i = 0; ok && i < all.count; i++) {
        const char *below = all.items[i] + n;
        const size_t first = strcspn(below, "/");
        if (!splits_apart || !below[first] || !sx_is_split_folder(below, first))
            ok = sx_paths_add(&found, all.items[i], err);
    }
    ok = ok && note_files(s, &found, err);
    sx_paths_free(&all);
    sx_paths_free(&found);
    return ok;
}

/* What else is called metadata or describes patients, in these folders, in those of films, of
 * labels and of lists. */
static bool note_below(search *s, const char *root, sx_split only, sx_error *err) {
    static const char *const folders[] = {
        "annotations",    "Annotations", "labels",    "labels/%s",
        "%s/labels",      "ImageSets",   "",          "images",
        "JPEGImages",     "%s",          "images/%s", "%s/images",
        "%s/annotations", "%s_images",   "%s_pngs",
    };
    enum { TREES = 6 }; /* the first ones, of label files and lists */
    char folder[4096];
    bool ok = true;
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        const bool each = strstr(folders[k], "%s") != NULL;
        for (size_t i = 0; ok && sx_split_names[i] && (i == 0 || each); i++) {
            if (each && only && sx_split_of_name(sx_split_names[i]) != only) continue;
            if (each && is_of_others(s->b, sx_split_of_name(sx_split_names[i]), s->alone)) continue;
            if (folders[k][0]
                    ? sx_manifest_has_below(s->b, folder, root, folders[k], sx_split_names[i])
                    : snprintf(folder, sizeof folder, "%s", root) > 0)
                ok = k < TREES ? note_tree(s, folder, strcmp(folders[k], "labels") == 0, err)
                               : note_folder(s, folder, err);
        }
    }
    return ok;
}

/* "train/annotations.csv" has its metadata in "train_meta.csv", perhaps, and "meta.csv" there also
 * describes films of other splits, which are not read. */
static bool search_above(search *s, const char *root, sx_error *err) {
    const bool left_out = s->b->rows_left_out, alone = s->alone;
    char *real = sx_path_real(root);
    const char *name = real ? sx_path_base(real) : "";
    bool ok = true;
    if (sx_is_split_folder(name, strlen(name))) {
        const sx_split split = sx_split_of_name(name);
        char *above = sx_manifest_above(root, real);
        s->b->rows_left_out = s->alone = true;
        ok = above ? read_below(s, above, split, err) && note_below(s, above, split, err)
                   : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        free(above);
        s->b->rows_left_out = left_out;
        s->alone = alone;
    }
    free(real);
    return ok;
}

/* The data set's folder; that of `path` in data.yaml; the only one that has all films of its keys.
 * NULL: one of these is missing. */
enum { ROOTS = 3 };
static void find_roots(const sx_manifest_build *b, const char *root, const char *roots[ROOTS]) {
    const sx_paths *sets = &b->yolo->sets;
    bool one = sets->count > 0;
    for (size_t i = 1; one && i < sets->count; i++)
        one = sx_same_file(sets->items[i], sets->items[0]);
    roots[0] = root;
    roots[1] = b->yolo->base;
    roots[2] = one ? sets->items[0] : NULL;
}

static bool is_within(const char *folder, const char *const *limits, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (limits[i] && !sx_same_file(folder, limits[i]) && sx_path_is_below(folder, limits[i]))
            return true;
    return false;
}

/* The folder of a film and those above it, as far as they belong to the data set. */
static bool note_upwards(search *s, sx_names *seen, const char *folder, const char *const *limits,
                         size_t count, sx_error *err) {
    bool fresh, ok = sx_names_put(seen, folder, 0, &fresh, err);
    if (!ok || !fresh) return ok;
    if (!note_folder(s, folder, err)) return false;
    if (!is_within(folder, limits, count)) return true;
    char *above = sx_path_folder(folder);
    ok = above ? note_upwards(s, seen, above, limits, count, err)
               : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    free(above);
    return ok;
}

/* What is called metadata where the films are, wherever that is. */
static bool note_films(search *s, const char *const roots[ROOTS], sx_error *err) {
    const sx_manifest *m = s->b->m;
    const char *const limits[ROOTS + 1] = { roots[0], roots[1], roots[2], s->b->o->images };
    sx_names seen = { 0 };
    bool ok = !s->b->o->images || note_folder(s, s->b->o->images, err);
    for (size_t i = 0; ok && i < m->film_count; i++) {
        if (!m->films[i].path) continue;
        char *folder = sx_path_folder(m->films[i].path);
        ok = folder ? note_upwards(s, &seen, folder, limits, ROOTS + 1, err)
                    : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        free(folder);
    }
    sx_names_free(&seen);
    return ok;
}

/* The same where the keys of data.yaml say that films are. */
static bool note_keys(search *s, sx_error *err) {
    const sx_yolo_keys *k = s->b->yolo;
    bool ok = true;
    for (size_t i = 0; ok && i < k->folders.count; i++)
        ok = note_folder(s, k->folders.items[i], err) &&
             note_below(s, k->sets.items[i], s->b->o->split, err);
    return ok;
}

bool sx_manifest_read_metadata(sx_manifest_build *b, const char *root, bool alone, sx_error *err) {
    search s = { .b = b, .alone = alone };
    const char *roots[ROOTS];
    bool ok = true;
    if (b->o->annotations_only || !b->m->film_count) return true;
    b->rows_left_out = b->rows_left_out || alone || b->o->split;
    if (!sx_manifest_join_splits(b, err)) return false;
    find_roots(b, root, roots);
    s.films_are_a_set = b->o->images && is_data_set(b, b->o->images);
    for (int i = 0; i < ROOTS; i++)
        if (s.films_are_a_set && roots[i] && sx_same_file(roots[i], b->o->images))
            s.films_are_a_set = false;
    for (int i = 0; ok && i < ROOTS; i++)
        ok = !roots[i] || read_below(&s, roots[i], SX_SPLIT_NONE, err);
    for (int i = 0; ok && i < ROOTS; i++)
        ok = !roots[i] || note_below(&s, roots[i], b->o->split, err);
    for (int i = 0; ok && i < ROOTS; i++)
        ok = !roots[i] || search_above(&s, roots[i], err);
    ok = ok && note_keys(&s, err) && note_films(&s, roots, err);
    sx_names_free(&s.seen);
    return ok;
}
