/* The size at which films are kept for training: no pixel more than the network can be shown. */
#ifndef SX_DATA_FIT_H
#define SX_DATA_FIT_H

#include "image/image.h"
#include "spinexr/types.h" /* sx_pixels */

/* Either one size for all (width, height > 0: classifiers), or the aspect kept: the shorter side
 * becomes `shorter` unless the longer one would exceed `longest`, and a film that is smaller stays
 * as it is. All 0: every film stays as it is. */
typedef struct sx_fit {
    int width, height;
    int shorter, longest;
} sx_fit;

/* A film of 8 bits in its size for training. */
typedef struct sx_fitted {
    sx_image image;
    int film_width, film_height; /* of the film itself: boxes are in its pixels */
} sx_fitted;

void sx_fit_size(const sx_fit *fit, int width, int height, int *new_width, int *new_height);
/* Reads a film and resizes it. Free out->image. Errors: those of sx_film_open and
 * sx_film_to_8bit. */
bool sx_fit_film(const char *path, sx_pixels pixels, const sx_fit *fit, sx_fitted *out,
                 sx_error *err) SX_MUST_USE;

#endif
