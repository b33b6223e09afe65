/* Whether an operation may be saved (reading_apply.h). */
#include <string.h>

#include "base/fold.h"
#include "base/json.h"
#include "base/nearest_word.h"
#include "service/reading/reading_apply.h"
#include "service/reading/reading_export.h"

#define WITHOUT_BOXES "normal|rejected" /* verdicts of films that have none */

static bool exists(sx_db *db, const char *sql, const sx_db_value *values, size_t n, bool *found,
                   sx_error *err) {
    int64_t unused;
    return sx_db_query_int(db, sql, values, n, &unused, found, err);
}

/* ---- films ---- */

typedef struct film_row {
    double width, height;
    char verdict[SX_READING_WORD];
    bool found;
} film_row;

static bool take_film(void *user, const sx_db_row *row, sx_error *err) {
    film_row *f = user;
    (void)err;
    f->width = (double)sx_db_get_int(row, 0);
    f->height = (double)sx_db_get_int(row, 1);
    sx_db_copy_text(row, 2, f->verdict, sizeof f->verdict);
    f->found = true;
    return true;
}

static bool find_film(sx_db *db, const sx_reading_task *t, const sx_reading_op *op, film_row *out,
                      sx_error *err) {
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(op->film), sx_db_int(t->study) };
    *out = (film_row){ .found = false };
    return sx_db_query(db,
                       "SELECT f.width, f.height, COALESCE(r.verdict, '') FROM reading_film f"
                       " LEFT JOIN reading_film_read r ON r.film = f.id AND r.task = ?"
                       " WHERE f.id = ? AND f.study = ? AND f.held = ''",
                       values, 3, take_film, out, err) &&
           (out->found || sx_fail(err, SX_ERR_VALUE, "film: the task has no such film"));
}

/* ---- boxes ---- */

typedef struct box_row {
    int64_t film, label;
    bool found, deleted;
} box_row;

static bool take_box(void *user, const sx_db_row *row, sx_error *err) {
    box_row *b = user;
    (void)err;
    *b =
        (box_row){ sx_db_get_int(row, 0), sx_db_get_int(row, 1), true, sx_db_get_int(row, 2) != 0 };
    return true;
}

static bool find_box(sx_db *db, const sx_reading_task *t, const char *box, box_row *out,
                     sx_error *err) {
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_text(box) };
    *out = (box_row){ .found = false };
    return sx_db_query(db,
                       "SELECT film, label, deleted FROM reading_box WHERE task = ? AND box = ?",
                       values, 2, take_box, out, err);
}

typedef struct label_row {
    char kind[SX_READING_WORD], attributes[SX_READING_LIST];
    bool found, retired;
} label_row;

static bool take_label(void *user, const sx_db_row *row, sx_error *err) {
    label_row *l = user;
    (void)err;
    l->found = true;
    l->retired = sx_db_get_int(row, 2) != 0;
    sx_db_copy_text(row, 0, l->kind, sizeof l->kind);
    sx_db_copy_text(row, 1, l->attributes, sizeof l->attributes);
    return true;
}

static bool find_label(sx_db *db, const sx_reading_task *t, int64_t label, label_row *out,
                       sx_error *err) {
    const sx_db_value values[] = { sx_db_int(label), sx_db_int(t->project) };
    *out = (label_row){ .found = false };
    return sx_db_query(db,
                       "SELECT kind, attributes, retired FROM reading_label"
                       " WHERE id = ? AND project = ?",
                       values, 2, take_label, out, err) &&
           (out->found || sx_fail(err, SX_ERR_VALUE, "label: the project has no such label"));
}

/* Every text of the one array is in the other. */
static bool check_attributes(const char *used, const char *allowed, sx_error *err) {
    json_t *a = sx_json_parse(used, strlen(used), true, NULL, err);
    json_t *b = a ? sx_json_parse(allowed, strlen(allowed), true, NULL, err) : NULL;
    bool ok = b != NULL;
    for (size_t i = 0; ok && i < json_array_size(a); i++) {
        bool known = false;
        for (size_t k = 0; k < json_array_size(b); k++)
            known = known || json_equal(json_array_get(a, i), json_array_get(b, k));
        if (!known)
            ok = sx_fail(err, SX_ERR_VALUE, "attributes: the label has no attribute %.60s",
                         json_string_value(json_array_get(a, i)));
    }
    json_decref(a);
    json_decref(b);
    return ok;
}

/* An adjudicator takes what readers marked while the label was in use. */
static bool has_reader_label(sx_db *db, const sx_reading_task *t, int64_t label, bool *has,
                             sx_error *err) {
    const sx_db_value values[] = { sx_db_int(t->study), sx_db_int(t->round), sx_db_int(label) };
    *has = false;
    return strcmp(t->kind, "adjudicate") != 0 ||
           exists(db,
                  "SELECT 1 FROM reading_box b JOIN reading_task t ON t.id = b.task"
                  " WHERE t.study = ? AND t.round = ? AND t.kind = 'read' AND t.repeat = 0"
                  " AND b.label = ? AND b.deleted = 0",
                  values, 3, has, err);
}

