/* Conversion between grey and colour, 16 bits and 8. */
#ifndef SX_IMAGE_CONVERT_H
#define SX_IMAGE_CONVERT_H

#include "image/image.h"

/* Makes *dst with 3 channels; grey is repeated. SX_ERR_UNSUPPORTED for other images than 1 or 3
 * channels of 8 bits (both functions). */
bool sx_image_to_rgb(const sx_image *src, sx_image *dst, sx_error *err) SX_MUST_USE;
/* Makes *dst with 1 channel: the luma of ITU-R BT.601 in 16-bit fixed point, as Pillow's mode "L":
 * (19595 R + 38470 G + 7471 B + 32768) >> 16. */
bool sx_image_to_grey(const sx_image *src, sx_image *dst, sx_error *err) SX_MUST_USE;
/* 16-bit samples to 8 bits: smallest..largest to 0..255, rounded; all the same: 0. `rows` rows of
 * `samples` samples in native byte order, `stride` bytes from one row to the next, of any
 * alignment; to[rows * samples]. */
void sx_stretch_to_8bit(const void *from, size_t stride, size_t samples, size_t rows, uint8_t *to);
/* All channels of every pixel are equal. */
bool sx_image_is_grey(const sx_image *im);

#endif
