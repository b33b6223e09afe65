#include "service/node/film_result.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "service/node/networks.h"

static bool fail_format(const char *what, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "the report of a film has no valid %s", what);
}

static const json_t *first_film(const json_t *root) {
    const json_t *studies = json_object_get(root, "studies");
    return json_array_get(json_object_get(json_array_get(studies, 0), "films"), 0);
}

enum { MOST_NETWORKS = 64 };

static bool hash_weights(const json_t *root, char out[65], sx_error *err) {
    const json_t *models = json_object_get(root, "models");
    const char *files[MOST_NETWORKS];
    const size_t n = json_array_size(models);
    if (n == 0 || n > MOST_NETWORKS) return fail_format("models", err);
    for (size_t i = 0; i < n; i++) {
        files[i] = json_string_value(json_object_get(json_array_get(models, i), "sha256"));
        if (!files[i] || strlen(files[i]) != 64) return fail_format("sha256", err);
    }
    return sx_networks_hash(files, n, out, err);
}

static float clip(double v, int most) {
    return (float)(v < 0.0 ? 0.0 : v > most ? most : v);
}

static bool read_corners(const json_t *at, int width, int height, sx_result_box *b, sx_error *err) {
    double v[4];
    for (size_t i = 0; i < 4; i++) {
        const json_t *number = json_array_get(at, i);
        v[i] = json_number_value(number);
        if (!json_is_number(number) || !isfinite(v[i])) return fail_format("box", err);
    }
    b->x0 = clip(v[0], width);
    b->y0 = clip(v[1], height);
    b->x1 = clip(v[2], width);
    b->y1 = clip(v[3], height);
    return true;
}

/* Appends a finding; without operating points every one counts as above the specific point. */
static bool add_box(sx_film_result *r, const json_t *finding, bool has_points, int width,
                    int height, sx_error *err) {
    const char *name = json_string_value(json_object_get(finding, "name"));
    const char *point = json_string_value(json_object_get(finding, "operating_point"));
    const double score = json_number_value(json_object_get(finding, "score"));
    sx_result_box *b = &r->boxes[r->box_count];
    if (!name || !(score >= 0.0 && score <= 1.0)) return fail_format("finding", err);
    if (!read_corners(json_object_get(finding, "box"), width, height, b, err)) return false;
    if (!(b->x1 > b->x0 && b->y1 > b->y0)) return true; /* nothing of it is on the film */
    char *label = sx_strdup(name);
    if (!label) return sx_fail(err, SX_ERR_MEMORY, "out of memory for findings");
    sx_finding_code *code = &r->codes[r->box_count];
    sx_finding_code_of(label, code);
    b->label = r->labels[r->box_count] = label;
    b->code = sx_finding_concept(code);
    b->score = score;
    b->specific = !has_points || (point && strcmp(point, "specific") == 0);
    r->box_count++;
    return true;
}

static bool read_findings(const json_t *root, const json_t *film, int width, int height,
                          sx_film_result *r, sx_error *err) {
    const json_t *findings = json_object_get(film, "findings");
    const char *kind = json_string_value(json_object_get(json_object_get(root, "rule"), "kind"));
    const bool has_points = kind && strcmp(kind, "operating points") == 0;
    size_t n = json_array_size(findings);
    if (!json_is_array(findings)) return fail_format("findings", err);
    if (n > SX_FILM_RESULT_BOXES) n = SX_FILM_RESULT_BOXES;
    r->boxes = sx_calloc_for(n + 1, sizeof *r->boxes, "findings", err);
    r->codes = sx_calloc_for(n + 1, sizeof *r->codes, "findings", err);
    r->labels = sx_calloc_for(n + 1, sizeof *r->labels, "findings", err);
    bool ok = r->boxes && r->codes && r->labels;
    for (size_t i = 0; ok && i < n; i++)
        ok = add_box(r, json_array_get(findings, i), has_points, width, height, err);
    return ok;
}

static bool read_verdict(const json_t *film, sx_film_result *r, sx_error *err) {
    const json_t *p = json_object_get(film, "probability");
    const json_t *distance = json_object_get(film, "distance");
    r->probability = json_is_null(p) ? NAN : json_number_value(p);
    r->distance = json_is_number(distance) ? json_number_value(distance) : (double)NAN;
    r->abnormal = json_is_true(json_object_get(film, "abnormal"));
    r->unfamiliar = json_is_true(json_object_get(film, "unfamiliar"));
    /* a film without a verdict must never look normal */
    if (!json_is_null(p) && !r->unfamiliar && !json_is_boolean(json_object_get(film, "abnormal")))
        return fail_format("verdict", err);
    return json_is_null(p) ||
           (json_is_number(p) && r->probability >= 0.0 && r->probability <= 1.0) ||
           fail_format("probability", err);
}

bool sx_film_result_parse(const char *json, size_t n, int width, int height, sx_film_result *out,
                          sx_error *err) {
    *out = (sx_film_result){ .probability = NAN };
    json_t *root = sx_json_parse(json, n, true, NULL, err);
    if (!root) return false;
    const json_t *film = first_film(root);
    const bool ok = (film || fail_format("film", err)) && hash_weights(root, out->weights, err) &&
                    read_verdict(film, out, err) &&
                    read_findings(root, film, width, height, out, err);
    json_decref(root);
    if (!ok) sx_film_result_free(out);
    return ok;
}

void sx_film_result_free(sx_film_result *r) {
    for (size_t i = 0; i < r->box_count; i++)
        free(r->labels[i]);
    free(r->boxes);
    free(r->codes);
    free(r->labels);
    *r = (sx_film_result){ .probability = NAN };
}
