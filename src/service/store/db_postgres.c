/* The database on a PostgreSQL server, by libpq. Values travel as text. */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "service/store/db_impl.h"

enum { MAX_VALUES = 32 };

typedef struct postgres_db {
    sx_db base;
    PGconn *connection;
} postgres_db;

typedef struct postgres_row {
    sx_db_row base;
    const PGresult *result;
    int row;
    unsigned char *bytes; /* of the last get_bytes; freed with the row */
} postgres_row;

static const sx_db_backend backend;

/* ---- errors ---- */

static const struct {
    const char *state; /* the first characters of SQLSTATE */
    sx_error_code code;
} codes[] = {
    { "23", SX_ERR_MISMATCH },                       /* a constraint */
    { "53200", SX_ERR_MEMORY }, { "53", SX_ERR_IO }, /* disk full, too many connections */
    { "08", SX_ERR_IO },                             /* connection */
    { "57", SX_ERR_IO },                             /* the server stops */
    { "58", SX_ERR_IO },                             /* its disk */
    { "40", SX_ERR_IO },                             /* rolled back: try again */
    { "XX", SX_ERR_FORMAT },                         /* damaged */
};

static sx_error_code code_of(const char *state) {
    if (!state) return SX_ERR_IO; /* no answer */
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strncmp(state, codes[i].state, strlen(codes[i].state)) == 0) return codes[i].code;
    return SX_ERR_INTERNAL;
}

/* libpq's messages end in a newline and may have several lines. */
static bool fail(const postgres_db *db, const PGresult *result, sx_error *err) {
    const char *text = result ? PQresultErrorMessage(result) : PQerrorMessage(db->connection);
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    if (!*text) text = PQerrorMessage(db->connection);
    return sx_fail(err, code_of(state), "PostgreSQL: %.*s", (int)strcspn(text, "\n"), text);
}

/* ---- rows ---- */

static const postgres_row *row_of(const sx_db_row *row) {
    return (const postgres_row *)row;
}

static bool is_null(const sx_db_row *row, int column) {
    return PQgetisnull(row_of(row)->result, row_of(row)->row, column);
}

static const char *get_text(const sx_db_row *row, int column) {
    return PQgetvalue(row_of(row)->result, row_of(row)->row, column);
}

static int64_t get_int(const sx_db_row *row, int column) {
    return strtoll(get_text(row, column), NULL, 10);
}

static double get_real(const sx_db_row *row, int column) {
    double v = 0.0;
    return sx_parse_printed_double(get_text(row, column), &v) ? v : 0.0;
}

static const void *get_bytes(const sx_db_row *row, int column, size_t *n) {
    postgres_row *r = (postgres_row *)(uintptr_t)row;
    *n = 0;
    if (is_null(row, column)) return NULL;
    PQfreemem(r->bytes);
    r->bytes = PQunescapeBytea((const unsigned char *)get_text(row, column), n);
    return r->bytes;
}

/* ---- statements ---- */

/* Numbers the `?` outside quotes: $1, $2, ... */
static void number_values(const char *sql, sx_str *out) {
    int n = 0;
    bool quoted = false;
    for (const char *p = sql; *p; p++) {
        if (*p == '\'') quoted = !quoted;
        if (*p == '?' && !quoted)
            sx_str_printf(out, "$%d", ++n);
        else
            sx_str_append(out, p, 1);
    }
}

/* The values as libpq takes them. */
typedef struct values {
    const char *items[MAX_VALUES];
    int lengths[MAX_VALUES], formats[MAX_VALUES];
    char numbers[MAX_VALUES][32];
} values;

