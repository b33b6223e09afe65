/* YOLO: a text file per film with a line "class x y width height" per box: its centre and size as
 * fractions of the film's size. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "data/manifest_build.h"
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
    sx_paths paths;
    sx_names stems; /* name without ending -> place in `paths` */
} label_files;

/* The label file of a film, on the heap; NULL: it surely has none, so that it is normal. */
static bool find_labels(const label_files *l, const char *id, char **there, sx_error *err) {
    char path[4096];
    const long at = sx_names_find(&l->stems, id);
    if (at >= 0 && l->paths.items) {
        *there = sx_strdup(l->paths.items[at]);
        return *there || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    }
    const int n = snprintf(path, sizeof path, "%s/%s.txt", l->dir, id);
    if (n < 0 || (size_t)n >= sizeof path)
        return sx_fail(err, SX_ERR_LIMIT, "%s: the path is too long", l->dir);
    return sx_path_named(path, there, NULL, err);
}

static bool read_labels(sx_manifest_build *b, const label_files *l, uint32_t film, sx_error *err) {
    char *there;
    sx_manifest_seen(b, film);
    if (!find_labels(l, b->m->films[film].id, &there, err)) return false;
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

static bool read_film(sx_manifest_build *b, const label_files *labels, const sx_film_files *files,
                      size_t at, sx_split split, sx_error *err) {
    const char *path = files->paths.items[files->stems.values[at]];
    uint32_t film;
    sx_film *open = sx_film_open(path, &(sx_film_options){ .header_only = true }, err);
    if (!open) return false;
    bool ok = sx_manifest_source(b, path, err) &&
              sx_manifest_film_add(b, files->stems.items[at], split, 0, &film, NULL, err);
    if (ok) {
        b->m->films[film].width = open->width;
        b->m->films[film].height = open->height;
        b->m->films[film].size_read = true;
        b->m->films[film].path = sx_arena_strdup(b->m->memory, path);
        ok = (b->m->films[film].path ||
              sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set")) &&
             sx_manifest_check_rival(b, files, &b->m->films[film], err);
    }
    sx_film_free(open);
    return ok && read_labels(b, labels, film, err);
}

/* The id of a label file's film, by the path without ".txt". */
static bool find_id(const sx_film_files *films, const char *path, const char *dir, sx_str *id,
                    sx_error *err) {
    sx_str name = { 0 };
    sx_str_append(&name, path, strlen(path) - 4);
    bool ok = sx_str_ok(&name, err);
    const char *below = ok ? name.data + strlen(dir) + 1 : "";
    if (ok && sx_names_find(&films->stems, below) >= 0) {
        sx_str_add(id, below);
        ok = sx_str_ok(id, err);
    } else if (ok) {
        ok = sx_film_files_id(dir, name.data, id, err) &&
             (sx_names_find(&films->stems, id->data) >= 0 ||
              sx_fail(err, SX_ERR_MISSING, "%s: there is no film %s", path, below));
    }
    sx_str_free(&name);
    return ok;
}

static bool add_file(label_files *l, const char *id, const char *path, sx_error *err) {
    bool fresh;
    return sx_names_put(&l->stems, id, (uint32_t)l->paths.count, &fresh, err) &&
           sx_paths_add(&l->paths, path, err) &&
           (fresh || sx_fail(err, SX_ERR_MISMATCH, "%s: film %s has the file of labels %.200s too",
                             path, id, l->paths.items[sx_names_find(&l->stems, id)]));
}

/* Adds a label file. It must have a film, and a film has at most one label file. */
static bool add_labels(label_files *l, const char *path, const sx_film_files *films,
                       sx_error *err) {
    sx_str id = { 0 };
    const char *name = sx_path_base(path);
    const bool above = strlen(path) == strlen(l->dir) + 1 + strlen(name);
    if (!sx_path_has_ending(name, ".txt") || (above && sx_equal_letters(name, "classes.txt")))
        return true;
    const bool ok = find_id(films, path, l->dir, &id, err) && add_file(l, id.data, path, err);
    sx_str_free(&id);
    return ok;
}

bool sx_manifest_read_yolo(sx_manifest_build *b, const char *labels, const sx_film_files *files,
                           sx_split split, sx_error *err) {
    sx_paths found = { 0 };
    label_files l = { .dir = labels };
    bool ok = sx_manifest_walk(b, labels, &found, err);
    for (size_t i = 0; ok && i < found.count; i++)
        ok = add_labels(&l, found.items[i], files, err);
    for (size_t i = 0; ok && i < files->stems.count; i++)
        ok = read_film(b, &l, files, i, split, err);
    sx_paths_free(&found);
    sx_paths_free(&l.paths);
    sx_names_free(&l.stems);
    b->m->has_boxes = true;
    b->m->layout = SX_LAYOUT_YOLO;
    return ok;
}
