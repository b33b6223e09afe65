#include "image/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { WEIGHT_BITS = 22 };

/* For each output position the first input position and `taps` weights (unused ones are zero). */
typedef struct filter {
    int taps;
    int *first;
    int32_t *weight; /* [out][taps] */
} filter;

static void filter_free(filter *f) {
    free(f->first);
    free(f->weight);
}

static bool filter_new(filter *f, int in, int out, sx_error *err) {
    const double scale = (double)in / out, width = fmax(scale, 1.0), inverse = 1.0 / width;
    f->taps = (int)ceil(width) * 2 + 1;
    f->first = sx_calloc_for((size_t)out, sizeof *f->first, "resize filter", err);
    f->weight = f->first
                    ? sx_calloc_for((size_t)out * (size_t)f->taps, sizeof *f->weight, "resize filter", err)
                    : NULL;
    double *w = f->weight ? sx_calloc_for((size_t)f->taps, sizeof *w, "resize filter", err) : NULL;
    if (!w) return false;
    for (int o = 0; o < out; o++) {
        const double centre = (o + 0.5) * scale;
        int low = (int)(centre - width + 0.5), high = (int)(centre + width + 0.5);
        low = low < 0 ? 0 : low;
        high = high > in ? in : high;
        double sum = 0;
        for (int i = low; i < high; i++) {
            const double d = fabs((i - centre + 0.5) * inverse);
            w[i - low] = d < 1.0 ? 1.0 - d : 0.0;
            sum += w[i - low];
        }
        f->first[o] = low;
        for (int i = 0; i < high - low; i++)
            f->weight[(size_t)o * (size_t)f->taps + (size_t)i] =
                (int32_t)(0.5 + w[i] / sum * (double)(1 << WEIGHT_BITS));
    }
    free(w);
    return true;
}

static uint8_t rounded(int32_t sum) {
    sum >>= WEIGHT_BITS;
    return (uint8_t)(sum > 255 ? 255 : sum);
}

static void pass_x(const sx_image *src, const filter *f, sx_image *dst) {
    const int c = src->channels;
    for (int y = 0; y < src->height; y++) {
        const uint8_t *in = sx_image_u8(src) + (size_t)y * (size_t)src->width * (size_t)c;
        uint8_t *out = sx_image_u8(dst) + (size_t)y * (size_t)dst->width * (size_t)c;
        for (int x = 0; x < dst->width; x++) {
            const int32_t *w = f->weight + (size_t)x * (size_t)f->taps;
            for (int k = 0; k < c; k++) {
                int32_t sum = 1 << (WEIGHT_BITS - 1);
                for (int t = 0; t < f->taps && f->first[x] + t < src->width; t++)
                    sum += w[t] * in[(f->first[x] + t) * c + k];
                out[x * c + k] = rounded(sum);
            }
        }
    }
}

static void pass_y(const sx_image *src, const filter *f, sx_image *dst) {
    const size_t row = (size_t)src->width * (size_t)src->channels;
    for (int y = 0; y < dst->height; y++) {
        const uint8_t *in = sx_image_u8(src) + (size_t)f->first[y] * row;
        const int32_t *w = f->weight + (size_t)y * (size_t)f->taps;
        for (size_t x = 0; x < row; x++) {
            int32_t sum = 1 << (WEIGHT_BITS - 1);
            for (int t = 0; t < f->taps && f->first[y] + t < src->height; t++)
                sum += w[t] * in[(size_t)t * row + x];
            sx_image_u8(dst)[(size_t)y * row + x] = rounded(sum);
        }
    }
}

static bool pass(const sx_image *src, bool vertical, int size, sx_image *dst, sx_error *err) {
    filter f = { 0 };
    bool ok =
        filter_new(&f, vertical ? src->height : src->width, size, err) &&
        sx_image_new(dst, vertical ? src->width : size, vertical ? size : src->height, src->channels, 8, err);
    if (ok) (vertical ? pass_y : pass_x)(src, &f, dst);
    filter_free(&f);
    return ok;
}

bool sx_image_resize(const sx_image *src, int width, int height, sx_image *dst, sx_error *err) {
    *dst = (sx_image){ 0 };
    if (src->bits != 8 || (src->channels != 1 && src->channels != 3))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "cannot resize an image of %d channels of %d bits",
                       src->channels, src->bits);
    sx_image mid = { 0 };
    const sx_image *from = src;
    if (!sx_image_new(dst, width, height, src->channels, 8, err)) return false; /* refuses bad sizes early */
    if (width == src->width && height == src->height) {
        memcpy(dst->data, src->data, sx_image_bytes(src));
        return true;
    }
    sx_image_free(dst);
    if (width != src->width) {
        if (!pass(src, false, width, &mid, err)) return false;
        from = &mid;
    }
    bool ok = true;
    if (height != src->height)
        ok = pass(from, true, height, dst, err);
    else {
        *dst = mid;
        mid = (sx_image){ 0 };
    }
    sx_image_free(&mid);
    return ok;
}

void sx_resize_shortest(int width, int height, int min_size, int max_size, int *new_width, int *new_height) {
    const double scale = min_size * 1.0 / (height < width ? height : width);
    double h = height < width ? min_size : scale * height, w = height < width ? scale * width : min_size;
    const double longest = h > w ? h : w;
    if (longest > max_size) {
        const double less = max_size * 1.0 / longest;
        h *= less;
        w *= less;
    }
    *new_height = (int)(h + 0.5);
    *new_width = (int)(w + 0.5);
}
