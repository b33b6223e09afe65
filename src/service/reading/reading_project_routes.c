/* The routes of managers for projects as a whole: all of them, a new one, and the films that it
 * gets from what the node received. */
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_received.h"
#include "service/reading/reading_routes.h"
#include "service/worklist/worklist.h"

/* ---- GET /api/reading/projects ---- */

static bool put_project(void *user, const sx_db_row *row, sx_error *err) {
    static const char *const counts[] = { "studies", "films",  "held",     "tasks",
                                          "done",    "locked", "questions" };
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "key", sx_db_get_text(row, 0));
    sx_json_text(o, "name", sx_db_get_text(row, 1));
    sx_json_integer(o, "readers", sx_db_get_int(row, 2));
    sx_json_text(o, "prelabels", sx_db_get_text(row, 3));
    sx_json_bool(o, "confidence", sx_db_get_int(row, 4) != 0);
    sx_json_integer(o, "made", sx_db_get_int(row, 5));
    for (int i = 0; i < 7; i++)
        sx_json_integer(o, counts[i], sx_db_get_int(row, 6 + i));
    return true;
}

static bool list_projects(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return sx_reading_manager_list(
        r, "projects",
        "SELECT p.key, p.name, p.readers, p.prelabels, p.confidence, p.made,"
        " (SELECT COUNT(*) FROM reading_study s WHERE s.project = p.id),"
        " (SELECT COUNT(*) FROM reading_film f WHERE f.project = p.id),"
        " (SELECT COUNT(*) FROM reading_film f WHERE f.project = p.id AND f.held <> ''"
        " AND f.rejected = ''),"
        " (SELECT COUNT(*) FROM reading_task t WHERE t.project = p.id),"
        " (SELECT COUNT(*) FROM reading_task t WHERE t.project = p.id AND t.state = 'done'),"
        " (SELECT COUNT(*) FROM reading_task t WHERE t.project = p.id AND t.state = 'locked'),"
        " (SELECT COUNT(*) FROM reading_comment c JOIN reading_task t ON t.id = c.task"
        " WHERE t.project = p.id AND c.resolved = 0)"
        " FROM reading_project p ORDER BY p.key",
        NULL, 0, put_project, reply, err);
}

/* ---- POST /api/reading/projects ---- */

/* A text of the body, "" if it is absent. */
static bool body_text(const sx_web_request *r, const char *key, size_t most, const char **out,
                      sx_error *err) {
    *out = "";
    return !json_object_get(r->body, key) || sx_web_body_text(r, key, most, out, err);
}

static bool read_project(const sx_web_request *r, sx_reading_project *p, const char **guide,
                         sx_error *err) {
    const char *key, *name, *order, *prelabels;
    int seed;
    if (!sx_web_body_text(r, "key", SX_READING_KEY - 1, &key, err) ||
        !body_text(r, "name", SX_READING_NAME - 1, &name, err) ||
        !body_text(r, "guide", SX_READING_GUIDE, guide, err) ||
        !body_text(r, "order", SX_READING_WORD - 1, &order, err) ||
        !body_text(r, "prelabels", SX_READING_WORD - 1, &prelabels, err) ||
        !sx_reading_body_int(r, "readers", 1, 20, 2, &p->readers, err) ||
        !sx_reading_body_int(r, "seed", 0, INT32_MAX, 1, &seed, err) ||
        !sx_reading_body_flag(r, "confidence", &p->confidence, err))
        return false;
    if (*order && strcmp(order, "random") != 0 && strcmp(order, "given") != 0)
        return sx_fail(err, SX_ERR_VALUE, "order: random or given");
    sx_format(p->key, sizeof p->key, "%s", key);
    sx_format(p->name, sizeof p->name, "%s", *name ? name : key);
    sx_format(p->prelabels, sizeof p->prelabels, "%s", *prelabels ? prelabels : "none");
    p->random_order = strcmp(order, "given") != 0;
    p->seed = seed;
    p->made = r->now;
    return true;
}

static bool add_project(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p = { 0 };
    const char *guide;
    return read_project(r, &p, &guide, err) && sx_db_begin(r->db, err) &&
           sx_db_end(r->db,
                     sx_reading_project_add(r->db, &p, guide, &p.id, err) &&
                         sx_web_audit(r, "reading init", p.key, "", err),
                     err) &&
           list_projects(r, reply, err);
}

/* ---- GET /api/reading/received ---- */