static bool check_label(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                        const box_row *old, sx_error *err) {
    label_row l;
    if (!find_label(db, t, op->label, &l, err)) return false;
    if (strcmp(l.kind, "film") == 0 || strcmp(l.kind, "study") == 0)
        return sx_fail(err, SX_ERR_VALUE, "label: it is one of a %s, not of a box", l.kind);
    bool kept = !l.retired || op->imported || (old->found && old->label == op->label);
    if (!kept && !has_reader_label(db, t, op->label, &kept, err)) return false;
    if (!kept)
        return sx_fail(err, SX_ERR_VALUE, "label: it is retired, for boxes that have it already");
    return check_attributes(op->attributes, l.attributes, err);
}

/* Boxes of networks may be seen: the task has them, and in mode after the reader's own boxes are
 * committed. */
static bool check_shown(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                        sx_error *err) {
    bool committed = false;
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(op->film) };
    if (strcmp(t->prelabels, "none") == 0)
        return sx_fail(err, SX_ERR_REFUSED, "the task has no boxes of networks");
    if (strcmp(t->prelabels, "before") == 0) return true;
    return exists(db,
                  "SELECT 1 FROM reading_film_read WHERE task = ? AND film = ? AND committed > 0",
                  values, 2, &committed, err) &&
           (committed || sx_fail(err, SX_ERR_REFUSED, "the reader's own boxes come first: commit"));
}

static bool check_prelabel(sx_db *db, const sx_reading_task *t, const sx_reading_op *op, int64_t id,
                           sx_error *err) {
    bool found = false;
    const sx_db_value values[] = { sx_db_int(id), sx_db_int(op->film) };
    return check_shown(db, t, op, err) &&
           exists(db, "SELECT 1 FROM reading_prelabel WHERE id = ? AND film = ?", values, 2, &found,
                  err) &&
           (found || sx_fail(err, SX_ERR_VALUE, "the film has no such box of networks"));
}

typedef struct equal_walk {
    const sx_reading_op *op;
    bool equal;
} equal_walk;

static bool compare_box(void *user, const sx_db_row *row, sx_error *err) {
    equal_walk *w = user;
    double corners[4];
    (void)err;
    for (int i = 0; i < 4; i++)
        corners[i] = sx_db_get_real(row, i);
    w->equal |= sx_reading_same_pixels(corners, w->op->corners);
    return true;
}

/* An export could not tell two such boxes apart, and an import leaves one out. */
static bool check_unequal(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                          sx_error *err) {
    equal_walk w = { op, false };
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(op->film), sx_db_int(op->label),
                                   sx_db_text(op->box) };
    return sx_db_query(db,
                       "SELECT x0, y0, x1, y1 FROM reading_box WHERE task = ? AND film = ?"
                       " AND label = ? AND box <> ? AND deleted = 0",
                       values, 4, compare_box, &w, err) &&
           (!w.equal || sx_fail(err, SX_ERR_VALUE, "box: the film has an equal one"));
}

static bool check_put(sx_db *db, const sx_reading_task *t, const sx_reading_op *op, sx_error *err) {
    film_row f;
    box_row old;
    const double *c = op->corners;
    if (!find_film(db, t, op, &f, err) || !find_box(db, t, op->box, &old, err)) return false;
    if (old.found && old.film != op->film)
        return sx_fail(err, SX_ERR_VALUE, "box: it belongs to another film");
    if (sx_word_is_one_of(f.verdict, WITHOUT_BOXES))
        return sx_fail(err, SX_ERR_VALUE,
                       "the film has the verdict %s, which excludes boxes; change it first",
                       f.verdict);
    if (c[0] < 0 || c[1] < 0 || c[2] > f.width || c[3] > f.height)
        return sx_fail(err, SX_ERR_VALUE, "corners: the box is beyond the film of %g x %g pixels",
                       f.width, f.height);
    if (c[2] - c[0] < SX_READING_LEAST_SIDE || c[3] - c[1] < SX_READING_LEAST_SIDE)
        return sx_fail(err, SX_ERR_VALUE, "corners: a box is at least %g pixels wide and high",
                       SX_READING_LEAST_SIDE);
    return check_label(db, t, op, &old, err) && check_unequal(db, t, op, err) &&
           (strcmp(op->source, "prelabel") != 0 || check_prelabel(db, t, op, op->source_id, err));
}

static bool check_delete(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                         sx_error *err) {
    box_row old;
    return find_box(db, t, op->box, &old, err) &&
           ((old.found && old.film == op->film) ||
            sx_fail(err, SX_ERR_VALUE, "box: the film has no such box"));
}

