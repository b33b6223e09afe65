#include "service/reading/reading_apply.h"

#include <string.h>

static bool put_box(sx_db *db, int64_t task, int64_t rev, const sx_reading_op *o, sx_error *err) {
    const sx_db_value source = o->source_id ? sx_db_int(o->source_id) : sx_db_text(NULL);
    const sx_db_value values[] = { sx_db_int(task),
                                   sx_db_text(o->box),
                                   sx_db_int(o->film),
                                   sx_db_int(o->label),
                                   sx_db_real(o->corners[0]),
                                   sx_db_real(o->corners[1]),
                                   sx_db_real(o->corners[2]),
                                   sx_db_real(o->corners[3]),
                                   sx_db_text(o->attributes),
                                   sx_db_text(o->source),
                                   source,
                                   sx_db_int(rev) };
    return sx_db_run(db,
                     "INSERT INTO reading_box (task, box, film, label, x0, y0, x1, y1, attributes,"
                     " source, source_id, rev, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                     " 0) ON CONFLICT (task, box) DO UPDATE SET label = excluded.label,"
                     " x0 = excluded.x0, y0 = excluded.y0, x1 = excluded.x1, y1 = excluded.y1,"
                     " attributes = excluded.attributes, source = excluded.source,"
                     " source_id = excluded.source_id, rev = excluded.rev, deleted = 0",
                     values, 12, err);
}

static bool delete_box(sx_db *db, int64_t task, int64_t rev, const sx_reading_op *o,
                       sx_error *err) {
    const sx_db_value values[] = { sx_db_int(rev), sx_db_int(task), sx_db_text(o->box) };
    return sx_db_run(db, "UPDATE reading_box SET deleted = 1, rev = ? WHERE task = ? AND box = ?",
                     values, 3, err);
}

/* ---- what is said of a film ---- */

static bool need_film_read(sx_db *db, int64_t task, int64_t film, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(task), sx_db_int(film) };
    return sx_db_run(db,
                     "INSERT INTO reading_film_read (task, film, verdict, reason, tags, committed)"
                     " VALUES (?, ?, '', '', '[]', 0) ON CONFLICT (task, film) DO NOTHING",
                     values, 2, err);
}

static bool set_verdict(sx_db *db, int64_t task, const sx_reading_op *o, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(o->verdict), sx_db_text(o->reason), sx_db_int(task),
                                   sx_db_int(o->film) };
    return need_film_read(db, task, o->film, err) &&
           sx_db_run(db,
                     "UPDATE reading_film_read SET verdict = ?, reason = ?"
                     " WHERE task = ? AND film = ?",
                     values, 4, err);
}

static bool set_tags(sx_db *db, int64_t task, const sx_reading_op *o, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(o->tags), sx_db_int(task), sx_db_int(o->film) };
    return need_film_read(db, task, o->film, err) &&
           sx_db_run(db, "UPDATE reading_film_read SET tags = ? WHERE task = ? AND film = ?",
                     values, 3, err);
}

/* The first commit counts. */
static bool set_committed(sx_db *db, int64_t task, int64_t rev, const sx_reading_op *o,
                          sx_error *err) {
    const sx_db_value values[] = { sx_db_int(rev), sx_db_int(task), sx_db_int(o->film) };
    return need_film_read(db, task, o->film, err) &&
           sx_db_run(db,
                     "UPDATE reading_film_read SET committed = ? WHERE task = ? AND film = ?"
                     " AND committed = 0",
                     values, 3, err);
}

/* ---- the others ---- */

static bool set_study(sx_db *db, int64_t task, const sx_reading_op *o, sx_error *err) {
    const sx_db_value confidence = o->confidence < 0 ? sx_db_text(NULL) : sx_db_int(o->confidence);
    const sx_db_value values[] = { sx_db_int(task), sx_db_text(o->tags), confidence };
    return sx_db_run(db,
                     "INSERT INTO reading_study_read (task, tags, confidence) VALUES (?, ?, ?)"
                     " ON CONFLICT (task) DO UPDATE SET tags = excluded.tags,"
                     " confidence = excluded.confidence",
                     values, 3, err);
}

static bool add_shown(sx_db *db, int64_t task, int64_t rev, int64_t at, const sx_reading_op *o,
                      sx_error *err) {
    const sx_db_value values[] = { sx_db_int(task),   sx_db_int(rev),           sx_db_int(o->film),
                                   sx_db_int(o->set), sx_db_real(o->threshold), sx_db_int(at) };
    return sx_db_run(db,
                     "INSERT INTO reading_prelabel_seen (task, rev, film, prelabel_set, threshold,"
                     " shown_at) VALUES (?, ?, ?, ?, ?, ?)",
                     values, 6, err);
}

static bool set_choice(sx_db *db, int64_t task, int64_t rev, const sx_reading_op *o,
                       sx_error *err) {
    const sx_db_value values[] = { sx_db_int(task), sx_db_int(o->prelabel), sx_db_text(o->choice),
                                   sx_db_int(rev) };
    if (!*o->choice)
        return sx_db_run(db, "DELETE FROM reading_prelabel_choice WHERE task = ? AND prelabel = ?",
                         values, 2, err);
    return sx_db_run(db,
                     "INSERT INTO reading_prelabel_choice (task, prelabel, choice, rev)"
                     " VALUES (?, ?, ?, ?) ON CONFLICT (task, prelabel)"
                     " DO UPDATE SET choice = excluded.choice, rev = excluded.rev",
                     values, 4, err);
}

bool sx_reading_op_apply(sx_db *db, int64_t task, int64_t rev, int64_t at, const sx_reading_op *op,
                         sx_error *err) {
    switch (op->kind) {
    case SX_READING_BOX_PUT:
        return put_box(db, task, rev, op, err);
    case SX_READING_BOX_DELETE:
        return delete_box(db, task, rev, op, err);
    case SX_READING_VERDICT:
        return set_verdict(db, task, op, err);
    case SX_READING_FILM_TAGS:
        return set_tags(db, task, op, err);
    case SX_READING_STUDY:
        return set_study(db, task, op, err);
    case SX_READING_PRELABELS_SHOWN:
        return add_shown(db, task, rev, at, op, err);
    case SX_READING_PRELABEL_CHOICE:
        return set_choice(db, task, rev, op, err);
    default:
        return set_committed(db, task, rev, op, err);
    }
}

bool sx_reading_views_clear(sx_db *db, int64_t task, sx_error *err) {
    static const char *const statements[] = {
        "DELETE FROM reading_box WHERE task = ?",
        "DELETE FROM reading_film_read WHERE task = ?",
        "DELETE FROM reading_study_read WHERE task = ?",
        "DELETE FROM reading_prelabel_seen WHERE task = ?",
        "DELETE FROM reading_prelabel_choice WHERE task = ?",
    };
    const sx_db_value value = sx_db_int(task);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (!sx_db_run(db, statements[i], &value, 1, err)) return false;
    return true;
}
