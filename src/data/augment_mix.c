/* Augmentation of classifiers' films. */
#include <math.h>

#include "data/augment.h"
#include "data/augment_impl.h"

/* Joehnk 1964, as in Devroye 1986, chapter IX.3.4: a pair (u^(1/a), v^(1/a)) whose sum is at most 1
 * gives Beta(a, a). At a = 1 every second pair is accepted, below more. Powers that are too small
 * for a double are compared by their logarithms. */
double sx_draw_beta(const sx_draws *d, double alpha) {
    for (;;) {
        const double u = d->uniform(d->ctx), v = d->uniform(d->ctx);
        const double x = pow(u, 1 / alpha), y = pow(v, 1 / alpha);
        if (x + y <= 1 && x + y > 0) return x / (x + y);
        if (x + y == 0 && u > 0 && v > 0) return 1 / (1 + exp((log(v) - log(u)) / alpha));
    }
}

int sx_aug_sample(const sx_image *other, size_t i, int c, int channels) {
    const uint8_t *p = sx_image_u8(other) + i * (size_t)other->channels;
    if (other->channels == 1) return p[0];
    return channels == 1 ? (p[0] + p[1] + p[2] + 1) / 3 : p[c];
}

void sx_augment_mix(sx_image *im, const sx_image *other, double share) {
    uint8_t *p = sx_image_u8(im);
    const size_t pixels = (size_t)im->width * (size_t)im->height;
    for (size_t i = 0; i < pixels; i++)
        for (int c = 0; c < im->channels; c++, p++)
            *p = (uint8_t)(share * *p + (1 - share) * sx_aug_sample(other, i, c, im->channels) +
                           0.5);
}

double sx_aug_between(const sx_draws *d, double low, double high) {
    return low + (high - low) * d->uniform(d->ctx);
}

bool sx_augment_mild(sx_image *im, const sx_draws *d, sx_error *err) {
    const double degrees = sx_aug_between(d, -SX_MILD_DEGREES, SX_MILD_DEGREES),
                 scale = sx_aug_between(d, 1 - SX_MILD_SCALE, 1 + SX_MILD_SCALE),
                 right = sx_aug_between(d, -SX_MILD_SHIFT, SX_MILD_SHIFT),
                 down = sx_aug_between(d, -SX_MILD_SHIFT, SX_MILD_SHIFT),
                 brightness = sx_aug_between(d, 1 - SX_MILD_SHARE, 1 + SX_MILD_SHARE),
                 contrast = sx_aug_between(d, 1 - SX_MILD_SHARE, 1 + SX_MILD_SHARE),
                 blur = sx_aug_between(d, 0, 1);
    size_t none = 0;
    /* the operation checks the image, which the others do not */
    return sx_augment_apply(SX_AUG_BRIGHTNESS, brightness, im, NULL, &none, d, err) &&
           sx_augment_apply(SX_AUG_CONTRAST, contrast, im, NULL, &none, d, err) &&
           sx_aug_similarity(im, degrees, scale, right * im->width, down * im->height, err) &&
           sx_aug_sharpness(im, 1 - blur, err);
}
