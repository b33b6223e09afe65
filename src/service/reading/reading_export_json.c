/* The full document of an export (reading_export.h): one array for each table, whose rows name
 * films, readers and rounds, so that it does not depend on numbers of the database. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "service/reading/reading_export.h"
#include "service/reading/reading_op.h"

/* A task of the selection; the values of `selection_values`. */
#define SELECTED                                                                                   \
    " WHERE t.project = ? AND t.state IN ('done', 'locked') AND (t.kind = 'adjudicate') = (? = 1)" \
    " AND (? = 0 OR t.round = ?) AND (? = '' OR a.login = ?)"
#define TASK                                                                                       \
    " FROM reading_task t JOIN account a ON a.id = t.reader JOIN reading_study s ON s.id = "       \
    "t.study"
#define WHO        "a.login, t.kind, t.round, t.repeat"
#define TASK_ORDER " ORDER BY s.ord, s.id, a.login, t.round, t.repeat"

/* Columns: a name and what its value is: text, integer, real number, flag, JSON, or labels, whose
 * ids become names. */
typedef struct export_table {
    const char *key, *sql, *columns;
    bool whole; /* of the project: no selection */
} export_table;

static const export_table tables[] = {
    { "labels",
      "SELECT kind, name, color, code, ord, attributes, retired FROM reading_label"
      " WHERE project = ? ORDER BY ord, kind, name",
      "kind:t name:t color:t code:t order:i attributes:j retired:f", true },
    { "films",
      "SELECT f.image_id, s.study_id, f.series_id, s.patient_id, s.split, f.sha256, f.width,"
      " f.height, f.row_spacing, f.column_spacing, f.view, f.held FROM reading_film f"
      " JOIN reading_study s ON s.id = f.study WHERE f.project = ? ORDER BY s.ord, s.id, f.ord,"
      " f.id",
      "image_id:t study_id:t series_id:t patient_id:t split:t sha256:t width:i height:i"
      " row_spacing:r column_spacing:r view:t held:t",
      true },
    { "tasks",
      "SELECT s.study_id, " WHO ", t.arm, t.session, t.state, t.prelabels, t.why, t.seq,"
      " COALESCE(y.tags, '[]'), y.confidence, t.opened, t.done, t.rev" TASK
      " LEFT JOIN reading_study_read y ON y.task = t.id" SELECTED TASK_ORDER,
      "study_id:t reader:t kind:t round:i repeat:i arm:t session:i state:t prelabels:t why:t"
      " number:i tags:l confidence:i opened:i done:i operations:i",
      false },
    { "readings",
      "SELECT f.image_id, " WHO ", r.verdict, r.reason, r.tags, r.committed,"
      " COALESCE(v.active_ms, 0), COALESCE(v.visible_ms, 0)" TASK
      " JOIN reading_film_read r ON r.task = t.id JOIN reading_film f ON f.id = r.film"
      " LEFT JOIN reading_activity v ON v.task = t.id AND v.film = f.id" SELECTED TASK_ORDER
      ", f.ord, f.id",
      "image_id:t reader:t kind:t round:i repeat:i verdict:t reason:t tags:l committed:f"
      " active_ms:i visible_ms:i",
      false },
    { "boxes",
      "SELECT f.image_id, " WHO ", l.kind, l.name, b.x0, b.y0, b.x1, b.y1, b.attributes, b.source,"
      " p.score, b.box" TASK " JOIN reading_box b ON b.task = t.id AND b.deleted = 0"
      " JOIN reading_film f ON f.id = b.film JOIN reading_label l ON l.id = b.label"
      " LEFT JOIN reading_prelabel p ON p.id = b.source_id AND b.source = 'prelabel'" SELECTED
          TASK_ORDER ", f.ord, f.id, b.rev, b.box",
      "image_id:t reader:t kind:t round:i repeat:i label_kind:t label:t x0:r y0:r x1:r y1:r"
      " attributes:j source:t source_score:r box:t",
      false },
    { "prelabels_shown",
      "SELECT f.image_id, " WHO ", e.weights, n.threshold, n.shown_at" TASK
      " JOIN reading_prelabel_seen n ON n.task = t.id JOIN reading_film f ON f.id = n.film"
      " JOIN reading_prelabel_set e ON e.id = n.prelabel_set" SELECTED TASK_ORDER ", n.rev",
      "image_id:t reader:t kind:t round:i repeat:i weights:t threshold:r shown:i", false },
    { "prelabels",
      "SELECT f.image_id, " WHO
      ", e.weights, l.name, p.score, p.x0, p.y0, p.x1, p.y1, c.choice" TASK
      " JOIN reading_prelabel_choice c ON c.task = t.id"
      " JOIN reading_prelabel p ON p.id = c.prelabel JOIN reading_film f ON f.id = p.film"
      " JOIN reading_prelabel_set e ON e.id = p.prelabel_set"
      " JOIN reading_label l ON l.id = p.label" SELECTED TASK_ORDER
      ", f.ord, f.id, p.score DESC, p.id",
      "image_id:t reader:t kind:t round:i repeat:i weights:t label:t score:r x0:r y0:r x1:r y1:r"
      " choice:t",
      false },
    { "decisions",
      "SELECT f.image_id, " WHO ", d.cluster,"
      " CASE d.withdrawn WHEN 1 THEN 'withdraw' ELSE d.decision END, d.box, d.reason, d.at" TASK
      " JOIN reading_adjudication d ON d.task = t.id JOIN reading_film f ON f.id = d.film" SELECTED
          TASK_ORDER ", d.id",
      "image_id:t reader:t kind:t round:i repeat:i cluster:t decision:t box:t reason:t at:i",
      false },
    { "questions",
      "SELECT s.study_id, " WHO ", c.number, f.image_id, c.box, w.login, c.text, c.at,"
      " CASE WHEN c.resolved > 0 THEN 1 ELSE 0 END" TASK
      " JOIN reading_comment c ON c.task = t.id JOIN account w ON w.id = c.author"
      " LEFT JOIN reading_film f ON f.id = c.film" SELECTED TASK_ORDER ", c.number",
      "study_id:t reader:t kind:t round:i repeat:i number:i image_id:t box:t author:t text:t at:i"
      " resolved:f",
      false },
};

