/* A plan that must run: prints the error's message otherwise. */
#ifndef TESTS_SUPPORT_RUN_PLAN_H
#define TESTS_SUPPORT_RUN_PLAN_H

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

#endif
