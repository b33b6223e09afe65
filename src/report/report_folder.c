#define _GNU_SOURCE /* O_TMPFILE */
#include "report/report_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"

/* The size of a film with a hundred boxes in the three tables, and of an empty report. */
static const size_t film_bytes = 48 << 10, report_bytes = 128 << 10, most_bytes = 256 << 20;

static const char *const patterns[] = { "report.json", "report.html",       "findings.csv",
                                        "scores.csv",  "coco_results.json", "overlays/*.png",
                                        "heat/*.png",  "heat/*.csv" };
enum { TABLES = 5, PATTERNS = sizeof patterns / sizeof patterns[0] };
static const char *const folders[] = { "overlays", "heat" };

/* ---- the reserve ---- */

/* An unnamed file, so that it disappears with the process. On a file system without such files, a
 * new file with a name that the journal lists. */
static int open_reserve(const sx_report_folder *o, sx_error *err) {
    char name[SX_CLAIM_NAME];
    const int nameless = open(o->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (nameless >= 0) return nameless;
    char *beside = sx_path_join(o->dir, patterns[0]);
    sx_claim *claim = sx_run_folder_claim(o->run);
    bool ok = beside || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->dir);
    ok = ok && sx_claim_temporary(claim, beside, name, err);
    free(beside);
    char *path = ok ? sx_path_join(o->dir, name) : NULL;
    const int fd =
        path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    if (path && fd < 0) sx_fail_errno(err, o->dir, "write into this folder");
    if (ok && !path) sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->dir);
    if (fd >= 0) unlink(path);
    if (ok) sx_claim_done(claim, name);
    free(path);
    return fd;
}

static bool take_reserve(sx_report_folder *o, size_t films, sx_error *err) {
    size_t bytes = films < most_bytes / film_bytes ? report_bytes + films * film_bytes : most_bytes;
    o->reserve = open_reserve(o, err);
    if (o->reserve < 0) return false;
    const int why = posix_fallocate(o->reserve, 0, (off_t)bytes);
    if (why == 0 || why == EOPNOTSUPP || why == EINVAL)
        return true; /* some file systems cannot reserve */
    char what[64];
    snprintf(what, sizeof what, "reserve %zu kB for the report", bytes >> 10);
    errno = why;
    return sx_fail_errno(err, o->dir, what);
}

static void give_reserve(sx_report_folder *o) {
    if (o->reserve >= 0) close(o->reserve);
    o->reserve = -1;
}

/* ---- opening and closing ---- */

bool sx_report_folder_open(sx_report_folder *o, const sx_report_folder_options *options,
                           sx_error *err) {
    *o = (sx_report_folder){ .dir = options->dir, .reserve = -1 };
    o->rules = (sx_run_folder_rules){ .command = options->command,
                                      .patterns = patterns,
                                      .pattern_count = PATTERNS,
                                      .folders = folders,
                                      .folder_count = 2,
                                      .advice = "--overwrite replaces them",
                                      .overwrite = options->overwrite };
    return !options->first || (o->run = sx_run_folder_open(options->dir, &o->rules, err)) != NULL;
}

static bool list_pictures(const sx_report_folder *o, const char *folder, const char *ending,
                          const sx_report_contents *contents, sx_error *err) {
    char name[512];
    const char *item = name;
    for (size_t i = 0; i < contents->count; i++) {
        snprintf(name, sizeof name, "%s/%s.%s", folder, contents->names[i], ending);
        if (!sx_run_folder_list(o->run, &item, 1, err)) return false;
    }
    return true;
}

static bool list_results(const sx_report_folder *o, const sx_report_contents *to, sx_error *err) {
    return (!to->tables || sx_run_folder_list(o->run, patterns, TABLES, err)) &&
           (!to->overlays || list_pictures(o, "overlays", "png", to, err)) &&
           (!to->heat_maps || list_pictures(o, "heat", "png", to, err)) &&
           (!to->heat_maps || !to->numbers || list_pictures(o, "heat", "csv", to, err));
}

static bool make_folder(const char *dir, const char *name, sx_error *err) {
    char *path = sx_path_join(dir, name);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
    const bool ok = sx_make_dirs(path, err);
    free(path);
    return ok;
}

bool sx_report_folder_begin(sx_report_folder *o, const sx_report_contents *contents,
                            sx_error *err) {
    if (!o->run) return true;
    return sx_run_folder_begin(o->run, err) && list_results(o, contents, err) &&
           (!contents->overlays || make_folder(o->dir, "overlays", err)) &&
           (!contents->heat_maps || make_folder(o->dir, "heat", err)) &&
           take_reserve(o, contents->tables ? contents->count : 0, err);
}

void sx_report_folder_close(sx_report_folder *o, bool finished) {
    give_reserve(o);
    sx_run_folder_close(o->run, finished);
    *o = (sx_report_folder){ .reserve = -1 };
}

/* ---- writing ---- */

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
