#define _GNU_SOURCE
#include "base/threads.h"

#include <omp.h>
#include <sched.h>
#include <stdbool.h>

static int wanted; /* 0 = all cores */
static _Thread_local bool alone;

int sx_cores(void) {
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : omp_get_num_procs();
    return n > 0 ? n : 1;
}

void sx_threads_set(int n) {
    wanted = n > 0 ? n : 0;
    omp_set_num_threads(sx_threads());
}

int sx_threads(void) {
    return wanted ? wanted : sx_cores();
}

int sx_threads_here(void) {
    return alone || omp_in_parallel() ? 1 : sx_threads();
}

void sx_threads_alone(void) {
    alone = true;
    omp_set_num_threads(1); /* of libraries, in this thread */
}

void sx_parallel_for(size_t n, size_t grain, sx_range_fn *fn, void *ctx) {
    size_t parts = (size_t)sx_threads();
    if (grain == 0) grain = 1;
    if (parts > n / grain) parts = n / grain;
    if (parts <= 1 || alone || omp_in_parallel()) {
        if (n) fn(ctx, 0, n);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads((int)parts)
    for (size_t p = 0; p < parts; p++)
        fn(ctx, n * p / parts, n * (p + 1) / parts);
}
