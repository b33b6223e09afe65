#include "detect/levels.h"

#include <math.h>

void sx_assign_levels(const sx_box *boxes, size_t n, const sx_levels *l, int *out) {
    for (size_t i = 0; i < n; i++) {
        sx_box b = boxes[i];
        float area = (b.x1 - b.x0) * (b.y1 - b.y0);
        int level = l->min_level;
        if (area > 0.0F) {
            float at = floorf((float)l->canonical_level + log2f(sqrtf(area) / l->canonical_size + 1e-8F));
            if (at >= (float)l->max_level)
                level = l->max_level;
            else if (at > (float)l->min_level)
                level = (int)at;
        }
        out[i] = level - l->min_level;
    }
}
