/* The findings: drawn for a patient, added to a film, each with the box that follows from its geometry. */
#ifndef SX_DATA_PHANTOM_LESION_H
#define SX_DATA_PHANTOM_LESION_H

#include "data/phantom/view.h"

/* Which lesions the patient has, into p->lesions. */
void sx_ph_lesions_draw(sx_ph_patient *p, sx_phantom_region region, sx_phantom_mix mix, uint64_t seed,
                        uint64_t study);

/* An extent on the film, mm; empty while x0 > x1. */
typedef struct sx_ph_extent {
    float x0, y0, x1, y1;
} sx_ph_extent;
#define SX_PH_NOWHERE ((sx_ph_extent){ 1e9f, 1e9f, -1e9f, -1e9f })
void sx_ph_extent_add(sx_ph_extent *e, sx_ph_point p, float margin);

/* Adds what the lesion adds to the scene (nothing where it has changed the vertebrae themselves) and gives
 * its extent; an empty one where this view does not show it. */
sx_ph_extent sx_ph_lesion_add(const sx_ph_view *view, const sx_ph_lesion *l);

#endif
