#include "detect/box_coder.h"

#include <math.h>

void sx_box_encode(sx_box from, sx_box to, sx_box_weights k, float delta[4]) {
    const float w = from.x1 - from.x0, h = from.y1 - from.y0, cx = from.x0 + 0.5F * w,
                cy = from.y0 + 0.5F * h;
    const float tw = to.x1 - to.x0, th = to.y1 - to.y0, tx = to.x0 + 0.5F * tw,
                ty = to.y0 + 0.5F * th;
    delta[0] = k.x * (tx - cx) / w;
    delta[1] = k.y * (ty - cy) / h;
    delta[2] = k.w * logf(tw / w);
    delta[3] = k.h * logf(th / h);
}

/* Unlike fminf and fmaxf these keep NaN. */
static float at_most(float v, float limit) {
    return v > limit ? limit : v;
}

static float at_least(float v, float limit) {
    return v < limit ? limit : v;
}

sx_box sx_box_decode(sx_box from, const float d[4], sx_box_weights k) {
    const float w = from.x1 - from.x0, h = from.y1 - from.y0, cx = from.x0 + 0.5F * w,
                cy = from.y0 + 0.5F * h;
    const float tx = d[0] / k.x * w + cx, ty = d[1] / k.y * h + cy;
    const float tw = expf(at_most(d[2] / k.w, SX_BOX_CLAMP)) * w,
                th = expf(at_most(d[3] / k.h, SX_BOX_CLAMP)) * h;
    return (sx_box){ tx - 0.5F * tw, ty - 0.5F * th, tx + 0.5F * tw, ty + 0.5F * th };
}

sx_box sx_box_clip(sx_box b, float width, float height) {
    return (sx_box){ at_most(at_least(b.x0, 0), width), at_most(at_least(b.y0, 0), height),
                     at_most(at_least(b.x1, 0), width), at_most(at_least(b.y1, 0), height) };
}
