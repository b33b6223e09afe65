/* CSV: annotations as in VinDr-SpineXR, image labels, and VinDr-SpineXR's metadata. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/csv.h"
#include "base/str.h"
#include "data/manifest_tables.h"

typedef struct columns {
    int image, file, study, series, patient, reader, lesion, corner[4], width, height, label, split,
        sex, age;
} columns;

static int either(const sx_csv *c, const char *a, const char *b) {
    int i = sx_csv_find(c, a);
    return i >= 0 ? i : sx_csv_find(c, b);
}

/* With a label column the rows are image labels, regardless of other columns. */
static bool find_columns(const sx_csv *c, const char *label_column, columns *k, sx_error *err) {
    static const char *const corners[4] = { "xmin", "ymin", "xmax", "ymax" };
    if (!sx_csv_need(c, "image_id", &k->image, err)) return false;
    k->file = sx_csv_find(c, "file");
    k->study = sx_csv_find(c, "study_id");
    k->series = sx_csv_find(c, "series_id");
    k->patient = either(c, "patient_id", "patient");
    k->reader = sx_csv_find(c, "rad_id");
    k->lesion = label_column ? -1 : sx_csv_find(c, "lesion_type");
    k->width = either(c, "image_width", "width");
    k->height = either(c, "image_height", "height");
    k->split = sx_csv_find(c, "split");
    k->sex = either(c, "patient_sex", "sex");
    k->age = either(c, "patient_age", "age");
    k->label = either(c, "abnormal", "label");
    if (label_column && !sx_csv_need(c, label_column, &k->label, err)) return false;
    for (int i = 0; i < 4; i++)
        if (k->lesion < 0)
            k->corner[i] = -1;
        else if (!sx_csv_need(c, corners[i], &k->corner[i], err))
            return false;
    return true;
}

static bool size_field(const sx_csv *c, int column, sx_manifest_film *f, int *to, sx_error *err) {
    double v = 0;
    if (sx_manifest_is_absent(sx_csv_field(c, column))) return true;
    if (!sx_csv_double(c, column, &v, err)) return false;
    if (!(v >= 1 && v <= 1e6 && v == floor(v)))
        return sx_csv_fail(c, err, "%s of a film is %s", sx_csv_name(c, (size_t)column),
                           sx_csv_field(c, column));
    if (*to && *to != (int)v) {
        if (!f->two_sizes) f->two_sizes = (uint32_t)sx_csv_line(c);
        return true;
    }
    *to = (int)v;
    return true;
}

/* The columns about a film that each of the three kinds of CSV may have. */
static bool describe(sx_manifest_build *b, const sx_csv *c, const columns *k, sx_manifest_film *f,
                     sx_error *err) {
    const sx_group_columns groups = { k->image, k->study, k->series, k->patient };
    if (!sx_manifest_set_groups(b, c, &groups, f, err)) return false;
    if (!size_field(c, k->width, f, &f->width, err) ||
        !size_field(c, k->height, f, &f->height, err))
        return false;
    return sx_manifest_set_sex(b, f, sx_csv_field(c, k->sex), sx_csv_line(c), err) &&
           sx_manifest_set_age(b, f, sx_csv_field(c, k->age), sx_csv_line(c), err);
}

/* The file that a row names, from the folder of the CSV. */
static bool find_named(sx_manifest_build *b, const char *name, char **path, sx_presence *presence,
                       sx_error *err) {
    const char *csv = b->m->sources.items[b->source], *base = sx_path_base(csv);
    sx_str dir = { 0 };
    if (name[0] != '/') sx_str_append(&dir, csv, (size_t)(base - csv));
    sx_str_add(&dir, name);
    char *tidy = sx_str_ok(&dir, err) ? sx_path_tidy(dir.data) : NULL;
    const bool ok = tidy ? sx_path_named(tidy, path, presence, err)
                         : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    sx_str_free(&dir);
    free(tidy);
    return ok;
}

/* The search for the film of a row. */
typedef struct film_search {
    sx_film_files *lists[2]; /* of the row's split and of the table's */
    const char *path, *other;
    sx_film_files *list; /* where `path` was found */
    char *heap;          /* what `path` may point to */
    bool by_id;          /* among the films of the lists */
    sx_split split;
} film_search;

