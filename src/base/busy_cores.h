/* How many threads should share a computation now, when other programs use the processor too.
 *
 * The threads of a network wait for one another after each layer. If another program takes the core
 * of one of them, all others wait, and several threads are slower than one. */
#ifndef SX_BASE_BUSY_CORES_H
#define SX_BASE_BUSY_CORES_H

#include <stdint.h>

/* What was last seen; {0} at the start. */
typedef struct sx_busy_cores {
    double next;          /* time of the next look */
    uint64_t ran, waited; /* nanoseconds, of all threads of this process, at the last look */
    int threads;          /* the last answer */
} sx_busy_cores;

/* 1 to `wanted` threads, for the next run of a network. If other programs run and the threads of
 * this process have waited for a core: as many as there are cores without another program. `wanted`
 * if the system does not say (it needs Linux and /proc). Looks at most every 20 ms. `seen` may be
 * used by one thread at a time. */
int sx_busy_threads(sx_busy_cores *seen, int wanted);

/* The rule: `others` threads of other programs run on `cores` cores, and the threads of this
 * process waited for a part of the time that they could have run, 0 to 1. */
int sx_busy_rule(int wanted, int cores, int others, double waited);

#endif
