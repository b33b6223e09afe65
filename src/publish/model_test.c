#include "publish/model_test.h"

#include <math.h>
#include <string.h>

#include "report/prediction_run.h"

/* ---- making ---- */

static void put_box(sx_json list, const sx_finding *f) {
    const float corners[4] = { f->x0, f->y0, f->x1, f->y1 };
    sx_json at = sx_json_object(list, NULL);
    sx_json_text(at, "name", f->name);
    sx_json_number(at, "score", (double)f->score);
    sx_json box = sx_json_array(at, "box");
    for (int i = 0; i < 4; i++)
        sx_json_number(box, NULL, (double)corners[i]);
}

static void put_film(sx_json films, const sx_prediction *f) {
    const char *verdict = sx_verdict_text(f);
    sx_json at = sx_json_object(films, NULL);
    sx_json_text(at, "image_id", f->image_id);
    sx_json_number(at, "probability", f->has_probability ? f->probability : (double)NAN);
    sx_json each = sx_json_array(at, "classifiers");
    for (int i = 0; i < f->classifier_count; i++)
        sx_json_number(each, NULL, f->classifier_probability[i]);
    sx_json_number(at, "distance", f->distance);
    sx_json_text(at, "verdict", verdict ? verdict : "none");
    sx_json findings = sx_json_array(at, "findings");
    for (int i = 0; i < f->finding_count; i++)
        put_box(findings, &f->findings[i]);
    sx_json boxes = sx_json_array(at, "boxes");
    for (int i = 0; i < f->box_count; i++)
        if ((double)f->boxes[i].score >= SX_TEST_LEAST / 2) put_box(boxes, &f->boxes[i]);
}

static bool is_near(double a, double b) {
    return fabs(a - b) <= 10 * SX_TEST_SCORE;
}

/* Whether rounding cannot change what is said of the film. */
static bool is_steady(const sx_prediction *f, const sx_bundle_info *info) {
    const sx_rule *r = &info->rule;
    if (f->has_probability && is_near(f->probability, r->threshold)) return false;
    if (!isnan(f->distance) && !isnan(info->distance_limit) &&
        fabs(f->distance - info->distance_limit) <= 10 * SX_TEST_DISTANCE * f->distance)
        return false;
    for (int i = 0; i < f->box_count; i++) {
        const double score = (double)f->boxes[i].score;
        const sx_class_points *p = r->points ? &r->points[f->boxes[i].label] : NULL;
        if (is_near(score, r->keep)) return false;
        if (p && (is_near(score, p->sensitive) || is_near(score, p->specific))) return false;
    }
    return true;
}

static bool put_films(const sx_report *r, sx_json root, bool *steady, sx_error *err) {
    sx_json films = sx_json_array(root, "films");
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_report_film *f = &r->films[i];
        if (!f->prediction)
            return sx_fail(err, SX_ERR_VALUE, "the test film %s: %s", f->path, f->error.message);
        put_film(films, f->prediction);
        if (steady && !is_steady(f->prediction, r->info)) *steady = false;
    }
    return true;
}

bool sx_model_test_run(const sx_context *context, const char *weights, const char *films,
                       sx_json_doc *out, bool *steady, sx_error *err) {
    sx_prediction_job job = { .context = context,
                              .inputs = &films,
                              .input_count = 1,
                              .weights = &weights,
                              .weight_count = 1,
                              .predictor = SX_PREDICTOR_DEFAULTS,
                              .film = SX_PREDICT_DEFAULTS,
                              .command = "model verify" };
    sx_prediction_run run;
    job.predictor.precision = SX_PRECISION_F32;
    *out = (sx_json_doc){ 0 };
    if (steady) *steady = true;
    if (!sx_prediction_run_open(&run, &job, 0, NULL, err)) return false;
    bool ok = sx_prediction_run_films(&run, err);
    if (ok && run.report.stopped) ok = sx_context_check(context, err);
    if (ok) {
        sx_json root = sx_json_new_object(out);
        sx_json_text(root, "schema", SX_MODEL_TEST_SCHEMA);
        sx_json_text(root, "precision", "f32");
        ok = put_films(&run.report, root, steady, err) && sx_json_ok(out, err);
        if (!ok) sx_json_free(out);
    }
    sx_prediction_run_close(&run);
    return ok;
}

/* ---- comparing ---- */

typedef struct comparison {
    sx_paths *faults;
    const char *film;
    sx_error *err;
} comparison;

static bool tell(comparison *c, const char *fmt, ...) SX_PRINTF(2, 3);
static bool tell(comparison *c, const char *fmt, ...) {
    sx_str text = { 0 };
    va_list args;
    sx_str_printf(&text, "test film %s: ", c->film);
    va_start(args, fmt);
    sx_str_vprintf(&text, fmt, args);
    va_end(args);
    const bool ok = sx_str_ok(&text, c->err) && sx_paths_add(c->faults, text.data, c->err);
    sx_str_free(&text);
    return ok;
}

/* A number or null, which becomes NaN. */
static bool read_number(const json_t *v, double *to) {
    *to = json_is_number(v) ? json_number_value(v) : (double)NAN;
    return json_is_number(v) || json_is_null(v);
}

static bool differs(double a, double b, double most) {
    return isnan(a) != isnan(b) || fabs(a - b) > most;
}

static bool compare_number(comparison *c, const char *what, const json_t *a, const json_t *b,
                           double most) {
    double x, y;
    if (!read_number(a, &x) || !read_number(b, &y))
        return sx_fail(c->err, SX_ERR_FORMAT, "film %.80s: %s is no number", c->film, what);
    return !differs(x, y, most) || tell(c, "%s is %.6g instead of %.6g", what, y, x);
}

typedef struct box {
    const char *name;
    double score, corner[4];
} box;

