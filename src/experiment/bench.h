/* Times forward passes and training steps of a network with synthetic weights. */
#ifndef SX_EXPERIMENT_BENCH_H
#define SX_EXPERIMENT_BENCH_H

#include "base/context_impl.h"
#include "models/arch.h"

typedef struct sx_bench_options {
    const sx_context *context; /* threads, cancellation; NULL: one thread */
    const sx_network *net;
    sx_shape shape; /* of the input; n: the number of images of a run */
    sx_dtype dtype;
    long runs;               /* at least 1; one more run before them is not timed */
    sx_conv_way convolution; /* as in sx_plan_options; forward passes only */
    sx_part part;            /* SX_WHOLE or SX_PYRAMID; forward passes only */
    bool recompute;          /* as in sx_trainer_options; training steps only */
    /* If not NULL, the plan runs as often again after the timed runs (once in training), and each
     * step is timed (sx_plan_step_info). Then this function is called with the plan. */
    void (*steps)(void *user, const sx_plan *p);
    void *user;
} sx_bench_options;

enum { SX_BENCH_NAME = 64, SX_BENCH_VALUES = 64 };

/* The first values of an output, maps in the order [n][c][h][w] of other runtimes. */
typedef struct sx_bench_output {
    char name[SX_BENCH_NAME];
    float values[SX_BENCH_VALUES];
    size_t count;
} sx_bench_output;

typedef struct sx_bench_result {
    double ms, median_ms; /* the shortest run, which others disturb least, and the median */
    double plan_ms;       /* making the plan; forward passes only */
    double boxes_ms; /* whole detectors: choosing boxes, in the run and after it; below 0: none */
    double flops;    /* of a run; a training step: three times the forward pass's */
    size_t memory;   /* bytes of activations; training: also gradients and scratch */
    int threads;     /* of the last run: fewer where other programs take the cores; forward only */
    sx_bench_output *outputs; /* [output_count]; forward passes only */
    size_t output_count;
} sx_bench_result;

/* Forward passes of shape.n images. Free with sx_bench_result_free, also after an error. Errors:
 * those of sx_network_build, sx_plan_new and sx_plan_run; SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_bench_forward(const sx_bench_options *o, sx_bench_result *out, sx_error *err) SX_MUST_USE;
/* Training steps, SGD with momentum, of one batch of noise with a few boxes each; a detector's stem
 * and first stage are frozen as in the authors' training. Errors: those of sx_trainer_new and
 * sx_trainer_step; SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_bench_training(const sx_bench_options *o, sx_bench_result *out, sx_error *err) SX_MUST_USE;
void sx_bench_result_free(sx_bench_result *r); /* {0} is allowed */

#endif
