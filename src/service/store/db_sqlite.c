/* The database in a file, by SQLite. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "service/store/db_impl.h"

/* A transaction takes milliseconds, but on a busy machine its process may not run for seconds, and
 * a disk may take as long to flush. Whoever sends a film waits for the answer; 60 seconds are a
 * usual limit there. */
enum { BUSY_SECONDS = 60 };

typedef struct sqlite_db {
    sx_db base;
    sqlite3 *handle;
    char *path;
    double busy_since;   /* sx_now() */
    double busy_seconds; /* how long a statement waits for its turn */
} sqlite_db;

typedef struct sqlite_row {
    sx_db_row base;
    sqlite3_stmt *statement;
} sqlite_row;

static bool fail(const sqlite_db *db, int code, sx_error *err) {
    if (code == SQLITE_IOERR_NOMEM) code = SQLITE_NOMEM;
    const char *text =
        db->handle && code != SQLITE_NOMEM ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
    sx_error_code as = SX_ERR_INTERNAL;
    switch (code & 0xFF) {
    case SQLITE_NOMEM:
        as = SX_ERR_MEMORY;
        break;
    case SQLITE_CONSTRAINT:
        as = SX_ERR_MISMATCH;
        break;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        as = SX_ERR_FORMAT;
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* the log was being recovered for too long */
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        as = SX_ERR_IO;
        break;
    default:
        break;
    }
    return sx_fail(err, as, "%s: %s", db->path, text);
}

/* ---- rows ---- */

static sqlite3_stmt *statement_of(const sx_db_row *row) {
    return ((const sqlite_row *)row)->statement;
}

static bool is_null(const sx_db_row *row, int column) {
    return sqlite3_column_type(statement_of(row), column) == SQLITE_NULL;
}

static int64_t get_int(const sx_db_row *row, int column) {
    return sqlite3_column_int64(statement_of(row), column);
}

static double get_real(const sx_db_row *row, int column) {
    return sqlite3_column_double(statement_of(row), column);
}

static const char *get_text(const sx_db_row *row, int column) {
    const char *text = (const char *)sqlite3_column_text(statement_of(row), column);
    return text ? text : "";
}

static const void *get_bytes(const sx_db_row *row, int column, size_t *n) {
    const void *bytes = sqlite3_column_blob(statement_of(row), column);
    *n = (size_t)sqlite3_column_bytes(statement_of(row), column);
    return bytes;
}

/* ---- statements ---- */

static int bind(sqlite3_stmt *s, int i, const sx_db_value *v) {
    switch (v->type) {
    case SX_DB_INT:
        return sqlite3_bind_int64(s, i, v->integer);
    case SX_DB_REAL:
        return sqlite3_bind_double(s, i, v->real);
    case SX_DB_TEXT:
        return sqlite3_bind_text(s, i, v->data, -1, SQLITE_STATIC);
    case SX_DB_BYTES:
        return v->n ? sqlite3_bind_blob64(s, i, v->data, v->n, SQLITE_STATIC)
                    : sqlite3_bind_zeroblob(s, i, 0);
    default:
        return sqlite3_bind_null(s, i);
    }
}

static bool step_all(sqlite_db *db, sqlite3_stmt *s, sx_db_row_fn *row, void *user, sx_error *err) {
    extern const sx_db_backend sx_db_sqlite;
    const sqlite_row r = { { &sx_db_sqlite }, s };
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        if (row && !row(user, &r.base, err)) return false;
    return code == SQLITE_DONE || fail(db, code, err);
}

static bool query(sx_db *base, const char *sql, const sx_db_value *values, size_t count,
                  sx_db_row_fn *row, void *user, sx_error *err) {
    sqlite_db *db = (sqlite_db *)base;
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);
    for (size_t i = 0; code == SQLITE_OK && i < count; i++)
        code = bind(s, (int)i + 1, &values[i]);
    bool ok = code == SQLITE_OK || fail(db, code, err);
    ok = ok && step_all(db, s, row, user, err);
    sqlite3_finalize(s);
    base->changes = ok ? sqlite3_changes64(db->handle) : 0;
    return ok;
}

static bool in_transaction(const sx_db *base) {
    return !sqlite3_get_autocommit(((const sqlite_db *)base)->handle);
}

static void set_wait(sx_db *base, double seconds) {
    ((sqlite_db *)base)->busy_seconds = seconds;
}

/* ---- copies ---- */

