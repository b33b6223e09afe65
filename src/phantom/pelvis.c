/* Sacrum, hip bones and femora: hand-made outlines, in mm from the middle of S1's upper end
 * plate. */
#include "phantom/view.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* Mirrors (side -1) and scales an outline into the film. */
static void shape(const sx_ph_view *view, const sx_ph_point *p, int n, float side, float dx,
                  float dy, float thick, float edge, const sx_ph_material *m) {
    sx_ph_point q[32];
    float k = view->patient->size;
    sx_ph_point o = sx_ph_project(view, (sx_ph_vec){ 0.0f, 0.0f, 0.0f });
    for (int i = 0; i < n; i++)
        q[i] = (sx_ph_point){ o.x + k * (side * p[i].x + dx), o.y + k * (p[i].y + dy) };
    sx_ph_add_shape(view->scene, q, n, thick * k, edge * k, m);
}

static sx_ph_vec vec(const sx_ph_view *view, float x, float y, float z) {
    float k = view->patient->size;
    return (sx_ph_vec){ k * x, k * y, k * z };
}

static void bar(const sx_ph_view *view, sx_ph_vec a, sx_ph_vec b, float ra, float rb, float flat,
                const sx_ph_material *m) {
    float k = view->patient->size;
    sx_ph_bar_3d(view, a, b, ra * k, rb * k, flat, m);
}

static void hips(const sx_ph_view *view) {
    sx_ph_material head = view->spongy, shaft = view->spongy;
    shaft.wall = 4.0f;
    head.wall = 1.2f;
    float k = view->patient->size;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_point at = sx_ph_project(view, vec(view, 92.0f * s, 122.0f, 12.0f));
        sx_ph_add_ellipsoid(view->scene, at, 23.0f * k, 23.0f * k, 21.0f * k, 0.0f, &head);
        bar(view, vec(view, 100.0f * s, 126.0f, 12.0f), vec(view, 132.0f * s, 152.0f, 6.0f), 15.0f,
            17.0f, 0.8f, &head);
        bar(view, vec(view, 136.0f * s, 150.0f, 6.0f), vec(view, 128.0f * s, 300.0f, 8.0f), 18.0f,
            14.0f, 0.9f, &shaft);
        bar(view, vec(view, 70.0f * s, 118.0f, 20.0f), vec(view, 8.0f * s, 142.0f, 55.0f), 8.0f,
            8.0f, 0.8f, &head);
        bar(view, vec(view, 70.0f * s, 176.0f, -5.0f), vec(view, 10.0f * s, 156.0f, 50.0f), 7.0f,
            7.0f, 0.8f, &head);
        bar(view, vec(view, 84.0f * s, 138.0f, 0.0f), vec(view, 68.0f * s, 178.0f, -15.0f), 13.0f,
            13.0f, 0.8f, &head);
    }
}

/* The pelvic brim and the sciatic notch, where cortex lies along the beam. s: 1 or -1, the side. */
static void pelvic_lines(const sx_ph_view *view, float s, const sx_ph_material *line) {
    sx_ph_vec brim[5] = { vec(view, 44.0f * s, 40.0f, 0.0f), vec(view, 56.0f * s, 66.0f, 10.0f),
                          vec(view, 66.0f * s, 92.0f, 20.0f), vec(view, 58.0f * s, 116.0f, 40.0f),
                          vec(view, 24.0f * s, 136.0f, 55.0f) };
    static const float r[5] = { 1.0f, 1.2f, 1.3f, 1.1f, 0.9f };
    sx_ph_path_3d(view, brim, r, 5, 3.0f, true, line);
    sx_ph_vec joint[5] = { vec(view, 50.0f * s, 2.0f, -20.0f), vec(view, 53.0f * s, 14.0f, -25.0f),
                           vec(view, 50.0f * s, 28.0f, -30.0f), vec(view, 46.0f * s, 40.0f, -35.0f),
                           vec(view, 40.0f * s, 50.0f, -40.0f) };
    static const float seam[5] = { 0.7f, 0.8f, 0.8f, 0.7f, 0.5f };
    sx_ph_path_3d(view, joint, seam, 5, 5.0f, true, line);
    for (int i = 0; i < 5; i++)
        joint[i].x += 3.2f * s * view->patient->size;
    sx_ph_path_3d(view, joint, seam, 5, 4.0f, true, line);
}

