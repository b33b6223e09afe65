#include "service/store/clock_back.h"

#include "service/store/films.h"
#include "service/store/jobs.h"

#define AHEAD                                                                                      \
    SX_JOBS_UNFINISHED                                                                             \
    " AND (made > ? OR not_before > ? OR (state = 'leased' AND lease_until > ?))"

static bool set_jobs(sx_db *db, int64_t now, int64_t furthest, int64_t *jobs, sx_error *err) {
    const sx_db_value n = sx_db_int(now), f = sx_db_int(furthest);
    const sx_db_value values[] = { f, n, f, n, f, f, f, f, f };
    if (!sx_db_run(db,
                   "UPDATE job SET made = CASE WHEN made > ? THEN ? ELSE made END,"
                   " not_before = CASE WHEN not_before > ? THEN ? ELSE not_before END,"
                   " lease_until = CASE WHEN lease_until > ? THEN ? ELSE lease_until END"
                   " WHERE " AHEAD,
                   values, sizeof values / sizeof *values, err))
        return false;
    *jobs = sx_db_changes(db);
    return true;
}

/* Whatever a job waits for besides its own time. */
static bool set_others(sx_db *db, int64_t now, int64_t furthest, sx_error *err) {
    static const char *const statements[] = {
        "UPDATE study SET quiet_until = ? WHERE quiet_until > ?",
        "UPDATE delivery SET at = ? WHERE at > ?",
        "UPDATE commitment SET asked = ? WHERE asked > ?",
    };
    const sx_db_value values[] = { sx_db_int(now), sx_db_int(furthest) };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (!sx_db_run(db, statements[i], values, 2, err)) return false;
    return sx_store_event(db, now, "clock put back", "", "", "", err);
}

bool sx_store_clock_back(sx_db *db, int64_t now, int64_t furthest, int64_t *jobs, sx_error *err) {
    const sx_db_value f = sx_db_int(furthest), values[] = { f, f, f };
    int64_t unused;
    bool found;
    *jobs = 0;
    if (!sx_db_query_int(db, "SELECT 1 FROM job WHERE " AHEAD " LIMIT 1", values, 3, &unused,
                         &found, err))
        return false;
    return !found || (sx_db_begin(db, err) && sx_db_end(db,
                                                        set_jobs(db, now, furthest, jobs, err) &&
                                                            set_others(db, now, furthest, err),
                                                        err));
}
