/* Timing for bench_forward.c and bench_training.c. */
#ifndef SX_EXPERIMENT_BENCH_TIMES_H
#define SX_EXPERIMENT_BENCH_TIMES_H

#include "experiment/bench.h"

/* One measured run. Only `timed` is measured; `prepare` may be NULL. */
typedef struct sx_bench_work {
    void (*prepare)(void *user);
    bool (*timed)(void *user, sx_error *err);
    void *user;
} sx_bench_work;

/* Fills out->ms and out->median_ms from `runs` runs after an untimed one. Errors: those of `timed`,
 * SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_bench_time(const sx_bench_work *work, const sx_context *context, long runs,
                   sx_bench_result *out, sx_error *err) SX_MUST_USE;

#endif
