/* Document and JSON of `eval classify`. */
#ifndef SX_EVALUATION_CLASSIFY_WRITE_H
#define SX_EVALUATION_CLASSIFY_WRITE_H

#include "evaluation/classify_report.h"

/* Appends to an output that sx_eval_begin has made. */
void sx_classify_write(const sx_eval_input *in, const sx_classify_options *o,
                       const sx_classify_result *r, sx_eval_output *out);

#endif
