/* The routes of tasks: list, next, complete, reopen, return. */
#include <inttypes.h>
#include <string.h>

#include "base/fold.h"
#include "base/str.h"
#include "service/reading/reading_decisions.h"
#include "service/reading/reading_routes.h"
#include "service/reading/reading_task_view.h"

enum { OWN = SX_ROLE_READER | SX_ROLE_ADJUDICATOR };

/* ---- GET /api/reading/tasks ---- */

static void put_time(sx_json o, const char *key, int64_t time) {
    if (time)
        sx_json_integer(o, key, time);
    else
        sx_json_null(o, key);
}

static bool add_task(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "task", sx_db_get_int(row, 0));
    sx_json_text(o, "project", sx_db_get_text(row, 1));
    sx_json_text(o, "project_name", sx_db_get_text(row, 2));
    sx_json_integer(o, "number", sx_db_get_int(row, 3));
    sx_json_text(o, "kind", sx_db_get_text(row, 4));
    sx_json_integer(o, "round", sx_db_get_int(row, 5));
    sx_json_text(o, "arm", sx_db_get_text(row, 6));
    sx_json_integer(o, "session", sx_db_get_int(row, 7));
    sx_json_text(o, "state", sx_db_get_text(row, 8));
    sx_json_text(o, "prelabels", sx_db_get_text(row, 9));
    sx_json_integer(o, "films", sx_db_get_int(row, 10));
    sx_json_integer(o, "questions", sx_db_get_int(row, 11));
    sx_json_text(o, "returned", sx_db_get_text(row, 12));
    put_time(o, "opened", sx_db_get_int(row, 13));
    put_time(o, "done", sx_db_get_int(row, 14));
    return true;
}

static const char list_sql[] =
    "SELECT t.id, p.key, p.name, t.seq, t.kind, t.round, t.arm, t.session, t.state,"
    " t.prelabels, (SELECT COUNT(*) FROM reading_film f WHERE f.study = t.study AND f.held = ''),"
    " (SELECT COUNT(*) FROM reading_comment c WHERE c.task = t.id AND c.resolved = 0),"
    " t.returned, t.opened, t.done FROM reading_task t"
    " JOIN reading_project p ON p.id = t.project WHERE t.reader = ? ORDER BY p.key, t.seq, t.id";

