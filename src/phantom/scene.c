#include "phantom/scene.h"

#include <math.h>
#include <stdlib.h>

#include "phantom/scene_impl.h"

void sx_ph_scene_start(sx_ph_scene *s, int width, int height, float scale, sx_ph_point origin) {
    *s = (sx_ph_scene){ .scale = scale, .origin = origin, .width = width, .height = height };
    s->arena = sx_arena_new();
    s->failed = s->arena == NULL;
}

void sx_ph_scene_free(sx_ph_scene *s) {
    free(s->prims);
    sx_arena_free(s->arena);
    *s = (sx_ph_scene){ 0 };
}

static sx_ph_point pixel(const sx_ph_scene *s, sx_ph_point p) {
    return (sx_ph_point){ (p.x - s->origin.x) * s->scale, (p.y - s->origin.y) * s->scale };
}

static int clamp_side(float v, int side) {
    if (!(v > 0.0f)) return 0;
    return v >= (float)side ? side : (int)v;
}

/* A slot for a primitive that reaches over [x0, x1] x [y0, y1] pixels; NULL when that is off the
 * film. */
static sx_ph_prim *slot(sx_ph_scene *s, sx_ph_kind kind, const sx_ph_material *m, float x0,
                        float y0, float x1, float y1) {
    sx_ph_prim p = { .kind = kind, .m = *m };
    p.x0 = clamp_side(floorf(x0), s->width);
    p.y0 = clamp_side(floorf(y0), s->height);
    p.x1 = clamp_side(ceilf(x1) + 1.0f, s->width);
    p.y1 = clamp_side(ceilf(y1) + 1.0f, s->height);
    if (s->failed || p.x0 >= p.x1 || p.y0 >= p.y1) return NULL;
    if (s->count == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 256;
        sx_ph_prim *grown = sx_realloc(s->prims, cap, sizeof *grown);
        if (!grown) {
            s->failed = true;
            return NULL;
        }
        s->prims = grown;
        s->cap = cap;
    }
    p.m.core /= s->scale;
    p.m.shell /= s->scale;
    p.m.wall *= s->scale;
    s->prims[s->count] = p;
    return &s->prims[s->count++];
}

void sx_ph_add_body(sx_ph_scene *s, const sx_ph_body *body) {
    sx_ph_body b = *body;
    b.at = pixel(s, b.at);
    float k = s->scale;
    b.half_width *= k;
    b.half_depth *= k;
    b.plate *= k;
    float tall = 0.0f;
    for (int i = 0; i < 3; i++) {
        b.upper[i] *= k;
        b.lower[i] *= k;
        tall += fmaxf(fabsf(b.upper[i]), fabsf(b.lower[i]));
    }
    tall += fmaxf(fabsf(b.slope_upper), fabsf(b.slope_lower)) * b.half_depth + 2.0f;
    float wide = b.half_width + 2.0f;
    float c = fabsf(cosf(b.turn)), n = fabsf(sinf(b.turn));
    float rx = c * wide + n * tall, ry = n * wide + c * tall;
    sx_ph_prim *p =
        slot(s, SX_PH_BODY, &b.bone, b.at.x - rx, b.at.y - ry, b.at.x + rx, b.at.y + ry);
    if (p) p->as.body = b;
}

typedef struct cut {
    float x, y; /* unit normal; points with a negative projection on it are cut off */
    bool open;  /* no cut: a round end */
} cut;

