/* The routes of jobs, for administrators, and of a study's deliveries that have failed. */
#include <stdlib.h>
#include <string.h>

#include "base/nearest_word.h"
#include "base/str.h"
#include "service/store/films.h"
#include "service/store/retry.h"
#include "service/web/web.h"
#include "service/worklist/worklist.h"

#define JOB_SELECT                                                                                 \
    "SELECT j.id, j.kind, j.key, j.destination, j.state, j.attempts, j.made, j.not_before,"        \
    " j.lease_until, j.error, i.study_uid FROM job j"                                              \
    " LEFT JOIN instance i ON j.kind = 'predict' AND i.sop_uid = j.key"

/* Of a job "build" the study is the key, of "send" and "confirm" it stands before the slash. */
static void put_study(sx_json at, const sx_db_row *row) {
    char uid[SX_JOB_KEY];
    const char *of_film = sx_db_get_text(row, 10);
    sx_db_copy_text(row, 2, uid, sizeof uid);
    if (strcmp(sx_db_get_text(row, 1), "predict") == 0)
        sx_format(uid, sizeof uid, "%s", of_film);
    else
        uid[strcspn(uid, "/")] = '\0';
    sx_json_text(at, "study_uid", uid);
}

static void put_job(sx_json o, const sx_db_row *row) {
    sx_json_integer(o, "id", sx_db_get_int(row, 0));
    sx_json_text(o, "kind", sx_db_get_text(row, 1));
    sx_json_text(o, "key", sx_db_get_text(row, 2));
    put_study(o, row);
    sx_json_text(o, "destination", sx_db_get_text(row, 3));
    sx_json_text(o, "state", sx_db_get_text(row, 4));
    sx_json_integer(o, "attempts", sx_db_get_int(row, 5));
    sx_json_integer(o, "made", sx_db_get_int(row, 6));
    sx_json_integer(o, "not_before", sx_db_get_int(row, 7));
    sx_json_integer(o, "lease_until", sx_db_get_int(row, 8));
    sx_json_text(o, "error", sx_db_get_text(row, 9));
}

/* ---- GET /api/jobs ---- */

static bool add_job(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    put_job(sx_json_object(*(sx_json *)user, NULL), row);
    return true;
}

static bool list_jobs(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    static const char states[] = "open|ready|leased|waiting|done|dead|dropped";
    long before, most;
    const char *state = sx_web_query(r, "state");
    sx_json_doc doc;
    if (!sx_web_query_int(r, "before", 1, INT64_MAX, INT64_MAX, &before, err) ||
        !sx_web_query_int(r, "most", 1, 1000, 100, &most, err))
        return false;
    if (!state) state = "";
    if (*state && !sx_word_is_one_of(state, states))
        return sx_fail(err, SX_ERR_VALUE, "state must be one of %s, not %.40s", states, state);
    const sx_db_value values[] = { sx_db_int(before), sx_db_text(state), sx_db_text(state),
                                   sx_db_text(state), sx_db_int(most) };
    sx_json list = sx_json_array(sx_json_new_object(&doc), "jobs");
    if (sx_db_query(r->db,
                    JOB_SELECT " WHERE j.id < ? AND (? = '' OR j.state = ? OR (? = 'open'"
                               " AND j.state NOT IN ('done', 'dropped')))"
                               " ORDER BY j.id DESC LIMIT ?",
                    values, 5, add_job, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* ---- one job ---- */

/* A text that is no number is no job either. */
static bool read_id(const sx_web_request *r, int64_t *id, sx_error *err) {
    const char *text = sx_web_parameter(r, "job");
    const size_t n = strlen(text);
    *id = n <= 18 && strspn(text, "0123456789") == n ? strtoll(text, NULL, 10) : 0;
    return *id > 0 || sx_fail(err, SX_ERR_MISSING, "there is no such job");
}

typedef struct found_row {
    sx_json root;
    bool found;
} found_row;

static bool take_row(void *user, const sx_db_row *row, sx_error *err) {
    found_row *f = user;
    (void)err;
    put_job(f->root, row);
    f->found = true;
    return true;
}

static bool show_job(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_json_doc doc;
    int64_t id;
    if (!read_id(r, &id, err)) return false;
    found_row f = { sx_json_new_object(&doc), false };
    const sx_db_value value = sx_db_int(id);
    if (sx_db_query(r->db, JOB_SELECT " WHERE j.id = ?", &value, 1, take_row, &f, err) &&
        (f.found || sx_fail(err, SX_ERR_MISSING, "there is no such job")))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool change_job(sx_web_request *r, int64_t id, bool retry, sx_error *err) {
    sx_job job;
    bool exists = false, found = false;
    if (!sx_jobs_find(r->db, id, &job, &exists, err)) return false;
    if (!exists) return sx_fail(err, SX_ERR_MISSING, "there is no such job");
    if (!(retry ? sx_retry_job(r->db, id, r->now, &found, err)
                : sx_jobs_drop(r->db, id, &found, err)))
        return false;
    if (!found)
        return sx_fail(err, SX_ERR_MISMATCH, "the job is %s; only a dead job can be %s", job.state,
                       retry ? "tried again" : "dropped");
    return sx_web_audit(r, retry ? "job retry" : "job drop", sx_web_parameter(r, "job"), job.kind,
                        err);
}

static bool reply_change(sx_web_request *r, bool retry, sx_web_reply *reply, sx_error *err) {
    const sx_worklist *w = r->user;
    int64_t id;
    if (!read_id(r, &id, err) || !sx_db_begin(r->db, err) ||
        !sx_db_end(r->db, change_job(r, id, retry, err), err))
        return false;
    if (retry) w->wake(w->node);
    sx_web_reply_empty(reply, 204);
    return true;
}

static bool retry_job(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_change(r, true, reply, err);
}

static bool drop_job(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_change(r, false, reply, err);
}

/* ---- POST /api/studies/{study}/retry ---- */

static bool revive_deliveries(sx_web_request *r, size_t *count, sx_error *err) {
    const char *uid = sx_web_parameter(r, "study");
    sx_store_study study;
    bool found = false;
    if (!sx_store_find_study(r->db, uid, &study, &found, err)) return false;
    if (!found) return sx_fail(err, SX_ERR_MISSING, "there is no such study");
    if (!sx_retry_study(r->db, uid, r->now, count, err)) return false;
    if (!*count) return sx_fail(err, SX_ERR_MISMATCH, "no delivery of this study is dead");
    return sx_web_audit(r, "study retry", uid, "", err);
}

static bool retry_study(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const sx_worklist *w = r->user;
    size_t count = 0;
    sx_json_doc doc;
    if (!sx_db_begin(r->db, err) || !sx_db_end(r->db, revive_deliveries(r, &count, err), err))
        return false;
    w->wake(w->node);
    sx_json_count(sx_json_new_object(&doc), "jobs", count);
    return sx_web_reply_json(reply, 200, &doc, err);
}

const sx_web_route sx_job_routes[] = {
    { "GET", "/api/jobs", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_jobs },
    { "GET", "/api/jobs/{job}", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_job },
    { "POST", "/api/jobs/{job}/retry", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      retry_job },
    { "POST", "/api/jobs/{job}/drop", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, drop_job },
    { "POST", "/api/studies/{study}/retry", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      retry_study },
    { .method = NULL },
};