enum { MOST_LISTED = 500 };

static bool put_received(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "study_uid", sx_db_get_text(row, 0));
    sx_json_text(o, "study_date", sx_db_get_text(row, 1));
    sx_json_integer(o, "films", sx_db_get_int(row, 2));
    sx_json_integer(o, "received", sx_db_get_int(row, 3));
    return true;
}

/* Nothing here names a patient: managers do not see the worklist of the node. */
static bool list_received(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    long before;
    const char *after = sx_web_query(r, "after");
    if (!sx_web_query_int(r, "before", 0, INT64_MAX, INT64_MAX, &before, err)) return false;
    const sx_db_value values[] = { sx_db_int(before), sx_db_int(before),
                                   sx_db_text(after ? after : ""), sx_db_int(MOST_LISTED) };
    return sx_reading_manager_list(
        r, "studies",
        "SELECT s.study_uid, s.study_date, COUNT(*), MAX(i.received) FROM study s"
        " JOIN instance i ON i.study_uid = s.study_uid"
        " WHERE i.is_film = 1 AND i.state <> 'deleted' GROUP BY s.study_uid, s.study_date"
        " HAVING MAX(i.received) < ? OR (MAX(i.received) = ? AND s.study_uid > ?)"
        " ORDER BY MAX(i.received) DESC, s.study_uid LIMIT ?",
        values, 4, put_received, reply, err);
}

/* ---- POST /api/reading/projects/{project}/films ---- */

enum { MOST_STUDIES = 20, MOST_REASONS = 20 };

typedef struct film_import {
    sx_web_request *r;
    const char *folder;
    sx_json refused; /* reasons */
    size_t reasons;
} film_import;

static void put_reason(void *user, const sx_error *why) {
    film_import *f = user;
    sx_error copy = *why;
    if (f->reasons++ >= MOST_REASONS) return;
    sx_fail_rename(&copy, f->folder, "");
    sx_json_text(f->refused, NULL, copy.message);
}

static bool note_films(void *user, sx_error *err) {
    const film_import *f = user;
    return sx_web_audit(f->r, "reading import", sx_web_parameter(f->r, "project"), "received", err);
}

static bool take_studies(film_import *f, const sx_reading_project *p, const char *const *studies,
                         size_t count, sx_reading_received_counts *n, sx_error *err) {
    const sx_worklist *w = f->r->user;
    const sx_reading_received what = { studies, count, put_reason, f };
    const sx_reading_import_options o = {
        .folder = w->folder, .most_bytes = w->pixel_bytes, .note = note_films, .user = f
    };
    char *folder = sx_path_join(w->folder, "");
    f->folder = folder;
    bool ok = folder || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    ok = ok && sx_reading_import_received(f->r->db, p, &what, &o, n, err);
    if (!ok && folder) sx_fail_rename(err, folder, "");
    free(folder);
    return ok;
}

static bool import_films(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *studies[MOST_STUDIES];
    size_t count;
    sx_reading_project p;
    sx_reading_received_counts n;
    sx_json_doc doc;
    if (!sx_reading_body_texts(r, "studies", "Study Instance UIDs", MOST_STUDIES, studies, &count,
                               err) ||
        !sx_reading_project_of(r, &p, err))
        return false;
    const sx_json o = sx_json_new_object(&doc);
    film_import f = { .r = r, .refused = sx_json_array(o, "reasons") };
    if (!take_studies(&f, &p, studies, count, &n, err)) {
        sx_json_free(&doc);
        return false;
    }
    sx_json_count(o, "films", n.films.films);
    sx_json_count(o, "studies", n.films.studies);
    sx_json_count(o, "known", n.films.known);
    sx_json_count(o, "held", n.films.held);
    sx_json_count(o, "returned", n.films.returned);
    sx_json_count(o, "refused", n.refused + n.films.locked);
    return sx_web_reply_json(reply, 200, &doc, err);
}

#define PROJECTS "/api/reading/projects"
const sx_web_route sx_reading_project_routes[] = {
    { "GET", PROJECTS, SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, list_projects },
    { "POST", PROJECTS, SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 4 * SX_READING_GUIDE,
      add_project },
    { "GET", "/api/reading/received", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      list_received },
    { "POST", PROJECTS "/{project}/films", SX_ROLE_MANAGER, SX_WEB_SESSION, SX_WEB_JSON, 8192,
      import_films },
    { .method = NULL },
};
