#include "nn/kernels/amx.h"

#include <immintrin.h>

enum { TILE = 16, BLOCK = SX_AMX_BLOCK };

typedef struct tile_config { /* Intel SDM vol. 1, 18.3.1 */
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_config;

/* A constant in memory: gcc 12 assumes that only its first eight bytes are read and would not store
 * the others. */
static const _Alignas(64) tile_config tiles = { .palette = 1,
                                                .row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 },
                                                .rows = { TILE, TILE, TILE, TILE, TILE, TILE, TILE,
                                                          TILE } };

static void load_tile_config(void) {
    _tile_loadconfig(&tiles);
}

static void release_tiles(void) {
    _tile_release();
}

/* The pixels at positions [q, q + 32]; NULL: a zero. */
static void find_pixels(const sx_amx_pixels *p, int64_t q, const uint16_t *pixel[BLOCK + 1]) {
    const int64_t per_image = (int64_t)p->line * p->lines, all = per_image * p->n;
    int64_t image = 0;
    int y = 0, x = 0;
    if (q > 0) {
        image = q / per_image;
        y = (int)(q % per_image / p->line);
        x = (int)(q % p->line);
    }
    for (int i = 0; i <= BLOCK; i++) {
        if (q + i < 0 || q + i >= all) {
            pixel[i] = NULL;
            continue;
        }
        const int iy = y * p->stride + p->from_y, ix = x * p->stride + p->from_x;
        pixel[i] =
            iy < p->h && ix < p->w ? p->data + ((image * p->h + iy) * p->w + ix) * p->c : NULL;
        if (++x < p->line) continue;
        x = 0;
        if (++y < p->lines) continue;
        y = 0;
        image++;
    }
}

static inline __mmask32 channels_of(const sx_amx_pixels *p, int panel) {
    const int left = p->c - panel * BLOCK;
    return left >= BLOCK ? 0xFFFFFFFFU : (1U << left) - 1;
}

static inline __m512i load(const uint16_t *pixel, int panel, __mmask32 channels) {
    return pixel ? _mm512_maskz_loadu_epi16(channels, pixel + panel * BLOCK)
                 : _mm512_setzero_si512();
}

/* Transposes a matrix of 32-bit numbers. */
static inline void transpose(__m512i r[16]) {
    __m512i t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) { /* rows i and i + 4 of each half: lanes 0 and 2, 1 and 3 */
        const int at = i / 4 * 8 + i % 4;
        t[at] = _mm512_shuffle_i32x4(r[at], r[at + 4], 0x88);
        t[at + 4] = _mm512_shuffle_i32x4(r[at], r[at + 4], 0xDD);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
    }
}

/* Transposes 32 pixels of 32 channels. Pairs of pixels are 32-bit numbers; after unpacking, those
 * of channels 8 l + i (`low`) and 8 l + 4 + i (`high`) are at 4 l + i. */
static inline void transpose_pixels(uint16_t *to, int64_t pitch, const uint16_t *const pixel[],
                                    int panel, __mmask32 channels) {
    __m512i low[16], high[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const __m512i a = load(pixel[2 * i], panel, channels),
                      b = load(pixel[2 * i + 1], panel, channels);
        low[i] = _mm512_unpacklo_epi16(a, b);
        high[i] = _mm512_unpackhi_epi16(a, b);
    }
    transpose(low);
    transpose(high);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        _mm512_storeu_si512(to + (i / 4 * 8 + i % 4) * pitch, low[i]);
        _mm512_storeu_si512(to + (i / 4 * 8 + 4 + i % 4) * pitch, high[i]);
    }
}

static void pack_lines(uint16_t *to, int64_t pitch, const sx_amx_pixels *p, int panel,
                       int end_panel, int64_t q, int count) {
    const uint16_t *pixel[BLOCK + 1];
    for (int i = 0; i < count; i += BLOCK) {
        find_pixels(p, q + i, pixel);
        for (int k = panel; k < end_panel; k++)
            transpose_pixels(to + (int64_t)(k - panel) * BLOCK * pitch + i, pitch, pixel, k,
                             channels_of(p, k));
    }
}

static inline void put_pair(uint16_t *to, __m512i a, __m512i b) {
    static const uint16_t order[32] = { 0,  32, 1,  33, 2,  34, 3,  35, 4,  36, 5,
                                        37, 6,  38, 7,  39, 8,  40, 9,  41, 10, 42,
                                        11, 43, 12, 44, 13, 45, 14, 46, 15, 47 };
    const __m512i first = _mm512_loadu_si512(order),
                  second = _mm512_add_epi16(first, _mm512_set1_epi16(16));
    _mm512_storeu_si512(to, _mm512_permutex2var_epi16(a, first, b));
    _mm512_storeu_si512(to + BLOCK, _mm512_permutex2var_epi16(a, second, b));
}

static void pack_pairs(uint16_t *even, uint16_t *odd, const sx_amx_pixels *p, int panel,
                       int end_panel, int64_t q, int count) {
    const uint16_t *pixel[BLOCK + 1];
    for (int i = 0; i < count; i += BLOCK) {
        find_pixels(p, q + i, pixel);
        for (int k = panel; k < end_panel; k++) {
            const int64_t at = ((int64_t)(k - panel) * count + i) * BLOCK;
            const __mmask32 channels = channels_of(p, k);
            __m512i a = load(pixel[0], k, channels);
            for (int j = 0; j < BLOCK; j += 2) {
                const __m512i b = load(pixel[j + 1], k, channels),
                              c = load(pixel[j + 2], k, channels);
                if (even) put_pair(even + at + j * BLOCK, a, b);
                if (odd) put_pair(odd + at + j * BLOCK, b, c);
                a = c;
            }
        }
    }
}

static void multiply(float *sum, bool add, const uint16_t *lines, int64_t pitch,
                     const uint16_t *pairs, int steps) {
    const uint16_t *below = lines + TILE * pitch;
    const size_t line = (size_t)pitch * sizeof *lines, pair = 2 * BLOCK * sizeof *pairs;
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    if (add) {
        _tile_loadd(0, sum, 64);
        _tile_loadd(1, sum + 256, 64);
        _tile_loadd(2, sum + 512, 64);
        _tile_loadd(3, sum + 768, 64);
    }
    for (int i = 0; i < steps; i++) {
        _tile_loadd(6, pairs + (int64_t)i * TILE * 2 * BLOCK, pair);
        _tile_loadd(4, lines + (int64_t)i * BLOCK, line);
        _tile_loadd(7, pairs + (int64_t)i * TILE * 2 * BLOCK + BLOCK, pair);
        _tile_loadd(5, below + (int64_t)i * BLOCK, line);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, sum, 64);
    _tile_stored(1, sum + 256, 64);
    _tile_stored(2, sum + 512, 64);
    _tile_stored(3, sum + 768, 64);
}

const sx_amx sx_amx_tiles = { load_tile_config, release_tiles, pack_lines, pack_pairs, multiply };
