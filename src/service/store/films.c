#include "service/store/films.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "service/store/jobs.h"

#define COLUMNS                                                                                    \
    "sop_uid, sop_class, transfer_syntax, study_uid, series_uid, patient_id, issuer, sha256,"      \
    " path, source, size, received, state, reason, is_film, outcome"

/* The accession number and the date are columns of the study: "" here. */
static void read_film(const sx_db_row *row, sx_store_film *to) {
    *to = (sx_store_film){ .size = 0 };
    const struct {
        char *text;
        size_t size;
    } texts[] = { { to->sop_uid, sizeof to->sop_uid },
                  { to->sop_class, sizeof to->sop_class },
                  { to->transfer_syntax, sizeof to->transfer_syntax },
                  { to->study_uid, sizeof to->study_uid },
                  { to->series_uid, sizeof to->series_uid },
                  { to->patient_id, sizeof to->patient_id },
                  { to->issuer, sizeof to->issuer },
                  { to->sha256, sizeof to->sha256 },
                  { to->path, sizeof to->path },
                  { to->source, sizeof to->source } };
    enum { TEXTS = sizeof texts / sizeof *texts };
    for (int i = 0; i < TEXTS; i++)
        sx_db_copy_text(row, i, texts[i].text, texts[i].size);
    to->size = sx_db_get_int(row, TEXTS);
    to->received = sx_db_get_int(row, TEXTS + 1);
    sx_db_copy_text(row, TEXTS + 2, to->state, sizeof to->state);
    sx_db_copy_text(row, TEXTS + 3, to->reason, sizeof to->reason);
    to->other = !sx_db_get_int(row, TEXTS + 4);
    sx_db_copy_text(row, TEXTS + 5, to->outcome, sizeof to->outcome);
}

typedef struct found_film {
    sx_store_film *film;
    bool found;
} found_film;

static bool take_film(void *user, const sx_db_row *row, sx_error *err) {
    found_film *f = user;
    (void)err;
    read_film(row, f->film);
    f->found = true;
    return true;
}

bool sx_store_find_film(sx_db *db, const char *sop_uid, sx_store_film *out, bool *found,
                        sx_error *err) {
    found_film f = { out, false };
    const sx_db_value values[] = { sx_db_text(sop_uid) };
    const bool ok = sx_db_query(db, "SELECT " COLUMNS " FROM instance WHERE sop_uid = ?", values, 1,
                                take_film, &f, err);
    *found = f.found;
    return ok;
}

bool sx_store_add_film(sx_db *db, const sx_store_film *f, sx_error *err) {
    const sx_db_value values[] = {
        sx_db_text(f->sop_uid),   sx_db_text(f->sop_class),  sx_db_text(f->transfer_syntax),
        sx_db_text(f->study_uid), sx_db_text(f->series_uid), sx_db_text(f->patient_id),
        sx_db_text(f->issuer),    sx_db_text(f->sha256),     sx_db_text(f->path),
        sx_db_text(f->source),    sx_db_int(f->size),        sx_db_int(f->received),
        sx_db_text(f->state),     sx_db_text(f->reason),     sx_db_int(!f->other),
        sx_db_text(f->outcome),
    };
    return sx_db_run(db,
                     "INSERT INTO instance (" COLUMNS
                     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     values, sizeof values / sizeof *values, err);
}

bool sx_store_set_film_state(sx_db *db, const char *sop_uid, const char *state, const char *reason,
                             sx_error *err) {
    char text[sizeof((sx_store_film *)0)->reason];
    sx_format(text, sizeof text, "%s", reason);
    sx_utf8_clean(text, sizeof text);
    const sx_db_value values[] = { sx_db_text(state), sx_db_text(text), sx_db_text(sop_uid) };
    return sx_db_run(db, "UPDATE instance SET state = ?, reason = ? WHERE sop_uid = ?", values, 3,
                     err);
}

