#include "nn/peak.h"

#include <omp.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/mem.h"
#include "base/team.h"
#include "nn/kernels/kernels.h"

/* Runs `loops` rounds in the calling thread and returns their FLOPs. The result is stored in *sink,
 * so that the compiler removes nothing. */
typedef double burst_fn(long loops, float *sink);

#if defined(__x86_64__)
#include <immintrin.h>

enum { CHAINS = 16 }; /* enough to hide the latency of two FMA units */

__attribute__((target("avx512f"))) static double burst_avx512(long loops, float *sink) {
    __m512 a = _mm512_set1_ps(0.999F), b = _mm512_set1_ps(1e-6F), x[CHAINS];
    for (int k = 0; k < CHAINS; k++)
        x[k] = _mm512_set1_ps((float)k);
    for (long i = 0; i < loops; i++)
#pragma GCC unroll 16
        for (int k = 0; k < CHAINS; k++)
            x[k] = _mm512_fmadd_ps(x[k], a, b);
    __m512 sum = x[0];
    for (int k = 1; k < CHAINS; k++)
        sum = _mm512_add_ps(sum, x[k]);
    *sink = _mm512_reduce_add_ps(sum);
    return (double)loops * CHAINS * 16 * 2;
}

__attribute__((target("avx2,fma"))) static double burst_avx2(long loops, float *sink) {
    enum { N = 12 };
    __m256 a = _mm256_set1_ps(0.999F), b = _mm256_set1_ps(1e-6F), x[N];
    for (int k = 0; k < N; k++)
        x[k] = _mm256_set1_ps((float)k);
    for (long i = 0; i < loops; i++)
#pragma GCC unroll 12
        for (int k = 0; k < N; k++)
            x[k] = _mm256_fmadd_ps(x[k], a, b);
    __m256 sum = x[0];
    for (int k = 1; k < N; k++)
        sum = _mm256_add_ps(sum, x[k]);
    float v[8];
    _mm256_storeu_ps(v, sum);
    *sink = v[0] + v[3] + v[7];
    return (double)loops * N * 8 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) static double burst_bf16(long loops, float *sink) {
    __m512 x[CHAINS];
    __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80), b = (__m512bh)_mm512_set1_epi16(0x3a00);
    for (int k = 0; k < CHAINS; k++)
        x[k] = _mm512_set1_ps((float)k);
    for (long i = 0; i < loops; i++)
#pragma GCC unroll 16
        for (int k = 0; k < CHAINS; k++)
            x[k] = _mm512_dpbf16_ps(x[k], a, b);
    __m512 sum = x[0];
    for (int k = 1; k < CHAINS; k++)
        sum = _mm512_add_ps(sum, x[k]);
    *sink = _mm512_reduce_add_ps(sum);
    return (double)loops * CHAINS * 32 * 2;
}

typedef struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t colsb[16];
    uint8_t rows[16];
} tile_config;

/* Four accumulators of 16 x 16 from 16 x 32 tiles (Intel SDM, TDPBF16PS). */
__attribute__((target("amx-tile,amx-bf16"))) static double burst_amx(long loops, float *sink) {
    tile_config config = { .palette = 1 };
    static const uint16_t ones[16 * 32] __attribute__((aligned(64))) = { 0x3f80 };
    float out[16 * 16];
    for (int t = 0; t < 8; t++) {
        config.colsb[t] = 64;
        config.rows[t] = 16;
    }
    _tile_loadconfig(&config);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    _tile_loadd(4, ones, 64);
    _tile_loadd(5, ones, 64);
    _tile_loadd(6, ones, 64);
    _tile_loadd(7, ones, 64);
    for (long i = 0; i < loops; i++) {
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, out, 64);
    _tile_release();
    *sink = out[0];
    return (double)loops * 4 * 16 * 16 * 32 * 2;
}
#endif

static double burst_plain(long loops, float *sink) {
    enum { N = 32 };
    float x[N];
    for (int k = 0; k < N; k++)
        x[k] = (float)k;
    for (long i = 0; i < loops; i++)
#pragma omp simd
        for (int k = 0; k < N; k++)
            x[k] = x[k] * 0.999F + 1e-6F;
    *sink = x[0] + x[N - 1];
    return (double)loops * N * 2;
}

static burst_fn *best_burst(sx_dtype t, const char **unit) {
#if defined(__x86_64__)
    const sx_cpu *cpu = sx_cpu_get();
    if (t == SX_BF16 && cpu->amx_bf16) return *unit = "AMX bf16", burst_amx;
    if (t == SX_BF16 && cpu->avx512_bf16) return *unit = "AVX-512 bf16", burst_bf16;
    if (cpu->avx512) return *unit = "AVX-512 FMA", burst_avx512;
    if (cpu->avx2) return *unit = "AVX2 FMA", burst_avx2;
#endif
    (void)t;
    *unit = "plain C";
    return burst_plain;
}

enum { NUMBERS = 1 << 24, PART = 1 << 18 }; /* 64 MiB and 1 MiB */
static const double measured_seconds = 0.2;

/* Adds one array to another, part by part; the fastest part's bytes per second. */
static double stream(float *y, const float *x, int64_t count, double end) {
    const sx_kernels *k = sx_kernels_get(SX_F32);
    double best = 0;
    do {
        for (int64_t at = 0; at < count; at += PART) {
            const int64_t stop = at + PART < count ? at + PART : count;
            const double start = sx_now();
            k->accumulate(y, x, at, stop);
            const double rate = 12.0 * (double)(stop - at) / (sx_now() - start);
            if (rate > best && stop - at == PART) best = rate;
        }
    } while (sx_now() < end);
    return best;
}

double sx_memory_speed(int threads) {
    const int team = sx_team_size(threads);
    const int64_t each = NUMBERS / team > PART ? NUMBERS / team : PART;
    float *x = sx_aligned_alloc(2 * (size_t)each * (size_t)team * sizeof *x);
    if (!x) return 0;
    double total = 0;
#pragma omp parallel num_threads(team) reduction(+ : total)
    {
        float *own = x + 2 * each * omp_get_thread_num();
        memset(own, 0, 2 * (size_t)each * sizeof *own);
#pragma omp barrier
        total = stream(own, own + each, each, sx_now() + measured_seconds);
    }
    sx_aligned_free(x);
    return total;
}

/* The fastest burst's FLOPs per second. */
static double fastest_burst(burst_fn *burst) {
    const double end = sx_now() + measured_seconds;
    double best = 0;
    float sink = 0;
    do {
        const double start = sx_now();
        const double rate = burst(20000, &sink) / (sx_now() - start);
        if (rate > best) best = rate;
    } while (sx_now() < end);
    return sink == 1.25F ? best + 1 : best; /* uses the products */
}

double sx_fma_peak(int threads, sx_dtype t, const char **unit) {
    const char *name;
    burst_fn *burst = best_burst(t, &name);
    double total = 0;
    if (unit) *unit = name;
#pragma omp parallel num_threads(sx_team_size(threads)) reduction(+ : total)
    total += fastest_burst(burst);
    return total;
}
