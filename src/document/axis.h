/* The scale of a plot's axis: the positions of values and ticks. Plain numbers. */
#ifndef SX_DOCUMENT_AXIS_H
#define SX_DOCUMENT_AXIS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sx_axis {
    const char *label;
    double least, most;
    const double *ticks; /* [tick_count]; NULL: round numbers are chosen */
    size_t tick_count;
    bool log2; /* logarithmic; least > 0 */
} sx_axis;

enum { SX_TICKS_MAX = 24 };

/* The least number >= v, v > 0, that is a suitable end of an axis from 0: a multiple of a tick's
 * step. 1 for a v that is not positive and finite. */
double sx_axis_end(double v);

/* A valid axis: finite ends, most > least, least > 0 if logarithmic; invalid ends are replaced by
 * 0..1 (logarithmic: 1..2) or one unit (a factor of two). */
sx_axis sx_axis_valid(const sx_axis *a);

/* Ticks of a valid axis: those that it has, at most SX_TICKS_MAX, within its ends; else at most
 * seven round numbers, or powers of two. */
size_t sx_axis_ticks(const sx_axis *a, double ticks[SX_TICKS_MAX]);

/* 0 at the minimum, 1 at the maximum, outside 0..1 for values outside the axis. NaN: the value has
 * no position (not finite; not positive on a logarithmic axis). */
double sx_axis_at(const sx_axis *a, double v);

#endif
