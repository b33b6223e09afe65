#include "data/film_signature.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "image/resize.h"

enum { SIDE = SX_SIGNATURE_SIDE, LOW = 8 };

/* The lowest frequencies of the cosine transform (DCT-II), rows then columns. */
static void transform(const float *pixels, double out[LOW * LOW]) {
    const double pi = acos(-1.0);
    double waves[LOW][SIDE], rows[SIDE][LOW];
    for (int k = 0; k < LOW; k++)
        for (int x = 0; x < SIDE; x++)
            waves[k][x] = cos(pi * k * (2 * x + 1) / (2.0 * SIDE));
    for (int y = 0; y < SIDE; y++)
        for (int k = 0; k < LOW; k++) {
            rows[y][k] = 0;
            for (int x = 0; x < SIDE; x++)
                rows[y][k] += pixels[y * SIDE + x] * waves[k][x];
        }
    for (int j = 0; j < LOW; j++)
        for (int k = 0; k < LOW; k++) {
            out[j * LOW + k] = 0;
            for (int y = 0; y < SIDE; y++)
                out[j * LOW + k] += rows[y][k] * waves[j][y];
        }
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static uint64_t hash_of(const float *pixels) {
    double low[LOW * LOW], sorted[LOW * LOW - 1];
    uint64_t hash = 0;
    transform(pixels, low);
    memcpy(sorted, low + 1, sizeof sorted);
    qsort(sorted, LOW * LOW - 1, sizeof *sorted, ascending);
    const double median = sorted[(LOW * LOW - 1) / 2];
    for (int k = 1; k < LOW * LOW; k++)
        hash |= (uint64_t)(low[k] > median) << (k - 1);
    return hash;
}

/* False: the picture has one grey value only. */
static bool normalise(const sx_image *small, float *out) {
    const uint8_t *p = sx_image_u8(small);
    double mean = 0, square = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        mean += p[i] / (double)(SIDE * SIDE);
    for (int i = 0; i < SIDE * SIDE; i++)
        square += (p[i] - mean) * (p[i] - mean);
    for (int i = 0; i < SIDE * SIDE; i++)
        out[i] = square > 0 ? (float)((p[i] - mean) / sqrt(square)) : 0;
    return square > 0;
}

bool sx_film_signature_of(const sx_image *im, sx_film_signature *out, sx_error *err) {
    sx_image small = { 0 };
    *out = (sx_film_signature){ .aspect = (double)im->width / im->height };
    if (!sx_image_resize(NULL, im, SIDE, SIDE, &small, err)) return false;
    out->known = normalise(&small, out->pixels);
    if (out->known) out->hash = hash_of(out->pixels);
    sx_image_free(&small);
    return true;
}

int sx_signature_distance(const sx_film_signature *a, const sx_film_signature *b) {
    int bits = 0;
    for (uint64_t different = a->hash ^ b->hash; different; different &= different - 1)
        bits++;
    return bits;
}

double sx_signature_correlation(const sx_film_signature *a, const sx_film_signature *b) {
    double sum = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        sum += (double)a->pixels[i] * b->pixels[i];
    return sum;
}

bool sx_signature_same(const sx_film_signature *a, const sx_film_signature *b) {
    return a->known && b->known && fabs(a->aspect / b->aspect - 1) < 0.02 &&
           sx_signature_distance(a, b) <= 8 && sx_signature_correlation(a, b) >= 0.995;
}
