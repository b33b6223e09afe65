#include "service/reading/reading_assign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_check.h"
#include "base/nearest_word.h"
#include "base/rng.h"
#include "base/str.h"
#include "service/access/accounts.h"

enum { MOST_READERS = 200 };

typedef struct assign_study {
    int64_t id;
    char split[8];
    uint64_t draw;
} assign_study;

typedef struct assign_task {
    size_t study; /* index */
    uint64_t order;
    int repeat;
} assign_task;

typedef struct assign_reader {
    int64_t account;
    size_t load;        /* tasks of this round */
    int64_t seq;        /* of the last task in the project */
    assign_task *tasks; /* [count] that are new */
    size_t count;
} assign_reader;

typedef struct assign_run {
    sx_db *db;
    const sx_reading_project *project;
    const sx_reading_assignment *a;
    assign_study *studies; /* [study_count] in their order */
    size_t study_count;
    assign_reader readers[MOST_READERS];
    bool *has; /* [study_count * reader_count]: the reader has the study in this round */
    sx_reading_assigned *out;
    uint64_t drawn; /* numbers of the control stream so far */
} assign_run;

/* ---- what there is ---- */

static bool take_study(void *user, const sx_db_row *row, sx_error *err) {
    assign_run *r = user;
    assign_study *more = sx_realloc(r->studies, r->study_count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for studies");
    r->studies = more;
    assign_study *s = &more[r->study_count++];
    *s = (assign_study){ .id = sx_db_get_int(row, 0) };
    sx_db_copy_text(row, 1, s->split, sizeof s->split);
    return true;
}

static bool load_studies(assign_run *r, sx_error *err) {
    const sx_db_value project = sx_db_int(r->project->id);
    const uint64_t key = sx_rng_key("reading.assign", (uint64_t)r->project->seed);
    if (!sx_db_query(r->db,
                     "SELECT s.id, s.split FROM reading_study s WHERE s.project = ? AND EXISTS"
                     " (SELECT 1 FROM reading_film f WHERE f.study = s.id AND f.held = '')"
                     " ORDER BY s.ord, s.id",
                     &project, 1, take_study, r, err))
        return false;
    for (size_t i = 0; i < r->study_count; i++)
        r->studies[i].draw = sx_rng_u64(key, (uint64_t)(r->a->round - 1) * r->study_count + i);
    return r->study_count > 0 ||
           sx_fail(err, SX_ERR_MISSING, "project %s has no study to read", r->project->key);
}

static bool load_reader(assign_run *r, size_t i, sx_error *err) {
    sx_account account;
    bool found = false, any;
    const char *login = r->a->readers[i];
    assign_reader *out = &r->readers[i];
    if (!sx_accounts_find(r->db, login, &account, &found, err)) return false;
    if (!found || !account.active || account.role != SX_ROLE_READER)
        return sx_fail(err, SX_ERR_MISSING, "%.64s: there is no such active reader", login);
    out->account = account.id;
    for (size_t k = 0; k < i; k++)
        if (r->readers[k].account == out->account)
            return sx_fail(err, SX_ERR_VALUE, "%.64s: the reader is named twice", login);
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(out->account) };
    return sx_db_query_int(r->db,
                           "SELECT COALESCE(MAX(seq), 0) FROM reading_task WHERE project = ?"
                           " AND reader = ?",
                           values, 2, &out->seq, &any, err);
}

static bool take_existing(void *user, const sx_db_row *row, sx_error *err) {
    assign_run *r = user;
    const int64_t study = sx_db_get_int(row, 0), account = sx_db_get_int(row, 1);
    (void)err;
    for (size_t i = 0; i < r->a->reader_count; i++) {
        if (r->readers[i].account != account) continue;
        r->readers[i].load++;
        for (size_t s = 0; s < r->study_count; s++)
            if (r->studies[s].id == study) r->has[s * r->a->reader_count + i] = true;
    }
    return true;
}

