/* The routes of questions, of time at a film, and of boxes of networks. */
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "service/reading/reading_op.h"
#include "service/reading/reading_prelabel.h"
#include "service/reading/reading_routes.h"

enum { OWN = SX_ROLE_READER | SX_ROLE_ADJUDICATOR, MOST_COMMENT = 2000, HOUR = 3600000 };

/* ---- GET .../comments ---- */

typedef struct comment_list {
    sx_json to;
    int64_t caller;
} comment_list;

static bool add_comment(void *user, const sx_db_row *row, sx_error *err) {
    const comment_list *l = user;
    const sx_json o = sx_json_object(l->to, NULL);
    (void)err;
    sx_json_integer(o, "number", sx_db_get_int(row, 0));
    if (sx_db_is_null(row, 1))
        sx_json_null(o, "film");
    else
        sx_json_integer(o, "film", sx_db_get_int(row, 1));
    sx_json_text(o, "box", sx_db_get_text(row, 2));
    sx_json_text(o, "author", sx_db_get_text(row, 3));
    sx_json_bool(o, "own", sx_db_get_int(row, 4) == l->caller);
    sx_json_text(o, "text", sx_db_get_text(row, 5));
    sx_json_integer(o, "at", sx_db_get_int(row, 6));
    sx_json_bool(o, "resolved", sx_db_get_int(row, 7) != 0);
    return true;
}

