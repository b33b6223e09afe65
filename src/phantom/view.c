#include "phantom/view.h"

sx_ph_point sx_ph_project(const sx_ph_view *view, sx_ph_vec p) {
    float x = view->lateral ? view->facing * p.z : p.x, depth;
    float cx = view->lateral ? view->facing * view->centre.z : view->centre.x;
    depth = view->lateral ? p.x - view->centre.x : p.z - view->centre.z;
    float f = view->distance / (view->distance - depth);
    return (sx_ph_point){ cx + (x - cx) * f, view->centre.y + (p.y - view->centre.y) * f };
}

sx_ph_point sx_ph_project_local(const sx_ph_view *view, const sx_ph_vertebra *v, float left,
                                float up, float forward) {
    return sx_ph_project(view, sx_ph_local(v, left, up, forward));
}

void sx_ph_bar_3d(const sx_ph_view *view, sx_ph_vec a, sx_ph_vec b, float ra, float rb, float flat,
                  const sx_ph_material *m) {
    sx_ph_point p = sx_ph_project(view, a), q = sx_ph_project(view, b);
    float dx = b.x - a.x, dy = b.y - a.y, dz = b.z - a.z,
          length = sqrtf(dx * dx + dy * dy + dz * dz);
    float ex = q.x - p.x, ey = q.y - p.y, seen = sqrtf(ex * ex + ey * ey), ends = 0.8f * (ra + rb);
    sx_ph_add_bar(view->scene, p, q, ra, rb, flat * fmaxf(1.0f, (length + ends) / (seen + ends)),
                  m);
}

void sx_ph_path_3d(const sx_ph_view *view, const sx_ph_vec *p, const float *r, int n, float flat,
                   bool round_ends, const sx_ph_material *m) {
    sx_ph_point q[SX_PH_PATH];
    float depth[SX_PH_PATH];
    if (n > SX_PH_PATH) n = SX_PH_PATH;
    for (int i = 0; i < n; i++)
        q[i] = sx_ph_project(view, p[i]);
    for (int i = 0; i + 1 < n; i++) {
        float dx = p[i + 1].x - p[i].x, dy = p[i + 1].y - p[i].y, dz = p[i + 1].z - p[i].z;
        float ex = q[i + 1].x - q[i].x, ey = q[i + 1].y - q[i].y;
        float length = sqrtf(dx * dx + dy * dy + dz * dz), seen = sqrtf(ex * ex + ey * ey);
        depth[i] = flat * fminf(6.0f, (length + 1.0f) / (seen + 1.0f));
    }
    sx_ph_add_path(view->scene, q, r, depth, n, round_ends, m);
}

/* Change of depth along the beam per mm that the end plate rises or falls. */
static float inclination(const sx_ph_view *view, const sx_ph_vertebra *v) {
    float ray_y = (v->at.y - view->centre.y) / view->distance;
    float along = view->lateral ? v->up.x : v->up.z, ux = view->lateral ? v->up.z : v->up.x;
    return (along + ray_y * v->up.y) / sqrtf(ux * ux + v->up.y * v->up.y);
}

sx_ph_body sx_ph_body_of(const sx_ph_view *view, const sx_ph_vertebra *v, int level) {
    bool neck = level < SX_PH_T1;
    float h = v->half_height, cup = neck ? 1.0f : level < SX_PH_T12 ? 0.9f : 1.5f;
    cup = fmaxf(0.3f, cup + (neck ? 0.5f : 1.0f) * v->cup);
    float front = v->loss_front, back = v->loss_back, middle = v->loss_middle;
    cup += 1.1f * fmaxf(0.0f, 0.8f - view->patient->density); /* soft bone yields to the discs */
    float upper_cup = neck && !view->lateral ? 2.8f : cup;
    float ux = view->lateral ? view->facing * v->up.z : v->up.x;
    sx_ph_body b = { .at = sx_ph_project(view, v->at),
                     .turn = atan2f(ux, -v->up.y),
                     .bone = view->bone };
    b.half_width = view->lateral ? v->half_depth : v->half_width;
    b.half_depth = view->lateral ? v->half_width : v->half_depth;
    b.waist = neck ? 0.07f : view->lateral ? 0.11f : 0.16f;
    float edge = 0.5f * (front + back);
    b.upper[0] = -h + edge;
    b.upper[1] = view->lateral ? view->facing * 0.5f * (front - back + v->wedge) : 0.0f;
    b.upper[2] = upper_cup + middle - edge;
    b.lower[0] = h;
    b.lower[2] = -cup - (middle > edge ? 0.45f * (middle - edge) : 0.0f);
    b.plate = neck ? 0.7f : 1.15f;
    b.slope_upper = b.slope_lower = inclination(view, v);
    if (!view->lateral) b.slope_upper += 0.5f * (front - back) / v->half_depth;
    if (edge + middle > 0.0f) { /* impacted bone is denser, and bulges */
        b.bone.core *= 1.35f;
        b.half_width *= 1.04f;
        b.waist *= 0.3f;
    }
    return b;
}

