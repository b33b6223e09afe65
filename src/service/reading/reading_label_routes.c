/* The routes of a project's labels, for its manager: findings with their attributes, tags of films
 * and studies. */
#include <string.h>

#include "base/str.h"
#include "service/reading/reading_access.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"
#include "service/reading/reading_task_view.h"

enum { MOST_ATTRIBUTES = 30 };

static bool add_label(void *user, int64_t id, const sx_reading_label *l, bool retired,
                      sx_error *err) {
    return sx_reading_put_label(*(sx_json *)user, id, l, retired, err);
}

static bool reply_labels(sx_web_request *r, const sx_reading_project *p, sx_web_reply *reply,
                         sx_error *err) {
    sx_json_doc doc;
    sx_json list = sx_json_array(sx_json_new_object(&doc), "labels");
    if (sx_reading_labels_list(r->db, p->id, add_label, &list, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

static bool list_labels(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    return sx_reading_project_of(r, &p, err) && reply_labels(r, &p, reply, err);
}

/* The attributes of the body; none if it has none. */
static bool read_attributes(const sx_web_request *r, const char **texts, size_t *count,
                            sx_error *err) {
    const json_t *list = json_object_get(r->body, "attributes");
    *count = 0;
    if (list && !json_is_array(list))
        return sx_fail(err, SX_ERR_VALUE, "attributes: it must be a list of texts");
    return json_array_size(list) == 0 ||
           sx_reading_body_texts(r, "attributes", "texts", MOST_ATTRIBUTES, texts, count, err);
}

static bool note(const sx_web_request *r, const sx_reading_project *p, const char *what,
                 const char *name, sx_error *err) {
    char detail[SX_READING_NAME + 20];
    sx_format(detail, sizeof detail, "%s %s", what, name);
    return sx_web_audit(r, "reading label", p->key, detail, err);
}

/* ---- POST .../labels ---- */

static bool read_text(const sx_web_request *r, const char *key, const char *otherwise,
                      const char **out, sx_error *err) {
    *out = otherwise;
    return !json_object_get(r->body, key) ||
           sx_web_body_text(r, key, SX_READING_NAME - 1, out, err);
}

static bool add_new(sx_web_request *r, sx_reading_project *p, sx_error *err) {
    const char *texts[MOST_ATTRIBUTES];
    char attributes[SX_READING_LIST] = "[]";
    size_t count;
    int64_t id;
    sx_reading_label l = { .attributes = attributes };
    return sx_web_body_text(r, "kind", SX_READING_NAME - 1, &l.kind, err) &&
           sx_web_body_text(r, "name", SX_READING_NAME - 1, &l.name, err) &&
           read_text(r, "color", "", &l.color, err) && read_text(r, "code", "", &l.code, err) &&
           read_attributes(r, texts, &count, err) &&
           sx_reading_attributes_add(attributes, texts, count, err) &&
           sx_reading_project_of(r, p, err) && sx_reading_label_add(r->db, p->id, &l, &id, err) &&
           note(r, p, "new", l.name, err);
}

static bool add_labels(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p = { 0 };
    return sx_db_begin(r->db, err) && sx_db_end(r->db, add_new(r, &p, err), err) &&
           reply_labels(r, &p, reply, err);
}

/* ---- POST .../labels/{label} ---- */

typedef struct found_label {
    int64_t id;
    char kind[20], name[SX_READING_NAME];
} found_label;

static bool find_label(void *user, int64_t id, const sx_reading_label *l, bool retired,
                       sx_error *err) {
    found_label *f = user;
    (void)retired;
    (void)err;
    if (id != f->id) return true;
    sx_format(f->kind, sizeof f->kind, "%s", l->kind);
    sx_format(f->name, sizeof f->name, "%s", l->name);
    return true;
}

static bool change(sx_web_request *r, sx_reading_project *p, sx_error *err) {
    const char *texts[MOST_ATTRIBUTES];
    size_t count;
    found_label f = { .id = sx_reading_path_id(r, "label") };
    bool retire;
    if (!sx_reading_body_flag(r, "retired", &retire, err) ||
        !read_attributes(r, texts, &count, err) || !sx_reading_project_of(r, p, err) ||
        !sx_reading_labels_list(r->db, p->id, find_label, &f, err))
        return false;
    if (!*f.name) return sx_fail(err, SX_ERR_MISSING, "the project has no such label");
    if (count && (!sx_reading_label_extend(r->db, p->id, f.kind, f.name, texts, count, err) ||
                  !note(r, p, "attributes of", f.name, err)))
        return false;
    return !json_object_get(r->body, "retired") ||
           (sx_reading_label_retire(r->db, p->id, f.kind, f.name, retire, err) &&
            note(r, p, retire ? "retired" : "restored", f.name, err));
}

static bool change_label(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p = { 0 };
    return sx_db_begin(r->db, err) && sx_db_end(r->db, change(r, &p, err), err) &&
           reply_labels(r, &p, reply, err);
}

#define LABELS "/api/reading/projects/{project}/labels"
const sx_web_route sx_reading_label_routes[] = {
    { "GET", LABELS, SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_labels },
    { "POST", LABELS, SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 16384, add_labels },
    { "POST", LABELS "/{label}", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 16384,
      change_label },
    { .method = NULL },
};
