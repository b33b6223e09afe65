#include "service/reading/reading_task_view.h"

#include <string.h>

#include "service/reading/reading_op.h"

/* ---- project ---- */

bool sx_reading_put_label(sx_json list, int64_t id, const sx_reading_label *l, bool retired,
                          sx_error *err) {
    const sx_json o = sx_json_object(list, NULL);
    sx_json_integer(o, "label", id);
    sx_json_text(o, "kind", l->kind);
    sx_json_text(o, "name", l->name);
    sx_json_text(o, "color", l->color);
    sx_json_text(o, "code", l->code);
    sx_json_integer(o, "order", l->order);
    sx_json_bool(o, "retired", retired);
    return sx_reading_put_list(o, "attributes", l->attributes, err);
}

static bool add_label(void *user, int64_t id, const sx_reading_label *l, bool retired,
                      sx_error *err) {
    return sx_reading_put_label(*(sx_json *)user, id, l, retired, err);
}

static bool put_guide(void *user, const sx_db_row *row, sx_error *err) {
    (void)err;
    sx_json_text(*(sx_json *)user, "guide", sx_db_get_text(row, 0));
    return true;
}

static bool put_project(sx_db *db, int64_t id, sx_json to, sx_error *err) {
    sx_reading_project p;
    const sx_db_value value = sx_db_int(id);
    if (!sx_reading_project_get(db, id, &p, err)) return false;
    sx_json o = sx_json_object(to, "project");
    sx_json_text(o, "key", p.key);
    sx_json_text(o, "name", p.name);
    sx_json_bool(o, "confidence", p.confidence);
    sx_json labels = sx_json_array(o, "labels");
    return sx_db_query(db, "SELECT guide FROM reading_project WHERE id = ?", &value, 1, put_guide,
                       &o, err) &&
           sx_reading_labels_list(db, id, add_label, &labels, err);
}

/* ---- films and boxes ---- */

static void put_real(sx_json at, const char *key, const sx_db_row *row, int column) {
    if (sx_db_is_null(row, column))
        sx_json_null(at, key);
    else
        sx_json_number(at, key, sx_db_get_real(row, column));
}

static bool add_film(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    sx_json_integer(o, "film", sx_db_get_int(row, 0));
    sx_json_integer(o, "width", sx_db_get_int(row, 1));
    sx_json_integer(o, "height", sx_db_get_int(row, 2));
    put_real(o, "row_spacing", row, 3);
    put_real(o, "column_spacing", row, 4);
    sx_json_text(o, "view", sx_db_get_text(row, 5));
    sx_json_text(o, "verdict", sx_db_get_text(row, 6));
    sx_json_text(o, "reason", sx_db_get_text(row, 7));
    sx_json_bool(o, "committed", sx_db_get_int(row, 9) != 0);
    return sx_reading_put_list(o, "tags", sx_db_get_text(row, 8), err);
}

static bool add_box(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    sx_json_text(o, "box", sx_db_get_text(row, 0));
    sx_json_integer(o, "film", sx_db_get_int(row, 1));
    sx_json_integer(o, "label", sx_db_get_int(row, 2));
    const sx_json corners = sx_json_array(o, "corners");
    for (int i = 0; i < 4; i++)
        sx_json_number(corners, NULL, sx_db_get_real(row, 3 + i));
    sx_json_text(o, "source", sx_db_get_text(row, 8));
    if (sx_db_is_null(row, 9))
        sx_json_null(o, "source_id");
    else
        sx_json_integer(o, "source_id", sx_db_get_int(row, 9));
    sx_json_integer(o, "rev", sx_db_get_int(row, 10));
    return sx_reading_put_list(o, "attributes", sx_db_get_text(row, 7), err);
}

static bool add_choice(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "prelabel", sx_db_get_int(row, 0));
    sx_json_text(o, "choice", sx_db_get_text(row, 1));
    return true;
}

static bool put_films(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(t->study) };
    sx_json list = sx_json_array(to, "films");
    return sx_db_query(db,
                       "SELECT f.id, f.width, f.height, f.row_spacing, f.column_spacing, f.view,"
                       " COALESCE(r.verdict, ''), COALESCE(r.reason, ''), COALESCE(r.tags, '[]'),"
                       " COALESCE(r.committed, 0) FROM reading_film f LEFT JOIN reading_film_read r"
                       " ON r.film = f.id AND r.task = ? WHERE f.study = ? AND f.held = ''"
                       " ORDER BY f.ord, f.id",
                       values, 2, add_film, &list, err);
}

