/* A view of the patient: the position of the source, the projection of points onto the film, the
 * materials, and the primitives that each part of the anatomy adds to a scene. */
#ifndef SX_PHANTOM_VIEW_H
#define SX_PHANTOM_VIEW_H

#include "phantom/phantom_rng.h"
#include "phantom/scene.h"
#include "phantom/spine.h"

typedef struct sx_ph_view {
    bool lateral;
    float facing;     /* lateral: +1 the patient looks to the right of the film, -1 to the left */
    sx_ph_vec centre; /* the central ray passes through it; there the magnification is 1 */
    float distance;   /* of the source from the centre, mm */
    sx_phantom_region region;
    int middle;                        /* the vertebra in the middle of the field */
    float x0, y0, x1, y1;              /* size of the field, mm */
    sx_ph_material bone, spongy, thin; /* body; processes and pelvis; ribs */
    const sx_ph_patient *patient;
    sx_ph_scene *scene;
} sx_ph_view;

/* Field, view and materials of one film. */
void sx_ph_view_set(sx_ph_view *view, const sx_ph_patient *patient, sx_phantom_region region,
                    bool lateral, uint64_t seed, size_t index);

sx_ph_point sx_ph_project(const sx_ph_view *view, sx_ph_vec p);
/* The point of a vertebra at (left, up, forward) mm in its own axes, on the film. */
sx_ph_point sx_ph_project_local(const sx_ph_view *view, const sx_ph_vertebra *v, float left,
                                float up, float forward);
/* A bar between two points in space. `flat` is its radius along the beam over that in the film. A
 * bar along the beam is drawn as short as it appears, with its whole volume. */
void sx_ph_bar_3d(const sx_ph_view *view, sx_ph_vec a, sx_ph_vec b, float ra, float rb, float flat,
                  const sx_ph_material *m);
/* The same through n points, n <= SX_PH_PATH. */
enum { SX_PH_PATH = 32 };
void sx_ph_path_3d(const sx_ph_view *view, const sx_ph_vec *p, const float *r, int n, float flat,
                   bool round_ends, const sx_ph_material *m);
/* The body of a vertebra in this view, with its collapse. */
sx_ph_body sx_ph_body_of(const sx_ph_view *view, const sx_ph_vertebra *v, int level);
/* A point of the body's outline in its own axes (u, v in mm as in sx_ph_body) on the film. */
sx_ph_point sx_ph_body_point(const sx_ph_body *b, float u, float v);

void sx_ph_add_spine(const sx_ph_view *view);  /* vertebrae C1-L5 */
void sx_ph_add_pelvis(const sx_ph_view *view); /* sacrum, ilia, hips */
void sx_ph_add_thorax(const sx_ph_view *view, uint64_t seed, size_t study);
void sx_ph_add_head(const sx_ph_view *view);
/* Muscles, organs, lungs, airways, gas. */
void sx_ph_add_soft(const sx_ph_view *view, uint64_t seed, size_t study);
/* The soft tissue of the trunk by rows of the film, into sum[height][width] (replaced). */
void sx_ph_trunk_rows(const sx_ph_view *view, int row0, int row1, float *sum);

#endif
