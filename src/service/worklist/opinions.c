#include "service/worklist/opinions.h"

#include <string.h>

#include "base/csv.h"
#include "base/str.h"
#include "service/worklist/study_sql.h"

bool sx_opinion_is_verdict(const char *word) {
    return !*word || strcmp(word, "abnormal") == 0 || strcmp(word, "normal") == 0 ||
           strcmp(word, "unsure") == 0;
}

bool sx_opinions_add(sx_db *db, const sx_opinion *o, sx_error *err) {
    int64_t unused;
    bool found = false;
    const sx_db_value study = sx_db_text(o->study_uid);
    const sx_db_value values[] = { sx_db_int(o->at),       sx_db_text(o->study_uid),
                                   sx_db_int(o->revision), sx_db_text(o->who),
                                   sx_db_int(o->agrees),   sx_db_text(o->verdict),
                                   sx_db_text(o->comment) };
    if (!sx_opinion_is_verdict(o->verdict))
        return sx_fail(err, SX_ERR_VALUE, "a verdict is abnormal, normal or unsure, not %.20s",
                       o->verdict);
    if (o->agrees < 0 && !*o->verdict && !*o->comment)
        return sx_fail(err, SX_ERR_VALUE, "an opinion needs agrees, verdict or comment");
    if (!sx_db_query_int(db, "SELECT 1 FROM study WHERE study_uid = ?", &study, 1, &unused, &found,
                         err))
        return false;
    if (!found) return sx_fail(err, SX_ERR_MISSING, "there is no such study");
    return sx_db_run(db,
                     "INSERT INTO opinion (at, study_uid, revision, who, agrees, verdict, comment)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?)",
                     values, 7, err);
}

bool sx_opinions_add_now(sx_db *db, const sx_opinion *opinion, int64_t now, sx_error *err) {
    sx_opinion o = *opinion;
    int64_t last = 0;
    bool found;
    const sx_db_value values[] = { sx_db_text(o.study_uid), sx_db_text(o.who) };
    if (!sx_db_query_int(db,
                         "SELECT COALESCE(MAX(at), 0) FROM opinion WHERE study_uid = ? AND who = ?",
                         values, 2, &last, &found, err))
        return false;
    o.at = last >= now ? last + 1 : now;
    return sx_opinions_add(db, &o, err);
}

typedef struct listing {
    sx_opinion_fn *each;
    void *user;
} listing;

static bool take_opinion(void *user, const sx_db_row *row, sx_error *err) {
    const listing *l = user;
    sx_opinion o = { .id = sx_db_get_int(row, 0),
                     .at = sx_db_get_int(row, 1),
                     .revision = sx_db_get_int(row, 3),
                     .agrees = (int)sx_db_get_int(row, 5) };
    sx_db_copy_text(row, 2, o.study_uid, sizeof o.study_uid);
    sx_db_copy_text(row, 4, o.who, sizeof o.who);
    sx_db_copy_text(row, 6, o.verdict, sizeof o.verdict);
    sx_db_copy_text(row, 7, o.comment, sizeof o.comment);
    return l->each(l->user, &o, err);
}

bool sx_opinions_list(sx_db *db, const char *study_uid, sx_opinion_fn *each, void *user,
                      sx_error *err) {
    listing l = { each, user };
    const sx_db_value value = sx_db_text(study_uid);
    return study_uid
               ? sx_db_query(db,
                             "SELECT id, at, study_uid, revision, who, agrees, verdict, comment"
                             " FROM opinion WHERE study_uid = ? ORDER BY id",
                             &value, 1, take_opinion, &l, err)
               : sx_db_query(db,
                             "SELECT id, at, study_uid, revision, who, agrees, verdict, comment"
                             " FROM opinion ORDER BY id",
                             NULL, 0, take_opinion, &l, err);
}

/* ---- the comparison ---- */

static const char *agreement(const sx_db_row *row, int column) {
    if (sx_db_is_null(row, column) || sx_db_get_int(row, column) < 0) return "";
    return sx_db_get_int(row, column) ? "yes" : "no";
}

static bool put_row(void *user, const sx_db_row *row, sx_error *err) {
    sx_str *out = user;
    char revision[24], probability[24] = "", lacking[24];
    (void)err;
    sx_format(revision, sizeof revision, "%lld", (long long)sx_db_get_int(row, 1));
    sx_format(lacking, sizeof lacking, "%lld", (long long)sx_db_get_int(row, 8));
    if (!sx_db_is_null(row, 2))
        sx_format(probability, sizeof probability, "%.4f", sx_db_get_real(row, 2));
    const char *const cells[] = { sx_db_get_text(row, 0),
                                  revision,
                                  probability,
                                  sx_db_is_null(row, 3)   ? ""
                                  : sx_db_get_int(row, 3) ? "abnormal"
                                                          : "normal",
                                  lacking,
                                  sx_db_get_text(row, 4),
                                  agreement(row, 5),
                                  sx_db_get_text(row, 6),
                                  sx_db_get_text(row, 7) };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        if (i) sx_str_add(out, ",");
        sx_csv_put(out, cells[i]);
    }
    sx_str_add(out, "\n");
    return true;
}

bool sx_opinions_compare(sx_db *db, sx_str *out, sx_error *err) {
    sx_str_add(out, "study_uid,revision,probability,verdict,films_without_verdict,reader,agrees,"
                    "reader_verdict,comment\n");
    return sx_db_query(db,
                       "SELECT s.study_uid, s.revision, " SX_STUDY_PROBABILITY ", " SX_STUDY_VERDICT
                       ", o.who, o.agrees, o.verdict, o.comment,"
                       " " SX_STUDY_LACKING " FROM study s"
                       " JOIN instance i ON i.study_uid = s.study_uid AND i.is_film = "
                       "1" SX_NEWEST_PREDICTION " LEFT JOIN opinion o ON o.study_uid = s.study_uid"
                       " GROUP BY s.study_uid, s.revision, o.id, o.who, o.agrees, o.verdict,"
                       " o.comment HAVING COUNT(p.made) > 0 OR o.id IS NOT NULL"
                       " ORDER BY s.study_uid, o.id",
                       NULL, 0, put_row, out, err) &&
           sx_str_ok(out, err);
}
