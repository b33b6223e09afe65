/* Lungs, heart, airways, muscles, organs and the gas in stomach and bowel. */
#include "phantom/view.h"

static sx_ph_vec point_at(const sx_ph_view *view, int level, float left, float down,
                          float forward) {
    const sx_ph_vertebra *v = &view->patient->rest[level];
    float k = view->patient->size;
    return (sx_ph_vec){ v->at.x + left * k, v->at.y + down * k, v->at.z + forward * k };
}

static void blob(const sx_ph_view *view, sx_ph_vec p, float rx, float ry, float rz, float turn,
                 float mu, float mottle) {
    sx_ph_material m = { mu, 0.0f, 0.0f, 0.0f, mottle };
    float k = view->patient->size;
    sx_ph_point q = sx_ph_project(view, p);
    if (view->lateral)
        sx_ph_add_ellipsoid(view->scene, q, rz * k, ry * k, rx * k, turn, &m);
    else
        sx_ph_add_ellipsoid(view->scene, q, rx * k, ry * k, rz * k, turn, &m);
}

/* A pouch of gas: an irregular outline around an ellipse of half axes rx, ry. */
static void pouch(const sx_ph_view *view, sx_ph_draw *d, sx_ph_vec p, float rx, float ry,
                  float turn, float mu) {
    enum { CORNERS = 9 };
    sx_ph_point q[CORNERS], o = sx_ph_project(view, p);
    sx_ph_material gas = { mu, 0.0f, 0.0f, 0.0f, 0.12f };
    float k = view->patient->size, c = cosf(turn), s = sinf(turn);
    for (int i = 0; i < CORNERS; i++) {
        float a = 6.2831853f * (float)i / (float)CORNERS, r = k * sx_ph_range(d, 0.72f, 1.18f);
        float u = rx * r * cosf(a), v = ry * r * sinf(a);
        q[i] = (sx_ph_point){ o.x + c * u - s * v, o.y + s * u + c * v };
    }
    float least = rx < ry ? rx : ry;
    sx_ph_add_shape(view->scene, q, CORNERS, 1.3f * least * k, 0.75f * least * k, &gas);
}

/* With a soft border in a lateral film, where it lies oblique to the beam. */
static void heart(const sx_ph_view *view) {
    enum { CORNERS = 10 };
    sx_ph_point q[CORNERS], o = sx_ph_project(view, point_at(view, SX_PH_T1 + 7, 26, 4, 80));
    float k = view->patient->size, turn = view->lateral ? 0.6f * view->facing : 0.55f;
    float c = cosf(turn), s = sinf(turn);
    for (int i = 0; i < CORNERS; i++) {
        float t = 6.2831853f * (float)i / (float)CORNERS,
              r = k * (1.0f + 0.08f * cosf(2.0f * t) + 0.05f * sinf(3.0f * t));
        float u = 60.0f * r * cosf(t), v = 47.0f * r * sinf(t);
        q[i] = (sx_ph_point){ o.x + c * u - s * v, o.y + s * u + c * v };
    }
    sx_ph_material m = { view->lateral ? 0.0040f : 0.0052f, 0.0f, 0.0f, 0.0f, 0.0f };
    sx_ph_add_shape(view->scene, q, CORNERS, 95.0f * k, view->lateral ? 55.0f * k : 24.0f * k, &m);
}

static void lungs_lateral(const sx_ph_view *view, float breath, const sx_ph_material *air) {
    const float k = view->patient->size;
    const int t1 = SX_PH_T1;
    sx_ph_vec p[11] = { point_at(view, t1 + 1, 0, 4, 8),
                        point_at(view, t1 + 2, 0, 6, 64),
                        point_at(view, t1 + 4, 0, 0, 118),
                        point_at(view, t1 + 7, 0, 0, 150),
                        point_at(view, t1 + 8, 0, 14, 148),
                        point_at(view, t1 + 8, 0, 8 + breath, 90),
                        point_at(view, t1 + 9, 0, 6 + breath, 40),
                        point_at(view, t1 + 10, 0, 16 + breath, -10),
                        point_at(view, t1 + 11, 0, 14 + breath, -38),
                        point_at(view, t1 + 8, 0, 0, -52),
                        point_at(view, t1 + 4, 0, 0, -48) };
    sx_ph_point q[11];
    for (int side = -1; side <= 1; side += 2) {
        for (int i = 0; i < 11; i++) {
            sx_ph_vec r = p[i];
            r.x += 70.0f * k * (float)side;
            if (i >= 4 && i <= 8) r.y -= 5.0f * (float)side;
            q[i] = sx_ph_project(view, r);
        }
        sx_ph_add_shape(view->scene, q, 11, 92.0f * k, 34.0f * k, air);
    }
}

