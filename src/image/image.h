/* 8- and 16-bit images: rows top to bottom, interleaved channels, no row padding. */
#ifndef SX_IMAGE_IMAGE_H
#define SX_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* Larger than any detector plate; a header with larger sizes is rejected before memory is
 * allocated. */
enum { SX_IMAGE_MAX_SIDE = 32768 };
#define SX_IMAGE_MAX_PIXELS ((size_t)1 << 28)

typedef struct sx_image {
    int width, height;
    int channels; /* 1 grey, 3 colour (R, G, B), 4 with alpha */
    int bits;     /* 8 or 16: bits of one sample */
    void *data;   /* uint8_t or uint16_t [height][width][channels], owned */
} sx_image;

/* Allocates cleared pixels. Errors: SX_ERR_LIMIT (sides, pixels), SX_ERR_VALUE (zero or negative
 * side). */
bool sx_image_new(sx_image *im, int width, int height, int channels, int bits,
                  sx_error *err) SX_MUST_USE;
void sx_image_free(sx_image *im); /* and clears it; {0} is allowed */

static inline uint8_t *sx_image_u8(const sx_image *im) {
    return (uint8_t *)im->data;
}
static inline uint16_t *sx_image_u16(const sx_image *im) {
    return (uint16_t *)im->data;
}
static inline size_t sx_image_bytes(const sx_image *im) {
    return (size_t)im->width * (size_t)im->height * (size_t)im->channels * (size_t)(im->bits / 8);
}

#endif
