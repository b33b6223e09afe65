#include "data/manifest_write.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "data/manifest_build.h"
#include "data/manifest_write_impl.h"
#include "data/parallel_each.h"

/* The path of a film in the new folder, whose folder is made. */
static bool film_path(const sx_manifest_writing *w, const sx_manifest_film *f, char to[4096 + 600],
                      sx_error *err) {
    char folder[4096];
    const char *fmt = w->to->layout == SX_LAYOUT_VOC ? "JPEGImages"
                      : f->split                     ? "images/%s"
                                                     : "images";
    if (!sx_manifest_path(w, folder, fmt, sx_split_name(f->split), "", err) ||
        !sx_make_dirs(folder, err))
        return false;
    snprintf(to, 4096 + 600, "%s/%s%s", folder, f->id, sx_manifest_ending(f, w->to));
    snprintf(folder, sizeof folder, "%.*s", (int)(sx_path_base(to) - to), to);
    return !strchr(f->id, '/') || sx_make_dirs(folder, err);
}

static bool link_films(const sx_manifest_writing *w, sx_error *err) {
    for (size_t i = 0; i < w->m->film_count; i++) {
        const sx_manifest_film *f = &w->m->films[i];
        char to[4096 + 600], from[PATH_MAX];
        if (!f->path || !sx_manifest_has_place(w, f)) continue;
        bool ok = realpath(f->path, from) != NULL || sx_fail_errno(err, f->path, "find this film");
        ok = ok && film_path(w, f, to, err);
        if (ok) ok = symlink(from, to) == 0 || sx_fail_errno(err, to, "make this link");
        if (!ok || !sx_manifest_step(w, err)) return false;
    }
    return true;
}

/* A film that cannot be read does not end the others. */
static bool export_film(void *user, size_t i, sx_error *err) {
    const sx_manifest_writing *w = user;
    const sx_manifest_film *f = &w->m->films[i];
    char to[4096 + 600];
    sx_error why = { 0 };
    bool film_failed;
    if (!f->path || !sx_manifest_has_place(w, f)) return true;
    if (!film_path(w, f, to, err)) return false;
    const sx_context one = sx_context_child(w->to->context, 1);
    if (sx_film_export_one(&one, w->to->films, f->path, to, &film_failed, &why)) return true;
    if (why.code == SX_ERR_MEMORY || !film_failed) return sx_fail(err, why.code, "%s", why.message);
    sx_log(w->to->context, SX_LOG_ERROR, "%s", why.message);
    w->failed[i] = true;
    return true;
}

/* Before the annotations, which leave out the films that failed. */
static bool export_films(sx_manifest_writing *w, sx_error *err) {
    const size_t count = w->m->film_count;
    w->failed = sx_calloc_for(count, sizeof *w->failed, "the data set", err);
    if (!w->failed ||
        !sx_parallel_each(w->to->context, count, export_film, w, w->to->progress, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        w->loss->unwritten += w->failed[i];
        w->loss->unwritten_boxes += w->failed[i] ? w->m->films[i].box_count : 0;
    }
    return w->loss->unwritten < count || count == 0 ||
           sx_fail(err, SX_ERR_MISSING, "none of the films can be converted");
}

static bool write_in(const sx_manifest *m, const sx_manifest_target *to, const char *folder,
                     sx_manifest_loss *loss, sx_error *err) {
    sx_manifest_writing w = { .m = m, .dir = folder, .loss = loss, .to = to };
    const bool each = to->layout == SX_LAYOUT_YOLO || to->layout == SX_LAYOUT_VOC;
    for (size_t i = 0; i < m->film_count; i++)
        loss->no_ages += m->films[i].no_age != NULL;
    for (size_t i = 0; i < m->film_count; i++)
        loss->contradictions += (m->films[i].other_age != NULL) + (m->films[i].other_sex != NULL);
    sx_progress_start(to->progress, to->context, "films",
                      m->film_count * (size_t)(each + (to->link || to->films)));
    const bool ok = (!to->films || export_films(&w, err)) && sx_manifest_write_layout(&w, err) &&
                    (!to->link || link_films(&w, err)) &&
                    (!to->add || to->add(to->user, folder, loss, err)) &&
                    sx_sync_folder(folder, err);
    free(w.failed);
    return ok;
}

static bool write_claimed(const sx_manifest *m, const sx_manifest_target *to, sx_claim *claim,
                          sx_manifest_loss *loss, sx_error *err) {
    char *unfinished;
    if (!sx_manifest_can_hold(m, to->layout, err) || !sx_manifest_count_sizes(m, to, loss, err) ||
        !sx_claim_make_folder(claim, to->dir, &unfinished, err))
        return false;
    if (write_in(m, to, unfinished, loss, err))
        return sx_claim_put_folder(claim, unfinished, to->dir, err);
    sx_claim_name_target(unfinished, to->dir, err);
    free(unfinished);
    return false;
}

bool sx_manifest_write(const sx_manifest *m, const sx_manifest_target *to, sx_manifest_loss *loss,
                       sx_error *err) {
    *loss = (sx_manifest_loss){ 0 };
    sx_claim_sweep_name(to->dir);
    if (sx_path_exists(to->dir))
        return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it",
                       to->dir);
    sx_claim *claim = sx_claim_open_name(to->dir, to->command ? to->command : "data convert", err);
    if (!claim) return false;
    const bool ok = write_claimed(m, to, claim, loss, err);
    sx_claim_close(claim);
    return ok;
}
