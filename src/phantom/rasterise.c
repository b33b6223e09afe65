/* Path lengths, a row at a time. Only + - * / sqrt and comparisons are used, without contraction to
 * fused operations, so every vector width gives the same bits. */
#include "phantom/scene_impl.h"

#include <math.h>
#include <string.h>

/* The choice of a variant runs before ThreadSanitizer has begun and would crash in it. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define WIDE __attribute__((target_clones("default", "avx2", "arch=skylake-avx512")))
#endif
#ifndef WIDE
#define WIDE
#endif

#define MIN(a, b)        ((a) < (b) ? (a) : (b))
#define MAX(a, b)        ((a) > (b) ? (a) : (b))
#define CLAMP(v, lo, hi) MIN(MAX(v, lo), hi)

WIDE static void body_row(const sx_ph_body *b, const sx_ph_material *m, float y, float x, int n,
                          const float *grain, const float *mottle, float *sum) {
    float cos = cosf(b->turn), sin = sinf(b->turn);
    float u0 = cos * (x - b->at.x) + sin * (y - b->at.y),
          v0 = -sin * (x - b->at.x) + cos * (y - b->at.y);
    float width = b->half_width, depth = b->half_depth, waist = b->waist, wall = m->wall,
          plate = b->plate;
    float mean_half = 0.5f * (b->lower[0] - b->upper[0] - b->upper[2] * 0.7f + b->lower[2] * 0.7f);
    float invh = 1.0f / mean_half, mid = 0.5f * (b->upper[0] + b->lower[0]);
    float su = MAX(fabsf(b->slope_upper), 0.02f), sl = MAX(fabsf(b->slope_lower), 0.02f);
    float upper0 = b->upper[0], upper1 = b->upper[1], upper2 = b->upper[2];
    float lower0 = b->lower[0], lower1 = b->lower[1], lower2 = b->lower[2];
    float core = m->core, shell = m->shell, g = m->grain, gm = m->mottle;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float u = u0 + cos * (float)i, v = v0 - sin * (float)i;
        float h = (v - mid) * invh, h2 = MIN(h * h, 1.0f);
        float half = width * (1.0f - waist * (1.0f - h2 * h2));
        float q = u / half, q2 = MIN(q * q, 1.0f);
        float dz = depth * sqrtf(MAX(1.0f - q2 * (0.35f + 0.65f * q2), 0.0f));
        float half_in = half - wall, qi = u / half_in, qi2 = MIN(qi * qi, 1.0f);
        float dzi = (depth - wall) * sqrtf(MAX(1.0f - qi2 * (0.35f + 0.65f * qi2), 0.0f));
        float w = CLAMP(u / width, -1.0f, 1.0f), w2 = 1.0f - w * w;
        float top = v - (upper0 + upper1 * w + upper2 * w2),
              low = lower0 + lower1 * w + lower2 * w2 - v;
        float ru = su * dz + 0.5f, rl = sl * dz + 0.5f;
        float f = CLAMP(top / ru, -1.0f, 1.0f) + CLAMP(low / rl, -1.0f, 1.0f);
        float fi = CLAMP((top - plate) / ru, -1.0f, 1.0f) + CLAMP((low - plate) / rl, -1.0f, 1.0f);
        float outer = dz * MAX(f, 0.0f), inner = MIN(dzi * MAX(fi, 0.0f), outer);
        sum[i] += shell * (outer - inner) + core * inner * (1.0f + g * grain[i] + gm * mottle[i]);
    }
}

WIDE static void bar_row(const sx_ph_bar *b, const sx_ph_material *m, float y, float x, int n,
                         const float *grain, const float *mottle, float *sum) {
    float ax = b->ax, ay = b->ay, dx = b->dx, dy = b->dy, low = b->low, high = b->high;
    float ra = b->ra, slope = b->length > 0.001f ? (b->rb - b->ra) / b->length : 0.0f;
    float rmin = MIN(b->ra, b->rb), rmax = MAX(b->ra, b->rb);
    float pa = b->nay * y - b->ca, pb = b->nby * y - b->cb, nax = b->nax, nbx = b->nbx;
    float core = 2.0f * b->depth * m->core, shell = 2.0f * b->depth * m->shell, wall = m->wall;
    float g = m->grain, gm = m->mottle;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float px = x + (float)i, t = (px - ax) * dx + (y - ay) * dy, tc = CLAMP(t, low, high);
        float ex = px - ax - tc * dx, ey = y - ay - tc * dy, d2 = ex * ex + ey * ey;
        float r = CLAMP(ra + slope * tc, rmin, rmax), ri = MAX(r - wall, 0.0f);
        float outer = sqrtf(MAX(r * r - d2, 0.0f)),
              inner = wall > 0.0f ? sqrtf(MAX(ri * ri - d2, 0.0f)) : outer;
        float cut =
            MIN(CLAMP(nax * px + pa + 0.5f, 0.0f, 1.0f), CLAMP(nbx * px + pb + 0.5f, 0.0f, 1.0f));
        sum[i] +=
            cut * (shell * (outer - inner) + core * inner * (1.0f + g * grain[i] + gm * mottle[i]));
    }
}

WIDE static void ellipsoid_row(const sx_ph_oval *o, const sx_ph_material *m, float y, float x,
                               int n, const float *grain, const float *mottle, float *sum) {
    float u0 = o->cos * (x - o->x) + o->sin * (y - o->y),
          v0 = -o->sin * (x - o->x) + o->cos * (y - o->y);
    float du = o->cos, dv = -o->sin, a = 1.0f / o->a, b = 1.0f / o->b, c = 2.0f * o->c,
          wall = m->wall;
    float ai = 1.0f / MAX(o->a - wall, 0.3f), bi = 1.0f / MAX(o->b - wall, 0.3f);
    float ci = 2.0f * MAX(o->c - wall, 0.0f);
    float core = m->core, shell = m->shell, g = m->grain, gm = m->mottle;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float u = u0 + du * (float)i, v = v0 + dv * (float)i;
        float p = u * a, q = v * b, pi = u * ai, qi = v * bi;
        float outer = c * sqrtf(MAX(1.0f - p * p - q * q, 0.0f));
        float inner = ci * sqrtf(MAX(1.0f - pi * pi - qi * qi, 0.0f));
        sum[i] += shell * (outer - inner) + core * inner * (1.0f + g * grain[i] + gm * mottle[i]);
    }
}

WIDE static void ring_row(const sx_ph_oval *o, const sx_ph_material *m, float y, float x, int n,
                          const float *grain, const float *mottle, float *sum) {
    float u0 = o->cos * (x - o->x) + o->sin * (y - o->y),
          v0 = -o->sin * (x - o->x) + o->cos * (y - o->y);
    float du = o->cos, dv = -o->sin, a = 1.0f / o->a, b = 1.0f / o->b, length = o->c,
          wall = m->wall;
    float least = MIN(o->a, o->b), sharp = 1.0f / MAX(o->soft, 0.7f);
    float core = m->core * length, shell = m->shell * length, g = m->grain, gm = m->mottle;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float u = u0 + du * (float)i, v = v0 + dv * (float)i, p = u * a, q = v * b;
        float in = (1.0f - sqrtf(p * p + q * q)) * least;
        float outer = CLAMP(in * sharp + 0.5f, 0.0f, 1.0f),
              inner = CLAMP((in - wall) * sharp + 0.5f, 0.0f, 1.0f);
        sum[i] += shell * (outer - inner) + core * inner * (1.0f + g * grain[i] + gm * mottle[i]);
    }
}

/* Distances of row y from column x on, interpolated; the row has room for n + 2 SX_PH_STEP. */
static const float *field_row(const sx_ph_field *f, int y, int x, int n, float *row) {
    int r = (y - f->y) / SX_PH_STEP, skip = (x - f->x) % SX_PH_STEP;
    float t = (float)((y - f->y) % SX_PH_STEP) / (float)SX_PH_STEP;
    const float *a = f->distance + (size_t)r * (size_t)f->columns, *b = a + f->columns;
    int k = 0;
    for (int c = (x - f->x) / SX_PH_STEP; k < n + skip; c++) {
        float left = a[c] + t * (b[c] - a[c]), right = a[c + 1] + t * (b[c + 1] - a[c + 1]);
        for (int j = 0; j < SX_PH_STEP; j++)
            row[k++] = left + (right - left) * ((float)j / (float)SX_PH_STEP);
    }
    return row + skip;
}

