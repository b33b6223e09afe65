/* Curves, diagrams and films on the page of `eval classify`. */
#ifndef SX_EVALUATION_CLASSIFY_FIGURES_H
#define SX_EVALUATION_CLASSIFY_FIGURES_H

#include "evaluation/classify_report.h"

void sx_classify_figures(const sx_eval_input *in, const sx_classify_result *r, sx_eval_output *out);
/* The most confident mistakes of one model. */
void sx_classify_mistakes(const sx_eval_input *in, const sx_classify_result *r,
                          sx_eval_output *out);

#endif