static void add_bar(sx_ph_scene *s, sx_ph_point a, sx_ph_point b, float ra, float rb, float depth,
                    cut at_a, cut at_b, const sx_ph_material *m) {
    float dx = b.x - a.x, dy = b.y - a.y, length = sqrtf(dx * dx + dy * dy);
    if (length < 1e-3f) {
        dx = 1.0f;
        dy = 0.0f;
    } else {
        dx /= length;
        dy /= length;
    }
    float r = fmaxf(ra, rb) + 1.0f;
    sx_ph_prim *p = slot(s, SX_PH_BAR, m, fminf(a.x, b.x) - r, fminf(a.y, b.y) - r,
                         fmaxf(a.x, b.x) + r, fmaxf(a.y, b.y) + r);
    if (!p) return;
    sx_ph_bar *bar = &p->as.bar;
    *bar = (sx_ph_bar){ a.x, a.y, dx, dy, length, ra, rb, depth };
    bar->low = at_a.open ? 0.0f : -1e9f;
    bar->high = at_b.open ? length : 1e9f;
    if (at_a.open) {
        bar->ca = -1.0f;
    } else {
        bar->nax = at_a.x;
        bar->nay = at_a.y;
        bar->ca = at_a.x * a.x + at_a.y * a.y;
    }
    if (at_b.open) {
        bar->cb = -1.0f;
    } else {
        bar->nbx = at_b.x;
        bar->nby = at_b.y;
        bar->cb = at_b.x * b.x + at_b.y * b.y;
    }
}

void sx_ph_add_bar(sx_ph_scene *s, sx_ph_point a, sx_ph_point b, float ra, float rb, float depth,
                   const sx_ph_material *m) {
    cut open = { 0.0f, 0.0f, true };
    add_bar(s, pixel(s, a), pixel(s, b), ra * s->scale, rb * s->scale, depth, open, open, m);
}

static cut direction(sx_ph_point a, sx_ph_point b) {
    float dx = b.x - a.x, dy = b.y - a.y, n = sqrtf(dx * dx + dy * dy);
    return n > 1e-6f ? (cut){ dx / n, dy / n, false } : (cut){ 1.0f, 0.0f, false };
}

/* Neighbours share a plane through their joint that halves the bend, so no ray is counted twice. */
void sx_ph_add_path(sx_ph_scene *s, const sx_ph_point *p, const float *r, const float *depth, int n,
                    bool round_ends, const sx_ph_material *m) {
    for (int i = 0; i + 1 < n; i++) {
        sx_ph_point a = pixel(s, p[i]), b = pixel(s, p[i + 1]);
        cut own = direction(a, b), start = own, end = { -own.x, -own.y, false };
        if (i > 0) {
            cut before = direction(pixel(s, p[i - 1]), a);
            start =
                direction((sx_ph_point){ 0 }, (sx_ph_point){ own.x + before.x, own.y + before.y });
        } else {
            start.open = round_ends;
        }
        if (i + 2 < n) {
            cut after = direction(b, pixel(s, p[i + 2]));
            end = direction((sx_ph_point){ own.x + after.x, own.y + after.y }, (sx_ph_point){ 0 });
        } else {
            end.open = round_ends;
        }
        add_bar(s, a, b, r[i] * s->scale, r[i + 1] * s->scale, depth[i], start, end, m);
    }
}

static void add_oval(sx_ph_scene *s, sx_ph_kind kind, sx_ph_point at, float a, float b, float c,
                     float turn, float soft, const sx_ph_material *m) {
    sx_ph_point o = pixel(s, at);
    float k = s->scale, r = (fmaxf(a, b) + soft) * k + 1.0f;
    if (a <= 0.0f || b <= 0.0f) return;
    sx_ph_prim *p = slot(s, kind, m, o.x - r, o.y - r, o.x + r, o.y + r);
    if (p)
        p->as.oval =
            (sx_ph_oval){ o.x, o.y, cosf(turn), sinf(turn), a * k, b * k, c * k, soft * k };
}

void sx_ph_add_ellipsoid(sx_ph_scene *s, sx_ph_point at, float a, float b, float c, float turn,
                         const sx_ph_material *m) {
    add_oval(s, SX_PH_ELLIPSOID, at, a, b, c, turn, 0.0f, m);
}

void sx_ph_add_ring(sx_ph_scene *s, sx_ph_point at, float a, float b, float length, float turn,
                    float soft, const sx_ph_material *m) {
    add_oval(s, SX_PH_RING, at, a, b, length, turn, soft, m);
}

