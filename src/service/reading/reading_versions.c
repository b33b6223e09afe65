#include "service/reading/reading_versions.h"

#include <string.h>

#include "service/access/accounts.h"
#include "service/reading/reading_csv_check.h"
#include "spinexr/version.h"

static bool check_tag(const char *tag, sx_error *err) {
    const size_t n = strlen(tag);
    return (n && n < SX_READING_TAG && *tag != '.' &&
            strspn(tag, "abcdefghijklmnopqrstuvwxyz0123456789.-") == n) ||
           sx_fail(err, SX_ERR_VALUE,
                   "a tag has 1 to %d lower-case letters, digits, dots and -, not %.60s",
                   SX_READING_TAG - 1, tag);
}

static bool hash_version(sx_reading_version *v, sx_error *err) {
    sx_str both = { 0 };
    sx_str_append(&both, v->csv.data, v->csv.len);
    sx_str_append(&both, v->json.data, v->json.len);
    const bool ok = sx_str_ok(&both, err) && sx_sha256_of(both.data, both.len, &v->sha256, err);
    sx_str_free(&both);
    return ok;
}

/* ---- stored versions ---- */

enum { WHAT = 200 }; /* bytes of what a version holds, as describe says it */

typedef struct stored_version {
    sx_reading_version *out;
    int64_t id;
    char sha256[65], what[WHAT];
    bool found;
} stored_version;

static bool take_version(void *user, const sx_db_row *row, sx_error *err) {
    stored_version *s = user;
    (void)err;
    s->id = sx_db_get_int(row, 0);
    s->out->made = sx_db_get_int(row, 2);
    s->out->counts.films = (size_t)sx_db_get_int(row, 3);
    s->out->counts.boxes = (size_t)sx_db_get_int(row, 4);
    sx_db_copy_text(row, 1, s->sha256, sizeof s->sha256);
    sx_db_copy_text(row, 5, s->what, sizeof s->what);
    s->found = true;
    return true;
}

static bool take_file(void *user, const sx_db_row *row, sx_error *err) {
    stored_version *s = user;
    size_t n;
    const void *bytes = sx_db_get_bytes(row, 1, &n);
    sx_str *to =
        strcmp(sx_db_get_text(row, 0), "annotations.csv") == 0 ? &s->out->csv : &s->out->json;
    sx_str_append(to, bytes, n);
    return sx_str_ok(to, err);
}

static bool find_stored(sx_db *db, int64_t project, const char *tag, stored_version *s,
                        sx_error *err) {
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(tag) };
    if (!sx_db_query(db,
                     "SELECT id, sha256, made, films, boxes, what FROM reading_export"
                     " WHERE project = ? AND tag = ?",
                     values, 2, take_version, s, err))
        return false;
    if (!s->found) return true;
    const sx_db_value id = sx_db_int(s->id);
    if (!sx_db_query(db, "SELECT name, bytes FROM reading_export_file WHERE export = ?", &id, 1,
                     take_file, s, err) ||
        !hash_version(s->out, err))
        return false;
    s->out->kept = true;
    return strcmp(s->sha256, s->out->sha256.hex) == 0 ||
           sx_fail(err, SX_ERR_FORMAT, "version %s: its bytes were changed", tag);
}

bool sx_reading_version_find(sx_db *db, const sx_reading_project *project, const char *tag,
                             sx_reading_version *out, sx_error *err) {
    stored_version s = { .out = out };
    *out = (sx_reading_version){ 0 };
    return find_stored(db, project->id, tag, &s, err) &&
           (s.found || sx_fail(err, SX_ERR_MISSING, "there is no version %.60s", tag));
}

/* ---- new ones ---- */

static bool store_file(sx_db *db, int64_t export, const char *name, const sx_str *bytes,
                       sx_error *err) {
    const sx_db_value values[] = { sx_db_int(export), sx_db_text(name),
                                   sx_db_bytes(bytes->data, bytes->len) };
    return sx_db_run(db, "INSERT INTO reading_export_file (export, name, bytes) VALUES (?, ?, ?)",
                     values, 3, err);
}

/* "readings, all rounds", "decisions, round 2, of ann" */
static void describe(const sx_reading_selection *s, char text[WHAT]) {
    char round[24] = "all rounds";
    if (s->round) sx_format(round, sizeof round, "round %d", s->round);
    sx_format(text, WHAT, "%s, %s%s%.64s", s->adjudicated ? "decisions" : "readings", round,
              s->reader ? ", of " : "", s->reader ? s->reader : "");
}

