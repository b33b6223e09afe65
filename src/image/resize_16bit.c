/* The filter of 8-bit pictures in double precision; each pass rounds to 16 bits. */
#include <stdlib.h>

#include "base/mem.h"
#include "image/resize.h"
#include "image/resize_weights.h"

/* One pass over all lines: rows, or with `vertical` columns. */
static void weigh_lines(const sx_image *src, bool vertical, double *weights, sx_image *dst) {
    const size_t in = (size_t)src->width, out = (size_t)dst->width;
    const size_t from_step = vertical ? in : 1, from_line = vertical ? 1 : in;
    const size_t to_step = vertical ? out : 1, to_line = vertical ? 1 : out;
    const int from_size = vertical ? src->height : src->width;
    const int to_size = vertical ? dst->height : dst->width;
    const int lines = vertical ? src->width : src->height;
    for (int at = 0; at < to_size; at++) {
        int first;
        const int count = sx_resize_weights(from_size, to_size, at, &first, weights);
        const uint16_t *from = sx_image_u16(src) + (size_t)first * from_step;
        uint16_t *to = sx_image_u16(dst) + (size_t)at * to_step;
        for (int line = 0; line < lines; line++, from += from_line, to += to_line) {
            double sum = 0;
            for (int i = 0; i < count; i++)
                sum += from[(size_t)i * from_step] * weights[i];
            /* the weights are not negative and sum up to 1 */
            *to = (uint16_t)(sum + 0.5);
        }
    }
}

static bool pass(const sx_image *src, bool vertical, int size, sx_image *dst, sx_error *err) {
    const int taps = sx_resize_taps(vertical ? src->height : src->width, size);
    double *weights = sx_calloc_for((size_t)taps, sizeof *weights, "resize filter", err);
    const bool ok = weights && sx_image_new(dst, vertical ? src->width : size,
                                            vertical ? size : src->height, 1, 16, err);
    if (ok) weigh_lines(src, vertical, weights, dst);
    free(weights);
    return ok;
}

bool sx_image_resize_16bit(const sx_image *src, int width, int height, sx_image *dst,
                           sx_error *err) {
    sx_image mid = { 0 };
    *dst = (sx_image){ 0 };
    if (src->bits != 16 || src->channels != 1)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "cannot resize an image of %d channels of %d bits",
                       src->channels, src->bits);
    /* rejects bad sizes early */
    if (!sx_image_new(&mid, width, height, 1, 16, err)) return false;
    sx_image_free(&mid);
    const bool ok = pass(src, false, width, &mid, err) && pass(&mid, true, height, dst, err);
    sx_image_free(&mid);
    return ok;
}