static bool list_tasks(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    const sx_db_value value = sx_db_int(r->account->id);
    sx_json list = sx_json_array(sx_json_new_object(&doc), "tasks");
    if (sx_db_query(r->db, list_sql, &value, 1, add_task, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* ---- POST /api/reading/tasks/next ---- */

static bool read_next(const sx_web_request *r, const char **project, int64_t *after, bool *open,
                      sx_error *err) {
    const json_t *key = json_object_get(r->body, "project"),
                 *task = json_object_get(r->body, "after"),
                 *is_read = json_object_get(r->body, "open");
    *open = !json_is_false(is_read);
    if (is_read && !json_is_boolean(is_read))
        return sx_fail(err, SX_ERR_VALUE, "open: it must be true or false");
    *project = key ? json_string_value(key) : "";
    *after = json_integer_value(task);
    if (!*project) return sx_fail(err, SX_ERR_VALUE, "project: it must be a text");
    return !task || json_is_integer(task) ||
           sx_fail(err, SX_ERR_VALUE, "after: it must be a whole number");
}

static bool open_task(sx_web_request *r, int64_t task, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(r->now), sx_db_int(task) };
    return sx_db_run(r->db,
                     "UPDATE reading_task SET state = 'open', opened = ? WHERE id = ?"
                     " AND state = 'new'",
                     values, 2, err);
}

static bool find_next(sx_web_request *r, int64_t *task, bool *found, sx_error *err) {
    const char *project;
    int64_t after = 0;
    bool open = true;
    if (!read_next(r, &project, &after, &open, err)) return false;
    const sx_db_value values[] = { sx_db_int(r->account->id), sx_db_int(after), sx_db_text(project),
                                   sx_db_text(project) };
    return sx_db_query_int(r->db,
                           "SELECT t.id FROM reading_task t JOIN reading_project p"
                           " ON p.id = t.project WHERE t.reader = ? AND t.id <> ?"
                           " AND (? = '' OR p.key = ?) AND t.state IN ('returned', 'open', 'new')"
                           " ORDER BY CASE t.state WHEN 'returned' THEN 0 WHEN 'open' THEN 1"
                           " ELSE 2 END, p.key, t.seq, t.id LIMIT 1",
                           values, 4, task, found, err) &&
           (!*found || !open || open_task(r, *task, err));
}

static bool give_next(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    int64_t task = 0;
    bool found = false;
    if (!sx_db_begin(r->db, err) || !sx_db_end(r->db, find_next(r, &task, &found, err), err))
        return false;
    const sx_json o = sx_json_new_object(&doc);
    if (found)
        sx_json_integer(o, "task", task);
    else
        sx_json_null(o, "task");
    return sx_web_reply_json(reply, 200, &doc, err);
}

/* ---- GET /api/reading/tasks/{task} ---- */

static bool show_task(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task;
    sx_json_doc doc;
    if (!sx_reading_task_find(r, &task, err)) return false;
    const sx_json o = sx_json_new_object(&doc);
    /* a reader who knew that it is a second reading would look up the first one */
    if (r->role == SX_ROLE_MANAGER) sx_json_integer(o, "repeat", task.repeat);
    if (sx_reading_task_put(r->db, &task, o, err)) return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* ---- states ---- */

static bool is_in(const sx_reading_task *t, const char *state) {
    return strcmp(t->state, state) == 0;
}

static bool set_state(sx_web_request *r, const sx_reading_task *t, const char *state, int64_t done,
                      const char *returned, sx_error *err) {
    char object[30];
    const sx_db_value values[] = { sx_db_text(state), sx_db_int(done), sx_db_text(returned),
                                   sx_db_int(t->id) };
    char action[30];
    sx_format(object, sizeof object, "task %" PRId64, t->id);
    sx_format(action, sizeof action, "reading %s", state);
    return sx_db_run(r->db,
                     "UPDATE reading_task SET state = ?, done = ?, returned = ? WHERE id = ?",
                     values, 4, err) &&
           sx_web_audit(r, action, object, "", err);
}

static bool complete(sx_web_request *r, sx_error *err) {
    sx_reading_task t;
    if (!sx_reading_task_lock(r, &t, err)) return false;
    if (is_in(&t, "done")) return true; /* the acknowledgement was lost */
    if (is_in(&t, "locked")) return sx_fail(err, SX_ERR_REFUSED, "the task is locked");
    return sx_reading_task_is_complete(r->db, &t, err) &&
           (strcmp(t.kind, "adjudicate") != 0 || sx_reading_decisions_complete(r->db, &t, err)) &&
           set_state(r, &t, "done", r->now, "", err);
}

static bool reopen(sx_web_request *r, sx_error *err) {
    sx_reading_task t;
    if (!sx_reading_task_lock(r, &t, err)) return false;
    if (is_in(&t, "locked")) return sx_fail(err, SX_ERR_REFUSED, "the task is locked");
    return !is_in(&t, "done") || set_state(r, &t, "open", 0, "", err);
}

static bool give_back(sx_web_request *r, sx_error *err) {
    sx_reading_task t;
    const char *reason;
    if (!sx_web_body_text(r, "reason", sizeof t.returned - 1, &reason, err)) return false;
    if (sx_is_blank(reason)) return sx_fail(err, SX_ERR_VALUE, "reason: it is empty");
    if (!sx_reading_task_lock(r, &t, err)) return false;
    if (!is_in(&t, "done"))
        return sx_fail(err, SX_ERR_MISMATCH, "the task is %s; only a complete one is returned",
                       t.state);
    return set_state(r, &t, "returned", 0, reason, err);
}

static bool reply_state(sx_web_request *r, bool (*change)(sx_web_request *r, sx_error *err),
                        sx_web_reply *reply, sx_error *err) {
    sx_reading_task t = { 0 };
    sx_json_doc doc;
    if (!sx_db_begin(r->db, err) ||
        !sx_db_end(r->db, change(r, err) && sx_reading_task_find(r, &t, err), err))
        return false;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_text(o, "state", t.state);
    sx_json_integer(o, "rev", t.rev);
    return sx_web_reply_json(reply, 200, &doc, err);
}

static bool complete_task(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_state(r, complete, reply, err);
}

static bool reopen_task(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_state(r, reopen, reply, err);
}

static bool return_task(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_state(r, give_back, reply, err);
}

const sx_web_route sx_reading_task_routes[] = {
    { "GET", "/api/reading/tasks", OWN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_tasks },
    { "POST", "/api/reading/tasks/next", OWN, SX_WEB_SESSION, SX_WEB_JSON, 4096, give_next },
    { "GET", "/api/reading/tasks/{task}", SX_ROLES_READING, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_task },
    { "POST", "/api/reading/tasks/{task}/complete", OWN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      complete_task },
    { "POST", "/api/reading/tasks/{task}/reopen", OWN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      reopen_task },
    { "POST", "/api/reading/tasks/{task}/return", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON,
      8192, return_task },
    { .method = NULL },
};
