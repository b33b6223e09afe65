#include "data/phantom/lesion.h"

void sx_ph_lesions_draw(sx_ph_patient *p, sx_phantom_region region, sx_phantom_mix mix, uint64_t seed,
                        uint64_t study) {
    (void)p, (void)region, (void)mix, (void)seed, (void)study;
}
void sx_ph_extent_add(sx_ph_extent *e, sx_ph_point p, float margin) {
    e->x0 = fminf(e->x0, p.x - margin);
    e->y0 = fminf(e->y0, p.y - margin);
    e->x1 = fmaxf(e->x1, p.x + margin);
    e->y1 = fmaxf(e->y1, p.y + margin);
}
sx_ph_extent sx_ph_lesion_add(const sx_ph_view *view, const sx_ph_lesion *l) {
    (void)view, (void)l;
    return SX_PH_NOWHERE;
}
