#include "phantom/blur.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "phantom/vecmath.h"

enum { RADIUS = 4 };

typedef struct job {
    const float *in;
    float *out;
    int width, height;
    float w[RADIUS + 1];
    sx_ph_slow *slow;
    float low, high;
} job;

static int clamp_row(int y, int height) {
    return y < 0 ? 0 : y >= height ? height - 1 : y;
}

/* The vertical pass writes the output row; then the horizontal pass runs on that row. */
static void small_rows(void *ctx, size_t begin, size_t end) {
    const job *j = ctx;
    enum { SPAN = 1024 };
    float mid[SPAN + 2 * RADIUS];
    int width = j->width;
    for (int y = (int)begin; y < (int)end; y++) {
        const float *r[2 * RADIUS + 1];
        for (int k = -RADIUS; k <= RADIUS; k++)
            r[k + RADIUS] = j->in + (size_t)clamp_row(y + k, j->height) * (size_t)width;
        for (int x0 = 0; x0 < width; x0 += SPAN) {
            int n = width - x0 < SPAN ? width - x0 : SPAN;
            int lead = x0 < RADIUS ? x0 : RADIUS,
                tail = width - x0 - n < RADIUS ? width - x0 - n : RADIUS;
            float *m = mid + RADIUS;
#pragma omp simd
            for (int x = -lead; x < n + tail; x++) {
                float v = j->w[0] * r[RADIUS][x0 + x];
                for (int k = 1; k <= RADIUS; k++)
                    v += j->w[k] * (r[RADIUS - k][x0 + x] + r[RADIUS + k][x0 + x]);
                m[x] = v;
            }
            for (int k = lead; k < RADIUS; k++)
                m[-k - 1] = m[-lead];
            for (int k = tail; k < RADIUS; k++)
                m[n + k] = m[n + tail - 1];
            float *out = j->out + (size_t)y * (size_t)width + x0;
#pragma omp simd
            for (int x = 0; x < n; x++) {
                float v = j->w[0] * m[x];
                for (int k = 1; k <= RADIUS; k++)
                    v += j->w[k] * (m[x - k] + m[x + k]);
                out[x] = v;
            }
        }
    }
}

static void weights(float *w, int radius, float sigma) {
    float total = 0.0f;
    for (int k = 0; k <= radius; k++) {
        float t = (float)k / sigma;
        w[k] = sx_ph_exp(-0.5f * t * t);
        total += k ? 2.0f * w[k] : w[k];
    }
    for (int k = 0; k <= radius; k++)
        w[k] /= total;
}

void sx_ph_blur_small(const sx_context *context, const float *in, float *out, int width, int height,
                      float sigma) {
    job j = { .in = in, .out = out, .width = width, .height = height };
    weights(j.w, RADIUS, sigma);
    sx_parallel_for(context, (size_t)height, 16, small_rows, &j);
}

/* Mean of every cell of step x step pixels. */
static void cell_rows(void *ctx, size_t begin, size_t end) {
    const job *j = ctx;
    const sx_ph_slow *s = j->slow;
    for (int r = (int)begin; r < (int)end; r++) {
        float *v = s->v + (size_t)r * (size_t)s->columns;
        int y0 = r * s->step, y1 = y0 + s->step < j->height ? y0 + s->step : j->height;
        for (int c = 0; c < s->columns; c++) {
            int x0 = c * s->step, x1 = x0 + s->step < j->width ? x0 + s->step : j->width;
            float total = 0.0f;
            for (int y = y0; y < y1; y += 2)
                for (int x = x0; x < x1; x++) {
                    float t = j->in[(size_t)y * (size_t)j->width + x];
                    total += t < j->low ? j->low : t > j->high ? j->high : t;
                }
            const int rows = (y1 - y0 + 1) / 2;
            v[c] = total / (float)(rows * (x1 - x0));
        }
    }
}

/* A Gaussian along one axis of the small plane: n lines of `count` cells `stride` apart. */
static void slow_axis(float *v, int lines, int line_stride, int count, int stride, const float *w,
                      int radius, float *row) {
    for (int l = 0; l < lines; l++) {
        float *p = v + (size_t)l * (size_t)line_stride;
        for (int i = 0; i < count; i++) {
            float t = w[0] * p[(size_t)i * (size_t)stride];
            for (int k = 1; k <= radius; k++)
                t += w[k] * (p[(size_t)clamp_row(i - k, count) * (size_t)stride] +
                             p[(size_t)clamp_row(i + k, count) * (size_t)stride]);
            row[i] = t;
        }
        for (int i = 0; i < count; i++)
            p[(size_t)i * (size_t)stride] = row[i];
    }
}

bool sx_ph_slow_make(const sx_context *context, sx_ph_slow *s, const float *in, int width,
                     int height, float sigma, float low, float high, sx_error *err) {
    enum { MAX_RADIUS = 16 };
    int step = (int)(sigma * 0.4f);
    *s = (sx_ph_slow){ .step = step < 2 ? 2 : step };
    s->columns = (width + s->step - 1) / s->step;
    s->rows = (height + s->step - 1) / s->step;
    size_t cells = (size_t)s->columns * (size_t)s->rows,
           longest = (size_t)(s->columns > s->rows ? s->columns : s->rows);
    s->v = sx_calloc_for(cells + longest, sizeof *s->v, "a low-pass plane", err);
    if (!s->v) return false;
    job j = { .in = in, .width = width, .height = height, .slow = s, .low = low, .high = high };
    sx_parallel_for(context, (size_t)s->rows, 4, cell_rows, &j);
    float w[MAX_RADIUS + 1] = { 0 }, cells_sigma = sigma / (float)s->step;
    int radius = (int)(2.5f * cells_sigma) + 1;
    if (radius > MAX_RADIUS) radius = MAX_RADIUS;
    weights(w, radius, cells_sigma);
    slow_axis(s->v, s->rows, s->columns, s->columns, 1, w, radius, s->v + cells);
    slow_axis(s->v, s->columns, 1, s->rows, s->columns, w, radius, s->v + cells);
    return true;
}

void sx_ph_slow_free(sx_ph_slow *s) {
    free(s->v);
    *s = (sx_ph_slow){ 0 };
}

void sx_ph_slow_row(const sx_ph_slow *s, int y, int width, float *row) {
    float fy = ((float)y + 0.5f) / (float)s->step - 0.5f;
    fy = fy < 0.0f ? 0.0f : fy;
    int r = (int)fy, r1 = r + 1 < s->rows ? r + 1 : s->rows - 1;
    if (r >= s->rows) r = s->rows - 1;
    float t = fy - (float)r, inv = 1.0f / (float)s->step;
    const float *a = s->v + (size_t)r * (size_t)s->columns,
                *b = s->v + (size_t)r1 * (size_t)s->columns;
    for (int x = 0; x < width; x++) {
        float fx = ((float)x + 0.5f) * inv - 0.5f;
        fx = fx < 0.0f ? 0.0f : fx;
        int c = (int)fx, c1 = c + 1 < s->columns ? c + 1 : s->columns - 1;
        c = c < s->columns ? c : s->columns - 1;
        float f = fx - (float)c, left = a[c] + t * (b[c] - a[c]),
              right = a[c1] + t * (b[c1] - a[c1]);
        row[x] = left + f * (right - left);
    }
}
