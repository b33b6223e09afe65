#include "service/reading/reading_log.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "service/reading/reading_apply.h"

/* ---- what the log has already ---- */

typedef struct known_ops {
    const sx_reading_batch *batch;
    const sx_reading_task *task;
    bool has[SX_READING_BATCH];
} known_ops;

/* A page that counts again from the start would lose operations silently. */
static bool same_op(const known_ops *k, const sx_reading_op *op, const sx_db_row *row, bool *same,
                    sx_error *err) {
    sx_str body = { 0 };
    const bool ok = sx_reading_op_print(op, &body, err);
    *same = ok && sx_db_get_int(row, 1) == k->task->id && sx_db_get_int(row, 2) == op->film &&
            strcmp(sx_db_get_text(row, 3), sx_reading_kind_name(op->kind)) == 0 &&
            strcmp(sx_db_get_text(row, 4), op->box) == 0 &&
            strcmp(sx_db_get_text(row, 5), sx_str_text(&body)) == 0;
    sx_str_free(&body);
    return ok;
}

static bool take_known(void *user, const sx_db_row *row, sx_error *err) {
    known_ops *k = user;
    const int64_t seq = sx_db_get_int(row, 0);
    for (size_t i = 0; i < k->batch->count; i++) {
        bool same;
        if (k->batch->ops[i].seq != seq) continue;
        if (!same_op(k, &k->batch->ops[i], row, &same, err)) return false;
        if (!same)
            return sx_fail(err, SX_ERR_VALUE, "seq %" PRId64 " was another operation before", seq);
        k->has[i] = true;
    }
    return true;
}

static bool find_known(sx_db *db, known_ops *k, size_t *missing, sx_error *err) {
    const sx_reading_batch *b = k->batch;
    const sx_db_value values[] = { sx_db_int(b->account), sx_db_text(b->client),
                                   sx_db_int(b->ops[0].seq), sx_db_int(b->ops[b->count - 1].seq) };
    if (!sx_db_query(db,
                     "SELECT client_seq, task, film, kind, box, body FROM reading_op"
                     " WHERE account = ? AND client = ? AND client_seq BETWEEN ? AND ?",
                     values, 4, take_known, k, err))
        return false;
    *missing = 0;
    for (size_t i = 0; i < b->count; i++)
        *missing += !k->has[i];
    return true;
}

static bool check_batch(const sx_reading_task *task, const sx_reading_batch *b, sx_error *err) {
    if (b->count < 1 || b->count > SX_READING_BATCH)
        return sx_fail(err, SX_ERR_VALUE, "ops: 1 to %d operations", SX_READING_BATCH);
    if (!sx_reading_is_id(b->client))
        return sx_fail(err, SX_ERR_VALUE, "client: 8 to 64 letters, digits and -");
    if (b->base_rev > task->rev)
        return sx_fail(err, SX_ERR_VALUE, "base_rev: the task has %" PRId64 " revisions",
                       task->rev);
    for (size_t i = 1; i < b->count; i++)
        if (b->ops[i].seq <= b->ops[i - 1].seq)
            return sx_fail(err, SX_ERR_VALUE, "seq: the numbers do not ascend");
    return true;
}

static bool find_conflict(sx_db *db, const sx_reading_task *task, const sx_reading_batch *b,
                          bool *conflict, sx_error *err) {
    int64_t unused;
    const sx_db_value values[] = { sx_db_int(task->id), sx_db_int(b->base_rev),
                                   sx_db_int(b->account), sx_db_text(b->client) };
    return sx_db_query_int(db,
                           "SELECT 1 FROM reading_op WHERE task = ? AND rev > ?"
                           " AND NOT (account = ? AND client = ?) LIMIT 1",
                           values, 4, &unused, conflict, err);
}

/* ---- saving ---- */

