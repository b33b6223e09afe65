#include "service/store/clock_back.h"

#include "service/store/films.h"
#include "service/store/jobs.h"

/* No job was held or put off for longer than since it was made, by the same clock. */
#define LATEST "made + hold_time + fault_time"
#define AHEAD                                                                                      \
    SX_JOBS_UNFINISHED                                                                             \
    " AND (" LATEST " > ? OR not_before > ? OR (state = 'leased' AND lease_until > ?))"

static bool set_jobs(sx_db *db, int64_t now, int64_t furthest, int64_t *count, sx_error *err) {
    const sx_db_value n = sx_db_int(now), f = sx_db_int(furthest);
    const sx_db_value values[] = { f, n, f, f, f, n, f, n, f, f, f };
    if (!sx_db_run(db,
                   "UPDATE job SET made = CASE WHEN " LATEST " > ? THEN ? ELSE made END,"
                   " hold_time = CASE WHEN " LATEST " > ? THEN 0 ELSE hold_time END,"
                   " fault_time = CASE WHEN " LATEST " > ? THEN 0 ELSE fault_time END,"
                   " not_before = CASE WHEN not_before > ? THEN ? ELSE not_before END,"
                   " lease_until = CASE WHEN lease_until > ? THEN ? ELSE lease_until END"
                   " WHERE " AHEAD,
                   values, sizeof values / sizeof *values, err))
        return false;
    *count += sx_db_changes(db);
    return true;
}

/* The newest prediction is the one with the latest time, so they keep their order. */
static bool set_predictions(sx_db *db, int64_t now, int64_t furthest, int64_t *count,
                            sx_error *err) {
    int64_t latest = 0;
    bool found;
    if (!sx_db_query_int(db, "SELECT COALESCE(MAX(made), 0) FROM prediction", NULL, 0, &latest,
                         &found, err))
        return false;
    const sx_db_value values[] = { sx_db_int(latest - now), sx_db_int(furthest) };
    if (latest <= furthest) return true;
    if (!sx_db_run(db, "UPDATE prediction SET made = made - ? WHERE made > ?", values, 2, err))
        return false;
    *count += sx_db_changes(db);
    return true;
}

/* Whatever a job waits for besides its own time, and sessions, which would not expire. */
static bool set_others(sx_db *db, int64_t now, int64_t furthest, int64_t *count, sx_error *err) {
    static const char *const statements[] = {
        "UPDATE study SET quiet_until = ? WHERE quiet_until > ?",
        "UPDATE delivery SET at = ? WHERE at > ?",
        "UPDATE commitment SET asked = ? WHERE asked > ?",
        "UPDATE session SET seen = ? WHERE seen > ?",
    };
    const sx_db_value values[] = { sx_db_int(now), sx_db_int(furthest) };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (!sx_db_run(db, statements[i], values, 2, err)) return false;
        *count += sx_db_changes(db);
    }
    return sx_store_event(db, now, "clock put back", "", "", "", err);
}

bool sx_store_clock_back(sx_db *db, int64_t now, int64_t furthest, int64_t *count, sx_error *err) {
    const sx_db_value f = sx_db_int(furthest), values[] = { f, f, f, f, f };
    int64_t unused;
    bool found;
    *count = 0;
    if (!sx_db_query_int(db,
                         "SELECT 1 WHERE EXISTS (SELECT 1 FROM job WHERE " AHEAD
                         ") OR EXISTS (SELECT 1 FROM prediction WHERE made > ?)"
                         " OR EXISTS (SELECT 1 FROM session WHERE seen > ?)",
                         values, sizeof values / sizeof *values, &unused, &found, err))
        return false;
    return !found ||
           (sx_db_begin(db, err) && sx_db_end(db,
                                              set_jobs(db, now, furthest, count, err) &&
                                                  set_predictions(db, now, furthest, count, err) &&
                                                  set_others(db, now, furthest, count, err),
                                              err));
}
