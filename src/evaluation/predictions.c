#include "evaluation/predictions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/csv.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "evaluation/predictions_impl.h"

bool sx_reader_find_film(sx_prediction_reader *r, const char *name, bool by_id, long *film,
                         sx_error *err) {
    const sx_truth_match match = sx_truth_find(r->t, name);
    *film = match.film;
    if (!by_id && match.ambiguous)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "\"%.100s\" is the id of one image of the truth and the file of another",
                       name);
    if (*film >= 0) {
        if (!r->p->places[*film]) r->p->places[*film] = ++r->p->named;
        return true;
    }
    if (match.left_out) {
        r->p->left_out++;
        return true;
    }
    r->p->unknown_films++;
    if (r->o->ignore_unknown) return true;
    return sx_fail(err, SX_ERR_MISMATCH, "film \"%.100s\" is %s (--lenient drops its rows)", name,
                   match.shared ? "the end of several films' names in the truth"
                                : "not in the truth");
}

static bool check_score(const sx_prediction_reader *r, double v, sx_error *err) {
    if (!isfinite(v)) return sx_fail(err, SX_ERR_VALUE, "the score is not a finite number");
    if (r->o->any_score || (v >= 0 && v <= 1)) return true;
    return sx_fail(err, SX_ERR_VALUE, "score %g is not in 0..1 (--lenient allows it)", v);
}

bool sx_reader_set_score(sx_prediction_reader *r, long film, double v, sx_error *err) {
    if (!check_score(r, v, err)) return false;
    if (!isnan(r->p->scores[film]))
        return sx_fail(err, SX_ERR_FORMAT, "film \"%.100s\" has two scores",
                       r->t->films.items[film]);
    r->p->scores[film] = v;
    r->p->has_scores = true;
    return true;
}

