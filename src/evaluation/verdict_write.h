/* Films to which predictions give no verdict, in the outputs of all evaluations. */
#ifndef SX_EVALUATION_VERDICT_WRITE_H
#define SX_EVALUATION_VERDICT_WRITE_H

#include "evaluation/eval_input.h"

/* A section that lists them, if there are any, and the array "no_verdict" in the JSON. */
void sx_eval_write_no_verdict(const sx_eval_input *in, sx_eval_output *out);

/* A warning that says how boxes of these films are counted, if there are any. */
void sx_eval_warn_about_boxes(const sx_eval_input *in, sx_eval_output *out);

/* "no verdict (unfamiliar)"; NULL for SX_FILM_CALLED. */
const char *sx_eval_no_verdict_text(sx_film_outcome outcome);

#endif
