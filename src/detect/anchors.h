/* Anchors: boxes of fixed sizes around every place of a feature map. Faster R-CNN (Ren 2015,
 * sec. 3.1.1), RetinaNet (Lin 2017b, sec. 4), in the order and the float32 arithmetic of
 * Detectron2's DefaultAnchorGenerator. */
#ifndef SX_DETECT_ANCHORS_H
#define SX_DETECT_ANCHORS_H

#include <stddef.h>
#include <stdint.h>

#include "detect/box.h"

enum { SX_MAX_CELL = 9, SX_MAX_ANCHOR_LEVELS = 6, SX_ANCHOR_RATIOS = 3 };

/* One level: `per_cell` anchors at each of h x w places, the place in column x and row y at (x, y)
 * * stride. */
typedef struct sx_anchor_level {
    int h, w, stride, per_cell;
    sx_box cell[SX_MAX_CELL]; /* around (0, 0) */
} sx_anchor_level;

typedef struct sx_anchors {
    int levels;
    sx_anchor_level level[SX_MAX_ANCHOR_LEVELS];
} sx_anchors;

/* For each of `scales` sizes (side of the square of equal area: size * 2^(s / scales)) the ratios
 * height : width 1/2, 1, 2; scales 1..3. */
sx_anchor_level sx_anchor_level_make(int h, int w, int stride, double size, int scales);

/* The same around the middles of the places' squares, (x + 1/2, y + 1/2) * stride, with three
 * shapes given as width and height over the size (Tan 2020). */
sx_anchor_level sx_anchor_level_centred(int h, int w, int stride, double size, int scales,
                                        const double shapes[SX_ANCHOR_RATIOS][2]);

static inline int64_t sx_anchor_level_count(const sx_anchor_level *l) {
    return (int64_t)l->h * l->w * l->per_cell;
}
int64_t sx_anchors_count(const sx_anchors *a);

/* Anchor i of a level: by row, column, then within the cell; this is also the order of a head's
 * output [h][w][per_cell * k]. */
static inline sx_box sx_anchor_at(const sx_anchor_level *l, int64_t i) {
    const sx_box c = l->cell[i % l->per_cell];
    const int64_t place = i / l->per_cell;
    const float x = (float)(place % l->w * l->stride), y = (float)(place / l->w * l->stride);
    return (sx_box){ x + c.x0, y + c.y0, x + c.x1, y + c.y1 };
}

/* All anchors, level after level: out[sx_anchors_count]. */
void sx_anchors_list(const sx_anchors *a, sx_box *out);

#endif
