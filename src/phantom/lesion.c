#include "phantom/lesion.h"

#include <math.h>

void sx_ph_extent_add(sx_ph_extent *e, sx_ph_point p, float margin) {
    e->x0 = fminf(e->x0, p.x - margin);
    e->y0 = fminf(e->y0, p.y - margin);
    e->x1 = fmaxf(e->x1, p.x + margin);
    e->y1 = fmaxf(e->y1, p.y + margin);
}

/* v of an end plate at u (sx_ph_body). */
static float plate(const sx_ph_body *b, bool upper, float u) {
    const float *c = upper ? b->upper : b->lower;
    float q = fminf(fmaxf(u / b->half_width, -1.0f), 1.0f);
    return c[0] + c[1] * q + c[2] * (1.0f - q * q);
}

static sx_ph_body body_at(const sx_ph_view *view, int level) {
    return sx_ph_body_of(view, &view->patient->spine[level], level);
}

/* An overhanging lip at a corner of the body, a beak towards the disc. */
static sx_ph_extent spur(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_extent e = SX_PH_NOWHERE;
    int side = l->kind & 3;
    if (view->lateral != (side >= SX_PH_SPUR_FRONT)) return e;
    sx_ph_draw d = { l->key, 0 };
    sx_ph_body b = body_at(view, l->level);
    bool upper = l->kind & SX_PH_SPUR_UPPER;
    float way = side == SX_PH_SPUR_LEFT    ? 1.0f
                : side == SX_PH_SPUR_RIGHT ? -1.0f
                : side == SX_PH_SPUR_FRONT ? view->facing
                                           : -view->facing;
    float k = fminf(1.15f, fmaxf(0.6f, view->patient->spine[l->level].half_width / 21.0f));
    float size = (4.0f + 6.5f * l->severity) * k * (side == SX_PH_SPUR_BACK ? 0.75f : 1.0f);
    float hw = b.half_width, out = upper ? -1.0f : 1.0f, corner = plate(&b, upper, way * hw);
    float curl = sx_ph_range(&d, 0.1f, 0.55f), thick = sx_ph_range(&d, 0.85f, 1.15f);
    const float along[5] = { -0.35f, 0.05f, 0.42f, 0.75f, 1.0f };
    const float bend[5] = { -0.42f, -0.16f, 0.02f, 0.45f * curl, curl };
    const float radius[5] = { 0.20f, 0.27f, 0.23f, 0.16f, 0.07f };
    sx_ph_point p[5];
    float r[5], depth[4];
    for (int i = 0; i < 5; i++) {
        p[i] = sx_ph_body_point(&b, way * (hw + along[i] * size), corner + out * bend[i] * size);
        r[i] = radius[i] * size * thick;
        if (i > 0) sx_ph_extent_add(&e, p[i], r[i] + 0.9f);
    }
    for (int i = 0; i < 4; i++)
        depth[i] = fminf(9.0f, 0.42f * b.half_depth / (0.5f * (r[i] + r[i + 1])));
    sx_ph_material m = view->bone;
    m.core *= 1.25f;
    m.shell *= 0.9f;
    m.wall = 0.9f;
    sx_ph_add_path(view->scene, p, r, depth, 5, true, &m);
    sx_ph_extent_add(&e, sx_ph_body_point(&b, way * (hw - 1.0f), corner - out * 0.2f * size), 1.0f);
    return e;
}

static float steepness(const sx_ph_body *a, const sx_ph_body *b) {
    return fmaxf(fabsf(a->slope_lower), fabsf(b->slope_upper));
}

