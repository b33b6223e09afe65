/* Screws, rods, cages and plates of titanium. */
#include "phantom/lesion.h"

static const sx_ph_material titanium = { 0.15f, 0.15f, 0.0f, 0.0f, 0.0f };

/* A bar of metal; its ends extend the box. */
static void bar(const sx_ph_view *view, sx_ph_extent *e, sx_ph_vec a, sx_ph_vec b, float r,
                float flat) {
    sx_ph_bar_3d(view, a, b, r, r, flat, &titanium);
    sx_ph_extent_add(e, sx_ph_project(view, a), r + 0.8f);
    sx_ph_extent_add(e, sx_ph_project(view, b), r + 0.8f);
}

/* Core and threads: the radius alternates along the shaft. */
static void screw(const sx_ph_view *view, sx_ph_extent *e, sx_ph_vec head, sx_ph_vec tip, float r,
                  float head_r) {
    enum { TURNS = 12, N = 2 * TURNS + 1 };
    sx_ph_vec p[N];
    float radius[N];
    for (int i = 0; i < N; i++) {
        float t = (float)i / (float)(N - 1);
        p[i] = (sx_ph_vec){ head.x + t * (tip.x - head.x), head.y + t * (tip.y - head.y),
                            head.z + t * (tip.z - head.z) };
        radius[i] = (i & 1 ? 0.68f : 1.0f) * r * (t > 0.85f ? 1.0f - 3.5f * (t - 0.85f) : 1.0f);
    }
    sx_ph_path_3d(view, p, radius, N, 1.0f, true, &titanium);
    sx_ph_vec top = { head.x + 0.06f * (tip.x - head.x), head.y + 0.06f * (tip.y - head.y),
                      head.z + 0.06f * (tip.z - head.z) };
    bar(view, e, head, top, head_r, 1.0f);
    sx_ph_extent_add(e, sx_ph_project(view, tip), 1.5f);
}

static void rods(const sx_ph_view *view, sx_ph_extent *e, int first, int last, sx_ph_draw *d) {
    float k = view->patient->size, lean = sx_ph_range(d, -0.1f, 0.1f);
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_vec rod[SX_PH_PATH];
        float r[SX_PH_PATH];
        int n = 0;
        for (int i = first; i <= last; i++) {
            const sx_ph_vertebra *v = &view->patient->spine[i];
            sx_ph_vec head =
                sx_ph_local(v, s * 0.80f * v->half_width, (0.38f + lean) * v->half_height,
                            -v->half_depth - 19.0f * k);
            sx_ph_vec tip = sx_ph_local(v, s * 0.42f * v->half_width,
                                        (0.20f + lean) * v->half_height, 0.45f * v->half_depth);
            bool skipped = last - first > 3 && i != first && i != last && sx_ph_chance(d, 0.35f);
            if (!skipped)
                screw(view, e, head, tip, 0.125f * v->half_width * (i < SX_PH_L1 ? 1.15f : 1.0f),
                      5.2f * k);
            if (n < SX_PH_PATH - 2) {
                if (n == 0) {
                    rod[n] =
                        sx_ph_local(v, s * 0.80f * v->half_width, 0.38f * v->half_height + 11.0f,
                                    -v->half_depth - 22.0f * k);
                    r[n++] = 2.8f;
                }
                rod[n] = sx_ph_local(v, s * 0.80f * v->half_width, 0.38f * v->half_height,
                                     -v->half_depth - 22.0f * k);
                r[n++] = 2.8f;
                if (i == last) {
                    rod[n] =
                        sx_ph_local(v, s * 0.80f * v->half_width, 0.38f * v->half_height - 11.0f,
                                    -v->half_depth - 22.0f * k);
                    r[n++] = 2.8f;
                }
            }
        }
        sx_ph_path_3d(view, rod, r, n, 1.0f, true, &titanium);
        for (int i = 0; i < n; i++)
            sx_ph_extent_add(e, sx_ph_project(view, rod[i]), 3.4f);
    }
}

/* A frame between two bodies with markers in its corners. */
static void cage(const sx_ph_view *view, sx_ph_extent *e, int level) {
    const sx_ph_vertebra *v = &view->patient->spine[level];
    float down = -v->half_height - 0.5f * v->disc, half = fmaxf(2.0f, 0.42f * v->disc);
    float wide = 0.42f * v->half_width, deep = 0.5f * v->half_depth;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f)
        for (float t = -1.0f; t <= 1.0f; t += 2.0f) {
            bar(view, e, sx_ph_local(v, s * wide, down - half, t * deep),
                sx_ph_local(v, s * wide, down + half, t * deep), 1.3f, 1.0f);
            bar(view, e, sx_ph_local(v, -wide, down + s * half, t * deep),
                sx_ph_local(v, wide, down + s * half, t * deep), 0.8f, 1.0f);
        }
}

/* On the front of the neck: a plate with two screws into each body. */
static void neck_plate(const sx_ph_view *view, sx_ph_extent *e, int first, int last) {
    const sx_ph_vertebra *a = &view->patient->spine[first], *b = &view->patient->spine[last];
    sx_ph_vec top = sx_ph_local(a, 0.0f, 0.45f * a->half_height, a->half_depth + 1.6f);
    sx_ph_vec low = sx_ph_local(b, 0.0f, -0.45f * b->half_height, b->half_depth + 1.6f);
    float r = view->lateral ? 1.3f : 0.52f * a->half_width;
    bar(view, e, top, low, r, view->lateral ? 4.0f : 0.22f);
    for (int i = first; i <= last; i++) {
        const sx_ph_vertebra *v = &view->patient->spine[i];
        for (float s = -1.0f; s <= 1.0f; s += 2.0f)
            screw(view, e,
                  sx_ph_local(v, s * 0.34f * v->half_width, 0.1f * v->half_height,
                              v->half_depth + 1.5f),
                  sx_ph_local(v, s * 0.22f * v->half_width, 0.05f * v->half_height,
                              -0.55f * v->half_depth),
                  1.7f, 2.4f);
    }
}

sx_ph_extent sx_ph_implant_add(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_extent e = SX_PH_NOWHERE;
    sx_ph_draw d = { l->key, 0 };
    int last = l->level + 1 + l->kind / 4;
    if ((l->kind & 3) == SX_PH_NECK_PLATE) {
        neck_plate(view, &e, l->level, last);
        return e;
    }
    rods(view, &e, l->level, last < SX_PH_S1 ? last : SX_PH_S1, &d);
    if ((l->kind & 3) == SX_PH_CAGE) cage(view, &e, l->level);
    return e;
}
