/* Forest plot: an estimate with its interval for each subgroup, below headings. */
#ifndef SX_DOCUMENT_PLOT_FOREST_H
#define SX_DOCUMENT_PLOT_FOREST_H

#include <stddef.h>

#include "document/figure.h"
#include "metrics/interval.h"

typedef struct sx_forest_row {
    const char *name;
    bool heading; /* the name of a subgroup; `p` is printed beside it */
    double p;     /* NaN: none */
    size_t n;     /* what the value rests on */
    double value; /* NaN: printed as a dash */
    sx_interval interval;
} sx_forest_row;

typedef struct sx_forest {
    const char *title, *label; /* label: of the axis */
    const char *counted;       /* head of the column n: "films" */
    const sx_forest_row *rows; /* [row_count] */
    size_t row_count;
    double overall; /* a dotted line; NaN: none */
    double width;
} sx_forest;

/* The axis covers the values and intervals; all of them must be in 0..1. NULL when out of memory;
 * the caller owns the figure. */
sx_figure *sx_plot_forest(const sx_forest *f) SX_MUST_USE;

#endif
