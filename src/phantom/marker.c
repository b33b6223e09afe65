#include "phantom/marker.h"

/* Strokes on a 4 x 6 grid, as polylines that end with {-1, -1}. */
static const signed char letter_l[][2] = { { 0, 0 }, { 0, 6 }, { 4, 6 }, { -1, -1 } };
static const signed char letter_r[][2] = { { 0, 6 }, { 0, 0 }, { 3, 0 },  { 4, 1 },
                                           { 4, 2 }, { 3, 3 }, { 0, 3 },  { -1, -1 },
                                           { 2, 3 }, { 4, 6 }, { -1, -1 } };

void sx_ph_add_marker(const sx_ph_view *view, uint64_t seed, size_t index) {
    sx_ph_draw d = sx_ph_draw_start("phantom marker", seed, index);
    if (sx_ph_chance(&d, 0.12f)) return; /* no marker */
    bool right = sx_ph_chance(&d, view->lateral ? 0.2f : 0.6f);
    float size = sx_ph_range(&d, 1.5f, 2.6f) * (view->region == SX_PHANTOM_CERVICAL ? 0.7f : 1.0f);
    float wide = view->x1 - view->x0, high = view->y1 - view->y0;
    float inset = 0.085f * wide + 3.0f, turn = sx_ph_normal(&d, 0.0f, 0.08f);
    bool left_side =
        view->lateral ? view->facing > 0.0f : right; /* behind the back, or at the named side */
    float x = left_side ? view->x0 + inset : view->x1 - inset - 4.0f * size;
    float y = view->y0 + high * (sx_ph_chance(&d, 0.6f) ? sx_ph_range(&d, 0.06f, 0.14f)
                                                        : sx_ph_range(&d, 0.8f, 0.9f));
    sx_ph_material lead = { 0.9f, 0.9f, 0.0f, 0.0f, 0.0f };
    const signed char(*s)[2] = right ? letter_r : letter_l;
    int count = right ? 11 : 4;
    float c = cosf(turn) * size, n = sinf(turn) * size;
    for (int i = 0; i + 1 < count; i++) {
        if (s[i][0] < 0 || s[i + 1][0] < 0) continue;
        float ax = (float)s[i][0], ay = (float)s[i][1], bx = (float)s[i + 1][0],
              by = (float)s[i + 1][1];
        sx_ph_point a = { x + c * ax - n * ay, y + n * ax + c * ay },
                    b = { x + c * bx - n * by, y + n * bx + c * by };
        sx_ph_add_bar(view->scene, a, b, 0.42f * size, 0.42f * size, 1.0f, &lead);
    }
}
