/* Makes reproducible noise pictures, which depend only on a name: two octaves of smoothed noise and
 * a fine grain, from the random streams NAME/o32, NAME/o8 and NAME/n (base/rng.h). All arithmetic
 * is in integers, so the bytes are the same on every machine. The golden tests use these pictures
 * as inputs. */
#ifndef SX_IMAGE_NOISE_H
#define SX_IMAGE_NOISE_H

#include "image/image.h"

/* One plane of [height][width] bytes into `out`. SX_ERR_MEMORY; names of up to 200 bytes
 * (SX_ERR_VALUE). */
bool sx_noise_plane(const char *name, int width, int height, uint8_t *out,
                    sx_error *err) SX_MUST_USE;

/* Grey: 1 channel, the plane `name`. Colour: 3 channels; blue, green and red are the planes
 * name/c0, name/c1 and name/c2 (the formula counts them in OpenCV's order), stored R, G, B as in
 * every sx_image. */
bool sx_noise_image(const char *name, int width, int height, bool color, sx_image *out,
                    sx_error *err) SX_MUST_USE;

#endif
