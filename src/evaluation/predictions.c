#include "evaluation/predictions.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/csv.h"
#include "base/files.h"
#include "base/film_name.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"

typedef struct box_list {
    sx_found_box *items;
    size_t count, cap;
} box_list;

typedef struct reader {
    sx_predictions *p;
    const sx_truth *t;
    const sx_prediction_options *o;
    const char *path;
    box_list evaluated, dropped, findings; /* become p->boxes and p->findings */
    const json_t *labels;                  /* of a report */
    bool rule_drops, by_points;            /* what its rule does */
} reader;

/* The film of a row; -1: the row is dropped. by_id: the row has COCO's image id. */
static bool find_film(reader *r, const char *name, bool by_id, long *film, sx_error *err) {
    *film = sx_truth_film(r->t, name);
    if (!by_id && sx_names_find(&r->t->ambiguous, name) >= 0)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "\"%.100s\" is the id of one image of the truth and the file of another",
                       name);
    if (*film >= 0) {
        if (!r->p->places[*film]) r->p->places[*film] = ++r->p->named;
        return true;
    }
    if (sx_truth_left_out(r->t, name)) {
        r->p->left_out++;
        return true;
    }
    r->p->unknown_films++;
    if (r->o->ignore_unknown) return true;
    return sx_fail(err, SX_ERR_MISMATCH,
                   "film \"%.100s\" is not in the truth (--lenient drops its rows)", name);
}

static bool check_score(const reader *r, double v, sx_error *err) {
    if (!isfinite(v)) return sx_fail(err, SX_ERR_VALUE, "the score is not a finite number");
    if (r->o->any_score || (v >= 0 && v <= 1)) return true;
    return sx_fail(err, SX_ERR_VALUE, "score %g is not in 0..1 (--lenient allows it)", v);
}

static bool set_score(reader *r, long film, double v, sx_error *err) {
    if (!check_score(r, v, err)) return false;
    if (!isnan(r->p->scores[film]))
        return sx_fail(err, SX_ERR_FORMAT, "film \"%.100s\" has two scores",
                       r->t->films.items[film]);
    r->p->scores[film] = v;
    r->p->has_scores = true;
    return true;
}

