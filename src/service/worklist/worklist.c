#include "service/worklist/worklist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "dicom/projection.h"
#include "image/png.h"
#include "service/node/film_result.h"
#include "service/store/picture_file.h"
#include "service/web/web.h"
#include "service/worklist/opinions.h"
#include "service/worklist/study_sql.h"

/* ---- GET /api/studies/{study} ---- */

/* The texts of the weights that must accompany every result, each once. */
static void put_notes(sx_json o, const json_t *report) {
    const json_t *models = json_object_get(report, "models");
    const sx_json notes = sx_json_array(o, "notes");
    for (size_t i = 0; i < json_array_size(models); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(models, i), "note"));
        bool known = !text || !*text;
        for (size_t k = 0; k < i && !known; k++) {
            const json_t *other = json_object_get(json_array_get(models, k), "note");
            known = json_is_string(other) && strcmp(json_string_value(other), text) == 0;
        }
        if (!known) sx_json_text(notes, NULL, text);
    }
}

/* Without a verdict there are no findings, as in the report. `boxes` still has every box. */
static bool drop_findings(json_t *film, sx_error *err) {
    json_t *findings = json_object_get(film, "findings");
    return !json_is_true(json_object_get(film, "unfamiliar")) || !json_is_array(findings) ||
           json_array_clear(findings) == 0 ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for the findings of a film");
}

/* The film of the worker's report, as docs/report.md describes it. */
static bool put_result(sx_json o, const char *body, sx_error *err) {
    json_t *report = sx_json_parse(body, strlen(body), true, NULL, err);
    if (!report) return false;
    json_t *film = json_array_get(
        json_object_get(json_array_get(json_object_get(report, "studies"), 0), "films"), 0);
    const bool ok = drop_findings(film, err);
    sx_json_doc part = { .root = json_incref(film) };
    sx_json_move(o, "result", &part);
    put_notes(o, report);
    json_decref(report);
    return ok;
}

/* A result that is damaged in the database must not hide the rest of the study. */
static bool put_valid_result(sx_json o, const char *body, sx_error *err) {
    sx_film_result unused;
    sx_error why = { 0 };
    if (sx_film_result_parse(body, strlen(body), SX_FILM_RESULT_SIDE, SX_FILM_RESULT_SIDE, &unused,
                             &why)) {
        sx_film_result_free(&unused);
        return put_result(o, body, err);
    }
    if (why.code != SX_ERR_FORMAT) return sx_fail(err, why.code, "%s", why.message);
    sx_json_text(o, "damaged", why.message);
    return true;
}

static bool add_film(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    sx_json_text(o, "sop_uid", sx_db_get_text(row, 0));
    sx_json_text(o, "state", sx_db_get_text(row, 1));
    sx_json_text(o, "reason", sx_db_get_text(row, 2));
    sx_json_integer(o, "received", sx_db_get_int(row, 3));
    sx_json_text(o, "source", sx_db_get_text(row, 4));
    return sx_db_is_null(row, 5) || put_valid_result(o, sx_db_get_text(row, 5), err);
}

static bool add_delivery(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "destination", sx_db_get_text(row, 0));
    sx_json_text(o, "state", sx_db_get_text(row, 1));
    sx_json_integer(o, "revision", sx_db_get_int(row, 2));
    sx_json_integer(o, "objects", sx_db_get_int(row, 3));
    sx_json_integer(o, "at", sx_db_get_int(row, 4));
    return true;
}

static bool add_job(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "id", sx_db_get_int(row, 0));
    sx_json_text(o, "kind", sx_db_get_text(row, 1));
    sx_json_text(o, "destination", sx_db_get_text(row, 2));
    sx_json_text(o, "state", sx_db_get_text(row, 3));
    sx_json_integer(o, "attempts", sx_db_get_int(row, 4));
    sx_json_integer(o, "not_before", sx_db_get_int(row, 5));
    sx_json_text(o, "error", sx_db_get_text(row, 6));
    return true;
}

static bool add_event(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "at", sx_db_get_int(row, 0));
    sx_json_text(o, "kind", sx_db_get_text(row, 1));
    sx_json_text(o, "sop_uid", sx_db_get_text(row, 2));
    sx_json_text(o, "detail", sx_db_get_text(row, 3));
    return true;
}

static bool add_opinion(void *user, const sx_opinion *opinion, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "at", opinion->at);
    sx_json_text(o, "who", opinion->who);
    sx_json_integer(o, "revision", opinion->revision);
    if (opinion->agrees < 0)
        sx_json_null(o, "agrees");
    else
        sx_json_bool(o, "agrees", opinion->agrees != 0);
    sx_json_text(o, "verdict", opinion->verdict);
    sx_json_text(o, "comment", opinion->comment);
    return true;
}

