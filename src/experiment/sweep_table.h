/* The table of a sweep as a file. */
#ifndef SX_EXPERIMENT_SWEEP_TABLE_H
#define SX_EXPERIMENT_SWEEP_TABLE_H

#include "experiment/sweep.h"

/* Writes a CSV file with a row for each variant: its number, its values, its result, and "done",
 * "to do" or the reason of the failure. Errors: SX_ERR_IO, SX_ERR_MEMORY. */
bool sx_sweep_write_csv(const sx_sweep *s, const char *path, sx_error *err) SX_MUST_USE;

#endif
