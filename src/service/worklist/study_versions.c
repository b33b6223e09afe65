/* GET /api/studies/{study}/versions: the results of a study, with what became of each. */
#include <string.h>

#include "service/store/films.h"
#include "service/web/web.h"
#include "service/worklist/study_sql.h"
#include "service/worklist/worklist.h"

/* ---- the objects of a version ---- */

static bool add_object(void *user, const sx_db_row *row, sx_error *err) {
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_text(o, "sop_uid", sx_db_get_text(row, 0));
    sx_json_text(o, "kind", sx_db_get_text(row, 1));
    sx_json_integer(o, "made", sx_db_get_int(row, 2));
    sx_json_integer(o, "bytes", sx_db_get_int(row, 3));
    return true;
}

static const char objects_sql[] =
    "SELECT sop_uid, kind, made, length(bytes) FROM output WHERE study_uid = ? AND revision = ?"
    " ORDER BY kind, sop_uid";

/* ---- its deliveries ---- */

static bool add_delivery(void *user, const sx_db_row *row, sx_error *err) {
    static const char *const states[] = { "waiting", "sent", "committed", "failed" };
    const sx_json o = sx_json_object(*(sx_json *)user, NULL);
    (void)err;
    sx_json_integer(o, "job", sx_db_get_int(row, 0));
    sx_json_text(o, "kind", sx_db_get_text(row, 1));
    sx_json_text(o, "destination", sx_db_get_text(row, 2));
    sx_json_text(o, "state", sx_db_get_text(row, 3));
    sx_json_integer(o, "attempts", sx_db_get_int(row, 4));
    sx_json_integer(o, "made", sx_db_get_int(row, 5));
    sx_json_integer(o, "not_before", sx_db_get_int(row, 6));
    sx_json_text(o, "error", sx_db_get_text(row, 7));
    for (int i = 0; i < 4; i++)
        sx_json_integer(o, states[i], sx_db_get_int(row, 8 + i));
    if (sx_db_is_null(row, 12))
        sx_json_null(o, "at");
    else
        sx_json_integer(o, "at", sx_db_get_int(row, 12));
    return true;
}

#define IN_STATE(word) " SUM(CASE WHEN d.state = '" word "' THEN 1 ELSE 0 END)"

/* The objects at the destination of each job that sends them or asks whether they are kept. */
static const char deliveries_sql[] =
    "SELECT j.id, j.kind, j.destination, j.state, j.attempts, j.made, j.not_before, "
    "j.error," IN_STATE("waiting") "," IN_STATE("sent") "," IN_STATE("committed") "," IN_STATE(
        "failed") ", MAX(d.at) FROM job j LEFT JOIN output u ON u.study_uid = ? AND u.revision = ?"
                  " LEFT JOIN delivery d ON d.sop_uid = u.sop_uid AND d.destination = j.destination"
                  " AND NOT " SX_REPORT_WENT_AS_SR
                  " WHERE j.kind IN ('send', 'confirm') AND j.key = ? || '/' || CAST(? AS TEXT)"
                  " GROUP BY j.id, j.kind, j.destination, j.state, j.attempts, j.made, "
                  "j.not_before, j.error"
                  " ORDER BY j.destination, j.id";

/* ---- versions ---- */

/* The callback of a query must not use the connection, so versions are listed first. */
typedef struct version {
    int64_t revision, made;
    char weights[65], configuration[65];
} version;

enum { MOST_VERSIONS = 100 };

typedef struct versions {
    version items[MOST_VERSIONS];
    size_t count;
} versions;

static bool take_version(void *user, const sx_db_row *row, sx_error *err) {
    versions *list = user;
    (void)err;
    version *v = &list->items[list->count++];
    v->revision = sx_db_get_int(row, 0);
    v->made = sx_db_get_int(row, 1);
    sx_db_copy_text(row, 2, v->weights, sizeof v->weights);
    sx_db_copy_text(row, 3, v->configuration, sizeof v->configuration);
    return true;
}

static const char versions_sql[] =
    "SELECT revision, MAX(made), MAX(weights), MAX(configuration) FROM output WHERE study_uid = ?"
    " AND kind <> 'withdrawal' GROUP BY revision ORDER BY revision DESC LIMIT ?";

static bool put_version(sx_db *db, const char *study, const version *v, sx_json o, sx_error *err) {
    const sx_db_value values[] = { sx_db_text(study), sx_db_int(v->revision), sx_db_text(study),
                                   sx_db_int(v->revision) };
    sx_json_integer(o, "revision", v->revision);
    sx_json_integer(o, "made", v->made);
    sx_json_text(o, "weights", v->weights);
    sx_json_text(o, "configuration", v->configuration);
    sx_json objects = sx_json_array(o, "objects");
    if (!sx_db_query(db, objects_sql, values, 2, add_object, &objects, err)) return false;
    sx_json deliveries = sx_json_array(o, "deliveries");
    return sx_db_query(db, deliveries_sql, values, 4, add_delivery, &deliveries, err);
}

static bool put_versions(sx_db *db, const char *study, sx_json root, sx_error *err) {
    versions list = { .count = 0 };
    const sx_db_value values[] = { sx_db_text(study), sx_db_int(MOST_VERSIONS) };
    if (!sx_db_query(db, versions_sql, values, 2, take_version, &list, err)) return false;
    const sx_json out = sx_json_array(root, "versions");
    for (size_t i = 0; i < list.count; i++)
        if (!put_version(db, study, &list.items[i], sx_json_object(out, NULL), err)) return false;
    return true;
}

bool sx_show_versions(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *uid = sx_web_parameter(r, "study");
    sx_store_study study;
    sx_json_doc doc;
    bool found = false;
    if (!sx_store_find_study(r->db, uid, &study, &found, err)) return false;
    if (!found) return sx_fail(err, SX_ERR_MISSING, "there is no such study");
    if (put_versions(r->db, uid, sx_json_new_object(&doc), err))
        return sx_web_reply_json(reply, 200, &doc, err);
    sx_json_free(&doc);
    return false;
}
