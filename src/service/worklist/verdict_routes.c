/* The routes of verdicts that come from another system, and of the comparison with the networks. */
#include <math.h>
#include <string.h>

#include "service/web/web.h"
#include "service/worklist/reader_comparison.h"
#include "service/worklist/verdict_import.h"
#include "service/worklist/worklist.h"

/* ---- GET /api/comparison ---- */

static void put_interval(sx_json o, sx_interval interval) {
    sx_json_number(o, "low", interval.low);
    sx_json_number(o, "high", interval.high);
}

static void put_share(sx_json at, const char *key, const sx_share *s) {
    const sx_json o = sx_json_object(at, key);
    sx_json_count(o, "count", s->k);
    sx_json_count(o, "of", s->n);
    sx_json_number(o, "value", s->value);
    put_interval(o, s->interval);
}

static void put_table(sx_json at, const sx_reader_comparison *c) {
    const sx_json o = sx_json_object(at, "table");
    sx_json_count(o, "true_positives", c->tp);
    sx_json_count(o, "false_positives", c->fp);
    sx_json_count(o, "false_negatives", c->fn);
    sx_json_count(o, "true_negatives", c->tn);
}

static void put_measures(sx_json root, const sx_reader_comparison *c) {
    put_table(root, c);
    put_share(root, "sensitivity", &c->sensitivity);
    put_share(root, "specificity", &c->specificity);
    put_share(root, "ppv", &c->ppv);
    put_share(root, "npv", &c->npv);
    put_share(root, "agreement", &c->agreement);
    const sx_json kappa = sx_json_object(root, "kappa");
    sx_json_number(kappa, "value", c->kappa);
    put_interval(kappa, c->kappa_interval);
}

static void put_disagreement(sx_json list, const sx_disagreement *d) {
    const sx_json o = sx_json_object(list, NULL);
    sx_json_text(o, "study_uid", d->study_uid);
    sx_json_text(o, "patient_id", d->patient_id);
    sx_json_text(o, "accession", d->accession);
    sx_json_number(o, "probability", d->probability);
    sx_json_text(o, "verdict", d->abnormal ? "abnormal" : "normal");
    sx_json_text(o, "reader_verdict", d->abnormal ? "normal" : "abnormal");
    sx_json_count(o, "readers", d->readers);
    sx_json_text(o, "comment", d->comment);
}

static void put_comparison(sx_json root, const char *reader, const sx_reader_comparison *c) {
    if (reader)
        sx_json_text(root, "reader", reader);
    else
        sx_json_null(root, "reader");
    sx_json_number(root, "level", c->level);
    sx_json_count(root, "studies", c->studies);
    sx_json_count(root, "films", c->films);
    sx_json_count(root, "films_without_verdict", c->films_without_verdict);
    sx_json_count(root, "compared", c->compared);
    sx_json_count(root, "without_model", c->without_model);
    sx_json_count(root, "without_readers", c->without_readers);
    sx_json_count(root, "undecided", c->undecided);
    put_measures(root, c);
    const sx_json disagreements = sx_json_array(root, "disagreements");
    for (size_t i = 0; i < c->disagreement_count; i++)
        put_disagreement(disagreements, &c->disagreements[i]);
    const sx_json readers = sx_json_array(root, "readers");
    for (size_t i = 0; i < c->reader_count; i++) {
        const sx_json o = sx_json_object(readers, NULL);
        sx_json_text(o, "reader", c->readers[i].who);
        sx_json_count(o, "studies", c->readers[i].studies);
    }
}

static bool show_comparison(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reader_comparison c;
    sx_json_doc doc;
    const char *reader = sx_web_query(r, "reader");
    bool ok = sx_reader_compare(r->db, reader, &c, err);
    if (ok) {
        put_comparison(sx_json_new_object(&doc), reader, &c);
        ok = sx_web_reply_json(reply, 200, &doc, err);
    }
    sx_reader_comparison_free(&c);
    return ok;
}

/* ---- verdicts ---- */

static bool import_all(sx_web_request *r, const char *csv, sx_verdict_counts *counts,
                       sx_error *err) {
    char detail[80];
    if (!sx_verdicts_import(r->db, csv, strlen(csv), "verdicts", counts, err)) return false;
    sx_format(detail, sizeof detail, "%zu rows, %zu added", counts->rows, counts->added);
    return sx_web_audit(r, "verdicts import", "", detail, err);
}

static bool import_verdicts(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    const char *csv;
    sx_verdict_counts counts = { 0 };
    sx_json_doc doc;
    if (!sx_web_body_text(r, "csv", SX_WEB_JSON_MOST, &csv, err) || !sx_db_begin(r->db, err) ||
        !sx_db_end(r->db, import_all(r, csv, &counts, err), err))
        return false;
    const sx_json o = sx_json_new_object(&doc);
    sx_json_count(o, "rows", counts.rows);
    sx_json_count(o, "added", counts.added);
    return sx_web_reply_json(reply, 200, &doc, err);
}

static bool export_verdicts(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_str text = { 0 };
    if (sx_verdicts_export(r->db, &text, err))
        return sx_web_reply_str(reply, 200, "text/csv; charset=utf-8", &text, err);
    sx_str_free(&text);
    return false;
}

/* An import speaks for other people, so it is for administrators. */
const sx_web_route sx_verdict_routes[] = {
    { "GET", "/api/comparison", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0, show_comparison },
    { "GET", "/api/verdicts.csv", SX_ROLES_NODE, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      export_verdicts },
    { "POST", "/api/verdicts", SX_ROLE_ADMIN, SX_WEB_SESSION, SX_WEB_JSON, SX_WEB_JSON_MOST,
      import_verdicts },
    { .method = NULL },
};
