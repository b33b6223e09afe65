#include "phantom/physics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "phantom/blur.h"
#include "phantom/phantom_rng.h"
#include "phantom/scene.h"
#include "phantom/vecmath.h"

/* The choice of a variant runs before ThreadSanitizer has begun and would crash in it. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("default", "avx2", "arch=skylake-avx512")))
#endif
#ifndef WIDE
#define WIDE
#endif

typedef struct work {
    const sx_ph_exposure *e;
    int width, height;
    float *plane, *other;
    const sx_ph_slow *slow;
    float typical, quanta, scatter, black, scale;
} work;

WIDE static void transmit(float *v, size_t n) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float x = v[i] < 40.0f ? v[i] : 40.0f;
        v[i] = sx_ph_exp(-(x > -2.0f ? x : -2.0f));
    }
}

static void transmit_rows(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    transmit(w->plane + begin * (size_t)w->width, (end - begin) * (size_t)w->width);
}

/* Quanta with Poisson's mean, variance and skew: Anscombe's transform of a normal deviate (a sum of
 * four uniforms, from 16 bits each of one number of the stream). */
WIDE static void count_row(float *v, const float *scattered, int n, float scatter, float quanta,
                           uint64_t key, uint64_t first) {
    float back = 1.0f / quanta;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        uint64_t z = sx_rng_u64(key, first + (uint64_t)i);
        uint32_t lo = (uint32_t)z, hi = (uint32_t)(z >> 32);
        int32_t s = (int32_t)((lo & 0xffffu) + (lo >> 16) + (hi & 0xffffu) + (hi >> 16));
        float normal = ((float)s - 131070.0f) * (1.7320508f / 65536.0f);
        float mean = quanta * (v[i] + scatter * scattered[i]) + 0.375f;
        float root = sqrtf(mean) + 0.5f * normal;
        float got = root * root - 0.375f;
        v[i] = (root > 0.0f && got > 0.0f ? got : 0.0f) * back;
    }
}

static void count_rows(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    float *row =
        w->other + begin * (size_t)w->width; /* this part of the spare plane belongs to the row */
    for (size_t y = begin; y < end; y++) {
        sx_ph_slow_row(w->slow, (int)y, w->width, row);
        count_row(w->plane + y * (size_t)w->width, row, w->width, w->scatter, w->quanta,
                  w->e->noise, y * (size_t)w->width);
    }
}

WIDE static void log_row(const float *in, float *out, int n, float least) {
#pragma omp simd
    for (int i = 0; i < n; i++)
        out[i] = -sx_ph_log((in[i] > 0.0f ? in[i] : 0.0f) + least);
}

static void log_rows(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    for (size_t y = begin; y < end; y++)
        log_row(w->other + y * (size_t)w->width, w->plane + y * (size_t)w->width, w->width,
                w->black);
}

/* value - equalise * slow + sharpen * (value - blurred); `other` holds the blurred plane on
 * entry. */
static void process_rows(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    float eq = w->e->equalise, sharp = w->e->sharpen;
    for (size_t y = begin; y < end; y++) {
        float *v = w->plane + y * (size_t)w->width, *blurred = w->other + y * (size_t)w->width;
#pragma omp simd
        for (int x = 0; x < w->width; x++)
            v[x] += sharp * (v[x] - blurred[x]);
        sx_ph_slow_row(w->slow, (int)y, w->width, blurred);
#pragma omp simd
        for (int x = 0; x < w->width; x++)
            v[x] -= eq * blurred[x];
    }
}

/* How far (pixels) a point is inside the collimated field. */
static float inside(const sx_ph_exposure *e, float c, float s, float x, float y) {
    float u = fabsf(c * (x - e->cx) + s * (y - e->cy)),
          v = fabsf(-s * (x - e->cx) + c * (y - e->cy));
    float du = e->hx - u, dv = e->hy - v;
    return du < dv ? du : dv;
}

