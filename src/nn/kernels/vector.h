/* The kernel families: vectors and register blocks for the instruction set that this file is
 * compiled for. AMX has its own kernels (amx.h).
 *
 * Matrix products (multiply.inc): a block of BLOCK_ROWS x BLOCK_COLUMNS sums stays in registers.
 * Beside the sums the inner loop needs BLOCK_VECTORS registers for a row of the right factor, one
 * for the number of the left factor and, without FMA, one for the product. Larger blocks spill to
 * the stack, which costs a factor of ten.
 *
 * Sums over rows, pixels and windows (columns.inc): COLUMN_VECTORS vectors of channels stay in
 * registers, each with up to two sums; FEW_VECTORS vectors with three.
 *
 * tools/check-spills.sh finds loops whose sums do not fit. */
#ifndef SX_NN_KERNELS_VECTOR_H
#define SX_NN_KERNELS_VECTOR_H

#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* The table: one line for each family. */
#if defined(__AVX512F__) /* 32 registers of 16 floats: 24 sums */
#define VECTOR_BYTES 64
enum { BLOCK_ROWS = 12, BLOCK_ROWS_SMALL = 4, COLUMN_VECTORS = 4, FEW_VECTORS = 2 };
#elif defined(__AVX2__) /* 16 registers of 8 floats: 12 sums */
#define VECTOR_BYTES 32
enum { BLOCK_ROWS = 6, BLOCK_ROWS_SMALL = 2, COLUMN_VECTORS = 4, FEW_VECTORS = 2 };
#else /* 16 registers of 4 floats (SSE2), no FMA: 8 sums */
#define VECTOR_BYTES 16
enum { BLOCK_ROWS = 4, BLOCK_ROWS_SMALL = 2, COLUMN_VECTORS = 4, FEW_VECTORS = 2 };
#endif

enum { LANES = VECTOR_BYTES / 4, BLOCK_VECTORS = 2, BLOCK_COLUMNS = BLOCK_VECTORS * LANES };

/* Before a loop over the rows of a block: unrolled, so that each sum is a register and not a place
 * in an array. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif

/* For functions whose `rows` or `vectors` must be a constant when they are compiled. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
typedef int32_t vi __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
typedef uint32_t vu __attribute__((vector_size(VECTOR_BYTES), aligned(4)));
typedef uint16_t vh __attribute__((vector_size(VECTOR_BYTES / 2), aligned(2)));

static ALWAYS_INLINE vf load_vector_f32(const float *p) {
    return *(const vf *)p;
}
static ALWAYS_INLINE void store_vector_f32(float *p, vf v) {
    *(vf *)p = v;
}

/* __builtin_convertvector does the same, but gcc 12 converts each half by itself. */
static ALWAYS_INLINE vf load_vector_bf16(const uint16_t *p) {
#if defined(__AVX512F__)
    const __m512i x = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(const void *)p));
    return (vf)_mm512_slli_epi32(x, 16);
#elif defined(__AVX2__)
    const __m256i x = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
    return (vf)_mm256_slli_epi32(x, 16);
#elif defined(__SSE2__)
    const __m128i x = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return (vf)_mm_unpacklo_epi16(_mm_setzero_si128(), x);
#else
    return (vf)(__builtin_convertvector(*(const vh *)p, vu) << 16);
#endif
}
/* Rounds as store_bf16 (load.h). */
static ALWAYS_INLINE void store_vector_bf16(uint16_t *p, vf v) {
    const vu bits = (vu)v, x = bits + 0x7fffU + ((bits >> 16) & 1U);
#if defined(__AVX512F__)
    const __m256i half = _mm512_cvtepi32_epi16(_mm512_srli_epi32((__m512i)x, 16));
    _mm256_storeu_si256((__m256i *)(void *)p, half);
#elif defined(__AVX2__)
    const __m256i wide = _mm256_srli_epi32((__m256i)x, 16), pairs = _mm256_packus_epi32(wide, wide);
    const __m256i half = _mm256_permute4x64_epi64(pairs, 0x08);
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(half));
#elif defined(__SSE2__)
    const __m128i wide = _mm_srai_epi32((__m128i)x, 16);
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packs_epi32(wide, wide));
#else
    *(vh *)p = __builtin_convertvector(x >> 16, vh);
#endif
}
/* a where the mask is set, else b. */
static ALWAYS_INLINE vf select_vector(vi mask, vf a, vf b) {
    return (vf)((mask & (vi)a) | (~mask & (vi)b));
}
static ALWAYS_INLINE vi select_indices(vi mask, vi a, vi b) {
    return (mask & a) | (~mask & b);
}
/* The smaller and the larger number of each pair; if one is NaN, b. */
static ALWAYS_INLINE vf min_vector(vf a, vf b) {
#if defined(__AVX512F__)
    return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (vf)_mm_min_ps((__m128)a, (__m128)b);
#else
    return select_vector(a < b, a, b);
#endif
}
static ALWAYS_INLINE vf max_vector(vf a, vf b) {
#if defined(__AVX512F__)
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE2__)
    return (vf)_mm_max_ps((__m128)a, (__m128)b);
#else
    return select_vector(a > b, a, b);
#endif
}

#endif
