/* A small EfficientDet of synthetic weights on an image of noise, for several tests. */
#ifndef TESTS_SUPPORT_SMALL_EFFICIENTDET_H
#define TESTS_SUPPORT_SMALL_EFFICIENTDET_H

#include "models/arch.h"
#include "nn/plan.h"

enum { LEVELS = 4, H = 64, W = 128, CLASSES = 5 };

typedef struct small_run {
    sx_network net;
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} small_run;

void small_start(small_run *r, int images, sx_part part, sx_plan_options o);
void small_stop(small_run *r);
/* a and b together; valid for seven more calls. */
const char *small_join(const char *a, const char *b);

#endif
