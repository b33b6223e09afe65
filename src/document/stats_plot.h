/* The distributions of a data set as one picture: what is found how often, how old the patients
 * are, how large films and boxes are; the splits beside each other. */
#ifndef SX_DOCUMENT_STATS_PLOT_H
#define SX_DOCUMENT_STATS_PLOT_H

#include "base/str.h"
#include "data/manifest.h"

/* Appends an SVG; `name` stands above it. Six panels: boxes and share of films of each lesion
 * class, patients' ages, sexes and labels, film sizes, box sizes. Shares are of the films of a
 * split, so that splits of different sizes can be compared. What the data set does not say is told
 * in place of the panel. */
bool sx_stats_plot(const sx_manifest *m, const char *name, sx_str *svg, sx_error *err) SX_MUST_USE;

#endif
