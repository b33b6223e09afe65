#include "experiment/film_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/film_list.h"

static bool wanted(const sx_manifest_film *f, sx_task task, bool empty) {
    if (!f->path || f->two_sizes) return false; /* two sizes: the rows may be of two films */
    return task == SX_CLASSIFIER ? f->label >= 0 : empty || f->box_count > 0;
}

static void add_film(sx_film_set *s, const sx_manifest_film *f) {
    for (size_t k = f->first_box; k < f->first_box + f->box_count; k++) {
        const float *b = s->manifest.boxes[k].xyxy;
        s->boxes[k] = (sx_film_box){ (double)b[0], (double)b[1], (double)b[2], (double)b[3], 0 };
        s->labels[k] = (int)s->manifest.boxes[k].label;
    }
    s->films[s->count++] = (sx_loader_film){ .id = f->id,
                                             .path = f->path,
                                             .boxes = &s->boxes[f->first_box],
                                             .labels = &s->labels[f->first_box],
                                             .count = f->box_count,
                                             .target = f->label == 1 ? 1.0F : 0.0F,
                                             .width = f->width,
                                             .height = f->height };
}

/* A configuration file names a path that is not UTF-8 with escapes. */
static bool open_manifest(const char *path, const sx_manifest_options *how, sx_manifest *m,
                          sx_error *err) {
    char *there;
    if (!sx_path_named(path, &there, NULL, err)) return false;
    const bool ok = sx_manifest_open(there ? there : path, how, m, err);
    free(there);
    return ok;
}

void sx_data_set_name(const char *path, char name[SX_DATA_NAME]) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    sx_format(name, SX_DATA_NAME, "%.*s", (int)(end - begin), path + begin);
}

bool sx_film_set_open(const sx_context *context, const char *path, const sx_manifest_options *how,
                      const char *list, sx_task task, bool empty, sx_film_set *s, sx_error *err) {
    s->context = context;
    sx_data_set_name(path, s->name);
    if (!open_manifest(path, how, &s->manifest, err)) return false;
    const sx_manifest *m = &s->manifest;
    sx_manifest_warn(context, m);
    s->films = sx_calloc_for(m->film_count + 1, sizeof *s->films, "films", err);
    s->boxes = sx_calloc_for(m->box_count + 1, sizeof *s->boxes, "films", err);
    s->labels = sx_calloc_for(m->box_count + 1, sizeof *s->labels, "films", err);
    s->notes = sx_film_notes_new(context, err);
    if (!s->films || !s->boxes || !s->labels || !s->notes) return false;
    bool *only = sx_calloc_for(m->film_count + 1, sizeof *only, "films", err);
    const bool ok = only && (!list || sx_film_list_open(list, m, only, err));
    size_t missing = 0, mixed = 0, unused = 0;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        if (list && !only[i]) continue;
        missing += f->path == NULL;
        mixed += f->two_sizes != 0;
        if (wanted(f, task, empty))
            add_film(s, f);
        else
            unused += f->path && !f->two_sizes;
    }
    free(only);
    if (!ok) return false;
    if (missing)
        sx_log(s->context, SX_LOG_WARNING, "%s: %zu listed %s not exist", path, missing,
               sx_noun(missing, "film does", "films do"));
    if (mixed)
        sx_log(s->context, SX_LOG_WARNING,
               "%s: %zu %s left out because of two sizes in their rows (spinexr data check lists "
               "them)",
               path, mixed, sx_noun(mixed, "film is", "films are"));
    if (unused && s->count)
        sx_log(s->context, SX_LOG_INFO, "%s: %zu of %zu films %s no %s and %s left out", path,
               unused, s->count + unused, sx_noun(unused, "has", "have"),
               task == SX_DETECTOR ? "box" : "label", sx_noun(unused, "is", "are"));
    return s->count > 0 || sx_fail(err, SX_ERR_MISSING, "%s: no film has %s", path,
                                   task == SX_DETECTOR ? "boxes" : "a label");
}

void sx_film_set_close(sx_film_set *s) {
    sx_manifest_free(&s->manifest);
    sx_film_cache_close(s->cache);
    free(s->films);
    free(s->boxes);
    free(s->labels);
    sx_film_notes_free(s->notes);
}

bool sx_film_set_cache(sx_film_set *s, const char *dir, sx_error *err) {
    sx_error why = { 0 };
    const char **paths = sx_calloc_for(s->count + 1, sizeof *paths, "film cache", err);
    if (!paths) return false;
    for (size_t i = 0; i < s->count; i++)
        paths[i] = s->films[i].path;
    sx_progress bar;
    sx_progress_start(&bar, s->context, "films", s->count);
    s->cache = sx_film_cache_open(&(sx_film_cache_options){ .dir = dir,
                                                            .paths = paths,
                                                            .count = s->count,
                                                            .pixels = SX_PIXELS_AUTO,
                                                            .fit = s->fit,
                                                            .context = s->context,
                                                            .notes = s->notes,
                                                            .progress = &bar },
                                  &why);
    sx_progress_end(&bar);
    free(paths);
    if (s->cache) {
        const size_t unreadable = sx_film_cache_unreadable(s->cache);
        char others[64] = "";
        if (unreadable) snprintf(others, sizeof others, ", %zu cannot be read", unreadable);
        sx_log(s->context, SX_LOG_INFO, "%s: %zu %s, %zu read now%s", sx_film_cache_path(s->cache),
               s->count, sx_noun(s->count, "film", "films"), sx_film_cache_decoded(s->cache),
               others);
        return true;
    }
    if (why.code != SX_ERR_IO) return sx_fail(err, why.code, "%s", why.message);
    sx_log(s->context, SX_LOG_WARNING, "%s; continuing without a cache", why.message);
    return true;
}

bool sx_film_set_film(const sx_film_set *s, size_t i, sx_fitted *out, sx_error *err) {
    *out = (sx_fitted){ 0 };
    if (s->cache && sx_film_cache_get(s->cache, i, out)) return true;
    return sx_fit_film(s->films[i].path, SX_PIXELS_AUTO, &s->fit, s->notes, out, err);
}

void sx_film_set_done(sx_fitted *film) {
    sx_image_free(&film->image);
    *film = (sx_fitted){ 0 };
}
