#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "data/augment_impl.h"

void sx_flip_image(sx_image *im) {
    const size_t c = (size_t)im->channels * (size_t)(im->bits / 8), w = (size_t)im->width;
    for (int y = 0; y < im->height; y++) {
        uint8_t *row = sx_image_u8(im) + (size_t)y * w * c;
        if (c == 1) {
            for (size_t a = 0, b = w - 1; a < b; a++, b--) {
                const uint8_t v = row[a];
                row[a] = row[b];
                row[b] = v;
            }
            continue;
        }
        for (size_t a = 0, b = w - 1; a < b; a++, b--)
            for (size_t k = 0; k < c; k++) {
                const uint8_t v = row[a * c + k];
                row[a * c + k] = row[b * c + k];
                row[b * c + k] = v;
            }
    }
}

/* A warp reads the old image and writes a new one, in which uncovered pixels keep the fill
 * value. */
static bool begin_warp(const sx_image *im, sx_image *to, sx_error *err) {
    if (!sx_image_new(to, im->width, im->height, im->channels, 8, err)) return false;
    memset(to->data, SX_AUG_FILL, sx_image_bytes(to));
    return true;
}

static void end_warp(sx_image *im, sx_image *to) {
    sx_image_free(im);
    *im = *to;
}

/* ---- rotate: Pillow's Image.rotate, nearest pixel ---- */

/* Python's round(v, 15): the value printed and read again. */
static double round15(double v) {
    char text[64];
    sx_format(text, sizeof text, "%.15f", v);
    return sx_strtod(text, NULL);
}

static int64_t fixed(double v) {
    return (int64_t)floor(v * 65536 + 0.5);
}

/* The x for which 0 <= a + b * x < limit (16.16), as [*first, *last), within 0..width. */
static void covered(int64_t a, int64_t b, int64_t limit, int64_t *first, int64_t *last) {
    while (*first < *last && (a + b * *first < 0 || a + b * *first >= limit))
        ++*first;
    while (*first < *last && (a + b * (*last - 1) < 0 || a + b * (*last - 1) >= limit))
        --*last;
}

bool sx_aug_rotate(sx_image *im, double degrees, sx_error *err) {
    double angle = fmod(degrees, 360);
    if (angle < 0) angle += 360;
    if (angle == 0) return true;
    angle = -(angle * (3.141592653589793 / 180));
    const double c = round15(cos(angle)), s = round15(sin(angle)), s2 = round15(-sin(angle));
    const double cx = im->width / 2.0, cy = im->height / 2.0;
    const double tx = c * -cx + s * -cy + cx, ty = s2 * -cx + c * -cy + cy;
    const int64_t a0 = fixed(c), a1 = fixed(s), a2 = fixed(tx + c * 0.5 + s * 0.5);
    const int64_t a3 = fixed(s2), a4 = fixed(c), a5 = fixed(ty + s2 * 0.5 + c * 0.5);
    sx_image to;
    if (!begin_warp(im, &to, err)) return false;
    const int w = im->width, h = im->height, n = im->channels;
    for (int y = 0; y < h; y++) {
        const uint8_t *in = sx_image_u8(im);
        uint8_t *out = sx_image_u8(&to) + (size_t)y * (size_t)w * (size_t)n;
        const int64_t xx = a2 + a1 * y, yy = a5 + a4 * y;
        int64_t first = 0, last = w;
        covered(xx, a0, (int64_t)w << 16, &first, &last);
        covered(yy, a3, (int64_t)h << 16, &first, &last);
        for (int64_t x = first; x < last; x++) {
            const int64_t at = ((yy + a3 * x) >> 16) * w + ((xx + a0 * x) >> 16);
            for (int k = 0; k < n; k++)
                out[x * n + k] = in[at * n + k];
        }
    }
    end_warp(im, &to);
    return true;
}

/* ---- translate: Pillow's affine transform, nearest pixel ---- */

/* The first pixel whose source lies inside, that source, and how many pixels follow. Pillow
 * adds 1.0 to a sum that starts at d + 0.5, and truncates. */
static void overlap(double d, int size, int *first, int *source, int *count) {
    *first = *source = *count = 0;
    double at = d - 0.5;
    for (int i = 0; i < size; i++) {
        at += 1.0;
        if (at < 0 || at >= size) continue;
        if (*count == 0) {
            *first = i;
            *source = (int)at;
        }
        ++*count;
    }
}

bool sx_aug_translate(sx_image *im, double dx, double dy, sx_error *err) {
    sx_image to;
    if (!begin_warp(im, &to, err)) return false;
    const size_t c = (size_t)im->channels, row = (size_t)im->width * c;
    int x, from_x, nx, y, from_y, ny;
    overlap(dx, im->width, &x, &from_x, &nx);
    overlap(dy, im->height, &y, &from_y, &ny);
    for (int i = 0; i < ny; i++)
        memcpy(sx_image_u8(&to) + (size_t)(y + i) * row + (size_t)x * c,
               sx_image_u8(im) + (size_t)(from_y + i) * row + (size_t)from_x * c, (size_t)nx * c);
    end_warp(im, &to);
    return true;
}

/* ---- shear: Pillow's affine transform, bicubic ---- */

