#include "report/report_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"

/* The size of a film with a hundred boxes in the three tables, and of an empty report. */
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

static bool make_folder(const char *dir, const char *name, sx_error *err) {
    char *path = sx_path_join(dir, name);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
    const bool ok = sx_make_dirs(path, err);
    free(path);
    return ok;
}

bool sx_report_folder_open(sx_report_folder *o, const char *dir, size_t films, bool overlays,
                           bool heat_maps, sx_error *err) {
    *o = (sx_report_folder){ .dir = dir, .reserve = -1 };
    const bool ok = sx_make_dirs(dir, err) && (!overlays || make_folder(dir, "overlays", err)) &&
                    (!heat_maps || make_folder(dir, "heat", err)) && take_reserve(o, films, err);
    if (!ok) sx_report_folder_close(o);
    return ok;
}

static void give_reserve(sx_report_folder *o) {
    if (o->reserve >= 0) close(o->reserve);
    o->reserve = -1;
}

void sx_report_folder_close(sx_report_folder *o) {
    give_reserve(o);
    *o = (sx_report_folder){ .reserve = -1 };
}

bool sx_report_folder_tables(sx_report_folder *o, const sx_report *r, bool last, sx_error *err) {
    if (last) give_reserve(o);
    return sx_report_write(r, o->dir, err);
}

/* DIR/FOLDER/NAME.ENDING on the heap. */
static char *path_of(const sx_report_folder *o, const char *folder, const char *name,
                     const char *ending, sx_error *err) {
    sx_str path = { 0 };
    sx_str_printf(&path, "%s/%s/%s.%s", o->dir, folder, name, ending);
    if (sx_str_ok(&path, err)) return path.data;
    sx_str_free(&path);
    return NULL;
}

bool sx_report_folder_overlay(const sx_report_folder *o, const sx_context *context,
                              const sx_prediction *prediction, double min_score, const char *name,
                              sx_error *err) {
    char *path = path_of(o, "overlays", name, "png", err);
    const bool ok = path && sx_overlay_write(context, prediction, min_score, path, err);
    free(path);
    return ok;
}

bool sx_report_folder_heat(const sx_report_folder *o, const sx_prediction *prediction, bool numbers,
                           const char *name, sx_error *err) {
    char *picture = path_of(o, "heat", name, "png", err),
         *table = picture && numbers ? path_of(o, "heat", name, "csv", err) : NULL;
    const bool ok = picture && (!numbers || table) &&
                    sx_heat_write_picture(prediction, picture, err) &&
                    (!numbers || sx_heat_write_numbers(prediction, table, err));
    free(picture);
    free(table);
    return ok;
}