/* The lists of a study, in the order of the page. */
static const struct {
    const char *key, *sql; /* every ? stands for the study */
    sx_db_row_fn *add;
} lists[] = {
    { "films",
      "SELECT i.sop_uid, i.state, i.reason, i.received, i.source, CASE WHEN " SX_IN_RESULT
      " OR i.state = 'unfamiliar' THEN p.body END FROM study s"
      " JOIN instance i ON i.study_uid = s.study_uid" SX_NEWEST_PREDICTION
      " WHERE s.study_uid = ? AND i.is_film = 1 ORDER BY i.series_uid, i.sop_uid",
      add_film },
    { "deliveries",
      "SELECT d.destination, d.state, o.revision, COUNT(*), MAX(d.at) FROM delivery d"
      " JOIN output o ON o.sop_uid = d.sop_uid WHERE o.study_uid = ?"
      " GROUP BY d.destination, d.state, o.revision ORDER BY o.revision, d.destination, d.state",
      add_delivery },
    { "jobs",
      "SELECT id, kind, destination, state, attempts, not_before, error FROM job"
      " WHERE state NOT IN ('done', 'dropped') AND (key = ? OR key LIKE ? || '/%' OR key IN"
      " (SELECT sop_uid FROM instance WHERE study_uid = ?)) ORDER BY id",
      add_job },
    { "events", "SELECT at, kind, sop_uid, detail FROM event WHERE study_uid = ? ORDER BY id",
      add_event },
};

static size_t count_marks(const char *sql) {
    size_t n = 0;
    for (; *sql; sql++)
        n += *sql == '?';
    return n;
}

static int rank_of(const json_t *film) {
    const json_t *view = json_object_get(json_object_get(film, "result"), "view");
    return sx_projection_rank(sx_projection_by_name(json_string_value(view)));
}

/* Frontal films first; otherwise in the order of the query. */
static bool order_films(json_t *films, sx_error *err) {
    json_t *all = json_copy(films);
    bool ok = all && json_array_clear(films) == 0;
    for (int rank = 0; rank < SX_PROJECTION_PLACES; rank++)
        for (size_t i = 0; ok && i < json_array_size(all); i++)
            if (rank_of(json_array_get(all, i)) == rank)
                ok = json_array_append(films, json_array_get(all, i)) == 0;
    json_decref(all);
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for the films of a study");
}

static bool put_lists(sx_db *db, const char *study, sx_json root, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(study), sx_db_text(study), sx_db_text(study) };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        sx_json list = sx_json_array(root, lists[i].key);
        if (!sx_db_query(db, lists[i].sql, values, count_marks(lists[i].sql), lists[i].add, &list,
                         err))
            return false;
    }
    if (!sx_json_ok(root.doc, err) || !order_films(json_object_get(root.node, "films"), err))
        return false;
    sx_json opinions = sx_json_array(root, "opinions");
    return sx_opinions_list(db, study, add_opinion, &opinions, err);
}

static bool add_study(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = *(sx_json *)user;
    (void)err;
    sx_json_text(o, "patient_id", sx_db_get_text(row, 0));
    sx_json_text(o, "issuer", sx_db_get_text(row, 1));
    sx_json_text(o, "accession", sx_db_get_text(row, 2));
    sx_json_text(o, "study_date", sx_db_get_text(row, 3));
    sx_json_bool(o, "demonstration", sx_db_get_int(row, 4) != 0);
    sx_json_text(o, "state", sx_db_get_text(row, 5));
    sx_json_text(o, "reason", sx_db_get_text(row, 6));
    sx_study_put_verdict(o, row, 7);
    return true;
}

static bool put_study(sx_db *db, const char *study, sx_json root, sx_error *err) {
    const sx_db_value value = sx_db_text(study);
    return sx_db_query(db,
                       "SELECT patient_id, issuer, accession, study_date,"
                       " (SELECT COALESCE(MAX(o.demonstration), 0) FROM output o"
                       " WHERE o.study_uid = s.study_uid AND o.revision = s.revision),"
                       " " SX_STUDY_STATE ", " SX_STUDY_REASON
                       ", (SELECT " SX_STUDY_PROBABILITY SX_STUDY_FILMS
                       "), (SELECT " SX_STUDY_VERDICT SX_STUDY_FILMS ")"
                       " FROM study s WHERE study_uid = ?",
                       &value, 1, add_study, &root, err);
}

static bool find_study(sx_web_request *r, sx_store_study *out, sx_error *err) {
    bool found = false;
    return sx_store_find_study(r->db, sx_web_parameter(r, "study"), out, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "there is no such study"));
}