static inline uint8_t cubic(int v1, int v2, int v3, int v4, double d) {
    const double p2 = v3 - v1, p3 = 2 * (v1 - v2) + v3 - v4, p4 = v2 - v1 - v3 + v4;
    double v = v2 + d * (p2 + d * (p3 + d * p4));
    v = v > 0 ? v : 0;
    return (uint8_t)(v < 255 ? (int)v : 255);
}

static inline int clamp(int v, int most) {
    return v < 0 ? 0 : v > most ? most : v;
}

/* A point inside the image lies between the pixels *i and *i + 1, this far from the first. */
static inline double between(double at, int *i) {
    const double u = at - 0.5;
    *i = (int)u - (u < 0);
    return u - *i;
}

/* Across the shear the source lies exactly on a pixel, whose value the other cubic gives. `c` is a
 * constant of the compiler. */
static inline __attribute__((always_inline)) void shear_row(const uint8_t *in, int n, double moved,
                                                            int c, uint8_t *out) {
    for (int x = 0; x < n; x++) {
        const double at = x + 0.5 + moved;
        int i;
        if (at < 0 || at >= n) continue;
        const double d = between(at, &i);
        const uint8_t *p = in + (ptrdiff_t)clamp(i - 1, n - 1) * c;
        const uint8_t *q = in + (ptrdiff_t)clamp(i, n - 1) * c;
        const uint8_t *r = in + (ptrdiff_t)clamp(i + 1, n - 1) * c;
        const uint8_t *s = in + (ptrdiff_t)clamp(i + 2, n - 1) * c;
        for (int k = 0; k < c; k++)
            out[x * c + k] = cubic(p[k], q[k], r[k], s[k], d);
    }
}

static void shear_x(const sx_image *im, double amount, sx_image *to) {
    const int w = im->width;
    const size_t row = (size_t)w * (size_t)im->channels;
    for (int y = 0; y < im->height; y++) {
        const uint8_t *in = sx_image_u8(im) + (size_t)y * row;
        uint8_t *out = sx_image_u8(to) + (size_t)y * row;
        if (im->channels == 1)
            shear_row(in, w, amount * (y + 0.5), 1, out);
        else
            shear_row(in, w, amount * (y + 0.5), 3, out);
    }
}

static void shear_y(const sx_image *im, double amount, sx_image *to) {
    const int h = im->height, c = im->channels;
    const size_t row = (size_t)im->width * (size_t)c;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < im->width; x++) {
            const double at = amount * (x + 0.5) + (y + 0.5);
            int i;
            if (at < 0 || at >= h) continue;
            const double d = between(at, &i);
            const uint8_t *in = sx_image_u8(im) + (size_t)x * (size_t)c;
            const uint8_t *p = in + (size_t)clamp(i - 1, h - 1) * row,
                          *q = in + (size_t)clamp(i, h - 1) * row;
            const uint8_t *r = in + (size_t)clamp(i + 1, h - 1) * row,
                          *s = in + (size_t)clamp(i + 2, h - 1) * row;
            uint8_t *out = sx_image_u8(to) + (size_t)y * row + (size_t)x * (size_t)c;
            for (int k = 0; k < c; k++)
                out[k] = cubic(p[k], q[k], r[k], s[k], d);
        }
}

bool sx_aug_shear(sx_image *im, double amount, bool vertical, sx_error *err) {
    sx_image to;
    if (!begin_warp(im, &to, err)) return false;
    (vertical ? shear_y : shear_x)(im, amount, &to);
    end_warp(im, &to);
    return true;
}

/* ---- turned, scaled and moved at once: bilinear ---- */

static inline uint8_t mean_of_four(const uint8_t *p, const uint8_t *q, size_t right, double dx,
                                   double dy) {
    const double above = p[0] + dx * (p[right] - p[0]), below = q[0] + dx * (q[right] - q[0]);
    return (uint8_t)(above + dy * (below - above) + 0.5);
}

bool sx_aug_similarity(sx_image *im, double degrees, double scale, double right, double down,
                       sx_error *err) {
    const double angle = degrees * (3.141592653589793 / 180);
    const double c = cos(angle) / scale, s = sin(angle) / scale;
    const int w = im->width, h = im->height, n = im->channels;
    const double cx = w / 2.0, cy = h / 2.0;
    sx_image to;
    if (!begin_warp(im, &to, err)) return false;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const double u = x + 0.5 - cx - right, v = y + 0.5 - cy - down;
            const double from_x = cx + c * u - s * v, from_y = cy + s * u + c * v;
            if (from_x < 0 || from_x >= w || from_y < 0 || from_y >= h) continue;
            int i, k;
            const double dx = between(from_x, &i), dy = between(from_y, &k);
            const size_t x0 = (size_t)clamp(i, w - 1), x1 = (size_t)clamp(i + 1, w - 1);
            const uint8_t *p =
                sx_image_u8(im) + ((size_t)clamp(k, h - 1) * (size_t)w + x0) * (size_t)n;
            const uint8_t *q =
                sx_image_u8(im) + ((size_t)clamp(k + 1, h - 1) * (size_t)w + x0) * (size_t)n;
            uint8_t *out = sx_image_u8(&to) + ((size_t)y * (size_t)w + (size_t)x) * (size_t)n;
            for (int b = 0; b < n; b++)
                out[b] = mean_of_four(p + b, q + b, (x1 - x0) * (size_t)n, dx, dy);
        }
    end_warp(im, &to);
    return true;
}
