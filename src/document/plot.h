/* Plots as SVG, for the page of an evaluation: curves with bands, bars with intervals. Colours are
 * those of Okabe and Ito, which colour-blind readers can tell apart; series also differ in dash. */
#ifndef SX_DOCUMENT_PLOT_H
#define SX_DOCUMENT_PLOT_H

#include "base/str.h"

typedef struct sx_series {
    const char *name; /* in the legend; NULL: not there */
    const double *x, *y;
    const double *low, *high; /* a band; NULL: none. NaN ends a stretch of it */
    size_t n;
    int colour;  /* 0.. */
    bool points; /* marks instead of a line */
    bool dashed;
} sx_series;

typedef struct sx_axis {
    const char *label;
    double least, most;
    const double *tick; /* [ticks]; NULL: five even ones */
    size_t ticks;
    bool log2; /* logarithmic; least > 0 */
} sx_axis;

typedef struct sx_plot {
    const char *title; /* for readers of the page by ear, and the tooltip */
    sx_axis x, y;
    const sx_series *series;
    size_t count;
    bool diagonal; /* a thin line from corner to corner */
    double width, height;
} sx_plot;

void sx_plot_curves(sx_str *out, const sx_plot *p);

/* Horizontal bars: for each row one bar a group, with its interval. value[group * rows + row]; NaN:
 * none. */
typedef struct sx_bars {
    const char *title, *label; /* of the axis */
    const char *const *row;
    size_t rows;
    const char *const *group; /* NULL, or names for the legend */
    size_t groups;
    const double *value, *low, *high;
    double most;  /* end of the axis; it begins at 0 */
    double scale; /* shown number = value * scale */
    double width; /* of the picture; rows give its height */
    int decimals;
} sx_bars;

void sx_plot_bars(sx_str *out, const sx_bars *b);

#endif
