/* Scores of a model on the validation set; higher is better. Pictures of some films with the
 * model's results are added to `sheet`; NULL: none are drawn. Errors: those of reading a film, with
 * its path, and of the model; SX_ERR_MEMORY. */
#ifndef SX_EXPERIMENT_VALIDATION_H
#define SX_EXPERIMENT_VALIDATION_H

#include "experiment/pictures.h"
#include "models/model.h"

/* AUROC, 0..1; NaN if a class is absent. The fitted temperature and the threshold by Youden's J are
 * stored in *meta (spinexr.temperature, .threshold, .threshold_chosen_on) if both are present. The
 * AUROC of each finding that the model names is logged. */
bool sx_validate_classifier(const sx_film_set *s, sx_model *m, double *score, sx_weights *meta,
                            sx_sheet *sheet, sx_error *err) SX_MUST_USE;
/* mAP at an IoU of 0.5, 0..1, over the classes that occur in the set. */
bool sx_validate_detector(const sx_film_set *s, sx_model *m, double *score, sx_sheet *sheet,
                          sx_error *err) SX_MUST_USE;

#endif
