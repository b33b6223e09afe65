/* What the calls of a classifier are worth: predictive values at a stated prevalence, likelihood
 * ratios, decision curve. */
#ifndef SX_EVALUATION_UTILITY_H
#define SX_EVALUATION_UTILITY_H

#include "evaluation/eval_cases.h"
#include "metrics/decision_curve.h"
#include "metrics/predictive.h"

typedef struct sx_utility {
    double prevalence; /* that was stated; 0: none, no predictive values */
    double values[SX_PREDICTIVE_MEASURES];
    sx_interval intervals[SX_PREDICTIVE_MEASURES];
    bool has_curve;
    sx_decision_curve curve;
} sx_utility;

/* Of the first model of the cases, with its [SX_MEASURES] proportions at its threshold.
 * `probabilities`: a decision curve is wanted, if both classes are present. Errors: SX_ERR_MEMORY,
 * SX_ERR_CANCELLED. */
bool sx_utility_compute(const sx_eval_input *in, const sx_eval_cases *c,
                        const sx_proportion *proportions, double prevalence, bool probabilities,
                        sx_utility *out, sx_error *err) SX_MUST_USE;

/* In the JSON of a model. */
void sx_utility_put(sx_json model, const sx_utility *u);
/* A table; only with a stated prevalence. `name` is the model's, "" if there is only one. */
void sx_utility_table(const sx_eval_input *in, const sx_utility *u, const char *name, sx_doc *d);
/* Net benefit at some thresholds as a table, and the curves of all models for the page. names and
 * items are [count]. */
void sx_utility_curves(const sx_eval_input *in, const char *const *names,
                       const sx_utility *const *items, size_t count, sx_doc *d);

#endif
