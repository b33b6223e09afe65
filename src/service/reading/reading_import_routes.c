/* The route by which a manager sends annotations that become the readings of a person: a CSV or
 * COCO file, as `spinexr reading import --as` reads it. */
#include <string.h>

#include "base/str.h"
#include "service/reading/reading_import_reads.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"

enum { MOST_BYTES = 32 << 20, MOST_NAME = 100 };

/* What the address says of the file. */
typedef struct import_query {
    const char *reader, *rad_id, *name;
    long round;
} import_query;

static bool read_query(const sx_web_request *r, import_query *q, sx_error *err) {
    q->reader = sx_web_query(r, "reader");
    q->rad_id = sx_web_query(r, "rad_id");
    q->name = sx_web_query(r, "name");
    if (!q->reader || !*q->reader)
        return sx_fail(err, SX_ERR_VALUE, "reader: the login of a person");
    if (q->rad_id && !*q->rad_id) q->rad_id = NULL;
    if (!q->name || !*q->name) q->name = "the file";
    if (strlen(q->name) > MOST_NAME)
        return sx_fail(err, SX_ERR_VALUE, "name: at most %d bytes", (int)MOST_NAME);
    return sx_web_query_int(r, "round", 1, 100, 1, &q->round, err);
}

static bool note_import(void *user, sx_error *err) {
    const sx_web_request *r = user;
    return sx_web_audit(r, "reading import", sx_web_parameter(r, "project"),
                        sx_web_query(r, "reader"), err);
}

/* The upload is a file without a name; messages have the name that its sender knows. */
static bool import_file(sx_web_request *r, const import_query *q, const sx_reading_project *p,
                        sx_reading_reads_counts *n, sx_error *err) {
    char path[40];
    sx_manifest m;
    const sx_manifest_options how = { .reader = q->rad_id, .annotations_only = true };
    const sx_reading_import_reads_options o = {
        .reader = q->reader, .round = (int)q->round, .now = r->now, .note = note_import, .user = r
    };
    sx_format(path, sizeof path, "/proc/self/fd/%d", r->file);
    const bool ok =
        sx_manifest_open(path, &how, &m, err) && sx_reading_import_reads(r->db, p, &m, &o, n, err);
    sx_manifest_free(&m);
    if (!ok) sx_fail_rename(err, path, q->name);
    return ok;
}

static bool import_readings(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    import_query q;
    sx_reading_project p;
    sx_reading_reads_counts n;
    sx_json_doc doc;
    if (!read_query(r, &q, err) || !sx_reading_project_of(r, &p, err) ||
        !import_file(r, &q, &p, &n, err))
        return false;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_count(o, "tasks", n.tasks);
    sx_json_count(o, "complete", n.complete);
    sx_json_count(o, "films", n.films);
    sx_json_count(o, "boxes", n.boxes);
    sx_json_count(o, "copies", n.copies);
    sx_json_count(o, "unknown", n.unknown);
    return sx_web_reply_json(reply, 200, &doc, err);
}

const sx_web_route sx_reading_import_routes[] = {
    { "POST", "/api/reading/projects/{project}/readings", SX_ROLE_MANAGER, SX_WEB_SESSION,
      SX_WEB_FILE, MOST_BYTES, import_readings },
    { .method = NULL },
};