/* The space between two end plates; a narrow one has sclerotic edges. */
static sx_ph_extent disc(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_extent e = SX_PH_NOWHERE;
    sx_ph_body a = body_at(view, l->level), b = body_at(view, l->level + 1);
    if (!view->lateral && steepness(&a, &b) > 0.20f) return e;
    float edge = 1.3f + 1.2f * l->severity;
    sx_ph_material m = { 0.6f * view->bone.shell, 0.0f, 0.0f, 0.2f, 0.0f };
    for (int i = 0; i < 2; i++) {
        const sx_ph_body *v = i ? &b : &a;
        sx_ph_point p[5];
        float r[5], depth[4], into = i ? 1.0f : -1.0f;
        for (int j = 0; j < 5; j++) {
            float u = v->half_width * (-0.86f + 0.43f * (float)j);
            p[j] = sx_ph_body_point(v, u, plate(v, i, u) + into * (0.7f * edge + 0.3f));
            r[j] = edge * (j == 0 || j == 4 ? 0.55f : 1.0f);
            sx_ph_extent_add(
                &e, sx_ph_body_point(v, u, plate(v, i, u) + into * (1.6f * edge + 0.8f)), 0.0f);
        }
        for (int j = 0; j < 4; j++)
            depth[j] = 0.35f * v->half_depth / edge;
        sx_ph_add_path(view->scene, p, r, depth, 5, true, &m);
        for (float s = -1.0f; s <= 1.0f; s += 2.0f)
            sx_ph_extent_add(
                &e, sx_ph_body_point(v, s * v->half_width, plate(v, i, s * v->half_width)), 0.8f);
    }
    return e;
}

/* A thick superior articular process and a lip of the upper body fill the foramen between two
 * pedicles. */
static sx_ph_extent stenosis(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_extent e = SX_PH_NOWHERE;
    const sx_ph_vertebra *v = &view->patient->spine[l->level], *w = v + 1;
    if (!view->lateral) return e;
    float k = view->patient->size, grow = 0.85f + 0.5f * l->severity;
    sx_ph_material m = view->spongy;
    m.core *= 1.7f;
    m.shell *= 1.2f;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        float x = s * 0.66f * w->half_width;
        sx_ph_vec root = sx_ph_local(w, x, 0.75f * w->half_height, -w->half_depth - 9.0f * k);
        sx_ph_vec tip = sx_ph_local(w, x, 1.50f * w->half_height, -w->half_depth - 6.0f * k);
        sx_ph_bar_3d(view, root, tip, 4.8f * k * grow, 4.4f * k * grow, 0.8f, &m);
    }
    sx_ph_vec lip = sx_ph_local(v, 0.0f, -0.95f * v->half_height, -0.9f * v->half_depth);
    sx_ph_vec end = sx_ph_local(v, 0.0f, -1.05f * v->half_height, -v->half_depth - 4.5f * k * grow);
    sx_ph_bar_3d(view, lip, end, 3.0f * k, 1.8f * k, 3.0f, &m);
    /* between the pedicles, from the body to the facets */
    sx_ph_extent_add(&e,
                     sx_ph_project_local(view, v, 0.0f, 0.34f * v->half_height - 6.0f * k,
                                         -v->half_depth + 1.0f),
                     0.0f);
    sx_ph_extent_add(&e,
                     sx_ph_project_local(view, v, 0.0f, 0.34f * v->half_height - 6.0f * k,
                                         -v->half_depth - 13.0f * k),
                     0.0f);
    sx_ph_extent_add(&e,
                     sx_ph_project_local(view, w, 0.0f, 0.38f * w->half_height + 5.0f * k,
                                         -w->half_depth + 1.0f),
                     0.0f);
    sx_ph_extent_add(&e,
                     sx_ph_project_local(view, w, 0.0f, 0.38f * w->half_height + 5.0f * k,
                                         -w->half_depth - 13.0f * k),
                     0.0f);
    return e;
}

/* The step itself is made by the vertebrae (spine.c); its box holds the facing halves of the two
 * bodies. */
static sx_ph_extent slip(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_extent e = SX_PH_NOWHERE;
    if (!view->lateral) return e;
    sx_ph_body a = body_at(view, l->level), b = body_at(view, l->level + 1);
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_extent_add(&e, sx_ph_body_point(&a, s * a.half_width, 0.0f), 0.5f);
        sx_ph_extent_add(
            &e, sx_ph_body_point(&a, s * a.half_width, plate(&a, false, s * a.half_width)), 0.5f);
        sx_ph_extent_add(
            &e, sx_ph_body_point(&b, s * b.half_width, plate(&b, true, s * b.half_width)), 0.5f);
        sx_ph_extent_add(&e, sx_ph_body_point(&b, s * b.half_width, 0.0f), 0.5f);
    }
    return e;
}