enum { CURVE_STEPS = 6, CURVE_MAX = 64 };

/* Catmull-Rom through the corners: p[CURVE_STEPS * n]. */
static void round_curve(const sx_ph_point *c, int n, sx_ph_point *p) {
    for (int i = 0; i < n; i++) {
        sx_ph_point a = c[(i + n - 1) % n], b = c[i], d = c[(i + 1) % n], e = c[(i + 2) % n];
        for (int j = 0; j < CURVE_STEPS; j++) {
            float t = (float)j / (float)CURVE_STEPS, t2 = t * t, t3 = t2 * t;
            float wa = 0.5f * (2.0f * t2 - t - t3), wb = 0.5f * (2.0f - 5.0f * t2 + 3.0f * t3);
            float wd = 0.5f * (t + 4.0f * t2 - 3.0f * t3), we = 0.5f * (t3 - t2);
            p[i * CURVE_STEPS + j] = (sx_ph_point){ wa * a.x + wb * b.x + wd * d.x + we * e.x,
                                                    wa * a.y + wb * b.y + wd * d.y + we * e.y };
        }
    }
}

static float signed_distance(const sx_ph_point *p, int n, float x, float y) {
    float best = 1e30f;
    bool inside = false;
    for (int i = 0, j = n - 1; i < n; j = i++) {
        float ex = p[j].x - p[i].x, ey = p[j].y - p[i].y, wx = x - p[i].x, wy = y - p[i].y;
        float len = ex * ex + ey * ey, t = len > 0.0f ? (wx * ex + wy * ey) / len : 0.0f;
        t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
        float bx = wx - ex * t, by = wy - ey * t, d = bx * bx + by * by;
        best = d < best ? d : best;
        if ((p[i].y > y) != (p[j].y > y) && wx < wy / ey * ex) inside = !inside;
    }
    return inside ? sqrtf(best) : -sqrtf(best);
}

void sx_ph_add_shape(sx_ph_scene *s, const sx_ph_point *corner, int n, float thick, float edge,
                     const sx_ph_material *m) {
    sx_ph_point c[CURVE_MAX], p[CURVE_MAX * CURVE_STEPS];
    if (n > CURVE_MAX || n < 3) return;
    float x0 = 1e30f, y0 = 1e30f, x1 = -1e30f, y1 = -1e30f;
    for (int i = 0; i < n; i++)
        c[i] = pixel(s, corner[i]);
    round_curve(c, n, p);
    n *= CURVE_STEPS;
    for (int i = 0; i < n; i++) {
        x0 = fminf(x0, p[i].x), y0 = fminf(y0, p[i].y);
        x1 = fmaxf(x1, p[i].x), y1 = fmaxf(y1, p[i].y);
    }
    sx_ph_prim *prim = slot(s, SX_PH_SHAPE, m, x0 - 1.0f, y0 - 1.0f, x1 + 1.0f, y1 + 1.0f);
    if (!prim) return;
    sx_ph_field *f = &prim->as.field;
    *f = (sx_ph_field){
        .x = prim->x0, .y = prim->y0, .thick = thick * s->scale, .edge = edge * s->scale
    };
    f->columns = (prim->x1 - prim->x0) / SX_PH_STEP + 2;
    f->rows = (prim->y1 - prim->y0) / SX_PH_STEP + 2;
    f->distance =
        sx_arena_alloc(s->arena, (size_t)f->columns * (size_t)f->rows, sizeof *f->distance);
    if (!f->distance) {
        s->failed = true;
        s->count--;
        return;
    }
    for (int r = 0; r < f->rows; r++)
        for (int k = 0; k < f->columns; k++)
            f->distance[r * f->columns + k] = signed_distance(
                p, n, (float)(f->x + k * SX_PH_STEP) + 0.5f, (float)(f->y + r * SX_PH_STEP) + 0.5f);
}