static bool put_boxes(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    const sx_db_value value = sx_db_int(t->id);
    sx_json boxes = sx_json_array(to, "boxes"), choices = sx_json_array(to, "choices");
    return sx_db_query(db,
                       "SELECT box, film, label, x0, y0, x1, y1, attributes, source, source_id, rev"
                       " FROM reading_box WHERE task = ? AND deleted = 0 ORDER BY film, rev, box",
                       &value, 1, add_box, &boxes, err) &&
           sx_db_query(db,
                       "SELECT prelabel, choice FROM reading_prelabel_choice WHERE task = ?"
                       " ORDER BY prelabel",
                       &value, 1, add_choice, &choices, err);
}

/* ---- study ---- */

typedef struct study_view {
    sx_json to;
    bool found;
} study_view;

static bool put_study_row(void *user, const sx_db_row *row, sx_error *err) {
    study_view *s = user;
    s->found = true;
    if (sx_db_is_null(row, 1))
        sx_json_null(s->to, "confidence");
    else
        sx_json_integer(s->to, "confidence", sx_db_get_int(row, 1));
    return sx_reading_put_list(s->to, "tags", sx_db_get_text(row, 0), err);
}

static bool put_study(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    const sx_db_value value = sx_db_int(t->id);
    study_view s = { to, false };
    if (!sx_db_query(db, "SELECT tags, confidence FROM reading_study_read WHERE task = ?", &value,
                     1, put_study_row, &s, err))
        return false;
    if (s.found) return true;
    sx_json_null(to, "confidence");
    (void)sx_json_array(to, "tags");
    return true;
}

typedef struct task_extras {
    sx_json to;
} task_extras;

static bool put_extras(void *user, const sx_db_row *row, sx_error *err) {
    const task_extras *e = user;
    (void)err;
    sx_json_text(e->to, "arm", sx_db_get_text(row, 0));
    sx_json_integer(e->to, "session", sx_db_get_int(row, 1));
    sx_json_integer(e->to, "count", sx_db_get_int(row, 2));
    return true;
}

static bool put_count(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    const sx_db_value value = sx_db_int(t->id);
    task_extras e = { to };
    return sx_db_query(db,
                       "SELECT t.arm, t.session, (SELECT COUNT(*) FROM reading_task o"
                       " WHERE o.project = t.project AND o.reader = t.reader)"
                       " FROM reading_task t WHERE t.id = ?",
                       &value, 1, put_extras, &e, err);
}

bool sx_reading_task_put(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    sx_json_integer(to, "task", t->id);
    sx_json_integer(to, "number", t->seq);
    sx_json_text(to, "kind", t->kind);
    sx_json_integer(to, "round", t->round);
    sx_json_text(to, "state", t->state);
    sx_json_text(to, "prelabels", t->prelabels);
    sx_json_text(to, "returned", t->returned);
    sx_json_integer(to, "rev", t->rev);
    return put_project(db, t->project, to, err) && put_count(db, t, to, err) &&
           put_films(db, t, to, err) && put_boxes(db, t, to, err) && put_study(db, t, to, err);
}

/* ---- completeness ---- */

bool sx_reading_task_is_complete(sx_db *db, const sx_reading_task *t, sx_error *err) {
    sx_reading_project p;
    int64_t open = 0, rated = 0;
    bool found;
    const sx_db_value values[] = { sx_db_int(t->study), sx_db_int(t->id) };
    if (!sx_reading_project_get(db, t->project, &p, err) ||
        !sx_db_query_int(db,
                         "SELECT COUNT(*) FROM reading_film f WHERE f.study = ? AND f.held = ''"
                         " AND NOT EXISTS (SELECT 1 FROM reading_film_read r WHERE r.task = ?"
                         " AND r.film = f.id AND r.verdict <> '')",
                         values, 2, &open, &found, err) ||
        !sx_db_query_int(db,
                         "SELECT COUNT(*) FROM reading_study_read WHERE task = ?"
                         " AND confidence IS NOT NULL",
                         &values[1], 1, &rated, &found, err))
        return false;
    if (open)
        return sx_fail(err, SX_ERR_MISMATCH, "%d %s no verdict yet", (int)open,
                       sx_noun((size_t)open, "film has", "films have"));
    return !p.confidence || rated ||
           sx_fail(err, SX_ERR_MISMATCH, "the study needs a confidence from 0 to 100");
}
