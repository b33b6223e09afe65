/* Predictions of a report.json. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "evaluation/predictions_impl.h"

bool sx_predictions_labels(const char *path, sx_names *out, sx_error *err) {
    sx_error ignored = { 0 };
    json_t *j = sx_json_read(path, &ignored);
    const json_t *labels = json_object_get(j, "labels");
    bool ok = true;
    uint32_t at;
    for (size_t i = 0; ok && i < json_array_size(labels); i++) {
        const char *label = json_string_value(json_array_get(labels, i));
        ok = !label || sx_names_add(out, label, &at, err);
    }
    json_decref(j);
    return ok;
}

/* ---- values ---- */

static bool check_whole(const json_t *object, const char *key, json_int_t least, json_int_t most,
                        sx_error *err) {
    const json_t *v = json_object_get(object, key);
    json_int_t n;
    return !v || (sx_json_whole(v, &n) && n >= least && n <= most) ||
           sx_fail(err, SX_ERR_VALUE, "%s is not a whole number from %lld to %lld", key,
                   (long long)least, (long long)most);
}

static bool check_number(const json_t *object, const char *key, sx_error *err) {
    const json_t *v = json_object_get(object, key);
    return !v || json_is_null(v) || json_is_number(v) ||
           sx_fail(err, SX_ERR_VALUE, "%s is neither a number nor null", key);
}

static bool check_flag(const json_t *object, const char *key, sx_error *err) {
    const json_t *v = json_object_get(object, key);
    return !v || json_is_null(v) || json_is_boolean(v) ||
           sx_fail(err, SX_ERR_VALUE, "%s is neither true, false nor null", key);
}

/* Keys that reports of earlier versions lack may be missing. */
static bool check_film(const json_t *film, sx_error *err) {
    return check_whole(film, "width", 1, INT32_MAX, err) &&
           check_whole(film, "height", 1, INT32_MAX, err) &&
           check_whole(film, "frame", 0, INT32_MAX, err) &&
           check_whole(film, "withheld", 0, INT32_MAX, err) &&
           check_number(film, "probability", err) && check_flag(film, "unfamiliar", err) &&
           check_flag(film, "abnormal", err);
}

/* ---- boxes ---- */

/* A finding has its name, a box of `boxes` only its label. */
static const char *name_of(const sx_prediction_reader *r, const json_t *f) {
    const json_t *name = json_object_get(f, "name"), *label = json_object_get(f, "label");
    json_int_t at;
    if (!name && sx_json_whole(label, &at)) name = json_array_get(r->labels, (size_t)at);
    return json_string_value(name);
}

static bool report_box(sx_prediction_reader *r, sx_box_list *to, long film, json_t *f,
                       sx_error *err) {
    const json_int_t labels = (json_int_t)json_array_size(r->labels);
    if (!check_whole(f, "label", 0, labels ? labels - 1 : INT32_MAX, err)) return false;
    const char *name = name_of(r, f);
    json_t *box = json_object_get(f, "box");
    double v[5];
    for (size_t i = 0; i < 4; i++)
        v[i] = sx_reader_number(json_array_get(box, i));
    v[2] -= v[0];
    v[3] -= v[1];
    v[4] = sx_reader_number(json_object_get(f, "score"));
    if (!name || json_array_size(box) != 4)
        return sx_fail(err, SX_ERR_FORMAT, "a box without name or corners");
    long label = sx_truth_class(r->t, name);
    return label < 0 ? sx_reader_unknown_class(r, name, err)
                     : sx_reader_add_box(r, to, film, label, v, err);
}

/* The name by which the truth knows a film of the report: the path, which tells films of one name
 * in two folders apart even if only one of them was predicted; or the image_id. */
static const char *film_name(const sx_truth *t, const char *id, const char *path) {
    if (!path) return id;
    const sx_truth_match match = sx_truth_find(t, path);
    return match.film >= 0 || match.left_out ? path : id;
}

/* Films without a prediction, which the report lists by their paths. It may list others than those
 * of the truth. Of a film with several frames some may have failed; the others count. */
