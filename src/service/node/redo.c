#include "service/node/redo.h"

#include <stdlib.h>
#include <string.h>

#include "service/store/films.h"
#include "service/store/jobs.h"

static bool redo_film(sx_db *db, const sx_store_film *f, int64_t now, sx_error *err) {
    return sx_store_set_film_state(db, f->sop_uid, "new", "", err) &&
           sx_jobs_add_again(db, "predict", f->sop_uid, "", now, now, err);
}

static bool redo(sx_db *db, const char *study_uid, bool force, int64_t now, size_t *count,
                 sx_error *err) {
    sx_store_study study;
    sx_store_films films = { 0 };
    bool found = false;
    *count = 0;
    if (!sx_store_find_study(db, study_uid, &study, &found, err)) return false;
    if (!found) return true;
    if (strcmp(study.state, "dead") == 0)
        return sx_fail(err, SX_ERR_VALUE, "the study can have no result: %s", study.reason);
    bool ok = sx_store_list_films(db, study_uid, &films, err);
    for (size_t i = 0; ok && i < films.count; i++) {
        if (sx_store_film_is_deleted(&films.items[i])) continue;
        ok = redo_film(db, &films.items[i], now, err);
        ++*count;
    }
    if (!ok) *count = 0;
    ok = ok && (!force || sx_store_force_study(db, study_uid, err));
    ok = ok && (!*count || (sx_store_reopen_study(db, study_uid, now, err) &&
                            sx_jobs_add_again(db, "build", study_uid, "", now, now, err) &&
                            sx_store_event(db, now, "redo", study_uid, "", "", err)));
    free(films.items);
    return ok;
}

bool sx_node_redo(sx_db *db, const char *study_uid, bool force, int64_t now, size_t *films,
                  sx_error *err) {
    return sx_db_begin(db, err) && sx_db_end(db, redo(db, study_uid, force, now, films, err), err);
}
