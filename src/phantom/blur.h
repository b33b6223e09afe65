/* Low-pass filters on planes of floats, in parallel over rows. */
#ifndef SX_PHANTOM_BLUR_H
#define SX_PHANTOM_BLUR_H

#include <stdbool.h>

#include "base/context_impl.h"

/* out = in convolved with a Gaussian of `sigma` pixels (0 < sigma <= 1.5), edges repeated; out !=
 * in. */
void sx_ph_blur_small(const sx_context *context, const float *in, float *out, int width, int height,
                      float sigma);

/* The low-pass of a plane, slower than `sigma` pixels (sigma >= 4), at reduced size. Values are
 * first clamped to [low, high], so that open beam does not outweigh the patient. */
typedef struct sx_ph_slow {
    int step, columns, rows;
    float *v;
} sx_ph_slow;
bool sx_ph_slow_make(const sx_context *context, sx_ph_slow *s, const float *in, int width,
                     int height, float sigma, float low, float high, sx_error *err) SX_MUST_USE;
void sx_ph_slow_free(sx_ph_slow *s);
/* Row y of it at full width. */
void sx_ph_slow_row(const sx_ph_slow *s, int y, int width, float *row);

#endif
