#include "service/reading/reading_decisions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/nearest_word.h"

/* ---- decisions so far ---- */

typedef struct decided_cluster {
    int64_t film;
    char cluster[12], decision[SX_READING_WORD], box[SX_READING_BOX_MOST], reason[1001];
} decided_cluster;

typedef struct decided_list {
    decided_cluster *items;
    size_t count;
} decided_list;

static bool take_decision(void *user, const sx_db_row *row, sx_error *err) {
    decided_list *l = user;
    decided_cluster *more = sx_realloc(l->items, l->count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for decisions");
    l->items = more;
    decided_cluster *d = &more[l->count++];
    d->film = sx_db_get_int(row, 0);
    sx_db_copy_text(row, 1, d->cluster, sizeof d->cluster);
    sx_db_copy_text(row, 2, d->decision, sizeof d->decision);
    sx_db_copy_text(row, 3, d->box, sizeof d->box);
    sx_db_copy_text(row, 4, d->reason, sizeof d->reason);
    return true;
}

static bool load_decisions(sx_db *db, int64_t task, decided_list *out, sx_error *err) {
    const sx_db_value value = sx_db_int(task);
    *out = (decided_list){ 0 };
    return sx_db_query(db,
                       "SELECT film, cluster, decision, box, reason FROM reading_adjudication"
                       " WHERE task = ? ORDER BY id",
                       &value, 1, take_decision, out, err);
}

/* The newest; NULL: none. */
static const decided_cluster *decision_of(const decided_list *l, int64_t film, size_t cluster) {
    char name[12];
    sx_format(name, sizeof name, "%zu", cluster);
    for (size_t i = l->count; i-- > 0;)
        if (l->items[i].film == film && strcmp(l->items[i].cluster, name) == 0) return &l->items[i];
    return NULL;
}

/* ---- what the adjudicator sees ---- */

static void put_reader(sx_json o, int reader) {
    char name[8];
    sx_format(name, sizeof name, "R%d", reader + 1);
    sx_json_text(o, "reader", name);
}

static void put_corners(sx_json o, const double corners[4]) {
    const sx_json list = sx_json_array(o, "corners");
    for (int i = 0; i < 4; i++)
        sx_json_number(list, NULL, corners[i]);
}

static void put_decision(sx_json o, const decided_cluster *d) {
    if (!d) {
        sx_json_null(o, "decided");
        return;
    }
    const sx_json to = sx_json_object(o, "decided");
    sx_json_text(to, "decision", d->decision);
    sx_json_text(to, "box", d->box);
    sx_json_text(to, "reason", d->reason);
}

/* The boxes [from, to) are those of one film. */
static void put_cluster(sx_json list, const sx_study_reads *s, size_t from, size_t to,
                        size_t cluster, const decided_list *decided) {
    const sx_json o = sx_json_object(list, NULL);
    const sx_cluster_proposal p = sx_reading_propose(s->boxes + from, to - from, cluster);
    sx_json_integer(o, "film", s->of[from].film);
    sx_json_count(o, "cluster", cluster);
    sx_json_integer(o, "label", p.label);
    put_corners(o, p.corners);
    sx_json_bool(o, "all_readers", p.members == (size_t)s->readers);
    sx_json_bool(o, "classes_differ", p.classes_differ);
    sx_json_number(o, "least_iou", p.least_iou);
    const sx_json boxes = sx_json_array(o, "boxes");
    for (size_t i = from; i < to; i++) {
        if (s->boxes[i].cluster != cluster) continue;
        const sx_json b = sx_json_object(boxes, NULL);
        put_reader(b, s->boxes[i].reader);
        sx_json_integer(b, "label", s->boxes[i].label);
        put_corners(b, s->boxes[i].corners);
    }
    put_decision(o, decision_of(decided, s->of[from].film, cluster));
}

/* Calls each cluster of the study. */
typedef bool cluster_fn(void *user, size_t from, size_t to, size_t cluster);
static bool each_cluster(const sx_study_reads *s, cluster_fn *fn, void *user) {
    for (size_t from = 0, to; from < s->count; from = to) {
        size_t count = 0;
        for (to = from; to < s->count && s->of[to].film == s->of[from].film; to++)
            if (s->boxes[to].cluster >= count) count = s->boxes[to].cluster + 1;
        for (size_t c = 0; c < count; c++)
            if (!fn(user, from, to, c)) return false;
    }
    return true;
}

typedef struct cluster_walk {
    const sx_study_reads *s;
    const decided_list *decided;
    sx_json list;
    size_t open; /* without a decision */
    int64_t film;
    size_t cluster; /* looked for */
    size_t from, to;
    bool found;
} cluster_walk;

static bool put_one(void *user, size_t from, size_t to, size_t cluster) {
    cluster_walk *w = user;
    put_cluster(w->list, w->s, from, to, cluster, w->decided);
    return true;
}

static bool count_open(void *user, size_t from, size_t to, size_t cluster) {
    cluster_walk *w = user;
    (void)to;
    w->open += !decision_of(w->decided, w->s->of[from].film, cluster);
    return true;
}

static bool find_cluster(void *user, size_t from, size_t to, size_t cluster) {
    cluster_walk *w = user;
    if (w->s->of[from].film != w->film || cluster != w->cluster) return true;
    w->found = true;
    w->from = from;
    w->to = to;
    return false;
}

bool sx_reading_clusters_put(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    sx_study_reads s = { 0 };
    decided_list decided = { 0 };
    const bool ok = sx_study_reads_load(db, t->study, t->round, &s, err) &&
                    load_decisions(db, t->id, &decided, err);
    if (ok) {
        sx_json_integer(to, "readers", s.readers);
        const sx_json verdicts = sx_json_array(to, "verdicts");
        for (size_t i = 0; i < s.verdict_count; i++) {
            const sx_json o = sx_json_object(verdicts, NULL);
            sx_json_integer(o, "film", s.verdicts[i].film);
            put_reader(o, s.verdicts[i].reader);
            sx_json_text(o, "verdict", s.verdicts[i].verdict);
        }
        cluster_walk w = { .s = &s, .decided = &decided, .list = sx_json_array(to, "clusters") };
        (void)each_cluster(&s, put_one, &w);
    }
    free(decided.items);
    sx_study_reads_free(&s);
    return ok;
}

/* ---- deciding ---- */

static bool check_decision(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                           sx_error *err) {
    int64_t unused;
    bool found = false;
    const bool reject = strcmp(d->decision, "reject") == 0;
    const sx_db_value box[] = { sx_db_int(t->id), sx_db_text(d->box), sx_db_int(d->film) };
    const sx_db_value film[] = { sx_db_int(d->film), sx_db_int(t->study) };
    if (!sx_word_is_one_of(d->decision, "take|merge|draw|reject"))
        return sx_fail(err, SX_ERR_VALUE, "decision: take, merge, draw or reject");
    if (reject == (*d->box != '\0'))
        return sx_fail(err, SX_ERR_VALUE, "box: %s",
                       reject ? "a rejected cluster has none" : "the one that was decided on");
    if ((reject || strcmp(d->decision, "draw") == 0) && !*d->reason)
        return sx_fail(err, SX_ERR_VALUE, "reason: it is missing");
    if (d->cluster < 0 && strcmp(d->decision, "draw") != 0)
        return sx_fail(err, SX_ERR_VALUE, "cluster: it is missing");
    if (!sx_db_query_int(db, "SELECT 1 FROM reading_film WHERE id = ? AND study = ?", film, 2,
                         &unused, &found, err))
        return false;
    if (!found) return sx_fail(err, SX_ERR_VALUE, "film: the task has no such film");
    if (reject) return true;
    return sx_db_query_int(db,
                           "SELECT 1 FROM reading_box WHERE task = ? AND box = ? AND film = ?"
                           " AND deleted = 0",
                           box, 3, &unused, &found, err) &&
           (found || sx_fail(err, SX_ERR_VALUE, "box: save it as an operation of the task first"));
}

static bool add_source(sx_db *db, int64_t id, const sx_study_box *b, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(id), sx_db_int(b->task), sx_db_text(b->box) };
    return sx_db_run(db,
                     "INSERT INTO reading_adjudication_source (adjudication, task, box)"
                     " VALUES (?, ?, ?)",
                     values, 3, err);
}

