#include "service/reading/reading_verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/reading/reading_apply.h"

/* ---- the chain ---- */

typedef struct replay_op {
    sx_reading_op op;
    int64_t rev, at;
} replay_op;

typedef struct chain_walk {
    int64_t task, reader, rev;
    char hash[65];
    replay_op *ops; /* [count] */
    size_t count, cap;
} chain_walk;

static bool broken(const chain_walk *w, int64_t rev, const char *what, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "task %" PRId64 ", operation %" PRId64 ": %s", w->task, rev,
                   what);
}

static bool keep_op(chain_walk *w, const sx_reading_entry *e, sx_error *err) {
    if (w->count == w->cap) {
        const size_t cap = w->cap ? 2 * w->cap : 64;
        replay_op *more = sx_realloc(w->ops, cap, sizeof *more);
        if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for operations");
        w->ops = more;
        w->cap = cap;
    }
    replay_op *r = &w->ops[w->count++];
    sx_error why = { 0 };
    if (!sx_reading_op_read(e->kind, e->body, &r->op, &why)) {
        return why.code == SX_ERR_MEMORY ? sx_fail(err, why.code, "%s", why.message)
                                         : broken(w, e->rev, why.message, err);
    }
    r->op.film = e->film;
    sx_format(r->op.box, sizeof r->op.box, "%s", e->box);
    r->rev = e->rev;
    r->at = e->at_server;
    return true;
}

static bool walk_entry(void *user, const sx_reading_entry *e, sx_error *err) {
    chain_walk *w = user;
    sx_sha256 hash;
    if (e->rev != w->rev + 1) return broken(w, w->rev + 1, "it is missing", err);
    if (strcmp(e->prev_hash, w->hash) != 0)
        return broken(w, e->rev, "it does not follow the one before it", err);
    if (!sx_reading_entry_hash(w->task, e, &hash, err)) return false;
    if (strcmp(e->hash, hash.hex) != 0) return broken(w, e->rev, "the row was changed", err);
    if (e->account != w->reader)
        return broken(w, e->rev, "it is of another person than the task", err);
    w->rev = e->rev;
    memcpy(w->hash, hash.hex, sizeof w->hash);
    return keep_op(w, e, err);
}

/* ---- what follows from it ---- */

static bool add_line(void *user, const sx_db_row *row, sx_error *err) {
    sx_str_printf(user, "%s\n", sx_db_get_text(row, 0));
    return sx_str_ok(user, err);
}

/* All that follows from the operations of a task, as text. */
static bool print_views(sx_db *db, int64_t task, sx_str *out, sx_error *err) {
    static const char *const statements[] = {
        "SELECT box || ' ' || film || ' ' || label || ' ' || x0 || ' ' || y0 || ' ' || x1 || ' '"
        " || y1 || ' ' || attributes || ' ' || source || ' ' || COALESCE(source_id, 0) || ' ' ||"
        " rev || ' ' || deleted FROM reading_box WHERE task = ? ORDER BY box",
        "SELECT film || ' ' || verdict || ' ' || reason || ' ' || tags || ' ' || committed"
        " FROM reading_film_read WHERE task = ? ORDER BY film",
        "SELECT tags || ' ' || COALESCE(confidence, -1) FROM reading_study_read WHERE task = ?",
        "SELECT rev || ' ' || film || ' ' || prelabel_set || ' ' || threshold || ' ' || shown_at"
        " FROM reading_prelabel_seen WHERE task = ? ORDER BY rev",
        "SELECT prelabel || ' ' || choice || ' ' || rev FROM reading_prelabel_choice"
        " WHERE task = ? ORDER BY prelabel",
    };
    const sx_db_value value = sx_db_int(task);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (!sx_db_query(db, statements[i], &value, 1, add_line, out, err)) return false;
    return sx_str_ok(out, err);
}

static bool compare_replay(sx_db *db, const chain_walk *w, sx_error *err) {
    sx_str stored = { 0 }, replayed = { 0 };
    bool ok = print_views(db, w->task, &stored, err) && sx_reading_views_clear(db, w->task, err);
    for (size_t i = 0; ok && i < w->count; i++)
        ok = sx_reading_op_apply(db, w->task, w->ops[i].rev, w->ops[i].at, &w->ops[i].op, err);
    ok = ok && print_views(db, w->task, &replayed, err);
    if (ok && strcmp(sx_str_text(&stored), sx_str_text(&replayed)) != 0)
        ok =
            sx_fail(err, SX_ERR_FORMAT,
                    "task %" PRId64 ": its boxes, verdicts or tags are not what its operations say",
                    w->task);
    sx_str_free(&stored);
    sx_str_free(&replayed);
    return ok;
}

static bool verify_task(sx_db *db, const sx_reading_task *t, size_t *ops, sx_error *err) {
    chain_walk w = { .task = t->id, .reader = t->reader };
    bool ok = sx_reading_log_list(db, t->id, 0, walk_entry, &w, err);
    if (ok && (w.rev != t->rev || strcmp(w.hash, t->hash) != 0))
        ok = broken(&w, w.rev + 1, "it is missing, or the task's row was changed", err);
    ok = ok && compare_replay(db, &w, err);
    *ops += w.count;
    free(w.ops);
    return ok;
}

typedef struct task_ids {
    int64_t *items;
    size_t count;
} task_ids;

static bool take_id(void *user, const sx_db_row *row, sx_error *err) {
    task_ids *t = user;
    int64_t *more = sx_realloc(t->items, t->count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for tasks");
    t->items = more;
    more[t->count++] = sx_db_get_int(row, 0);
    return true;
}

bool sx_reading_verify(sx_db *db, int64_t project, sx_reading_verified *out, sx_error *err) {
    task_ids tasks = { NULL, 0 };
    sx_reading_task t;
    const sx_db_value value = sx_db_int(project);
    *out = (sx_reading_verified){ 0 };
    bool ok = sx_db_query(db, "SELECT id FROM reading_task WHERE project = ? ORDER BY id", &value,
                          1, take_id, &tasks, err);
    for (size_t i = 0; ok && i < tasks.count; i++, out->tasks++) {
        ok = sx_db_begin(db, err) && sx_reading_task_lock_id(db, tasks.items[i], &t, err) &&
             verify_task(db, &t, &out->ops, err);
        sx_db_rollback(db); /* the replay is only compared */
    }
    free(tasks.items);
    return ok;
}
