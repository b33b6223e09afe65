#include "experiment/film_boxes.h"

sx_found_box sx_found_of(const sx_detection *d, double x, double y, size_t film) {
    const sx_box *b = &d->box;
    return (sx_found_box){ .x = x * (double)b->x0,
                           .y = y * (double)b->y0,
                           .w = x * (double)(b->x1 - b->x0),
                           .h = y * (double)(b->y1 - b->y0),
                           .score = (double)d->score,
                           .film = (uint32_t)film,
                           .label = d->label };
}

sx_truth_box sx_truth_of(const sx_film_box *b, int label, size_t film) {
    const double w = b->x1 - b->x0, h = b->y1 - b->y0;
    return (sx_truth_box){ .x = b->x0,
                           .y = b->y0,
                           .w = w,
                           .h = h,
                           .area = w * h,
                           .film = (uint32_t)film,
                           .label = label };
}
