#include "service/reading/reading_prelabel.h"

#include <math.h>
#include <string.h>

#include "service/reading/reading_op.h"

bool sx_reading_prelabel_set_add(sx_db *db, int64_t project, const char *weights, double threshold,
                                 int64_t now, int64_t *set, sx_error *err) {
    bool found;
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(weights), sx_db_real(threshold),
                                   sx_db_int(now) };
    if (!(threshold >= 0 && threshold <= 1))
        return sx_fail(err, SX_ERR_VALUE, "a threshold is from 0 to 1, not %g", threshold);
    return sx_db_query_int(db,
                           "INSERT INTO reading_prelabel_set (project, weights, threshold, made)"
                           " VALUES (?, ?, ?, ?) RETURNING id",
                           values, 4, set, &found, err);
}

typedef struct film_size {
    int64_t id;
    double width, height;
    bool found;
} film_size;

static bool take_size(void *user, const sx_db_row *row, sx_error *err) {
    film_size *f = user;
    (void)err;
    *f = (film_size){ sx_db_get_int(row, 0), (double)sx_db_get_int(row, 1),
                      (double)sx_db_get_int(row, 2), true };
    return true;
}

static bool check_box(const sx_reading_prelabel *b, const film_size *f, double c[4],
                      sx_error *err) {
    char size[SX_STATED_SIZE_TEXT];
    if (sx_stated_size_differs(b->size, f->width, f->height))
        return sx_fail(err, SX_ERR_MISMATCH, "film %s is %g x %g, the report says %s", b->image_id,
                       f->width, f->height, sx_stated_size_text(b->size, size));
    c[0] = fmax(b->corners[0], 0);
    c[1] = fmax(b->corners[1], 0);
    c[2] = fmin(b->corners[2], f->width);
    c[3] = fmin(b->corners[3], f->height);
    if (!(c[2] - c[0] >= SX_READING_LEAST_SIDE && c[3] - c[1] >= SX_READING_LEAST_SIDE))
        return sx_fail(err, SX_ERR_VALUE,
                       "film %s: a box of class %s has less than %g pixels on the film",
                       b->image_id, b->label, SX_READING_LEAST_SIDE);
    return (b->score >= 0 && b->score <= 1) ||
           sx_fail(err, SX_ERR_VALUE, "film %s: a score is from 0 to 1, not %g", b->image_id,
                   b->score);
}

bool sx_reading_prelabel_add(sx_db *db, int64_t project, int64_t set, const sx_reading_prelabel *b,
                             bool *known, sx_error *err) {
    film_size f = { .found = false };
    int64_t label;
    double c[4] = { 0 };
    const sx_db_value film[] = { sx_db_int(project), sx_db_text(b->image_id) };
    if (!sx_db_query(db,
                     "SELECT id, width, height FROM reading_film WHERE project = ?"
                     " AND image_id = ?",
                     film, 2, take_size, &f, err))
        return false;
    *known = f.found;
    if (!f.found) return true;
    if (!sx_reading_label_find(db, project, "box", b->label, &label, err) ||
        !check_box(b, &f, c, err))
        return false;
    const sx_db_value values[] = { sx_db_int(set),       sx_db_int(f.id),  sx_db_int(label),
                                   sx_db_real(b->score), sx_db_real(c[0]), sx_db_real(c[1]),
                                   sx_db_real(c[2]),     sx_db_real(c[3]) };
    return sx_db_run(db,
                     "INSERT INTO reading_prelabel (prelabel_set, film, label, score, x0, y0, x1,"
                     " y1) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     values, 8, err);
}

/* ---- what a reader sees ---- */

typedef struct set_row {
    int64_t id;
    double threshold;
    bool found;
} set_row;

static bool take_set(void *user, const sx_db_row *row, sx_error *err) {
    set_row *s = user;
    (void)err;
    *s = (set_row){ sx_db_get_int(row, 0), sx_db_get_real(row, 1), true };
    return true;
}

static bool add_prelabel(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "prelabel", sx_db_get_int(row, 0));
    sx_json_integer(o, "film", sx_db_get_int(row, 1));
    sx_json_integer(o, "label", sx_db_get_int(row, 2));
    sx_json_number(o, "score", sx_db_get_real(row, 3));
    const sx_json corners = sx_json_array(o, "corners");
    for (int i = 0; i < 4; i++)
        sx_json_number(corners, NULL, sx_db_get_real(row, 4 + i));
    return true;
}

bool sx_reading_prelabels_put(sx_db *db, const sx_reading_task *t, sx_json to, sx_error *err) {
    const sx_db_value project = sx_db_int(t->project);
    set_row s = { .threshold = 0.5, .found = false };
    if (!sx_db_query(db,
                     "SELECT id, threshold FROM reading_prelabel_set WHERE project = ?"
                     " ORDER BY id DESC LIMIT 1",
                     &project, 1, take_set, &s, err))
        return false;
    if (s.found)
        sx_json_integer(to, "set", s.id);
    else
        sx_json_null(to, "set");
    sx_json_number(to, "threshold", s.threshold);
    sx_json list = sx_json_array(to, "prelabels");
    const sx_db_value values[] = { sx_db_int(s.id), sx_db_int(t->study), sx_db_text(t->prelabels),
                                   sx_db_int(t->id) };
    return !s.found || sx_db_query(db,
                                   "SELECT p.id, p.film, p.label, p.score, p.x0, p.y0, p.x1, p.y1"
                                   " FROM reading_prelabel p JOIN reading_film f ON f.id = p.film"
                                   " WHERE p.prelabel_set = ? AND f.study = ? AND f.held = ''"
                                   " AND (? = 'before' OR EXISTS (SELECT 1 FROM reading_film_read r"
                                   " WHERE r.task = ? AND r.film = f.id AND r.committed > 0))"
                                   " ORDER BY p.film, p.score DESC, p.id",
                                   values, 4, add_prelabel, &list, err);
}