static int by_value(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Pixels around the spine, in the field, behind the patient (line integral of at least `least`);
 * they determine the grey levels. */
static size_t judged_pixels(const work *w, float least, uint32_t *at, size_t room) {
    const sx_ph_exposure *e = w->e;
    int x0 = (int)fmaxf(0.0f, e->left), x1 = (int)fminf((float)w->width, e->right), step = 1;
    int y0 = w->height / 10, y1 = w->height - w->height / 10;
    while ((size_t)((x1 - x0) / step + 1) * (size_t)((y1 - y0) / step + 1) > room)
        step++;
    float c = cosf(e->turn), s = sinf(e->turn);
    size_t n = 0;
    for (int y = y0; y < y1; y += step)
        for (int x = x0; x < x1; x += step) {
            size_t i = (size_t)y * (size_t)w->width + (size_t)x;
            if (w->plane[i] > least && inside(e, c, s, (float)x, (float)y) > 4.0f)
                at[n++] = (uint32_t)i;
        }
    return n;
}

static void levels(const work *w, const uint32_t *at, size_t n, float *sample, float *low,
                   float *high) {
    const sx_ph_exposure *e = w->e;
    *low = 0.0f;
    *high = 1.0f;
    if (n < 2) return;
    for (size_t i = 0; i < n; i++)
        sample[i] = w->plane[at[i]];
    qsort(sample, n, sizeof *sample, by_value);
    *low = sample[(size_t)((float)(n - 1) * e->low)];
    *high = sample[(size_t)((float)(n - 1) * e->high)];
    *low -= e->depth * (*high - *low);
    if (*high - *low < 1e-3f) *high = *low + 1e-3f;
}

WIDE static void tone_row(float *v, int n, float low, float scale, float gamma) {
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float t = (v[i] - low) * scale;
        t = t < -2.0f ? -2.0f : t > 3.0f ? 3.0f : t;
        /* a toe and a shoulder like those of film: linear between 0.06 and 0.94 */
        float toe = 0.06f * sx_ph_exp((t < 0.06f ? t - 0.06f : 0.0f) * (1.0f / 0.06f));
        float top = 1.0f - 0.06f * sx_ph_exp((t > 0.94f ? 0.94f - t : 0.0f) * (1.0f / 0.06f));
        t = t < 0.06f ? toe : t > 0.94f ? top : t;
        v[i] = sx_ph_exp(gamma * sx_ph_log(t > 1e-6f ? t : 1e-6f));
    }
}

static void tone_rows(void *ctx, size_t begin, size_t end) {
    work *w = ctx;
    const sx_ph_exposure *e = w->e;
    float c = cosf(e->turn), s = sinf(e->turn), outside = e->open_white ? 0.97f : 0.0f;
    bool whole = e->hx > (float)w->width && e->hy > (float)w->height;
    for (size_t y = begin; y < end; y++) {
        float *v = w->plane + y * (size_t)w->width;
        tone_row(v, w->width, w->black, w->scale, e->gamma);
        if (whole) continue;
        for (int x = 0; x < w->width; x++) {
            float in = inside(e, c, s, (float)x + 0.5f, (float)y + 0.5f) * 0.5f + 0.5f;
            in = in < 0.0f ? 0.0f : in > 1.0f ? 1.0f : in;
            v[x] = outside + in * (v[x] - outside);
        }
    }
}

/* The transmission that two thirds of the film exceed: behind the patient, not beside it. */
static float typical_transmission(const work *w, float *sample, size_t room) {
    size_t n = 0, step = ((size_t)w->width * (size_t)w->height) / room + 1;
    for (size_t i = step / 2; i < (size_t)w->width * (size_t)w->height && n < room; i += step)
        sample[n++] = w->plane[i];
    qsort(sample, n, sizeof *sample, by_value);
    float typical = n ? sample[n / 3] : 1.0f;
    return typical > 1e-6f ? typical : 1e-6f;
}

bool sx_ph_expose(const sx_context *context, float *sum, int width, int height, float scale,
                  const sx_ph_exposure *e, sx_error *err) {
    enum { SAMPLE = 16384 };
    size_t n = (size_t)width * (size_t)height;
    float *sample = sx_calloc_for(2 * SAMPLE, sizeof *sample, "grey levels", err);
    uint32_t *judged = (uint32_t *)(sample + SAMPLE);
    size_t judged_count = 0;
    float *spare = sx_aligned_alloc(n * sizeof *spare);
    if (sample && !spare)
        (void)sx_fail(err, SX_ERR_MEMORY, "out of memory for a film of %d x %d", width, height);
    bool ok = sample && spare;
    work w = { .e = e, .width = width, .height = height, .plane = sum, .other = spare };
    sx_ph_slow slow = { 0 };
    if (ok) {
        sx_parallel_for(context, (size_t)height, 16, transmit_rows, &w);
        sx_ph_blur_small(context, sum, spare, width, height, e->focus);
        memcpy(sum, spare, n * sizeof *sum);
        w.typical = typical_transmission(&w, sample, SAMPLE);
        w.quanta = e->counts / w.typical;
        w.black = 0.4f / w.quanta;
        w.scatter = e->scatter;
        w.slow = &slow;
        ok = sx_ph_slow_make(context, &slow, sum, width, height, fmaxf(4.0f, e->spread * scale),
                             0.0f, 3.0f * w.typical, err);
    }
    if (ok) {
        sx_parallel_for(context, (size_t)height, 16, count_rows, &w);
        sx_ph_blur_small(context, sum, spare, width, height,
                         0.55f); /* the detector's own blur, after the noise */
        sx_parallel_for(context, (size_t)height, 16, log_rows, &w);
        sx_ph_slow_free(&slow);
        float usual = -sx_ph_log(w.typical);
        judged_count = judged_pixels(&w, usual - 2.2f, judged, SAMPLE);
        ok = sx_ph_slow_make(context, &slow, sum, width, height, fmaxf(4.0f, e->reach * scale),
                             usual - 1.3f, usual + 2.0f, err);
    }
    if (ok) {
        sx_ph_blur_small(context, sum, spare, width, height, 1.3f);
        sx_parallel_for(context, (size_t)height, 16, process_rows, &w);
        float low, high;
        levels(&w, judged, judged_count, sample, &low, &high);
        w.black = low;
        w.scale = 1.0f / (high - low);
        sx_parallel_for(context, (size_t)height, 16, tone_rows, &w);
    }
    sx_ph_slow_free(&slow);
    sx_aligned_free(spare);
    free(sample);
    return ok;
}

