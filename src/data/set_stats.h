/* The tables of the paper (Nguyen et al. 2021, tables 1 and 2) for any data set. */
#ifndef SX_DATA_SET_STATS_H
#define SX_DATA_SET_STATS_H

#include "base/str.h"
#include "data/manifest.h"

/* Appends both tables, with a column for each split that has films and one for all films: studies,
 * patients, films, labels, sexes, ages and sizes; then the boxes, films and mean box of each lesion
 * class. As text in columns, or as CSV (group, row, column...). Means are followed by
 * "smallest-largest" in brackets; "-" means unknown. */
bool sx_stats_text(const sx_manifest *m, bool csv, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