static bool load_existing(assign_run *r, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(r->a->round) };
    return sx_db_query(r->db,
                       "SELECT study, reader FROM reading_task WHERE project = ? AND round = ?"
                       " AND kind = 'read' AND repeat = 0",
                       values, 2, take_existing, r, err);
}

/* ---- the choice ---- */

/* The reader with the fewest tasks who lacks the study; of several, one drawn by lot. */
static long choose_reader(const assign_run *r, size_t study, size_t draw) {
    const size_t n = r->a->reader_count;
    const uint64_t key = sx_rng_key("reading.reader", (uint64_t)r->project->seed);
    long best = -1;
    uint64_t best_lot = 0;
    for (size_t i = 0; i < n; i++) {
        if (r->has[study * n + i]) continue;
        const uint64_t lot = sx_rng_u64(key, (r->studies[study].draw ^ (draw * MOST_READERS)) + i);
        const size_t load = r->readers[i].load;
        if (best < 0 || load < r->readers[best].load ||
            (load == r->readers[best].load && lot < best_lot)) {
            best = (long)i;
            best_lot = lot;
        }
    }
    return best;
}

static bool add_choice(assign_run *r, assign_reader *reader, size_t study, int repeat,
                       sx_error *err) {
    assign_task *more = sx_realloc(reader->tasks, reader->count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for tasks");
    const uint64_t key = sx_rng_key("reading.order", (uint64_t)r->project->seed);
    reader->tasks = more;
    more[reader->count++] = (assign_task){
        .study = study,
        .repeat = repeat,
        .order = r->project->random_order
                     ? sx_rng_u64(key, r->studies[study].draw ^ (uint64_t)reader->account)
                     : study,
    };
    return true;
}

static bool choose_for_study(assign_run *r, size_t study, sx_error *err) {
    const size_t n = r->a->reader_count;
    const size_t wanted = (size_t)(r->a->per_study ? r->a->per_study : r->project->readers);
    size_t have = 0;
    for (size_t i = 0; i < n; i++)
        have += r->has[study * n + i];
    for (; have < wanted; have++) {
        const long i = choose_reader(r, study, have);
        if (i < 0)
            return sx_fail(err, SX_ERR_VALUE, "a study needs %zu readers, and there %s %zu", wanted,
                           sx_noun(n, "is", "are"), n);
        r->has[study * n + (size_t)i] = true;
        r->readers[i].load++;
        if (!add_choice(r, &r->readers[i], study, 0, err)) return false;
    }
    return true;
}

static int by_order(const void *a, const void *b) {
    const assign_task *x = a, *y = b;
    if (x->repeat != y->repeat) return x->repeat < y->repeat ? -1 : 1;
    if (x->order != y->order) return x->order < y->order ? -1 : 1;
    return x->study < y->study ? -1 : x->study > y->study;
}

/* The first of the reader's studies in an order drawn by lot, once more. */
static bool add_repeats(assign_run *r, assign_reader *reader, sx_error *err) {
    const size_t count = reader->count, most = (size_t)floor((double)count * r->a->rereading + 0.5);
    const uint64_t key = sx_rng_key("reading.repeat", (uint64_t)r->project->seed);
    size_t added = 0;
    for (size_t i = 0; i < count && added < most; i++) {
        const double left = (double)(count - i), needed = (double)(most - added);
        const uint64_t at = (uint64_t)reader->account * 1000003 + i;
        if (sx_rng_unit(key, at) * left >= needed) continue;
        if (!add_choice(r, reader, reader->tasks[i].study, 1, err)) return false;
        added++;
    }
    r->out->repeats += added;
    return true;
}

/* ---- storing ---- */

static const char *prelabels_of(assign_run *r, const assign_study *s, const char **why) {
    const uint64_t key = sx_rng_key("reading.control", (uint64_t)r->project->seed);
    const char *mode = r->a->prelabels ? r->a->prelabels : r->project->prelabels;
    *why = "";
    if (strcmp(s->split, "test") == 0 || strcmp(mode, "none") == 0) return "none";
    if (sx_rng_unit(key, s->draw + r->drawn++) >= r->a->control) return mode;
    *why = "control";
    r->out->control++;
    return "none";
}

static bool store_task(assign_run *r, assign_reader *reader, const assign_task *t, sx_error *err) {
    const assign_study *s = &r->studies[t->study];
    const char *why, *prelabels = prelabels_of(r, s, &why);
    const sx_db_value values[] = { sx_db_int(r->project->id),
                                   sx_db_int(s->id),
                                   sx_db_text(s->split),
                                   sx_db_int(reader->account),
                                   sx_db_int(r->a->round),
                                   sx_db_int(t->repeat),
                                   sx_db_text(prelabels),
                                   sx_db_text(r->a->arm ? r->a->arm : ""),
                                   sx_db_int(r->a->session ? r->a->session : 1),
                                   sx_db_int(++reader->seq),
                                   sx_db_text(why),
                                   sx_db_int(r->a->now) };
    r->out->tasks++;
    return sx_db_run(r->db,
                     "INSERT INTO reading_task (project, study, split, reader, kind, round, repeat,"
                     " state, prelabels, arm, session, seq, why, made)"
                     " VALUES (?, ?, ?, ?, 'read', ?, ?, 'new', ?, ?, ?, ?, ?, ?)",
                     values, 12, err);
}

static bool store_reader(assign_run *r, assign_reader *reader, sx_error *err) {
    if (!add_repeats(r, reader, err)) return false;
    if (reader->count) qsort(reader->tasks, reader->count, sizeof *reader->tasks, by_order);
    for (size_t i = 0; i < reader->count; i++)
        if (!store_task(r, reader, &reader->tasks[i], err)) return false;
    return true;
}

static bool check_assignment(const sx_reading_assignment *a, sx_error *err) {
    if (a->reader_count < 1 || a->reader_count > MOST_READERS)
        return sx_fail(err, SX_ERR_VALUE, "1 to %d readers, not %zu", MOST_READERS,
                       a->reader_count);
    if (a->round < 1 || a->round > 100)
        return sx_fail(err, SX_ERR_VALUE, "rounds are 1 to 100, not %d", a->round);
    if (a->arm && *a->arm && !sx_name_check("an arm", a->arm, SX_READING_ARM - 1, err))
        return false;
    if (a->prelabels && !sx_word_is_one_of(a->prelabels, "none|after|before"))
        return sx_fail(err, SX_ERR_VALUE, "prelabels are none, after or before, not %.20s",
                       a->prelabels);
    if (!(a->control >= 0 && a->control <= 1) || !(a->rereading >= 0 && a->rereading <= 1))
        return sx_fail(err, SX_ERR_VALUE, "control and rereading are shares from 0 to 1");
    return true;
}

static bool load_all(assign_run *r, sx_error *err) {
    if (!load_studies(r, err)) return false;
    for (size_t i = 0; i < r->a->reader_count; i++)
        if (!load_reader(r, i, err)) return false;
    r->has = sx_calloc_for(r->study_count * r->a->reader_count, sizeof *r->has, "tasks", err);
    return r->has && load_existing(r, err);
}

bool sx_reading_assign(sx_db *db, const sx_reading_project *project, const sx_reading_assignment *a,
                       sx_reading_assigned *out, sx_error *err) {
    *out = (sx_reading_assigned){ 0 };
    if (!check_assignment(a, err) || !sx_reading_round_check(db, project, a->round, err))
        return false;
    assign_run *r = sx_calloc_for(1, sizeof *r, "an assignment", err);
    if (!r) return false;
    *r = (assign_run){ .db = db, .project = project, .a = a, .out = out };
    bool ok = load_all(r, err);
    for (size_t i = 0; ok && i < r->study_count; i++)
        ok = choose_for_study(r, i, err);
    for (size_t i = 0; ok && i < a->reader_count; i++)
        ok = store_reader(r, &r->readers[i], err);
    for (size_t i = 0; i < a->reader_count; i++)
        free(r->readers[i].tasks);
    free(r->has);
    free(r->studies);
    free(r);
    return ok;
}
