/* Document and JSON of `eval pipeline`. */
#ifndef SX_EVALUATION_PIPELINE_WRITE_H
#define SX_EVALUATION_PIPELINE_WRITE_H

#include "evaluation/pipeline_report.h"

/* Appends to an output that sx_eval_begin has made. */
void sx_pipeline_write(const sx_eval_input *in, const sx_pipeline_options *o,
                       const sx_pipeline_result *r, sx_eval_output *out);

#endif