static bool store(sx_db *db, int64_t project, const sx_reading_selection *s, const char *tag,
                  const sx_reading_version *v, sx_error *err) {
    char what[WHAT];
    int64_t id;
    bool found;
    describe(s, what);
    const sx_db_value values[] = { sx_db_int(project),
                                   sx_db_text(tag),
                                   sx_db_text(v->sha256.hex),
                                   sx_db_text(what),
                                   sx_db_int((int64_t)v->counts.films),
                                   sx_db_int((int64_t)v->counts.boxes),
                                   sx_db_text(sx_version()),
                                   sx_db_int(v->made) };
    return sx_db_query_int(db,
                           "INSERT INTO reading_export (project, tag, sha256, what, films, boxes,"
                           " version, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                           values, 8, &id, &found, err) &&
           store_file(db, id, "annotations.csv", &v->csv, err) &&
           store_file(db, id, "reading.json", &v->json, err);
}

static bool check_reader(sx_db *db, const char *login, sx_error *err) {
    sx_account account;
    bool found = false;
    if (!login) return true;
    return sx_accounts_find(db, login, &account, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "%.64s: there is no such reader", login));
}

typedef struct round_span {
    int first, last;
} round_span;

static bool take_rounds(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    *(round_span *)user = (round_span){ (int)sx_db_get_int(row, 0), (int)sx_db_get_int(row, 1) };
    return true;
}

/* A reader says one thing of a film in annotations.csv. In another round it may be another one. */
static bool check_rounds(sx_db *db, const sx_reading_project *p, const sx_reading_selection *s,
                         sx_error *err) {
    round_span span = { 0, 0 };
    const char *reader = s->reader ? s->reader : "";
    const sx_db_value values[] = { sx_db_int(p->id), sx_db_int(s->adjudicated), sx_db_text(reader),
                                   sx_db_text(reader) };
    if (s->round) return true;
    return sx_db_query(db,
                       "SELECT COALESCE(MIN(t.round), 0), COALESCE(MAX(t.round), 0)"
                       " FROM reading_task t JOIN account a ON a.id = t.reader WHERE t.project = ?"
                       " AND t.state IN ('done', 'locked') AND (t.kind = 'adjudicate') = (? = 1)"
                       " AND (? = '' OR a.login = ?)",
                       values, 4, take_rounds, &span, err) &&
           (span.first == span.last ||
            sx_fail(err, SX_ERR_VALUE,
                    "project %s: rounds %d to %d are selected; an export has one round, so name it",
                    p->key, span.first, span.last));
}

static bool build(sx_db *db, const sx_reading_project *p, const sx_reading_selection *s,
                  sx_reading_version *out, sx_error *err) {
    if (!check_reader(db, s->reader, err) || !check_rounds(db, p, s, err)) return false;
    if (!sx_reading_export_csv(db, p, s, &out->csv, &out->counts, err) ||
        !sx_reading_export_json(db, p, s, &out->json, err))
        return false;
    const sx_reading_export_counts *c = &out->counts;
    if (!c->films && !c->rejected && !c->unboxed)
        return sx_fail(err, SX_ERR_MISSING, "project %s: no complete task is selected", p->key);
    return (!c->films || sx_reading_csv_check(&out->csv, err)) && hash_version(out, err);
}

/* Its files would be taken for those of the selection. */
static bool check_stored(const stored_version *stored, const sx_reading_selection *s,
                         const char *tag, sx_error *err) {
    char what[WHAT];
    describe(s, what);
    return strcmp(stored->what, what) == 0 ||
           sx_fail(err, SX_ERR_MISMATCH, "version %s has other contents: %s, not %s", tag,
                   stored->what, what);
}

bool sx_reading_version_make(sx_db *db, const sx_reading_project *project,
                             const sx_reading_selection *s, const char *tag, int64_t now,
                             sx_reading_version *out, sx_error *err) {
    stored_version stored = { .out = out };
    *out = (sx_reading_version){ 0 };
    if (tag && (!check_tag(tag, err) || !find_stored(db, project->id, tag, &stored, err)))
        return false;
    if (stored.found) return check_stored(&stored, s, tag, err);
    out->made = now;
    return build(db, project, s, out, err) && (!tag || store(db, project->id, s, tag, out, err));
}

void sx_reading_version_free(sx_reading_version *v) {
    sx_str_free(&v->csv);
    sx_str_free(&v->json);
}
