/* Ribs as arcs in space from the costovertebral joints, sternum, collar bones, shoulders. */
#include "phantom/view.h"

/* Of the rib cage at T1..T12 (mm, a man): half width, front-to-back half depth, descent from back
 * to front, and the angle that the rib spans (degrees). */
static const struct hoop {
    float width, depth, fall, round;
} hoops[12] = {
    { 52.0f, 38.0f, 28.0f, 160.0f },  { 80.0f, 52.0f, 42.0f, 160.0f },
    { 100.0f, 64.0f, 52.0f, 158.0f }, { 114.0f, 74.0f, 60.0f, 156.0f },
    { 123.0f, 82.0f, 68.0f, 154.0f }, { 130.0f, 88.0f, 76.0f, 150.0f },
    { 134.0f, 92.0f, 84.0f, 146.0f }, { 136.0f, 94.0f, 88.0f, 138.0f },
    { 135.0f, 94.0f, 86.0f, 128.0f }, { 131.0f, 92.0f, 80.0f, 112.0f },
    { 124.0f, 88.0f, 66.0f, 84.0f },  { 112.0f, 84.0f, 52.0f, 52.0f },
};

static void rib(const sx_ph_view *view, int i, float side, float reach) {
    enum { POINTS = 16 };
    const sx_ph_vertebra *v = &view->patient->spine[SX_PH_T1 + i];
    const struct hoop *h = &hoops[i];
    float k = view->patient->size, back = v->at.z - v->half_depth - 26.0f * k;
    sx_ph_vec p[POINTS];
    float r[POINTS];
    sx_ph_vec joint =
        sx_ph_local(v, side * 0.95f * v->half_width, 0.75f * v->half_height, -v->half_depth - 1.0f);
    p[0] = joint;
    r[0] = 3.6f * k;
    for (int j = 1; j < POINTS; j++) {
        float t = (float)j / (float)(POINTS - 1),
              a = (14.0f + (h->round * reach - 14.0f) * t) * 0.0174533f;
        float wave = 0.5f * (1.0f - cosf(a));
        p[j] = (sx_ph_vec){ v->at.x + side * k * h->width * sinf(a),
                            joint.y + k * (h->fall * wave + 3.0f * t),
                            back + k * h->depth * (1.0f - cosf(a)) };
        r[j] = (i > 9 ? 5.0f - 3.2f * t * t : 5.0f + 0.8f * t - 2.2f * t * t * t) * k *
               (i == 0 ? 1.15f : 1.0f);
    }
    sx_ph_material m = view->thin;
    sx_ph_path_3d(view, p, r, POINTS, 0.55f, true, &m);
}

void sx_ph_add_thorax(const sx_ph_view *view, uint64_t seed, size_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom ribs", seed, study);
    const sx_ph_vertebra *spine = view->patient->spine;
    float k = view->patient->size;
    float last = sx_ph_range(&d, 0.7f, 1.25f);
    for (int i = 0; i < 12; i++)
        for (float s = -1.0f; s <= 1.0f; s += 2.0f)
            rib(view, i, s, i == 11 ? last : 1.0f);
    sx_ph_material bone = view->lateral ? view->thin : view->spongy;
    const sx_ph_vertebra *t3 = &spine[SX_PH_T1 + 2], *t9 = &spine[SX_PH_T1 + 8];
    sx_ph_vec top = { t3->at.x, t3->at.y + 8.0f, t3->at.z + 88.0f * k };
    sx_ph_vec low = { t9->at.x, t9->at.y, t9->at.z + 160.0f * k };
    if (view->lateral) sx_ph_bar_3d(view, top, low, 3.6f * k, 3.2f * k, 2.4f, &bone);
    if (view->lateral) return; /* the arms are raised */
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_vec p[6];
        float r[6];
        for (int j = 0; j < 6; j++) {
            float t = (float)j / 5.0f;
            p[j] = (sx_ph_vec){ top.x + s * k * (14.0f + 132.0f * t),
                                top.y - k * (4.0f + 26.0f * t + 8.0f * sinf(6.2832f * t)),
                                top.z - k * (8.0f + 70.0f * t * t) };
            r[j] = (j == 0 ? 9.0f : 6.0f) * k;
        }
        sx_ph_path_3d(view, p, r, 6, 0.8f, true, &bone);
        sx_ph_point head = sx_ph_project(
            view, (sx_ph_vec){ p[5].x + 22.0f * s * k, p[5].y + 26.0f * k, t3->at.z });
        sx_ph_add_ellipsoid(view->scene, head, 24.0f * k, 25.0f * k, 22.0f * k, 0.0f, &bone);
        sx_ph_bar_3d(view, (sx_ph_vec){ p[5].x + 30.0f * s * k, p[5].y + 34.0f * k, t3->at.z },
                     (sx_ph_vec){ p[5].x + 48.0f * s * k, p[5].y + 300.0f * k, t3->at.z },
                     15.0f * k, 11.0f * k, 0.9f, &bone);
        sx_ph_point blade[7] = { { 0.0f, 0.0f },   { -26.0f, 10.0f }, { -62.0f, -8.0f },
                                 { -70.0f, 8.0f }, { -62.0f, 70.0f }, { -38.0f, 118.0f },
                                 { -14.0f, 62.0f } };
        for (int j = 0; j < 7; j++)
            blade[j] = (sx_ph_point){ head.x - 14.0f * s * k + blade[j].x * s * k,
                                      head.y + blade[j].y * k };
        sx_ph_add_shape(view->scene, blade, 7, 5.0f, 5.0f, &view->thin);
    }
}