/* Of an id with folders, a film in none of the subfolders must not be in another one. */
static bool drop_other(sx_manifest_build *b, film_search *s, sx_film_files *list, const char *name,
                       sx_error *err) {
    if (!s->by_id || !strchr(name, '/')) return true;
    if (!sx_film_files_list_tree(b, list, err)) return false;
    if (!sx_film_files_agree(b, list, name, s->split, s->path)) s->path = NULL;
    s->by_id = s->path != NULL;
    return true;
}

/* The file of that id: below its own folders, if it names some, or beside all others. name: the id
 * with '/' between folders. */
static bool find_by_id(sx_manifest_build *b, film_search *s, const char *id, const char *name,
                       sx_error *err) {
    for (int i = 0; i < 2 && !s->path; i++) {
        if (strpbrk(id, "/\\") && !sx_manifest_find_in_folders(s->lists[i], id, &s->heap, err))
            return false;
        s->path = s->heap ? s->heap : sx_film_files_find(s->lists[i], id);
        s->by_id = s->path && !s->heap;
        s->list = s->lists[i];
        if (!drop_other(b, s, s->lists[i], name, err)) return false;
    }
    return true;
}

static bool search(sx_manifest_build *b, film_search *s, const char *name, bool strict,
                   sx_error *err) {
    bool ok = true;
    for (int i = 0; ok && name[0] && i < 2 && !s->path; i++) {
        s->list = s->lists[i];
        ok = sx_film_files_search(b, s->list, name, s->split, strict, &s->path, &s->other, err);
    }
    return ok;
}

/* By the id. If the row names a file, it must be able to be that one: the row's boxes are those of
 * no other film. */
static bool search_by_id(sx_manifest_build *b, film_search *s, const sx_manifest_film *f,
                         const char *id, const char *named, sx_error *err) {
    char id_stem[SX_FILM_STEM], stem[SX_FILM_STEM];
    if (s->path) return true;
    sx_film_name_upper_stem(id, id_stem);
    sx_film_name_upper_stem(named, stem);
    if (named[0] && strcmp(stem, id_stem) != 0) return true;
    if (!find_by_id(b, s, f->id, id, err) || !search(b, s, id, true, err)) return false;
    if (!s->path || !strchr(named, '/')) return true;
    if (!sx_film_files_list_tree(b, s->list, err)) return false;
    if (sx_film_files_agree(b, s->list, named, s->split, s->path)) return true;
    s->path = s->other = NULL;
    s->by_id = false;
    return true;
}

