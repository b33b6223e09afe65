/* The curves of training runs: loss, parts of the loss, learning rate, validation score. */
#ifndef SX_DOCUMENT_TRAINING_CURVES_H
#define SX_DOCUMENT_TRAINING_CURVES_H

#include "base/str.h"
#include "train/run_metrics.h"

/* Appends an SVG: panels of the loss (means over some steps, with a band of one standard
 * deviation), of the rate, of the validation score where there is one, and for a single run of the
 * loss's parts. Several runs lie over each other. */
bool sx_curves_plot(const sx_run_metrics *runs, size_t count, sx_str *svg,
                    sx_error *err) SX_MUST_USE;

#endif
