/* Boxes of films as the evaluation takes them. */
#ifndef SX_EXPERIMENT_FILM_BOXES_H
#define SX_EXPERIMENT_FILM_BOXES_H

#include "experiment/film_set.h"
#include "metrics/detection.h"
#include "models/model.h"

/* A detection, whose box is multiplied by x and y (1: it is in the film's own pixels). */
sx_found_box sx_found_of(const sx_detection *d, double x, double y, size_t film);
/* A true box with the label that the evaluation gives its class. */
sx_truth_box sx_truth_of(const sx_film_box *b, int label, size_t film);

#endif