/* ---- textures ---- */

/* A Gaussian along rows (stride 1) or columns (stride SX_PH_TILE) of a tile that repeats. */
static void wrap_blur(float *v, float *row, int stride, int lines, float sigma) {
    enum { RADIUS = 24 };
    float weight[RADIUS + 1], total = 1.0f;
    int radius = (int)(2.5f * sigma) + 1;
    if (radius > RADIUS) radius = RADIUS;
    for (int k = 1; k <= radius; k++) {
        float g = (float)k / sigma;
        weight[k] = sx_ph_exp(-0.5f * g * g);
        total += 2.0f * weight[k];
    }
    for (int l = 0; l < SX_PH_TILE; l++) {
        float *p = v + (size_t)l * (size_t)lines;
        for (int i = 0; i < SX_PH_TILE; i++) {
            float t = p[i * stride];
            for (int k = 1; k <= radius; k++)
                t += weight[k] * (p[((i + k) & (SX_PH_TILE - 1)) * stride] +
                                  p[((i - k) & (SX_PH_TILE - 1)) * stride]);
            row[i] = t / total;
        }
        for (int i = 0; i < SX_PH_TILE; i++)
            p[i * stride] = row[i];
    }
}

static void unit_variance(float *v) {
    double sum = 0.0, squares = 0.0;
    const int n = SX_PH_TILE * SX_PH_TILE;
    for (int i = 0; i < n; i++)
        sum += (double)v[i];
    float mean = (float)(sum / n);
    for (int i = 0; i < n; i++) {
        v[i] -= mean;
        squares += (double)v[i] * (double)v[i];
    }
    float k = squares > 0.0 ? (float)(1.0 / sqrt(squares / n)) : 0.0f;
    for (int i = 0; i < n; i++)
        v[i] = fminf(fmaxf(v[i] * k, -2.5f), 2.5f);
}

static void fill_noise(float *v, uint64_t key) {
    for (int i = 0; i < SX_PH_TILE * SX_PH_TILE; i++)
        v[i] = (float)sx_rng_unit(key, (uint64_t)i) - 0.5f;
}

bool sx_ph_textures(float *grain, float *mottle, float scale, uint64_t seed, uint64_t film,
                    sx_error *err) {
    float *second =
        sx_calloc_for(SX_PH_TILE * SX_PH_TILE + SX_PH_TILE, sizeof *second, "textures", err);
    if (!second) return false;
    float *row = second + SX_PH_TILE * SX_PH_TILE;
    float fine = fmaxf(0.35f, 0.33f * scale);
    fill_noise(grain, sx_ph_draw_start("phantom trabeculae", seed, film).key);
    fill_noise(second, sx_ph_draw_start("phantom trabeculae 2", seed, film).key);
    wrap_blur(grain, row, 1, SX_PH_TILE, fine);
    wrap_blur(grain, row, SX_PH_TILE, 1, 2.4f * fine);
    wrap_blur(second, row, 1, SX_PH_TILE, 3.0f * fine);
    wrap_blur(second, row, SX_PH_TILE, 1, 3.0f * fine);
    unit_variance(grain);
    unit_variance(second);
    for (int i = 0; i < SX_PH_TILE * SX_PH_TILE; i++)
        grain[i] = 0.8f * grain[i] + 0.6f * second[i];
    fill_noise(mottle, sx_ph_draw_start("phantom mottle", seed, film).key);
    float coarse = fminf(fmaxf(1.0f, 2.6f * scale), 9.0f);
    wrap_blur(mottle, row, 1, SX_PH_TILE, coarse);
    wrap_blur(mottle, row, SX_PH_TILE, 1, coarse);
    unit_variance(mottle);
    free(second);
    return true;
}