static bool append(sx_box_list *l, const sx_found_box *box, sx_error *err) {
    if (l->count == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 4096;
        sx_found_box *items = sx_realloc(l->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
        l->items = items;
        l->cap = cap;
    }
    l->items[l->count++] = *box;
    return true;
}

bool sx_reader_add_box(const sx_prediction_reader *r, sx_box_list *to, long film, long label,
                       const double v[5], sx_error *err) {
    if (!isfinite(v[0]) || !isfinite(v[1]) || !(v[2] >= 0) || !(v[3] >= 0) ||
        !isfinite(v[2] * v[3]))
        return sx_fail(err, SX_ERR_VALUE, "not a box: x %g, y %g, width %g, height %g", v[0], v[1],
                       v[2], v[3]);
    const sx_found_box box = { v[0], v[1], v[2], v[3], v[4], (uint32_t)film, (int)label };
    return check_score(r, v[4], err) && append(to, &box, err);
}

bool sx_reader_unknown_class(sx_prediction_reader *r, const char *name, sx_error *err) {
    uint32_t at;
    r->p->unknown_classes++;
    if (r->o->new_classes) return sx_names_add(r->o->new_classes, name, &at, err);
    if (r->o->ignore_unknown) return true;
    return sx_fail(err, SX_ERR_MISMATCH,
                   "class \"%.100s\" is not in the truth (--classes adds classes, "
                   "--lenient drops its boxes)",
                   name);
}

/* ---- CSV ---- */

/* Columns of a CSV; -1: absent. */
typedef struct columns {
    int image, lesion, box[5]; /* box[4]: the score */
    int verdict;               /* of scores.csv; empty where there is none */
} columns;

static bool score_row(sx_prediction_reader *r, const sx_csv *c, const columns *at, long film,
                      sx_error *err) {
    double v;
    if (!sx_csv_double(c, at->box[4], &v, err) || !sx_reader_set_score(r, film, v, err))
        return false;
    if (at->verdict >= 0 && !sx_csv_field(c, at->verdict)[0])
        r->p->outcomes[film] = SX_FILM_UNFAMILIAR;
    return true;
}

static bool csv_row(sx_prediction_reader *r, const sx_csv *c, const columns *at, sx_error *err) {
    const int lesion = at->lesion, *col = at->box;
    long film;
    if (!sx_reader_find_film(r, sx_csv_field(c, at->image), false, &film, err)) return false;
    if (film < 0) return true;
    if (lesion < 0) return score_row(r, c, at, film, err);
    const char *name = sx_csv_field(c, lesion);
    if (!name[0] && !r->o->scores_only)
        return sx_csv_fail(c, err,
                           "no lesion_type: a run without a detector looked for no boxes (a film "
                           "without any is \"" SX_NO_FINDING "\")");
    for (int i = 0; i < 4 && strcmp(name, SX_NO_FINDING) == 0; i++)
        if (sx_csv_field(c, col[i])[0])
            return sx_csv_fail(c, err, "a box in a row \"" SX_NO_FINDING "\"");
    r->p->names_all = r->p->names_all || strcmp(name, SX_NO_FINDING) == 0;
    if (r->o->scores_only || strcmp(name, SX_NO_FINDING) == 0) return true;
    long label = sx_truth_class(r->t, name);
    if (label < 0) return sx_reader_unknown_class(r, name, err);
    double v[5];
    for (int i = 0; i < 5; i++)
        if (!sx_csv_double(c, col[i], &v[i], err)) return false;
    v[2] -= v[0];
    v[3] -= v[1];
    return sx_reader_add_box(r, &r->evaluated, film, label, v, err);
}

/* scores.csv has the score in "probability" and the verdict in "abnormal". */
static bool find_columns(const sx_prediction_reader *r, const sx_csv *c, columns *at,
                         sx_error *err) {
    static const char *const box_columns[5] = { "xmin", "ymin", "xmax", "ymax", "score" };
    static const char *const score_columns[5] = { "probability", "score", "abnormal", "p", "prob" };
    *at = (columns){ .lesion = sx_csv_find(c, "lesion_type"),
                     .box = { -1, -1, -1, -1, -1 },
                     .verdict = -1 };
    if (!sx_csv_need(c, "image_id", &at->image, err)) return false;
    if (at->lesion >= 0) {
        bool ok = true;
        for (int i = 0; ok && i < 5; i++)
            ok = sx_csv_need(c, box_columns[i], &at->box[i], err);
        return ok;
    }
    if (r->o->score_column) return sx_csv_need(c, r->o->score_column, &at->box[4], err);
    for (int i = 0; i < 5 && at->box[4] < 0; i++)
        at->box[4] = sx_csv_find(c, score_columns[i]);
    if (at->box[4] < 0) return sx_csv_need(c, "score", &at->box[4], err);
    if (at->box[4] == sx_csv_find(c, "probability")) at->verdict = sx_csv_find(c, "abnormal");
    return true;
}

static bool from_csv(sx_prediction_reader *r, const void *bytes, size_t n, sx_error *err) {
    sx_csv *c = sx_csv_from_memory(bytes, n, r->path, err);
    if (!c) return false;
    columns at;
    bool failed = false, ok = find_columns(r, c, &at, err);
    r->p->has_boxes = ok && at.lesion >= 0;
    size_t rows = 0;
    while (ok && sx_csv_next(c, &failed, err)) {
        rows++;
        sx_error why = { 0 };
        ok = csv_row(r, c, &at, &why);
        if (ok) continue;
        if (err) *err = why;
        if (strncmp(why.message, r->path, strlen(r->path)) != 0)
            sx_fail_in(err, "%s:%zu", r->path, sx_csv_line(c));
    }
    sx_csv_close(c);
    if (ok && !failed && rows == 0)
        ok = sx_fail(err, SX_ERR_FORMAT, "%s: has a header but no row", r->path);
    return ok && !failed;
}

/* ---- JSON ---- */

double sx_reader_number(json_t *v) {
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static bool coco_row(sx_prediction_reader *r, json_t *row, sx_error *err) {
    char text[32];
    json_t *image = json_object_get(row, "image_id"),
           *category = json_object_get(row, "category_id");
    json_t *box = json_object_get(row, "bbox");
    json_int_t number, class_id;
    const char *id = json_string_value(image);
    if (sx_json_whole(image, &number)) {
        snprintf(text, sizeof text, "%lld", (long long)number);
        id = text;
    }
    if (!id || !id[0] || !sx_json_whole(category, &class_id) || json_array_size(box) != 4)
        return sx_fail(err, SX_ERR_FORMAT, "lacks image_id, category_id or bbox");
    long film, label = -1;
    if (!sx_reader_find_film(r, id, true, &film, err)) return false;
    if (film < 0 || r->o->scores_only) return true;
    const char *name = json_string_value(json_object_get(row, "category_name"));
    if (name) { /* our own results also hold the name, as a truth in CSV has no ids */
        label = sx_truth_class(r->t, name);
        if (label < 0) return sx_reader_unknown_class(r, name, err);
    } else {
        r->p->ids_by_position = !r->t->has_class_ids;
    }
    for (size_t i = 0; i < r->t->class_names.count && label < 0; i++)
        if (r->t->class_ids[i] == class_id) label = (long)i;
    if (label < 0) {
        char unknown[48];
        snprintf(unknown, sizeof unknown, "category_id %lld", (long long)class_id);
        return sx_reader_unknown_class(r, unknown, err);
    }
    double v[5];
    for (size_t i = 0; i < 4; i++)
        v[i] = sx_reader_number(json_array_get(box, i));
    v[4] = sx_reader_number(json_object_get(row, "score"));
    return sx_reader_add_box(r, &r->evaluated, film, label, v, err);
}

static bool from_coco(sx_prediction_reader *r, json_t *list, sx_error *err) {
    size_t i;
    json_t *row;
    r->p->has_boxes = true;
    json_array_foreach(list, i, row) if (!coco_row(r, row, err)) return sx_fail_in(
        err, "%s: result %zu", r->path, i);
    return true;
}

static bool from_json(sx_prediction_reader *r, const void *bytes, size_t n, sx_error *err) {
    int line;
    json_t *j = sx_json_parse(bytes, n, true, &line, err);
    if (!j) return sx_fail_in(err, "%s:%d", r->path, line);
    bool ok = json_is_array(j) ? from_coco(r, j, err) : sx_reader_from_report(r, j, err);
    json_decref(j);
    return ok;
}

/* ---- */

/* Any order in which equal boxes are neighbours. */
static int compare_boxes(const void *a, const void *b) {
    const sx_found_box *p = a, *q = b;
    const double left[] = { p->film, p->label, p->x, p->y, p->w, p->h, p->score },
                 right[] = { q->film, q->label, q->x, q->y, q->w, q->h, q->score };
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
    return 0;
}

static bool count_duplicates(sx_predictions *p, sx_error *err) {
    sx_found_box *copy = sx_calloc_for(p->box_count + 1, sizeof *copy, "boxes", err);
    if (!copy) return false;
    if (p->box_count) memcpy(copy, p->boxes, p->box_count * sizeof *copy);
    qsort(copy, p->box_count, sizeof *copy, compare_boxes);
    for (size_t i = 1; i < p->box_count; i++)
        p->duplicates += compare_boxes(&copy[i], &copy[i - 1]) == 0;
    free(copy);
    return true;
}

/* Moves the lists to the predictions, also after a failure. */
static bool take_lists(sx_prediction_reader *r, sx_error *err) {
    sx_predictions *p = r->p;
    p->box_count = r->evaluated.count;
    bool ok = true;
    for (size_t i = 0; ok && i < r->dropped.count; i++)
        ok = append(&r->evaluated, &r->dropped.items[i], err);
    free(r->dropped.items);
    p->boxes = r->evaluated.items;
    p->all_box_count = r->evaluated.count;
    if (r->by_points) {
        p->findings = r->findings.items;
        p->finding_count = r->findings.count;
    } else {
        free(r->findings.items);
    }
    return ok;
}

bool sx_predictions_load(sx_predictions *p, const char *path, const char *name, const sx_truth *t,
                         const sx_prediction_options *o, sx_error *err) {
    *p = (sx_predictions){ .threshold = NAN, .keep = NAN };
    sx_file f;
    if (sx_path_is_dir(path))
        return sx_fail(err, SX_ERR_IO,
                       "%s: is a folder; predictions are a file: report.json, CSV of scores or "
                       "findings, COCO results",
                       path);
    if (!sx_file_open(&f, path, err)) return false;
    sx_prediction_reader r = { .p = p, .t = t, .o = o, .path = path };
    size_t films = t->films.count, at = 0;
    p->path = sx_strdup(path);
    p->name = sx_strdup(name ? name : sx_path_base(path));
    p->scores = sx_calloc_for(films, sizeof *p->scores, "films", err);
    p->outcomes = sx_calloc_for(films, 1, "films", err);
    p->places = sx_calloc_for(films, sizeof *p->places, "films", err);
    sx_sha256 hash;
    bool ok = p->scores && p->outcomes && p->places && sx_sha256_of(f.data, f.size, &hash, err);
    if (ok) memcpy(p->hash, hash.hex, sizeof p->hash);
    if (ok && (!p->path || !p->name)) ok = sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; ok && i < films; i++)
        p->scores[i] = NAN;
    while (at < f.size && (sx_is_space(f.data[at]) || f.data[at] >= 0x80))
        at++;
    if (ok && f.size == 0) ok = sx_fail(err, SX_ERR_FORMAT, "%s: is empty", path);
    bool json = at < f.size && (f.data[at] == '{' || f.data[at] == '[');
    ok = ok && (json ? from_json(&r, f.data, f.size, err) : from_csv(&r, f.data, f.size, err));
    ok = take_lists(&r, ok ? err : NULL) && ok;
    ok = ok && count_duplicates(p, err);
    p->unseen = films - p->named;
    for (size_t i = 0; ok && i < films; i++)
        p->outcome_counts[p->outcomes[i]]++;
    sx_file_close(&f);
    if (!ok) sx_predictions_free(p);
    return ok;
}

size_t sx_predictions_without_verdict(const sx_predictions *p) {
    size_t n = 0;
    for (int i = SX_FILM_CALLED + 1; i < SX_FILM_OUTCOMES; i++)
        n += p->outcome_counts[i];
    return n;
}

const char *sx_film_outcome_name(sx_film_outcome outcome) {
    static const char *const names[SX_FILM_OUTCOMES] = { NULL, "unfamiliar", "refused", "failed" };
    return names[outcome];
}

const sx_found_box *sx_predictions_shown(const sx_predictions *p, size_t *count) {
    *count = p->findings ? p->finding_count : p->box_count;
    return p->findings ? p->findings : p->boxes;
}

void sx_predictions_free(sx_predictions *p) {
    free(p->name);
    free(p->path);
    free(p->scores);
    free(p->outcomes);
    free(p->class_scores);
    free(p->places);
    free(p->boxes);
    free(p->findings);
    free(p->note);
    *p = (sx_predictions){ 0 };
}
