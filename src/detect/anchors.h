/* Anchors: boxes of fixed sizes at every position of a feature map (Faster R-CNN: Ren 2015, sec.
 * 3.1.1; RetinaNet: Lin 2017b, sec. 4), in the order and with the float32 arithmetic of
 * Detectron2's DefaultAnchorGenerator. */
#ifndef SX_DETECT_ANCHORS_H
#define SX_DETECT_ANCHORS_H

#include <stddef.h>
#include <stdint.h>

#include "detect/box.h"

enum { SX_MAX_CELL = 9, SX_MAX_ANCHOR_LEVELS = 6, SX_ANCHOR_RATIOS = 3 };

/* One level: `per_cell` anchors at each of h x w positions. The position in column x, row y is at
 * (x, y) * stride. */
typedef struct sx_anchor_level {
    int h, w, stride, per_cell;
    sx_box cells[SX_MAX_CELL]; /* relative to the place */
} sx_anchor_level;

typedef struct sx_anchors {
    sx_anchor_level levels[SX_MAX_ANCHOR_LEVELS];
    int level_count;
} sx_anchors;

/* `scales` (1..3) sizes, each with the height-to-width ratios 1/2, 1 and 2. Size s has the area of
 * a square with side size * 2^(s / scales). */
sx_anchor_level sx_anchor_level_make(int h, int w, int stride, double size, int scales);

/* The same, centred at (x + 1/2, y + 1/2) * stride, with three shapes given as width and height
 * relative to the size (Tan 2020). */
sx_anchor_level sx_anchor_level_centred(int h, int w, int stride, double size, int scales,
                                        const double shapes[SX_ANCHOR_RATIOS][2]);

static inline int64_t sx_anchor_level_count(const sx_anchor_level *l) {
    return (int64_t)l->h * l->w * l->per_cell;
}
int64_t sx_anchors_count(const sx_anchors *a);

/* Anchor i of a level. The order is row, column, cell, as in the output of a head [h][w][per_cell *
 * k]. */
static inline sx_box sx_anchor_at(const sx_anchor_level *l, int64_t i) {
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a level has an anchor per cell at least */
    const sx_box c = l->cells[i % l->per_cell];
    const int64_t place = i / l->per_cell, row = place / l->w, column = place % l->w;
    const float x = (float)(column * l->stride), y = (float)(row * l->stride);
    return (sx_box){ x + c.x0, y + c.y0, x + c.x1, y + c.y1 };
}

/* All anchors, level by level: out[sx_anchors_count]. */
void sx_anchors_list(const sx_anchors *a, sx_box *out);

#endif
