/* Skull, jaw and teeth: only the parts that a film of the neck shows. */
#include "phantom/view.h"

void sx_ph_add_head(const sx_ph_view *view) {
    const sx_ph_vertebra *c1 = &view->patient->spine[SX_PH_C1];
    float k = view->patient->size;
    sx_ph_scene *s = view->scene;
    sx_ph_material skull = view->spongy, tooth = { 0.022f, 0.045f, 0.8f, 0.0f, 0.0f },
                   flesh = { 0.019f, 0.019f, 0.0f, 0.0f, 0.03f };
    skull.wall = 6.0f;
    skull.core = 0.0f;
    float ahead = view->lateral ? view->facing : 0.0f;
    sx_ph_point o = sx_ph_project(view, c1->at);
    sx_ph_point vault = { o.x + ahead * 22.0f * k, o.y - 84.0f * k };
    sx_ph_add_ellipsoid(s, vault, (view->lateral ? 92.0f : 74.0f) * k, 76.0f * k, 70.0f * k, 0.0f,
                        &skull);
    sx_ph_add_ellipsoid(s, vault, (view->lateral ? 96.0f : 78.0f) * k, 82.0f * k, 74.0f * k, 0.0f,
                        &flesh);
    /* the base of the skull and the mastoids are its densest parts */
    sx_ph_material base = view->spongy;
    base.mottle = 0.3f;
    sx_ph_point under = { o.x + ahead * 14.0f * k, o.y - 34.0f * k };
    sx_ph_add_ellipsoid(s, under, (view->lateral ? 42.0f : 56.0f) * k, 17.0f * k, 44.0f * k,
                        ahead * -0.15f, &base);
    sx_ph_material jaw = view->spongy;
    jaw.wall = 2.4f;
    sx_ph_vec p[9];
    float r[9];
    for (int side = 0; side < 2; side++) { /* ramus and body of the jaw on each side */
        float m = side ? 1.0f : -1.0f;
        p[0] = (sx_ph_vec){ c1->at.x + 50.0f * m * k, c1->at.y - 26.0f * k, c1->at.z + 20.0f * k };
        p[1] = (sx_ph_vec){ c1->at.x + 49.0f * m * k, c1->at.y + 6.0f * k, c1->at.z + 19.0f * k };
        p[2] = (sx_ph_vec){ c1->at.x + 46.0f * m * k, c1->at.y + 28.0f * k, c1->at.z + 27.0f * k };
        p[3] = (sx_ph_vec){ c1->at.x + 36.0f * m * k, c1->at.y + 40.0f * k, c1->at.z + 50.0f * k };
        p[4] = (sx_ph_vec){ c1->at.x + 20.0f * m * k, c1->at.y + 47.0f * k, c1->at.z + 76.0f * k };
        p[5] = (sx_ph_vec){ c1->at.x + 1.0f * m * k, c1->at.y + 50.0f * k, c1->at.z + 84.0f * k };
        for (int i = 0; i < 6; i++)
            r[i] = (i < 2 ? 12.0f : 11.0f) * k;
        sx_ph_path_3d(view, p, r, 6, 0.5f, true, &jaw);
        for (int i = 0; i < 7; i++) {
            float t = (float)i / 6.0f, x = m * (32.0f - 30.0f * t),
                  z = 40.0f + 44.0f * t - 8.0f * t * t;
            for (int upper = 0; upper < 2; upper++) {
                float y = upper ? 8.0f : 23.0f, root = upper ? -8.0f : 13.0f;
                sx_ph_vec crown = { c1->at.x + x * k, c1->at.y + (y + 6.0f * t) * k,
                                    c1->at.z + z * k };
                sx_ph_vec tip = { crown.x, crown.y + root * k, crown.z - 2.0f };
                sx_ph_bar_3d(view, crown, tip, 3.8f * k, 1.8f * k, 0.9f, &tooth);
            }
        }
    }
}
