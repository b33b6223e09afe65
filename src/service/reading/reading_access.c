#include "service/reading/reading_access.h"

#include <stdlib.h>
#include <string.h>

int64_t sx_reading_path_id(const sx_web_request *r, const char *name) {
    const char *text = sx_web_parameter(r, name);
    const size_t n = strlen(text);
    return n <= 18 && strspn(text, "0123456789") == n ? strtoll(text, NULL, 10) : 0;
}

/* ---- films ---- */

typedef struct found_film {
    sx_reading_film *out;
    bool found;
} found_film;

static bool take_film(void *user, const sx_db_row *row, sx_error *err) {
    found_film *f = user;
    sx_reading_film *o = f->out;
    (void)err;
    *o = (sx_reading_film){ .id = sx_db_get_int(row, 0),
                            .study = sx_db_get_int(row, 1),
                            .width = (int)sx_db_get_int(row, 4),
                            .height = (int)sx_db_get_int(row, 5) };
    sx_db_copy_text(row, 2, o->path, sizeof o->path);
    sx_db_copy_text(row, 3, o->sha256, sizeof o->sha256);
    f->found = true;
    return true;
}

#define FILM_SELECT                                                                                \
    "SELECT f.id, f.study, f.path, f.sha256, f.width, f.height FROM reading_film f WHERE f.id = ?"

bool sx_reading_film_find(const sx_web_request *r, sx_reading_film *out, sx_error *err) {
    const bool manager = r->role == SX_ROLE_MANAGER;
    const sx_db_value values[] = { sx_db_int(sx_reading_path_id(r, "film")),
                                   sx_db_int(r->account->id) };
    found_film f = { out, false };
    return sx_db_query(r->db,
                       manager ? FILM_SELECT
                               : FILM_SELECT " AND f.held = '' AND EXISTS (SELECT 1 FROM"
                                             " reading_task t WHERE t.study = f.study"
                                             " AND t.reader = ?)",
                       values, manager ? 1 : 2, take_film, &f, err) &&
           (f.found || sx_fail(err, SX_ERR_MISSING, "there is no such film"));
}

/* ---- tasks ---- */

typedef struct found_task {
    sx_reading_task *out;
    bool found;
} found_task;

static bool take_task(void *user, const sx_db_row *row, sx_error *err) {
    found_task *f = user;
    sx_reading_task *t = f->out;
    (void)err;
    *t = (sx_reading_task){ .id = sx_db_get_int(row, 0),
                            .project = sx_db_get_int(row, 1),
                            .study = sx_db_get_int(row, 2),
                            .reader = sx_db_get_int(row, 3),
                            .seq = sx_db_get_int(row, 4),
                            .rev = sx_db_get_int(row, 5),
                            .opened = sx_db_get_int(row, 6),
                            .done = sx_db_get_int(row, 7),
                            .round = (int)sx_db_get_int(row, 8),
                            .repeat = (int)sx_db_get_int(row, 9) };
    sx_db_copy_text(row, 10, t->kind, sizeof t->kind);
    sx_db_copy_text(row, 11, t->state, sizeof t->state);
    sx_db_copy_text(row, 12, t->prelabels, sizeof t->prelabels);
    sx_db_copy_text(row, 13, t->split, sizeof t->split);
    sx_db_copy_text(row, 14, t->hash, sizeof t->hash);
    sx_db_copy_text(row, 15, t->returned, sizeof t->returned);
    f->found = true;
    return true;
}

#define TASK_SELECT                                                                                \
    "SELECT id, project, study, reader, seq, rev, opened, done, round, repeat, kind, state,"       \
    " prelabels, split, hash, returned FROM reading_task WHERE id = ?"

static bool find_task(sx_db *db, int64_t id, int64_t reader, sx_reading_task *out, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(id), sx_db_int(reader) };
    found_task f = { out, false };
    return sx_db_query(db, reader ? TASK_SELECT " AND reader = ?" : TASK_SELECT, values,
                       reader ? 2 : 1, take_task, &f, err) &&
           (f.found || sx_fail(err, SX_ERR_MISSING, "there is no such task"));
}

static int64_t reader_of(const sx_web_request *r) {
    return r->role == SX_ROLE_MANAGER ? 0 : r->account->id;
}

/* An update that changes nothing locks the row until the end of the transaction. SQLite has one
 * writer anyway. */
static bool lock_row(sx_db *db, int64_t id, sx_error *err) {
    const sx_db_value value = sx_db_int(id);
    return sx_db_kind_of(db) == SX_DB_SQLITE ||
           sx_db_run(db, "UPDATE reading_task SET rev = rev WHERE id = ?", &value, 1, err);
}

bool sx_reading_task_find(const sx_web_request *r, sx_reading_task *out, sx_error *err) {
    return find_task(r->db, sx_reading_path_id(r, "task"), reader_of(r), out, err);
}

bool sx_reading_task_lock(const sx_web_request *r, sx_reading_task *out, sx_error *err) {
    return sx_reading_task_find(r, out, err) && lock_row(r->db, out->id, err) &&
           find_task(r->db, out->id, reader_of(r), out, err);
}

bool sx_reading_task_lock_id(sx_db *db, int64_t id, sx_reading_task *out, sx_error *err) {
    return lock_row(db, id, err) && find_task(db, id, 0, out, err);
}