static bool show_study(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *uid = sx_web_parameter(r, "study");
    sx_store_study study;
    sx_json_doc doc;
    if (!find_study(r, &study, err)) return false;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "study_uid", uid);
    sx_json_integer(root, "revision", study.revision);
    sx_json_integer(root, "quiet_until", study.quiet_until);
    if (put_study(r->db, uid, root, err) && put_lists(r->db, uid, root, err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}

/* ---- opinions ---- */

static bool read_opinion(sx_web_request *r, sx_opinion *o, sx_error *err) {
    const json_t *agrees = json_object_get(r->body, "agrees");
    const char *verdict = "", *comment = "";
    if (json_object_get(r->body, "verdict") &&
        !sx_web_body_text(r, "verdict", sizeof o->verdict - 1, &verdict, err))
        return false;
    if (json_object_get(r->body, "comment") &&
        !sx_web_body_text(r, "comment", sizeof o->comment - 1, &comment, err))
        return false;
    if (agrees && !json_is_boolean(agrees) && !json_is_null(agrees))
        return sx_fail(err, SX_ERR_VALUE, "agrees must be true, false or null");
    o->agrees = json_is_boolean(agrees) ? json_is_true(agrees) : -1;
    sx_format(o->verdict, sizeof o->verdict, "%s", verdict);
    sx_format(o->comment, sizeof o->comment, "%s", comment);
    return true;
}

static bool add_to_study(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_store_study study;
    sx_opinion o = { .id = 0 };
    if (!find_study(r, &study, err) || !read_opinion(r, &o, err)) return false;
    o.revision = study.revision;
    sx_format(o.study_uid, sizeof o.study_uid, "%s", sx_web_parameter(r, "study"));
    sx_format(o.who, sizeof o.who, "%s", r->who);
    sx_web_reply_empty(reply, 204);
    bool ok = sx_db_begin(r->db, err);
    return ok && sx_db_end(r->db,
                           sx_opinions_add_now(r->db, &o, r->now, err) &&
                               sx_web_audit(r, "opinion", o.study_uid, "", err),
                           err);
}

static bool compare_opinions(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_str text = { 0 };
    if (sx_opinions_compare(r->db, &text, err))
        return sx_web_reply_str(reply, 200, "text/csv; charset=utf-8", &text, err);
    sx_str_free(&text);
    return false;
}

/* ---- GET /api/films/{film}/picture ---- */

static bool reply_picture(const sx_film_picture *p, sx_web_reply *reply, sx_error *err) {
    sx_image im = { 0 };
    sx_str png = { 0 };
    if (!p->rgb) return sx_fail(err, SX_ERR_MISSING, "there is no picture");
    if (!sx_image_new(&im, p->width, p->height, 3, 8, err)) return false;
    memcpy(sx_image_u8(&im), p->rgb, sx_image_bytes(&im));
    const bool ok = sx_png_encode(&im, SX_PNG_QUICK, &png, err) &&
                    sx_web_reply_str(reply, 200, "image/png", &png, err);
    if (!ok) sx_str_free(&png);
    sx_image_free(&im);
    return ok;
}

static bool reply_film(const char *path, sx_web_reply *reply, sx_error *err) {
    struct stat st;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return sx_fail(err, SX_ERR_MISSING, "there is no picture of this film");
    if (file < 0 || fstat(file, &st) != 0) {
        sx_fail_errno(err, path, "read");
        if (file >= 0) close(file);
        return false;
    }
    sx_web_reply_file(reply, 200, "image/png", file, (uint64_t)st.st_size);
    return true;
}

static bool find_film(sx_web_request *r, sx_store_film *film, sx_error *err) {
    bool found = false;
    return sx_store_find_film(r->db, sx_web_parameter(r, "film"), film, &found, err) &&
           (found || sx_fail(err, SX_ERR_MISSING, "there is no such film"));
}

static bool show_film(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const sx_worklist *w = r->user;
    sx_store_film film;
    if (!find_film(r, &film, err)) return false;
    char *path = sx_film_png_path(w->folder, film.path);
    const bool ok = (path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path")) &&
                    reply_film(path, reply, err);
    free(path);
    return ok;
}

static bool show_picture(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const sx_worklist *w = r->user;
    sx_store_film film;
    sx_store_study study;
    sx_film_picture picture = { .rgb = NULL };
    bool found = false;
    if (!find_film(r, &film, err) ||
        !sx_store_find_study(r->db, film.study_uid, &study, &found, err))
        return false;
    const bool ok = sx_film_picture_open(&picture, r->db, w->folder, film.path, film.sop_uid,
                                         found ? study.revision : 0, NULL, err) &&
                    reply_picture(&picture, reply, err);
    sx_film_picture_close(&picture);
    return ok;
}

const sx_web_route sx_worklist_routes[] = {
    { "GET", "/api/studies", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, sx_list_studies },
    { "GET", "/api/studies/{study}", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_study },
    { "GET", "/api/studies/{study}/versions", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      sx_show_versions },
    { "POST", "/api/studies/{study}/opinion", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_JSON, 16384,
      add_to_study },
    { "GET", "/api/films/{film}/picture", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_picture },
    { "GET", "/api/films/{film}/image", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_film },
    { "GET", "/api/opinions.csv", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      compare_opinions },
    { .method = NULL },
};
