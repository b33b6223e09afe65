/* Internal to augment.h. */
#ifndef SX_DATA_AUGMENT_IMPL_H
#define SX_DATA_AUGMENT_IMPL_H

#include "data/augment.h"

enum { SX_AUG_FILL = 128 }; /* uncovered pixels */

/* augment_pixels.c. Channel 0 is blue in the authors' formulas: they read films as B, G, R. */
void sx_aug_color(sx_image *im, double factor);
void sx_aug_brightness(sx_image *im, double factor);
void sx_aug_contrast(sx_image *im, double factor);
void sx_aug_auto_contrast(sx_image *im);
void sx_aug_equalize(sx_image *im);
void sx_aug_solarize(sx_image *im, double threshold);
void sx_aug_solarize_add(sx_image *im, double addition);
void sx_aug_posterize(sx_image *im, double bits);
bool sx_aug_sharpness(sx_image *im, double factor, sx_error *err) SX_MUST_USE;
void sx_aug_fill(sx_image *im, int y0, int x0, int y1, int x1); /* [y0, y1) x [x0, x1), clipped */

/* augment_warp.c */
bool sx_aug_rotate(sx_image *im, double degrees, sx_error *err) SX_MUST_USE;
bool sx_aug_translate(sx_image *im, double dx, double dy, sx_error *err) SX_MUST_USE;
bool sx_aug_shear(sx_image *im, double amount, bool vertical, sx_error *err) SX_MUST_USE;
/* Turns the image about its centre (degrees, counter-clockwise), enlarges it by `scale`, and moves
 * it by so many pixels. */
bool sx_aug_similarity(sx_image *im, double degrees, double scale, double right, double down,
                       sx_error *err) SX_MUST_USE;

/* augment_mix.c */
double sx_aug_between(const sx_draws *d, double low, double high); /* uniform */
/* The sample for channel c of an image with `channels`, of pixel i of another with 1 or 3. */
int sx_aug_sample(const sx_image *other, size_t i, int c, int channels);

/* augment_boxes.c: fractions of an image of width x height */
void sx_aug_rotate_boxes(sx_film_box *boxes, size_t *count, double degrees, int width, int height);
void sx_aug_translate_boxes(sx_film_box *boxes, size_t *count, double dx, double dy, int width,
                            int height);
void sx_aug_shear_boxes(sx_film_box *boxes, size_t *count, double amount, bool vertical, int width,
                        int height);

#endif