/* ---- verdicts and tags ---- */

static bool check_verdict(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                          sx_error *err) {
    film_row f;
    bool boxes = false;
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(op->film) };
    if (!find_film(db, t, op, &f, err)) return false;
    if (*op->reason && sx_is_blank(op->reason))
        return sx_fail(err, SX_ERR_VALUE, "reason: it has blanks only");
    if (!sx_word_is_one_of(op->verdict, WITHOUT_BOXES)) return true;
    return exists(db,
                  "SELECT 1 FROM reading_box b JOIN reading_label l ON l.id = b.label"
                  " WHERE b.task = ? AND b.film = ? AND b.deleted = 0 AND l.kind = 'box'",
                  values, 2, &boxes, err) &&
           (!boxes ||
            sx_fail(err, SX_ERR_VALUE, "verdict: a film with boxes is not %s", op->verdict));
}

static bool take_tags(void *user, const sx_db_row *row, sx_error *err) {
    json_t **tags = user;
    const char *text = sx_db_get_text(row, 0);
    return (*tags = sx_json_parse(text, strlen(text), true, NULL, err)) != NULL;
}

/* The tags that the film or study has; *out may stay NULL. */
static bool read_tags(sx_db *db, const sx_reading_task *t, const sx_reading_op *op, json_t **out,
                      sx_error *err) {
    const sx_db_value values[] = { sx_db_int(t->id), sx_db_int(op->film) };
    return op->film
               ? sx_db_query(db, "SELECT tags FROM reading_film_read WHERE task = ? AND film = ?",
                             values, 2, take_tags, out, err)
               : sx_db_query(db, "SELECT tags FROM reading_study_read WHERE task = ?", values, 1,
                             take_tags, out, err);
}

/* Whether the first `count` tags of the list have the label. */
static bool has_tag(const json_t *list, size_t count, int64_t label) {
    for (size_t i = 0; i < count; i++)
        if (json_integer_value(json_array_get(list, i)) == label) return true;
    return false;
}

static bool check_tag(sx_db *db, const sx_reading_task *t, int64_t label, const char *kind,
                      const json_t *old, sx_error *err) {
    label_row l;
    if (!find_label(db, t, label, &l, err)) return false;
    if (strcmp(l.kind, kind) != 0)
        return sx_fail(err, SX_ERR_VALUE, "tags: the label is none of a %s", kind);
    return !l.retired || has_tag(old, json_array_size(old), label) ||
           sx_fail(err, SX_ERR_VALUE, "tags: a label is retired, for a %s that has it already",
                   kind);
}

static bool check_tags(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                       const char *kind, sx_error *err) {
    json_t *old = NULL, *tags = sx_json_parse(op->tags, strlen(op->tags), true, NULL, err);
    bool ok = tags && read_tags(db, t, op, &old, err);
    for (size_t i = 0; ok && i < json_array_size(tags); i++) {
        const int64_t label = json_integer_value(json_array_get(tags, i));
        ok = (!has_tag(tags, i, label) ||
              sx_fail(err, SX_ERR_VALUE, "tags: a label occurs twice")) &&
             check_tag(db, t, label, kind, old, err);
    }
    json_decref(old);
    json_decref(tags);
    return ok;
}

static bool check_set(sx_db *db, const sx_reading_task *t, const sx_reading_op *op, sx_error *err) {
    bool found = false;
    const sx_db_value values[] = { sx_db_int(op->set), sx_db_int(t->project) };
    return check_shown(db, t, op, err) &&
           exists(db, "SELECT 1 FROM reading_prelabel_set WHERE id = ? AND project = ?", values, 2,
                  &found, err) &&
           (found || sx_fail(err, SX_ERR_VALUE, "set: the project has no such boxes"));
}

bool sx_reading_op_check(sx_db *db, const sx_reading_task *t, const sx_reading_op *op,
                         sx_error *err) {
    film_row f;
    switch (op->kind) {
    case SX_READING_BOX_PUT:
        return check_put(db, t, op, err);
    case SX_READING_BOX_DELETE:
        return check_delete(db, t, op, err);
    case SX_READING_VERDICT:
        return check_verdict(db, t, op, err);
    case SX_READING_FILM_TAGS:
        return find_film(db, t, op, &f, err) && check_tags(db, t, op, "film", err);
    case SX_READING_STUDY:
        return check_tags(db, t, op, "study", err);
    case SX_READING_PRELABELS_SHOWN:
        return find_film(db, t, op, &f, err) && check_set(db, t, op, err);
    case SX_READING_PRELABEL_CHOICE:
        return find_film(db, t, op, &f, err) && check_prelabel(db, t, op, op->prelabel, err);
    default:
        return find_film(db, t, op, &f, err);
    }
}
