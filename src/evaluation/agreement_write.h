/* Document and JSON of `eval agreement`. */
#ifndef SX_EVALUATION_AGREEMENT_WRITE_H
#define SX_EVALUATION_AGREEMENT_WRITE_H

#include "evaluation/agreement_report.h"

/* Appends to an output that sx_eval_begin has made. */
void sx_agreement_write(const sx_eval_input *in, double iou, const sx_agreement_result *r,
                        sx_eval_output *out);

#endif
