/* GET /api/studies: a page of the studies that match, in the order of a column. */
#include <math.h>
#include <string.h>

#include "base/nearest_word.h"
#include "base/str.h"
#include "service/store/jobs.h"
#include "service/web/web.h"
#include "service/worklist/study_sql.h"
#include "service/worklist/worklist.h"

/* ---- what is asked for ---- */

typedef struct list_query {
    const char *text, *state, *order, *by; /* `by`: SQL */
    long before, first, most;
} list_query;

enum { MOST_TEXT = 200 };

#define FILMS    " FROM instance i WHERE i.study_uid = s.study_uid AND i.is_film = 1"
#define FINDINGS "SUM(CASE WHEN " SX_HAS_VERDICT " THEN COALESCE(p.findings, 0) ELSE 0 END)"

/* Of the newest version of the result. */
#define DELIVERIES                                                                                 \
    " FROM delivery d JOIN output u ON u.sop_uid = d.sop_uid WHERE u.study_uid = s.study_uid"      \
    " AND u.revision = s.revision AND NOT " SX_REPORT_WENT_AS_SR " AND d.state"
#define RECEIVED    "(SELECT MAX(i.received)" FILMS ")"
#define UNDELIVERED "(SELECT COUNT(*)" DELIVERIES " NOT IN ('sent', 'committed'))"
#define OPINIONS    "(SELECT COUNT(*) FROM opinion o WHERE o.study_uid = s.study_uid)"
#define DEAD_JOBS                                                                                  \
    "(SELECT COUNT(*) FROM dead j WHERE j.key = s.study_uid OR j.key LIKE s.study_uid || '/%')"

