/* Scaling a film into a rectangle with its aspect ratio kept. The film is in the upper left corner,
 * as in the padded inputs of detectors, so a position on it differs by a factor alone. */
#ifndef SX_IMAGE_LETTERBOX_H
#define SX_IMAGE_LETTERBOX_H

#include "base/context_impl.h"
#include "image/image.h"

/* The grey of what the film does not cover, as after augmentation (data/augment.h). */
enum { SX_LETTERBOX_GREY = 128 };

/* The largest size with the film's aspect ratio that fits into width x height, rounded; at least
 * one pixel. Of a film of that size it is the size itself. All sides are 1 to SX_IMAGE_MAX_SIDE. */
void sx_letterbox_size(int film_width, int film_height, int width, int height, int *new_width,
                       int *new_height);

/* Makes *im, of 8 bits and at most width x height pixels, this large: grey to its right and below
 * it. Errors: those of sx_image_new, which leave it unchanged. */
bool sx_image_pad(sx_image *im, int width, int height, sx_error *err) SX_MUST_USE;

/* Both: makes *dst of width x height pixels (its old content is not freed) from a film of 8 bits
 * with 1 or 3 channels. Errors: those of sx_image_resize; then *dst is empty. */
bool sx_image_letterbox(const sx_context *context, const sx_image *src, int width, int height,
                        sx_image *dst, sx_error *err) SX_MUST_USE;

#endif
