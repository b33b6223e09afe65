/* The assignment problem: assigns a different column to each row at the least total cost. */
#ifndef SX_DETECT_ASSIGN_H
#define SX_DETECT_ASSIGN_H

#include "base/fail.h"

/* cost[rows][columns], rows <= columns, finite. Writes the column of each row to column[rows]. Uses
 * shortest augmenting paths with potentials (Jonker and Volgenant 1987, in the form of Crouse
 * 2016); of equal paths the one with the lower column index is taken, so the result is
 * reproducible. Takes O(rows^2 columns). Errors: SX_ERR_USAGE (more rows than columns),
 * SX_ERR_VALUE (a cost that is NaN or infinite), SX_ERR_MEMORY. */
bool sx_assign(const double *cost, int rows, int columns, int *column, sx_error *err) SX_MUST_USE;

#endif
