#include "service/reading/reading_held.h"

#include <string.h>

#include "base/fold.h"

enum { MOST_REASON = 1000 };

/* ---- listing ---- */

typedef struct held_listing {
    sx_reading_held_fn *each;
    void *user;
} held_listing;

static bool take_film(void *user, const sx_db_row *row, sx_error *err) {
    const held_listing *l = user;
    const sx_reading_held_film f = { .film = sx_db_get_int(row, 0),
                                     .image_id = sx_db_get_text(row, 1),
                                     .study_id = sx_db_get_text(row, 2),
                                     .why = sx_db_get_text(row, 3),
                                     .rejected = sx_db_get_text(row, 4) };
    return l->each(l->user, &f, err);
}

bool sx_reading_held_list(sx_db *db, const sx_reading_project *project, sx_reading_held_fn *each,
                          void *user, sx_error *err) {
    held_listing l = { each, user };
    const sx_db_value value = sx_db_int(project->id);
    return sx_db_query(db,
                       "SELECT f.id, f.image_id, s.study_id, f.held, f.rejected FROM reading_film f"
                       " JOIN reading_study s ON s.id = f.study"
                       " WHERE f.project = ? AND f.held <> '' ORDER BY s.ord, s.id, f.ord, f.id",
                       &value, 1, take_film, &l, err);
}

bool sx_reading_held_find(sx_db *db, const sx_reading_project *project, const char *image_id,
                          int64_t *film, sx_error *err) {
    bool found;
    const sx_db_value values[] = { sx_db_int(project->id), sx_db_text(image_id) };
    return sx_db_query_int(db,
                           "SELECT id FROM reading_film WHERE project = ? AND image_id = ?"
                           " AND held <> ''",
                           values, 2, film, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "%s: no film of this name is held", image_id));
}

/* ---- deciding ---- */

static bool find_study(sx_db *db, const sx_reading_project *project, int64_t film, int64_t *study,
                       sx_error *err) {
    bool found;
    const sx_db_value values[] = { sx_db_int(film), sx_db_int(project->id) };
    return sx_db_query_int(db,
                           "SELECT study FROM reading_film WHERE id = ? AND project = ?"
                           " AND held <> ''",
                           values, 2, study, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "the project holds no such film"));
}

/* An update that changes nothing locks the rows until the end of the transaction, so that no reader
 * completes a task meanwhile. SQLite has one writer anyway. */
static bool hold_tasks(sx_db *db, int64_t study, sx_error *err) {
    const sx_db_value value = sx_db_int(study);
    return sx_db_kind_of(db) == SX_DB_SQLITE ||
           sx_db_run(db, "UPDATE reading_task SET rev = rev WHERE study = ?", &value, 1, err);
}

static bool check_unlocked(sx_db *db, int64_t study, sx_error *err) {
    int64_t unused;
    bool locked;
    const sx_db_value value = sx_db_int(study);
    return sx_db_query_int(db,
                           "SELECT 1 FROM reading_task WHERE study = ? AND state = 'locked'"
                           " LIMIT 1",
                           &value, 1, &unused, &locked, err) &&
           (!locked ||
            sx_fail(err, SX_ERR_MISMATCH, "the film's study was read in a round that is locked"));
}

bool sx_reading_study_grows(sx_db *db, int64_t study, size_t *returned, sx_error *err) {
    const sx_db_value value = sx_db_int(study);
    if (!hold_tasks(db, study, err) || !check_unlocked(db, study, err) ||
        !sx_db_run(db,
                   "UPDATE reading_task SET state = 'returned', done = 0,"
                   " returned = 'The study has one more film.'"
                   " WHERE study = ? AND state = 'done'",
                   &value, 1, err))
        return false;
    *returned += (size_t)sx_db_changes(db);
    return true;
}

bool sx_reading_held_release(sx_db *db, const sx_reading_project *project, int64_t film,
                             sx_error *err) {
    int64_t study;
    size_t returned = 0;
    const sx_db_value value = sx_db_int(film);
    return sx_reading_rounds_hold(db, project, err) && find_study(db, project, film, &study, err) &&
           sx_reading_study_grows(db, study, &returned, err) &&
           sx_db_run(db, "UPDATE reading_film SET held = '', rejected = '' WHERE id = ?", &value, 1,
                     err);
}

bool sx_reading_held_reject(sx_db *db, const sx_reading_project *project, int64_t film,
                            const char *reason, sx_error *err) {
    int64_t study;
    if (sx_is_blank(reason) || strlen(reason) > MOST_REASON)
        return sx_fail(err, SX_ERR_VALUE, "reason: 1 to %d bytes", MOST_REASON);
    const sx_db_value values[] = { sx_db_text(reason), sx_db_int(film) };
    return find_study(db, project, film, &study, err) &&
           sx_db_run(db, "UPDATE reading_film SET rejected = ? WHERE id = ?", values, 2, err);
}
