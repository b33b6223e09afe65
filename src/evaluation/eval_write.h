/* Shared by the writers of evaluations: the beginning of the document, warnings, intervals in
 * JSON. */
#ifndef SX_EVALUATION_EVAL_WRITE_H
#define SX_EVALUATION_EVAL_WRITE_H

#include "evaluation/eval_cases.h"
#include "metrics/detection.h"

/* Starts the document and the JSON: the run, the inputs and the counts of what was read from them.
 * On failure (SX_ERR_MEMORY) *out is empty. */
bool sx_eval_begin(const sx_eval_input *in, const char *kind, const char *title,
                   sx_eval_output *out, sx_error *err) SX_MUST_USE;
/* False when building the JSON failed. */
bool sx_eval_end(const sx_eval_output *out, sx_error *err) SX_MUST_USE;

/* A warning at the beginning of the document and in "warnings". */
void sx_eval_warn(sx_eval_output *out, const char *fmt, ...) SX_PRINTF(2, 3);
/* The bootstrap's unit of resampling, and a warning if it makes intervals too narrow. `interval` is
 * the kind of bounds: "percentiles". */
void sx_eval_write_draw(const sx_eval_input *in, const sx_eval_draw *draw, const char *interval,
                        sx_eval_output *out);
/* A warning if bootstrap resamples lack a class, so that means over the classes are of the others,
 * and "resamples_without" in `at` (by class). */
void sx_eval_warn_about_lacking(const sx_eval_input *in, const sx_lacking *l, sx_json at,
                                sx_eval_output *out);
/* A warning for films that were left out. */
void sx_eval_warn_about_cases(const sx_eval_input *in, const sx_eval_cases *c, sx_eval_output *out);

/* Whether low and high are equal, as those of AUROC are if no film is ranked wrongly. */
bool sx_eval_zero_width(sx_interval i);
/* A warning that this says little; of: what the interval is of. */
void sx_eval_warn_about_zero_width(const char *of, sx_eval_output *out);
/* A warning for `count` films whose value of an attribute is no age, such as `text`. */
void sx_eval_warn_about_ages(const char *attribute, size_t count, const char *text,
                             sx_eval_output *out);
/* Appends {"value", "low", "high"}, the last two if there is an interval, with "zero_width": true
 * if they are equal, and returns the object so that more can be added. */
sx_json sx_eval_put_interval(sx_json at, const char *key, double value, sx_interval i);

#endif
