/* The routes of exports. */
#include <string.h>

#include "base/mem.h"
#include "service/access/accounts.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"
#include "service/reading/reading_versions.h"

static bool add_version(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "tag", sx_db_get_text(row, 0));
    sx_json_text(o, "sha256", sx_db_get_text(row, 1));
    sx_json_text(o, "what", sx_db_get_text(row, 2));
    sx_json_integer(o, "films", sx_db_get_int(row, 3));
    sx_json_integer(o, "boxes", sx_db_get_int(row, 4));
    sx_json_text(o, "version", sx_db_get_text(row, 5));
    sx_json_integer(o, "made", sx_db_get_int(row, 6));
    return true;
}

static bool reply_versions(sx_web_request *r, int64_t project, sx_web_reply *reply, sx_error *err) {
    const sx_db_value value = sx_db_int(project);
    return sx_reading_manager_list(r, "exports",
                                   "SELECT tag, sha256, what, films, boxes, version, made"
                                   " FROM reading_export WHERE project = ? ORDER BY id DESC",
                                   &value, 1, add_version, reply, err);
}

static bool list_versions(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    return sx_reading_project_of(r, &p, err) && reply_versions(r, p.id, reply, err);
}

static bool make_version(sx_web_request *r, sx_reading_project *p, sx_error *err) {
    const char *tag;
    sx_reading_version v = { 0 };
    sx_reading_selection s = { .reader = NULL };
    const json_t *reader = json_object_get(r->body, "reader");
    if (!sx_web_body_text(r, "tag", SX_READING_TAG - 1, &tag, err) ||
        !sx_reading_body_int(r, "round", 0, 100, 0, &s.round, err) ||
        !sx_reading_body_flag(r, "adjudicated", &s.adjudicated, err) ||
        (reader && !json_is_null(reader) &&
         !sx_web_body_text(r, "reader", SX_LOGIN - 1, &s.reader, err)))
        return false;
    bool ok = sx_reading_project_of(r, p, err) &&
              sx_reading_version_make(r->db, p, &s, tag, r->now, &v, err);
    if (ok && v.kept) ok = sx_fail(err, SX_ERR_MISMATCH, "there is a version %s already", tag);
    ok = ok && sx_web_audit(r, "reading export", p->key, tag, err);
    sx_reading_version_free(&v);
    return ok;
}

static bool add_new_version(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p = { 0 };
    return sx_db_begin(r->db, err) && sx_db_end(r->db, make_version(r, &p, err), err) &&
           reply_versions(r, p.id, reply, err);
}

static bool send_file(sx_web_request *r, bool csv, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    sx_reading_version v = { 0 };
    const bool ok =
        sx_reading_project_of(r, &p, err) &&
        sx_reading_version_find(r->db, &p, sx_web_parameter(r, "tag"), &v, err) &&
        sx_web_reply_str(reply, 200, csv ? "text/csv; charset=utf-8" : "application/json",
                         csv ? &v.csv : &v.json, err);
    sx_reading_version_free(&v);
    return ok;
}

static bool send_csv(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return send_file(r, true, reply, err);
}

static bool send_json(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return send_file(r, false, reply, err);
}

#define EXPORTS "/api/reading/projects/{project}/exports"
const sx_web_route sx_reading_version_routes[] = {
    { "GET", EXPORTS, SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_versions },
    { "POST", EXPORTS, SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 4096, add_new_version },
    { "GET", EXPORTS "/{tag}/annotations.csv", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      send_csv },
    { "GET", EXPORTS "/{tag}/reading.json", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      send_json },
    { .method = NULL },
};
