/* What a network makes of films of the validation set, to look at. */
#ifndef SX_EXPERIMENT_PICTURES_H
#define SX_EXPERIMENT_PICTURES_H

#include "experiment/film_set.h"
#include "image/contact_sheet.h"
#include "models/model.h"

/* How many films of a set are shown. */
enum { SX_SHOWN_FILMS = 8 };

/* Film i, in its size for validation, twice: its boxes, and those that were found. */
bool sx_picture_boxes(sx_sheet *sheet, const sx_film_set *s, size_t i, const sx_fitted *film,
                      const sx_detections *found, sx_error *err) SX_MUST_USE;

/* The films on which a classifier is most wrong: those of the highest loss, the worst first.
 * logits: [s->count]. */
bool sx_picture_worst(sx_sheet *sheet, const sx_film_set *s, const double *logits,
                      sx_error *err) SX_MUST_USE;

#endif
