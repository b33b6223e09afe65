/* An empty database for a test: on the server that STORE in the environment names (postgres.sh), or
 * else in an SQLite file. */
#ifndef TESTS_SERVICE_FRESH_STORE_H
#define TESTS_SERVICE_FRESH_STORE_H

#include <stdio.h>
#include <stdlib.h>

#include "service/store/db.h"
#include "service/store/migrations.h"
#include "support/check.h"

/* Writes where the database is to where[size], so that other connections can be opened. */
static inline sx_db *fresh_store(const char *file, char *where, size_t size) {
    sx_error err = { 0 };
    const char *server = getenv("STORE");
    snprintf(where, size, "%s", server ? server : file);
    sx_db *db = sx_db_open(where, &err);
    CHECK_OK(db != NULL, err);
    if (server)
        CHECK_OK(sx_db_run(db, "DROP SCHEMA public CASCADE", NULL, 0, &err) &&
                     sx_db_run(db, "CREATE SCHEMA public", NULL, 0, &err),
                 err);
    CHECK_OK(sx_schema_migrate(db, &err), err);
    return db;
}

#endif
