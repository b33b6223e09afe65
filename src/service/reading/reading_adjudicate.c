#include "service/reading/reading_adjudicate.h"

#include <stdlib.h>

#include "base/mem.h"
#include "service/access/accounts.h"

enum { MOST_ADJUDICATORS = 200 };

typedef struct queued_study {
    int64_t study;
    char split[8];
    int rank;
    const char *why;
    size_t order;
} queued_study;

typedef struct adjudicate_run {
    sx_db *db;
    const sx_reading_project *project;
    const sx_reading_adjudicators *a;
    int64_t accounts[MOST_ADJUDICATORS], load[MOST_ADJUDICATORS];
    queued_study *studies; /* [count] */
    size_t count;
} adjudicate_run;

/* ---- what there is ---- */

static bool find_adjudicator(adjudicate_run *r, size_t i, sx_error *err) {
    sx_account account;
    bool found = false, any;
    const char *login = r->a->logins[i];
    if (!sx_accounts_find(r->db, login, &account, &found, err)) return false;
    if (!found || !account.active || account.role != SX_ROLE_ADJUDICATOR)
        return sx_fail(err, SX_ERR_MISSING, "%.64s: there is no such active adjudicator", login);
    r->accounts[i] = account.id;
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(account.id) };
    return sx_db_query_int(r->db,
                           "SELECT COALESCE(MAX(seq), 0) FROM reading_task WHERE project = ?"
                           " AND reader = ?",
                           values, 2, &r->load[i], &any, err);
}

static bool check_locked(adjudicate_run *r, sx_error *err) {
    int64_t open = 0;
    bool found;
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(r->a->round) };
    return sx_db_query_int(r->db,
                           "SELECT COUNT(*) FROM reading_task WHERE project = ? AND round = ?"
                           " AND kind = 'read' AND state <> 'locked'",
                           values, 2, &open, &found, err) &&
           (!open || sx_fail(err, SX_ERR_MISMATCH, "round %d is not locked", r->a->round));
}

static bool take_study(void *user, const sx_db_row *row, sx_error *err) {
    adjudicate_run *r = user;
    queued_study *more = sx_realloc(r->studies, r->count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for studies");
    r->studies = more;
    queued_study *s = &more[r->count];
    *s = (queued_study){ .study = sx_db_get_int(row, 0), .order = r->count };
    sx_db_copy_text(row, 1, s->split, sizeof s->split);
    r->count++;
    return true;
}

static bool load_studies(adjudicate_run *r, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(r->a->round),
                                   sx_db_int(r->a->round) };
    return sx_db_query(r->db,
                       "SELECT s.id, s.split FROM reading_study s WHERE s.project = ?"
                       " AND (SELECT COUNT(*) FROM reading_task t WHERE t.study = s.id"
                       " AND t.round = ? AND t.kind = 'read' AND t.repeat = 0) >= 2"
                       " AND NOT EXISTS (SELECT 1 FROM reading_task t WHERE t.study = s.id"
                       " AND t.round = ? AND t.kind = 'adjudicate') ORDER BY s.ord, s.id",
                       values, 3, take_study, r, err);
}

static int by_rank(const void *x, const void *y) {
    const queued_study *a = x, *b = y;
    if (a->rank != b->rank) return a->rank > b->rank ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool rank_studies(adjudicate_run *r, sx_error *err) {
    for (size_t i = 0; i < r->count; i++) {
        sx_study_reads reads;
        const bool ok = sx_study_reads_load(r->db, r->studies[i].study, r->a->round, &reads, err);
        if (ok) r->studies[i].rank = sx_study_reads_rank(&reads, &r->studies[i].why);
        sx_study_reads_free(&reads);
        if (!ok) return false;
    }
    if (r->count) qsort(r->studies, r->count, sizeof *r->studies, by_rank);
    return true;
}

/* ---- the choice ---- */

static bool has_read(adjudicate_run *r, int64_t study, int64_t account, bool *out, sx_error *err) {
    int64_t unused;
    const sx_db_value values[] = { sx_db_int(study), sx_db_int(account) };
    return sx_db_query_int(r->db, "SELECT 1 FROM reading_task WHERE study = ? AND reader = ?",
                           values, 2, &unused, out, err);
}

static bool give_study(adjudicate_run *r, const queued_study *s, sx_error *err) {
    long best = -1;
    for (size_t i = 0; i < r->a->count; i++) {
        bool read = false;
        if (!has_read(r, s->study, r->accounts[i], &read, err)) return false;
        if (!read && (best < 0 || r->load[i] < r->load[best])) best = (long)i;
    }
    if (best < 0)
        return sx_fail(err, SX_ERR_VALUE, "a study has no adjudicator who did not read it");
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(s->study),
                                   sx_db_text(s->split),      sx_db_int(r->accounts[best]),
                                   sx_db_int(r->a->round),    sx_db_int(++r->load[best]),
                                   sx_db_text(s->why),        sx_db_real(s->rank),
                                   sx_db_int(r->a->now) };
    return sx_db_run(r->db,
                     "INSERT INTO reading_task (project, study, split, reader, kind, round, repeat,"
                     " state, prelabels, seq, why, score, made)"
                     " VALUES (?, ?, ?, ?, 'adjudicate', ?, 0, 'new', 'none', ?, ?, ?, ?)",
                     values, 9, err);
}

bool sx_reading_adjudicate(sx_db *db, const sx_reading_project *project,
                           const sx_reading_adjudicators *a, size_t *tasks, sx_error *err) {
    *tasks = 0;
    if (a->count < 1 || a->count > MOST_ADJUDICATORS)
        return sx_fail(err, SX_ERR_VALUE, "1 to %d adjudicators", MOST_ADJUDICATORS);
    adjudicate_run *r = sx_calloc_for(1, sizeof *r, "adjudication", err);
    if (!r) return false;
    *r = (adjudicate_run){ .db = db, .project = project, .a = a };
    bool ok = check_locked(r, err);
    for (size_t i = 0; ok && i < a->count; i++)
        ok = find_adjudicator(r, i, err);
    ok = ok && load_studies(r, err) && rank_studies(r, err);
    for (; ok && *tasks < r->count; ++*tasks)
        ok = give_study(r, &r->studies[*tasks], err);
    free(r->studies);
    free(r);
    return ok;
}