static bool read_box(const json_t *j, box *b) {
    const json_t *corners = json_object_get(j, "box"), *score = json_object_get(j, "score");
    b->name = json_string_value(json_object_get(j, "name"));
    if (!b->name || !json_is_number(score) || json_array_size(corners) != 4) return false;
    b->score = json_number_value(score);
    for (size_t i = 0; i < 4; i++) {
        if (!json_is_number(json_array_get(corners, i))) return false;
        b->corner[i] = json_number_value(json_array_get(corners, i));
    }
    return true;
}

static bool same_box(const box *a, const box *b) {
    for (int i = 0; i < 4; i++)
        if (fabs(a->corner[i] - b->corner[i]) > SX_TEST_PIXELS) return false;
    return strcmp(a->name, b->name) == 0 && fabs(a->score - b->score) <= SX_TEST_SCORE;
}

static bool has_box(const json_t *list, const box *b) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        box other;
        if (read_box(json_array_get(list, i), &other) && same_box(b, &other)) return true;
    }
    return false;
}

/* Each box of `a` from `least` on is in `b`. `missing`: what to say of one that is not. */
static bool compare_boxes(comparison *c, const json_t *a, const json_t *b, double least,
                          const char *missing) {
    if (!json_is_array(a) || !json_is_array(b))
        return sx_fail(c->err, SX_ERR_FORMAT, "film %.80s has no list of boxes", c->film);
    for (size_t i = 0; i < json_array_size(a); i++) {
        box one;
        if (!read_box(json_array_get(a, i), &one))
            return sx_fail(c->err, SX_ERR_FORMAT, "film %.80s: not a box", c->film);
        if (one.score < least || has_box(b, &one)) continue;
        if (!tell(c, "%s: %s %.4f [%.2f, %.2f, %.2f, %.2f]", missing, one.name, one.score,
                  one.corner[0], one.corner[1], one.corner[2], one.corner[3]))
            return false;
    }
    return true;
}

static bool compare_lists(comparison *c, const json_t *a, const json_t *b) {
    const json_t *each_a = json_object_get(a, "classifiers"),
                 *each_b = json_object_get(b, "classifiers");
    if (json_array_size(each_a) != json_array_size(each_b))
        return tell(c, "%zu classifiers instead of %zu", json_array_size(each_b),
                    json_array_size(each_a));
    for (size_t i = 0; i < json_array_size(each_a); i++)
        if (!compare_number(c, "P(abnormal) of a classifier", json_array_get(each_a, i),
                            json_array_get(each_b, i), SX_TEST_SCORE))
            return false;
    const json_t *found_a = json_object_get(a, "findings"),
                 *found_b = json_object_get(b, "findings");
    const json_t *boxes_a = json_object_get(a, "boxes"), *boxes_b = json_object_get(b, "boxes");
    return compare_boxes(c, found_a, found_b, 0, "a finding is missing") &&
           compare_boxes(c, found_b, found_a, 0, "a finding is new") &&
           compare_boxes(c, boxes_a, boxes_b, SX_TEST_LEAST, "a box is missing") &&
           compare_boxes(c, boxes_b, boxes_a, SX_TEST_LEAST, "a box is new");
}

static bool compare_film(comparison *c, const json_t *a, const json_t *b) {
    const char *was = json_string_value(json_object_get(a, "verdict")),
               *is = json_string_value(json_object_get(b, "verdict"));
    const json_t *distance = json_object_get(a, "distance");
    if (!was || !is) return sx_fail(c->err, SX_ERR_FORMAT, "film %.80s: no verdict", c->film);
    if (strcmp(was, is) != 0 && !tell(c, "the verdict is \"%s\" instead of \"%.60s\"", is, was))
        return false;
    return compare_number(c, "P(abnormal)", json_object_get(a, "probability"),
                          json_object_get(b, "probability"), SX_TEST_SCORE) &&
           compare_number(c, "the distance", distance, json_object_get(b, "distance"),
                          SX_TEST_DISTANCE * fabs(json_number_value(distance))) &&
           compare_lists(c, a, b);
}

static const json_t *film_named(const json_t *films, const char *name) {
    for (size_t i = 0; i < json_array_size(films); i++) {
        const json_t *f = json_array_get(films, i);
        const char *id = json_string_value(json_object_get(f, "image_id"));
        if (id && strcmp(id, name) == 0) return f;
    }
    return NULL;
}

bool sx_model_test_compare(const json_t *expected, const json_t *found, sx_paths *faults,
                           sx_error *err) {
    const char *schema = json_string_value(json_object_get(expected, "schema"));
    const json_t *films = json_object_get(expected, "films"),
                 *now = json_object_get(found, "films");
    if (!schema || strcmp(schema, SX_MODEL_TEST_SCHEMA) != 0 || json_array_size(films) == 0)
        return sx_fail(err, SX_ERR_FORMAT, "not a document " SX_MODEL_TEST_SCHEMA " with films");
    comparison c = { faults, "", err };
    for (size_t i = 0; i < json_array_size(films); i++) {
        const json_t *film = json_array_get(films, i);
        c.film = json_string_value(json_object_get(film, "image_id"));
        if (!c.film) return sx_fail(err, SX_ERR_FORMAT, "a film without image_id");
        if (film_named(films, c.film) != film)
            return sx_fail(err, SX_ERR_FORMAT, "film %.80s twice", c.film);
        const json_t *other = film_named(now, c.film);
        if (!other ? !tell(&c, "it was not predicted") : !compare_film(&c, film, other))
            return false;
    }
    if (json_array_size(now) == json_array_size(films)) return true;
    c.film = "(all)";
    return tell(&c, "%zu films instead of %zu", json_array_size(now), json_array_size(films));
}
