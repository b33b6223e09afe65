/* Temperature scaling (Guo et al. 2017, section 4.2): P = sigmoid(logit / T), where T maximises the
 * likelihood of a validation set. It calibrates the probabilities and keeps the order of films, and
 * so AUROC. */
#ifndef SX_METRICS_TEMPERATURE_H
#define SX_METRICS_TEMPERATURE_H

#include <stddef.h>

#include "base/fail.h"

#define SX_TEMPERATURE_LOW  0.05
#define SX_TEMPERATURE_HIGH 20.0

/* T within these bounds, from labels 0 or 1. If the logit 0 separates the classes, the likelihood
 * has no maximum; the targets are then Platt's (1999), (N+ + 1) / (N+ + 2) and 1 / (N- + 2),
 * instead of 1 and 0. Error: SX_ERR_VALUE (a class is absent, a logit is not finite). */
bool sx_temperature_fit(const unsigned char *label, const double *logit, size_t n,
                        double *temperature, sx_error *err) SX_MUST_USE;

/* Whether the logit 0 separates the classes. Platt's targets make T larger than the likelihood asks
 * for, so that the log loss on the same films may rise: the probabilities are more cautious. */
bool sx_temperature_separates(const unsigned char *label, const double *logit, size_t n);

/* A threshold that a P computed in float reaches if it is at least `score` (0..1): halfway between
 * `score` and the float below it, so that the threshold separates the two even when it is written
 * with nine digits. */
double sx_threshold_below(float score);

#endif
