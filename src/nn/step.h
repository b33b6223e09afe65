/* Internal to the engine: the steps of a plan, and the values that they read and write. */
#ifndef SX_NN_STEP_H
#define SX_NN_STEP_H

#include "nn/op.h"
#include "nn/plan_options.h"
#include "nn/store.h"

typedef struct sx_value sx_value;

struct sx_value {
    sx_shape shape;
    sx_dtype dtype;
    void *data; /* valid once the plan is made */
    void *grad; /* training: same shape and dtype; NULL if no gradient reaches this value */
    bool grad_written;

    sx_value *base;    /* this value is a view of that one's memory; NULL: it has its own */
    sx_value **pieces; /* a concatenation along channels, kept in pieces; NULL: one array */
    int piece_count;
    const sx_op *gather; /* the op that copies the pieces into one array */

    /* Lifetimes, in the planner's times (memory.c). */
    int index;
    int first, last;           /* first write and last read */
    int grad_first, grad_last; /* of the gradient; -1: it has none */
    size_t offset, grad_offset;
    /* A value that is computed again for the backward pass: uses from this time on belong to its
     * second life. 0: it has one life. */
    int again_from;
    int again_first, again_last;
    size_t again_offset;
    bool needs_grad;

    /* Training: the batch's moments per channel, shared by every batch norm that reads this
     * value, and the run in which they were computed. */
    float *mean, *var;
    int64_t moments_run;
    /* Backward: what these norms still have to add to the gradient, slope * x + level. */
    float *slope, *level;
    bool unsettled;
};

/* Two maps of each of six pyramid levels, and sizes. */
enum { SX_STEP_INPUTS = 13 };

struct sx_step {
    int index;
    const sx_op *op;
    const sx_node *node; /* attributes and parameters */
    const sx_node *bn;   /* a batch norm that was folded into this step, or NULL */
    sx_act act;          /* applied last */
    sx_value *inputs[SX_STEP_INPUTS];
    int input_count;
    sx_value *residual; /* added before `act`, or NULL */
    bool residual_in_place;
    sx_value *out;

    sx_plan *plan;
    void *state; /* the op's own */
    const char *kernel;
    sx_candidate *candidates; /* as in sx_step_info */
    int candidate_count;
    double seconds, back_seconds, least_seconds; /* least_seconds: 0 before the first run */
};

/* ---- for `prepare` ---- */

sx_store *sx_plan_store(sx_plan *p);
const sx_plan_options *sx_plan_get_options(const sx_plan *p);
/* Zeroed memory that is freed with the plan. NULL: out of memory. */
void *sx_plan_alloc(sx_plan *p, size_t count, size_t size);
/* All steps share one scratch buffer, whose contents are undefined at the start of each step.
 * Request it in prepare(); use it in forward() and backward(). */
void sx_plan_need_scratch(sx_plan *p, size_t bytes);
void *sx_plan_scratch(const sx_plan *p);
bool sx_plan_training(const sx_plan *p);
/* Runs are counted from 1. */
int64_t sx_plan_run_number(const sx_plan *p);

/* The current numbers of the step's own parameter, f32, in the checkpoint's layout. NULL:
 * SX_ERR_MEMORY (they could not be converted). */
const float *sx_step_param(const sx_step *s, int slot, sx_error *err) SX_MUST_USE;

/* ---- gradients ---- */

/* Marks the value's gradient as written. True if it was written before in this backward pass, so
 * that the caller has to add to it. */
static inline bool sx_grad_accumulates(sx_value *v) {
    while (v->base)
        v = v->base;
    bool was = v->grad_written;
    v->grad_written = true;
    return was;
}
/* The gradient of the step's own parameter. *grad is NULL if the parameter is frozen or absent.
 * Error: SX_ERR_MEMORY (it has no buffer). */
bool sx_step_param_grad(sx_step *s, int slot, float **grad, sx_error *err) SX_MUST_USE;
/* True if another step may write this value's gradient before s does. */
bool sx_step_comes_later(const sx_step *s, const sx_value *v);

#endif
