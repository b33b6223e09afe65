/* spinexr bench --train: the time of a training step. */
#ifndef SX_CLI_BENCH_TRAIN_H
#define SX_CLI_BENCH_TRAIN_H

#include "models/arch.h"

typedef struct sx_bench_step {
    double ms, median_ms; /* forward, backward, update */
    double flops;         /* of the step: three times the forward pass's (frozen stages, too) */
    size_t memory;        /* activations, gradients, scratch */
    double loss;
} sx_bench_step;

/* Runs `runs` steps of SGD with momentum on one batch of noise films with a few boxes. The stem and
 * first stage of detectors are frozen, as in the authors' training. */
bool sx_bench_train(const sx_context *context, const sx_network *net, sx_shape batch,
                    sx_dtype dtype, bool recompute, long runs, sx_bench_step *out,
                    sx_error *err) SX_MUST_USE;

/* Called with the plan of one more step, which is timed layer by layer. */
typedef void sx_bench_plan_fn(const sx_plan *p);
bool sx_bench_train_steps(const sx_context *context, const sx_network *net, sx_shape batch,
                          sx_dtype dtype, bool recompute, sx_bench_plan_fn *fn,
                          sx_error *err) SX_MUST_USE;

#endif
