/* Boxes in pixels: (x0, y0) is the upper left corner, (x1, y1) the lower right one; the width is x1
 * - x0. */
#ifndef SX_DETECT_BOX_H
#define SX_DETECT_BOX_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct sx_box {
    float x0, y0, x1, y1;
} sx_box;

static inline bool sx_box_is_finite(sx_box b) {
    return isfinite(b.x0) && isfinite(b.y0) && isfinite(b.x1) && isfinite(b.y1);
}

/* One finding of a detector. */
typedef struct sx_detection {
    sx_box box;
    float score; /* probability, 0..1 */
    int label;   /* class index, 0.. */
} sx_detection;

/* The detections of one film. */
typedef struct sx_detections {
    sx_detection *items; /* owned; by falling score */
    int count;
} sx_detections;

static inline void sx_detections_free(sx_detections *d) {
    free(d->items);
    *d = (sx_detections){ 0 };
}

#endif
