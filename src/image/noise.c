#include "image/noise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

enum { NAME_MAX_BYTES = 200 };

static uint64_t stream_of(const char *name, const char *part) {
    char full[NAME_MAX_BYTES + 16];
    snprintf(full, sizeof full, "%s/%s", name, part);
    return sx_rng_key(full, 0);
}

/* A grid of random bytes, `cell` pixels apart, with interpolation between its points. */
typedef struct octave {
    int cell, columns;
    int *grid;
} octave;

static bool octave_new(octave *o, uint64_t key, int cell, int width, int height, sx_error *err) {
    const int rows = height / cell + 2;
    o->cell = cell;
    o->columns = width / cell + 2;
    const size_t n = (size_t)rows * (size_t)o->columns;
    o->grid = sx_calloc_for(n, sizeof *o->grid, "noise grid", err);
    if (!o->grid) return false;
    for (size_t i = 0; i < n; i++)
        o->grid[i] = (int)(sx_rng_u64(key, i) >> 56);
    return true;
}

static int octave_at(const octave *o, int y, int x) {
    const int cell = o->cell, fy = y % cell, fx = x % cell;
    const int *g = o->grid + (size_t)(y / cell) * (size_t)o->columns + x / cell,
              *below = g + o->columns;
    return ((cell - fy) * ((cell - fx) * g[0] + fx * g[1]) +
            fy * ((cell - fx) * below[0] + fx * below[1])) /
           (cell * cell);
}

bool sx_noise_plane(const char *name, int width, int height, uint8_t *out, sx_error *err) {
    if (strlen(name) > NAME_MAX_BYTES)
        return sx_fail(err, SX_ERR_VALUE, "the name of a picture has at most %d bytes",
                       (int)NAME_MAX_BYTES);
    octave coarse = { 0 }, fine = { 0 };
    bool ok = octave_new(&coarse, stream_of(name, "o32"), 32, width, height, err) &&
              octave_new(&fine, stream_of(name, "o8"), 8, width, height, err);
    const uint64_t grain = stream_of(name, "n");
    for (int y = 0; ok && y < height; y++)
        for (int x = 0; x < width; x++) {
            const size_t i = (size_t)y * (size_t)width + (size_t)x;
            int v = (3 * octave_at(&coarse, y, x) + octave_at(&fine, y, x)) / 4;
            v += (int)(sx_rng_u64(grain, i) >> 60) - 8;
            out[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    free(coarse.grid);
    free(fine.grid);
    return ok;
}

bool sx_noise_image(const char *name, int width, int height, bool color, sx_image *out,
                    sx_error *err) {
    if (!sx_image_new(out, width, height, color ? 3 : 1, 8, err)) return false;
    bool ok = true;
    if (!color) {
        ok = sx_noise_plane(name, width, height, sx_image_u8(out), err);
        if (!ok) sx_image_free(out);
        return ok;
    }
    const size_t n = (size_t)width * (size_t)height;
    uint8_t *plane = sx_calloc_for(n, 1, "noise plane", err);
    ok = plane != NULL;
    for (int k = 0; ok && k < 3; k++) {
        char full[NAME_MAX_BYTES + 4];
        ok = snprintf(full, sizeof full, "%s/c%d", name, k) < (int)sizeof full
                 ? sx_noise_plane(full, width, height, plane, err)
                 : sx_fail(err, SX_ERR_VALUE, "the name of a picture has at most %d bytes",
                           NAME_MAX_BYTES - 3);
        for (size_t i = 0; ok && i < n; i++)
            sx_image_u8(out)[i * 3 + (size_t)(2 - k)] = plane[i];
    }
    free(plane);
    if (!ok) sx_image_free(out);
    return ok;
}
