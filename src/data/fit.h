/* The size of films for training, which is no larger than the network can use. */
#ifndef SX_DATA_FIT_H
#define SX_DATA_FIT_H

#include "data/film_notes.h"
#include "image/image.h"
#include "spinexr/types.h" /* sx_pixels */

/* Either one size for all films (width, height > 0: classifiers; with `letterbox` the largest that
 * fits into it and keeps the aspect ratio), or a size that keeps the aspect ratio: the shorter side
 * becomes `shorter` unless the longer one would exceed `longest`; smaller films are not enlarged.
 * With all fields 0 films keep their size. */
typedef struct sx_fit {
    int width, height;
    bool letterbox;
    int shorter, longest;
} sx_fit;

/* A film with 8 bits in its size for training. */
typedef struct sx_fitted {
    sx_image image;
    int film_width, film_height; /* of the film itself; boxes are in its pixels */
} sx_fitted;

void sx_fit_size(const sx_fit *fit, int width, int height, int *new_width, int *new_height);
/* Reads a film and resizes it. Free out->image with sx_image_free. notes: receives the warnings
 * about its pixels; may be NULL. Errors: those of sx_film_open and sx_film_to_8bit_named. */
bool sx_fit_film(const char *path, sx_pixels pixels, const sx_fit *fit, sx_film_notes *notes,
                 sx_fitted *out, sx_error *err) SX_MUST_USE;

#endif
