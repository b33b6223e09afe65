/* A classifier on films of another origin than those on which its threshold was chosen. */
#ifndef SX_EVALUATION_TRANSFER_H
#define SX_EVALUATION_TRANSFER_H

#include "evaluation/earlier_result.h"
#include "evaluation/eval_cases.h"
#include "metrics/external.h"

typedef struct sx_transfer {
    sx_score_quantiles scores;
    bool external;   /* the threshold is that of an earlier evaluation: the following is set */
    bool calibrated; /* scores are probabilities */
    sx_external calibration;
    bool has_earlier; /* the earlier evaluation has its scores */
    double ks[SX_SCORE_SETS], wasserstein[SX_SCORE_SETS];
    /* Chosen on these cases, so too favourable: a logistic recalibration, and Youden's threshold.
     */
    bool recalibrated;
    sx_calibration before, after;
    double threshold, sensitivity, specificity; /* Youden's; NaN: a class is absent */
} sx_transfer;

/* Of the first model of the cases, which `name` names in the earlier evaluation `from` (NULL: none,
 * only the quantiles are set). `calibration`: NULL if scores are no probabilities. Errors: those of
 * reading `from`; SX_ERR_MEMORY. */
bool sx_transfer_compute(const sx_eval_input *in, const sx_eval_cases *c, const char *from,
                         const char *name, const sx_calibration *calibration, sx_transfer *out,
                         sx_error *err) SX_MUST_USE;

/* In the JSON of a model: "score_quantiles", and "other_origin" if the threshold is external. */
void sx_transfer_put(sx_json model, const sx_transfer *t);
/* A section for the document, if the threshold is external. sensitivity and specificity are those
 * at the stored threshold, `threshold`. */
typedef struct sx_transfer_point {
    const char *name; /* of the model; "" if there is only one */
    double threshold, sensitivity, specificity;
} sx_transfer_point;
void sx_transfer_write(const sx_eval_input *in, const sx_transfer *t, const sx_transfer_point *at,
                       sx_doc *d);

#endif