static bool reply_comments(sx_web_request *r, int64_t task, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    const sx_db_value value = sx_db_int(task);
    comment_list l = { sx_json_array(sx_json_new_object(&doc), "comments"), r->account->id };
    if (sx_db_query(r->db,
                    "SELECT c.number, c.film, c.box, a.name, c.author, c.text, c.at, c.resolved"
                    " FROM reading_comment c JOIN account a ON a.id = c.author WHERE c.task = ?"
                    " ORDER BY c.number",
                    &value, 1, add_comment, &l, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool list_comments(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task;
    return sx_reading_task_find(r, &task, err) && reply_comments(r, task.id, reply, err);
}

/* ---- POST .../comments ---- */

static bool check_film(sx_db *db, const sx_reading_task *t, int64_t film, sx_error *err) {
    int64_t unused;
    bool found = false;
    const sx_db_value values[] = { sx_db_int(film), sx_db_int(t->study) };
    return sx_db_query_int(db,
                           "SELECT 1 FROM reading_film WHERE id = ? AND study = ? AND held = ''",
                           values, 2, &unused, &found, err) &&
           (found || sx_fail(err, SX_ERR_VALUE, "film: the task has no such film"));
}

static bool read_film(sx_web_request *r, const sx_reading_task *t, sx_db_value *film,
                      sx_error *err) {
    const json_t *v = json_object_get(r->body, "film");
    *film = sx_db_text(NULL);
    if (!v || json_is_null(v)) return true;
    if (!json_is_integer(v)) return sx_fail(err, SX_ERR_VALUE, "film: it must be a whole number");
    *film = sx_db_int(json_integer_value(v));
    return check_film(r->db, t, json_integer_value(v), err);
}

/* *again: the newest comment is the same, and open: the page sends it again, because it has had no
 * answer. */
static bool is_sent_again(sx_web_request *r, const sx_reading_task *t, const char *text,
                          const char *box, bool *again, sx_error *err) {
    int64_t unused;
    const sx_db_value values[] = { sx_db_int(t->id),
                                   sx_db_int(t->id),
                                   sx_db_int(json_integer_value(json_object_get(r->body, "film"))),
                                   sx_db_text(box),
                                   sx_db_int(r->account->id),
                                   sx_db_text(text) };
    return sx_db_query_int(
        r->db,
        "SELECT 1 FROM reading_comment WHERE task = ? AND number = (SELECT MAX(number) FROM"
        " reading_comment WHERE task = ?) AND COALESCE(film, 0) = ? AND box = ? AND author = ?"
        " AND text = ? AND resolved = 0",
        values, 6, &unused, again, err);
}

static bool store_comment(sx_web_request *r, sx_reading_task *t, sx_error *err) {
    const char *text, *box = "";
    sx_db_value film;
    bool again = false;
    if (!sx_web_body_text(r, "text", MOST_COMMENT, &text, err)) return false;
    if (sx_is_blank(text)) return sx_fail(err, SX_ERR_VALUE, "text: it is empty");
    if (json_object_get(r->body, "box") &&
        !sx_web_body_text(r, "box", SX_READING_BOX_ID - 1, &box, err))
        return false;
    if (!sx_reading_task_lock(r, t, err) || !read_film(r, t, &film, err) ||
        !is_sent_again(r, t, text, box, &again, err))
        return false;
    if (again) return true;
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(t->id),          film,
                                   sx_db_text(box),  sx_db_int(r->account->id), sx_db_text(text),
                                   sx_db_int(r->now) };
    return sx_db_run(r->db,
                     "INSERT INTO reading_comment (task, number, film, box, author, text, at)"
                     " VALUES (?, (SELECT COALESCE(MAX(number), 0) + 1 FROM reading_comment"
                     " WHERE task = ?), ?, ?, ?, ?, ?)",
                     values, 7, err);
}

static bool add_new_comment(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task = { 0 };
    return sx_db_begin(r->db, err) && sx_db_end(r->db, store_comment(r, &task, err), err) &&
           reply_comments(r, task.id, reply, err);
}

static bool resolve_comment(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task;
    if (!sx_reading_task_find(r, &task, err)) return false;
    const sx_db_value values[] = { sx_db_int(r->now), sx_db_int(task.id),
                                   sx_db_int(sx_reading_path_id(r, "number")) };
    if (!sx_db_run(r->db, "UPDATE reading_comment SET resolved = ? WHERE task = ? AND number = ?",
                   values, 3, err))
        return false;
    if (!sx_db_changes(r->db)) return sx_fail(err, SX_ERR_MISSING, "there is no such comment");
    return reply_comments(r, task.id, reply, err);
}

/* ---- POST .../activity ---- */

static bool read_time(const sx_web_request *r, const char *key, int64_t *out, sx_error *err) {
    const json_t *v = json_object_get(r->body, key);
    *out = json_integer_value(v);
    return (json_is_integer(v) && *out >= 0 && *out <= HOUR) ||
           sx_fail(err, SX_ERR_VALUE, "%s: milliseconds, at most an hour", key);
}

static bool add_activity(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task;
    int64_t active, visible;
    const int64_t film = json_integer_value(json_object_get(r->body, "film"));
    if (!read_time(r, "active_ms", &active, err) || !read_time(r, "visible_ms", &visible, err) ||
        !sx_reading_task_find(r, &task, err) || !check_film(r->db, &task, film, err))
        return false;
    const sx_db_value values[] = { sx_db_int(task.id), sx_db_int(film), sx_db_int(active),
                                   sx_db_int(visible) };
    sx_web_reply_empty(reply, 204);
    return sx_db_run(r->db,
                     "INSERT INTO reading_activity (task, film, active_ms, visible_ms)"
                     " VALUES (?, ?, ?, ?) ON CONFLICT (task, film) DO UPDATE SET"
                     " active_ms = reading_activity.active_ms + excluded.active_ms,"
                     " visible_ms = reading_activity.visible_ms + excluded.visible_ms",
                     values, 4, err);
}

/* ---- GET .../prelabels ---- */

static bool show_prelabels(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task task;
    sx_json_doc doc;
    if (!sx_reading_task_find(r, &task, err)) return false;
    if (strcmp(task.prelabels, "none") == 0)
        return sx_fail(err, SX_ERR_REFUSED, "the task has no boxes of networks");
    if (sx_reading_prelabels_put(r->db, &task, sx_json_new_object(&doc), err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

#define TASK "/api/reading/tasks/{task}/"
const sx_web_route sx_reading_comment_routes[] = {
    { "GET", TASK "comments", SX_ROLES_READING, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_comments },
    { "POST", TASK "comments", SX_ROLES_READING, SX_WEB_SESSION, SX_WEB_JSON, 16384,
      add_new_comment },
    { "POST", TASK "comments/{number}/resolve", SX_ROLES_READING, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      resolve_comment },
    { "POST", TASK "activity", OWN, SX_WEB_SESSION, SX_WEB_JSON, 4096, add_activity },
    { "GET", TASK "prelabels", OWN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_prelabels },
    { .method = NULL },
};
