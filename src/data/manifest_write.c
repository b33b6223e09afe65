#include "data/manifest_write.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/files.h"
#include "data/manifest_build.h"
#include "data/manifest_write_impl.h"

static bool link_films(const sx_manifest_writing *w, sx_layout layout, sx_error *err) {
    for (size_t i = 0; i < w->m->film_count; i++) {
        const sx_manifest_film *f = &w->m->films[i];
        char folder[4096], to[4096 + 600];
        const char *fmt = layout == SX_LAYOUT_VOC ? "JPEGImages"
                          : f->split              ? "images/%s"
                                                  : "images";
        if (!f->path || !sx_manifest_has_place(f, w->to)) continue;
        char from[PATH_MAX];
        bool ok = realpath(f->path, from) != NULL || sx_fail_errno(err, f->path, "find this film");
        ok = ok && sx_manifest_path(w, folder, fmt, sx_split_name(f->split), "", err) &&
             sx_make_dirs(folder, err);
        if (ok) {
            snprintf(to, sizeof to, "%s/%s%s", folder, f->id, sx_manifest_ending(f));
            snprintf(folder, sizeof folder, "%.*s", (int)(sx_path_base(to) - to), to);
            ok = !strchr(f->id, '/') || sx_make_dirs(folder, err);
        }
        if (ok) {
            ok = symlink(from, to) == 0 || sx_fail_errno(err, to, "make this link");
        }
        if (!ok || !sx_manifest_step(w, err)) return false;
    }
    return true;
}

static bool write_in(const sx_manifest *m, const sx_manifest_target *to, const char *folder,
                     sx_manifest_loss *loss, sx_error *err) {
    const sx_manifest_writing w = { .m = m, .dir = folder, .loss = loss, .to = to };
    const bool each = to->layout == SX_LAYOUT_YOLO || to->layout == SX_LAYOUT_VOC;
    sx_progress_start(to->progress, to->context, "films",
                      m->film_count * (size_t)(each + to->link));
    return sx_manifest_write_layout(&w, err) && (!to->link || link_films(&w, to->layout, err)) &&
           sx_sync_folder(folder, err);
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
    if (sx_path_exists(to->dir))
        return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it",
                       to->dir);
    sx_claim *claim = sx_claim_open_name(to->dir, "data convert", err);
    if (!claim) return false;
    const bool ok = write_claimed(m, to, claim, loss, err);
    sx_claim_close(claim);
    return ok;
}
