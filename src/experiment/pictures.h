/* Pictures of validation films with a network's results, in the proportions of the films. */
#ifndef SX_EXPERIMENT_PICTURES_H
#define SX_EXPERIMENT_PICTURES_H

#include "experiment/film_set.h"
#include "image/contact_sheet.h"
#include "models/model.h"

/* Number of films shown. */
enum { SX_SHOWN_FILMS = 8 };

/* Film i, at its size for validation, twice: with its true and with its predicted boxes. */
bool sx_picture_boxes(sx_sheet *sheet, const sx_film_set *s, size_t i, const sx_fitted *film,
                      const sx_detections *found, sx_error *err) SX_MUST_USE;

/* The films with the highest loss of a classifier, the worst first. logits: [s->count]. */
bool sx_picture_worst(sx_sheet *sheet, const sx_film_set *s, const double *logits,
                      sx_error *err) SX_MUST_USE;

#endif
