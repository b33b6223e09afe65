/* Bars, curves and films on the page of `eval detect`. */
#ifndef SX_EVALUATION_DETECT_FIGURES_H
#define SX_EVALUATION_DETECT_FIGURES_H

#include "evaluation/detect_report.h"

void sx_detect_figures(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_detect_result *r, sx_eval_output *out);

#endif
