/* Vertebrae C1-L5: bodies, pedicles, laminae, articular, transverse and spinous processes. Offsets
 * are in units of the body's half width, half height and (backwards, from the posterior wall)
 * mm. */
#include "phantom/view.h"

typedef struct part {
    const sx_ph_view *view;
    const sx_ph_vertebra *v;
} part;

static sx_ph_vec spot(const part *p, float left, float up, float behind) {
    const sx_ph_vertebra *v = p->v;
    return sx_ph_local(v, left * v->half_width, up * v->half_height,
                       -v->half_depth - behind * p->view->patient->size);
}

static void bar(const part *p, sx_ph_vec a, sx_ph_vec b, float ra, float rb, float flat,
                float dense) {
    sx_ph_material m = p->view->spongy;
    float k = p->view->patient->size;
    m.core *= dense;
    m.shell *= dense;
    sx_ph_bar_3d(p->view, a, b, ra * k, rb * k, flat, &m);
}

static void ring(const part *p, sx_ph_vec at, float a, float b, float length, float turn,
                 float soft, float dense) {
    sx_ph_material m = p->view->bone;
    float k = p->view->patient->size;
    m.core *= dense;
    m.shell *= dense;
    m.wall = 0.9f;
    m.grain *= 0.5f;
    sx_ph_add_ring(p->view->scene, sx_ph_project(p->view, at), a * k, b * k, length * k, turn, soft,
                   &m);
}

static void lumbar(const part *p, bool lower) {
    float worn = 0.85f + 0.35f * p->view->patient->wear; /* facets become denser with age */
    bool side = p->view->lateral;
    float pedicle = lower ? 6.2f : 4.6f;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_vec root = spot(p, 0.60f * s, 0.40f, -2.0f), back = spot(p, 0.62f * s, 0.36f, 7.0f);
        if (side)
            bar(p, root, back, 7.0f, 6.6f, 0.8f, 0.9f);
        else
            ring(p, spot(p, 0.60f * s, 0.36f, 3.0f), pedicle, 7.4f, 13.0f, 0.0f, 0.9f, 0.62f);
        /* superior articular process, pars and inferior articular process, lamina */
        bar(p, spot(p, 0.66f * s, 0.60f, 11.0f), spot(p, 0.70f * s, 1.18f, 12.0f), 5.0f, 4.0f, 1.0f,
            0.75f * worn);
        bar(p, spot(p, 0.60f * s, 0.20f, 12.5f), spot(p, 0.53f * s, -0.45f, 16.0f), 5.6f, 5.6f,
            0.8f, 0.65f);
        bar(p, spot(p, 0.53f * s, -0.60f, 16.5f), spot(p, 0.54f * s, -1.40f, 17.0f), 5.4f, 4.4f,
            1.0f, 0.75f * worn);
        bar(p, spot(p, 0.48f * s, -0.30f, 16.5f), spot(p, 0.05f * s, -0.52f, 25.0f), 6.0f, 6.6f,
            side ? 0.6f : 0.5f, side ? 0.35f : 0.6f);
        bar(p, spot(p, 0.72f * s, 0.30f, 6.0f), spot(p, 1.72f * s, 0.42f, 10.0f),
            side ? 3.6f : 5.0f, 3.0f, side ? 0.45f : 0.7f, side ? 0.3f : 0.6f);
    }
    sx_ph_vec neck = spot(p, 0.0f, -0.50f, 23.0f),
              tip = spot(p, 0.0f, -0.72f, lower ? 44.0f : 51.0f);
    if (side)
        bar(p, neck, tip, 7.6f, 10.0f, 0.45f, 1.1f);
    else
        ring(p, spot(p, 0.0f, -0.62f, 36.0f), 3.2f, 9.6f, 20.0f, 0.0f, 1.2f, 0.5f);
}

