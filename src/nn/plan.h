/* A plan: a graph prepared for this machine. Norms and activations are folded into their
 * neighbours, concatenations are read in pieces where the reader allows it, every value has a place
 * in one block of memory, and every kernel is chosen. */
#ifndef SX_NN_PLAN_H
#define SX_NN_PLAN_H

#include "nn/graph.h"
#include "nn/plan_options.h"
#include "nn/store.h"

/* Whether this processor can compute in bf16. */
bool sx_plan_has_bf16(void);
/* Whether this processor computes with these numbers, to be asked before anything else is done.
 * Error: SX_ERR_UNSUPPORTED. */
bool sx_plan_check_compute(sx_dtype compute, sx_error *err) SX_MUST_USE;

/* The graph and the store must outlive the plan. A plan is used by one thread at a time; different
 * plans, of one store too, may be used by different threads at once. Errors: SX_ERR_UNSUPPORTED
 * (bf16 on a processor without it), SX_ERR_MEMORY (also if the threads cannot be started). */
sx_plan *sx_plan_new(const sx_graph *g, sx_store *store, sx_plan_options o,
                     sx_error *err) SX_MUST_USE;
void sx_plan_free(sx_plan *p);

/* The number of threads that the plan and oneDNN use, at least 1: as many as were requested or as
 * OpenMP gave when the plan was made. It does not depend on the affinity mask or the OpenMP
 * settings of the thread that runs the plan. */
int sx_plan_threads(const sx_plan *p);
/* In f32, plans of a network on one to so many threads have the same outputs, to the bit, at
 * AVX-512; at AVX2 on any number. */
enum { SX_PLAN_SAME_THREADS = 8 };

/* The buffer of an input, [n][h][w][c] in *dtype. Write it before each run: its memory is reused
 * during a run. NULL if there is no such input. */
void *sx_plan_input(sx_plan *p, const char *name, sx_dtype *dtype, sx_shape *shape);

/* Errors: SX_ERR_MEMORY, SX_ERR_USAGE (a plan of several threads called inside an OpenMP parallel
 * region, or where OpenMP gives fewer threads than when it was made), and those of oneDNN. The
 * message names the step; the outputs are then undefined. With peers the remaining steps still run,
 * on zeros, because the peers wait for this part's sums. */
bool sx_plan_run(sx_plan *p, sx_error *err) SX_MUST_USE;

/* ---- outputs ---- */

/* Copies an output after a run, as f32 [n][h][w][c]. Errors: SX_ERR_MISSING (no such output),
 * SX_ERR_USAGE (it does not have `count` numbers). */
bool sx_plan_output(const sx_plan *p, const char *name, float *out, int64_t count,
                    sx_error *err) SX_MUST_USE;
/* Whether all outputs are finite after a run. Error: SX_ERR_VALUE, with the output's name. */
bool sx_plan_check_outputs(const sx_plan *p, sx_error *err) SX_MUST_USE;

/* These are 0 if there is no such output. */
int64_t sx_plan_output_count(const sx_plan *p, const char *name); /* numbers */
int sx_plan_output_rows(const sx_plan *p, const char *name);      /* n * h * w */
sx_shape sx_plan_output_shape(const sx_plan *p, const char *name);

/* ---- training ---- */

/* The gradient of an output, in the output's dtype, to be filled between run and backward, for
 * every output that has one. NULL if no gradient flows to it. */
void *sx_plan_output_grad(sx_plan *p, const char *name, sx_dtype *dtype);
/* Multiplies the gradients of all outputs by k. */
void sx_plan_scale_output_grads(sx_plan *p, float k);

/* Adds to the gradients of the store's parameters. Errors as sx_plan_run; the gradients are then
 * undefined. */
bool sx_plan_backward(sx_plan *p, sx_error *err) SX_MUST_USE;
/* The same, and calls after(ctx, step) after each step, from the last step to the first, also after
 * a failure. The gradient of a parameter is final when all steps that use it are done. */
bool sx_plan_backward_watched(sx_plan *p, void (*after)(void *ctx, int step), void *ctx,
                              sx_error *err) SX_MUST_USE;
/* Calls fn for each parameter of each step, from the first step to the last. */
void sx_plan_each_param(const sx_plan *p, void (*fn)(void *ctx, int step, const sx_param *param),
                        void *ctx);

/* ---- inspection ---- */

size_t sx_plan_memory(const sx_plan *p); /* bytes of activations and scratch */
/* Of these the kernels' scratch memory. It depends on the level of instructions: kernels without
 * AVX2 need more. */
size_t sx_plan_scratch_bytes(const sx_plan *p);
int sx_plan_steps(const sx_plan *p);

typedef struct sx_step_info {
    const char *name, *op;
    const char *kernel; /* "brgconv:avx512_core_amx_bf16", ... */
    const sx_candidate
        *candidates; /* of which the cheapest was chosen; NULL: there was no choice */
    int candidate_count;
    double flops;
    double bytes; /* of the inputs, parameters and output of a forward pass, each counted once */
    bool chooses; /* selects boxes (SX_CHOOSES) */
    double seconds, back_seconds; /* of the last run and backward pass, while profiling */
    double least_seconds;         /* of the runs since profiling was turned on */
} sx_step_info;
/* Turning it on forgets the times that were taken before. */
void sx_plan_profile(sx_plan *p, bool on);
sx_step_info sx_plan_step_info(const sx_plan *p, int i);

#endif