static const struct {
    const char *word, *sql;
} columns[] = {
    { "received", RECEIVED },
    { "patient_id", "LOWER(s.patient_id)" },
    { "study_date", "s.study_date" },
    { "state", SX_STUDY_STATE },
    { "probability", "COALESCE((SELECT " SX_STUDY_PROBABILITY SX_STUDY_FILMS "), -1)" },
    { "findings", "(SELECT " FINDINGS SX_STUDY_FILMS ")" },
    { "films", "(SELECT COUNT(*)" FILMS ")" },
    { "undelivered", UNDELIVERED },
    { "opinions", OPINIONS },
    { "dead_jobs", DEAD_JOBS },
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static bool read_word(sx_web_request *r, const char *key, const char *words, const char *otherwise,
                      const char **out, sx_error *err) {
    const char *word = sx_web_query(r, key);
    *out = word ? word : otherwise;
    return !word || sx_word_is_one_of(word, words) ||
           sx_fail(err, SX_ERR_VALUE, "%s must be one of %s", key, words);
}

static bool read_column(sx_web_request *r, list_query *q, sx_error *err) {
    const char *word = sx_web_query(r, "sort");
    q->by = columns[0].sql;
    if (!word) return true;
    for (int i = 0; i < COLUMNS; i++) {
        q->by = columns[i].sql;
        if (strcmp(word, columns[i].word) == 0) return true;
    }
    return sx_fail(err, SX_ERR_VALUE, "sort must be a column of the list");
}

static bool read_query(sx_web_request *r, list_query *q, sx_error *err) {
    const char *text = sx_web_query(r, "text");
    q->text = text ? text : "";
    if (strlen(q->text) > MOST_TEXT)
        return sx_fail(err, SX_ERR_VALUE, "text has more than %d bytes", (int)MOST_TEXT);
    return sx_web_query_int(r, "before", 0, INT64_MAX, INT64_MAX, &q->before, err) &&
           sx_web_query_int(r, "first", 0, INT32_MAX, 0, &q->first, err) &&
           sx_web_query_int(r, "most", 1, 500, 100, &q->most, err) &&
           read_word(r, "state", "open|built|dead|problems", "", &q->state, err) &&
           read_word(r, "order", "ascending|descending", "descending", &q->order, err) &&
           read_column(r, q, err);
}

/* ---- the statements ---- */

enum { MOST_VALUES = 8 };

typedef struct statement {
    sx_str sql;
    char pattern[2 * MOST_TEXT + 3]; /* for LIKE */
    sx_db_value values[MOST_VALUES];
    size_t count;
} statement;

static void add_value(statement *s, sx_db_value value) {
    s->values[s->count++] = value;
}

static void make_pattern(const char *text, char *out) {
    *out++ = '%';
    for (; *text; text++) {
        if (strchr("%_\\", *text)) *out++ = '\\';
        *out++ = *text;
    }
    *out++ = '%';
    *out = '\0';
}

#define MATCHES(column) "LOWER(" column ") LIKE LOWER(?) ESCAPE '\\'"

static const char matches_sql[] = " AND (" MATCHES("s.patient_id") " OR " MATCHES(
    "s.accession") " OR " MATCHES("s.study_uid") ")";

static const char problems_sql[] = " AND (s.state = 'dead' OR " SX_STUDY_STOPPED " OR " DEAD_JOBS
                                   " > 0 OR EXISTS (SELECT 1" FILMS " AND " SX_NOT_SCORED "))";

static const char dead_sql[] =
    "WITH dead AS MATERIALIZED (SELECT key, error FROM job WHERE " SX_JOBS_UNFINISHED
    " AND state = 'dead')";

/* The condition on the study s. */
static void add_condition(statement *s, const list_query *q) {
    sx_str_add(&s->sql, " WHERE EXISTS (SELECT 1" FILMS ")");
    if (*q->text) {
        make_pattern(q->text, s->pattern);
        sx_str_add(&s->sql, matches_sql);
        for (int i = 0; i < 3; i++)
            add_value(s, sx_db_text(s->pattern));
    }
    if (strcmp(q->state, "problems") == 0) {
        sx_str_add(&s->sql, problems_sql);
    } else if (*q->state) {
        sx_str_add(&s->sql, " AND " SX_STUDY_STATE " = ?");
        add_value(s, sx_db_text(q->state));
    }
    if (q->before != INT64_MAX) {
        sx_str_add(&s->sql, " AND " RECEIVED " < ?");
        add_value(s, sx_db_int(q->before));
    }
}

static bool count_studies(sx_db *db, const list_query *q, int64_t *count, sx_error *err) {
    statement s = { .count = 0 };
    bool found;
    sx_str_printf(&s.sql, "%s SELECT COUNT(*) FROM study s", dead_sql);
    add_condition(&s, q);
    const bool ok = sx_str_ok(&s.sql, err) &&
                    sx_db_query_int(db, sx_str_text(&s.sql), s.values, s.count, count, &found, err);
    sx_str_free(&s.sql);
    return ok;
}

/* First the studies of the page are chosen, so that the other columns are read for these alone. */
static const char rows_sql[] =
    " SELECT s.study_uid, " SX_STUDY_STATE ", " SX_STUDY_REASON
    ", s.revision, g.received, COUNT(i.sop_uid),"
    " " SX_STUDY_PROBABILITY ", " SX_STUDY_VERDICT ", " FINDINGS ","
    " SUM(CASE WHEN " SX_NOT_SCORED " THEN 1 ELSE 0 END)," OPINIONS ", " DEAD_JOBS
    ", s.patient_id, s.issuer, (SELECT COUNT(*)" DELIVERIES
    " IN ('sent', 'committed')), " UNDELIVERED ", s.accession, s.study_date"
    " FROM page g JOIN study s ON s.study_uid = g.study_uid"
    " JOIN instance i ON i.study_uid = s.study_uid AND i.is_film = 1" SX_NEWEST_PREDICTION
    " GROUP BY s.study_uid, s.state, s.reason, s.revision, s.patient_id, s.issuer, s.accession,"
    " s.study_date, g.received, g.place";

/* Studies that are equal in the column stand newest first. */
static void add_order(sx_str *sql, const char *place, const list_query *q) {
    sx_str_printf(sql, " ORDER BY %splace %s, %sreceived DESC, %sstudy_uid", place,
                  strcmp(q->order, "ascending") == 0 ? "ASC" : "DESC", place,
                  strcmp(place, "g.") == 0 ? "s." : "");
}

static bool list_rows(sx_db *db, const list_query *q, sx_db_row_fn *add, sx_json *list,
                      sx_error *err) {
    statement s = { .count = 0 };
    sx_str_printf(&s.sql,
                  "%s, page AS MATERIALIZED (SELECT s.study_uid AS study_uid, " RECEIVED
                  " AS received, %s AS place FROM study s",
                  dead_sql, q->by);
    add_condition(&s, q);
    add_order(&s.sql, "", q);
    sx_str_printf(&s.sql, " LIMIT ? OFFSET ?)%s", rows_sql);
    add_order(&s.sql, "g.", q);
    add_value(&s, sx_db_int(q->most));
    add_value(&s, sx_db_int(q->first));
    const bool ok = sx_str_ok(&s.sql, err) &&
                    sx_db_query(db, sx_str_text(&s.sql), s.values, s.count, add, list, err);
    sx_str_free(&s.sql);
    return ok;
}

/* ---- the answer ---- */

void sx_study_put_verdict(sx_json at, const sx_db_row *row, int column) {
    sx_json_number(at, "probability",
                   sx_db_is_null(row, column) ? NAN : sx_db_get_real(row, column));
    if (sx_db_is_null(row, column + 1))
        sx_json_null(at, "abnormal");
    else
        sx_json_bool(at, "abnormal", sx_db_get_int(row, column + 1) != 0);
}

static bool add_study(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "study_uid", sx_db_get_text(row, 0));
    sx_json_text(o, "state", sx_db_get_text(row, 1));
    sx_json_text(o, "reason", sx_db_get_text(row, 2));
    sx_json_integer(o, "revision", sx_db_get_int(row, 3));
    sx_json_integer(o, "received", sx_db_get_int(row, 4));
    sx_json_integer(o, "films", sx_db_get_int(row, 5));
    sx_study_put_verdict(o, row, 6);
    sx_json_integer(o, "findings", sx_db_get_int(row, 8));
    sx_json_integer(o, "not_scored", sx_db_get_int(row, 9));
    sx_json_integer(o, "opinions", sx_db_get_int(row, 10));
    sx_json_integer(o, "dead_jobs", sx_db_get_int(row, 11));
    sx_json_text(o, "patient_id", sx_db_get_text(row, 12));
    sx_json_text(o, "issuer", sx_db_get_text(row, 13));
    sx_json_integer(o, "delivered", sx_db_get_int(row, 14));
    sx_json_integer(o, "undelivered", sx_db_get_int(row, 15));
    sx_json_text(o, "accession", sx_db_get_text(row, 16));
    sx_json_text(o, "study_date", sx_db_get_text(row, 17));
    return true;
}

bool sx_list_studies(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    list_query q;
    sx_json_doc doc;
    int64_t count = 0;
    if (!read_query(r, &q, err)) return false;
    const sx_json root = sx_json_new_object(&doc);
    sx_json list = sx_json_array(root, "studies");
    bool ok = list_rows(r->db, &q, add_study, &list, err) && count_studies(r->db, &q, &count, err);
    if (ok) sx_json_integer(root, "count", count);
    if (ok && sx_web_reply_json(reply, 200, &doc, err)) return true;
    if (!ok) sx_json_free(&doc);
    return false;
}
