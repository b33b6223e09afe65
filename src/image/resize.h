/* Antialiased bilinear resizing, equal to Pillow's Image.resize(size, BILINEAR) pixel by pixel: a
 * triangle filter, widened when shrinking; horizontal pass first, rounded to the bits of the image,
 * then the vertical one. Weights are 22-bit fixed-point for 8 bits, and double for 16, as in
 * Pillow's mode I. (OpenCV's and PyTorch's bilinear differ.) */
#ifndef SX_IMAGE_RESIZE_H
#define SX_IMAGE_RESIZE_H

#include "base/context_impl.h"
#include "image/image.h"

/* On the threads of `context` (NULL: one). Makes *dst (whose old content is not freed), with the
 * channels of src: 1 or 3, 8 bits. The same bytes on every processor and with any number of
 * threads. Errors: SX_ERR_UNSUPPORTED (other formats), those of sx_image_new, SX_ERR_MEMORY; then
 * *dst is empty. */
bool sx_image_resize(const sx_context *context, const sx_image *src, int width, int height,
                     sx_image *dst, sx_error *err) SX_MUST_USE;
/* The same bytes as resizing `src` after mirroring it left to right, without making the mirrored
 * copy. */
bool sx_image_resize_mirrored(const sx_context *context, const sx_image *src, int width, int height,
                              sx_image *dst, sx_error *err) SX_MUST_USE;

/* Grey images of 16 bits, in the calling thread. The same bytes on every processor; errors as
 * sx_image_resize. */
bool sx_image_resize_16bit(const sx_image *src, int width, int height, sx_image *dst,
                           sx_error *err) SX_MUST_USE;

/* Detectron2's ResizeShortestEdge: the shorter side becomes min_size, unless the longer one would
 * exceed max_size, which it then becomes. Each step in double, truncated after adding 0.5 at the
 * end. */
void sx_resize_shortest(int width, int height, int min_size, int max_size, int *new_width,
                        int *new_height);

#endif