static void thoracic(const part *p, int level) {
    bool side = p->view->lateral;
    float slant = level < SX_PH_T1 + 3 ? -0.9f : level > SX_PH_T1 + 8 ? -1.0f : -1.9f;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_vec root = spot(p, 0.68f * s, 0.48f, -1.0f), back = spot(p, 0.72f * s, 0.50f, 8.0f);
        if (side)
            bar(p, root, back, 4.8f, 4.4f, 0.7f, 0.8f);
        else
            ring(p, spot(p, 0.68f * s, 0.46f, 2.0f), 2.9f, 5.4f, 10.0f, 0.0f, 0.9f, 0.65f);
        bar(p, back, spot(p, 0.70f * s, 1.15f, 9.5f), 3.6f, 3.0f, 1.1f, 0.7f);
        bar(p, back, spot(p, 0.62f * s, -1.05f, 11.5f), 3.8f, 3.6f, 1.1f, 0.7f);
        bar(p, spot(p, 0.60f * s, -0.25f, 12.0f), spot(p, 0.05f * s, -0.5f, 17.0f), 5.2f, 5.4f,
            0.5f, 0.6f);
        float reach = level > SX_PH_T12 - 2 ? 1.35f : 2.05f;
        bar(p, spot(p, 0.85f * s, 0.45f, 10.0f), spot(p, reach * s, 0.62f, 18.0f), 4.2f, 3.6f, 0.9f,
            0.6f);
    }
    sx_ph_vec neck = spot(p, 0.0f, -0.5f, 16.0f), tip = spot(p, 0.0f, -0.5f + slant, 38.0f);
    if (side)
        bar(p, neck, tip, 5.2f, 3.8f, 0.4f, 0.7f);
    else {
        sx_ph_vec end = spot(p, 0.0f, -0.35f + slant, 34.0f);
        bar(p, neck, end, 2.6f, 2.2f, 1.2f, 0.6f);
        ring(p, end, 2.6f, 4.6f, 8.0f, 0.0f, 1.0f, 0.7f);
    }
}

static void cervical(const part *p, int level) {
    bool side = p->view->lateral;
    float reach = level >= SX_PH_C7   ? 46.0f
                  : level == SX_PH_C2 ? 36.0f
                                      : 27.0f + 2.6f * (float)(level - 2);
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        /* articular pillar: a rhomb between two oblique facets */
        bar(p, spot(p, 1.28f * s, 0.72f, 4.0f), spot(p, 1.25f * s, -0.85f, 9.5f), 5.0f, 5.0f, 1.1f,
            0.85f);
        bar(p, spot(p, 0.85f * s, 0.25f, -2.0f), spot(p, 1.2f * s, 0.1f, 4.0f), 3.0f, 3.0f, 0.9f,
            0.8f);
        bar(p, spot(p, 1.1f * s, -0.1f, 9.0f), spot(p, 0.08f * s, -0.4f, 20.0f), 4.4f, 4.6f,
            side ? 0.5f : 0.35f, 0.7f);
        bar(p, spot(p, 0.95f * s, 0.0f, -4.0f), spot(p, 1.65f * s, -0.3f, -1.0f), 3.2f, 2.6f, 0.9f,
            0.5f);
    }
    sx_ph_vec neck = spot(p, 0.0f, -0.45f, 19.0f),
              tip = spot(p, 0.0f, level >= SX_PH_C7 ? -1.3f : -1.05f, reach);
    if (side)
        bar(p, neck, tip, 4.2f, 4.4f, 0.5f, 0.85f);
    else
        ring(p, tip, 4.2f, 3.6f, 10.0f, 0.0f, 1.0f, 0.7f);
}

/* C1 is a ring about the dens of C2: lateral masses, front and rear arch. */
static void atlas(const part *p) {
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        bar(p, spot(p, 1.6f * s, 0.8f, -4.0f), spot(p, 1.7f * s, -0.8f, -4.0f), 7.0f, 7.0f, 1.0f,
            0.8f);
        bar(p, spot(p, 1.5f * s, 0.1f, 2.0f), spot(p, 0.1f * s, 0.2f, 26.0f), 3.2f, 3.6f, 0.8f,
            0.9f);
        bar(p, spot(p, 2.2f * s, 0.0f, -3.0f), spot(p, 3.2f * s, -0.1f, -3.0f), 3.6f, 2.6f, 0.9f,
            0.6f);
    }
    bar(p, spot(p, -0.6f, 0.0f, -16.0f), spot(p, 0.6f, 0.0f, -16.0f), 4.0f, 4.0f, 1.0f, 0.8f);
    const sx_ph_vertebra *axis = p->v + 1;
    bar(p, sx_ph_local(axis, 0.0f, 0.9f * axis->half_height, 0.5f),
        sx_ph_local(axis, 0.0f, 2.6f * axis->half_height, 0.0f), 5.4f, 4.6f, 1.0f, 0.9f);
}

void sx_ph_add_spine(const sx_ph_view *view) {
    for (int level = SX_PH_C1; level < SX_PH_S1; level++) {
        part p = { view, &view->patient->spine[level] };
        if (level == SX_PH_C1) {
            atlas(&p);
            continue;
        }
        sx_ph_body body = sx_ph_body_of(view, p.v, level);
        sx_ph_add_body(view->scene, &body);
        if (level < SX_PH_T1)
            cervical(&p, level);
        else if (level < SX_PH_L1)
            thoracic(&p, level);
        else
            lumbar(&p, level >= SX_PH_L4);
    }
}
