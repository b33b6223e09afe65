/* The team size of an OpenMP parallel region: the number of threads that the region gets.
 *
 * OpenMP may give a region fewer threads than it asks for (OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS,
 * a region around it), and libgomp ends the process when a thread cannot be started. Every parallel
 * region of this program therefore uses this size. */
#ifndef SX_BASE_TEAM_H
#define SX_BASE_TEAM_H

#include "base/fail.h"

/* Returns the team size, 1 to `wanted`, that a region of the calling thread with
 * num_threads(wanted) gets now, whatever omp_set_dynamic is. The first time that a thread requests
 * this number of threads, the function starts and ends as many as a trial, so that OpenMP can start
 * them. (If the process reaches its limits between the trial and the region, libgomp still ends
 * it.) Returns 0 on failure: SX_ERR_MEMORY (the threads cannot be started). */
int sx_team_probe(int wanted, sx_error *err) SX_MUST_USE;

/* For loops that a team of any size can share: use num_threads(sx_team_size(wanted)). Returns
 * `wanted`, or 1 inside a parallel region or if the threads cannot be started. */
int sx_team_size(int wanted) SX_MUST_USE;

#endif
