/* Plots: curves with bands, bars with intervals. Colours are those of Okabe and Ito, which
 * colour-blind readers can distinguish. Series also differ in their dashes. Each plot contains a
 * description in words for screen readers. */
#ifndef SX_DOCUMENT_PLOT_H
#define SX_DOCUMENT_PLOT_H

#include "document/axis.h"
#include "document/figure.h"

/* A point whose x or y is not finite, or not positive on a logarithmic axis, is missing and leaves
 * a gap. Content outside the axes is clipped to the frame. A point of a line without a neighbour is
 * drawn as a dot. */
typedef struct sx_series {
    const char *name; /* in the legend; NULL: not there */
    const double *x, *y;
    const double *low,
        *high; /* [count] both or NULL: a band, of marks an interval; NaN: none there */
    size_t count;
    int colour;  /* 0..; -1: a faint grey */
    bool points; /* marks instead of a line */
    bool dashed;
} sx_series;

typedef struct sx_plot {
    const char *title;
    sx_axis x, y;
    const sx_series *series;
    size_t series_count;
    bool diagonal; /* a thin line from corner to corner */
    double width, height;
} sx_plot;

/* Horizontal bars: for each row one bar a group, with its interval. */
typedef struct sx_bars {
    const char *title, *label;    /* label: of the axis */
    const char *const *row_names; /* [row_count] */
    size_t row_count;
    const char *const *group_names; /* [group_count] for the legend; NULL: no legend */
    size_t group_count;
    const double *values;       /* [group_count][row_count]; NaN: none */
    const double *lows, *highs; /* the same, or NULL: no intervals; NaN: none */
    double most;                /* end of the axis, which begins at 0 */
    double scale;               /* shown number = value * scale */
    double width;               /* of the picture; rows give its height */
    int decimals;
    const char *missing; /* printed where there is no value; NULL: "no value" */
} sx_bars;

/* NULL when out of memory; the caller owns the figure. */
sx_figure *sx_plot_curves(const sx_plot *p) SX_MUST_USE;
sx_figure *sx_plot_bars(const sx_bars *b) SX_MUST_USE;
/* Small plots in rows of `columns`, one for each series (which must have names, its heading), with
 * the others in grey: curves that coincide can all be seen. p->width and p->height are those of one
 * small plot. */
sx_figure *sx_plot_multiples(const sx_plot *p, int columns) SX_MUST_USE;

/* The same as a part of a figure: its upper left corner is the current position. */
void sx_plot_draw_curves(sx_figure *f, const sx_plot *p);
void sx_plot_draw_bars(sx_figure *f, const sx_bars *b);
double sx_plot_bars_height(const sx_bars *b);

#endif
