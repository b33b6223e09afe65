/* How well the outputs of a classifier for single findings tell films with the finding from
 * others. */
#ifndef SX_EVALUATION_FINDING_SCORES_H
#define SX_EVALUATION_FINDING_SCORES_H

#include "evaluation/eval_cases.h"

/* For predictions with class_scores, a table by class of AUROC and average precision, and
 * "findings" in the JSON. A film has a finding if it has a true box of the class that is no crowd;
 * films without a label are left out. Nothing is written if no model has such scores or the truth
 * has no boxes. Errors: SX_ERR_MEMORY. */
bool sx_finding_scores_write(const sx_eval_input *in, const sx_eval_draw *draw, sx_eval_output *out,
                             sx_error *err) SX_MUST_USE;

#endif
