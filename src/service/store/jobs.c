/* The queue. */
#include "service/store/jobs.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"

#define COLUMNS                                                                                    \
    "id, kind, key, destination, state, attempts, made, not_before, lease_until, lease, error,"    \
    " put_off, hold_time, fault_time"

static void read_job(const sx_db_row *row, sx_job *j) {
    *j = (sx_job){ .id = sx_db_get_int(row, 0),
                   .attempts = sx_db_get_int(row, 5),
                   .made = sx_db_get_int(row, 6),
                   .not_before = sx_db_get_int(row, 7),
                   .lease_until = sx_db_get_int(row, 8),
                   .lease = sx_db_get_int(row, 9),
                   .put_off = sx_db_get_int(row, 11),
                   .hold_time = sx_db_get_int(row, 12),
                   .fault_time = sx_db_get_int(row, 13) };
    sx_db_copy_text(row, 1, j->kind, sizeof j->kind);
    sx_db_copy_text(row, 2, j->key, sizeof j->key);
    sx_db_copy_text(row, 3, j->destination, sizeof j->destination);
    sx_db_copy_text(row, 4, j->state, sizeof j->state);
    sx_db_copy_text(row, 10, j->error, sizeof j->error);
}

/* ---- adding ---- */

static bool add(sx_db *db, const char *sql, const char *kind, const char *key,
                const char *destination, int64_t now, int64_t not_before, sx_error *err) {
    if (strlen(kind) >= sizeof((sx_job *)0)->kind || strlen(key) >= SX_JOB_KEY ||
        strlen(destination) >= sizeof((sx_job *)0)->destination)
        return sx_fail(err, SX_ERR_LIMIT, "the name of a job is too long: %s %s %s", kind, key,
                       destination);
    const sx_db_value values[] = { sx_db_text(kind), sx_db_text(key), sx_db_text(destination),
                                   sx_db_int(now), sx_db_int(not_before) };
    return sx_db_run(db, sql, values, 5, err);
}

#define INSERT                                                                                     \
    "INSERT INTO job (kind, key, destination, state, made, not_before)"                            \
    " VALUES (?, ?, ?, 'ready', ?, ?) ON CONFLICT (kind, key, destination) DO "

bool sx_jobs_add(sx_db *db, const char *kind, const char *key, const char *destination, int64_t now,
                 int64_t not_before, sx_error *err) {
    return add(db, INSERT "NOTHING", kind, key, destination, now, not_before, err);
}

bool sx_jobs_add_again(sx_db *db, const char *kind, const char *key, const char *destination,
                       int64_t now, int64_t not_before, sx_error *err) {
    return add(db,
               INSERT "UPDATE SET state = 'ready', attempts = 0, put_off = 0,"
                      " hold_time = 0, fault_time = 0, error = '',"
                      " made = excluded.made, not_before = excluded.not_before"
                      " WHERE job.state IN ('done', 'dead', 'dropped')",
               kind, key, destination, now, not_before, err);
}

bool sx_jobs_hasten(sx_db *db, const char *kind, const char *key, const char *destination,
                    int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(kind), sx_db_text(key),
                                   sx_db_text(destination), sx_db_int(now) };
    return sx_db_run(db,
                     "UPDATE job SET not_before = ? WHERE kind = ? AND key = ? AND destination = ?"
                     " AND state = 'waiting' AND not_before > ?",
                     values, 5, err);
}

/* ---- leases ---- */

typedef struct found_job {
    sx_job *job;
    bool found;
} found_job;

static bool take_job(void *user, const sx_db_row *row, sx_error *err) {
    found_job *f = user;
    (void)err;
    read_job(row, f->job);
    f->found = true;
    return true;
}

/* The job that is due longest: kind, now, now and, if it has one, the destination. */
static void put_due(bool has_destination, sx_str *out) {
    sx_str_printf(out,
                  "SELECT id FROM job WHERE kind = ? AND " SX_JOBS_UNFINISHED
                  " AND ((state IN ('ready', 'waiting') AND not_before <= ?)"
                  " OR (state = 'leased' AND lease_until <= ?))%s ORDER BY not_before, id LIMIT 1",
                  has_destination ? " AND destination = ?" : "");
}

/* One statement finds the job and marks it. On PostgreSQL, rows that another worker is just taking
 * are passed over. */
void sx_jobs_put_lease(sx_db_kind kind, bool has_destination, sx_str *out) {
    sx_str_add(out, "UPDATE job SET state = 'leased', attempts = attempts + 1, lease = lease + 1,"
                    " lease_until = ?, owner = ? WHERE id = (");
    put_due(has_destination, out);
    sx_str_printf(out, "%s) RETURNING " COLUMNS,
                  kind == SX_DB_POSTGRES ? " FOR UPDATE SKIP LOCKED" : "");
}

