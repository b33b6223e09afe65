/* The routes of managers: progress, tasks, questions, assignment, locking a round. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "service/reading/reading_assign.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"

enum { MOST_NAMED = 200 };

bool sx_reading_project_of(const sx_web_request *r, sx_reading_project *out, sx_error *err) {
    return sx_reading_project_find(r->db, sx_web_parameter(r, "project"), out, err);
}

bool sx_reading_manager_list(sx_web_request *r, const char *key, const char *sql,
                             const sx_db_value *values, size_t n, sx_db_row_fn *add,
                             sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    sx_json list = sx_json_array(sx_json_new_object(&doc), key);
    if (sx_db_query(r->db, sql, values, n, add, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* ---- GET .../progress ---- */

static bool add_progress(void *user, const sx_db_row *row, sx_error *err) {
    static const char *const counts[] = { "tasks",    "new",    "open",  "done",
                                          "returned", "locked", "films", "boxes" };
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "reader", sx_db_get_text(row, 0));
    sx_json_text(o, "name", sx_db_get_text(row, 1));
    sx_json_integer(o, "round", sx_db_get_int(row, 2));
    sx_json_text(o, "kind", sx_db_get_text(row, 3));
    for (int i = 0; i < 8; i++)
        sx_json_integer(o, counts[i], sx_db_get_int(row, 4 + i));
    sx_json_integer(o, "active_ms", sx_db_get_int(row, 12));
    sx_json_integer(o, "visible_ms", sx_db_get_int(row, 13));
    return true;
}

#define STATE(word) " SUM(CASE WHEN t.state = '" word "' THEN 1 ELSE 0 END),"
#define OF_TASKS                                                                                   \
    " JOIN reading_task u ON u.id = x.task WHERE u.project = t.project"                            \
    " AND u.reader = t.reader AND u.round = t.round AND u.kind = t.kind"

static bool show_progress(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    if (!sx_reading_project_of(r, &p, err)) return false;
    const sx_db_value value = sx_db_int(p.id);
    return sx_reading_manager_list(
        r, "readers",
        "SELECT a.login, a.name, t.round, t.kind, COUNT(*)," STATE("new") STATE("open")
            STATE("done") STATE("returned") STATE(
                "locked") " (SELECT COUNT(*) FROM reading_film_read x" OF_TASKS
                          " AND x.verdict <> ''),"
                          " (SELECT COUNT(*) FROM reading_box x" OF_TASKS " AND x.deleted = 0),"
                          " (SELECT COALESCE(SUM(x.active_ms), 0) FROM reading_activity x" OF_TASKS
                          "),"
                          " (SELECT COALESCE(SUM(x.visible_ms), 0) FROM reading_activity x" OF_TASKS
                          ")"
                          " FROM reading_task t JOIN account a ON a.id = t.reader WHERE t.project "
                          "= ?"
                          " GROUP BY t.project, t.reader, a.login, a.name, t.round, t.kind"
                          " ORDER BY t.round, t.kind, a.login",
        &value, 1, add_progress, reply, err);
}

/* ---- GET .../tasks ---- */

static bool add_task(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "task", sx_db_get_int(row, 0));
    sx_json_text(o, "study_id", sx_db_get_text(row, 1));
    sx_json_text(o, "split", sx_db_get_text(row, 2));
    sx_json_text(o, "reader", sx_db_get_text(row, 3));
    sx_json_text(o, "kind", sx_db_get_text(row, 4));
    sx_json_integer(o, "round", sx_db_get_int(row, 5));
    sx_json_integer(o, "repeat", sx_db_get_int(row, 6));
    sx_json_text(o, "state", sx_db_get_text(row, 7));
    sx_json_text(o, "returned", sx_db_get_text(row, 8));
    sx_json_text(o, "prelabels", sx_db_get_text(row, 9));
    sx_json_text(o, "why", sx_db_get_text(row, 10));
    sx_json_integer(o, "boxes", sx_db_get_int(row, 11));
    sx_json_integer(o, "questions", sx_db_get_int(row, 12));
    return true;
}

