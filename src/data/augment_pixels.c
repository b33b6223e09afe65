#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/augment_impl.h"

/* Most operations map single values: by a table of 256 entries for each channel. */
typedef uint8_t table[256];

static size_t pixels_of(const sx_image *im) {
    return (size_t)im->width * (size_t)im->height;
}

static void look_up(sx_image *im, const table *tables, bool same) {
    uint8_t *p = sx_image_u8(im);
    const size_t n = sx_image_bytes(im);
    if (same || im->channels == 1) {
        for (size_t i = 0; i < n; i++)
            p[i] = tables[0][p[i]];
        return;
    }
    for (size_t i = 0; i + 2 < n; i += 3)
        for (size_t k = 0; k < 3; k++)
            p[i + k] = tables[k][p[i + k]];
}

static uint8_t to_byte(float v) {
    return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : v);
}

/* Pillow's blend of a (factor 0) and b (factor 1), which truncates. */
static uint8_t blend(int a, int b, float factor) {
    if (factor == 0) return (uint8_t)a;
    if (factor == 1) return (uint8_t)b;
    return to_byte((float)a + factor * (float)(b - a));
}

static float tinted(float grey, float factor, int v) {
    return grey + factor * ((float)v - grey);
}

void sx_aug_color(sx_image *im, double factor) {
    const float f = (float)factor;
    if (factor == 1) return;
    if (im->channels == 1) {
        table t;
        for (int v = 0; v < 256; v++)
            t[v] = to_byte(tinted((float)(0.2989 * v + 0.5870 * v + 0.1140 * v), f, v));
        look_up(im, &t, true);
        return;
    }
    uint8_t *p = sx_image_u8(im);
    for (size_t i = 0; i < pixels_of(im); i++, p += 3) {
        const float grey = (float)(0.2989 * p[2] + 0.5870 * p[1] + 0.1140 * p[0]);
        for (int k = 0; k < 3; k++)
            p[k] = to_byte(tinted(grey, f, p[k]));
    }
}

void sx_aug_brightness(sx_image *im, double factor) {
    table t;
    if (factor == 1) return;
    for (int v = 0; v < 256; v++)
        t[v] = to_byte(tinted(0, (float)factor, v));
    look_up(im, &t, true);
}

void sx_aug_contrast(sx_image *im, double factor) {
    const uint8_t *p = sx_image_u8(im);
    const size_t n = pixels_of(im), c = (size_t)im->channels;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum +=
            c == 1
                ? p[i]
                : (19595U * p[3 * i + 2] + 38470U * p[3 * i + 1] + 7471U * p[3 * i] + 32768U) >> 16;
    const int mean = (int)((double)sum / (double)n + 0.5);
    table t;
    for (int v = 0; v < 256; v++)
        t[v] = blend(mean, v, (float)factor);
    look_up(im, &t, true);
}

static void count(const sx_image *im, size_t channel, size_t histogram[256]) {
    const uint8_t *p = sx_image_u8(im) + channel;
    memset(histogram, 0, 256 * sizeof *histogram);
    for (size_t i = 0; i < pixels_of(im); i++)
        histogram[p[i * (size_t)im->channels]]++;
}

static void identity(table t) {
    for (int v = 0; v < 256; v++)
        t[v] = (uint8_t)v;
}

void sx_aug_auto_contrast(sx_image *im) {
    table t[3];
    for (size_t k = 0; k < (size_t)im->channels; k++) {
        size_t histogram[256];
        int least = 0, most = 255;
        count(im, k, histogram);
        while (least < 255 && !histogram[least])
            least++;
        while (most > 0 && !histogram[most])
            most--;
        identity(t[k]);
        if (most <= least) continue;
        const double scale = 255.0 / (most - least), offset = -least * scale;
        for (int v = 0; v < 256; v++)
            t[k][v] = to_byte((float)v * (float)scale + (float)offset);
    }
    look_up(im, t, false);
}

void sx_aug_equalize(sx_image *im) {
    table t[3];
    for (size_t k = 0; k < (size_t)im->channels; k++) {
        size_t histogram[256], last = 0;
        count(im, k, histogram);
        for (size_t v = 0; v < 256; v++)
            if (histogram[v]) last = histogram[v];
        const size_t step = (pixels_of(im) - last) / 255;
        identity(t[k]);
        if (step == 0) continue;
        size_t n = step / 2;
        for (size_t v = 0; v < 256; v++) {
            const size_t to = n / step;
            t[k][v] = (uint8_t)(to > 255 ? 255 : to);
            n += histogram[v];
        }
    }
    look_up(im, t, false);
}

void sx_aug_solarize(sx_image *im, double threshold) {
    table t;
    for (int v = 0; v < 256; v++)
        t[v] = (uint8_t)(v < threshold ? v : 255 - v);
    look_up(im, &t, true);
}

void sx_aug_solarize_add(sx_image *im, double addition) {
    table t;
    for (int v = 0; v < 256; v++) {
        const int sum = v + (int)addition;
        t[v] = (uint8_t)(v >= 128 ? v : sum < 0 ? 0 : sum > 255 ? 255 : sum);
    }
    look_up(im, &t, true);
}

void sx_aug_posterize(sx_image *im, double bits) {
    table t;
    for (int v = 0; v < 256; v++)
        t[v] = (uint8_t)(v >> (int)bits << (int)bits);
    look_up(im, &t, true);
}

/* The sums of three rows come first, so that each pixel takes three more additions. */
static void smooth_row(const uint8_t *above, const uint8_t *row, const uint8_t *below, size_t n,
                       size_t c, int *sums, float factor, uint8_t *out) {
    for (size_t i = 0; i < n; i++)
        sums[i] = above[i] + row[i] + below[i];
    for (size_t i = c; i + c < n; i++) {
        const int smooth = (sums[i - c] + sums[i] + sums[i + c] + 4 * row[i] + 6) / 13;
        const float v = (float)smooth + factor * (float)(row[i] - smooth);
        out[i] = (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : (int)v);
    }
}

/* The outermost pixels are not smoothed, and so do not change. */
bool sx_aug_sharpness(sx_image *im, double factor, sx_error *err) {
    const size_t c = (size_t)im->channels, n = (size_t)im->width * c;
    const float f = (float)factor;
    if (f == 1 || im->width < 3 || im->height < 3) return true;
    uint8_t *rows = sx_calloc_for(2, n, "augmentation", err);
    int *sums = rows ? sx_calloc_for(n, sizeof *sums, "augmentation", err) : NULL;
    if (sums) {
        uint8_t *above = rows, *now = rows + n; /* before the operation */
        memcpy(above, im->data, n);
        for (int y = 1; y + 1 < im->height; y++) {
            uint8_t *row = sx_image_u8(im) + (size_t)y * n;
            memcpy(now, row, n);
            smooth_row(above, now, row + n, n, c, sums, f, row);
            uint8_t *swap = above;
            above = now;
            now = swap;
        }
    }
    const bool ok = sums != NULL;
    free(sums);
    free(rows);
    return ok;
}

static size_t clamp(int v, int most) {
    return (size_t)(v < 0 ? 0 : v > most ? most : v);
}

void sx_aug_fill(sx_image *im, int y0, int x0, int y1, int x1) {
    const size_t c = (size_t)im->channels, row = (size_t)im->width * c;
    const size_t left = clamp(x0, im->width), right = clamp(x1, im->width);
    for (size_t y = clamp(y0, im->height); y < clamp(y1, im->height) && left < right; y++)
        memset(sx_image_u8(im) + y * row + left * c, SX_AUG_FILL, (right - left) * c);
}