/* An UPDATE waits for SQLite's only writer, and keeps others waiting, even if it finds no row.
 * Threads look for work often, so they read first, which waits for nobody. */
static bool may_be_due(sx_db *db, const sx_db_value *values, size_t count, bool *due,
                       sx_error *err) {
    sx_str sql = { 0 };
    int64_t unused;
    *due = true;
    if (sx_db_kind_of(db) != SX_DB_SQLITE) return true;
    put_due(count == 4, &sql);
    const bool ok = sx_str_ok(&sql, err) &&
                    sx_db_query_int(db, sx_str_text(&sql), values, count, &unused, due, err);
    sx_str_free(&sql);
    return ok;
}

bool sx_jobs_lease(sx_db *db, const char *kind, const char *destination, const char *owner,
                   int64_t now, int64_t duration, sx_job *out, bool *found, sx_error *err) {
    found_job f = { out, false };
    sx_str sql = { 0 };
    bool due;
    const size_t count = destination ? 6 : 5;
    const sx_db_value values[] = { sx_db_int(now + duration),
                                   sx_db_text(owner),
                                   sx_db_text(kind),
                                   sx_db_int(now),
                                   sx_db_int(now),
                                   sx_db_text(destination) };
    *found = false;
    if (!may_be_due(db, values + 2, count - 2, &due, err)) return false;
    if (!due) return true;
    sx_jobs_put_lease(sx_db_kind_of(db), destination != NULL, &sql);
    const bool ok = sx_str_ok(&sql, err) &&
                    sx_db_query(db, sx_str_text(&sql), values, count, take_job, &f, err);
    sx_str_free(&sql);
    *found = f.found;
    return ok;
}

/* `set`, which may have the values first[], where the lease is still the caller's. */
static bool update_leased(sx_db *db, const sx_job *job, const char *set, const sx_db_value *first,
                          size_t count, bool *held, sx_error *err) {
    sx_db_value values[6];
    sx_str sql = { 0 };
    if (count) memcpy(values, first, count * sizeof *values);
    values[count] = sx_db_int(job->id);
    values[count + 1] = sx_db_int(job->lease);
    sx_str_printf(&sql, "UPDATE job SET %s WHERE id = ? AND lease = ? AND state = 'leased'", set);
    const bool ok =
        sx_str_ok(&sql, err) && sx_db_run(db, sx_str_text(&sql), values, count + 2, err);
    sx_str_free(&sql);
    *held = ok && sx_db_changes(db) == 1;
    return ok;
}

bool sx_jobs_release(sx_db *db, const char *owner, int64_t *count, sx_error *err) {
    const sx_db_value value = sx_db_text(owner);
    *count = 0;
    if (!sx_db_run(db,
                   "UPDATE job SET state = 'ready', lease_until = 0, attempts = attempts - 1"
                   " WHERE state = 'leased' AND owner = ?",
                   &value, 1, err))
        return false;
    *count = sx_db_changes(db);
    return true;
}

bool sx_jobs_renew(sx_db *db, const sx_job *job, int64_t until, bool *held, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(until) };
    return update_leased(db, job, "lease_until = ?", values, 1, held, err);
}

bool sx_jobs_done(sx_db *db, const sx_job *job, bool *held, sx_error *err) {
    return update_leased(db, job, "state = 'done', error = ''", NULL, 0, held, err);
}

/* As much of an error as the table keeps, in UTF-8. */
static const char *short_error(const char *error, char out[SX_JOB_ERROR]) {
    sx_format(out, SX_JOB_ERROR, "%s", error);
    sx_utf8_clean(out, SX_JOB_ERROR);
    return out;
}

bool sx_jobs_retry(sx_db *db, const sx_job *job, int64_t not_before, const char *error, bool *held,
                   sx_error *err) {
    char text[SX_JOB_ERROR];
    const sx_db_value values[] = { sx_db_int(not_before), sx_db_text(short_error(error, text)) };
    return update_leased(db, job, "state = 'waiting', not_before = ?, error = ?, put_off = 0",
                         values, 2, held, err);
}

/* The clock may have been put back meanwhile. */
static int64_t since_due(const sx_job *job, int64_t time) {
    return time > job->not_before ? time - job->not_before : 0;
}

enum { SHORTEST_PAUSE = 5000, LONGEST_PAUSE = 15 * 60 * 1000 };

static int64_t clamp_pause(int64_t wait) {
    return wait < SHORTEST_PAUSE ? SHORTEST_PAUSE : wait > LONGEST_PAUSE ? LONGEST_PAUSE : wait;
}

static int64_t lengthen(int64_t wait, double draw) {
    return wait + (int64_t)floor(0.25 * draw * (double)wait);
}

