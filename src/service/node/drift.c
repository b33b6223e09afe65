#include "service/node/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "service/settings.h"

enum { FILMS = SX_DRIFT_FILMS, FEWEST = 200, PROPERTY = 160 };

typedef struct drift {
    sx_db *db;
    const char *column;
    char weights[65];
    int from;
    /* the newest films */
    double newest[2 * FILMS];
    size_t count;
    int64_t latest; /* when the newest film was predicted */
    int64_t since;  /* when the oldest of the last FILMS films was predicted */
    /* the reference */
    double reference[FILMS];
    size_t reference_count;
    int64_t until; /* when the newest of its films was predicted */
} drift;

/* ---- films ---- */

static bool take_weights(void *user, const sx_db_row *row, sx_error *err) {
    drift *d = user;
    (void)err;
    sx_db_copy_text(row, 0, d->weights, sizeof d->weights);
    return true;
}

static bool take_newest(void *user, const sx_db_row *row, sx_error *err) {
    drift *d = user;
    (void)err;
    if (d->count == 0) d->latest = sx_db_get_int(row, 1);
    if (d->count == FILMS - 1) d->since = sx_db_get_int(row, 1);
    d->newest[d->count++] = sx_db_get_real(row, 0);
    return true; /* the statement has the limit */
}

static bool take_first(void *user, const sx_db_row *row, sx_error *err) {
    drift *d = user;
    (void)err;
    d->until = sx_db_get_int(row, 1);
    d->reference[d->reference_count++] = sx_db_get_real(row, 0);
    return true;
}

/* One order for both columns: then the index has it. */
void sx_drift_put_query(const char *column, const char *order, int most, sx_str *out) {
    sx_str_printf(out,
                  "SELECT %s, made FROM prediction WHERE %s IS NOT NULL AND weights = ?"
                  " AND made >= ? ORDER BY made %s, sop_uid %s LIMIT %d",
                  column, column, order, order, most);
}

static bool query_films(drift *d, int64_t from, const char *order, int most, sx_db_row_fn *each,
                        sx_error *err) {
    sx_str sql = { 0 };
    const sx_db_value values[] = { sx_db_text(d->weights), sx_db_int(from) };
    sx_drift_put_query(d->column, order, most, &sql);
    const bool ok =
        sx_str_ok(&sql, err) && sx_db_query(d->db, sx_str_text(&sql), values, 2, each, d, err);
    sx_str_free(&sql);
    return ok;
}

/* ---- the reference ---- */

static void property_of(const drift *d, char out[PROPERTY]) {
    sx_format(out, PROPERTY, "drift reference %s %d %s", d->column, d->from, d->weights);
}

static bool read_reference(drift *d, const char *text, sx_error *err) {
    sx_error why = { 0 };
    json_t *root = sx_json_parse(text, strlen(text), true, NULL, &why);
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    const json_t *until = json_object_get(root, "until"), *values = json_object_get(root, "values");
    bool ok = json_is_integer(until) && json_array_size(values) == FILMS;
    for (size_t i = 0; ok && i < FILMS; i++) {
        const json_t *v = json_array_get(values, i);
        ok = json_is_number(v);
        d->reference[i] = json_number_value(v);
    }
    d->until = json_integer_value(until);
    d->reference_count = ok ? FILMS : 0;
    json_decref(root);
    return ok || sx_fail(err, SX_ERR_FORMAT,
                         "the reference of the drift alarms is damaged;"
                         " alarms.drift_from makes another one");
}

static bool take_reference(void *user, const sx_db_row *row, sx_error *err) {
    return read_reference(user, sx_db_get_text(row, 0), err);
}

static bool keep_reference(const drift *d, const char *property, sx_error *err) {
    sx_json_doc doc;
    sx_str text = { 0 };
    sx_json root = sx_json_new_object(&doc);
    sx_json_integer(root, "until", d->until);
    sx_json values = sx_json_array(root, "values");
    for (size_t i = 0; i < FILMS; i++)
        sx_json_number(values, NULL, d->reference[i]);
    bool ok = sx_json_print(&doc, SX_JSON_COMPACT, &text, err);
    const sx_db_value row[] = { sx_db_text(property), sx_db_text(ok ? sx_str_text(&text) : "") };
    ok = ok && sx_db_run(d->db,
                         "INSERT INTO property (name, value) VALUES (?, ?)"
                         " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                         row, 2, err);
    sx_str_free(&text);
    sx_json_free(&doc);
    return ok;
}

/* As it was kept; else it is made, when there are enough films. */
static bool find_reference(drift *d, sx_error *err) {
    char property[PROPERTY];
    int64_t from = 0;
    property_of(d, property);
    const sx_db_value value = sx_db_text(property);
    if (!sx_db_query(d->db, "SELECT value FROM property WHERE name = ?", &value, 1, take_reference,
                     d, err))
        return false;
    if (d->reference_count && (!d->count || d->until <= d->latest)) return true;
    if (d->reference_count) { /* the clock was ahead then, and was put back */
        d->until = d->latest;
        return keep_reference(d, property, err);
    }
    if (d->from && !sx_settings_day(d->from, &from))
        return sx_fail(err, SX_ERR_VALUE, "alarms.drift_from: there is no such day");
    if (!query_films(d, from, "ASC", FILMS, take_first, err)) return false;
    return d->reference_count < FILMS || keep_reference(d, property, err);
}

/* ---- the difference ---- */

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of a[n] and b[m], which it sorts. */
static double largest_difference(double *a, size_t n, double *b, size_t m) {
    double most = 0.0;
    qsort(a, n, sizeof *a, compare);
    qsort(b, m, sizeof *b, compare);
    for (size_t i = 0, k = 0; i < n && k < m;) {
        const double at = a[i] < b[k] ? a[i] : b[k];
        while (i < n && a[i] <= at)
            i++;
        while (k < m && b[k] <= at)
            k++;
        const double d = fabs((double)i / (double)n - (double)k / (double)m);
        if (d > most) most = d;
    }
    return most;
}

static bool measure(drift *d, sx_drift *out, sx_error *err) {
    if (!sx_db_query(d->db, SX_DRIFT_NEWEST_WEIGHTS, NULL, 0, take_weights, d, err) ||
        !query_films(d, 0, "DESC", 2 * FILMS, take_newest, err) || !find_reference(d, err))
        return false;
    if (d->count >= FILMS + FEWEST)
        out->before = largest_difference(d->newest, FILMS, d->newest + FILMS, d->count - FILMS);
    if (d->count >= FILMS && d->reference_count == FILMS && d->since > d->until)
        out->reference = largest_difference(d->newest, FILMS, d->reference, FILMS);
    return true;
}

bool sx_drift_measure(sx_db *db, const char *column, int from, sx_drift *out, sx_error *err) {
    *out = (sx_drift){ NAN, NAN };
    drift *d = sx_calloc_for(1, sizeof *d, "scores", err);
    if (!d) return false;
    d->db = db;
    d->column = column;
    d->from = from;
    const bool ok = measure(d, out, err);
    free(d);
    return ok;
}
