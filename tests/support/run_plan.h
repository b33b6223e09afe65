/* A plan that must run, and its outputs: prints the error's message otherwise. */
#ifndef TESTS_SUPPORT_RUN_PLAN_H
#define TESTS_SUPPORT_RUN_PLAN_H

#include <stdlib.h>

#include "nn/plan.h"
#include "support/check.h"

static inline void check_run(sx_plan *p) {
    sx_error err = { 0 };
    CHECK_OK(sx_plan_run(p, &err), err);
}

static inline void check_backward(sx_plan *p) {
    sx_error err = { 0 };
    CHECK_OK(sx_plan_backward(p, &err), err);
}

/* The numbers of an output, *count of them; free() them. */
static inline float *check_output(const sx_plan *p, const char *name, int64_t *count) {
    sx_error err = { 0 };
    *count = sx_plan_output_count(p, name);
    float *y = calloc((size_t)*count, sizeof *y);
    assert_non_null(y);
    CHECK_OK(sx_plan_output(p, name, y, *count, &err), err);
    return y;
}

#endif
