/* YOLO: a text file per film with a line "class x y width height" per box: its centre and size as
 * fractions of the film's size. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "data/manifest_yolo.h"
#include "dicom/dicom_film.h"

static bool read_box(sx_manifest_build *b, char *line, size_t number, uint32_t film,
                     sx_error *err) {
    double v[5];
    int n = 0;
    for (char *word; (word = strsep(&line, " \t"));) {
        if (!word[0]) continue;
        if (n == 5 || !sx_parse_double(word, &v[n]))
            return sx_manifest_fail(b, number, SX_ERR_FORMAT, err,
                                    "not \"class x y width height\"");
        n++;
    }
    if (n == 0) return true;
    if (n < 5) return sx_manifest_fail(b, number, SX_ERR_FORMAT, err, "%d numbers instead of 5", n);
    const size_t classes = b->numbered.count;
    if (!(v[0] >= 0 && v[0] < (double)classes) || v[0] != (double)(size_t)v[0])
        return sx_manifest_fail(b, number, SX_ERR_VALUE, err, "class %g of %zu", v[0], classes);
    const double w = b->m->films[film].width, h = b->m->films[film].height;
    const sx_manifest_box_row box = { .film = film,
                                      .lesion = b->numbered.items[(size_t)v[0]],
                                      .reader = "",
                                      .xyxy = { (v[1] - v[3] / 2) * w, (v[2] - v[4] / 2) * h,
                                                (v[1] + v[3] / 2) * w, (v[2] + v[4] / 2) * h },
                                      .line = number };
    return sx_manifest_box_add(b, &box, err);
}

/* A folder of label files. */
typedef struct label_files {
    const char *dir;
    sx_film_files *films;
    sx_split split;
    sx_paths paths, chosen;  /* and the films' files; "": the first of the film's id */
    sx_names ids;            /* of films -> place of their label file in `paths` */
    sx_names endings, twins; /* names of label files, without the ending of a film */
    sx_names split_ids;      /* ids of which several films have label files with their endings */
} label_files;

/* The label file of a film, on the heap; NULL: it surely has none, so that it is normal. */
static bool find_labels(const label_files *l, const char *id, char **there, sx_error *err) {
    char path[4096];
    const long at = sx_names_find(&l->ids, id);
    if (at >= 0 && l->paths.items) {
        *there = sx_strdup(l->paths.items[at]);
        return *there || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    }
    const int n = snprintf(path, sizeof path, "%s/%s.txt", l->dir, id);
    if (n < 0 || (size_t)n >= sizeof path)
        return sx_fail(err, SX_ERR_LIMIT, "%s: the path is too long", l->dir);
    return sx_path_named(path, there, NULL, err);
}

/* id: of the film among the label files. */
static bool read_labels(sx_manifest_build *b, const label_files *l, const char *id, uint32_t film,
                        sx_error *err) {
    char *there;
    sx_manifest_seen(b, film);
    if (!find_labels(l, id, &there, err)) return false;
    if (!there) return true;
    char *text = sx_manifest_text(b, there, err), *rest = text;
    bool ok = text != NULL;
    size_t number = 0;
    for (char *line; ok && (line = sx_manifest_next_line(&rest));)
        ok = read_box(b, line, ++number, film, err);
    free(there);
    free(text);
    return ok;
}

/* The film of that id in the folder, which other folders may have as well. */
static bool add_film(sx_manifest_build *b, const sx_yolo_folder *folder, const char *id,
                     uint32_t *film, bool *fresh, sx_error *err) {
    sx_str name = { 0 };
    if (folder->shared && sx_names_find(folder->shared, id) >= 0)
        sx_str_printf(&name, "%s/", folder->prefix);
    sx_str_add(&name, id);
    const bool ok = sx_str_ok(&name, err) &&
                    sx_manifest_film_add(b, name.data, folder->split, 0, film, fresh, err);
    sx_str_free(&name);
    return ok;
}

