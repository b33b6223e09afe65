/* A connection to the database of the service: SQLite (the default), or PostgreSQL where several
 * machines share the work. The statements are the same for both; db.c translates what differs.
 *
 *     sx_db_value values[] = { sx_db_text("ready"), sx_db_int(now) };
 *     bool ok = sx_db_run(db, "UPDATE job SET state = ? WHERE not_before <= ?", values, 2, &err);
 *
 * Threads: a connection belongs to one thread at a time; each thread opens its own. */
#ifndef SX_SERVICE_STORE_DB_H
#define SX_SERVICE_STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_db sx_db;

typedef enum sx_db_kind { SX_DB_SQLITE, SX_DB_POSTGRES } sx_db_kind;

/* `where`: a path, whose file is created if necessary, or the address of a server that begins with
 * "postgresql://". A commit is on disk when it returns (SQLite: WAL, synchronous=FULL). Errors:
 * SX_ERR_IO (cannot be opened, no such server), SX_ERR_FORMAT (not a database), SX_ERR_UNSUPPORTED
 * (built without PostgreSQL), SX_ERR_MEMORY. */
sx_db *sx_db_open(const char *where, sx_error *err) SX_MUST_USE;
void sx_db_close(sx_db *db); /* rolls back; NULL is allowed */
sx_db_kind sx_db_kind_of(const sx_db *db);

/* ---- statements ---- */

typedef enum sx_db_type { SX_DB_NULL, SX_DB_INT, SX_DB_REAL, SX_DB_TEXT, SX_DB_BYTES } sx_db_type;

/* A value for a `?`. Text and bytes are borrowed until the statement has run. */
typedef struct sx_db_value {
    sx_db_type type;
    int64_t integer;
    double real;
    const void *data; /* text with a NUL, or bytes */
    size_t n;         /* of bytes */
} sx_db_value;

static inline sx_db_value sx_db_int(int64_t v) {
    return (sx_db_value){ .type = SX_DB_INT, .integer = v };
}
static inline sx_db_value sx_db_real(double v) {
    return (sx_db_value){ .type = SX_DB_REAL, .real = v };
}
/* NULL becomes SQL's NULL. */
static inline sx_db_value sx_db_text(const char *text) {
    return (sx_db_value){ .type = text ? SX_DB_TEXT : SX_DB_NULL, .data = text };
}
static inline sx_db_value sx_db_bytes(const void *bytes, size_t n) {
    return (sx_db_value){ .type = SX_DB_BYTES, .data = bytes, .n = n };
}

/* A row of a result; valid during the call that receives it. */
typedef struct sx_db_row sx_db_row;
bool sx_db_is_null(const sx_db_row *row, int column);
int64_t sx_db_get_int(const sx_db_row *row, int column); /* 0: NULL */
double sx_db_get_real(const sx_db_row *row, int column); /* 0: NULL */
/* "" for NULL; valid during the call */
const char *sx_db_get_text(const sx_db_row *row, int column);
/* The same into a buffer, cut if it is too long. */
void sx_db_copy_text(const sx_db_row *row, int column, char *out, size_t size);
/* NULL and 0 for NULL; valid during the call */
const void *sx_db_get_bytes(const sx_db_row *row, int column, size_t *n);

/* Receives each row of a result. Return false, with *err set, to stop. The callback must not use
 * the connection. */
typedef bool sx_db_row_fn(void *user, const sx_db_row *row, sx_error *err);

/* Runs one statement. `?` in `sql` stand for the values in their order. Errors: SX_ERR_IO (the
 * disk is full, the server has gone away; after it the transaction is lost), SX_ERR_MISMATCH (a
 * constraint), SX_ERR_INTERNAL (the statement), SX_ERR_MEMORY. */
bool sx_db_run(sx_db *db, const char *sql, const sx_db_value *values, size_t count,
               sx_error *err) SX_MUST_USE;
bool sx_db_query(sx_db *db, const char *sql, const sx_db_value *values, size_t count,
                 sx_db_row_fn *row, void *user, sx_error *err) SX_MUST_USE;
/* The first column of the first row in *out; *found is false if there is none. */
bool sx_db_query_int(sx_db *db, const char *sql, const sx_db_value *values, size_t count,
                     int64_t *out, bool *found, sx_error *err) SX_MUST_USE;
/* Rows that the last statement changed. */
int64_t sx_db_changes(const sx_db *db);

/* ---- transactions ---- */

/* How long statements of this connection wait for another that writes, 60 by default; then they
 * fail with SX_ERR_IO. SQLite only. */
void sx_db_set_wait(sx_db *db, double seconds);

/* Begins a transaction that may write. With SQLite only one connection can be in one; others wait
 * (sx_db_set_wait). Errors: as sx_db_run. */
bool sx_db_begin(sx_db *db, sx_error *err) SX_MUST_USE;
/* What was written is on disk when it returns true. A failed commit has been rolled back. */
bool sx_db_commit(sx_db *db, sx_error *err) SX_MUST_USE;
void sx_db_rollback(sx_db *db);
/* Commits if `ok`, else rolls back; returns whether all is well. */
bool sx_db_end(sx_db *db, bool ok, sx_error *err) SX_MUST_USE;

/* A copy of an SQLite database, of one moment, while others write. `to` must not exist. Errors: as
 * above; SX_ERR_UNSUPPORTED: PostgreSQL, which has tools of its own. */
bool sx_db_backup(sx_db *db, const char *to, sx_error *err) SX_MUST_USE;
/* Checks the whole database. SX_ERR_FORMAT: it is damaged. */
bool sx_db_verify(sx_db *db, sx_error *err) SX_MUST_USE;

#endif