static bool insert_op(sx_db *db, const sx_reading_task *task, const sx_reading_entry *e,
                      sx_error *err) {
    const sx_db_value film = e->film ? sx_db_int(e->film) : sx_db_text(NULL);
    const sx_db_value values[] = {
        sx_db_int(task->id),     sx_db_int(e->rev),       film,
        sx_db_int(e->account),   sx_db_text(e->client),   sx_db_int(e->client_seq),
        sx_db_text(e->kind),     sx_db_text(e->box),      sx_db_text(e->body),
        sx_db_int(e->at_client), sx_db_int(e->at_server), sx_db_text(e->prev_hash),
        sx_db_text(e->hash)
    };
    return sx_db_run(db,
                     "INSERT INTO reading_op (task, rev, film, account, client, client_seq, kind,"
                     " box, body, at_client, at_server, prev_hash, hash)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     values, 13, err);
}

static bool save_op(sx_db *db, sx_reading_task *task, const sx_reading_batch *b,
                    const sx_reading_op *op, sx_error *err) {
    sx_str body = { 0 };
    sx_sha256 hash;
    sx_reading_entry e = { .rev = task->rev + 1,
                           .film = op->film,
                           .account = b->account,
                           .client_seq = op->seq,
                           .at_client = op->at_client,
                           .at_server = b->now,
                           .client = b->client,
                           .kind = sx_reading_kind_name(op->kind),
                           .box = op->box,
                           .prev_hash = task->hash };
    bool ok = sx_reading_op_check(db, task, op, err) && sx_reading_op_print(op, &body, err);
    e.body = sx_str_text(&body);
    ok = ok && sx_reading_entry_hash(task->id, &e, &hash, err);
    e.hash = hash.hex;
    ok = ok && insert_op(db, task, &e, err) &&
         sx_reading_op_apply(db, task->id, e.rev, b->now, op, err);
    sx_str_free(&body);
    if (!ok) return false;
    task->rev = e.rev;
    memcpy(task->hash, hash.hex, sizeof task->hash);
    return true;
}

static bool save_task(sx_db *db, sx_reading_task *task, int64_t now, sx_error *err) {
    const bool open = strcmp(task->state, "open") != 0;
    if (!task->opened) task->opened = now;
    const sx_db_value values[] = { sx_db_int(task->rev), sx_db_text(task->hash),
                                   sx_db_int(task->opened), sx_db_int(task->id) };
    if (open) memcpy(task->state, "open", 5);
    return sx_db_run(db,
                     "UPDATE reading_task SET rev = ?, hash = ?, opened = ?, state = 'open'"
                     " WHERE id = ?",
                     values, 4, err);
}

bool sx_reading_log_append(sx_db *db, sx_reading_task *task, const sx_reading_batch *batch,
                           bool *conflict, sx_error *err) {
    known_ops known = { .batch = batch, .task = task };
    size_t missing;
    *conflict = false;
    if (!check_batch(task, batch, err) || !find_known(db, &known, &missing, err)) return false;
    if (!missing) return true;
    if (strcmp(task->state, "done") == 0 || strcmp(task->state, "locked") == 0)
        return sx_fail(err, SX_ERR_REFUSED, "the task is %s; nothing was saved",
                       strcmp(task->state, "done") == 0 ? "complete" : "locked");
    if (!find_conflict(db, task, batch, conflict, err)) return false;
    if (*conflict) return true;
    for (size_t i = 0; i < batch->count; i++)
        if (!known.has[i] && !save_op(db, task, batch, &batch->ops[i], err)) return false;
    return save_task(db, task, batch->now, err);
}

/* ---- listing ---- */

typedef struct entry_listing {
    sx_reading_entry_fn *each;
    void *user;
} entry_listing;

static bool take_entry(void *user, const sx_db_row *row, sx_error *err) {
    const entry_listing *l = user;
    const sx_reading_entry e = { .rev = sx_db_get_int(row, 0),
                                 .film = sx_db_get_int(row, 1),
                                 .account = sx_db_get_int(row, 2),
                                 .client_seq = sx_db_get_int(row, 3),
                                 .at_client = sx_db_get_int(row, 4),
                                 .at_server = sx_db_get_int(row, 5),
                                 .client = sx_db_get_text(row, 6),
                                 .kind = sx_db_get_text(row, 7),
                                 .box = sx_db_get_text(row, 8),
                                 .body = sx_db_get_text(row, 9),
                                 .prev_hash = sx_db_get_text(row, 10),
                                 .hash = sx_db_get_text(row, 11) };
    return l->each(l->user, &e, err);
}

bool sx_reading_log_list(sx_db *db, int64_t task, int64_t after, sx_reading_entry_fn *each,
                         void *user, sx_error *err) {
    entry_listing l = { each, user };
    const sx_db_value values[] = { sx_db_int(task), sx_db_int(after) };
    return sx_db_query(db,
                       "SELECT rev, film, account, client_seq, at_client, at_server, client, kind,"
                       " box, body, prev_hash, hash FROM reading_op WHERE task = ? AND rev > ?"
                       " ORDER BY rev",
                       values, 2, take_entry, &l, err);
}