static void lungs_frontal(const sx_ph_view *view, float breath, const sx_ph_material *air) {
    const float k = view->patient->size;
    const int t1 = SX_PH_T1;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        float dome = s > 0.0f ? 8.0f : -4.0f; /* the right diaphragm is higher */
        sx_ph_vec p[11] = { point_at(view, t1 + 1, 22 * s, 0, 0),
                            point_at(view, t1 + 1, 52 * s, 2, 0),
                            point_at(view, t1 + 3, 98 * s, 0, 0),
                            point_at(view, t1 + 6, 122 * s, 0, 0),
                            point_at(view, t1 + 9, 128 * s, 0, 0),
                            point_at(view, t1 + 10, 124 * s, 12 + breath, 0),
                            point_at(view, t1 + 9, 100 * s, dome + breath, 0),
                            point_at(view, t1 + 8, 66 * s, 8 + dome + breath, 0),
                            point_at(view, t1 + 9, 30 * s, dome + breath, 0),
                            point_at(view, t1 + 6, 26 * s, 0, 0),
                            point_at(view, t1 + 3, 24 * s, 0, 0) };
        sx_ph_point q[11];
        for (int i = 0; i < 11; i++)
            q[i] = sx_ph_project(view, p[i]);
        sx_ph_add_shape(view->scene, q, 11, 150.0f * k, 40.0f * k, air);
    }
}

static void chest(const sx_ph_view *view, sx_ph_draw *d) {
    float k = view->patient->size, breath = sx_ph_range(d, -8.0f, 8.0f) - 4.0f;
    sx_ph_material air = { -0.0080f, 0.0f, 0.0f, 0.0f, 0.035f };
    const int t1 = SX_PH_T1;
    if (view->lateral)
        lungs_lateral(view, breath, &air);
    else
        lungs_frontal(view, breath, &air);
    heart(view);
    blob(view, point_at(view, t1 + 4, 14, 0, 62), 24, 60, 28, 0.0f,
         view->lateral ? 0.0025f : 0.0060f, 0.0f);
    sx_ph_material vessel = { 0.010f, 0.0f, 0.0f, 0.0f, 0.0f };
    for (int i = 0; i < 44; i++) { /* vessels from the hila */
        float s = i & 1 ? 1.0f : -1.0f, a = sx_ph_range(d, -1.2f, 1.2f),
              r = sx_ph_range(d, 40.0f, 78.0f);
        sx_ph_vec from = point_at(view, t1 + 5, (26.0f + sx_ph_range(d, 0.0f, 22.0f)) * s,
                                  sx_ph_range(d, -16.0f, 26.0f), 50),
                  to = from;
        to.x += s * r * cosf(a) * k;
        to.y += r * sinf(a) * k;
        to.z += sx_ph_range(d, -50.0f, 50.0f);
        sx_ph_bar_3d(view, from, to, 2.6f, 0.7f, 1.0f, &vessel);
    }
}

static void airways(const sx_ph_view *view) {
    sx_ph_material air = { -0.0165f, 0.0f, 0.0f, 0.0f, 0.0f };
    float k = view->patient->size;
    sx_ph_vec p[7] = { point_at(view, 1, 0, -14, 30), point_at(view, 2, 0, 0, 27),
                       point_at(view, 3, 0, 4, 30),   point_at(view, 5, 0, 0, 36),
                       point_at(view, 7, 0, 0, 38),   point_at(view, 9, 0, 4, 40),
                       point_at(view, 11, 0, 0, 42) };
    float r[7] = { 7.0f * k, 8.0f * k, 9.0f * k, 8.0f * k, 8.5f * k, 8.5f * k, 7.0f * k };
    sx_ph_path_3d(view, p, r, 7, 0.9f, true, &air);
}

