/* What the writers of evaluations share: the document's head, warnings, intervals in JSON. */
#ifndef SX_EVALUATION_EVAL_WRITE_H
#define SX_EVALUATION_EVAL_WRITE_H

#include "evaluation/eval_cases.h"

/* Document and JSON with the head: the run, the inputs and what was read from them. On failure
 * (SX_ERR_MEMORY) *out is empty. */
bool sx_eval_begin(const sx_eval_input *in, const char *kind, const char *title,
                   sx_eval_output *out, sx_error *err) SX_MUST_USE;
/* False when building the JSON failed. */
bool sx_eval_end(const sx_eval_output *out, sx_error *err) SX_MUST_USE;

/* A remark at the head of the document and in "warnings". */
void sx_eval_warn(sx_eval_output *out, const char *fmt, ...) SX_PRINTF(2, 3);
/* The bootstrap's unit of resampling, and a warning if it makes intervals too narrow. `interval` is
 * the kind of bounds: "percentiles". */
void sx_eval_write_draw(const sx_eval_input *in, const sx_eval_draw *draw, const char *interval,
                        sx_eval_output *out);
/* A warning for films that were left out. */
void sx_eval_warn_about_cases(const sx_eval_input *in, const sx_eval_cases *c, sx_eval_output *out);

/* Appends {"value", "low", "high"}, the last two where there is an interval, and returns it so that
 * more can be added. */
sx_json sx_eval_put_interval(sx_json at, const char *key, double value, sx_interval i);

#endif
