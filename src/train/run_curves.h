/* The curves of training runs as plain numbers, for a figure (document/training_curves.h). */
#ifndef SX_TRAIN_RUN_CURVES_H
#define SX_TRAIN_RUN_CURVES_H

#include "train/run_metrics.h"

enum { SX_RUN_CURVE_POINTS = 150 };

/* The value of a step to show: the learning rate, the loss, or the part of the loss with this
 * index. */
enum { SX_RUN_RATE = -2, SX_RUN_LOSS = -1 };

/* Means of neighbouring steps, and one standard deviation about them. */
typedef struct sx_run_curve {
    double x[SX_RUN_CURVE_POINTS]; /* mean number of steps done, as in scored_at */
    double y[SX_RUN_CURVE_POINTS], low[SX_RUN_CURVE_POINTS], high[SX_RUN_CURVE_POINTS];
    size_t count;
    double most; /* of y; -infinity if count is 0 */
} sx_run_curve;

/* Steps without the value are left out. Values are divided by `unit`. */
void sx_run_curve_of(const sx_run_metrics *m, int what, double unit, sx_run_curve *c);

/* The upper end of the axis. The loss may start far above later values, so up to a fiftieth of the
 * points may be outside. 0 if there is no positive value. */
double sx_run_curves_top(const sx_run_curve *curves, size_t count);

/* The power of ten just below the largest learning rate, which keeps the numbers at the axis short;
 * 1 without a positive rate. */
double sx_run_rate_unit(const sx_run_metrics *runs, size_t count);

#endif
