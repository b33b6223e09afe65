/* The readings of a study (reading_adjudicate.h). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "service/reading/reading_adjudicate.h"

/* ---- tasks ---- */

typedef struct task_lots {
    sx_study_reads *s;
    uint64_t lots[SX_READING_MOST_READERS];
    uint64_t key;
} task_lots;

/* In the order of the lots. */
static bool take_task(void *user, const sx_db_row *row, sx_error *err) {
    task_lots *t = user;
    const uint64_t lot = sx_rng_u64(t->key, (uint64_t)sx_db_get_int(row, 1));
    int at = t->s->readers;
    if (at == SX_READING_MOST_READERS)
        return sx_fail(err, SX_ERR_LIMIT, "a study has at most %d readers",
                       SX_READING_MOST_READERS);
    for (; at > 0 && t->lots[at - 1] > lot; at--) {
        t->lots[at] = t->lots[at - 1];
        t->s->tasks[at] = t->s->tasks[at - 1];
    }
    t->lots[at] = lot;
    t->s->tasks[at] = sx_db_get_int(row, 0);
    t->s->readers++;
    return true;
}

static int reader_of(const sx_study_reads *s, int64_t task) {
    for (int i = 0; i < s->readers; i++)
        if (s->tasks[i] == task) return i;
    return -1;
}

/* ---- boxes and verdicts ---- */

static bool take_box(void *user, const sx_db_row *row, sx_error *err) {
    sx_study_reads *s = user;
    const int reader = reader_of(s, sx_db_get_int(row, 0));
    if (reader < 0) return true;
    sx_cluster_box *boxes = sx_realloc(s->boxes, s->count + 1, sizeof *boxes);
    if (boxes) s->boxes = boxes;
    sx_study_box *of = boxes ? sx_realloc(s->of, s->count + 1, sizeof *of) : NULL;
    if (!of) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    s->of = of;
    sx_cluster_box *b = &boxes[s->count];
    *b = (sx_cluster_box){ .label = sx_db_get_int(row, 3), .reader = reader };
    for (int i = 0; i < 4; i++)
        b->corners[i] = sx_db_get_real(row, 4 + i);
    of[s->count] = (sx_study_box){ .film = sx_db_get_int(row, 1), .task = sx_db_get_int(row, 0) };
    sx_db_copy_text(row, 2, of[s->count].box, sizeof of[s->count].box);
    s->count++;
    return true;
}

static bool take_verdict(void *user, const sx_db_row *row, sx_error *err) {
    sx_study_reads *s = user;
    const int reader = reader_of(s, sx_db_get_int(row, 0));
    if (reader < 0) return true;
    sx_study_verdict *more = sx_realloc(s->verdicts, s->verdict_count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for verdicts");
    s->verdicts = more;
    sx_study_verdict *v = &more[s->verdict_count++];
    *v = (sx_study_verdict){ .film = sx_db_get_int(row, 1), .reader = reader };
    sx_db_copy_text(row, 2, v->verdict, sizeof v->verdict);
    return true;
}

static bool cluster_films(sx_study_reads *s, sx_error *err) {
    for (size_t from = 0, to; from < s->count; from = to) {
        size_t count;
        for (to = from; to < s->count && s->of[to].film == s->of[from].film;)
            to++;
        if (!sx_reading_cluster(s->boxes + from, to - from, &count, err)) return false;
    }
    return true;
}

#define OF_STUDY                                                                                   \
    " JOIN reading_task t ON t.id = x.task JOIN reading_film f ON f.id = x.film"                   \
    " WHERE t.study = ? AND t.round = ? AND t.kind = 'read' AND t.repeat = 0 AND f.held = ''"

bool sx_study_reads_load(sx_db *db, int64_t study, int round, sx_study_reads *out, sx_error *err) {
    *out = (sx_study_reads){ 0 };
    task_lots lots = { .s = out, .key = sx_rng_key("reading.names", (uint64_t)study) };
    const sx_db_value values[] = { sx_db_int(study), sx_db_int(round) };
    return sx_db_query(db,
                       "SELECT id, reader FROM reading_task WHERE study = ? AND round = ?"
                       " AND kind = 'read' AND repeat = 0 AND state IN ('done', 'locked')"
                       " ORDER BY id",
                       values, 2, take_task, &lots, err) &&
           sx_db_query(db,
                       "SELECT x.task, x.film, x.box, x.label, x.x0, x.y0, x.x1, x.y1"
                       " FROM reading_box x JOIN reading_label l ON l.id = x.label" OF_STUDY
                       " AND x.deleted = 0 AND l.kind = 'box' ORDER BY f.ord, f.id, x.y0, x.x0,"
                       " x.task, x.box",
                       values, 2, take_box, out, err) &&
           sx_db_query(db,
                       "SELECT x.task, x.film, x.verdict FROM reading_film_read x" OF_STUDY
                       " AND x.verdict <> '' ORDER BY f.ord, f.id, x.task",
                       values, 2, take_verdict, out, err) &&
           cluster_films(out, err);
}

void sx_study_reads_free(sx_study_reads *s) {
    free(s->boxes);
    free(s->of);
    free(s->verdicts);
}

/* ---- the queue ---- */

static bool verdicts_differ(const sx_study_reads *s) {
    for (size_t i = 1; i < s->verdict_count; i++)
        if (s->verdicts[i].film == s->verdicts[i - 1].film &&
            strcmp(s->verdicts[i].verdict, s->verdicts[i - 1].verdict) != 0)
            return true;
    return false;
}

int sx_study_reads_rank(const sx_study_reads *s, const char **why) {
    static const char *const reasons[] = { "agreement", "boxes differ", "classes differ",
                                           "a box of some readers alone", "verdicts differ" };
    int rank = verdicts_differ(s) ? 4 : 0;
    for (size_t from = 0, to; from < s->count && rank < 4; from = to) {
        for (to = from; to < s->count && s->of[to].film == s->of[from].film;)
            to++;
        for (size_t i = from; i < to; i++) {
            const sx_cluster_proposal p =
                sx_reading_propose(s->boxes + from, to - from, s->boxes[i].cluster);
            const int at = p.members < (size_t)s->readers ? 3
                           : p.classes_differ             ? 2
                           : p.least_iou < 0.5            ? 1
                                                          : 0;
            if (at > rank) rank = at;
        }
    }
    *why = reasons[rank];
    return rank;
}