static void put_value(values *out, size_t i, const sx_db_value *v) {
    out->items[i] = NULL;
    out->lengths[i] = out->formats[i] = 0;
    switch (v->type) {
    case SX_DB_INT:
        sx_format(out->numbers[i], sizeof out->numbers[i], "%" PRId64, v->integer);
        out->items[i] = out->numbers[i];
        break;
    case SX_DB_REAL:
        sx_format(out->numbers[i], sizeof out->numbers[i], "%.17g", v->real);
        out->items[i] = out->numbers[i];
        break;
    case SX_DB_TEXT:
        out->items[i] = v->data;
        break;
    case SX_DB_BYTES:
        out->items[i] = v->n ? v->data : "";
        out->lengths[i] = (int)v->n;
        out->formats[i] = 1;
        break;
    default:
        break;
    }
}

static bool give_rows(const PGresult *result, sx_db_row_fn *row, void *user, sx_error *err) {
    postgres_row r = { { &backend }, result, 0, NULL };
    bool ok = true;
    for (; ok && row && r.row < PQntuples(result); r.row++)
        ok = row(user, &r.base, err);
    PQfreemem(r.bytes);
    return ok;
}

static bool query(sx_db *base, const char *sql, const sx_db_value *given, size_t count,
                  sx_db_row_fn *row, void *user, sx_error *err) {
    postgres_db *db = (postgres_db *)base;
    values v;
    sx_str text = { 0 };
    base->changes = 0;
    if (count > MAX_VALUES)
        return sx_fail(err, SX_ERR_INTERNAL, "a statement has at most %d values", MAX_VALUES);
    for (size_t i = 0; i < count; i++)
        put_value(&v, i, &given[i]);
    number_values(sql, &text);
    if (!sx_str_ok(&text, err)) return false;
    /* A connection that was lost is made again, but its transaction is gone. */
    if (PQstatus(db->connection) == CONNECTION_BAD) PQreset(db->connection);
    PGresult *result = PQexecParams(db->connection, sx_str_text(&text), (int)count, NULL, v.items,
                                    v.lengths, v.formats, 0);
    const ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (ok) base->changes = strtoll(PQcmdTuples(result), NULL, 10);
    ok = ok ? give_rows(result, row, user, err) : fail(db, result, err);
    PQclear(result);
    sx_str_free(&text);
    return ok;
}

static bool in_transaction(const sx_db *base) {
    const PGTransactionStatusType s = PQtransactionStatus(((const postgres_db *)base)->connection);
    return s != PQTRANS_IDLE && s != PQTRANS_UNKNOWN;
}

static bool backup(sx_db *base, const char *to, sx_error *err) {
    (void)base;
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "%s: a PostgreSQL database is copied with its own tools (pg_dump)", to);
}

static bool verify(sx_db *base, sx_error *err) {
    return query(base, "SELECT 1", NULL, 0, NULL, NULL, err);
}

/* ---- opening ---- */

static void close_db(sx_db *base) {
    postgres_db *db = (postgres_db *)base;
    PQfinish(db->connection);
    free(db);
}

static const sx_db_backend backend = { .kind = SX_DB_POSTGRES,
                                       .close = close_db,
                                       .query = query,
                                       .begin = "BEGIN",
                                       .in_transaction = in_transaction,
                                       .backup = backup,
                                       .verify = verify,
                                       .is_null = is_null,
                                       .get_int = get_int,
                                       .get_real = get_real,
                                       .get_text = get_text,
                                       .get_bytes = get_bytes };

static void drop_notice(void *user, const char *message) {
    (void)user;
    (void)message;
}

sx_db *sx_db_open_postgres(const char *address, sx_error *err) {
    postgres_db *db = sx_calloc_for(1, sizeof *db, "a database", err);
    if (!db) return NULL;
    db->base.backend = &backend;
    db->connection = PQconnectdb(address);
    bool ok = db->connection || sx_fail(err, SX_ERR_MEMORY, "out of memory for a database");
    if (ok && PQstatus(db->connection) != CONNECTION_OK) ok = fail(db, NULL, err);
    if (ok) {
        PQsetNoticeProcessor(db->connection, drop_notice, NULL);
        ok = query(&db->base, "SET synchronous_commit = on", NULL, 0, NULL, NULL, err);
    }
    if (ok) return &db->base;
    close_db(&db->base);
    return NULL;
}
