/* The findings: drawn for a patient and added to a film, each with the box of its geometry. */
#ifndef SX_PHANTOM_LESION_H
#define SX_PHANTOM_LESION_H

#include "phantom/view.h"

/* Meanings of `kind` of a lesion. */
enum {
    SX_PH_SPUR_RIGHT = 0, /* osteophyte: where on the body; + 4 on the upper end plate */
    SX_PH_SPUR_LEFT = 1,
    SX_PH_SPUR_FRONT = 2,
    SX_PH_SPUR_BACK = 3,
    SX_PH_SPUR_UPPER = 4,
    SX_PH_WEDGE = 0, /* collapse */
    SX_PH_BICONCAVE = 1,
    SX_PH_CRUSH = 2,
    SX_PH_LYTIC = 0, /* other */
    SX_PH_SCLEROTIC = 1,
    SX_PH_IVORY = 2, /* a dense vertebral body */
    SX_PH_FOREIGN = 3,
    SX_PH_RODS = 0, /* implant: screws and rods over 1 + kind / 4 discs from `level` down */
    SX_PH_CAGE = 1, /* the same with a cage in the first disc */
    SX_PH_NECK_PLATE = 2
};

/* Draws the patient's lesions into p->lesions. */
void sx_ph_lesions_draw(sx_ph_patient *p, sx_phantom_region region, sx_phantom_mix mix,
                        uint64_t seed, uint64_t study);

/* An extent on the film, mm; empty while x0 > x1. */
typedef struct sx_ph_extent {
    float x0, y0, x1, y1;
} sx_ph_extent;
#define SX_PH_NOWHERE ((sx_ph_extent){ 1e9f, 1e9f, -1e9f, -1e9f })
void sx_ph_extent_add(sx_ph_extent *e, sx_ph_point p, float margin);

/* Adds the lesion to the scene (nothing if it has changed the vertebrae themselves) and returns its
 * extent, empty if this view does not show it. */
sx_ph_extent sx_ph_lesion_add(const sx_ph_view *view, const sx_ph_lesion *l);
/* The same for metal. */
sx_ph_extent sx_ph_implant_add(const sx_ph_view *view, const sx_ph_lesion *l);

#endif
