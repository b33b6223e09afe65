/* Numbers in the database of a test. */
#ifndef TESTS_SERVICE_QUERY_NUMBER_H
#define TESTS_SERVICE_QUERY_NUMBER_H

#include "service/store/db.h"
#include "support/check.h"

/* The first number of a query with one text for its `?`; NULL: the query has none. The test fails
 * if there is no row. */
static inline int64_t query_number_of(sx_db *db, const char *sql, const char *text) {
    sx_error err = { 0 };
    int64_t n = 0;
    bool found = false;
    const sx_db_value value = sx_db_text(text ? text : "");
    CHECK_OK(sx_db_query_int(db, sql, &value, text ? 1 : 0, &n, &found, &err), err);
    if (!found) fail_msg("no row: %s", sql);
    return n;
}

static inline int64_t query_number(sx_db *db, const char *sql) {
    return query_number_of(db, sql, NULL);
}

#endif
