/* Document and JSON of `eval detect`. */
#ifndef SX_EVALUATION_DETECT_WRITE_H
#define SX_EVALUATION_DETECT_WRITE_H

#include "evaluation/detect_report.h"

/* Appends to an output that sx_eval_begin has made. */
void sx_detect_write(const sx_eval_input *in, const sx_detect_report_options *o,
                     const sx_detect_result *r, sx_eval_output *out);

#endif
