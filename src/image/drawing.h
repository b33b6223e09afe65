/* Drawing with cairo. Cairo, fontconfig and pixman crash when memory runs out. */
#ifndef SX_IMAGE_DRAWING_H
#define SX_IMAGE_DRAWING_H

#include <cairo.h>

#include "image/image.h"

/* To be called before anything is drawn. The first call makes the process's fonts ready. False with
 * SX_ERR_MEMORY if memory is short. Another thread may still use up the memory after this check.
 * Any number of threads at once. */
bool sx_drawing_ready(sx_error *err) SX_MUST_USE;

/* The pixels of a flushed CAIRO_FORMAT_RGB24 surface as a new image of 3 channels of 8 bits. */
bool sx_drawing_pixels(cairo_surface_t *surface, sx_image *out, sx_error *err) SX_MUST_USE;

#endif
