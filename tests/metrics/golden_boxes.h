/* The boxes of golden case F1, films in the order of their identifiers. */
#ifndef SX_METRICS_GOLDEN_BOXES_H
#define SX_METRICS_GOLDEN_BOXES_H

#include "golden_json.h"

#include "metrics/box_match.h"

typedef struct golden_boxes {
    sx_truth_box *truth;
    sx_found_box *found;
    const char **film; /* sorted */
    sx_boxes set;
    json_t *gt, *det;
} golden_boxes;

static inline int compare_ids(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static inline uint32_t film_of(const golden_boxes *g, json_t *row) {
    const char *id = json_string_value(json_object_get(row, "image_id"));
    const char **at = bsearch(&id, g->film, g->set.film_count, sizeof *g->film, compare_ids);
    if (!at) fail_msg("no film %s", id);
    return (uint32_t)(at - g->film);
}

static inline golden_boxes golden_boxes_load(void) {
    golden_boxes g = { .gt = golden_json("eval/gt_coco.json"),
                       .det = golden_json("eval/detections.json") };
    json_t *images = at_path(g.gt, "images"), *rows = at_path(g.gt, "annotations"), *row;
    size_t i;
    g.set = (sx_boxes){ .film_count = json_array_size(images), .class_count = 7 };
    g.film = calloc(g.set.film_count, sizeof *g.film);
    json_array_foreach(images, i, row) g.film[i] = json_string_value(json_object_get(row, "id"));
    qsort(g.film, g.set.film_count, sizeof *g.film, compare_ids);
    g.truth = calloc(json_array_size(rows), sizeof *g.truth);
    json_array_foreach(rows, i, row) {
        sx_truth_box *t = &g.truth[g.set.true_box_count++];
        t->film = film_of(&g, row);
        t->label = (int)number_at(row, "category_id");
        t->area = number_at(row, "area");
        t->x = number_at(row, "bbox/0");
        t->y = number_at(row, "bbox/1");
        t->w = number_at(row, "bbox/2");
        t->h = number_at(row, "bbox/3");
    }
    g.found = calloc(json_array_size(g.det), sizeof *g.found);
    json_array_foreach(g.det, i, row) {
        sx_found_box *f = &g.found[g.set.found_box_count++];
        f->film = film_of(&g, row);
        f->label = (int)number_at(row, "category_id");
        f->score = number_at(row, "score");
        f->x = number_at(row, "bbox/0");
        f->y = number_at(row, "bbox/1");
        f->w = number_at(row, "bbox/2");
        f->h = number_at(row, "bbox/3");
    }
    g.set.true_boxes = g.truth;
    g.set.found_boxes = g.found;
    return g;
}

static inline void golden_boxes_free(golden_boxes *g) {
    free(g->truth);
    free(g->found);
    free(g->film);
    json_decref(g->gt);
    json_decref(g->det);
}

#endif