sx_ph_point sx_ph_body_point(const sx_ph_body *b, float u, float v) {
    float c = cosf(b->turn), s = sinf(b->turn);
    return (sx_ph_point){ b->at.x + c * u - s * v, b->at.y + s * u + c * v };
}

typedef struct field {
    int top, bottom; /* the film's middle lies between these two vertebrae */
    float width, width_side, height, distance;
} field;

static field field_of(sx_phantom_region region) {
    switch (region) {
    case SX_PHANTOM_CERVICAL:
        return (field){ 1, 8, 160.0f, 180.0f, 225.0f, 1500.0f };
    case SX_PHANTOM_THORACIC:
        return (field){ 7, 19, 235.0f, 250.0f, 370.0f, 1100.0f };
    case SX_PHANTOM_FULL:
        return (field){ 2, 24, 340.0f, 340.0f, 860.0f, 1900.0f };
    default:
        return (field){ 18, 24, 205.0f, 205.0f, 325.0f, 1050.0f };
    }
}

static void set_materials(sx_ph_view *view) {
    float d = view->patient->density;
    float cortical = 0.044f + 0.016f * d;
    view->bone = (sx_ph_material){ 0.0078f * d + 0.0012f, cortical, 0.75f, 0.26f, 0.10f };
    view->spongy = (sx_ph_material){ 0.0095f * d + 0.002f, 0.75f * cortical, 0.9f, 0.22f, 0.08f };
    view->thin = (sx_ph_material){ 0.007f * d + 0.003f, 0.85f * cortical, 0.9f, 0.1f, 0.0f };
}

void sx_ph_view_set(sx_ph_view *view, const sx_ph_patient *patient, sx_phantom_region region,
                    bool lateral, uint64_t seed, size_t index) {
    sx_ph_draw d = sx_ph_draw_start("phantom field", seed, index);
    field f = field_of(region);
    const sx_ph_vertebra *top = &patient->spine[f.top], *bottom = &patient->spine[f.bottom];
    *view = (sx_ph_view){ .lateral = lateral, .region = region, .patient = patient };
    view->middle = (f.top + f.bottom) / 2;
    view->facing = sx_ph_chance(&d, 0.75f) ? -1.0f : 1.0f;
    view->distance = f.distance * sx_ph_range(&d, 0.93f, 1.07f);
    float size = sqrtf(patient->size), zoom = size * sx_ph_range(&d, 0.93f, 1.08f);
    float height = f.height * zoom;
    float width = (lateral ? f.width_side : f.width) * size *
                  sx_ph_range(&d, region == SX_PHANTOM_FULL ? 0.9f : 0.74f, 1.1f);
    view->centre.x = 0.5f * (top->at.x + bottom->at.x) + sx_ph_normal(&d, 0.0f, 5.0f);
    view->centre.y = 0.5f * (top->at.y + bottom->at.y) + sx_ph_normal(&d, 0.0f, 8.0f);
    view->centre.z = 0.5f * (top->at.z + bottom->at.z) + sx_ph_normal(&d, 8.0f, 7.0f);
    if (region == SX_PHANTOM_FULL) view->centre.z += 20.0f;
    float cx = lateral ? view->facing * view->centre.z : view->centre.x;
    view->x0 = cx - 0.5f * width;
    view->x1 = cx + 0.5f * width;
    view->y0 = view->centre.y - 0.5f * height;
    view->y1 = view->centre.y + 0.5f * height;
    set_materials(view);
}
