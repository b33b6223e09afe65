/* The figure of training runs: loss, parts of the loss, learning rate, validation score. */
#ifndef SX_DOCUMENT_TRAINING_CURVES_H
#define SX_DOCUMENT_TRAINING_CURVES_H

#include "document/figure.h"
#include "train/run_metrics.h"

/* Panels of the loss (means over some steps, with a band of one standard deviation), for a single
 * run of the loss's parts, of the validation score where there is one, and of the rate. Several
 * runs share the axes. Each run has at least one step. The caller owns *figure. Errors:
 * SX_ERR_MEMORY. */
bool sx_training_curves(const sx_run_metrics *runs, size_t count, sx_figure **figure,
                        sx_error *err) SX_MUST_USE;

#endif
