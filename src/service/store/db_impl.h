/* Internal to db.h: what a back end provides. */
#ifndef SX_SERVICE_STORE_DB_IMPL_H
#define SX_SERVICE_STORE_DB_IMPL_H

#include "service/store/db.h"

typedef struct sx_db_backend {
    sx_db_kind kind;
    void (*close)(sx_db *db);
    bool (*query)(sx_db *db, const char *sql, const sx_db_value *values, size_t count,
                  sx_db_row_fn *row, void *user, sx_error *err);
    const char *begin; /* the statement that begins a transaction */
    bool (*in_transaction)(const sx_db *db);
    void (*set_wait)(sx_db *db, double seconds); /* NULL: its server has a setting */
    bool (*backup)(sx_db *db, const char *to, sx_error *err);
    bool (*verify)(sx_db *db, sx_error *err);
    bool (*is_null)(const sx_db_row *row, int column);
    int64_t (*get_int)(const sx_db_row *row, int column);
    double (*get_real)(const sx_db_row *row, int column);
    const char *(*get_text)(const sx_db_row *row, int column);
    const void *(*get_bytes)(const sx_db_row *row, int column, size_t *n);
} sx_db_backend;

/* A back end's connection and row begin with these. */
struct sx_db {
    const sx_db_backend *backend;
    int64_t changes;
};
struct sx_db_row {
    const sx_db_backend *backend;
};

sx_db *sx_db_open_sqlite(const char *path, sx_error *err) SX_MUST_USE;
#ifdef SX_HAVE_POSTGRES
sx_db *sx_db_open_postgres(const char *address, sx_error *err) SX_MUST_USE;
#endif

#endif