typedef struct table_rows {
    sx_json list;
    const char *columns;
    const json_t *names; /* of the project's labels, by id */
} table_rows;

static bool take_name(void *user, int64_t id, const sx_reading_label *l, bool retired,
                      sx_error *err) {
    char key[24];
    (void)retired;
    sx_format(key, sizeof key, "%" PRId64, id);
    return json_object_set_new(user, key, json_string(l->name)) == 0 ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for the names of labels");
}

static bool put_labels(sx_json o, const char *name, const json_t *names, const char *ids,
                       sx_error *err) {
    json_t *list = sx_json_parse(ids, strlen(ids), true, NULL, err);
    if (!list) return false;
    const sx_json to = sx_json_array(o, name);
    for (size_t i = 0; i < json_array_size(list); i++) {
        char key[24];
        sx_format(key, sizeof key, "%" JSON_INTEGER_FORMAT,
                  json_integer_value(json_array_get(list, i)));
        sx_json_text(to, NULL, json_string_value(json_object_get(names, key)));
    }
    json_decref(list);
    return true;
}

static bool put_value(sx_json o, const char *name, char type, const sx_db_row *row, int column,
                      const json_t *names, sx_error *err) {
    const bool null = sx_db_is_null(row, column);
    if (type == 'l') return put_labels(o, name, names, sx_db_get_text(row, column), err);
    if (type == 'j') return sx_reading_put_list(o, name, sx_db_get_text(row, column), err);
    if (null)
        sx_json_null(o, name);
    else if (type == 't')
        sx_json_text(o, name, sx_db_get_text(row, column));
    else if (type == 'i')
        sx_json_integer(o, name, sx_db_get_int(row, column));
    else if (type == 'f')
        sx_json_bool(o, name, sx_db_get_int(row, column) != 0);
    else
        sx_json_number(o, name, sx_db_get_real(row, column));
    return true;
}

static bool add_row(void *user, const sx_db_row *row, sx_error *err) {
    const table_rows *t = user;
    const sx_json o = sx_json_object(t->list, NULL);
    const char *at = t->columns;
    for (int column = 0; *at; column++) {
        char name[40];
        const size_t n = strcspn(at, ":");
        sx_format(name, sizeof name, "%.*s", (int)n, at);
        if (!put_value(o, name, at[n + 1], row, column, t->names, err)) return false;
        at += n + 2;
        while (*at == ' ')
            at++;
    }
    return true;
}

static void put_head(sx_json root, const sx_reading_project *p, const sx_reading_selection *s) {
    sx_json_text(root, "schema", "spinexr-reading/1");
    const sx_json o = sx_json_object(root, "project");
    sx_json_text(o, "key", p->key);
    sx_json_text(o, "name", p->name);
    sx_json_integer(o, "readers", p->readers);
    sx_json_text(o, "order", p->random_order ? "random" : "given");
    sx_json_text(o, "prelabels", p->prelabels);
    sx_json_bool(o, "confidence", p->confidence);
    sx_json_integer(o, "seed", p->seed);
    const sx_json selection = sx_json_object(root, "selection");
    sx_json_text(selection, "reader", s->reader);
    if (s->round)
        sx_json_integer(selection, "round", s->round);
    else
        sx_json_null(selection, "round");
    sx_json_bool(selection, "adjudicated", s->adjudicated);
}

bool sx_reading_export_json(sx_db *db, const sx_reading_project *project,
                            const sx_reading_selection *s, sx_str *out, sx_error *err) {
    sx_json_doc doc;
    const char *reader = s->reader ? s->reader : "";
    const sx_db_value values[] = { sx_db_int(project->id), sx_db_int(s->adjudicated),
                                   sx_db_int(s->round),    sx_db_int(s->round),
                                   sx_db_text(reader),     sx_db_text(reader) };
    const sx_json root = sx_json_new_object(&doc);
    put_head(root, project, s);
    json_t *names = json_object();
    bool ok = names || sx_fail(err, SX_ERR_MEMORY, "out of memory for the names of labels");
    ok = ok && sx_reading_labels_list(db, project->id, take_name, names, err);
    for (size_t i = 0; ok && i < sizeof tables / sizeof *tables; i++) {
        table_rows rows = { sx_json_array(root, tables[i].key), tables[i].columns, names };
        ok = sx_db_query(db, tables[i].sql, values, tables[i].whole ? 1 : 6, add_row, &rows, err);
    }
    json_decref(names);
    ok = ok && sx_json_print(&doc, SX_JSON_INDENTED, out, err);
    sx_json_free(&doc);
    return ok;
}
