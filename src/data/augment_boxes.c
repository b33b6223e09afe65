#include <math.h>

#include "data/augment_impl.h"

static double smaller(double a, double b) {
    return a < b ? a : b;
}
static double larger(double a, double b) {
    return a > b ? a : b;
}

void sx_flip_boxes(sx_film_box *boxes, size_t count, double width) {
    for (size_t i = 0; i < count; i++) {
        const double a = width - boxes[i].x0, b = width - boxes[i].x1;
        boxes[i].x0 = smaller(a, b);
        boxes[i].x1 = larger(a, b);
    }
}

void sx_scale_boxes(sx_film_box *boxes, size_t count, double x, double y) {
    for (size_t i = 0; i < count; i++) {
        boxes[i].x0 *= x;
        boxes[i].x1 *= x;
        boxes[i].y0 *= y;
        boxes[i].y1 *= y;
    }
}

void sx_clip_boxes(sx_film_box *boxes, size_t count, double width, double height) {
    for (size_t i = 0; i < count; i++) {
        boxes[i].x0 = smaller(larger(boxes[i].x0, 0), width);
        boxes[i].x1 = smaller(larger(boxes[i].x1, 0), width);
        boxes[i].y0 = smaller(larger(boxes[i].y0, 0), height);
        boxes[i].y1 = smaller(larger(boxes[i].y1, 0), height);
    }
}

/* The authors' code is meant to keep a box without height or width, but reverses its sides. Such a
 * box is dropped as empty when the sample is complete. */
static void keep_extent(double *lower, double *upper) {
    if (*upper - *lower != 0) return;
    *upper = larger(*upper, 0.05);
    *lower = larger(*lower, 0.95);
}

/* After every operation boxes outside the film are dropped and the others are clipped to it. */
static void clip_to_film(sx_film_box *boxes, size_t *count) {
    size_t n = 0;
    for (size_t i = 0; i < *count; i++) {
        sx_film_box b = boxes[i];
        if (b.x1 < 0 || b.x0 > 1 || b.y1 < 0 || b.y0 > 1) continue;
        sx_clip_boxes(&b, 1, 1, 1);
        keep_extent(&b.y0, &b.y1);
        keep_extent(&b.x0, &b.x1);
        boxes[n++] = b;
    }
    *count = n;
}

void sx_aug_rotate_boxes(sx_film_box *boxes, size_t *count, double degrees, int width, int height) {
    const double r = degrees * (3.141592653589793 / 180), c = cos(r), s = sin(r), w = width,
                 h = height;
    for (size_t i = 0; i < *count; i++) {
        sx_film_box *b = &boxes[i];
        const double ys[2] = { -trunc(h * (b->y0 - 0.5)), -trunc(h * (b->y1 - 0.5)) };
        const double xs[2] = { trunc(w * (b->x0 - 0.5)), trunc(w * (b->x1 - 0.5)) };
        double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
        for (int k = 0; k < 4; k++) {
            const double y = trunc(c * ys[k / 2] + s * xs[k % 2]),
                         x = trunc(-s * ys[k / 2] + c * xs[k % 2]);
            x0 = smaller(x0, x);
            x1 = larger(x1, x);
            y0 = smaller(y0, y);
            y1 = larger(y1, y);
        }
        b->y0 = -(y1 / h - 0.5);
        b->y1 = -(y0 / h - 0.5);
        b->x0 = x0 / w + 0.5;
        b->x1 = x1 / w + 0.5;
    }
    clip_to_film(boxes, count);
}

void sx_aug_translate_boxes(sx_film_box *boxes, size_t *count, double dx, double dy, int width,
                            int height) {
    const double w = width, h = height;
    for (size_t i = 0; i < *count; i++) {
        sx_film_box *b = &boxes[i];
        const double x0 = trunc(w * b->x0), x1 = trunc(w * b->x1), y0 = trunc(h * b->y0),
                     y1 = trunc(h * b->y1);
        b->x0 = (dx != 0 ? larger(0, x0 - dx) : x0) / w;
        b->x1 = (dx != 0 ? smaller(w, x1 - dx) : x1) / w;
        b->y0 = (dy != 0 ? larger(0, y0 - dy) : y0) / h;
        b->y1 = (dy != 0 ? smaller(h, y1 - dy) : y1) / h;
    }
    clip_to_film(boxes, count);
}

void sx_aug_shear_boxes(sx_film_box *boxes, size_t *count, double amount, bool vertical, int width,
                        int height) {
    const float l = (float)-amount, w = (float)width, h = (float)height;
    for (size_t i = 0; i < *count; i++) {
        sx_film_box *b = &boxes[i];
        const float xs[2] = { truncf((float)(w * b->x0)), truncf((float)(w * b->x1)) };
        const float ys[2] = { truncf((float)(h * b->y0)), truncf((float)(h * b->y1)) };
        double x0 = INFINITY, y0 = INFINITY, x1 = -INFINITY, y1 = -INFINITY;
        for (int k = 0; k < 4; k++) {
            const float x = xs[k % 2], y = ys[k / 2];
            const double u = vertical ? x : truncf(l * y + x), v = vertical ? truncf(y + l * x) : y;
            x0 = smaller(x0, u);
            x1 = larger(x1, u);
            y0 = smaller(y0, v);
            y1 = larger(y1, v);
        }
        *b = (sx_film_box){ x0 / width, y0 / height, x1 / width, y1 / height, b->source };
    }
    clip_to_film(boxes, count);
}
