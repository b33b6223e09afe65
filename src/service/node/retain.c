#include "service/node/retain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "service/store/films.h"
#include "service/store/picture_file.h"

/* ---- the disk ---- */

bool sx_disk_look(const sx_settings *settings, const char *folder, sx_disk_space *out,
                  sx_error *err) {
    struct statvfs s;
    const int64_t gb = (int64_t)1 << 30, most_reserve = (int64_t)256 << 20;
    if (statvfs(folder, &s) != 0) return sx_fail_errno(err, folder, "examine the disk");
    const int64_t unit = (int64_t)(s.f_frsize ? s.f_frsize : s.f_bsize);
    const int64_t used = ((int64_t)s.f_blocks - (int64_t)s.f_bfree) * unit;
    *out =
        (sx_disk_space){ .free = (int64_t)s.f_bavail * unit, .size = (int64_t)s.f_blocks * unit };
    /* as df has it: blocks that are reserved for root are neither used nor free */
    const double all = (double)(used + out->free);
    const double percent = all > 0.0 ? 100.0 * (double)used / all : 100.0;
    const int64_t least = (int64_t)settings->keep.full_gb * gb;
    if (percent > (double)settings->keep.full_percent || out->free < least)
        out->state = SX_DISK_FULL;
    if (out->free < (least / 4 < most_reserve ? least / 4 : most_reserve))
        out->state = SX_DISK_CRITICAL;
    return true;
}

/* ---- which studies ---- */

static const int64_t day = (int64_t)24 * 3600 * 1000;

/* Studies that are built and have no job that is not done. `?`: a time before which it must have
 * been built. Keys of jobs: "predict" has a film's UID, "build" the study's, "send" and "confirm"
 * STUDY/REVISION. */
#define FINISHED                                                                                   \
    "(SELECT s.study_uid FROM study s WHERE s.state = 'built' AND s.completed < ?"                 \
    " AND NOT EXISTS (SELECT 1 FROM job j WHERE j.state <> 'done' AND (j.key = s.study_uid"        \
    " OR j.key LIKE s.study_uid || '/%'))"                                                         \
    " AND NOT EXISTS (SELECT 1 FROM job j JOIN instance i ON i.sop_uid = j.key"                    \
    " WHERE j.kind = 'predict' AND j.state <> 'done' AND i.study_uid = s.study_uid))"

/* ---- films ---- */

/* One statement, which decides by the state of the study and marks its films. */
static bool mark_films(sx_db *db, int64_t before, size_t *count, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(before), sx_db_int(before) };
    if (!sx_db_run(db,
                   "UPDATE instance SET state = 'deleted' WHERE state NOT IN ('deleted', 'new')"
                   " AND received < ? AND study_uid IN " FINISHED,
                   values, 2, err))
        return false;
    *count += (size_t)sx_db_changes(db);
    return true;
}

static bool add_path(void *user, const sx_db_row *row, sx_error *err) {
    return sx_paths_add(user, sx_db_get_text(row, 0), err);
}

/* `path`: on the heap; NULL when out of memory. */
static bool remove_path(char *path, sx_error *err) {
    bool ok = path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    if (ok && unlink(path) != 0 && errno != ENOENT) ok = sx_fail_errno(err, path, "remove");
    free(path);
    return ok;
}

static bool remove_files(sx_db *db, const char *folder, sx_error *err) {
    sx_paths places = { 0 };
    bool ok = sx_db_query(db, "SELECT path FROM instance WHERE state = 'deleted' AND removed = 0",
                          NULL, 0, add_path, &places, err);
    for (size_t i = 0; ok && i < places.count; i++) {
        const sx_db_value place = sx_db_text(places.items[i]);
        ok = remove_path(sx_path_join(folder, places.items[i]), err) &&
             sx_film_picture_remove(folder, places.items[i], err) &&
             remove_path(sx_film_png_path(folder, places.items[i]), err) &&
             sx_db_run(db, "UPDATE instance SET removed = 1 WHERE path = ? AND state = 'deleted'",
                       &place, 1, err);
    }
    sx_paths_free(&places);
    return ok;
}

/* ---- results ---- */

static bool empty_results(sx_db *db, int64_t before, size_t *count, sx_error *err) {
    const sx_db_value values[] = { sx_db_bytes("", 0), sx_db_int(before), sx_db_int(before) };
    if (!sx_db_run(db,
                   "UPDATE output SET bytes = ?, emptied = 1 WHERE emptied = 0 AND made < ?"
                   " AND study_uid IN " FINISHED,
                   values, 3, err))
        return false;
    *count += (size_t)sx_db_changes(db);
    const sx_db_value study_values[] = { sx_db_int(before), sx_db_int(before) };
    return sx_db_run(db,
                     "DELETE FROM prediction WHERE made < ? AND sop_uid IN"
                     " (SELECT sop_uid FROM instance WHERE study_uid IN " FINISHED ")",
                     study_values, 2, err);
}

/* ---- second films of a UID ---- */

/* The event is the last thing: after a crash, the next call finds no file and adds it. */
static bool remove_second(sx_db *db, const char *folder, const char *place, int64_t now,
                          sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(place) };
    return remove_path(sx_path_join(folder, place), err) &&
           sx_db_run(db,
                     "INSERT INTO event (at, kind, study_uid, sop_uid, detail)"
                     " SELECT ?, 'conflict deleted', study_uid, sop_uid, detail FROM event"
                     " WHERE kind = 'conflict' AND detail = ? ORDER BY id DESC LIMIT 1",
                     values, 2, err);
}

/* The detail of the event is the place. The same film may have come again since it was deleted. */
static bool remove_seconds(sx_db *db, const char *folder, int64_t before, int64_t now,
                           size_t *count, sx_error *err) {
    const sx_db_value value = sx_db_int(before);
    sx_paths places = { 0 };
    bool ok = sx_db_query(db,
                          "SELECT detail FROM event WHERE kind IN ('conflict', 'conflict deleted')"
                          " GROUP BY detail HAVING MAX(at) < ?"
                          " AND MAX(CASE WHEN kind = 'conflict' THEN id ELSE 0 END)"
                          " > MAX(CASE WHEN kind = 'conflict' THEN 0 ELSE id END)",
                          &value, 1, add_path, &places, err);
    for (size_t i = 0; ok && i < places.count; i++, ++*count)
        ok = remove_second(db, folder, places.items[i], now, err);
    sx_paths_free(&places);
    return ok;
}

bool sx_retain_sweep(sx_db *db, const sx_settings *settings, const char *folder, int64_t now,
                     sx_retained *out, sx_error *err) {
    *out = (sx_retained){ .films = 0 };
    if (settings->keep.films_days &&
        !mark_films(db, now - settings->keep.films_days * day, &out->films, err))
        return false;
    if (settings->keep.results_days &&
        !empty_results(db, now - settings->keep.results_days * day, &out->results, err))
        return false;
    if (settings->keep.quarantine_days &&
        !remove_seconds(db, folder, now - settings->keep.quarantine_days * day, now, &out->seconds,
                        err))
        return false;
    return remove_files(db, folder, err);
}