static bool set_path(sx_manifest_build *b, const film_search *s, sx_manifest_film *f,
                     sx_error *err) {
    if (!s->path) return true;
    f->path = sx_arena_strdup(b->m->memory, s->path);
    if (!f->path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    if (!s->by_id) return sx_manifest_set_rival(b, f, s->other, err);
    return sx_manifest_check_rival(b, s->lists[0], f, err) &&
           sx_manifest_check_rival(b, s->lists[1], f, err);
}

/* What a row names, if that does not exist. */
static bool set_absent_file(sx_manifest_build *b, const char *name, sx_manifest_film *f,
                            sx_error *err) {
    if (f->path || !name[0]) return true;
    f->absent_file = sx_arena_strdup(b->m->memory, name);
    return f->absent_file || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

/* By the column `file` as it is, by the id, then by what is similar to one of them. */
static bool find_file(sx_manifest_build *b, const sx_csv *c, const columns *k,
                      sx_film_files files[SX_SPLITS], sx_split table, sx_manifest_film *f,
                      sx_error *err) {
    film_search s = { .lists = { &files[f->split], &files[table] }, .split = f->split };
    sx_str named = { 0 }, id = { 0 };
    char *made = NULL;
    sx_presence presence = SX_PATH_ABSENT;
    sx_manifest_file_name(sx_csv_field(c, k->file), &named);
    sx_manifest_file_name(f->id, &id);
    const char *name = sx_str_text(&named);
    bool ok = sx_str_ok(&named, err) && sx_str_ok(&id, err);
    ok = ok && (!name[0] || find_named(b, name, &made, &presence, err));
    if (presence == SX_PATH_PRESENT) s.path = made;
    ok = ok && search(b, &s, name, true, err) &&
         search_by_id(b, &s, f, sx_str_text(&id), name, err) && search(b, &s, name, false, err);
    if (!s.path) s.path = made; /* it may exist: reading it tells why it cannot be read */
    ok = ok && set_path(b, &s, f, err) && set_absent_file(b, sx_csv_field(c, k->file), f, err);
    free(made);
    free(s.heap);
    sx_str_free(&named);
    sx_str_free(&id);
    return ok;
}

static bool has_no_box(const sx_csv *c, const columns *k, sx_error *err) {
    for (int i = 0; i < 4; i++)
        if (!sx_manifest_is_absent(sx_csv_field(c, k->corner[i])))
            return sx_csv_fail(c, err, "a box in a row \"" SX_NO_FINDING "\"");
    return true;
}

/* A row with lesion_type. */
static bool annotation(sx_manifest_build *b, const sx_csv *c, const columns *k, uint32_t film,
                       sx_error *err) {
    const char *lesion = sx_csv_field(c, k->lesion), *reader = sx_csv_field(c, k->reader);
    sx_manifest_film *f = &b->m->films[film];
    f->by_box = true;
    if (!lesion[0])
        return sx_csv_fail(c, err, "no lesion_type (a film without any is \"" SX_NO_FINDING "\")");
    if (sx_equal_letters(lesion, SX_NO_FINDING))
        return has_no_box(c, k, err) && sx_manifest_no_finding_add(b, film, reader, err);
    sx_manifest_box_row box = {
        .film = film, .lesion = lesion, .reader = reader, .line = sx_csv_line(c)
    };
    for (int i = 0; i < 4; i++)
        if (!sx_csv_double(c, k->corner[i], &box.xyxy[i], err)) return false;
    return sx_manifest_box_add(b, &box, err);
}

/* A row of image labels. An empty field means unknown. */
static bool image_label(const char *positive, const sx_csv *c, const columns *k, bool fresh,
                        sx_manifest_film *f, sx_error *err) {
    const char *text = sx_csv_field(c, k->label);
    int label = -1;
    double number;
    if (positive)
        label = strcmp(text, positive) == 0;
    else if (sx_parse_double(text, &number) && (number == 0 || number == 1))
        label = number == 1;
    else if (!sx_manifest_is_absent(text))
        return sx_csv_fail(
            c, err,
            "%s \"%.60s\" is neither 0 nor 1 (`eval classify --label COLUMN=TEXT` takes others)",
            sx_csv_name(c, (size_t)k->label), text);
    if (!fresh && label != f->label)
        return sx_csv_fail(c, err, "film %.80s has another label in an earlier row", f->id);
    f->label = label;
    return true;
}

/* What a row names, where no films are searched for. */
static bool set_file_name(sx_manifest_build *b, const char *name, sx_manifest_film *f,
                          sx_error *err) {
    sx_str path = { 0 };
    if (!name[0]) return true;
    sx_manifest_file_name(name, &path);
    if (!path.failed) f->file_name = sx_arena_strdup(b->m->memory, sx_str_text(&path));
    sx_str_free(&path);
    return f->file_name || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

static bool row(sx_manifest_build *b, const sx_csv *c, const columns *k, sx_split table,
                sx_film_files files[SX_SPLITS], sx_error *err) {
    const char *named = sx_csv_field(c, k->split);
    sx_split split = table;
    if (named[0] && !b->o->annotations_only) {
        split = sx_split_of_name(named);
        if (!split)
            return sx_csv_fail(c, err, "split \"%.60s\" is none of train, val, test", named);
    }
    if (table && split != table) b->other_splits.count++;
    if (table && split != table && !b->other_splits.line) b->other_splits.line = sx_csv_line(c);
    if ((b->o->split && split != b->o->split) ||
        (b->o->reader && k->lesion >= 0 && strcmp(sx_csv_field(c, k->reader), b->o->reader) != 0)) {
        b->rows_left_out = true;
        return true;
    }
    uint32_t film;
    bool fresh;
    if (!sx_manifest_film_add(b, sx_csv_field(c, k->image), split, sx_csv_line(c), &film, &fresh,
                              err))
        return false;
    sx_manifest_film *f = &b->m->films[film];
    if (!describe(b, c, k, f, err)) return false;
    if (fresh && !(b->o->annotations_only ? set_file_name(b, sx_csv_field(c, k->file), f, err)
                                          : find_file(b, c, k, files, table, f, err)))
        return false;
    return k->lesion >= 0 ? annotation(b, c, k, film, err)
                          : image_label(b->o->positive, c, k, fresh, f, err);
}

/* The column decides, but one of the two is wrong. */
static bool note_other_splits(sx_manifest_build *b, sx_split table, sx_error *err) {
    const size_t n = b->other_splits.count;
    return !n || sx_manifest_note(b, err,
                                  "%s: is the table of %s, but the column split of %zu %s names "
                                  "another one, the first in line %zu; the column is used",
                                  b->m->sources.items[b->source], sx_split_name(table), n,
                                  sx_noun(n, "row", "rows"), b->other_splits.line);
}

bool sx_manifest_read_csv(sx_manifest_build *b, const sx_file *file, sx_split split,
                          sx_film_files files[SX_SPLITS], sx_error *err) {
    sx_csv *c = sx_csv_from_memory(file->data, file->size, b->m->sources.items[b->source], err);
    columns k;
    if (!c) return false;
    bool failed = false, ok = find_columns(c, b->o->label_column, &k, err);
    if (ok && k.lesion < 0 && k.label < 0) ok = sx_csv_need(c, "lesion_type", &k.lesion, err);
    ok = ok && sx_manifest_note_columns(b, c, b->m->sources.items[b->source], false, err);
    b->m->has_boxes = b->m->has_boxes || k.lesion >= 0;
    b->m->layout = k.lesion >= 0 ? SX_LAYOUT_VINDR : SX_LAYOUT_LABELS;
    b->other_splits.count = b->other_splits.line = 0;
    while (ok && sx_csv_next(c, &failed, err))
        ok = row(b, c, &k, split, files, err);
    sx_csv_close(c);
    return ok && !failed && note_other_splits(b, split, err);
}

bool sx_manifest_csv_fits(const char *path, const char *label_column, sx_error *err) {
    sx_csv *c = sx_csv_open(path, err);
    columns k;
    bool ok = c && find_columns(c, label_column, &k, err);
    if (ok && k.lesion < 0 && k.label < 0) ok = sx_csv_need(c, "lesion_type", &k.lesion, err);
    sx_csv_close(c);
    return ok;
}

/* The films of that split and of the table in m->sources; of a data set without splits all. */
static bool *films_of_split(const sx_manifest_build *b, sx_split split, long table, sx_error *err) {
    const sx_manifest *m = b->m;
    bool some = false, *chosen = sx_calloc_for(m->film_count + 1, sizeof *chosen, "films", err);
    for (size_t i = 0; i < m->film_count; i++)
        some = some || m->films[i].split;
    for (size_t i = 0; chosen && i < m->film_count; i++)
        chosen[i] =
            !split || !some || m->films[i].split == split || (long)m->films[i].source == table;
    return chosen;
}

/* The films of a row of metadata: in every split that has its id, or else by its name. */
static bool describe_films(sx_manifest_build *b, const sx_csv *c, const columns *k,
                           const bool *chosen, sx_film_matcher *films, sx_error *err) {
    const char *id = sx_csv_field(c, k->image);
    bool exact = false;
    for (int split = 0; split < SX_SPLITS; split++) {
        const long film = sx_manifest_find(b->m, id, (sx_split)split);
        if (film < 0 || !chosen[film]) continue;
        exact = true;
        if (!describe(b, c, k, &b->m->films[film], err)) return false;
    }
    films->rows += exact;
    films->fitting += exact;
    if (exact) return true;
    const long film = sx_film_matcher_find(films, id, sx_csv_line(c), err);
    return film != SX_MATCH_FAILED && (film < 0 || describe(b, c, k, &b->m->films[film], err));
}

static bool read_meta(sx_manifest_build *b, sx_csv *c, const char *path, const bool *chosen,
                      sx_error *err) {
    columns k;
    sx_film_matcher films = { 0 };
    bool failed = false, ok = find_columns(c, NULL, &k, err) &&
                              sx_manifest_note_columns(b, c, path, true, err) &&
                              sx_film_matcher_open(&films, b->m, chosen, err);
    while (ok && sx_csv_next(c, &failed, err))
        ok = describe_films(b, c, &k, chosen, &films, err);
    /* a row may belong to a film that the options leave out, but not every row */
    const bool expected = b->rows_left_out && (films.fitting || !films.stems.count);
    ok = ok && !failed && (expected || sx_film_matcher_report(&films, b, path, err));
    sx_film_matcher_free(&films);
    return ok;
}

bool sx_manifest_read_meta(sx_manifest_build *b, const char *path, sx_split split, long table,
                           sx_error *err) {
    sx_file f;
    bool *chosen = films_of_split(b, split, table, err);
    bool ok = chosen && sx_manifest_source_open(b, path, &f, err);
    if (ok) {
        sx_csv *c = sx_csv_from_memory(f.data, f.size, path, err);
        ok = c && read_meta(b, c, path, chosen, err);
        sx_csv_close(c);
        sx_file_close(&f);
    }
    free(chosen);
    return ok;
}