int64_t sx_jobs_backoff(int64_t attempts, double draw) {
    int64_t wait = SHORTEST_PAUSE;
    for (int64_t i = 1; i < attempts && wait < LONGEST_PAUSE; i++)
        wait *= 2;
    return lengthen(clamp_pause(wait), draw);
}

bool sx_jobs_put_off(sx_db *db, const sx_job *job, int64_t now, double draw, const char *error,
                     bool *held, sx_error *err) {
    char text[SX_JOB_ERROR];
    const int64_t next = now + sx_jobs_backoff(job->put_off + 1, draw);
    const sx_db_value values[] = { sx_db_int(next), sx_db_text(short_error(error, text)),
                                   sx_db_int(since_due(job, next)) };
    return update_leased(db, job,
                         "state = 'waiting', not_before = ?, error = ?, attempts = attempts - 1,"
                         " put_off = put_off + 1, fault_time = fault_time + ?",
                         values, 3, held, err);
}

bool sx_jobs_hold(sx_db *db, const sx_job *job, int64_t now, double draw, const char *error,
                  bool *held, sx_error *err) {
    char text[SX_JOB_ERROR];
    const int64_t next = now + lengthen(clamp_pause(job->hold_time), draw);
    const sx_db_value values[] = { sx_db_int(next), sx_db_text(short_error(error, text)),
                                   sx_db_int(since_due(job, next)) };
    return update_leased(db, job,
                         "state = 'waiting', not_before = ?, error = ?, attempts = attempts - 1,"
                         " put_off = 0, hold_time = hold_time + ?",
                         values, 3, held, err);
}

int64_t sx_jobs_age(const sx_job *job, int64_t now) {
    return now - job->made - job->hold_time - job->fault_time;
}

bool sx_jobs_bury(sx_db *db, const sx_job *job, const char *error, bool *held, sx_error *err) {
    char text[SX_JOB_ERROR];
    const sx_db_value values[] = { sx_db_text(short_error(error, text)) };
    return update_leased(db, job, "state = 'dead', error = ?", values, 1, held, err);
}

/* ---- for people ---- */

bool sx_jobs_revive(sx_db *db, int64_t id, int64_t now, bool *found, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_int(now), sx_db_int(id) };
    const bool ok =
        sx_db_run(db,
                  "UPDATE job SET state = 'ready', attempts = 0, put_off = 0, hold_time = 0,"
                  " fault_time = 0, not_before = ?, made = ? WHERE id = ? AND state = 'dead'",
                  values, 3, err);
    *found = ok && sx_db_changes(db) == 1;
    return ok;
}

bool sx_jobs_drop(sx_db *db, int64_t id, bool *found, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(id) };
    const bool ok = sx_db_run(
        db, "UPDATE job SET state = 'dropped' WHERE id = ? AND state = 'dead'", values, 1, err);
    *found = ok && sx_db_changes(db) == 1;
    return ok;
}

typedef struct listing {
    sx_job_fn *each;
    void *user;
} listing;

static bool list_one(void *user, const sx_db_row *row, sx_error *err) {
    const listing *l = user;
    sx_job job;
    read_job(row, &job);
    return l->each(l->user, &job, err);
}

bool sx_jobs_list(sx_db *db, const char *state, sx_job_fn *each, void *user, sx_error *err) {
    listing l = { each, user };
    const sx_db_value values[] = { sx_db_text(state) };
    return sx_db_query(db,
                       state ? "SELECT " COLUMNS " FROM job WHERE state = ? ORDER BY id"
                             : "SELECT " COLUMNS " FROM job ORDER BY id",
                       values, state ? 1 : 0, list_one, &l, err);
}

bool sx_jobs_find(sx_db *db, int64_t id, sx_job *out, bool *found, sx_error *err) {
    found_job f = { out, false };
    const sx_db_value values[] = { sx_db_int(id) };
    const bool ok =
        sx_db_query(db, "SELECT " COLUMNS " FROM job WHERE id = ?", values, 1, take_job, &f, err);
    *found = f.found;
    return ok;
}

typedef struct earliest {
    int64_t due;
    bool found;
} earliest;

static bool take_due(void *user, const sx_db_row *row, sx_error *err) {
    earliest *e = user;
    (void)err;
    e->found = !sx_db_is_null(row, 0);
    e->due = sx_db_get_int(row, 0);
    return true;
}

bool sx_jobs_next_due(sx_db *db, const char *kind, int64_t *due, bool *found, sx_error *err) {
    earliest e = { 0, false };
    const sx_db_value values[] = { sx_db_text(kind) };
    const bool ok = sx_db_query(
        db,
        "SELECT MIN(CASE WHEN state = 'leased' THEN lease_until ELSE not_before END) FROM job"
        " WHERE kind = ? AND " SX_JOBS_UNFINISHED " AND state <> 'dead'",
        values, 1, take_due, &e, err);
    *due = e.due;
    *found = e.found;
    return ok;
}
