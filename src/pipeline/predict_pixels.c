/* Pixels that the caller holds in memory. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/predictor.h"

static bool check_view(const sx_pixel_view *v, size_t *row, sx_error *err) {
    if (!v->data) return sx_fail(err, SX_ERR_USAGE, "no pixels are given");
    if (v->width < 1 || v->height < 1 || v->width > SX_IMAGE_MAX_SIDE ||
        v->height > SX_IMAGE_MAX_SIDE)
        return sx_fail(err, SX_ERR_LIMIT, "%d x %d pixels: sides are from 1 to %d", v->width,
                       v->height, SX_IMAGE_MAX_SIDE);
    if (v->channels != 1 && v->channels != 3)
        return sx_fail(err, SX_ERR_USAGE, "%d channels; 1 (grey) or 3 (RGB) are taken",
                       v->channels);
    if (v->bits != 8 && v->bits != 16)
        return sx_fail(err, SX_ERR_USAGE, "%d bits a sample; 8 or 16 are taken", v->bits);
    *row = (size_t)v->width * (size_t)v->channels * (size_t)(v->bits / 8);
    if (v->stride && v->stride < *row)
        return sx_fail(err, SX_ERR_USAGE, "a stride of %zu bytes is less than a row of %zu",
                       v->stride, *row);
    return true;
}

static const unsigned char *row_at(const sx_pixel_view *v, size_t row, int y) {
    return (const unsigned char *)v->data + (size_t)y * (v->stride ? v->stride : row);
}

static uint16_t sample16(const unsigned char *row, size_t i) {
    uint16_t s;
    memcpy(&s, row + 2 * i, 2); /* rows need not be aligned */
    return s;
}

/* 16 bit, stretched from min..max to 0..255; a flat film becomes black. */
static void stretch(const sx_pixel_view *v, size_t row, sx_image *out) {
    size_t n = (size_t)v->width * (size_t)v->channels;
    uint16_t low = UINT16_MAX, high = 0;
    for (int y = 0; y < v->height; y++)
        for (size_t i = 0; i < n; i++) {
            uint16_t s = sample16(row_at(v, row, y), i);
            low = s < low ? s : low;
            high = s > high ? s : high;
        }
    unsigned range = high > low ? (unsigned)(high - low) : 1;
    for (int y = 0; y < v->height; y++)
        for (size_t i = 0; i < n; i++) {
            unsigned s = (unsigned)(sample16(row_at(v, row, y), i) - low);
            sx_image_u8(out)[(size_t)y * n + i] = (uint8_t)((s * 510 + range) / (2 * range));
        }
}

sx_findings *sx_predict_pixels(sx_predictor *p, const sx_pixel_view *v, sx_error *err) {
    size_t row = 0;
    sx_image im = { 0 };
    double t0 = sx_now();
    if (!check_view(v, &row, err) || !sx_image_new(&im, v->width, v->height, v->channels, 8, err))
        return NULL;
    if (v->bits == 16)
        stretch(v, row, &im);
    else
        for (int y = 0; y < v->height; y++)
            memcpy(sx_image_u8(&im) + (size_t)y * row, row_at(v, row, y), row);
    sx_findings *f = sx_calloc_for(1, sizeof *f, "findings", err);
    if (f) {
        f->frame = 1;
        f->seconds.read = sx_now() - t0;
        if (!sx_predict_images(p, &im, &im, f, err)) {
            sx_findings_free(f);
            f = NULL;
        }
    }
    sx_image_free(&im);
    return f;
}
