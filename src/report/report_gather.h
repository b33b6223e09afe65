/* The report of a run whose films were predicted by several ranks. */
#ifndef SX_REPORT_REPORT_GATHER_H
#define SX_REPORT_REPORT_GATHER_H

#include "report/report.h"
#include "train/comm.h"

/* Collective: rank 0's report gets the films of ranks 1, 2, .. after its own; those of the others
 * are not changed. `stopped` becomes true on all ranks if one rank was stopped. All ranks run one
 * build on one kind of machine. */
bool sx_report_gather(sx_report *r, sx_comm *c, sx_error *err) SX_MUST_USE;

#endif