static sx_ph_extent whole_body(const sx_ph_body *b, float margin) {
    sx_ph_extent e = SX_PH_NOWHERE;
    for (float s = -1.0f; s <= 1.0f; s += 2.0f) {
        sx_ph_extent_add(
            &e, sx_ph_body_point(b, s * b->half_width, plate(b, true, s * b->half_width)), margin);
        sx_ph_extent_add(
            &e, sx_ph_body_point(b, s * b->half_width, plate(b, false, s * b->half_width)), margin);
    }
    return e;
}

static sx_ph_extent collapse(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_body b = body_at(view, l->level);
    if (!view->lateral && fabsf(b.slope_lower) > 0.30f) return SX_PH_NOWHERE;
    return whole_body(&b, 1.5f);
}

/* Foci in the body: holes, dense islands, a dense body, or a foreign body. */
static sx_ph_extent other(const sx_ph_view *view, const sx_ph_lesion *l) {
    sx_ph_extent e = SX_PH_NOWHERE;
    sx_ph_draw d = { l->key, 0 };
    sx_ph_body b = body_at(view, l->level);
    if (l->kind == SX_PH_IVORY) {
        b.bone.core *= (0.9f + 0.9f * l->severity) * fmaxf(1.0f, 15.0f / b.half_depth);
        b.bone.shell = b.bone.core;
        b.bone.mottle = 0.25f;
        sx_ph_add_body(view->scene, &b);
        return whole_body(&b, 1.0f);
    }
    float r = (0.34f + 0.26f * l->severity) *
              fminf(b.half_width, 1.25f * (b.lower[0] - b.upper[0]) * 0.5f);
    float u = sx_ph_range(&d, -0.4f, 0.4f) * b.half_width,
          v = sx_ph_range(&d, -0.3f, 0.3f) * b.lower[0];
    if (l->kind == SX_PH_FOREIGN) {
        sx_ph_material metal = { 0.16f, 0.16f, 0.0f, 0.0f, 0.0f };
        float turn = sx_ph_range(&d, 0.0f, 3.14f), length = 5.0f + 8.0f * l->severity,
              thick = sx_ph_range(&d, 1.2f, 3.0f);
        sx_ph_point p = sx_ph_body_point(&b, u, v),
                    q = { p.x + length * cosf(turn), p.y + length * sinf(turn) };
        sx_ph_add_bar(view->scene, p, q, thick, 0.7f * thick, 1.0f, &metal);
        sx_ph_extent_add(&e, p, thick + 1.0f);
        sx_ph_extent_add(&e, q, thick + 1.0f);
        return e;
    }
    bool hole = l->kind == SX_PH_LYTIC;
    /* in a thin body a focus must be denser for the same contrast */
    float thin = fmaxf(1.0f, 15.0f / b.half_depth);
    sx_ph_material m = { hole ? -(0.95f * view->bone.core + 0.002f)
                              : thin * (0.014f + 0.014f * l->severity),
                         0.0f, 0.0f, hole ? 0.0f : 0.2f, 0.15f };
    int count = 2 + sx_ph_int(&d, 3);
    for (int i = 0; i < count; i++) {
        float a = sx_ph_range(&d, 0.0f, 6.28f), off = i ? 0.75f * r : 0.0f,
              size = i ? r * sx_ph_range(&d, 0.4f, 0.7f) : r;
        sx_ph_point p = sx_ph_body_point(&b, u + off * cosf(a), v + off * sinf(a));
        float deep = hole ? (i ? 0.4f : 0.95f) * b.half_depth : size;
        sx_ph_add_ellipsoid(view->scene, p, size, size * sx_ph_range(&d, 0.75f, 1.0f), deep, a, &m);
        sx_ph_extent_add(&e, p, size + 0.8f);
    }
    return e;
}

sx_ph_extent sx_ph_lesion_add(const sx_ph_view *view, const sx_ph_lesion *l) {
    switch (l->finding) {
    case SX_PHANTOM_OSTEOPHYTE:
        return spur(view, l);
    case SX_PHANTOM_DISC:
        return disc(view, l);
    case SX_PHANTOM_STENOSIS:
        return stenosis(view, l);
    case SX_PHANTOM_SLIP:
        return slip(view, l);
    case SX_PHANTOM_COLLAPSE:
        return collapse(view, l);
    case SX_PHANTOM_IMPLANT:
        return sx_ph_implant_add(view, l);
    default:
        return other(view, l);
    }
}
