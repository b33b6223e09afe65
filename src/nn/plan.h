/* A plan: a graph made ready to run on this machine. Norms and activations are folded into their
 * neighbours, concatenations are not put together where their reader can take the pieces, every
 * value has its place in one arena by liveness, every kernel is chosen. */
#ifndef SX_NN_PLAN_H
#define SX_NN_PLAN_H

#include "nn/graph.h"
#include "nn/store.h"

typedef struct sx_plan sx_plan;

/* Other processes that run the same plan on the other parts of one batch. All call `sum` at the
 * same places. */
typedef struct sx_peers {
    int count; /* with this one */
    void (*sum)(void *ctx, double *x,
                size_t n); /* each number over all, the same bits everywhere */
    void *ctx;
} sx_peers;

typedef struct sx_plan_options {
    sx_dtype compute;      /* SX_F32 or SX_BF16: activations and products; sums are f32 */
    bool training;         /* batch statistics, everything kept that the backward pass needs */
    bool keep_all;         /* every value keeps its memory until the next run (to look at them) */
    bool plain;            /* nothing is fused (to compare with) */
    bool recompute;        /* training: what is cheap to work out (sx_op.again) is not kept for the
                              backward pass */
    int threads;           /* of the plan, for good; 0: all cores that the caller may run on */
    const sx_peers *peers; /* training: batch statistics are those of all peers' rows; NULL: of its
                              own. Outlives the plan */
} sx_plan_options;

bool sx_plan_has_bf16(void); /* whether this processor can compute in bf16 */
/* The graph and the store must outlive the plan. SX_ERR_UNSUPPORTED: bf16 where there is none. */
sx_plan *sx_plan_new(const sx_graph *g, sx_store *store, sx_plan_options o,
                     sx_error *err) SX_MUST_USE;
void sx_plan_free(sx_plan *p);

/* How many threads the plan computes with, its own and oneDNN's: fixed when it is made, whatever
 * the affinity mask or the number of threads of the caller is when it runs. At least 1. */
int sx_plan_threads(const sx_plan *p);

/* Where an input is to be written before each run (its memory is used again during a run),
 * [n][h][w][c] in the dtype that is told; NULL if there is none. */
void *sx_plan_input(sx_plan *p, const char *name, sx_dtype *dtype, sx_shape *shape);
/* Errors: SX_ERR_MEMORY, SX_ERR_USAGE (a plan of several threads called inside an OpenMP parallel
 * region), whatever oneDNN reports; the message names the step. The outputs are undefined then.
 * With peers all steps run in any case, since the peers wait for this part's sums. */
bool sx_plan_run(sx_plan *p, sx_error *err) SX_MUST_USE;
/* A value after the run, as f32 [n][h][w][c]; false if the name is not an output. */
bool sx_plan_output(const sx_plan *p, const char *name, float *out, int64_t count,
                    sx_error *err) SX_MUST_USE;

/* After a run: whether all outputs are finite. Error: SX_ERR_VALUE, with the output's name. */
bool sx_plan_check_outputs(const sx_plan *p, sx_error *err) SX_MUST_USE;

int64_t sx_plan_output_count(const sx_plan *p,
                             const char *name); /* numbers of an output; 0 if there is none */
int sx_plan_output_rows(const sx_plan *p,
                        const char *name); /* n * h * w of an output; 0 if there is none */
sx_shape sx_plan_output_shape(const sx_plan *p, const char *name); /* all 0 if there is none */

/* Training: the gradient of an output, in its dtype, to be filled between run and backward (every
 * output that has one). NULL if no gradient flows to it. */
void *sx_plan_output_grad(sx_plan *p, const char *name, sx_dtype *dtype);
/* Multiplies what was written into the outputs' gradients: the weight of a part of a batch. */
void sx_plan_scale_output_grads(sx_plan *p, float k);
/* Errors as sx_plan_run; the gradients are undefined then. */
bool sx_plan_backward(sx_plan *p, sx_error *err) SX_MUST_USE;
/* The same; after(ctx, step) is called after each step, in falling order. Gradients of parameters
 * whose steps are all done are final. After a failure it is still called for every step. */
bool sx_plan_backward_watched(sx_plan *p, void (*after)(void *ctx, int step), void *ctx,
                              sx_error *err) SX_MUST_USE;
/* Calls fn for each parameter of each step, in rising order. */
void sx_plan_each_param(const sx_plan *p, void (*fn)(void *ctx, int step, const sx_param *param),
                        void *ctx);

size_t sx_plan_memory(const sx_plan *p); /* bytes of activations and scratch */
int sx_plan_steps(const sx_plan *p);

typedef struct sx_step_info {
    const char *name, *op;
    const char *kernel; /* "brgconv:avx512_core_amx_bf16", ... */
    double flops;
    bool chooses;                 /* picks boxes (SX_CHOOSES) */
    double seconds, back_seconds; /* of the last run and backward pass, when profiling */
} sx_step_info;
void sx_plan_profile(sx_plan *p, bool on);
sx_step_info sx_plan_step_info(const sx_plan *p, int i);

#endif