static bool read_film(sx_manifest_build *b, const label_files *l, const char *id, const char *path,
                      const sx_yolo_folder *folder, sx_error *err) {
    uint32_t film;
    bool fresh;
    sx_film *open = sx_film_open(path, &(sx_film_options){ .header_only = true }, err);
    if (!open) return false;
    bool ok = sx_manifest_source(b, path, err) && add_film(b, folder, id, &film, &fresh, err);
    sx_manifest_film *f = ok ? &b->m->films[film] : NULL;
    if (ok && !fresh && f->path && !sx_same_file(f->path, path)) {
        sx_film_free(open);
        return sx_manifest_set_rival(b, f, path, err);
    }
    if (ok) {
        f->width = open->width;
        f->height = open->height;
        f->size_read = true;
        f->path = sx_arena_strdup(b->m->memory, path);
        ok = (f->path || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set")) &&
             sx_manifest_check_rival(b, l->films, f, err);
    }
    sx_film_free(open);
    return ok && read_labels(b, l, id, film, err);
}

/* The film of a label file. */
typedef struct labelled {
    sx_str name;      /* the label file's path below the folder, without ".txt" */
    const char *id;   /* NULL: none */
    const char *path; /* the film's file, if it is not the first of that id */
} labelled;

static size_t folder_count(const char *id) {
    size_t n = 0;
    for (; *id; id++)
        n += *id == '/';
    return n;
}

/* A film by a similar name: letters in another case. */
static bool find_similar(sx_manifest_build *b, const label_files *l, const char *path, labelled *to,
                         sx_error *err) {
    const sx_film_files *films = l->films;
    const char *name = sx_str_text(&to->name), *found, *other;
    if (!sx_film_files_search(b, l->films, name, l->split, true, &found, &other, err)) return false;
    if (other)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%s: it is not known which film this is: %.200s or %.200s", path, found,
                       other);
    for (size_t i = 0; found && i < films->stems.count; i++)
        if (strcmp(films->paths.items[films->stems.values[i]], found) == 0 &&
            folder_count(films->stems.items[i]) == folder_count(name))
            to->id = films->stems.items[i];
    return to->id || sx_fail(err, SX_ERR_MISSING, "%s: there is no film %s", path, name);
}

/* a.png.txt is of a.png, also if there is a DICOM film a.dcm, which the id `a` means. */
static bool find_with_ending(sx_manifest_build *b, label_files *l, labelled *to, const char *id,
                             sx_error *err) {
    const char *other;
    bool fresh;
    if (!sx_is_film_name(sx_path_base(to->name.data))) return true;
    if (!sx_film_files_search(b, l->films, to->name.data, l->split, true, &to->path, &other, err))
        return false;
    if (other) to->path = NULL;
    if (!to->path || !sx_manifest_is_twin(&l->twins, to->name.data)) return true;
    to->id = to->name.data;
    return sx_names_put(&l->split_ids, id, 0, &fresh, err);
}

/* *id: room for to->id. */
static bool find_film(sx_manifest_build *b, label_files *l, const char *path, labelled *to,
                      sx_str *id, sx_error *err) {
    const sx_names *ids = &l->films->stems;
    const size_t above = strlen(l->dir) + 1;
    to->id = NULL;
    to->path = NULL;
    to->name.len = 0;
    sx_str_append(&to->name, path + above, strlen(path) - above - strlen(".txt"));
    if (!sx_str_ok(&to->name, err)) return false;
    if (sx_names_find(ids, to->name.data) >= 0) {
        to->id = to->name.data;
        return true;
    }
    if (!sx_film_files_id("", to->name.data, id, err) || !find_with_ending(b, l, to, id->data, err))
        return false;
    if (!to->id && sx_names_find(ids, id->data) >= 0) to->id = id->data;
    return to->id || find_similar(b, l, path, to, err);
}

/* A film has at most one label file. */
static bool add_file(label_files *l, const labelled *film, const char *path, sx_error *err) {
    bool fresh;
    return sx_names_put(&l->ids, film->id, (uint32_t)l->paths.count, &fresh, err) &&
           sx_paths_add(&l->paths, path, err) &&
           sx_paths_add(&l->chosen, film->path ? film->path : "", err) &&
           (fresh || sx_fail(err, SX_ERR_MISMATCH, "%s: film %s has the file of labels %.200s too",
                             path, film->id, l->paths.items[sx_names_find(&l->ids, film->id)]));
}

static bool is_label_file(const sx_manifest_build *b, const char *dir, const char *path) {
    const char *name = sx_path_base(path);
    const bool above = strlen(path) == strlen(dir) + 1 + strlen(name);
    return sx_path_has_ending(name, ".txt") && !(above && sx_equal_letters(name, "classes.txt")) &&
           sx_names_find(&b->yolo->lists, path) < 0;
}