WIDE static void shape_row(const sx_ph_field *f, const sx_ph_material *m, const float *distance,
                           int n, const float *grain, const float *mottle, float *sum) {
    float thick = f->thick, inv = 1.0f / MAX(f->edge, 1.0f), wall = m->wall;
    float thick_in = MAX(thick - 2.0f * wall, 0.0f);
    float core = m->core, shell = m->shell, g = m->grain, gm = m->mottle;
#pragma omp simd
    for (int i = 0; i < n; i++) {
        float p = CLAMP(distance[i] * inv, 0.0f, 1.0f),
              pi = CLAMP((distance[i] - wall) * inv, 0.0f, 1.0f);
        float outer = thick * sqrtf(p * (2.0f - p)), inner = thick_in * sqrtf(pi * (2.0f - pi));
        sum[i] += shell * (outer - inner) + core * inner * (1.0f + g * grain[i] + gm * mottle[i]);
    }
}

/* Row y of a texture that repeats, from column x on. */
static void tile_row(const float *tile, int y, int n, float *row) {
    const float *from = tile + (size_t)(y & (SX_PH_TILE - 1)) * SX_PH_TILE;
    for (int i = 0; i < n; i += SX_PH_TILE)
        memcpy(row + i, from, (size_t)MIN(SX_PH_TILE, n - i) * sizeof *row);
}

