/* Boxes of films as the evaluation takes them. */
#ifndef SX_EXPERIMENT_FILM_BOXES_H
#define SX_EXPERIMENT_FILM_BOXES_H

#include "experiment/film_set.h"
#include "metrics/detection.h"
#include "models/model.h"

/* True and found boxes of films. Zeros: empty. */
typedef struct sx_film_boxes {
    sx_found_box *found;
    sx_truth_box *truth;
    size_t found_count, found_cap, truth_count, truth_cap;
} sx_film_boxes;

/* Appends detections, whose corners are multiplied by x and y (1: they are in the film's own
 * pixels). Error: SX_ERR_MEMORY. */
bool sx_film_boxes_add_found(sx_film_boxes *b, const sx_detections *d, double x, double y,
                             size_t film, sx_error *err) SX_MUST_USE;
/* Appends the true boxes of a film, with the label that labels[] (NULL: the same) gives to each
 * class. Error: SX_ERR_MEMORY. */
bool sx_film_boxes_add_truth(sx_film_boxes *b, const sx_loader_film *boxes, const int *labels,
                             size_t film, sx_error *err) SX_MUST_USE;
/* As the metrics take them; the arrays belong to `b`. */
sx_boxes sx_film_boxes_view(const sx_film_boxes *b, size_t film_count, int class_count);
void sx_film_boxes_free(sx_film_boxes *b);

#endif
