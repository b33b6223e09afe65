#include "service/reading/reading_prelabel_file.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "service/reading/reading_film_names.h"

typedef struct report_read {
    sx_db *db;
    const sx_reading_project *project;
    const char *path;
    const char *list; /* "findings" or "boxes" */
    double least;
    int64_t set;
    sx_reading_film_names *names;
    const json_t *labels;
    sx_reading_prelabel_counts *out;
} report_read;

static bool no_report(const report_read *r, const char *what, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s", r->path, what);
}

/* A field of a film, or of its box `at`, is not what it must be. */
static bool no_field(const report_read *r, const char *image, size_t at, const char *what,
                     sx_error *err) {
    char box[40] = "";
    if (at != SIZE_MAX) sx_format(box, sizeof box, "%s[%zu]: ", r->list, at);
    return sx_fail(err, SX_ERR_FORMAT, "%s: film %.80s: %s%s", r->path, image, box, what);
}

static bool read_corners(const json_t *corners, double to[4]) {
    bool ok = json_array_size(corners) == 4;
    for (size_t i = 0; ok && i < 4; i++) {
        ok = json_is_number(json_array_get(corners, i));
        to[i] = json_number_value(json_array_get(corners, i));
    }
    return ok;
}

static bool read_box(const report_read *r, const json_t *box, size_t at, sx_reading_prelabel *to,
                     sx_error *err) {
    const json_t *label = json_object_get(box, "label"), *score = json_object_get(box, "score");
    to->label = NULL;
    if (json_is_integer(label) && json_integer_value(label) >= 0)
        to->label = json_string_value(json_array_get(r->labels, (size_t)json_integer_value(label)));
    if (!to->label)
        return no_field(r, to->image_id, at, "label is no index of the report's labels", err);
    to->score = json_number_value(score);
    if (!json_is_number(score)) return no_field(r, to->image_id, at, "score is no number", err);
    return read_corners(json_object_get(box, "box"), to->corners) ||
           no_field(r, to->image_id, at, "box is not a list of four numbers", err);
}

/* The report of an earlier version does not state it. */
static bool read_side(const report_read *r, const json_t *film, const char *key, const char *image,
                      double *to, sx_error *err) {
    char what[60];
    const json_t *v = json_object_get(film, key);
    *to = json_number_value(v);
    if (!v || json_is_null(v) || (json_is_number(v) && *to >= 0)) return true;
    sx_format(what, sizeof what, "%s is no number of pixels", key);
    return no_field(r, image, SIZE_MAX, what, err);
}

/* Whether it is a film of a test split, whose readers never see boxes of networks. */
static bool is_of_test(const report_read *r, int64_t film, bool *test, sx_error *err) {
    int64_t unused;
    const sx_db_value id = sx_db_int(film);
    return sx_db_query_int(r->db,
                           "SELECT 1 FROM reading_film f JOIN reading_study s ON s.id = f.study"
                           " WHERE f.id = ? AND s.split = 'test'",
                           &id, 1, &unused, test, err);
}

/* `film`: the project's; NULL: it has none of that name, and nothing is added. */
static bool read_boxes(const report_read *r, const json_t *boxes, const sx_reading_named_film *film,
                       sx_reading_prelabel *b, sx_error *err) {
    size_t added = 0, unknown = 0;
    bool known = true;
    for (size_t i = 0; i < json_array_size(boxes); i++) {
        if (!read_box(r, json_array_get(boxes, i), i, b, err)) return false;
        if (b->score < r->least) continue;
        if (!film) {
            unknown++;
            continue;
        }
        b->image_id = film->image_id;
        if (!sx_reading_prelabel_add(r->db, r->project->id, r->set, b, &known, err))
            return sx_fail_in(err, "%s", r->path);
        added++;
    }
    r->out->films += added > 0;
    r->out->boxes += added;
    r->out->unknown += unknown > 0;
    return true;
}

