#include "experiment/film_boxes.h"

#include <stdlib.h>

#include "base/mem.h"

static sx_found_box found_of(const sx_detection *d, double x, double y, size_t film) {
    const sx_box *b = &d->box;
    return (sx_found_box){ .x = x * (double)b->x0,
                           .y = y * (double)b->y0,
                           .w = x * (double)(b->x1 - b->x0),
                           .h = y * (double)(b->y1 - b->y0),
                           .score = (double)d->score,
                           .film = (uint32_t)film,
                           .label = d->label };
}

static sx_truth_box truth_of(const sx_film_box *b, int label, size_t film) {
    const double w = b->x1 - b->x0, h = b->y1 - b->y0;
    return (sx_truth_box){ .x = b->x0,
                           .y = b->y0,
                           .w = w,
                           .h = h,
                           .area = w * h,
                           .film = (uint32_t)film,
                           .label = label };
}

/* The array with room for `more` items after `count`; NULL: no memory, and the array is as it
 * was. */
static void *grow(void *items, size_t size, size_t count, size_t more, size_t *cap, sx_error *err) {
    if (items && count + more <= *cap) return items;
    const size_t wanted = 2 * (count + more) + 64;
    void *grown = sx_realloc(items, wanted, size);
    if (grown)
        *cap = wanted;
    else
        sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    return grown;
}

bool sx_film_boxes_add_found(sx_film_boxes *b, const sx_detections *d, double x, double y,
                             size_t film, sx_error *err) {
    sx_found_box *found =
        grow(b->found, sizeof *found, b->found_count, (size_t)d->count, &b->found_cap, err);
    if (!found) return false;
    b->found = found;
    for (int k = 0; k < d->count; k++)
        b->found[b->found_count++] = found_of(&d->items[k], x, y, film);
    return true;
}

bool sx_film_boxes_add_truth(sx_film_boxes *b, const sx_loader_film *boxes, const int *labels,
                             size_t film, sx_error *err) {
    sx_truth_box *truth =
        grow(b->truth, sizeof *truth, b->truth_count, boxes->count, &b->truth_cap, err);
    if (!truth) return false;
    b->truth = truth;
    for (size_t k = 0; k < boxes->count; k++) {
        const int label = (int)boxes->labels[k];
        b->truth[b->truth_count++] =
            truth_of(&boxes->boxes[k], labels ? labels[label] : label, film);
    }
    return true;
}

sx_boxes sx_film_boxes_view(const sx_film_boxes *b, size_t film_count, int class_count) {
    return (
        sx_boxes){ b->truth, b->truth_count, b->found, b->found_count, film_count, class_count };
}

void sx_film_boxes_free(sx_film_boxes *b) {
    free(b->found);
    free(b->truth);
    *b = (sx_film_boxes){ 0 };
}