void sx_ph_scene_rows(const sx_ph_scene *s, int y0, int y1, const float *grain, const float *mottle,
                      float *sum) {
    enum { SPAN = 2048 }; /* columns at a time, so that the rows of texture fit on the stack */
    float fine[SPAN], coarse[SPAN], distance[SPAN + 2 * SX_PH_STEP];
    for (int y = y0; y < y1; y++)
        for (int begin = 0; begin < s->width; begin += SPAN) {
            int end = MIN(begin + SPAN, s->width);
            tile_row(grain, y, end - begin, fine);
            tile_row(mottle, y, end - begin, coarse);
            for (size_t k = 0; k < s->count; k++) {
                const sx_ph_prim *p = &s->prims[k];
                int x0 = MAX(p->x0, begin), n = MIN(p->x1, end) - x0;
                if (y < p->y0 || y >= p->y1 || n <= 0) continue;
                float fx = (float)x0 + 0.5f, fy = (float)y + 0.5f;
                float *out = sum + (size_t)y * (size_t)s->width + x0;
                const float *g = fine + (x0 - begin), *c = coarse + (x0 - begin);
                switch (p->kind) {
                case SX_PH_BODY:
                    body_row(&p->as.body, &p->m, fy, fx, n, g, c, out);
                    break;
                case SX_PH_BAR:
                    bar_row(&p->as.bar, &p->m, fy, fx, n, g, c, out);
                    break;
                case SX_PH_ELLIPSOID:
                    ellipsoid_row(&p->as.oval, &p->m, fy, fx, n, g, c, out);
                    break;
                case SX_PH_RING:
                    ring_row(&p->as.oval, &p->m, fy, fx, n, g, c, out);
                    break;
                case SX_PH_SHAPE:
                    shape_row(&p->as.field, &p->m, field_row(&p->as.field, y, x0, n, distance), n,
                              g, c, out);
                    break;
                }
            }
        }
}
