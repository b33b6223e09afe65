/* The routes of adjudication: tasks for adjudicators, clusters of readers' boxes, decisions. */
#include <limits.h>
#include <string.h>

#include "service/reading/reading_decisions.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"

enum { MOST_NAMED = 200, MOST_REASON = 1000 };

/* ---- POST /api/reading/projects/{project}/adjudication ---- */

static bool adjudicate(sx_web_request *r, const sx_reading_adjudicators *a, size_t *tasks,
                       sx_error *err) {
    sx_reading_project p;
    char note[SX_READING_NOTE];
    if (!sx_reading_project_of(r, &p, err) || !sx_reading_adjudicate(r->db, &p, a, tasks, err))
        return false;
    sx_reading_note(note, *tasks, a->round, a->logins, a->count);
    return sx_web_audit(r, "reading adjudicate", p.key, note, err);
}

static bool begin_adjudication(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *names[MOST_NAMED];
    size_t tasks = 0;
    sx_json_doc doc;
    sx_reading_adjudicators a = { .logins = names, .now = r->now };
    if (!sx_reading_body_names(r, "adjudicators", names, &a.count, err) ||
        !sx_reading_body_int(r, "round", 1, 100, 1, &a.round, err) || !sx_db_begin(r->db, err) ||
        !sx_db_end(r->db, adjudicate(r, &a, &tasks, err), err))
        return false;
    sx_json_count(sx_json_new_object(&doc), "tasks", tasks);
    return sx_web_reply_json(reply, 200, &doc, err);
}

/* ---- tasks ---- */

/* Another kind of task has no clusters, whatever others have read. */
static bool check_kind(const sx_reading_task *t, sx_error *err) {
    return strcmp(t->kind, "adjudicate") == 0 ||
           sx_fail(err, SX_ERR_MISSING, "there is no such task");
}

static bool reply_clusters(sx_web_request *r, const sx_reading_task *t, sx_web_reply *reply,
                           sx_error *err) {
    sx_json_doc doc;
    if (sx_reading_clusters_put(r->db, t, sx_json_new_object(&doc), err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool show_clusters(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task t;
    return sx_reading_task_find(r, &t, err) && check_kind(&t, err) &&
           reply_clusters(r, &t, reply, err);
}

static bool optional_text(const sx_web_request *r, const char *key, size_t most, const char **out,
                          sx_error *err) {
    *out = "";
    return !json_object_get(r->body, key) || sx_web_body_text(r, key, most, out, err);
}

static bool decide(sx_web_request *r, sx_reading_task *t, sx_error *err) {
    sx_reading_decision d = { .film = json_integer_value(json_object_get(r->body, "film")),
                              .account = r->account->id,
                              .now = r->now };
    if (!sx_reading_body_int(r, "cluster", 0, 100000, -1, &d.cluster, err) ||
        !sx_reading_body_int(r, "rev", 0, INT_MAX, -1, &d.rev, err) ||
        !sx_web_body_text(r, "decision", 20, &d.decision, err) ||
        !optional_text(r, "box", SX_READING_BOX_MOST - 1, &d.box, err) ||
        !optional_text(r, "reason", MOST_REASON, &d.reason, err) ||
        !sx_reading_task_lock(r, t, err) || !check_kind(t, err))
        return false;
    if (strcmp(t->state, "done") == 0 || strcmp(t->state, "locked") == 0)
        return sx_fail(err, SX_ERR_REFUSED, "the task is complete or locked");
    return sx_reading_decide(r->db, t, &d, err);
}

static bool add_decision(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_task t;
    return sx_db_begin(r->db, err) && sx_db_end(r->db, decide(r, &t, err), err) &&
           reply_clusters(r, &t, reply, err);
}

#define TASK "/api/reading/tasks/{task}/"
const sx_web_route sx_reading_adjudication_routes[] = {
    { "POST", "/api/reading/projects/{project}/adjudication", SX_ROLE_MANAGER, SX_WEB_SESSION,
      SX_WEB_JSON, 65536, begin_adjudication },
    { "GET", TASK "clusters", SX_ROLE_ADJUDICATOR, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_clusters },
    { "POST", TASK "decisions", SX_ROLE_ADJUDICATOR, SX_WEB_SESSION, SX_WEB_JSON, 16384,
      add_decision },
    { .method = NULL },
};