static bool append(box_list *l, const sx_found_box *box, sx_error *err) {
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

/* v: x, y, width, height, score. */
static bool add_box(const reader *r, box_list *to, long film, long label, const double v[5],
                    sx_error *err) {
    if (!isfinite(v[0]) || !isfinite(v[1]) || !(v[2] >= 0) || !(v[3] >= 0) ||
        !isfinite(v[2] * v[3]))
        return sx_fail(err, SX_ERR_VALUE, "not a box: x %g, y %g, width %g, height %g", v[0], v[1],
                       v[2], v[3]);
    const sx_found_box box = { v[0], v[1], v[2], v[3], v[4], (uint32_t)film, (int)label };
    return check_score(r, v[4], err) && append(to, &box, err);
}

static bool unknown_class(reader *r, const char *name, sx_error *err) {
    r->p->unknown_classes++;
    if (r->o->ignore_unknown) return true;
    return sx_fail(err, SX_ERR_MISMATCH,
                   "class \"%.100s\" is not in the truth (--classes adds classes, "
                   "--lenient drops its boxes)",
                   name);
}

/* ---- CSV ---- */

static bool csv_row(reader *r, const sx_csv *c, int image, int lesion, const int col[5],
                    sx_error *err) {
    long film;
    if (!find_film(r, sx_csv_field(c, image), false, &film, err)) return false;
    if (film < 0) return true;
    if (lesion < 0) {
        double v;
        return sx_csv_double(c, col[4], &v, err) ? set_score(r, film, v, err) : false;
    }
    const char *name = sx_csv_field(c, lesion);
    for (int i = 0; i < 4 && strcmp(name, SX_NO_FINDING) == 0; i++)
        if (sx_csv_field(c, col[i])[0])
            return sx_csv_fail(c, err, "a box in a row \"" SX_NO_FINDING "\"");
    r->p->names_all = r->p->names_all || strcmp(name, SX_NO_FINDING) == 0;
    if (r->o->scores_only || strcmp(name, SX_NO_FINDING) == 0) return true;
    long label = sx_truth_class(r->t, name);
    if (label < 0) return unknown_class(r, name, err);
    double v[5];
    for (int i = 0; i < 5; i++)
        if (!sx_csv_double(c, col[i], &v[i], err)) return false;
    v[2] -= v[0];
    v[3] -= v[1];
    return add_box(r, &r->evaluated, film, label, v, err);
}

static bool from_csv(reader *r, const void *bytes, size_t n, sx_error *err) {
    static const char *const box_columns[5] = { "xmin", "ymin", "xmax", "ymax", "score" };
    static const char *const score_columns[5] = { "probability", "score", "abnormal", "p", "prob" };
    sx_csv *c = sx_csv_from_memory(bytes, n, r->path, err);
    if (!c) return false;
    int image, lesion = sx_csv_find(c, "lesion_type"), col[5] = { -1, -1, -1, -1, -1 };
    bool failed = false, ok = sx_csv_need(c, "image_id", &image, err);
    if (lesion >= 0) {
        r->p->has_boxes = true;
        for (int i = 0; ok && i < 5; i++)
            ok = sx_csv_need(c, box_columns[i], &col[i], err);
    } else if (ok && r->o->score_column) {
        ok = sx_csv_need(c, r->o->score_column, &col[4], err);
    } else if (ok) {
        for (int i = 0; i < 5 && col[4] < 0; i++)
            col[4] = sx_csv_find(c, score_columns[i]);
        if (col[4] < 0) ok = sx_csv_need(c, "score", &col[4], err);
    }
    size_t rows = 0;
    while (ok && sx_csv_next(c, &failed, err)) {
        rows++;
        sx_error why = { 0 };
        ok = csv_row(r, c, image, lesion, col, &why);
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

static double number_of(json_t *v) {
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static bool coco_row(reader *r, json_t *row, sx_error *err) {
    char id[512] = "";
    json_t *image = json_object_get(row, "image_id"),
           *category = json_object_get(row, "category_id");
    json_t *box = json_object_get(row, "bbox");
    if (json_is_integer(image))
        snprintf(id, sizeof id, "%lld", (long long)json_integer_value(image));
    else if (json_is_string(image))
        snprintf(id, sizeof id, "%s", json_string_value(image));
    if (!id[0] || !json_is_integer(category) || json_array_size(box) != 4)
        return sx_fail(err, SX_ERR_FORMAT, "lacks image_id, category_id or bbox");
    long film, label = -1;
    if (!find_film(r, id, true, &film, err)) return false;
    if (film < 0 || r->o->scores_only) return true;
    const char *name = json_string_value(json_object_get(row, "category_name"));
    if (name) { /* our own results also hold the name, as a truth in CSV has no ids */
        label = sx_truth_class(r->t, name);
        if (label < 0) return unknown_class(r, name, err);
    } else {
        r->p->ids_by_position = !r->t->has_class_ids;
    }
    for (size_t i = 0; i < r->t->class_names.count && label < 0; i++)
        if (r->t->class_ids[i] == json_integer_value(category)) label = (long)i;
    if (label < 0) {
        snprintf(id, sizeof id, "category_id %lld", (long long)json_integer_value(category));
        return unknown_class(r, id, err);
    }
    double v[5];
    for (size_t i = 0; i < 4; i++)
        v[i] = number_of(json_array_get(box, i));
    v[4] = number_of(json_object_get(row, "score"));
    return add_box(r, &r->evaluated, film, label, v, err);
}

static bool from_coco(reader *r, json_t *list, sx_error *err) {
    size_t i;
    json_t *row;
    r->p->has_boxes = true;
    json_array_foreach(list, i, row) if (!coco_row(r, row, err)) return sx_fail_in(
        err, "%s: result %zu", r->path, i);
    return true;
}

/* A finding has its name, a box of `boxes` only its label. */
static const char *name_of(const reader *r, const json_t *f) {
    const json_t *name = json_object_get(f, "name"), *label = json_object_get(f, "label");
    if (!name && json_is_integer(label) && json_integer_value(label) >= 0)
        name = json_array_get(r->labels, (size_t)json_integer_value(label));
    return json_string_value(name);
}

static bool report_box(reader *r, box_list *to, long film, json_t *f, sx_error *err) {
    const char *name = name_of(r, f);
    json_t *box = json_object_get(f, "box");
    double v[5];
    for (size_t i = 0; i < 4; i++)
        v[i] = number_of(json_array_get(box, i));
    v[2] -= v[0];
    v[3] -= v[1];
    v[4] = number_of(json_object_get(f, "score"));
    if (!name || json_array_size(box) != 4)
        return sx_fail(err, SX_ERR_FORMAT, "a box without name or corners");
    long label = sx_truth_class(r->t, name);
    return label < 0 ? unknown_class(r, name, err) : add_box(r, to, film, label, v, err);
}

static bool is_known(const sx_truth *t, const char *name) {
    return sx_names_find(&t->films, name) >= 0 || sx_names_find(&t->aliases, name) >= 0 ||
           sx_names_find(&t->left_out, name) >= 0;
}

/* Films of the same name in different folders: the truth names them with their folders, and a
 * report has them in the path. */
static void name_by_path(const sx_truth *t, const char *path, sx_str *name) {
    const char *base = sx_path_base(path);
    for (const char *s = path; s < base; s = strchr(s, '/') + 1) {
        name->len = 0;
        sx_str_append(name, s, (size_t)(base - s) + sx_film_name_length(base));
        if (name->failed || is_known(t, sx_str_text(name))) return;
    }
    name->len = 0;
}

static bool find_report_film(reader *r, const char *id, const char *path, long *film,
                             sx_error *err) {
    sx_str name = { 0 };
    if (path && !is_known(r->t, id)) name_by_path(r->t, path, &name);
    const bool ok =
        sx_str_ok(&name, err) && find_film(r, name.len ? sx_str_text(&name) : id, false, film, err);
    sx_str_free(&name);
    return ok;
}

static bool read_list(reader *r, json_t *list, box_list *to, long film, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = report_box(r, to, film, json_array_get(list, i), err);
    return ok;
}

/* All boxes of a film: those that the rule keeps, and the others. */
static bool read_boxes(reader *r, json_t *list, double probability, long film, sx_error *err) {
    const bool normal = probability < r->p->threshold;
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        json_t *box = json_array_get(list, i);
        const double score = number_of(json_object_get(box, "score"));
        const bool drop = r->rule_drops && normal && score < r->p->keep;
        ok = report_box(r, drop ? &r->dropped : &r->evaluated, film, box, err);
    }
    return ok;
}

/* Reports of earlier versions have no `boxes`, only those that their rule kept. */
static bool film_boxes(reader *r, json_t *f, double probability, long film, sx_error *err) {
    json_t *boxes = json_object_get(f, "boxes"), *findings = json_object_get(f, "findings");
    if (!boxes) {
        r->p->withheld += (size_t)json_integer_value(json_object_get(f, "withheld"));
        return read_list(r, findings, &r->evaluated, film, err);
    }
    r->p->has_all_boxes = true;
    return read_boxes(r, boxes, probability, film, err) &&
           read_list(r, findings, &r->findings, film, err);
}

static bool report_film(reader *r, json_t *f, sx_error *err) {
    const char *id = json_string_value(json_object_get(f, "image_id"));
    const char *path = json_string_value(json_object_get(f, "path"));
    json_t *p = json_object_get(f, "probability");
    long film;
    if (!id) return sx_fail(err, SX_ERR_FORMAT, "a film without image_id");
    if (!find_report_film(r, id, path, &film, err)) return false;
    if (film < 0) return true;
    if (json_is_number(p) && !set_score(r, film, json_number_value(p), err)) return false;
    return r->o->scores_only || film_boxes(r, f, number_of(p), film, err) ||
           sx_fail_in(err, "film %.100s", id);
}

static void copy_text(const json_t *object, const char *key, char *out, size_t size) {
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(out, size, "%s", text ? text : "");
}

static void read_rule(reader *r, json_t *rule) {
    const char *kind = json_string_value(json_object_get(rule, "kind"));
    r->p->threshold = number_of(json_object_get(rule, "threshold"));
    r->p->keep = number_of(json_object_get(rule, "keep"));
    copy_text(rule, "threshold_from", r->p->threshold_from, sizeof r->p->threshold_from);
    copy_text(rule, "keep_from", r->p->keep_from, sizeof r->p->keep_from);
    r->rule_drops = !r->o->all_boxes && !(kind && strcmp(kind, "all boxes") == 0);
    r->by_points = kind && strcmp(kind, "operating points") == 0;
}

/* What the weights of the report say must stand with its results. */
static bool read_notes(reader *r, json_t *models, sx_error *err) {
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

static bool from_report(reader *r, json_t *j, sx_error *err) {
    const char *schema = json_string_value(json_object_get(j, "schema"));
    size_t i, k;
    json_t *study, *film;
    if (!schema || strcmp(schema, "spinexr-report/1") != 0)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: neither COCO results nor a spinexr-report/1",
                       r->path);
    read_rule(r, json_object_get(j, "rule"));
    r->labels = json_object_get(j, "labels");
    r->p->has_boxes = json_array_size(r->labels) > 0;
    r->p->names_all = true;
    json_array_foreach(json_object_get(j, "studies"), i, study) json_array_foreach(
        json_object_get(study, "films"), k,
        film) if (!report_film(r, film, err)) return sx_fail_in(err, "%s", r->path);
    r->p->failed = json_array_size(json_object_get(j, "failed"));
    return read_notes(r, json_object_get(j, "models"), err);
}

static bool from_json(reader *r, const void *bytes, size_t n, sx_error *err) {
    int line;
    json_t *j = sx_json_parse(bytes, n, false, &line, err);
    if (!j) return sx_fail_in(err, "%s:%d", r->path, line);
    bool ok = json_is_array(j) ? from_coco(r, j, err) : from_report(r, j, err);
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
static bool take_lists(reader *r, sx_error *err) {
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
    reader r = { .p = p, .t = t, .o = o, .path = path };
    size_t films = t->films.count, at = 0;
    p->path = sx_strdup(path);
    p->name = sx_strdup(name ? name : sx_path_base(path));
    p->scores = sx_calloc_for(films, sizeof *p->scores, "films", err);
    p->places = sx_calloc_for(films, sizeof *p->places, "films", err);
    sx_sha256 hash;
    bool ok = p->scores && p->places && sx_sha256_of(f.data, f.size, &hash, err);
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
    sx_file_close(&f);
    if (!ok) sx_predictions_free(p);
    return ok;
}

const sx_found_box *sx_predictions_shown(const sx_predictions *p, size_t *count) {
    *count = p->findings ? p->finding_count : p->box_count;
    return p->findings ? p->findings : p->boxes;
}

void sx_predictions_free(sx_predictions *p) {
    free(p->name);
    free(p->path);
    free(p->scores);
    free(p->places);
    free(p->boxes);
    free(p->findings);
    free(p->note);
    *p = (sx_predictions){ 0 };
}
