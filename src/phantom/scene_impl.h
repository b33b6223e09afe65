/* The primitives of a scene, in pixels: scene.c makes them, rasterise.c draws them. */
#ifndef SX_PHANTOM_SCENE_IMPL_H
#define SX_PHANTOM_SCENE_IMPL_H

#include "phantom/scene.h"

typedef enum sx_ph_kind {
    SX_PH_BODY,
    SX_PH_BAR,
    SX_PH_ELLIPSOID,
    SX_PH_RING,
    SX_PH_SHAPE
} sx_ph_kind;

/* One stretch of a bar: from a, `length` along (dx, dy); cut by the planes (na, ca) and (nb,
 * cb). */
typedef struct sx_ph_bar {
    float ax, ay, dx, dy, length, ra, rb, depth;
    float nax, nay, ca, nbx, nby, cb;
    float low, high; /* the foot of the perpendicular is clamped to these */
} sx_ph_bar;

typedef struct sx_ph_oval {
    float x, y, cos, sin, a, b, c, soft;
} sx_ph_oval;

/* Signed distance (positive inside) on a grid of SX_PH_STEP pixels, corner at (x, y). */
enum { SX_PH_STEP = 4 };
typedef struct sx_ph_field {
    int x, y, columns, rows;
    float *distance;
    float thick, edge;
} sx_ph_field;

struct sx_ph_prim {
    sx_ph_kind kind;
    int x0, y0, x1, y1; /* pixels that it can cover, x1 and y1 excluded */
    sx_ph_material m;   /* per pixel of path; wall in pixels */
    union {
        sx_ph_body body; /* in pixels */
        sx_ph_bar bar;
        sx_ph_oval oval;
        sx_ph_field field;
    } as;
};

#endif
