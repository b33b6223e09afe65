/* A scene: the objects in the beam, as primitives whose path length along the ray is known in
 * closed form for every pixel. Each adds (attenuation coefficient) x (path in mm) to the line
 * integral.
 *
 * A primitive has a shell (cortical bone, an instrument's surface) of constant thickness around a
 * core (cancellous bone): the shell's path is the outer chord minus the inner one, which makes bone
 * bright at its edges. Coefficients are in excess of the displaced soft tissue. */
#ifndef SX_PHANTOM_SCENE_H
#define SX_PHANTOM_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

/* Millimetres in the detector plane: x to the right, y downwards. */
typedef struct sx_ph_point {
    float x, y;
} sx_ph_point;

typedef struct sx_ph_material {
    float core, shell; /* excess attenuation per mm */
    float wall;        /* shell thickness, mm; 0: no shell */
    float grain;       /* how much the core varies with the trabecular texture, 0..1 */
    float mottle;      /* the same with the coarse texture */
} sx_ph_material;

/* A vertebral body: a cylinder of superelliptic section with a waist, cut by two end plates that
 * may be inclined to the beam. Local axes: u along the breadth, v from upper to lower. */
typedef struct sx_ph_body {
    sx_ph_point at;
    float turn;       /* in the film, radians, clockwise */
    float half_width; /* at the end plates */
    float half_depth; /* along the beam */
    float waist;      /* how much narrower the middle is, as a fraction of the half width */
    /* end plate v = upper[0] + upper[1] q + upper[2] (1 - q^2), q = u / half_width */
    float upper[3];
    float lower[3];
    float slope_upper; /* tangent of the end plate's inclination to the beam */
    float slope_lower;
    float plate; /* end-plate thickness, mm */
    sx_ph_material bone;
} sx_ph_body;

typedef struct sx_ph_prim sx_ph_prim;

typedef struct sx_ph_scene {
    sx_arena *arena;
    sx_ph_prim *prims;
    size_t count, cap;
    float scale;        /* pixels per mm */
    sx_ph_point origin; /* of the film's upper left corner, mm */
    int width, height;  /* pixels */
    bool failed;        /* out of memory: the scene is incomplete */
} sx_ph_scene;

void sx_ph_scene_start(sx_ph_scene *s, int width, int height, float scale, sx_ph_point origin);
void sx_ph_scene_free(sx_ph_scene *s);

void sx_ph_add_body(sx_ph_scene *s, const sx_ph_body *body);

/* A round bar with half-round ends between two points, tapering from radius ra to rb; `depth` is
 * its radius along the beam over that in the film. */
void sx_ph_add_bar(sx_ph_scene *s, sx_ph_point a, sx_ph_point b, float ra, float rb, float depth,
                   const sx_ph_material *m);
/* A bent bar through n >= 2 points with radii r[n], depth[n - 1] per stretch; mitred at the joints,
 * the ends round or cut square. */
void sx_ph_add_path(sx_ph_scene *s, const sx_ph_point *p, const float *r, const float *depth, int n,
                    bool round_ends, const sx_ph_material *m);
/* An ellipsoid: half axes a, b in the film, turned clockwise by `turn`, c along the beam. */
void sx_ph_add_ellipsoid(sx_ph_scene *s, sx_ph_point at, float a, float b, float c, float turn,
                         const sx_ph_material *m);
/* A tube seen end on: an ellipse with an even path `length`, its wall a ring; `soft` is the width
 * of its edge, mm. */
void sx_ph_add_ring(sx_ph_scene *s, sx_ph_point at, float a, float b, float length, float turn,
                    float soft, const sx_ph_material *m);
/* A plate of any outline (a closed curve through n >= 3 points), `thick` mm along the beam, its
 * edge rounded over `edge` mm. */
void sx_ph_add_shape(sx_ph_scene *s, const sx_ph_point *p, int n, float thick, float edge,
                     const sx_ph_material *m);

/* Line integrals of rows [y0, y1) into sum[height][width], which holds zeros (or a base to add to).
 * grain, mottle: textures, sx_ph_tile_side squared, zero mean. */
enum { SX_PH_TILE = 256 };
void sx_ph_scene_rows(const sx_ph_scene *s, int y0, int y1, const float *grain, const float *mottle,
                      float *sum);

#endif
