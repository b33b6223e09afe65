#include "data/manifest_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/rng.h"
#include "data/manifest_build.h"
#include "data/manifest_write_impl.h"

bool sx_manifest_step(const sx_manifest_writing *w, sx_error *err) {
    if (!sx_context_check(w->to->context, err)) return false;
    sx_progress_step(w->to->progress, 1);
    return true;
}

const char *sx_manifest_ending(const sx_manifest_film *f) {
    const char *dot = f->path ? strrchr(sx_path_base(f->path), '.') : NULL;
    return dot && sx_is_film_name(sx_path_base(f->path)) ? dot : "";
}

static bool place(const sx_manifest_writing *w, char path[4096], sx_error *err, const char *fmt,
                  const char *a, const char *b) {
    int n = snprintf(path, 4096, "%s/", w->dir);
    if (n > 0 && n < 4096) n += snprintf(path + n, (size_t)(4096 - n), fmt, a, b);
    return (n > 0 && n < 4096) || sx_fail(err, SX_ERR_LIMIT, "%s: too long a path", w->dir);
}

/* Whether a file with these very bytes is there. */
static bool is_there(const char *path, const sx_str *text) {
    sx_file f;
    if (!sx_path_exists(path) || !sx_file_open(&f, path, NULL)) return false;
    const bool same = f.size == text->len && memcmp(f.data, sx_str_text(text), f.size) == 0;
    sx_file_close(&f);
    return same;
}

bool sx_manifest_put(const sx_manifest_writing *w, const char *fmt, const char *a, const char *b,
                     sx_str *text, sx_error *err) {
    char path[4096], folder[4096];
    bool ok = sx_str_ok(text, err) && place(w, path, err, fmt, a, b);
    if (ok) {
        snprintf(folder, sizeof folder, "%.*s", (int)(sx_path_base(path) - path), path);
        if (w->resumed && is_there(path, text))
            w->loss->there++;
        else
            ok = sx_make_dirs(folder, err) &&
                 sx_write_file_unsynced(path, sx_str_text(text), text->len, err);
    }
    sx_str_free(text);
    return ok;
}

bool sx_manifest_in_split(const sx_manifest *m, sx_split s) {
    for (size_t i = 0; i < m->film_count; i++)
        if (m->films[i].split == s) return true;
    return false;
}

static bool links_to(const char *link, const char *file) {
    char to[4096];
    const ssize_t n = readlink(link, to, sizeof to);
    return n > 0 && (size_t)n == strlen(file) && memcmp(to, file, (size_t)n) == 0;
}

bool sx_manifest_has_place(const sx_manifest_film *f, sx_layout layout) {
    return layout != SX_LAYOUT_YOLO || f->box_count || f->label == 0;
}

static bool link_films(const sx_manifest_writing *w, sx_layout layout, sx_error *err) {
    for (size_t i = 0; i < w->m->film_count; i++) {
        const sx_manifest_film *f = &w->m->films[i];
        char folder[4096], to[4096 + 600];
        const char *fmt = layout == SX_LAYOUT_VOC ? "JPEGImages"
                          : f->split              ? "images/%s"
                                                  : "images";
        if (!f->path || !sx_manifest_has_place(f, layout)) continue;
        char *from = realpath(f->path, NULL);
        bool ok = from || sx_fail(err, SX_ERR_IO, "%s: %s", f->path, strerror(errno));
        ok = ok && place(w, folder, err, fmt, sx_split_name(f->split), "") &&
             sx_make_dirs(folder, err);
        if (ok) {
            snprintf(to, sizeof to, "%s/%s%s", folder, f->id, sx_manifest_ending(f));
            ok = symlink(from, to) == 0 || (w->resumed && errno == EEXIST && links_to(to, from)) ||
                 sx_fail(err, SX_ERR_IO, "%s: %s", to, strerror(errno));
        }
        free(from);
        if (!ok || !sx_manifest_step(w, err)) return false;
    }
    return true;
}

/* What decides about every byte of the target, so that leftovers of something else are never mixed
 * in. */
static void describe(const sx_manifest *m, const sx_manifest_target *to, sx_str *s) {
    uint64_t sum = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        sum = sum * 31 + sx_fnv1a(f->id, strlen(f->id)) + (uint64_t)f->split * 7 +
              (uint64_t)(f->label + 1);
        if (f->path) sum = sum * 31 + sx_fnv1a(f->path, strlen(f->path));
    }
    for (size_t i = 0; i < m->box_count; i++)
        sum = sum * 31 + sx_fnv1a(m->boxes[i].xyxy, sizeof m->boxes[i].xyxy) + m->boxes[i].label;
    sx_str_printf(s,
                  "spinexr data convert\nlayout %s\nlinks %d\nfilms %zu\nboxes %zu\nsum %016llx\n",
                  sx_layout_name(to->layout), (int)to->link, m->film_count, m->box_count,
                  (unsigned long long)sum);
}

/* Takes up `partial`, or begins it: *resumed. */
static bool begin(const sx_manifest *m, const sx_manifest_target *to, const char *partial,
                  const char *plan, bool *resumed, sx_error *err) {
    sx_str s = { 0 };
    describe(m, to, &s);
    bool ok = sx_str_ok(&s, err);
    *resumed = ok && sx_path_exists(partial);
    if (*resumed && !is_there(plan, &s))
        ok = sx_fail(err, SX_ERR_IO,
                     "%s: left of an interrupted run with other arguments; remove it first",
                     partial);
    if (ok && *resumed) sx_remove_parts(partial);
    if (ok && !*resumed) ok = sx_write_file(plan, s.data, s.len, err);
    sx_str_free(&s);
    return ok && sx_make_dirs(partial, err);
}

static bool write_all(const sx_manifest_writing *w, sx_error *err) {
    return sx_manifest_write_layout(w, err) && (!w->to->link || link_films(w, w->to->layout, err));
}

bool sx_manifest_write(const sx_manifest *m, const sx_manifest_target *to, sx_manifest_loss *loss,
                       sx_error *err) {
    *loss = (sx_manifest_loss){ 0 };
    char partial[4096], plan[4096 + 8];
    const char *dir = to->dir;
    if (snprintf(partial, sizeof partial, "%.*s.partial", (int)sx_path_length(dir), dir) >=
        (int)sizeof partial)
        return sx_fail(err, SX_ERR_LIMIT, "%s: too long a path", dir);
    snprintf(plan, sizeof plan, "%s.plan", partial);
    if (sx_path_exists(dir)) return sx_fail(err, SX_ERR_IO, "%s: is there already", dir);
    sx_manifest_writing w = { .m = m, .dir = partial, .loss = loss, .to = to };
    if (!sx_manifest_can_hold(m, to->layout, err) || !begin(m, to, partial, plan, &w.resumed, err))
        return false;
    const bool each = to->layout == SX_LAYOUT_YOLO || to->layout == SX_LAYOUT_VOC;
    sx_progress_start(to->progress, to->context, "films",
                      m->film_count * (size_t)(each + to->link));
    if (!write_all(&w, err) || !sx_sync_folder(partial, err)) return false;
    if (rename(partial, dir) != 0) return sx_fail(err, SX_ERR_IO, "%s: %s", dir, strerror(errno));
    unlink(plan);
    return true;
}
