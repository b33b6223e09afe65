/* Inside of the engine: a planned step and the values it reads and writes, as the ops see them. */
#ifndef SX_NN_STEP_H
#define SX_NN_STEP_H

#include "nn/op.h"
#include "nn/plan.h"

typedef struct sx_value sx_value;

struct sx_value {
    sx_shape shape;
    sx_dtype dtype;
    void *data; /* once the plan is made */
    void *grad; /* training: same shape and dtype as the value; NULL if none flows */
    bool grad_written;

    sx_value *base;    /* a view of this value's memory; NULL: its own */
    sx_value **pieces; /* a concatenation along channels, not put together; NULL: one dense array */
    int piece_count;
    const sx_op *gather; /* puts them together */

    int index;
    int first, last;           /* times of first writing and last reading */
    int grad_first, grad_last; /* likewise of the gradient; -1: none */
    size_t offset, grad_offset;
    int again_from; /* recomputed: uses from this time on are of a second life; 0: one life */
    int again_first, again_last;
    size_t again_offset;
    bool wants_grad;

    float *mean,
        *var; /* training: the batch's, per channel, for every batch norm that reads this value */
    int64_t moments_run;
    float *slope, *level; /* backward: what these norms still owe the gradient, slope * x + level */
    bool unsettled;
};

enum { SX_STEP_INPUTS = 13 }; /* two maps of each of six pyramid levels, and sizes */

struct sx_step {
    int index;
    const sx_op *op;
    const sx_node *node; /* attributes and parameters */
    const sx_node *bn;   /* batch norm folded into this step; NULL */
    sx_act act;          /* applied last */
    sx_value *inputs[SX_STEP_INPUTS];
    int input_count;
    sx_value *residual; /* added before `act`; NULL */
    bool residual_in_place;
    sx_value *out;

    sx_plan *plan;
    void *state; /* the op's own */
    const char *kernel;
    double seconds, back_seconds;
};

/* ---- for `prepare`
 * ------------------------------------------------------------------------------- */

sx_store *sx_plan_store(sx_plan *p);
const sx_plan_options *sx_plan_get_options(const sx_plan *p);
void *sx_plan_alloc(sx_plan *p, size_t count, size_t size); /* zeroed, freed with the plan */
/* Scratch is shared by all steps and undefined at the start of each: request it in prepare(); use
 * it in forward() and backward(). */
void sx_plan_need_scratch(sx_plan *p, size_t bytes);
void *sx_plan_scratch(const sx_plan *p);
bool sx_plan_training(const sx_plan *p);
int64_t sx_plan_run_number(
    const sx_plan *p); /* counts runs from 1: what was computed in this run is fresh */

/* The step's own parameter as it is now, f32 in the checkpoint's layout. NULL: SX_ERR_MEMORY (its
 * conversion failed). */
const float *sx_step_param(const sx_step *s, int slot, sx_error *err) SX_MUST_USE;

/* ---- gradients
 * ------------------------------------------------------------------------------------ */

/* True if this value's gradient has been written in this backward pass (add to it); marks it
 * written. */
static inline bool sx_grad_accumulates(sx_value *v) {
    while (v->base)
        v = v->base;
    bool was = v->grad_written;
    v->grad_written = true;
    return was;
}
/* *grad NULL: the parameter is frozen or absent. Error: SX_ERR_MEMORY (it has no buffer). */
bool sx_step_param_grad(sx_step *s, int slot, float **grad, sx_error *err) SX_MUST_USE;
/* True if another step may have given this value a gradient before s does. */
bool sx_step_comes_later(const sx_step *s, const sx_value *v);

#endif
