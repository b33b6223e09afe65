/* How good weights are on the validation set; higher is better. `sheet` gets pictures of what the
 * network makes of some films; NULL: none are drawn. */
#ifndef SX_EXPERIMENT_VALIDATION_H
#define SX_EXPERIMENT_VALIDATION_H

#include "experiment/pictures.h"
#include "models/model.h"

/* AUROC; the temperature and Youden's threshold go into *meta. Errors: those of reading a film,
 * which they name. */
bool sx_validate_classifier(const sx_film_set *s, sx_model *m, double *score, sx_weights *meta,
                            sx_sheet *sheet, sx_error *err) SX_MUST_USE;
/* mAP at an IoU of 0.5 over the classes that the set has. */
bool sx_validate_detector(const sx_film_set *s, sx_model *m, double *score, sx_sheet *sheet,
                          sx_error *err) SX_MUST_USE;

#endif
