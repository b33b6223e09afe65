/* Reference numbers in safetensors files: whole tensors, or summaries of large ones (values at 64
 * places of the [n][c][h][w] array). */
#ifndef TESTS_SUPPORT_REFERENCE_H
#define TESTS_SUPPORT_REFERENCE_H

#include "nn/plan.h"
#include "tensor/weights.h"

sx_weights *reference_open(const char *name); /* tests/golden/NAME; fails the test */
const float *reference_f32(const sx_weights *w, const char *name, int64_t count);

/* The image `name` of the reference runs (image/noise.h) into image `index` of the plan's input. */
void reference_fill(sx_plan *p, int index, const char *name, int width, int height, bool color);

/* The plan's output `output` against `name` in w: at most `bound` times the reference's largest
 * value away. */
void reference_check(const sx_plan *p, const sx_graph *g, const char *output, const sx_weights *w,
                     const char *name, double bound);
/* The same for `factor` times the output. */
void reference_check_times(const sx_plan *p, const sx_graph *g, const char *output, float factor,
                           const sx_weights *w, const char *name, double bound);

#endif
