/* Threads. One pool for the whole process (OpenMP's, which oneDNN uses too), so that two parts of
 * the program never fight for the same cores. */
#ifndef SX_BASE_THREADS_H
#define SX_BASE_THREADS_H

#include <stddef.h>

/* How many threads parallel loops may use; 0 means "all cores this process may run on". Not to be
 * called while a loop runs. */
void sx_threads_set(int n);
int sx_threads(void); /* at least 1 */
/* The same, but 1 inside a parallel loop: for libraries that start threads of their own. */
int sx_threads_here(void);
/* The calling thread works beside others of its kind: from now on its loops run in it alone, and
 * sx_threads_here() is 1 in it. */
void sx_threads_alone(void);
/* Cores that this process may run on (affinity mask), at least 1. */
int sx_cores(void);

/* Calls fn(ctx, begin, end) on ranges that together cover [0, n), each at least `grain` long but
 * for the last; with one thread, or n <= grain, in the calling thread. fn must not fail. */
typedef void sx_range_fn(void *ctx, size_t begin, size_t end);
void sx_parallel_for(size_t n, size_t grain, sx_range_fn *fn, void *ctx);

#endif
