#include "service/worklist/verdict_import.h"

#include <string.h>

#include "service/worklist/verdict_file.h"

/* ---- which study ---- */

typedef struct found_studies {
    char uid[SX_STORE_UID];
    int64_t revision;
    size_t count;
} found_studies;

static bool take_study(void *user, const sx_db_row *row, sx_error *err) {
    found_studies *f = user;
    (void)err;
    sx_db_copy_text(row, 0, f->uid, sizeof f->uid);
    f->revision = sx_db_get_int(row, 1);
    f->count++;
    return true;
}

static bool fail_study(const sx_csv *csv, sx_error *err, const char *column, const char *what) {
    return sx_csv_fail(csv, err, "column %s: %s", column, what);
}

static bool find_study(sx_db *db, const sx_verdict_row *row, const sx_csv *csv, found_studies *f,
                       sx_error *err) {
    const bool by_uid = *row->opinion.study_uid != '\0';
    const sx_db_value value = sx_db_text(by_uid ? row->opinion.study_uid : row->accession);
    const char *column = by_uid ? "study_uid" : "accession";
    *f = (found_studies){ .count = 0 };
    if (!sx_db_query(db,
                     by_uid ? "SELECT study_uid, revision FROM study WHERE study_uid = ?"
                            : "SELECT study_uid, revision FROM study WHERE accession = ?",
                     &value, 1, take_study, f, err))
        return false;
    if (f->count == 0) return fail_study(csv, err, column, "there is no such study");
    return f->count == 1 || fail_study(csv, err, column, "it names more than one study");
}

/* A row with both must mean one study by both. */
static bool check_accession(sx_db *db, const sx_verdict_row *row, const sx_csv *csv,
                            sx_error *err) {
    int64_t same = 0;
    bool found;
    const sx_db_value values[] = { sx_db_text(row->opinion.study_uid), sx_db_text(row->accession) };
    if (!*row->opinion.study_uid || !*row->accession) return true;
    return sx_db_query_int(db, "SELECT 1 FROM study WHERE study_uid = ? AND accession = ?", values,
                           2, &same, &found, err) &&
           (found || fail_study(csv, err, "accession", "it is not that of the study in study_uid"));
}

/* ---- a row ---- */

typedef struct import {
    sx_db *db;
    sx_verdict_counts *counts;
} import;

static bool is_known(sx_db *db, const sx_opinion *o, bool *known, sx_error *err) {
    int64_t unused;
    const sx_db_value values[] = { sx_db_text(o->study_uid), sx_db_text(o->who),
                                   sx_db_int(o->at),         sx_db_int(o->agrees),
                                   sx_db_text(o->verdict),   sx_db_text(o->comment) };
    return sx_db_query_int(db,
                           "SELECT 1 FROM opinion WHERE study_uid = ? AND who = ? AND at = ?"
                           " AND agrees = ? AND verdict = ? AND comment = ? LIMIT 1",
                           values, 6, &unused, known, err);
}

static bool import_row(void *user, const sx_verdict_row *row, const sx_csv *csv, sx_error *err) {
    const import *w = user;
    found_studies study;
    sx_opinion o = row->opinion;
    bool known = false;
    if (!find_study(w->db, row, csv, &study, err) || !check_accession(w->db, row, csv, err))
        return false;
    sx_format(o.study_uid, sizeof o.study_uid, "%s", study.uid);
    if (o.revision > study.revision)
        return fail_study(csv, err, "revision", "the study has no such result");
    if (o.revision < 0) o.revision = study.revision;
    if (!is_known(w->db, &o, &known, err)) return false;
    w->counts->rows++;
    w->counts->added += !known;
    return known || sx_opinions_add(w->db, &o, err);
}

/* Two imports at the same time would not see one another's rows. SQLite has one writer anyway. */
static bool lock_imports(sx_db *db, sx_error *err) {
    return sx_db_kind_of(db) == SX_DB_SQLITE ||
           sx_db_run(db, "SELECT pg_advisory_xact_lock(7341003)", NULL, 0, err);
}

bool sx_verdicts_import(sx_db *db, const void *bytes, size_t n, const char *name,
                        sx_verdict_counts *counts, sx_error *err) {
import w = { db, counts };
    *counts = (sx_verdict_counts){ 0 };
    return lock_imports(db, err) && sx_verdicts_read(bytes, n, name, import_row, &w, err);
}

/* ---- the export ---- */

static bool put_row(void *user, const sx_db_row *row, sx_error *err) {
    sx_verdict_row v = { .opinion = { .at = sx_db_get_int(row, 4),
                                      .agrees = (int)sx_db_get_int(row, 6),
                                      .revision = sx_db_get_int(row, 7) } };
    (void)err;
    sx_db_copy_text(row, 0, v.opinion.study_uid, sizeof v.opinion.study_uid);
    sx_db_copy_text(row, 1, v.accession, sizeof v.accession);
    sx_db_copy_text(row, 2, v.opinion.verdict, sizeof v.opinion.verdict);
    sx_db_copy_text(row, 3, v.opinion.who, sizeof v.opinion.who);
    sx_db_copy_text(row, 5, v.opinion.comment, sizeof v.opinion.comment);
    sx_verdicts_put(user, &v);
    return true;
}

bool sx_verdicts_export(sx_db *db, sx_str *out, sx_error *err) {
    sx_verdicts_put_header(out);
    return sx_db_query(db,
                       "SELECT s.study_uid, s.accession, o.verdict, o.who, o.at, o.comment,"
                       " o.agrees, o.revision FROM opinion o"
                       " JOIN study s ON s.study_uid = o.study_uid ORDER BY o.id",
                       NULL, 0, put_row, out, err) &&
           sx_str_ok(out, err);
}
