/* The figure of a data set's distributions. */
#ifndef SX_DOCUMENT_STATS_PLOT_H
#define SX_DOCUMENT_STATS_PLOT_H

#include "data/set_distributions.h"
#include "document/figure.h"

/* Panels: boxes and films of each finding, ages, sexes and labels, sizes of films and boxes. NULL
 * when out of memory; the caller owns the figure. */
sx_figure *sx_stats_plot(const sx_distributions *d, const char *name) SX_MUST_USE;

#endif
