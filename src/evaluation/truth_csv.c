#include <math.h>
#include <string.h>

#include "base/csv.h"
#include "evaluation/truth_build.h"

typedef struct columns {
    int image, lesion, reader, study, patient, corner[4], label;
} columns;

static bool read_box(sx_truth_build *b, const sx_csv *c, const columns *col, sx_truth_box *box,
                     sx_error *err) {
    double v[4];
    for (int i = 0; i < 4; i++) {
        if (!sx_csv_double(c, col->corner[i], &v[i], err)) return false;
        if (!isfinite(v[i]))
            return sx_csv_fail(c, err, "a box with a corner that is not a finite number");
    }
    if (v[2] <= v[0] || v[3] <= v[1])
        return sx_csv_fail(c, err, "not a box: x %g to %g, y %g to %g", v[0], v[2], v[1], v[3]);
    *box = (sx_truth_box){
        .x = v[0], .y = v[1], .w = v[2] - v[0], .h = v[3] - v[1], .film = box->film
    };
    box->area = box->w * box->h;
    const char *name = sx_csv_field(c, col->lesion);
    long known = sx_names_find(&b->t->class_names, name);
    uint32_t label = (uint32_t)known;
    if (known < 0 && b->closed) return sx_csv_fail(c, err, "unknown class \"%.80s\"", name);
    if (known < 0 && !sx_names_add(&b->t->class_names, name, &label, err)) return false;
    box->label = (int)label;
    return true;
}

/* One row of an annotation CSV. */
static bool annotation(sx_truth_build *b, const sx_csv *c, const columns *col, sx_error *err) {
    const char *reader_name = sx_csv_field(c, col->reader), *lesion = sx_csv_field(c, col->lesion);
    uint32_t film, reader;
    if (b->o->reader && strcmp(reader_name, b->o->reader) != 0) return true;
    if (!sx_build_film(b, sx_csv_field(c, col->image), &film, err))
        return sx_csv_fail(c, err, "no image_id");
    if (!sx_names_add(&b->t->reader_names, reader_name, &reader, err) ||
        !sx_build_reading(b, film, reader, err))
        return false;
    if (!sx_build_groups(b, film, sx_csv_field(c, col->study), sx_csv_field(c, col->patient), err))
        return sx_fail_in(err, "%s:%zu", b->path, sx_csv_line(c));
    if (!lesion[0])
        return sx_csv_fail(c, err, "no lesion_type (a film without any is \"" SX_NO_FINDING "\")");
    bool none = strcmp(lesion, SX_NO_FINDING) == 0;
    b->film[film].said |= none ? 1 : 2;
    b->film[film].label = b->film[film].said > 1;
    if (none) return true;
    sx_truth_box box = { .film = film };
    if (!read_box(b, c, col, &box, err)) return false;
    return sx_build_box(b, &box, reader, err);
}

static bool image_label(sx_truth_build *b, const sx_csv *c, const columns *col, sx_error *err) {
    uint32_t film;
    const char *text = sx_csv_field(c, col->label);
    size_t before = b->t->films.count;
    if (!sx_build_film(b, sx_csv_field(c, col->image), &film, err))
        return sx_csv_fail(c, err, "no image_id");
    int label;
    if (b->o->positive)
        label = strcmp(text, b->o->positive) == 0;
    else if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0)
        label = text[0] == '1';
    else
        return sx_csv_fail(
            c, err,
            "label \"%.60s\" is neither 0 nor 1 (--label COLUMN=TEXT names what is abnormal)",
            text);
    if (b->t->films.count == before && b->film[film].label != label)
        return sx_csv_fail(c, err, "film %.80s has another label further up",
                           sx_csv_field(c, col->image));
    b->film[film].label = label;
    return sx_build_groups(b, film, sx_csv_field(c, col->study), sx_csv_field(c, col->patient),
                           err) ||
           sx_fail_in(err, "%s:%zu", b->path, sx_csv_line(c));
}

static bool find_columns(sx_truth_build *b, const sx_csv *c, columns *col, sx_error *err) {
    static const char *const corners[4] = { "xmin", "ymin", "xmax", "ymax" };
    if (!sx_csv_need(c, "image_id", &col->image, err)) return false;
    col->study = sx_csv_find(c, "study_id");
    col->patient = sx_csv_find(c, "patient_id");
    if (col->patient < 0) col->patient = sx_csv_find(c, "patient");
    col->lesion = sx_csv_find(c, "lesion_type");
    col->reader = sx_csv_find(c, "rad_id");
    b->t->has_boxes = col->lesion >= 0 && !b->o->label_column;
    if (b->t->has_boxes) {
        for (int i = 0; i < 4; i++)
            if (!sx_csv_need(c, corners[i], &col->corner[i], err)) return false;
        return true;
    }
    if (b->o->label_column) return sx_csv_need(c, b->o->label_column, &col->label, err);
    col->label = sx_csv_find(c, "abnormal");
    if (col->label < 0) col->label = sx_csv_find(c, "label");
    return col->label >= 0 || sx_csv_need(c, "lesion_type", &col->lesion, err);
}

bool sx_truth_from_csv(sx_truth_build *b, const void *bytes, size_t n, sx_error *err) {
    sx_csv *c = sx_csv_from_memory(bytes, n, b->path, err);
    if (!c) return false;
    columns col;
    bool failed = false, ok = find_columns(b, c, &col, err);
    while (ok && sx_csv_next(c, &failed, err))
        ok = b->t->has_boxes ? annotation(b, c, &col, err) : image_label(b, c, &col, err);
    sx_csv_close(c);
    if (ok && !failed && b->o->reader && !b->t->films.count)
        return sx_fail(err, SX_ERR_MISSING, "%s: no row of reader %s", b->path, b->o->reader);
    return ok && !failed;
}
