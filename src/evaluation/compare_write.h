/* Document and JSON of `eval compare`. */
#ifndef SX_EVALUATION_COMPARE_WRITE_H
#define SX_EVALUATION_COMPARE_WRITE_H

#include "evaluation/compare_report.h"

/* Appends to an output that sx_eval_begin has made. */
void sx_compare_write(const sx_eval_input *in, const sx_compare_options *o,
                      const sx_compare_result *r, sx_eval_output *out);

#endif