static void abdomen(const sx_ph_view *view, sx_ph_draw *d) {
    float k = view->patient->size;
    sx_ph_material muscle = { 0.0016f, 0.0f, 0.0f, 0.0f, 0.2f };
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) { /* psoas */
        sx_ph_vec p[4] = { point_at(view, SX_PH_T12, 26 * s, 0, 0),
                           point_at(view, SX_PH_L1 + 1, 38 * s, 0, 4),
                           point_at(view, SX_PH_L4, 56 * s, 0, 10),
                           point_at(view, SX_PH_S1, 84 * s, 40, 40) };
        float r[4] = { 10.0f * k, 18.0f * k, 24.0f * k, 22.0f * k };
        sx_ph_path_3d(view, p, r, 4, 0.9f, true, &muscle);
    }
    blob(view, point_at(view, SX_PH_T12, -70, -10, 50), 85, 75, 70, 0.3f, 0.0013f,
         0.0f); /* liver */
    for (float s = -1.0f; s <= 1.0f; s += 2.0f)
        blob(view, point_at(view, SX_PH_L1, 62 * s, s > 0 ? 2 : 14, -8), 27, 55, 22,
             0.22f * s * (view->lateral ? 0.0f : 1.0f), 0.0014f, 0.0f);
    blob(view, point_at(view, SX_PH_L1 + 2, 0, 20, 75), 125, 120, 60, 0.0f, 0.0005f,
         0.5f); /* bowel and its contents */
    /* gas: a chain of pouches along each stretch of bowel */
    static const struct stretch {
        int level;
        float left, down, forward, along_x, along_y, size, odds;
        int pouches;
    } bowel[] = {
        { SX_PH_T12, 62, -4, 70, 20, -6, 24, 0.7f, 2 },
        { SX_PH_L1, -92, 30, 70, 4, 34, 15, 0.6f, 4 },
        { SX_PH_L1 + 1, -40, 20, 100, 30, 3, 14, 0.55f, 4 },
        { SX_PH_L1, 96, 20, 60, 4, 32, 13, 0.6f, 4 },
        { SX_PH_L4, -84, 20, 60, 5, 26, 18, 0.6f, 3 },
        { SX_PH_L4, 10, 0, 95, 22, 12, 9, 0.6f, 4 },
        { SX_PH_S1, 8, 66, 10, 8, 20, 15, 0.7f, 3 },
        { SX_PH_L5, 70, 30, 50, -18, 18, 11, 0.6f, 4 },
    };
    for (size_t i = 0; i < sizeof bowel / sizeof bowel[0]; i++) {
        const struct stretch *b = &bowel[i];
        bool there = sx_ph_chance(d, b->odds);
        float fill = sx_ph_range(d, 0.25f, 1.0f);
        for (int j = 0; j < b->pouches; j++) {
            float f = (float)j, w = b->size * sx_ph_range(d, 0.55f, 1.15f),
                  h = b->size * sx_ph_range(d, 0.5f, 1.0f);
            float jx = sx_ph_normal(d, 0.0f, 4.0f), jy = sx_ph_normal(d, 0.0f, 4.0f),
                  turn = sx_ph_range(d, -0.7f, 0.7f);
            float jz = sx_ph_normal(d, 0.0f, 14.0f);
            sx_ph_vec p = point_at(view, b->level, b->left + b->along_x * f + jx,
                                   b->down + b->along_y * f + jy, b->forward + jz);
            if (there) pouch(view, d, p, w, h, turn, -0.0190f * fill);
        }
    }
    for (int i = 0; i < 34; i++) { /* small bubbles among the contents */
        float x = sx_ph_range(d, -100.0f, 100.0f), y = sx_ph_range(d, -60.0f, 110.0f),
              r = sx_ph_range(d, 2.5f, 7.0f);
        float z = sx_ph_range(d, 40.0f, 110.0f);
        pouch(view, d, point_at(view, SX_PH_L4, x, y, z), r * 1.5f, r, sx_ph_range(d, -1.0f, 1.0f),
              -0.013f);
    }
}

void sx_ph_add_soft(const sx_ph_view *view, uint64_t seed, size_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom organs", seed, study);
    chest(view, &d);
    airways(view);
    abdomen(view, &d);
}