bool sx_store_film_is_deleted(const sx_store_film *film) {
    return strcmp(film->state, "deleted") == 0;
}

bool sx_store_set_film_outcome(sx_db *db, const char *sop_uid, const char *outcome, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(outcome), sx_db_text(sop_uid) };
    return sx_db_run(db, "UPDATE instance SET outcome = ? WHERE sop_uid = ?", values, 2, err);
}

bool sx_store_film_fault(const char *folder, const sx_store_film *film, int64_t put_off,
                         sx_film_fault *out, sx_error *err) {
    char *path = sx_path_join(folder, film->path), *films = sx_path_join(folder, "films");
    const bool ok = (path && films) || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    *out = SX_FILM_FAULT_PASSES;
    if (ok && !sx_path_exists(path))
        *out = SX_FILM_FAULT_MISSING;
    else if (ok && put_off >= SX_JOB_PUT_OFFS)
        *out = SX_FILM_FAULT_UNREADABLE;
    if (*out && !sx_path_is_dir(films)) *out = SX_FILM_FAULT_PASSES;
    free(path);
    free(films);
    return ok;
}

const char *sx_store_film_fault_text(sx_film_fault fault) {
    static const char *const texts[] = {
        [SX_FILM_FAULT_PASSES] = "",
        [SX_FILM_FAULT_MISSING] = "the file is missing from the data folder",
        [SX_FILM_FAULT_UNREADABLE] = "the file in the data folder cannot be opened or read",
    };
    return texts[fault];
}

static bool add_film(void *user, const sx_db_row *row, sx_error *err) {
    sx_store_films *list = user;
    sx_store_film *items = sx_realloc(list->items, list->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of films");
    list->items = items;
    read_film(row, &items[list->count++]);
    return true;
}

bool sx_store_list_films(sx_db *db, const char *study_uid, sx_store_films *out, sx_error *err) {
    const sx_db_value uid = sx_db_text(study_uid);
    *out = (sx_store_films){ NULL, 0 };
    if (sx_db_query(db,
                    "SELECT " COLUMNS " FROM instance WHERE study_uid = ? AND is_film = 1"
                    " ORDER BY series_uid, sop_uid",
                    &uid, 1, add_film, out, err))
        return true;
    free(out->items);
    *out = (sx_store_films){ NULL, 0 };
    return false;
}

static sx_db_value number_or_null(double v) {
    return isnan(v) ? sx_db_text(NULL) : sx_db_real(v);
}

/* The newest prediction of a film is the one with the largest `made`. The clock may have been put
 * back since the others were stored, so the value is at least one more than theirs: now, now,
 * the film, weights, configuration. A prediction that is replaced is not one of the others. */
#define MADE                                                                                       \
    "(SELECT CASE WHEN MAX(q.made) >= ? THEN MAX(q.made) + 1 ELSE ? END FROM prediction q"         \
    " WHERE q.sop_uid = ? AND (q.weights <> ? OR q.configuration <> ?))"

bool sx_store_put_prediction(sx_db *db, const char *sop_uid, const char *weights,
                             const char *configuration, const char *body,
                             const sx_store_score *score, int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(sop_uid),
                                   sx_db_text(weights),
                                   sx_db_text(configuration),
                                   sx_db_text(body),
                                   sx_db_int(now),
                                   sx_db_int(now),
                                   sx_db_text(sop_uid),
                                   sx_db_text(weights),
                                   sx_db_text(configuration),
                                   number_or_null(score->probability),
                                   number_or_null(score->distance),
                                   score->abnormal < 0 ? sx_db_text(NULL)
                                                       : sx_db_int(score->abnormal),
                                   sx_db_int(score->findings) };
    return sx_db_run(db,
                     "INSERT INTO prediction (sop_uid, weights, configuration, body, made,"
                     " probability, distance, abnormal, findings)"
                     " VALUES (?, ?, ?, ?, " MADE ", ?, ?, ?, ?)"
                     " ON CONFLICT (sop_uid, weights, configuration)"
                     " DO UPDATE SET body = excluded.body, made = excluded.made,"
                     " probability = excluded.probability, distance = excluded.distance,"
                     " abnormal = excluded.abnormal, findings = excluded.findings",
                     values, sizeof values / sizeof *values, err);
}