static bool list_tasks(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    long after;
    const char *state = sx_web_query(r, "state");
    if (!state) state = "";
    if (!sx_web_query_int(r, "after", 0, INT64_MAX, 0, &after, err) ||
        !sx_reading_project_of(r, &p, err))
        return false;
    const sx_db_value values[] = { sx_db_int(p.id), sx_db_int(after), sx_db_text(state),
                                   sx_db_text(state) };
    return sx_reading_manager_list(
        r, "tasks",
        "SELECT t.id, s.study_id, s.split, a.login, t.kind, t.round, t.repeat, t.state, t.returned,"
        " t.prelabels, t.why,"
        " (SELECT COUNT(*) FROM reading_box b WHERE b.task = t.id AND b.deleted = 0),"
        " (SELECT COUNT(*) FROM reading_comment c WHERE c.task = t.id AND c.resolved = 0)"
        " FROM reading_task t JOIN reading_study s ON s.id = t.study"
        " JOIN account a ON a.id = t.reader WHERE t.project = ? AND t.id > ?"
        " AND (? = '' OR t.state = ?) ORDER BY t.id LIMIT 1000",
        values, 4, add_task, reply, err);
}

/* ---- GET .../questions ---- */

static bool add_question(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "task", sx_db_get_int(row, 0));
    sx_json_integer(o, "number", sx_db_get_int(row, 1));
    sx_json_text(o, "study_id", sx_db_get_text(row, 2));
    sx_json_text(o, "reader", sx_db_get_text(row, 3));
    sx_json_text(o, "author", sx_db_get_text(row, 4));
    sx_json_text(o, "text", sx_db_get_text(row, 5));
    sx_json_integer(o, "at", sx_db_get_int(row, 6));
    return true;
}

static bool list_questions(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    if (!sx_reading_project_of(r, &p, err)) return false;
    const sx_db_value value = sx_db_int(p.id);
    return sx_reading_manager_list(
        r, "questions",
        "SELECT t.id, c.number, s.study_id, a.login, w.login, c.text, c.at FROM reading_comment c"
        " JOIN reading_task t ON t.id = c.task JOIN reading_study s ON s.id = t.study"
        " JOIN account a ON a.id = t.reader JOIN account w ON w.id = c.author"
        " WHERE t.project = ? AND c.resolved = 0 ORDER BY c.at, t.id, c.number LIMIT 1000",
        &value, 1, add_question, reply, err);
}

/* ---- POST .../assign ---- */

static bool read_share(const sx_web_request *r, const char *key, double *out, sx_error *err) {
    const json_t *v = json_object_get(r->body, key);
    *out = json_number_value(v);
    return !v || json_is_number(v) || sx_fail(err, SX_ERR_VALUE, "%s: it must be a number", key);
}

bool sx_reading_body_int(const sx_web_request *r, const char *key, long least, long most,
                         int otherwise, int *out, sx_error *err) {
    const json_t *v = json_object_get(r->body, key);
    *out = v ? (int)json_integer_value(v) : otherwise;
    return !v ||
           (json_is_integer(v) && json_integer_value(v) >= least &&
            json_integer_value(v) <= most) ||
           sx_fail(err, SX_ERR_VALUE, "%s: a whole number from %ld to %ld", key, least, most);
}

bool sx_reading_body_flag(const sx_web_request *r, const char *key, bool *out, sx_error *err) {
    const json_t *v = json_object_get(r->body, key);
    *out = json_is_true(v);
    return !v || json_is_boolean(v) ||
           sx_fail(err, SX_ERR_VALUE, "%s: it must be true or false", key);
}

bool sx_reading_body_texts(const sx_web_request *r, const char *key, const char *what, size_t most,
                           const char **texts, size_t *count, sx_error *err) {
    const json_t *list = json_object_get(r->body, key);
    *count = json_array_size(list);
    if (!*count || *count > most)
        return sx_fail(err, SX_ERR_VALUE, "%s: 1 to %zu %s", key, most, what);
    for (size_t i = 0; i < *count; i++)
        if (!(texts[i] = json_string_value(json_array_get(list, i))))
            return sx_fail(err, SX_ERR_VALUE, "%s: they must be texts", key);
    return true;
}

bool sx_reading_body_names(const sx_web_request *r, const char *key, const char **names,
                           size_t *count, sx_error *err) {
    return sx_reading_body_texts(r, key, "logins", MOST_NAMED, names, count, err);
}

