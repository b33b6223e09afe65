#include "service/reading/reading_decisions.h"

#include <string.h>

#include "base/fold.h"
#include "base/nearest_word.h"
#include "service/reading/reading_decided.h"

static bool is_word(const char *decision, const char *word) {
    return strcmp(decision, word) == 0;
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

static void put_decision(sx_json o, const sx_decided *d) {
    if (!d) {
        sx_json_null(o, "decided");
        return;
    }
    const sx_json to = sx_json_object(o, "decided");
    sx_json_text(to, "decision", d->decision);
    sx_json_text(to, "box", d->box);
    sx_json_text(to, "reason", d->reason);
}

/* Boxes that were taken for the cluster and for no other one later, also those that are deleted. */
static void put_taken(sx_json o, const sx_study_reads *s, size_t from, size_t to, size_t cluster,
                      const sx_decided_list *l) {
    const sx_json list = sx_json_array(o, "taken");
    for (size_t i = 0; i < l->count; i++) {
        if (*l->items[i].box && !sx_decided_again(l, i) &&
            sx_decided_is_about(l, &l->items[i], s, from, to, cluster))
            sx_json_text(list, NULL, l->items[i].box);
    }
}

/* The boxes [from, to) are those of one film. */
static void put_cluster(sx_json list, const sx_study_reads *s, size_t from, size_t to,
                        size_t cluster, const sx_decided_list *decided) {
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
    put_decision(o, sx_decided_of(decided, s, from, to, cluster));
    put_taken(o, s, from, to, cluster, decided);
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
    const sx_decided_list *decided;
    sx_json list;
    size_t open;     /* without a decision */
    const char *box; /* looked for */
    bool named;      /* a decision that holds is about it */
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
    const sx_decided *d = sx_decided_of(w->decided, w->s, from, to, cluster);
    sx_own_box *b = d ? sx_decided_box(w->decided, d->film, d->box) : NULL;
    w->open += !d;
    if (b) b->explained = true;
    return true;
}

/* Clusters without a decision. Marks the boxes that are explained; *boxes: those that are not. */
static size_t count_undecided(const sx_study_reads *s, const sx_decided_list *l, size_t *boxes) {
    cluster_walk w = { .s = s, .decided = l };
    (void)each_cluster(s, count_open, &w);
    *boxes = 0;
    for (size_t i = 0; i < l->box_count; i++) {
        l->boxes[i].explained |= sx_decided_has_reason(l, &l->boxes[i]);
        *boxes += !l->boxes[i].explained;
    }
    return w.open;
}

static bool find_box(void *user, size_t from, size_t to, size_t cluster) {
    cluster_walk *w = user;
    if (w->s->of[from].film != w->film || cluster == w->cluster) return true;
    const sx_decided *d = sx_decided_of(w->decided, w->s, from, to, cluster);
    w->named |= d && !is_word(d->decision, "draw") && strcmp(d->box, w->box) == 0;
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

static void put_unexplained(sx_json to, const sx_study_reads *s, const sx_decided_list *decided) {
    size_t boxes;
    (void)count_undecided(s, decided, &boxes);
    const sx_json list = sx_json_array(to, "unexplained");
    for (size_t i = 0; i < decided->box_count; i++) {
        if (decided->boxes[i].explained) continue;
        const sx_json o = sx_json_object(list, NULL);
        sx_json_integer(o, "film", decided->boxes[i].film);
        sx_json_text(o, "box", decided->boxes[i].box);
    }
}

bool sx_reading_clusters_put(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    sx_study_reads s = { 0 };
    sx_decided_list decided = { 0 };
    const bool ok = sx_study_reads_load(db, t->study, t->round, &s, err) &&
                    sx_decided_load(db, t->id, &decided, err);
    if (ok) {
        sx_json_count(to, "rev", decided.count);
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
        put_unexplained(to, &s, &decided);
    }
    sx_decided_free(&decided);
    sx_study_reads_free(&s);
    return ok;
}

/* ---- deciding ---- */

/* Of a box that was drawn for no cluster; otherwise the rejection of a cluster is withdrawn. */
static bool withdraws_reason(const sx_reading_decision *d) {
    return is_word(d->decision, "withdraw") && d->cluster < 0 && *d->box;
}

static bool check_decision(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                           sx_error *err) {
    int64_t unused;
    bool found = false;
    const bool reject = is_word(d->decision, "reject");
    const bool of_box = is_word(d->decision, "draw") || withdraws_reason(d);
    const bool boxless = reject || (is_word(d->decision, "withdraw") && !of_box);
    const sx_db_value box[] = { sx_db_int(t->id), sx_db_text(d->box), sx_db_int(d->film) };
    const sx_db_value film[] = { sx_db_int(d->film), sx_db_int(t->study) };
    if (!sx_word_is_one_of(d->decision, "take|merge|draw|reject|withdraw"))
        return sx_fail(err, SX_ERR_VALUE, "decision: take, merge, draw, reject or withdraw");
    if (boxless == (*d->box != '\0'))
        return sx_fail(err, SX_ERR_VALUE, "box: %s",
                       boxless ? "a rejected cluster has none" : "the one that was decided on");
    if ((reject || is_word(d->decision, "draw")) && sx_is_blank(d->reason))
        return sx_fail(err, SX_ERR_VALUE, "reason: it is missing");
    if (d->cluster < 0 && !of_box) return sx_fail(err, SX_ERR_VALUE, "cluster: it is missing");
    if (!sx_db_query_int(db, "SELECT 1 FROM reading_film WHERE id = ? AND study = ?", film, 2,
                         &unused, &found, err))
        return false;
    if (!found) return sx_fail(err, SX_ERR_VALUE, "film: the task has no such film");
    if (boxless) return true;
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
    const bool withdrawn = is_word(d->decision, "withdraw");
    /* the table has what was withdrawn */
    const char *decision = !withdrawn ? d->decision : withdraws_reason(d) ? "draw" : "reject";
    if (d->cluster >= 0) sx_format(cluster, sizeof cluster, "%d", d->cluster);
    const sx_db_value values[] = {
        sx_db_int(t->id),      sx_db_int(d->film), sx_db_text(cluster),
        sx_db_text(decision),  sx_db_text(d->box), sx_db_int(d->account),
        sx_db_text(d->reason), sx_db_int(d->now),  sx_db_int(withdrawn)
    };
    return sx_db_query_int(db,
                           "INSERT INTO reading_adjudication (task, film, cluster, decision, box,"
                           " account, reason, at, withdrawn)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                           values, 9, id, &found, err);
}

/* A box that is taken or merged is that of the cluster found in *w, and of no other one. */
static bool check_box(const sx_reading_decision *d, cluster_walk *w, sx_error *err) {
    w->box = d->box;
    (void)each_cluster(w->s, find_box, w);
    if (w->named) return sx_fail(err, SX_ERR_VALUE, "box: it was taken for another cluster");
    const sx_own_box *b = sx_decided_box(w->decided, d->film, d->box);
    return (b && sx_decided_stands(b, w->s, w->from, w->to, w->cluster)) ||
           sx_fail(err, SX_ERR_VALUE,
                   "box: its class or place is not that of cluster %d; draw it, with a reason",
                   d->cluster);
}

/* Undoing a rejection brings the box back: until then it must be gone. Without a box, the rejection
 * is withdrawn. */
static bool check_boxless(const sx_reading_decision *d, const cluster_walk *w, sx_error *err) {
    const sx_decided *now = sx_decided_of(w->decided, w->s, w->from, w->to, w->cluster);
    if (is_word(d->decision, "withdraw"))
        return (now && is_word(now->decision, "reject")) ||
               sx_fail(err, SX_ERR_VALUE, "cluster: number %d is not rejected", d->cluster);
    return !now || !*now->box ||
           sx_fail(err, SX_ERR_VALUE, "box: delete the one of cluster %d first", d->cluster);
}

/* `n` decides the same on the same: it was sent twice, or on two pages. */
static bool is_same(const sx_decided *n, const sx_reading_decision *d) {
    if (d->cluster >= 0 && *d->box && !is_word(d->decision, "draw"))
        return strcmp(n->box, d->box) == 0;
    return is_word(d->decision, n->decision) && strcmp(n->box, d->box) == 0 &&
           strcmp(n->reason, d->reason) == 0;
}

/* What the page had not seen when it decided must not be replaced unawares. `w`: the cluster of the
 * decision, if it has one. *same: the newest such decision is this one, which holds already. */
static bool check_newer(const sx_decided_list *l, const sx_reading_decision *d,
                        const cluster_walk *w, bool *same, sx_error *err) {
    *same = false;
    for (size_t i = l->count; d->rev >= 0 && i-- > (size_t)d->rev;) {
        const sx_decided *n = &l->items[i];
        const bool about = d->cluster >= 0
                               ? sx_decided_is_about(l, n, w->s, w->from, w->to, w->cluster)
                               : !*n->cluster && n->film == d->film && strcmp(n->box, d->box) == 0;
        const bool undone = *n->box && !sx_decided_box(l, n->film, n->box);
        if (!about || undone) continue;
        *same = is_same(n, d);
        return *same || sx_fail(err, SX_ERR_MISMATCH, "it was decided otherwise meanwhile");
    }
    return true;
}

/* Finds the cluster of a decision, and checks that the decision can be one on it. *same: as in
 * check_newer. */
static bool check_cluster(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                          cluster_walk *w, bool *same, sx_error *err) {
    sx_decided_list decided = { 0 };
    (void)each_cluster(w->s, find_cluster, w);
    if (!w->found)
        return sx_fail(err, SX_ERR_VALUE, "cluster: the film has no cluster %d", d->cluster);
    bool ok = sx_decided_load(db, t->id, &decided, err);
    w->decided = &decided;
    ok = ok && check_newer(&decided, d, w, same, err);
    if (ok && !*same && !*d->box) ok = check_boxless(d, w, err);
    if (ok && !*same && *d->box && !is_word(d->decision, "draw")) ok = check_box(d, w, err);
    w->decided = NULL;
    sx_decided_free(&decided);
    return ok;
}

/* A decision on a box that stands for no cluster. */
static bool check_reason(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                         bool *same, sx_error *err) {
    sx_decided_list decided = { 0 };
    bool ok =
        sx_decided_load(db, t->id, &decided, err) && check_newer(&decided, d, NULL, same, err);
    if (ok && !*same && withdraws_reason(d)) {
        const sx_own_box *b = sx_decided_box(&decided, d->film, d->box);
        ok = (b && sx_decided_has_reason(&decided, b)) ||
             sx_fail(err, SX_ERR_VALUE, "box: it has no reason that could be withdrawn");
    }
    sx_decided_free(&decided);
    return ok;
}

bool sx_reading_decide(sx_db *db, const sx_reading_task *t, const sx_reading_decision *d,
                       sx_error *err) {
    sx_study_reads s = { 0 };
    int64_t id;
    bool same = false;
    bool ok = check_decision(db, t, d, err) && sx_study_reads_load(db, t->study, t->round, &s, err);
    cluster_walk w = { .s = &s, .film = d->film, .cluster = (size_t)d->cluster };
    ok = ok && (d->cluster >= 0 ? check_cluster(db, t, d, &w, &same, err)
                                : check_reason(db, t, d, &same, err));
    ok = ok && (same || add_decision(db, t, d, &id, err));
    for (size_t i = w.from; ok && !same && i < w.to; i++)
        if (s.boxes[i].cluster == w.cluster) ok = add_source(db, id, &s.of[i], err);
    sx_study_reads_free(&s);
    return ok;
}

bool sx_reading_decisions_complete(sx_db *db, const sx_reading_task *t, sx_error *err) {
    sx_study_reads s = { 0 };
    sx_decided_list decided = { 0 };
    bool ok = sx_study_reads_load(db, t->study, t->round, &s, err) &&
              sx_decided_load(db, t->id, &decided, err);
    size_t open = 0, boxes = 0;
    if (ok) open = count_undecided(&s, &decided, &boxes);
    if (ok && open)
        ok = sx_fail(err, SX_ERR_MISMATCH, "%zu %s no decision yet", open,
                     sx_noun(open, "cluster has", "clusters have"));
    if (ok && boxes)
        ok = sx_fail(err, SX_ERR_MISMATCH, "%zu %s taken for no cluster, without a reason", boxes,
                     sx_noun(boxes, "box was", "boxes were"));
    sx_decided_free(&decided);
    sx_study_reads_free(&s);
    return ok;
}
