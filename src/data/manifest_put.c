/* Writes the files of a data set. */
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "base/writer.h"
#include "data/manifest_write_impl.h"

bool sx_manifest_step(const sx_manifest_writing *w, sx_error *err) {
    if (!sx_context_check(w->to->context, err)) return false;
    sx_progress_step(w->to->progress, 1);
    return true;
}

const char *sx_manifest_ending(const sx_manifest_film *f, const sx_manifest_target *to) {
    if (f->path && to->films) return sx_film_export_ending(to->films->format);
    const char *dot = f->path ? strrchr(sx_path_base(f->path), '.') : NULL;
    return dot && sx_is_film_name(sx_path_base(f->path)) ? dot : "";
}

bool sx_manifest_path(const sx_manifest_writing *w, char path[4096], const char *fmt, const char *a,
                      const char *b, sx_error *err) {
    int n = snprintf(path, 4096, "%s/", w->dir);
    if (n > 0 && n < 4096) n += snprintf(path + n, (size_t)(4096 - n), fmt, a, b);
    return (n > 0 && n < 4096) || sx_fail(err, SX_ERR_LIMIT, "%s: the path is too long", w->dir);
}

/* Whether a file with exactly these bytes exists. */
static bool is_written(const char *path, const sx_str *text) {
    sx_file f;
    if (!sx_path_exists(path) || !sx_file_open(&f, path, NULL)) return false;
    const bool same = f.size == text->len && memcmp(f.data, sx_str_text(text), f.size) == 0;
    sx_file_close(&f);
    return same;
}

bool sx_manifest_put(const sx_manifest_writing *w, const char *fmt, const char *a, const char *b,
                     sx_str *text, sx_error *err) {
    char path[4096], folder[4096];
    bool ok = sx_str_ok(text, err) && sx_manifest_path(w, path, fmt, a, b, err);
    if (ok) {
        snprintf(folder, sizeof folder, "%.*s", (int)(sx_path_base(path) - path), path);
        ok = (w->resumed && is_written(path, text)) ||
             (sx_make_dirs(folder, err) &&
              sx_write_file_unsynced(path, sx_str_text(text), text->len, err));
    }
    sx_str_free(text);
    return ok;
}

bool sx_manifest_in_split(const sx_manifest *m, sx_split s) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split == s) return true;
    return false;
}

static bool needs_sizes(sx_layout layout) {
    return layout == SX_LAYOUT_COCO || layout == SX_LAYOUT_VOC || layout == SX_LAYOUT_YOLO;
}

bool sx_manifest_has_sizes(const sx_manifest *m, sx_layout layout) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].width || m->films[i].height) return true;
    return needs_sizes(layout);
}

bool sx_manifest_is_sized(const sx_manifest_film *f, const sx_manifest_target *to) {
    if (!needs_sizes(to->layout)) return true;
    return f->width && f->height &&
           (to->layout != SX_LAYOUT_YOLO || f->size_read || to->stated_sizes);
}

bool sx_manifest_has_failed(const sx_manifest_writing *w, const sx_manifest_film *f) {
    return w->failed && w->failed[f - w->m->films];
}

bool sx_manifest_has_place(const sx_manifest_writing *w, const sx_manifest_film *f) {
    const sx_manifest_target *to = w->to;
    return sx_manifest_is_sized(f, to) && !sx_manifest_has_failed(w, f) &&
           (to->layout != SX_LAYOUT_YOLO || f->box_count || f->label == 0);
}

bool sx_manifest_count_sizes(const sx_manifest *m, const sx_manifest_target *to,
                             sx_manifest_loss *loss, sx_error *err) {
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const bool sized = sx_manifest_is_sized(f, to);
        loss->unsized += !sized;
        loss->unsized_boxes += sized ? 0 : f->box_count;
        loss->other_sizes += f->other_size;
        loss->unchecked_sizes += sized && !f->size_read && f->width && f->height;
    }
    return loss->unsized < m->film_count ||
           sx_fail(err, SX_ERR_MISSING, "no film has %s",
                   to->layout == SX_LAYOUT_YOLO && !to->stated_sizes
                       ? "a file from which its size can be read"
                       : "a file or a stated size");
}
