/* The routes of operations. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/reading/reading_log.h"
#include "service/reading/reading_routes.h"

enum { OWN = SX_ROLE_READER | SX_ROLE_ADJUDICATOR };

/* ---- operations that are there ---- */

static bool add_op(void *user, const sx_reading_entry *e, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    json_t *body = sx_json_parse(e->body, strlen(e->body), true, NULL, err);
    if (!body) return false;
    sx_json_integer(o, "rev", e->rev);
    sx_json_text(o, "client", e->client);
    sx_json_integer(o, "seq", e->client_seq);
    sx_json_text(o, "kind", e->kind);
    if (e->film)
        sx_json_integer(o, "film", e->film);
    else
        sx_json_null(o, "film");
    sx_json_text(o, "box", e->box);
    sx_json_integer(o, "at", e->at_server);
    sx_json_doc moved = { .root = body };
    sx_json_move(o, "body", &moved);
    sx_json_free(&moved);
    return true;
}

static bool put_ops(sx_db *db, const sx_reading_task *task, int64_t after, sx_json to,
                    sx_error *err) {
    sx_json_integer(to, "rev", task->rev);
    sx_json list = sx_json_array(to, "ops");
    return sx_reading_log_list(db, task->id, after, add_op, &list, err);
}

static bool list_ops(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task;
    sx_json_doc doc;
    long after;
    if (!sx_web_query_int(r, "after", 0, INT64_MAX, 0, &after, err) ||
        !sx_reading_task_find(r, &task, err))
        return false;
    if (put_ops(r->db, &task, after, sx_json_new_object(&doc), err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* ---- new ones ---- */

static bool parse_ops(const json_t *list, sx_reading_op *ops, sx_error *err) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (sx_reading_op_parse(json_array_get(list, i), &ops[i], err)) continue;
        return sx_fail_in(err, "ops[%zu]", i);
    }
    return true;
}

static bool parse_batch(const sx_web_request *r, sx_reading_batch *b, sx_reading_op **ops,
                        sx_error *err) {
    const json_t *list = json_object_get(r->body, "ops"),
                 *rev = json_object_get(r->body, "base_rev");
    const size_t count = json_array_size(list);
    if (!sx_web_body_text(r, "client", SX_READING_BOX_ID - 1, &b->client, err)) return false;
    if (!json_is_integer(rev) || json_integer_value(rev) < 0)
        return sx_fail(err, SX_ERR_VALUE, "base_rev: it must be a whole number");
    if (!json_is_array(list) || count < 1 || count > SX_READING_BATCH)
        return sx_fail(err, SX_ERR_VALUE, "ops: 1 to %d operations", SX_READING_BATCH);
    if (!(*ops = sx_calloc_for(count, sizeof **ops, "operations", err))) return false;
    b->account = r->account->id;
    b->base_rev = json_integer_value(rev);
    b->ops = *ops;
    b->count = count;
    b->now = r->now;
    return parse_ops(list, *ops, err);
}

static bool append(sx_web_request *r, const sx_reading_batch *b, sx_reading_task *task,
                   bool *conflict, sx_error *err) {
    return sx_reading_task_lock(r, task, err) &&
           sx_reading_log_append(r->db, task, b, conflict, err);
}

static bool reply_conflict(sx_web_request *r, const sx_reading_task *task, int64_t base,
                           sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_text(o, "error", "another page has changed this study");
    if (put_ops(r->db, task, base, o, err)) return sx_web_reply_json(reply, 409, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool save_ops(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_batch b;
    sx_reading_op *ops = NULL;
    sx_reading_task task;
    sx_json_doc doc;
    bool conflict = false;
    const bool ok = parse_batch(r, &b, &ops, err) && sx_db_begin(r->db, err) &&
                    sx_db_end(r->db, append(r, &b, &task, &conflict, err), err);
    free(ops);
    if (!ok) return false;
    if (conflict) return reply_conflict(r, &task, b.base_rev, reply, err);
    sx_json_integer(sx_json_new_object(&doc), "rev", task.rev);
    return sx_web_reply_json(reply, 200, &doc, err);
}

const sx_web_route sx_reading_op_routes[] = {
    { "GET", "/api/reading/tasks/{task}/ops", SX_ROLES_READING, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      list_ops },
    { "POST", "/api/reading/tasks/{task}/ops", OWN, SX_WEB_SESSION, SX_WEB_JSON, SX_WEB_JSON_MOST,
      save_ops },
    { .method = NULL },
};
