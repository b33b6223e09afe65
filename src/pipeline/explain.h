/* Where the classifiers found evidence: a heat map of each (models/model.h) and of the ensemble. */
#ifndef SX_PIPELINE_EXPLAIN_H
#define SX_PIPELINE_EXPLAIN_H

#include "image/heat_sheet.h"
#include "pipeline/bundle.h"
#include "pipeline/bundle_info.h"
#include "pipeline/film_views.h"

/* The mean of a map's cells plus its bias is the logit of the reported probability. If the weights
 * store a temperature, this is the logit after the division by the temperature. */
typedef struct sx_explanation {
    int count;         /* classifiers, in the order of the bundle */
    sx_heat_map *each; /* [count] */
    sx_heat_map mean;  /* of the ensemble: at every position the mean of the classifiers' values */
} sx_explanation;

/* No other thread uses the networks meanwhile; `info` describes them. Error: SX_ERR_MISSING (there
 * is no classifier). */
bool sx_explain_film(const sx_bundle_info *info, const sx_bundle *networks, sx_film_views *views,
                     sx_explanation *out, sx_error *err) SX_MUST_USE;
void sx_explanation_free(sx_explanation *e); /* {0} is allowed */

#endif