static bool take_body(void *user, const sx_db_row *row, sx_error *err) {
    char **body = user;
    *body = sx_strdup(sx_db_get_text(row, 0));
    return *body || sx_fail(err, SX_ERR_MEMORY, "out of memory for a prediction");
}

bool sx_store_get_prediction(sx_db *db, const char *sop_uid, const char *weights,
                             const char *configuration, char **body, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(sop_uid), sx_db_text(weights),
                                   sx_db_text(configuration) };
    *body = NULL;
    return sx_db_query(db,
                       "SELECT body FROM prediction WHERE sop_uid = ? AND weights = ?"
                       " AND configuration = ? AND made = (SELECT MAX(q.made) FROM prediction q"
                       " WHERE q.sop_uid = prediction.sop_uid)",
                       values, 3, take_body, body, err);
}

bool sx_store_is_output(sx_db *db, const sx_store_film *instance, bool *is, bool *same,
                        sx_error *err) {
    int64_t matches = 0;
    const sx_db_value values[] = { sx_db_text(instance->sop_class), sx_db_text(instance->study_uid),
                                   sx_db_text(instance->sop_uid) };
    if (!sx_db_query_int(db,
                         "SELECT CASE WHEN sop_class = ? AND study_uid = ? THEN 1 ELSE 0 END"
                         " FROM output WHERE sop_uid = ?",
                         values, 3, &matches, is, err))
        return false;
    *same = *is && matches;
    return true;
}

/* ---- studies ---- */

static bool same_patient(sx_db *db, const sx_store_film *f, bool *same, sx_error *err) {
    int64_t unused;
    const sx_db_value values[] = { sx_db_text(f->study_uid), sx_db_text(f->patient_id),
                                   sx_db_text(f->issuer) };
    return sx_db_query_int(
        db, "SELECT 1 FROM study WHERE study_uid = ? AND patient_id = ? AND issuer = ?", values, 3,
        &unused, same, err);
}

/* The first film says whose study it is. Until then, an object that is no film may have opened it.
 * A statement of its own: it sees what others have committed while the row was waited for. */
static bool take_first_film(sx_db *db, const sx_store_film *f, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(f->patient_id), sx_db_text(f->issuer),
                                   sx_db_text(f->accession),  sx_db_text(f->study_date),
                                   sx_db_text(f->study_uid),  sx_db_text(f->study_uid),
                                   sx_db_text(f->sop_uid) };
    return sx_db_run(db,
                     "UPDATE study SET patient_id = ?, issuer = ?, accession = ?, study_date = ?"
                     " WHERE study_uid = ? AND NOT EXISTS (SELECT 1 FROM instance"
                     " WHERE study_uid = ? AND is_film = 1 AND sop_uid <> ?)",
                     values, sizeof values / sizeof *values, err);
}

bool sx_store_touch_study(sx_db *db, const sx_store_film *f, int64_t quiet_until, bool *mixed,
                          sx_error *err) {
    bool same = false;
    const sx_db_value values[] = { sx_db_text(f->study_uid),  sx_db_text(f->patient_id),
                                   sx_db_text(f->issuer),     sx_db_text(f->accession),
                                   sx_db_text(f->study_date), sx_db_int(quiet_until) };
    if (!sx_db_run(db,
                   "INSERT INTO study (study_uid, patient_id, issuer, accession, study_date, state,"
                   " quiet_until) VALUES (?, ?, ?, ?, ?, 'open', ?)"
                   " ON CONFLICT (study_uid) DO UPDATE SET"
                   " accession = CASE WHEN study.accession = '' THEN excluded.accession"
                   " ELSE study.accession END,"
                   " study_date = CASE WHEN study.study_date = '' THEN excluded.study_date"
                   " ELSE study.study_date END,"
                   " quiet_until = excluded.quiet_until,"
                   " state = CASE WHEN study.state = 'dead' THEN 'dead' ELSE 'open' END",
                   values, 6, err) ||
        (!f->other && !take_first_film(db, f, err)) || !same_patient(db, f, &same, err))
        return false;
    *mixed = !same;
    const sx_db_value uid = sx_db_text(f->study_uid);
    return same || sx_db_run(db,
                             "UPDATE study SET state = 'dead', reason = 'its films name more than"
                             " one patient' WHERE study_uid = ?",
                             &uid, 1, err);
}

