#include "report/report_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/utf8.h"

/* A film's share of the three tables with a hundred boxes, and what any report needs. */
static const size_t film_bytes = 48 << 10, report_bytes = 128 << 10, most_bytes = 256 << 20;

/* The file has no name once it is open, so that it goes with the process however that ends. */
static bool take_reserve(sx_report_folder *o, size_t films, sx_error *err) {
    size_t bytes = films < most_bytes / film_bytes ? report_bytes + films * film_bytes : most_bytes;
    char *path = sx_path_join(o->dir, ".spinexr-reserve");
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->dir);
    o->reserve = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    int why = o->reserve < 0 ? errno : 0;
    if (o->reserve >= 0) unlink(path);
    free(path);
    if (why)
        return sx_fail(err, SX_ERR_IO, "%s: cannot write into this folder: %s", o->dir,
                       strerror(why));
    why = posix_fallocate(o->reserve, 0, (off_t)bytes);
    if (why == 0 || why == EOPNOTSUPP || why == EINVAL)
        return true; /* some file systems cannot reserve */
    return sx_fail(err, SX_ERR_IO, "%s: no room for the report (%zu kB): %s", o->dir, bytes >> 10,
                   strerror(why));
}

bool sx_report_folder_open(sx_report_folder *o, const char *dir, size_t films, bool overlays,
                           sx_error *err) {
    *o = (sx_report_folder){ .dir = dir, .overlays = overlays, .reserve = -1 };
    o->overlay_dir = sx_path_join(dir, "overlays");
    bool ok = o->overlay_dir ? sx_make_dirs(dir, err)
                             : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
    if (ok && overlays) ok = sx_make_dirs(o->overlay_dir, err);
    ok = ok && take_reserve(o, films, err);
    if (!ok) sx_report_folder_close(o);
    return ok;
}

static void give_reserve(sx_report_folder *o) {
    if (o->reserve >= 0) close(o->reserve);
    o->reserve = -1;
}

void sx_report_folder_close(sx_report_folder *o) {
    give_reserve(o);
    free(o->overlay_dir);
    *o = (sx_report_folder){ .reserve = -1 };
}

bool sx_report_folder_tables(sx_report_folder *o, const sx_report *r, bool last, sx_error *err) {
    if (last) give_reserve(o);
    return sx_report_write(r, o->dir, err);
}

static bool is_taken(const sx_report *r, const char *name) {
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_report_film *f = &r->films[i];
        if ((f->overlay && strcmp(f->overlay, name) == 0) ||
            (f->heat_map && strcmp(f->heat_map, name) == 0))
            return true;
    }
    return false;
}

/* FOLDER/IDENDING; whole characters of the id are left out where the file's name is too long. */
static void put_name(const char *folder, const char *id, const char *ending, char *name,
                     size_t size) {
    enum { LONGEST = 255 - 20 }; /* a file has ".part-PID" behind its name until it is whole */
    const size_t room = LONGEST - strlen(ending), n = strlen(id);
    const size_t used = n <= room ? n : sx_utf8_span(id, room);
    snprintf(name, size, "%s/%.*s%s", folder, (int)used, id, ending);
}

/* FOLDER/NAME.png, relative to the report, that no film has yet. NAME is the film's as the report
 * writes it, in UTF-8. */
static bool choose_name(const sx_report_folder *o, const sx_report *r, const sx_findings *f,
                        const char *folder, char *name, size_t size, sx_error *err) {
    char frame[24] = "", ending[48];
    sx_str id = { 0 };
    sx_utf8_escape(&id, f->image_id);
    bool ok = sx_str_ok(&id, err), taken = ok;
    if (f->frame > 1) snprintf(frame, sizeof frame, "-frame%d", f->frame);
    for (int n = o->named + 1; taken; n++) {
        if (n == 1)
            snprintf(ending, sizeof ending, "%s.png", frame);
        else
            snprintf(ending, sizeof ending, "%s-%d.png", frame, n);
        put_name(folder, sx_str_text(&id), ending, name, size);
        taken = is_taken(r, name);
    }
    sx_str_free(&id);
    return ok;
}

bool sx_report_folder_overlay(const sx_report_folder *o, const sx_report *r, const sx_image *film,
                              const sx_findings *f, double min_score, char *name, size_t size,
                              sx_error *err) {
    if (!choose_name(o, r, f, "overlays", name, size, err)) return false;
    char *path = sx_path_join(o->dir, name);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->dir);
    const sx_report_overlay how = { r->threshold, sx_report_note(r), min_score };
    bool ok = sx_report_draw(film, f, &how, path, err);
    free(path);
    if (!ok) name[0] = '\0';
    return ok;
}

bool sx_report_folder_heat(const sx_report_folder *o, const sx_report *r, const sx_predictor *p,
                           const sx_image *film, const sx_findings *f, const sx_explanation *e,
                           bool numbers, char *name, size_t size, sx_error *err) {
    if (!choose_name(o, r, f, "heat", name, size, err)) return false;
    char *dir = sx_path_join(o->dir, "heat"), *path = sx_path_join(o->dir, name);
    bool ok = (dir && path) || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->dir);
    ok = ok && sx_make_dirs(dir, err) && sx_heat_write_picture(p, film, f, e, path, err);
    if (ok && numbers) {
        memcpy(strrchr(path, '.'), ".csv", 5);
        ok = sx_heat_write_numbers(p, f, e, path, err);
    }
    free(dir);
    free(path);
    if (!ok) name[0] = '\0';
    return ok;
}
