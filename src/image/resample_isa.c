/* Compiled once for each instruction set, with SX_ISA naming it. */
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "image/resample.h"

#if defined(__SSE2__)
#if defined(__AVX512BW__)
typedef __m512i reg;
enum { WIDTH = 64 };
#define V(name)        _mm512_##name
#define LOAD(p)        _mm512_loadu_si512(p)
#define SAVE(p, v)     _mm512_storeu_si512(p, v)
#define ZERO           _mm512_setzero_si512()
#define STORE(p, v, i) _mm_storeu_si128((__m128i *)(void *)(p), _mm512_extracti32x4_epi32(v, i))
#elif defined(__AVX2__)
typedef __m256i reg;
enum { WIDTH = 32 };
#define V(name)        _mm256_##name
#define LOAD(p)        _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define SAVE(p, v)     _mm256_storeu_si256((__m256i *)(void *)(p), v)
#define ZERO           _mm256_setzero_si256()
#define STORE(p, v, i) _mm_storeu_si128((__m128i *)(void *)(p), _mm256_extracti128_si256(v, i))
#else
typedef __m128i reg;
enum { WIDTH = 16 };
#define V(name)        _mm_##name
#define LOAD(p)        _mm_loadu_si128((const __m128i *)(const void *)(p))
#define SAVE(p, v)     _mm_storeu_si128((__m128i *)(void *)(p), v)
#define ZERO           _mm_setzero_si128()
#define STORE(p, v, i) _mm_storeu_si128((__m128i *)(void *)(p), v)
#endif

/* Sums of the low and the high halves of the weights, for 4 of 16 bytes in each 128-bit part. */
typedef struct sums {
    reg low, high;
} sums;

static inline sums add_pair(sums s, reg pixels, reg low, reg high) {
    s.low = V(add_epi32)(s.low, V(madd_epi16)(pixels, low));
    s.high = V(add_epi32)(s.high, V(madd_epi16)(pixels, high));
    return s;
}

static inline reg round_sums(sums s) {
    return V(srai_epi32)(V(add_epi32)(s.low, V(slli_epi32)(s.high, SX_RESAMPLE_LOW_BITS)),
                         SX_RESAMPLE_BITS);
}

static inline void weigh_group(uint8_t *out, const uint8_t *in, size_t stride,
                               const sx_weight_pair *weight, int taps) {
    const reg zero = ZERO;
    const sums half = { V(set1_epi32)(1 << (SX_RESAMPLE_BITS - 1)), ZERO };
    sums a = half, b = half, c = half, d = half;
    for (int t = 0; t < taps; t += 2, weight++) {
        const reg first = LOAD(in + (size_t)t * stride);
        const reg second = t + 1 < taps ? LOAD(in + (size_t)(t + 1) * stride) : zero;
        const reg low = V(set1_epi32)(weight->low), high = V(set1_epi32)(weight->high);
        const reg p = V(unpacklo_epi8)(first, second), q = V(unpackhi_epi8)(first, second);
        a = add_pair(a, V(unpacklo_epi8)(p, zero), low, high);
        b = add_pair(b, V(unpackhi_epi8)(p, zero), low, high);
        c = add_pair(c, V(unpacklo_epi8)(q, zero), low, high);
        d = add_pair(d, V(unpackhi_epi8)(q, zero), low, high);
    }
    SAVE(out, V(packus_epi16)(V(packs_epi32)(round_sums(a), round_sums(b)),
                              V(packs_epi32)(round_sums(c), round_sums(d))));
}
#endif

static void weigh_one(uint8_t *out, const uint8_t *in, size_t stride, const sx_weight_pair *weight,
                      int taps) {
    int32_t sum = 1 << (SX_RESAMPLE_BITS - 1);
    for (int t = 0; t < taps; t++)
        sum += sx_weight_of(weight, t) * in[(size_t)t * stride];
    sum >>= SX_RESAMPLE_BITS;
    *out = (uint8_t)(sum > 255 ? 255 : sum);
}

