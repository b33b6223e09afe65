/* The size of the team of an OpenMP parallel region: the number of threads that it gets.
 *
 * OpenMP may give a region fewer threads than it asks for (OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS,
 * a region around it), and libgomp ends the process when a thread cannot be started. Every parallel
 * region of this program therefore uses this size. */
#ifndef SX_BASE_TEAM_H
#define SX_BASE_TEAM_H

#include "base/fail.h"

/* The size of the team that a region of the calling thread with num_threads(wanted) gets now, 1 to
 * `wanted`; omp_set_dynamic does not matter. It is certain that the threads can be started: the
 * first time that a thread requests so many, as many are started and ended as a trial. (A process
 * that reaches its limits between the trial and the region is still ended by libgomp.) 0 on
 * failure: SX_ERR_MEMORY, the threads cannot be started. */
int sx_team_probe(int wanted, sx_error *err) SX_MUST_USE;

/* For loops that a team of any size can share, num_threads(sx_team_size(wanted)): `wanted`, or 1 if
 * the threads cannot be started, and inside a parallel region. */
int sx_team_size(int wanted) SX_MUST_USE;

#endif
