/* Internal to the planner: lower.c makes steps and values from the graph, memory.c places the
 * values, plan.c runs the steps. */
#ifndef SX_NN_PLAN_IMPL_H
#define SX_NN_PLAN_IMPL_H

#include <pthread.h>

#include "base/mem.h"
#include "nn/step.h"

/* A step that runs again during the backward pass, at this time. */
typedef struct sx_replay {
    int time;
    sx_step *step;
} sx_replay;

struct sx_plan {
    const sx_graph *graph;
    sx_store *store;
    sx_plan_options options;
    int threads;
    sx_arena *arena;
    pthread_mutex_t lock; /* of the arena and scratch_bytes while steps are prepared */

    sx_step **steps;
    int step_count, step_cap;
    sx_value **values;
    int value_count, value_cap;
    sx_value **of_node; /* [node]: its value */
    sx_replay *replays; /* in order of time */
    int replay_count;

    void *memory;
    size_t memory_bytes;
    void *scratch;
    size_t scratch_bytes;
    bool profile;
    int64_t run;
};

bool sx_plan_lower(sx_plan *p, sx_error *err) SX_MUST_USE;
bool sx_plan_place(sx_plan *p, sx_error *err) SX_MUST_USE;
void sx_value_use(sx_value *v, int time);

/* recompute.c: called before and after the times of all uses are known. sx_plan_move_values sets
 * where the values lie in the forward or the backward pass. */
void sx_plan_propose_replays(sx_plan *p);
bool sx_plan_choose_replays(sx_plan *p, sx_error *err) SX_MUST_USE;
void sx_plan_move_values(sx_plan *p, bool back);

static inline sx_value *sx_value_base(sx_value *v) {
    while (v->base)
        v = v->base;
    return v;
}

static inline size_t sx_value_bytes(const sx_value *v) {
    return (size_t)sx_shape_count(v->shape) * sx_dtype_size(v->dtype);
}

#endif