static bool sync_copy(const char *to, sx_error *err) {
    char *folder = sx_path_folder(to);
    const int fd = open(to, O_RDONLY | O_CLOEXEC);
    bool ok = folder || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", to);
    if (ok && (fd < 0 || fsync(fd) != 0)) ok = sx_fail_errno(err, to, "write to disk");
    if (fd >= 0) close(fd);
    ok = ok && sx_sync_folder(folder, err);
    free(folder);
    return ok;
}

/* Makes an empty file that only its owner can read, unless it exists: passwords' hashes are in it.
 * It is not opened, because closing it would end SQLite's locks. An error is SQLite's to report. */
static void make_private(const char *path) {
    (void)!mknod(path, S_IFREG | 0600, 0);
}

/* VACUUM INTO reads one moment of the database, and refuses a file that exists. */
static bool backup(sx_db *base, const char *to, sx_error *err) {
    const sx_db_value name = sx_db_text(to);
    if (sx_path_exists(to)) return sx_fail(err, SX_ERR_IO, "%s: already exists", to);
    make_private(to);
    if (query(base, "VACUUM INTO ?", &name, 1, NULL, NULL, err) && sync_copy(to, err)) return true;
    (void)unlink(to);
    return false;
}

static bool check_line(void *user, const sx_db_row *row, sx_error *err) {
    const sqlite_db *db = user;
    const char *line = get_text(row, 0);
    return strcmp(line, "ok") == 0 || sx_fail(err, SX_ERR_FORMAT, "%s: %s", db->path, line);
}

static bool no_line(void *user, const sx_db_row *row, sx_error *err) {
    const sqlite_db *db = user;
    return sx_fail(err, SX_ERR_FORMAT, "%s: a row of %s refers to a row that does not exist",
                   db->path, get_text(row, 0));
}

static bool verify(sx_db *base, sx_error *err) {
    return query(base, "PRAGMA integrity_check", NULL, 0, check_line, base, err) &&
           query(base, "PRAGMA foreign_key_check", NULL, 0, no_line, base, err);
}

/* ---- opening ---- */

static void close_db(sx_db *base) {
    sqlite_db *db = (sqlite_db *)base;
    sqlite3_close_v2(db->handle);
    free(db->path);
    free(db);
}

extern const sx_db_backend sx_db_sqlite;
const sx_db_backend sx_db_sqlite = { .kind = SX_DB_SQLITE,
                                     .close = close_db,
                                     .query = query,
                                     .begin = "BEGIN IMMEDIATE",
                                     .in_transaction = in_transaction,
                                     .set_wait = set_wait,
                                     .backup = backup,
                                     .verify = verify,
                                     .is_null = is_null,
                                     .get_int = get_int,
                                     .get_real = get_real,
                                     .get_text = get_text,
                                     .get_bytes = get_bytes };

/* SQLite's own handler sleeps up to 100 ms between attempts, so that a writer may be overtaken many
 * times while others take their turns of a few milliseconds. */
static int wait_for_writer(void *user, int attempts) {
    sqlite_db *db = user;
    const double now = sx_now();
    if (attempts == 0) db->busy_since = now;
    if (now - db->busy_since > db->busy_seconds) return 0;
    (void)usleep(1000);
    return 1;
}

static bool set_up(sqlite_db *db, sx_error *err) {
    static const char *const settings[] = { "PRAGMA journal_mode = WAL",
                                            "PRAGMA synchronous = FULL",
                                            "PRAGMA foreign_keys = ON" };
    sqlite3_busy_handler(db->handle, wait_for_writer, db);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!query(&db->base, settings[i], NULL, 0, NULL, NULL, err)) return false;
    return true;
}

sx_db *sx_db_open_sqlite(const char *path, sx_error *err) {
    sqlite_db *db = sx_calloc_for(1, sizeof *db, "a database", err);
    if (!db) return NULL;
    db->base.backend = &sx_db_sqlite;
    db->busy_seconds = BUSY_SECONDS;
    db->path = sx_strdup(path);
    bool ok = db->path || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    if (ok) {
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        make_private(path);
        const int code = sqlite3_open_v2(path, &db->handle, flags, NULL);
        if (db->handle) sqlite3_extended_result_codes(db->handle, 1);
        ok = (code == SQLITE_OK || fail(db, code, err)) && set_up(db, err);
    }
    if (ok) return &db->base;
    close_db(&db->base);
    return NULL;
}