static void frontal(const sx_ph_view *view) {
    static const sx_ph_point sacrum[] = { { 0, 1 },    { 24, -4 }, { 40, -8 },  { 55, 2 },
                                          { 52, 24 },  { 40, 52 }, { 24, 76 },  { 9, 92 },
                                          { 0, 94 },   { -9, 92 }, { -24, 76 }, { -40, 52 },
                                          { -52, 24 }, { -55, 2 }, { -40, -8 }, { -24, -4 } };
    static const sx_ph_point ilium[] = { { 42, 20 },   { 50, -10 },  { 66, -34 },  { 92, -52 },
                                         { 118, -46 }, { 137, -20 }, { 144, 12 },  { 137, 42 },
                                         { 121, 68 },  { 117, 90 },  { 120, 108 }, { 112, 134 },
                                         { 92, 146 },  { 72, 136 },  { 62, 112 },  { 59, 84 },
                                         { 50, 64 },   { 44, 46 } };
    sx_ph_material bone = view->spongy, hole = { -0.007f, 0.0f, 0.0f, 0.0f, 0.0f },
                   wing = view->thin;
    bone.core *= 0.8f;
    bone.wall = 0.35f;
    wing.wall = 1.5f;
    wing.core = 1.5f * bone.core;
    wing.mottle = 0.10f;
    wing.grain = 0.10f;
    float k = view->patient->size;
    shape(view, sacrum, COUNT(sacrum), 1.0f, 0.0f, 0.0f, 30.0f, 20.0f, &bone);
    sx_ph_material line = view->spongy;
    line.core = line.shell;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        shape(view, ilium, COUNT(ilium), s, 0.0f, 0.0f, 15.0f, 10.0f, &wing);
        for (int i = 0; i < 4; i++) {
            float x = (23.0f - 2.5f * (float)i) * s, y = 18.0f + 19.0f * (float)i;
            sx_ph_point at = sx_ph_project(view, vec(view, x, y, -10.0f));
            sx_ph_add_ellipsoid(view->scene, at, 6.0f * k, 4.6f * k, 8.0f * k, -0.35f * s, &hole);
            sx_ph_vec arc[5];
            float r[5], flat = 4.0f;
            for (int j = 0; j < 5; j++) { /* the arcuate line over each foramen */
                float t = (float)j / 4.0f * 2.0f - 1.0f;
                arc[j] = vec(view, x + 8.5f * t, y - 5.5f * (1.0f - t * t) - 1.5f * t * s, -10.0f);
                r[j] = 0.75f;
            }
            sx_ph_path_3d(view, arc, r, 5, flat, true, &line);
        }
        pelvic_lines(view, s, &line);
    }
    for (int i = 0; i < 4; i++) { /* median crest */
        float y = 14.0f + 19.0f * (float)i;
        bar(view, vec(view, 0.0f, y, -30.0f), vec(view, 0.0f, y + 9.0f, -34.0f), 3.4f, 2.2f, 1.6f,
            &view->spongy);
    }
}

/* The sacrum from the side: four more segments on an arc behind S1, with remnants of discs between
 * them. */
static void lateral(const sx_ph_view *view) {
    const sx_ph_vertebra *v = &view->patient->spine[SX_PH_S1];
    sx_ph_material bone = view->spongy;
    bone.wall = 1.2f;
    sx_ph_vertebra w = *v;
    float angle = v->tilt;
    for (int i = 1; i < 5; i++) {
        const sx_ph_vertebra last = w;
        angle -= 0.16f;
        w.tilt = angle;
        w.up = (sx_ph_vec){ 0.0f, -cosf(angle), sinf(angle) };
        w.forward = (sx_ph_vec){ 0.0f, sinf(angle), cosf(angle) };
        w.half_depth *= 0.76f;
        w.half_width *= 0.80f;
        w.half_height *= 0.84f;
        float step = last.half_height + w.half_height + 0.5f;
        w.at = sx_ph_local(&last, 0.0f, -step, -0.8f);
        sx_ph_body b = sx_ph_body_of(view, &w, SX_PH_S1);
        b.bone.core *= 0.75f;
        b.bone.shell *= 0.6f;
        b.waist = 0.05f;
        b.plate = 0.6f;
        sx_ph_add_body(view->scene, &b);
        sx_ph_vec a = sx_ph_local(&w, 0.0f, w.half_height, -w.half_depth - 13.0f);
        sx_ph_vec c = sx_ph_local(&w, 0.0f, -w.half_height, -w.half_depth - 11.0f);
        bar(view, a, c, 5.0f - 0.6f * (float)i, 4.6f - 0.6f * (float)i, 1.2f, &bone);
    }
    sx_ph_vec a = sx_ph_local(v, 0.0f, 0.4f * v->half_height, -v->half_depth - 18.0f);
    bar(view, a, sx_ph_local(v, 0.0f, -v->half_height, -v->half_depth - 19.0f), 6.0f, 5.0f, 1.2f,
        &bone);

    static const sx_ph_point ilium[] = { { -52, 20 }, { -58, -8 }, { -40, -38 }, { -8, -56 },
                                         { 28, -50 }, { 56, -22 }, { 62, 10 },   { 50, 44 },
                                         { 44, 74 },  { 48, 110 }, { 26, 142 },  { -4, 132 },
                                         { -8, 100 }, { -20, 70 }, { -44, 48 } };
    sx_ph_material wing = view->thin;
    wing.core *= 1.6f;
    wing.wall = 1.2f;
    wing.mottle = 0.12f;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        float shift = 5.0f * s * view->facing;
        shape(view, ilium, COUNT(ilium), view->facing, shift - 8.0f * view->facing, 3.0f * s, 15.0f,
              6.0f, &wing);
    }
}

void sx_ph_add_pelvis(const sx_ph_view *view) {
    const sx_ph_vertebra *v = &view->patient->spine[SX_PH_S1];
    sx_ph_body s1 = sx_ph_body_of(view, v, SX_PH_S1);
    if (!view->lateral) {
        s1.bone.core *= 0.4f;
        s1.bone.shell *= 0.5f;
        s1.waist = 0.25f;
    }
    sx_ph_add_body(view->scene, &s1);
    if (view->lateral)
        lateral(view);
    else
        frontal(view);
    hips(view);
}
