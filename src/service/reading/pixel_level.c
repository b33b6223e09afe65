#include "service/reading/pixel_level.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

enum { SPEED = 3 }; /* of zlib: 6 takes twice the time and saves little */

/* ---- smaller levels ---- */

typedef struct block {
    int x0, y0, x1, y1;
} block;

static uint16_t mean_of(const sx_pixel_film *p, const block *b) {
    uint64_t sum = 0, count = 0;
    for (int y = b->y0; y < b->y1; y++) {
        const uint16_t *row = p->samples + (size_t)y * (size_t)p->width;
        for (int x = b->x0; x < b->x1; x++) {
            if (p->has_padding && row[x] == p->padding) continue;
            sum += row[x];
            count++;
        }
    }
    if (!count) return p->padding;
    const uint16_t mean = (uint16_t)((sum + count / 2) / count);
    if (!p->has_padding || mean != p->padding) return mean;
    return mean ? mean - 1 : 1; /* a neighbour, so that it does not become padding */
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* samples[rows][columns] */
static void fill_level(const sx_pixel_film *p, int level, int columns, int rows,
                       uint16_t *samples) {
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const block b = { x * level, y * level, least((x + 1) * level, p->width),
                              least((y + 1) * level, p->height) };
            *samples++ = mean_of(p, &b);
        }
}

/* ---- packing ---- */

static void put_head(const sx_pixel_film *p, int level, int columns, int rows, size_t bytes,
                     sx_str *out) {
    sx_str_append(out, "SXPX", 4);
    sx_str_append_le(out, 1, 2);
    sx_str_append_le(out, (uint64_t)level, 2);
    sx_str_append_le(out, (uint64_t)columns, 4);
    sx_str_append_le(out, (uint64_t)rows, 4);
    sx_str_append_le(out, (uint64_t)p->width, 4);
    sx_str_append_le(out, (uint64_t)p->height, 4);
    sx_str_append_le(out, p->padding, 2);
    sx_str_append_le(out, p->has_padding, 2);
    sx_str_append_le(out, bytes, 4);
}

static void split_planes(const uint16_t *samples, size_t n, uint8_t *planes) {
    uint16_t before = 0;
    for (size_t i = 0; i < n; i++) {
        const uint16_t d = (uint16_t)(samples[i] - before);
        before = samples[i];
        planes[i] = (uint8_t)d;
        planes[n + i] = (uint8_t)(d >> 8);
    }
}

static bool deflate_samples(const uint16_t *samples, size_t n, uint8_t **packed, size_t *bytes,
                            sx_error *err) {
    uint8_t *planes = sx_calloc_for(n, 2, "film pixels", err);
    uLongf size = compressBound((uLong)(2 * n));
    *packed = planes ? sx_calloc_for(size, 1, "film pixels", err) : NULL;
    bool ok = *packed != NULL;
    if (ok) {
        split_planes(samples, n, planes);
        ok = compress2(*packed, &size, planes, (uLong)(2 * n), SPEED) == Z_OK;
        if (!ok) sx_fail(err, SX_ERR_MEMORY, "film pixels: out of memory");
    }
    free(planes);
    *bytes = size;
    return ok;
}

static bool pack_samples(const sx_pixel_film *p, int level, int columns, int rows,
                         const uint16_t *samples, sx_str *out, sx_error *err) {
    uint8_t *packed = NULL;
    size_t bytes = 0;
    bool ok = deflate_samples(samples, (size_t)columns * (size_t)rows, &packed, &bytes, err);
    if (ok && bytes > UINT32_MAX)
        ok = sx_fail(err, SX_ERR_LIMIT, "a film of %d x %d pixels is too large", columns, rows);
    if (ok) {
        put_head(p, level, columns, rows, bytes, out);
        sx_str_append(out, packed, bytes);
        ok = sx_str_ok(out, err);
    }
    free(packed);
    return ok;
}

bool sx_pixel_level_pack(const sx_pixel_film *p, int level, sx_str *out, sx_error *err) {
    if (level == 1) return pack_samples(p, 1, p->width, p->height, p->samples, out, err);
    const int columns = (p->width + level - 1) / level, rows = (p->height + level - 1) / level;
    uint16_t *samples =
        sx_calloc_for((size_t)columns * (size_t)rows, sizeof *samples, "film pixels", err);
    if (!samples) return false;
    fill_level(p, level, columns, rows, samples);
    const bool ok = pack_samples(p, level, columns, rows, samples, out, err);
    free(samples);
    return ok;
}
