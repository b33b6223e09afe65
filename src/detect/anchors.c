#include "detect/anchors.h"

#include <math.h>

sx_anchor_level sx_anchor_level_make(int h, int w, int stride, double size, int scales) {
    static const double ratios[SX_ANCHOR_RATIOS] = { 0.5, 1, 2 };
    sx_anchor_level l = { .h = h, .w = w, .stride = stride };
    for (int s = 0; s < scales && l.per_cell + SX_ANCHOR_RATIOS <= SX_MAX_CELL; s++) {
        const double side = size * pow(2, (double)s / scales);
        for (int r = 0; r < SX_ANCHOR_RATIOS; r++) {
            const double aw = sqrt(side * side / ratios[r]), ah = ratios[r] * aw;
            l.cells[l.per_cell++] =
                (sx_box){ (float)(-aw / 2), (float)(-ah / 2), (float)(aw / 2), (float)(ah / 2) };
        }
    }
    return l;
}

sx_anchor_level sx_anchor_level_centred(int h, int w, int stride, double size, int scales,
                                        const double shapes[SX_ANCHOR_RATIOS][2]) {
    sx_anchor_level l = { .h = h, .w = w, .stride = stride };
    for (int s = 0; s < scales && l.per_cell + SX_ANCHOR_RATIOS <= SX_MAX_CELL; s++) {
        const double side = size * pow(2, (double)s / scales), middle = 0.5 * stride;
        for (int r = 0; r < SX_ANCHOR_RATIOS; r++) {
            const double aw = side * shapes[r][0], ah = side * shapes[r][1];
            l.cells[l.per_cell++] = (sx_box){ (float)(middle - aw / 2), (float)(middle - ah / 2),
                                              (float)(middle + aw / 2), (float)(middle + ah / 2) };
        }
    }
    return l;
}

int64_t sx_anchors_count(const sx_anchors *a) {
    int64_t n = 0;
    for (int k = 0; k < a->level_count; k++)
        n += sx_anchor_level_count(&a->levels[k]);
    return n;
}

void sx_anchors_list(const sx_anchors *a, sx_box *out) {
    for (int k = 0; k < a->level_count; k++) {
        const int64_t n = sx_anchor_level_count(&a->levels[k]);
        for (int64_t i = 0; i < n; i++)
            *out++ = sx_anchor_at(&a->levels[k], i);
    }
}
