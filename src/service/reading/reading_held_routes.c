/* The routes of films that are held: the list, and the manager's decisions. */
#include <inttypes.h>
#include <string.h>

#include "service/reading/reading_access.h"
#include "service/reading/reading_held.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"

static bool add_film(void *user, const sx_reading_held_film *f, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "film", f->film);
    sx_json_text(o, "image_id", f->image_id);
    sx_json_text(o, "study_id", f->study_id);
    sx_json_text(o, "why", f->why);
    sx_json_text(o, "rejected", f->rejected);
    return true;
}

static bool reply_held(sx_web_request *r, const sx_reading_project *p, sx_web_reply *reply,
                       sx_error *err) {
    sx_json_doc doc;
    sx_json list = sx_json_array(sx_json_new_object(&doc), "films");
    if (sx_reading_held_list(r->db, p, add_film, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool list_held(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    return sx_reading_project_of(r, &p, err) && reply_held(r, &p, reply, err);
}

static bool decide(sx_web_request *r, sx_reading_project *p, sx_error *err) {
    const char *decision, *reason = "";
    char object[80];
    const int64_t film = sx_reading_path_id(r, "film");
    if (!sx_reading_project_of(r, p, err) || !sx_web_body_text(r, "decision", 20, &decision, err) ||
        (json_object_get(r->body, "reason") && !sx_web_body_text(r, "reason", 1000, &reason, err)))
        return false;
    const bool release = strcmp(decision, "release") == 0;
    if (!release && strcmp(decision, "reject") != 0)
        return sx_fail(err, SX_ERR_VALUE, "decision: release or reject");
    sx_format(object, sizeof object, "%s film %" PRId64, p->key, film);
    return (release ? sx_reading_held_release(r->db, p, film, err)
                    : sx_reading_held_reject(r->db, p, film, reason, err)) &&
           sx_web_audit(r, release ? "reading release" : "reading reject", object, reason, err);
}

static bool decide_on_held(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    return sx_db_begin(r->db, err) && sx_db_end(r->db, decide(r, &p, err), err) &&
           reply_held(r, &p, reply, err);
}

const sx_web_route sx_reading_held_routes[] = {
    { "GET", "/api/reading/projects/{project}/held", SX_ROLE_MANAGER, SX_WEB_SESSION,
      SX_WEB_NO_BODY, 0, list_held },
    { "POST", "/api/reading/projects/{project}/held/{film}", SX_ROLE_MANAGER, SX_WEB_SESSION,
      SX_WEB_JSON, 16384, decide_on_held },
    { .method = NULL },
};