static bool read_film(const report_read *r, const json_t *of, sx_error *err) {
    bool test = false;
    sx_reading_named_film *film;
    sx_reading_prelabel b = { .image_id = json_string_value(json_object_get(of, "image_id")) };
    if (!b.image_id) return no_report(r, "a film has no image_id", err);
    if (!read_side(r, of, "width", b.image_id, &b.size.width, err) ||
        !read_side(r, of, "height", b.image_id, &b.size.height, err))
        return false;
    if (!sx_reading_film_names_find(r->names, b.image_id, &film, err) ||
        (film && !sx_reading_film_names_claim(film, b.image_id, err)))
        return sx_fail_in(err, "%s", r->path);
    if (film && !is_of_test(r, film->id, &test, err)) return false;
    r->out->test += test;
    return test || read_boxes(r, json_object_get(of, r->list), film, &b, err);
}

static bool read_studies(const report_read *r, const json_t *studies, sx_error *err) {
    for (size_t i = 0; i < json_array_size(studies); i++) {
        const json_t *films = json_object_get(json_array_get(studies, i), "films");
        for (size_t k = 0; k < json_array_size(films); k++)
            if (!read_film(r, json_array_get(films, k), err)) return false;
    }
    return r->out->boxes > 0 ||
           sx_fail(err, SX_ERR_MISSING, "%s: no box of a film of project %s%s", r->path,
                   r->project->key, r->out->test ? " outside its test split" : "");
}

static const char *detector_of(const json_t *root) {
    const json_t *models = json_object_get(root, "models");
    for (size_t i = 0; i < json_array_size(models); i++) {
        const json_t *m = json_array_get(models, i), *task = json_object_get(m, "task");
        if (json_is_string(task) && strcmp(json_string_value(task), "detector") == 0)
            return json_string_value(json_object_get(m, "sha256"));
    }
    return NULL;
}

/* The lowest score of a finding under the rule's operating points, where a class without one has
 * `keep`; NaN: the report was made with another rule. */
static double lowest_point(const json_t *rule) {
    const char *point = json_string_value(json_object_get(rule, "operating_point"));
    const json_t *list = json_object_get(rule, "operating_points"),
                 *keep = json_object_get(rule, "keep");
    double lowest = NAN;
    for (size_t i = 0; point && i < json_array_size(list); i++) {
        const json_t *own = json_object_get(json_array_get(list, i), point);
        lowest = fmin(lowest, json_number_value(json_is_number(own) ? own : keep));
    }
    return lowest;
}

static void choose(report_read *r, const json_t *root, const sx_reading_prelabel_choice *choice) {
    const double lowest = lowest_point(json_object_get(root, "rule"));
    const bool points = isnan(choice->least) && isnan(choice->threshold) && !isnan(lowest);
    r->list = points ? "findings" : "boxes";
    r->least = points ? 0 : isnan(choice->least) ? 0.05 : choice->least;
    r->out->threshold = points ? lowest : isnan(choice->threshold) ? 0.3 : choice->threshold;
}

bool sx_reading_prelabel_read(sx_db *db, const sx_reading_project *project, const char *path,
                              const sx_reading_prelabel_choice *choice, int64_t now,
                              sx_reading_prelabel_counts *out, sx_error *err) {
    report_read r = { .db = db, .project = project, .path = path, .out = out };
    *out = (sx_reading_prelabel_counts){ 0 };
    json_t *root = sx_json_read(path, err);
    if (!root) return false;
    const char *weights = detector_of(root);
    r.labels = json_object_get(root, "labels");
    choose(&r, root, choice);
    bool ok = (weights && json_is_array(r.labels)) ||
              no_report(&r, "it is no report of `spinexr predict` with a detector", err);
    ok = ok && (r.names = sx_reading_film_names_open(db, project->id, err)) != NULL &&
         sx_reading_prelabel_set_add(db, project->id, weights, out->threshold, now, &r.set, err) &&
         read_studies(&r, json_object_get(root, "studies"), err);
    sx_reading_film_names_close(r.names);
    json_decref(root);
    return ok;
}
