/* The tables of the paper (Nguyen et al. 2021, tables 1 and 2) for any data set. */
#ifndef SX_DATA_SET_STATS_H
#define SX_DATA_SET_STATS_H

#include "base/str.h"
#include "data/manifest.h"

/* Appends both tables, a column for each split that has films and one for all: studies, patients,
 * films, their labels, sexes, ages and sizes; then for each lesion class its boxes, films and mean
 * box. As text in columns, or as CSV (group, row, column...). Means stand with "smallest-largest"
 * in brackets; what nothing is known of is "-". */
bool sx_stats_text(const sx_manifest *m, bool csv, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