bool sx_store_reopen_study(sx_db *db, const char *study_uid, int64_t quiet_until, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(quiet_until), sx_db_text(study_uid) };
    return sx_db_run(db,
                     "UPDATE study SET quiet_until = ?, state = 'open' WHERE study_uid = ?"
                     " AND state <> 'dead'",
                     values, 2, err);
}

typedef struct found_study {
    sx_store_study *study;
    bool found;
} found_study;

static bool take_study(void *user, const sx_db_row *row, sx_error *err) {
    found_study *f = user;
    (void)err;
    sx_db_copy_text(row, 0, f->study->state, sizeof f->study->state);
    sx_db_copy_text(row, 1, f->study->reason, sizeof f->study->reason);
    f->study->quiet_until = sx_db_get_int(row, 2);
    f->study->revision = sx_db_get_int(row, 3);
    f->study->completed = sx_db_get_int(row, 4);
    f->study->forced = sx_db_get_int(row, 5) != 0;
    f->found = true;
    return true;
}

bool sx_store_find_study(sx_db *db, const char *study_uid, sx_store_study *out, bool *found,
                         sx_error *err) {
    found_study f = { out, false };
    const sx_db_value uid = sx_db_text(study_uid);
    const bool ok =
        sx_db_query(db,
                    "SELECT state, reason, quiet_until, revision, completed, forced FROM study"
                    " WHERE study_uid = ?",
                    &uid, 1, take_study, &f, err);
    *found = f.found;
    return ok;
}

bool sx_store_force_study(sx_db *db, const char *study_uid, sx_error *err) {
    const sx_db_value uid = sx_db_text(study_uid);
    return sx_db_run(db, "UPDATE study SET forced = 1 WHERE study_uid = ?", &uid, 1, err);
}

bool sx_store_study_built(sx_db *db, const char *study_uid, const sx_store_study *as_read,
                          int64_t revision, bool *still, sx_error *err) {
    const int64_t completed =
        revision > as_read->revision || !revision ? as_read->quiet_until : as_read->completed;
    const sx_db_value values[] = { sx_db_int(revision), sx_db_int(completed), sx_db_text(study_uid),
                                   sx_db_int(as_read->quiet_until) };
    const bool ok = sx_db_run(db,
                              "UPDATE study SET state = 'built', forced = 0, revision = ?,"
                              " completed = ?"
                              " WHERE study_uid = ? AND quiet_until = ? AND state = 'open'",
                              values, 4, err);
    *still = ok && sx_db_changes(db) == 1;
    return ok;
}

bool sx_store_event(sx_db *db, int64_t now, const char *kind, const char *study_uid,
                    const char *sop_uid, const char *detail, sx_error *err) {
    char text[400];
    sx_format(text, sizeof text, "%s", detail);
    sx_utf8_clean(text, sizeof text);
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(kind), sx_db_text(study_uid),
                                   sx_db_text(sop_uid), sx_db_text(text) };
    return sx_db_run(db,
                     "INSERT INTO event (at, kind, study_uid, sop_uid, detail)"
                     " VALUES (?, ?, ?, ?, ?)",
                     values, 5, err);
}
