/* Temperature scaling (Guo 2017, section 4.2): P = sigmoid(logit / T), with the T that makes a
 * validation set likeliest. It changes how sure a classifier sounds, not the order of films: AUROC
 * stays as it is. */
#ifndef SX_METRICS_TEMPERATURE_H
#define SX_METRICS_TEMPERATURE_H

#include <stddef.h>

#include "base/error.h"

#define SX_TEMPERATURE_LOW  0.05
#define SX_TEMPERATURE_HIGH 20.0

/* T within these bounds. Where 0 parts the classes without an error no T > 0 is the likeliest:
 * there the targets are Platt's (1999), (N+ + 1) / (N+ + 2) and 1 / (N- + 2), instead of 1 and 0.
 * label 0 or 1, logits finite. Errors: SX_ERR_VALUE (a class is absent, a logit is no number). */
bool sx_temperature_fit(const unsigned char *label, const double *logit, size_t n,
                        double *temperature, sx_error *err) SX_MUST_USE;

/* A threshold for P computed in float: halfway between `score`, the lowest P that is to reach it
 * (0..1), and the float below, so that it still parts the two when it is written with nine
 * digits. */
double sx_threshold_below(float score);

#endif
