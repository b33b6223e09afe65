#include "image/convert.h"

#include <string.h>

static bool like(const sx_image *src, int channels, sx_image *dst, sx_error *err) {
    *dst = (sx_image){ 0 };
    if (src->bits != 8 || (src->channels != 1 && src->channels != 3))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "cannot convert an image of %d channels of %d bits",
                       src->channels, src->bits);
    if (!sx_image_new(dst, src->width, src->height, channels, 8, err)) return false;
    if (src->channels == channels) memcpy(dst->data, src->data, sx_image_bytes(src));
    return true;
}

bool sx_image_to_rgb(const sx_image *src, sx_image *dst, sx_error *err) {
    if (!like(src, 3, dst, err)) return false;
    if (src->channels == 3) return true;
    const uint8_t *in = sx_image_u8(src);
    uint8_t *out = sx_image_u8(dst);
    const size_t n = (size_t)src->width * (size_t)src->height;
    for (size_t i = 0; i < n; i++)
        out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = in[i];
    return true;
}

bool sx_image_to_grey(const sx_image *src, sx_image *dst, sx_error *err) {
    if (!like(src, 1, dst, err)) return false;
    if (src->channels == 1) return true;
    const uint8_t *in = sx_image_u8(src);
    uint8_t *out = sx_image_u8(dst);
    const size_t n = (size_t)src->width * (size_t)src->height;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)((19595U * in[3 * i] + 38470U * in[3 * i + 1] + 7471U * in[3 * i + 2] +
                            32768U) >>
                           16);
    return true;
}

static uint16_t sample_at(const unsigned char *row, size_t i) {
    uint16_t s;
    memcpy(&s, row + 2 * i, sizeof s);
    return s;
}

void sx_stretch_to_8bit(const void *from, size_t stride, size_t samples, size_t rows, uint8_t *to) {
    const unsigned char *row = from;
    uint16_t low = UINT16_MAX, high = 0;
    for (size_t y = 0; y < rows; y++, row += stride)
        for (size_t i = 0; i < samples; i++) {
            const uint16_t s = sample_at(row, i);
            low = s < low ? s : low;
            high = s > high ? s : high;
        }
    const unsigned range = high > low ? (unsigned)(high - low) : 1;
    row = from;
    for (size_t y = 0; y < rows; y++, row += stride)
        for (size_t i = 0; i < samples; i++)
            *to++ = (uint8_t)(((unsigned)(sample_at(row, i) - low) * 510 + range) / (2 * range));
}

bool sx_image_is_grey(const sx_image *im) {
    if (im->channels == 1) return true;
    const size_t n = (size_t)im->width * (size_t)im->height, c = (size_t)im->channels;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 1; k < 3; k++)
            if (im->bits == 8 ? sx_image_u8(im)[i * c + k] != sx_image_u8(im)[i * c]
                              : sx_image_u16(im)[i * c + k] != sx_image_u16(im)[i * c])
                return false;
    return true;
}