static void read_others(sx_prediction_reader *r, json_t *list, sx_film_outcome outcome) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *path = json_string_value(json_object_get(json_array_get(list, i), "path"));
        const long film = path ? sx_truth_film(r->t, path) : -1;
        if (film < 0 || r->p->places[film]) continue;
        r->p->places[film] = ++r->p->named;
        r->p->outcomes[film] = (unsigned char)outcome;
    }
}

static bool read_list(sx_prediction_reader *r, json_t *list, sx_box_list *to, long film,
                      sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = report_box(r, to, film, json_array_get(list, i), err);
    return ok;
}

/* All boxes of a film: those that the rule keeps, and the others. */
static bool read_boxes(sx_prediction_reader *r, json_t *list, double probability, long film,
                       sx_error *err) {
    const bool normal = probability < r->p->threshold;
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        json_t *box = json_array_get(list, i);
        const double score = sx_reader_number(json_object_get(box, "score"));
        const bool drop = r->rule_drops && normal && score < r->p->keep;
        ok = report_box(r, drop ? &r->dropped : &r->evaluated, film, box, err);
    }
    return ok;
}

/* A list that is missing is not an empty one. A report has `boxes` for all films or for none. */
static bool check_lists(const sx_prediction_reader *r, json_t *boxes, json_t *findings,
                        sx_error *err) {
    if (json_array_size(r->labels) == 0) return true; /* no detector */
    if (boxes && !json_is_array(boxes)) return sx_fail(err, SX_ERR_FORMAT, "boxes is not a list");
    if (findings && !json_is_array(findings))
        return sx_fail(err, SX_ERR_FORMAT, "findings is not a list");
    if (boxes ? r->without_boxes : r->p->has_all_boxes)
        return sx_fail(err, SX_ERR_FORMAT, "boxes is missing on some films of the report");
    if (!boxes && r->by_points)
        return sx_fail(err, SX_ERR_FORMAT,
                       "boxes is missing; the findings at operating points are no ranking");
    return boxes || findings ||
           sx_fail(err, SX_ERR_FORMAT, "has neither boxes nor findings, which may be empty lists");
}

/* Reports of earlier versions have no `boxes`, only those that their rule kept. */
static bool film_boxes(sx_prediction_reader *r, json_t *f, double probability, long film,
                       sx_error *err) {
    json_t *boxes = json_object_get(f, "boxes"), *findings = json_object_get(f, "findings");
    if (!check_lists(r, boxes, findings, err)) return false;
    if (!boxes) {
        r->without_boxes = true;
        r->p->withheld += (size_t)json_integer_value(json_object_get(f, "withheld"));
        return read_list(r, findings, &r->evaluated, film, err);
    }
    r->p->has_all_boxes = true;
    return read_boxes(r, boxes, probability, film, err) &&
           read_list(r, findings, &r->findings, film, err);
}

static bool make_class_scores(sx_prediction_reader *r, sx_error *err) {
    sx_predictions *p = r->p;
    const size_t films = r->t->films.count;
    if (p->class_scores) return true;
    p->class_count = r->t->class_names.count;
    p->class_scores =
        sx_calloc_for(films * p->class_count + 1, sizeof *p->class_scores, "predictions", err);
    for (size_t i = 0; p->class_scores && i < films * p->class_count; i++)
        p->class_scores[i] = (double)NAN;
    return p->class_scores != NULL;
}

/* P of each finding that the classifiers name. Classes that the truth does not have are left out,
 * as it cannot say which films have them. */
static bool read_classes(sx_prediction_reader *r, const json_t *list, long film, sx_error *err) {
    if (list && !json_is_array(list)) return sx_fail(err, SX_ERR_FORMAT, "classes is not a list");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(entry, "name"));
        json_t *p = json_object_get(entry, "probability");
        if (!name) return sx_fail(err, SX_ERR_FORMAT, "classes: an entry without a name");
        if (!check_number(entry, "probability", err)) return sx_fail_in(err, "class %.80s", name);
        const long label = sx_truth_class(r->t, name);
        if (label < 0 || !json_is_number(p)) continue;
        if (!(json_number_value(p) >= 0 && json_number_value(p) <= 1))
            return sx_fail(err, SX_ERR_VALUE, "class %.80s: probability %g is not in 0..1", name,
                           json_number_value(p));
        if (!make_class_scores(r, err)) return false;
        r->p->class_scores[(size_t)film * r->p->class_count + (size_t)label] = json_number_value(p);
    }
    return true;
}

