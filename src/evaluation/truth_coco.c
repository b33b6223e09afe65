#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/truth_build.h"

/* An id as text: a name or a whole number. */
static bool id_text(json_t *v, char *buf, size_t size) {
    if (json_is_string(v))
        return (size_t)snprintf(buf, size, "%s", json_string_value(v)) < size && buf[0];
    if (!json_is_integer(v)) return false;
    snprintf(buf, size, "%lld", (long long)json_integer_value(v));
    return true;
}

static const char *text_of(json_t *row, const char *key, char *buf, size_t size) {
    json_t *v = json_object_get(row, key);
    if (!v || !id_text(v, buf, size)) buf[0] = '\0';
    return buf;
}

static bool read_images(sx_truth_build *b, json_t *images, sx_error *err) {
    size_t i;
    json_t *row;
    json_array_foreach(images, i, row) {
        char id[512], study[512], patient[512], stem[512];
        uint32_t film;
        size_t before = b->t->films.count;
        if (!id_text(json_object_get(row, "id"), id, sizeof id))
            return sx_fail(err, SX_ERR_FORMAT, "%s: images[%zu] has no id", b->path, i);
        if (!sx_build_film(b, id, &film, err)) return false;
        if (b->t->films.count == before)
            return sx_fail(err, SX_ERR_FORMAT, "%s: two images have the id %.100s", b->path, id);
        if (!sx_build_groups(b, film, text_of(row, "study_id", study, sizeof study),
                             text_of(row, "patient_id", patient, sizeof patient), err))
            return sx_fail_in(err, "%s", b->path);
        b->film[film].label = 0;
        const char *file = json_string_value(json_object_get(row, "file_name"));
        if (!file) continue;
        bool fresh;
        sx_film_stem(file, stem, sizeof stem);
        if (strcmp(stem, id) != 0 && !sx_names_put(&b->t->aliases, stem, film, &fresh, err))
            return false;
    }
    return true;
}

typedef struct category {
    long id;
    const char *name;
} category;

static int by_id(const void *a, const void *b) {
    const category *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* In the order of the ids, as COCO's evaluation has them; class_id keeps them. */
static bool read_categories(sx_truth_build *b, json_t *list, sx_error *err) {
    size_t n = json_array_size(list), i;
    json_t *row;
    if (n == 0) return sx_fail(err, SX_ERR_MISSING, "%s: no categories", b->path);
    category *cat = sx_calloc_for(n, sizeof *cat, "categories", err);
    b->t->class_ids = cat ? sx_calloc_for(n + 1, sizeof(long), "categories", err) : NULL;
    bool ok = b->t->class_ids != NULL;
    if (ok) {
        json_array_foreach(list, i, row) {
            json_t *id = json_object_get(row, "id");
            cat[i].name = json_string_value(json_object_get(row, "name"));
            cat[i].id = (long)json_integer_value(id);
            if (!cat[i].name || !json_is_integer(id))
                ok = sx_fail(err, SX_ERR_FORMAT, "%s: categories[%zu] lacks an id or a name",
                             b->path, i);
            if (!ok) break;
        }
    }
    if (ok) qsort(cat, n, sizeof *cat, by_id);
    sx_names_free(&b->t->class_names);
    for (i = 0; ok && i < n; i++) {
        uint32_t at;
        if (i && cat[i].id == cat[i - 1].id)
            ok = sx_fail(err, SX_ERR_FORMAT, "%s: two categories have the id %ld", b->path,
                         cat[i].id);
        ok = ok && sx_names_add(&b->t->class_names, cat[i].name, &at, err);
        if (ok && at != i)
            ok = sx_fail(err, SX_ERR_FORMAT, "%s: two categories are named %.100s", b->path,
                         cat[i].name);
        b->t->class_ids[i] = cat[i].id;
    }
    free(cat);
    b->closed = b->t->has_class_ids = true;
    return ok;
}

static long class_of(const sx_truth *t, long id) {
    for (size_t i = 0; i < t->class_names.count; i++)
        if (t->class_ids[i] == id) return (long)i;
    return -1;
}

static bool read_annotation(sx_truth_build *b, json_t *row, size_t i, sx_error *err) {
    char id[512];
    json_t *box = json_object_get(row, "bbox"), *category_id = json_object_get(row, "category_id");
    if (!id_text(json_object_get(row, "image_id"), id, sizeof id))
        return sx_fail(err, SX_ERR_FORMAT, "%s: annotations[%zu] has no image_id", b->path, i);
    long film = sx_names_find(&b->t->films, id);
    if (film < 0)
        return sx_fail(err, SX_ERR_FORMAT, "%s: annotations[%zu]: there is no image %.100s",
                       b->path, i, id);
    long label =
        json_is_integer(category_id) ? class_of(b->t, (long)json_integer_value(category_id)) : -1;
    if (label < 0)
        return sx_fail(err, SX_ERR_FORMAT, "%s: annotations[%zu]: unknown category_id", b->path, i);
    double v[4];
    for (size_t k = 0; k < 4; k++) {
        json_t *x = json_array_get(box, k);
        v[k] = json_is_number(x) ? json_number_value(x) : NAN;
    }
    if (json_array_size(box) != 4 || !isfinite(v[0]) || !isfinite(v[1]) || !(v[2] > 0) ||
        !(v[3] > 0) || !isfinite(v[2] * v[3]))
        return sx_fail(err, SX_ERR_FORMAT, "%s: annotations[%zu]: bbox is not x, y, width, height",
                       b->path, i);
    json_t *area = json_object_get(row, "area"), *crowd = json_object_get(row, "iscrowd");
    sx_truth_box t = {
        .x = v[0], .y = v[1], .w = v[2], .h = v[3], .film = (uint32_t)film, .label = (int)label
    };
    t.area = json_is_number(area) ? json_number_value(area) : v[2] * v[3];
    t.crowd = json_is_true(crowd) || json_integer_value(crowd) != 0;
    if (!t.crowd) b->film[film].label = 1;
    return sx_build_box(b, &t, 0, err);
}

bool sx_truth_from_coco(sx_truth_build *b, const void *bytes, size_t n, sx_error *err) {
    json_error_t e;
    json_t *j = json_loadb(bytes, n, JSON_REJECT_DUPLICATES, &e), *row;
    if (!j) return sx_fail(err, SX_ERR_FORMAT, "%s:%d: %s", b->path, e.line, e.text);
    json_t *images = json_object_get(j, "images"), *boxes = json_object_get(j, "annotations");
    uint32_t reader;
    bool ok = true;
    if (!json_is_array(images) || !json_is_array(boxes))
        ok = sx_fail(
            err, SX_ERR_FORMAT, "%s: not a COCO data set: no images or annotations%s", b->path,
            json_is_array(j) ? " (it looks like COCO results, which are predictions)" : "");
    b->t->has_boxes = true;
    ok = ok && sx_names_add(&b->t->reader_names, "", &reader, err) && read_images(b, images, err) &&
         read_categories(b, json_object_get(j, "categories"), err);
    if (ok) {
        size_t i;
        json_array_foreach(boxes, i, row) {
            ok = read_annotation(b, row, i, err);
            if (!ok) break;
        }
    }
    json_decref(j);
    return ok;
}
