#include "models/rpn_spec.h"

sx_anchors sx_rpn_anchors(const sx_rpn_spec *a, const sx_shape *maps) {
    sx_anchors all = { .level_count = a->levels };
    for (int k = 0; k < a->levels; k++)
        all.levels[k] = sx_anchor_level_make(maps[k].h, maps[k].w, a->first_stride << k,
                                             (double)a->anchor * (1 << k), 1);
    return all;
}
