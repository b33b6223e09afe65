/* Decision curve analysis (Vickers & Elkin 2006). */
#ifndef SX_METRICS_DECISION_CURVE_H
#define SX_METRICS_DECISION_CURVE_H

#include "metrics/bootstrap.h"
#include "metrics/roc.h"

enum { SX_DECISION_POINTS = 99 };

/* Net benefit at the threshold probabilities 0.01, 0.02 .. 0.99: true positives per case minus
 * false positives per case times t / (1 - t). Treating nobody has the net benefit 0. */
typedef struct sx_decision_curve {
    double thresholds[SX_DECISION_POINTS];
    double benefits[SX_DECISION_POINTS];
    double lows[SX_DECISION_POINTS], highs[SX_DECISION_POINTS]; /* bootstrap; NaN: none */
    double treat_all[SX_DECISION_POINTS];
    double prevalence; /* that the curve is for */
} sx_decision_curve;

/* Scores must be probabilities. prevalence: 0 < prevalence < 1 weights the classes as if it were
 * that of the cases, as dcurves does for case-control data; otherwise the cases' own is used, which
 * then varies between resamples. Errors: SX_ERR_VALUE (a class is absent; a score is not in 0..1),
 * SX_ERR_MEMORY, SX_ERR_CANCELLED. */
bool sx_decision_curve_of(const unsigned char *labels, const double *scores,
                          const sx_groups *groups, double prevalence, const sx_bootstrap *how,
                          sx_decision_curve *out, sx_error *err) SX_MUST_USE;

#endif
