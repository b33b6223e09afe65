#include "data/manifest_write.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/rng.h"
#include "base/writer.h"
#include "data/manifest_build.h"
#include "data/manifest_write_impl.h"

static bool links_to(const char *link, const char *file) {
    char to[4096];
    const ssize_t n = readlink(link, to, sizeof to);
    return n > 0 && (size_t)n == strlen(file) && memcmp(to, file, (size_t)n) == 0;
}

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
            ok = symlink(from, to) == 0 || (w->resumed && errno == EEXIST && links_to(to, from)) ||
                 sx_fail_errno(err, to, "make this link");
        }
        if (!ok || !sx_manifest_step(w, err)) return false;
    }
    return true;
}

/* Describes everything that determines the target, so that files of another run are not mixed
 * in. */
static void describe(const sx_manifest *m, const sx_manifest_target *to, sx_str *s) {
    uint64_t sum = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        sum = sum * 31 + sx_fnv1a(f->id, strlen(f->id)) + (uint64_t)f->split * 7 +
              (uint64_t)(f->label + 1);
        sum = sum * 31 + (uint64_t)f->width * 1000003 + (uint64_t)f->height * 2 + f->size_read;
        if (f->path) sum = sum * 31 + sx_fnv1a(f->path, strlen(f->path));
    }
    for (size_t i = 0; i < m->box_count; i++)
        sum = sum * 31 + sx_fnv1a(m->boxes[i].xyxy, sizeof m->boxes[i].xyxy) + m->boxes[i].label;
    sx_str_printf(s,
                  "spinexr data convert\nlayout %s\nlinks %d\nstated sizes %d\nfilms %zu\nboxes "
                  "%zu\nsum %016llx\n",
                  sx_layout_name(to->layout), (int)to->link, (int)to->stated_sizes, m->film_count,
                  m->box_count, (unsigned long long)sum);
}

/* A prepared link or folder of another user could redirect the files: the partial folder of an
 * interrupted run must be a folder, not a link, and belong to the user who runs the program. */
static bool is_ours(const char *partial) {
    struct stat st;
    return lstat(partial, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

/* Begins `partial`, or continues it (*resumed). */
static bool begin_partial(const sx_manifest *m, const sx_manifest_target *to, const char *partial,
                          const char *plan, bool *resumed, sx_error *err) {
    sx_str s = { 0 };
    describe(m, to, &s);
    bool ok = sx_str_ok(&s, err);
    *resumed = ok && sx_path_exists(partial);
    if (*resumed && !is_ours(partial))
        ok = sx_fail(err, SX_ERR_IO, "%s: is not the folder of an interrupted run; remove it first",
                     partial);
    else if (*resumed && !sx_manifest_is_written(plan, &s))
        ok = sx_fail(err, SX_ERR_IO,
                     "%s: left by an interrupted run with other arguments; remove it first",
                     partial);
    if (ok && !*resumed) ok = sx_write_file(plan, s.data, s.len, err);
    sx_str_free(&s);
    return ok && sx_make_dirs(partial, err);
}

static bool write_all(const sx_manifest_writing *w, sx_error *err) {
    return sx_manifest_write_layout(w, err) && (!w->to->link || link_films(w, w->to->layout, err));
}

static bool write_claimed(const sx_manifest *m, const sx_manifest_target *to, const char *partial,
                          sx_manifest_loss *loss, sx_error *err) {
    char plan[4096 + 8];
    const char *dir = to->dir;
    snprintf(plan, sizeof plan, "%s.plan", partial);
    sx_manifest_writing w = { .m = m, .dir = partial, .loss = loss, .to = to };
    if (!sx_manifest_can_hold(m, to->layout, err) || !sx_manifest_count_sizes(m, to, loss, err) ||
        !begin_partial(m, to, partial, plan, &w.resumed, err))
        return false;
    const bool each = to->layout == SX_LAYOUT_YOLO || to->layout == SX_LAYOUT_VOC;
    sx_progress_start(to->progress, to->context, "films",
                      m->film_count * (size_t)(each + to->link));
    if (!write_all(&w, err) || !sx_sync_folder(partial, err)) return false;
    if (rename(partial, dir) != 0)
        return sx_fail_errno(err, dir, "rename the finished set to this");
    unlink(plan);
    return true;
}

bool sx_manifest_write(const sx_manifest *m, const sx_manifest_target *to, sx_manifest_loss *loss,
                       sx_error *err) {
    *loss = (sx_manifest_loss){ 0 };
    char partial[4096];
    const char *dir = to->dir;
    if (snprintf(partial, sizeof partial, "%.*s.partial", (int)sx_path_length(dir), dir) >=
        (int)sizeof partial)
        return sx_fail(err, SX_ERR_LIMIT, "%s: the path is too long", dir);
    if (sx_path_exists(dir))
        return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it", dir);
    sx_claim *claim = sx_claim_open_name(dir, "data convert", err);
    if (!claim) return false;
    const bool ok = write_claimed(m, to, partial, loss, err);
    sx_claim_close(claim);
    return ok;
}