static bool list_labels(sx_manifest_build *b, label_files *l, sx_error *err) {
    sx_paths found = { 0 };
    sx_str id = { 0 };
    labelled film = { 0 };
    const size_t n = strlen(l->dir) + 1;
    bool ok = sx_manifest_walk(b, l->dir, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        ok = !is_label_file(b, l->dir, found.items[i]) ||
             sx_manifest_see_twin(&l->endings, &l->twins, found.items[i] + n, err);
    for (size_t i = 0; ok && i < found.count; i++)
        if (is_label_file(b, l->dir, found.items[i]))
            ok = find_film(b, l, found.items[i], &film, &id, err) &&
                 add_file(l, &film, found.items[i], err);
    sx_str_free(&film.name);
    sx_str_free(&id);
    sx_paths_free(&found);
    return ok;
}

/* Whether the film of that id is to be read; *path: from this file, "" or NULL: from any. */
static bool is_chosen(const sx_yolo_folder *folder, const char *id, const char **path) {
    const long at = folder->chosen ? sx_names_find(folder->chosen, id) : -1;
    if (at >= 0) *path = folder->paths->items[at];
    return !folder->chosen || at >= 0;
}

/* The films of an id: one; or those whose label files have its endings, which read_twins reads. */
static bool read_films(sx_manifest_build *b, const label_files *l, size_t i,
                       const sx_yolo_folder *folder, sx_error *err) {
    const char *id = l->films->stems.items[i], *chosen = NULL;
    const long found = sx_names_find(&l->ids, id), at = l->paths.items ? found : -1;
    if (!is_chosen(folder, id, &chosen)) return true;
    if (sx_names_find(&l->split_ids, id) >= 0)
        return at < 0 || sx_fail(err, SX_ERR_MISMATCH,
                                 "%s: films of this name have files of labels with their endings "
                                 "too",
                                 l->paths.items[at]);
    if ((!chosen || !chosen[0]) && at >= 0 && l->chosen.items) chosen = l->chosen.items[at];
    return read_film(
        b, l, id, chosen && chosen[0] ? chosen : l->films->paths.items[l->films->stems.values[i]],
        folder, err);
}

/* The film "a.png" beside "a.dcm" is chosen if all of the name `a` are, or this file. */
static bool read_twin(sx_manifest_build *b, const label_files *l, size_t i,
                      const sx_yolo_folder *folder, sx_str *id, sx_error *err) {
    const char *path = NULL;
    if (!sx_film_files_id("", l->ids.items[i], id, err)) return false;
    if (!is_chosen(folder, id->data, &path)) return true;
    if (path && path[0] && !sx_same_file(path, l->chosen.items[i])) return true;
    return read_film(b, l, l->ids.items[i], l->chosen.items[i], folder, err);
}

static bool read_twins(sx_manifest_build *b, const label_files *l, const sx_yolo_folder *folder,
                       sx_error *err) {
    sx_str id = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < l->ids.count; i++)
        if (sx_names_find(&l->films->stems, l->ids.items[i]) < 0)
            ok = read_twin(b, l, i, folder, &id, err);
    sx_str_free(&id);
    return ok;
}

/* The number of films in the folder of the id `first`, which begins with it and its '/'; 0: one of
 * them has labels. */
static size_t unlabelled_films(const label_files *l, const sx_yolo_folder *folder,
                               const char *first, size_t n) {
    const sx_names *ids = &l->films->stems;
    const char *path;
    size_t count = 0;
    for (size_t i = 0; i < l->ids.count; i++)
        if (strncmp(l->ids.items[i], first, n + 1) == 0) return 0;
    for (size_t i = 0; i < ids->count; i++)
        count +=
            strncmp(ids->items[i], first, n + 1) == 0 && is_chosen(folder, ids->items[i], &path);
    return count;
}

/* Folders of films, such as "thumbs", for which there is no folder of labels. */
static bool note_unlabelled(sx_manifest_build *b, const label_files *l,
                            const sx_yolo_folder *folder, sx_error *err) {
    const sx_names *ids = &l->films->stems;
    sx_names seen = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && l->ids.count && i < ids->count; i++) {
        const size_t n = strcspn(ids->items[i], "/");
        char name[SX_FILM_STEM];
        bool fresh;
        if (!ids->items[i][n] || n >= sizeof name) continue;
        snprintf(name, sizeof name, "%.*s", (int)n, ids->items[i]);
        ok = sx_names_put(&seen, name, 0, &fresh, err);
        if (!ok || !fresh) continue;
        char *labels = sx_path_join(l->dir, name);
        ok = labels || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
        const size_t films = ok && !sx_manifest_exists(b, labels)
                                 ? unlabelled_films(l, folder, ids->items[i], n)
                                 : 0;
        free(labels);
        if (films)
            ok = sx_manifest_note(b, err,
                                  "%s: has no folder %s: the %zu %s in the folder of films of that "
                                  "name %s read as normal",
                                  l->dir, name, films, sx_noun(films, "film", "films"),
                                  sx_noun(films, "is", "are"));
    }
    sx_names_free(&seen);
    return ok;
}

bool sx_manifest_read_yolo(sx_manifest_build *b, const sx_yolo_folder *folder, sx_error *err) {
    label_files l = { .dir = folder->labels, .films = folder->films, .split = folder->split };
    bool ok = list_labels(b, &l, err);
    for (size_t i = 0; ok && i < l.films->stems.count; i++)
        ok = read_films(b, &l, i, folder, err);
    ok = ok && read_twins(b, &l, folder, err) && note_unlabelled(b, &l, folder, err);
    sx_paths_free(&l.paths);
    sx_paths_free(&l.chosen);
    sx_names_free(&l.ids);
    sx_names_free(&l.endings);
    sx_names_free(&l.twins);
    sx_names_free(&l.split_ids);
    b->m->has_boxes = true;
    b->m->layout = SX_LAYOUT_YOLO;
    return ok;
}

bool sx_manifest_yolo_note(sx_manifest_build *b, const char *films, size_t count,
                           const char *labels, sx_error *err) {
    return count == 0 ||
           sx_manifest_note(b, err, "%s: %zu %s left out, because there is no folder %s", films,
                            count, sx_noun(count, "film is", "films are"), labels);
}
