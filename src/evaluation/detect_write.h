/* Document and JSON of `eval detect`. */
#ifndef SX_EVALUATION_DETECT_WRITE_H
#define SX_EVALUATION_DETECT_WRITE_H

#include "evaluation/findings_report.h"

/* Appends to an output that sx_eval_begin has made. findings: [r->model_count] */
void sx_detect_write(const sx_eval_input *in, const sx_detect_report_options *o,
                     const sx_detect_result *r, sx_findings_result *const *findings,
                     sx_eval_output *out);

#endif