static void weigh(uint8_t *out, const uint8_t *in, size_t stride, const sx_weight_pair *weight,
                  int taps, size_t n) {
    size_t i = 0;
#if defined(__SSE2__)
    for (; i + WIDTH <= n; i += WIDTH)
        weigh_group(out + i, in + i, stride, weight, taps);
    if (i < n && n >= WIDTH) { /* some of these a second time */
        weigh_group(out + n - WIDTH, in + n - WIDTH, stride, weight, taps);
        i = n;
    }
#endif
    for (; i < n; i++)
        weigh_one(out + i, in + i, stride, weight, taps);
}

#if defined(__SSE2__)
/* One round: b[2i] and b[2i + 1] interleave a[i] and a[i + 8], element size e bits. */
#define ROUND(b, a, e)                                                                             \
    for (int i = 0; i < 8; i++) {                                                                  \
        b[2 * i] = V(unpacklo_epi##e)(a[i], a[i + 8]);                                             \
        b[2 * i + 1] = V(unpackhi_epi##e)(a[i], a[i + 8]);                                         \
    }

static inline __attribute__((always_inline)) void turn_tile(uint8_t *out, size_t out_stride,
                                                            const uint8_t *in, size_t in_stride) {
    reg a[16], b[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
        a[i] = LOAD(in + (size_t)i * in_stride);
        /* Each 128-bit part holds 16 columns of a row: interleaving rows i and i + 8 four times
         * turns it. */
#pragma GCC unroll 8
    ROUND(b, a, 8)
#pragma GCC unroll 8
    ROUND(a, b, 8)
#pragma GCC unroll 8
    ROUND(b, a, 8)
#pragma GCC unroll 8
    ROUND(a, b, 8)
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        STORE(out + (size_t)i * out_stride, a[i], 0);
#if defined(__AVX2__)
        STORE(out + (size_t)(16 + i) * out_stride, a[i], 1);
#endif
#if defined(__AVX512BW__)
        STORE(out + (size_t)(32 + i) * out_stride, a[i], 2);
        STORE(out + (size_t)(48 + i) * out_stride, a[i], 3);
#endif
    }
}
enum { TILE_ROWS = 16, TILE_COLUMNS = WIDTH };
#else
enum { TILE_ROWS = 8, TILE_COLUMNS = 8 };
static inline void turn_tile(uint8_t *out, size_t out_stride, const uint8_t *in, size_t in_stride) {
    for (size_t y = 0; y < TILE_ROWS; y++)
        for (size_t x = 0; x < TILE_COLUMNS; x++)
            out[x * out_stride + y] = in[y * in_stride + x];
}
#endif

/* out[x][y] = in[y][x] */
static void turn_any(uint8_t *out, size_t out_stride, const uint8_t *in, size_t in_stride,
                     size_t rows, size_t columns) {
    size_t y = 0;
    for (; y + TILE_ROWS <= rows; y += TILE_ROWS) {
        size_t x = 0;
        for (; x + TILE_COLUMNS <= columns; x += TILE_COLUMNS)
            turn_tile(out + x * out_stride + y, out_stride, in + y * in_stride + x, in_stride);
        for (; x < columns; x++)
            for (size_t k = y; k < y + TILE_ROWS; k++)
                out[x * out_stride + k] = in[k * in_stride + x];
    }
    for (; y < rows; y++)
        for (size_t x = 0; x < columns; x++)
            out[x * out_stride + y] = in[y * in_stride + x];
}

static void transpose_rows(uint8_t *out, const uint8_t *in, size_t stride, int rows, size_t n) {
    if (rows < SX_RESAMPLE_ROWS) memset(out, 0, n * SX_RESAMPLE_ROWS);
    turn_any(out, SX_RESAMPLE_ROWS, in, stride, (size_t)rows, n);
}

static void transpose_back(uint8_t *out, size_t stride, const uint8_t *in, int rows, size_t n) {
    turn_any(out, stride, in, SX_RESAMPLE_ROWS, n, (size_t)rows);
}

#define JOIN2(a, b) a##_##b
#define JOIN(a, b)  JOIN2(a, b)
const sx_resample JOIN(sx_resample, SX_ISA);
const sx_resample JOIN(sx_resample, SX_ISA) = { weigh, transpose_rows, transpose_back };
