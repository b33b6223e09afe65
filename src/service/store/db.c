#include "service/store/db.h"

#include <string.h>

#include "base/str.h"
#include "service/store/db_impl.h"

static const char scheme[] = "postgresql://";

sx_db *sx_db_open(const char *where, sx_error *err) {
    if (strncmp(where, scheme, sizeof scheme - 1) != 0) return sx_db_open_sqlite(where, err);
#ifdef SX_HAVE_POSTGRES
    return sx_db_open_postgres(where, err);
#else
    sx_fail(err, SX_ERR_UNSUPPORTED, "this program was built without PostgreSQL");
    return NULL;
#endif
}

void sx_db_close(sx_db *db) {
    if (db) db->backend->close(db);
}

sx_db_kind sx_db_kind_of(const sx_db *db) {
    return db->backend->kind;
}

/* ---- rows ---- */

bool sx_db_is_null(const sx_db_row *row, int column) {
    return row->backend->is_null(row, column);
}

int64_t sx_db_get_int(const sx_db_row *row, int column) {
    return row->backend->get_int(row, column);
}

double sx_db_get_real(const sx_db_row *row, int column) {
    return row->backend->get_real(row, column);
}

const char *sx_db_get_text(const sx_db_row *row, int column) {
    return row->backend->get_text(row, column);
}

void sx_db_copy_text(const sx_db_row *row, int column, char *out, size_t size) {
    sx_format(out, size, "%s", sx_db_get_text(row, column));
}

const void *sx_db_get_bytes(const sx_db_row *row, int column, size_t *n) {
    return row->backend->get_bytes(row, column, n);
}

/* ---- statements ---- */

bool sx_db_query(sx_db *db, const char *sql, const sx_db_value *values, size_t count,
                 sx_db_row_fn *row, void *user, sx_error *err) {
    return db->backend->query(db, sql, values, count, row, user, err);
}

bool sx_db_run(sx_db *db, const char *sql, const sx_db_value *values, size_t count, sx_error *err) {
    return sx_db_query(db, sql, values, count, NULL, NULL, err);
}

typedef struct first_int {
    int64_t value;
    bool found;
} first_int;

static bool take_first(void *user, const sx_db_row *row, sx_error *err) {
    first_int *f = user;
    (void)err;
    if (!f->found) f->value = sx_db_get_int(row, 0);
    f->found = true;
    return true;
}

bool sx_db_query_int(sx_db *db, const char *sql, const sx_db_value *values, size_t count,
                     int64_t *out, bool *found, sx_error *err) {
    first_int f = { 0, false };
    if (!sx_db_query(db, sql, values, count, take_first, &f, err)) return false;
    *found = f.found;
    *out = f.value;
    return true;
}

int64_t sx_db_changes(const sx_db *db) {
    return db->changes;
}

/* ---- transactions ---- */

void sx_db_set_wait(sx_db *db, double seconds) {
    if (db->backend->set_wait) db->backend->set_wait(db, seconds);
}

bool sx_db_begin(sx_db *db, sx_error *err) {
    return sx_db_run(db, db->backend->begin, NULL, 0, err);
}

bool sx_db_commit(sx_db *db, sx_error *err) {
    if (sx_db_run(db, "COMMIT", NULL, 0, err)) return true;
    sx_db_rollback(db);
    return false;
}

void sx_db_rollback(sx_db *db) {
    if (db->backend->in_transaction(db)) (void)!sx_db_run(db, "ROLLBACK", NULL, 0, NULL);
}

bool sx_db_end(sx_db *db, bool ok, sx_error *err) {
    if (ok) return sx_db_commit(db, err);
    sx_db_rollback(db);
    return false;
}

bool sx_db_backup(sx_db *db, const char *to, sx_error *err) {
    return db->backend->backup(db, to, err);
}

bool sx_db_verify(sx_db *db, sx_error *err) {
    return db->backend->verify(db, err);
}