static bool assign(sx_web_request *r, const sx_reading_assignment *a, sx_reading_assigned *out,
                   sx_error *err) {
    sx_reading_project p;
    char note[SX_READING_NOTE];
    if (!sx_reading_project_of(r, &p, err) || !sx_reading_assign(r->db, &p, a, out, err))
        return false;
    sx_reading_note(note, out->tasks, a->round, a->readers, a->reader_count);
    return sx_web_audit(r, "reading assign", p.key, note, err);
}

static bool assign_tasks(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *names[MOST_NAMED];
    sx_reading_assigned n = { 0 };
    sx_json_doc doc;
    sx_reading_assignment a = { .readers = names, .now = r->now };
    if (!sx_reading_body_names(r, "readers", names, &a.reader_count, err) ||
        !sx_reading_body_int(r, "per_study", 0, 20, 0, &a.per_study, err) ||
        !sx_reading_body_int(r, "round", 1, 100, 1, &a.round, err) ||
        !sx_reading_body_int(r, "session", 1, 100, 1, &a.session, err) ||
        (json_object_get(r->body, "arm") &&
         !sx_web_body_text(r, "arm", SX_READING_ARM - 1, &a.arm, err)) ||
        !read_share(r, "control", &a.control, err) ||
        !read_share(r, "rereading", &a.rereading, err))
        return false;
    if (!sx_db_begin(r->db, err) || !sx_db_end(r->db, assign(r, &a, &n, err), err)) return false;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_count(o, "tasks", n.tasks);
    sx_json_count(o, "control", n.control);
    sx_json_count(o, "repeats", n.repeats);
    return sx_web_reply_json(reply, 200, &doc, err);
}

/* ---- POST .../lock ---- */

/* Readings, or the tasks of adjudicators. */
static bool lock_round(sx_web_request *r, int round, int64_t *count, sx_error *err) {
    sx_reading_project p;
    int64_t left = 0;
    bool adjudicated, found;
    char note[60];
    if (!sx_reading_body_flag(r, "adjudicated", &adjudicated, err) ||
        !sx_reading_project_of(r, &p, err) || !sx_reading_rounds_hold(r->db, &p, err))
        return false;
    const sx_db_value values[] = { sx_db_int(p.id), sx_db_int(round), sx_db_int(adjudicated) };
    if (!sx_db_query_int(r->db,
                         "SELECT COUNT(*) FROM reading_task WHERE project = ? AND round = ?"
                         " AND (kind = 'adjudicate') = (? = 1) AND state NOT IN ('done', 'locked')",
                         values, 3, &left, &found, err))
        return false;
    if (left)
        return sx_fail(err, SX_ERR_MISMATCH, "%d %s of round %d %s not complete", (int)left,
                       sx_noun((size_t)left, "task", "tasks"), round,
                       sx_noun((size_t)left, "is", "are"));
    if (!sx_db_run(r->db,
                   "UPDATE reading_task SET state = 'locked' WHERE project = ? AND round = ?"
                   " AND (kind = 'adjudicate') = (? = 1) AND state = 'done'",
                   values, 3, err))
        return false;
    *count = sx_db_changes(r->db);
    sx_format(note, sizeof note, "%s of round %d", adjudicated ? "adjudication" : "readings",
              round);
    return sx_web_audit(r, "reading lock", p.key, note, err);
}

static bool lock_tasks(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    int round;
    int64_t count = 0;
    sx_json_doc doc;
    if (!sx_reading_body_int(r, "round", 1, 100, 0, &round, err)) return false;
    if (!round) return sx_fail(err, SX_ERR_VALUE, "round: it is missing");
    if (!sx_db_begin(r->db, err) || !sx_db_end(r->db, lock_round(r, round, &count, err), err))
        return false;
    sx_json_integer(sx_json_new_object(&doc), "tasks", count);
    return sx_web_reply_json(reply, 200, &doc, err);
}

#define PROJECT "/api/reading/projects/{project}/"
const sx_web_route sx_reading_manager_routes[] = {
    { "GET", PROJECT "progress", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_progress },
    { "GET", PROJECT "tasks", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_tasks },
    { "GET", PROJECT "questions", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      list_questions },
    { "POST", PROJECT "assign", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 65536, assign_tasks },
    { "POST", PROJECT "lock", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 4096, lock_tasks },
    { .method = NULL },
};
