#include "service/store/retry.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The key of a job "send" or "confirm" is a study and a revision (node/delivery_key.h). */
#define OF_THIS_JOB                                                                                \
    " AND destination = ? AND sop_uid IN (SELECT sop_uid FROM output"                              \
    " WHERE study_uid || '/' || revision = ?)"

/* What the destination refused. */
static bool reopen_deliveries(sx_db *db, const sx_job *job, int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(job->destination),
                                   sx_db_text(job->key) };
    /* Comprehensive SR is not open: it is sent only if Comprehensive 3D SR is refused again. */
    return sx_db_run(db,
                     "DELETE FROM delivery WHERE state = 'failed' AND destination = ? AND sop_uid"
                     " IN (SELECT sop_uid FROM output WHERE kind = 'sr'"
                     " AND study_uid || '/' || revision = ?)",
                     values + 1, 2, err) &&
           sx_db_run(db,
                     "UPDATE delivery SET state = 'waiting', at = ?"
                     " WHERE state = 'failed'" OF_THIS_JOB,
                     values, 3, err);
}

/* What the destination took and then did not have. It needs a job that sends. */
static bool send_lost_again(sx_db *db, const sx_job *job, int64_t now, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(now), sx_db_text(job->destination),
                                   sx_db_text(job->key) };
    return sx_db_run(db,
                     "UPDATE delivery SET state = 'waiting', at = ?, sends = 0"
                     " WHERE state = 'failed' AND sends > 0" OF_THIS_JOB,
                     values, 3, err) &&
           (sx_db_changes(db) == 0 ||
            sx_jobs_add_again(db, "send", job->key, job->destination, now, now, err));
}

bool sx_retry_job(sx_db *db, int64_t id, int64_t now, bool *found, sx_error *err) {
    sx_job job;
    bool exists = false;
    *found = false;
    if (!sx_jobs_find(db, id, &job, &exists, err)) return false;
    if (!exists) return true;
    if (!sx_jobs_revive(db, id, now, found, err)) return false;
    if (*found && strcmp(job.kind, "send") == 0) return reopen_deliveries(db, &job, now, err);
    if (*found && strcmp(job.kind, "confirm") == 0) return send_lost_again(db, &job, now, err);
    return true;
}

typedef struct job_ids {
    int64_t *items;
    size_t count;
} job_ids;

static bool add_id(void *user, const sx_db_row *row, sx_error *err) {
    job_ids *ids = user;
    int64_t *items = sx_realloc(ids->items, ids->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for jobs");
    ids->items = items;
    ids->items[ids->count++] = sx_db_get_int(row, 0);
    return true;
}

bool sx_retry_study(sx_db *db, const char *study_uid, int64_t now, size_t *count, sx_error *err) {
    job_ids ids = { 0 };
    const sx_db_value values[] = { sx_db_text(study_uid), sx_db_text(study_uid) };
    bool ok = sx_db_query(db,
                          "SELECT id FROM job WHERE " SX_JOBS_UNFINISHED
                          " AND state = 'dead' AND kind IN ('send', 'confirm')"
                          " AND substr(key, 1, length(?) + 1) = ? || '/' ORDER BY id",
                          values, 2, add_id, &ids, err);
    *count = 0;
    for (size_t i = 0; ok && i < ids.count; i++) {
        bool found = false;
        ok = sx_retry_job(db, ids.items[i], now, &found, err);
        *count += ok && found;
    }
    free(ids.items);
    return ok;
}
