/* What the classifiers looked at: a heat map of each (models/model.h) and of the ensemble. */
#ifndef SX_PIPELINE_EXPLAIN_H
#define SX_PIPELINE_EXPLAIN_H

#include "pipeline/predictor.h"

/* Maps are in logits of the probability that is reported (after the temperature, if the weights
 * store one): the mean of a map's cells and its bias is the logit. */
typedef struct sx_explanation {
    int count;         /* classifiers, in the order of the bundle */
    sx_heat_map *each; /* [count] */
    sx_heat_map mean;  /* of the ensemble: at every place the mean of the classifiers' */
} sx_explanation;

/* `dicom` and `vindr` as for sx_predict_images. SX_ERR_MISSING: the bundle has no classifier. */
bool sx_explain_images(sx_predictor *p, const sx_image *dicom, const sx_image *vindr,
                       sx_explanation *out, sx_error *err) SX_MUST_USE;
void sx_explanation_free(sx_explanation *e); /* {0} is allowed */

#endif
