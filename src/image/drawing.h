/* Drawing with cairo, which with fontconfig and pixman crashes where memory runs out. */
#ifndef SX_IMAGE_DRAWING_H
#define SX_IMAGE_DRAWING_H

#include "base/fail.h"

/* To be called before anything is drawn. The first call makes the process's fonts ready. False with
 * SX_ERR_MEMORY if memory is short, unless another thread takes what is left in the meantime. Any
 * number of threads at once. */
bool sx_drawing_ready(sx_error *err) SX_MUST_USE;

#endif