static bool add_decision(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                         int64_t *id, sx_error *err) {
    char cluster[12] = "";
    bool found;
    if (d->cluster >= 0) sx_format(cluster, sizeof cluster, "%d", d->cluster);
    const sx_db_value values[] = { sx_db_int(t->id),      sx_db_int(d->film),
                                   sx_db_text(cluster),   sx_db_text(d->decision),
                                   sx_db_text(d->box),    sx_db_int(d->account),
                                   sx_db_text(d->reason), sx_db_int(d->now) };
    return sx_db_query_int(db,
                           "INSERT INTO reading_adjudication (task, film, cluster, decision, box,"
                           " account, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                           values, 8, id, &found, err);
}

bool sx_reading_decide(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                       sx_error *err) {
    sx_study_reads s = { 0 };
    int64_t id;
    bool ok = check_decision(db, t, d, err) && sx_study_reads_load(db, t->study, t->round, &s, err);
    cluster_walk w = { .s = &s, .film = d->film, .cluster = (size_t)d->cluster };
    if (ok && d->cluster >= 0) {
        (void)each_cluster(&s, find_cluster, &w);
        ok = w.found ||
             sx_fail(err, SX_ERR_VALUE, "cluster: the film has no cluster %d", d->cluster);
    }
    ok = ok && add_decision(db, t, d, &id, err);
    for (size_t i = w.from; ok && i < w.to; i++)
        if (s.boxes[i].cluster == w.cluster) ok = add_source(db, id, &s.of[i], err);
    sx_study_reads_free(&s);
    return ok;
}

bool sx_reading_decisions_complete(sx_db *db, const sx_reading_task *t, sx_error *err) {
    sx_study_reads s = { 0 };
    decided_list decided = { 0 };
    bool ok = sx_study_reads_load(db, t->study, t->round, &s, err) &&
              load_decisions(db, t->id, &decided, err);
    cluster_walk w = { .s = &s, .decided = &decided };
    if (ok) (void)each_cluster(&s, count_open, &w);
    if (ok && w.open)
        ok = sx_fail(err, SX_ERR_MISMATCH, "%zu %s no decision yet", w.open,
                     sx_noun(w.open, "cluster has", "clusters have"));
    free(decided.items);
    sx_study_reads_free(&s);
    return ok;
}