static bool read_film(sx_prediction_reader *r, json_t *f, const char *id, sx_error *err) {
    const char *path = json_string_value(json_object_get(f, "path"));
    json_t *p = json_object_get(f, "probability");
    long film;
    if (!check_film(f, err) ||
        !sx_reader_find_film(r, film_name(r->t, id, path), false, &film, err))
        return false;
    if (film < 0) return true;
    if (json_is_number(p) && !sx_reader_set_score(r, film, json_number_value(p), err)) return false;
    if (json_is_true(json_object_get(f, "unfamiliar"))) r->p->outcomes[film] = SX_FILM_UNFAMILIAR;
    return read_classes(r, json_object_get(f, "classes"), film, err) &&
           (r->o->scores_only || film_boxes(r, f, sx_reader_number(p), film, err));
}

static bool report_film(sx_prediction_reader *r, json_t *f, sx_error *err) {
    const char *id = json_string_value(json_object_get(f, "image_id"));
    if (!id) return sx_fail(err, SX_ERR_FORMAT, "a film without image_id");
    return read_film(r, f, id, err) || sx_fail_in(err, "film %.100s", id);
}

static void copy_text(const json_t *object, const char *key, char *out, size_t size) {
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(out, size, "%s", text ? text : "");
}

static bool read_rule(sx_prediction_reader *r, json_t *rule, sx_error *err) {
    if (!check_number(rule, "threshold", err) || !check_number(rule, "keep", err))
        return sx_fail_in(err, "%s: rule", r->path);
    const char *kind = json_string_value(json_object_get(rule, "kind"));
    r->p->threshold = sx_reader_number(json_object_get(rule, "threshold"));
    r->p->keep = sx_reader_number(json_object_get(rule, "keep"));
    copy_text(rule, "threshold_from", r->p->threshold_from, sizeof r->p->threshold_from);
    copy_text(rule, "keep_from", r->p->keep_from, sizeof r->p->keep_from);
    r->rule_drops = !r->o->all_boxes && !(kind && strcmp(kind, "all boxes") == 0);
    r->by_points = kind && strcmp(kind, "operating points") == 0;
    return true;
}

/* What the weights of the report say must stand with its results. */
static bool read_notes(sx_prediction_reader *r, json_t *models, sx_error *err) {
    sx_names notes = { 0 };
    sx_str all = { 0 };
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < json_array_size(models); i++) {
        const char *note = json_string_value(json_object_get(json_array_get(models, i), "note"));
        if (!note || !note[0]) continue;
        ok = sx_names_put(&notes, note, 0, &fresh, err);
        if (ok && fresh) sx_str_printf(&all, "%s%s", all.len ? "; " : "", note);
    }
    ok = ok && sx_str_ok(&all, err);
    sx_names_free(&notes);
    if (ok)
        r->p->note = all.data;
    else
        sx_str_free(&all);
    return ok;
}

bool sx_reader_from_report(sx_prediction_reader *r, json_t *j, sx_error *err) {
    const char *schema = json_string_value(json_object_get(j, "schema"));
    size_t i, k;
    json_t *study, *film;
    if (!schema || strcmp(schema, "spinexr-report/1") != 0)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: neither COCO results nor a spinexr-report/1",
                       r->path);
    if (!read_rule(r, json_object_get(j, "rule"), err)) return false;
    r->labels = json_object_get(j, "labels");
    r->p->has_boxes = json_array_size(r->labels) > 0;
    r->p->names_all = true;
    json_array_foreach(json_object_get(j, "studies"), i, study) json_array_foreach(
        json_object_get(study, "films"), k,
        film) if (!report_film(r, film, err)) return sx_fail_in(err, "%s", r->path);
    r->p->failed = json_array_size(json_object_get(j, "failed"));
    /* Neither a list of boxes nor one box: that is no detector which found nothing. */
    if (r->without_boxes && r->evaluated.count == 0) r->p->has_boxes = false;
    read_others(r, json_object_get(j, "refused"), SX_FILM_REFUSED);
    read_others(r, json_object_get(j, "failed"), SX_FILM_FAILED);
    return read_notes(r, json_object_get(j, "models"), err);
}
