/* The outline of neck and trunk, and the tissue inside it, one row at a time. */
#include "phantom/view.h"

#define SOFT 0.0185f /* attenuation of soft tissue per mm, hardened beam */

/* At a vertebra's height: half width; skin in front of and behind the body's middle (mm, a man). */
static const struct girth {
    int level;
    float below;                    /* mm below that vertebra */
    float width, side, front, back; /* side: half width in a lateral film, with the arms raised */
} girths[] = {
    { 0, -120.0f, 62.0f, 62.0f, 90.0f, 100.0f },   { 0, -40.0f, 70.0f, 70.0f, 108.0f, 84.0f },
    { 1, 0.0f, 62.0f, 58.0f, 104.0f, 56.0f },      { 2, 0.0f, 57.0f, 55.0f, 74.0f, 54.0f },
    { 4, 0.0f, 58.0f, 56.0f, 52.0f, 56.0f },       { 6, 0.0f, 72.0f, 72.0f, 56.0f, 58.0f },
    { 7, 8.0f, 128.0f, 94.0f, 72.0f, 61.0f },      { 8, 14.0f, 176.0f, 112.0f, 94.0f, 64.0f },
    { 10, 0.0f, 194.0f, 130.0f, 132.0f, 65.0f },   { 14, 0.0f, 172.0f, 142.0f, 168.0f, 62.0f },
    { 18, 0.0f, 156.0f, 146.0f, 170.0f, 60.0f },   { 21, 0.0f, 146.0f, 142.0f, 146.0f, 66.0f },
    { 23, 0.0f, 158.0f, 154.0f, 128.0f, 79.0f },   { 24, 60.0f, 178.0f, 170.0f, 122.0f, 92.0f },
    { 24, 170.0f, 186.0f, 172.0f, 108.0f, 84.0f }, { 24, 400.0f, 170.0f, 160.0f, 100.0f, 80.0f },
};
enum { GIRTHS = (int)(sizeof girths / sizeof girths[0]) };

typedef struct slice {
    float y, x, z_front, z_back, width, side;
} slice;

static slice slice_of(const sx_ph_patient *p, int i) {
    const struct girth *g = &girths[i];
    const sx_ph_vertebra *v = &p->rest[g->level];
    float k = p->size * (g->level > 6 ? p->girth : 1.0f);
    slice s = { v->at.y + g->below * p->size, v->at.x, 0.0f, 0.0f, g->width * k, g->side * k };
    float z = g->level == SX_PH_S1 ? -20.0f : v->at.z;
    s.z_front = z + g->front * k;
    s.z_back = z - g->back * (0.5f * k + 0.5f * p->size);
    return s;
}

/* Interpolation between b and c with a continuous slope (Catmull-Rom): skin has no kinks. */
static float between(float a, float b, float c, float d, float t) {
    float t2 = t * t, t3 = t2 * t;
    return 0.5f * (2.0f * b + (c - a) * t + (2.0f * a - 5.0f * b + 4.0f * c - d) * t2 +
                   (3.0f * b - a - 3.0f * c + d) * t3);
}

void sx_ph_trunk_rows(const sx_ph_view *view, int row0, int row1, float *sum) {
    const sx_ph_scene *scene = view->scene;
    slice s[GIRTHS];
    for (int i = 0; i < GIRTHS; i++)
        s[i] = slice_of(view->patient, i);
    for (int row = row0; row < row1; row++) {
        float y = view->y0 + ((float)row + 0.5f) / scene->scale;
        int i = 0;
        while (i + 2 < GIRTHS && y > s[i + 1].y)
            i++;
        float t = (y - s[i].y) / (s[i + 1].y - s[i].y);
        t = t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t;
        const slice *b = &s[i], *c = b + 1, *a = i > 0 ? b - 1 : b, *d = i + 2 < GIRTHS ? c + 1 : c;
        float width = between(a->width, b->width, c->width, d->width, t);
        float side = between(a->side, b->side, c->side, d->side, t),
              x = between(a->x, b->x, c->x, d->x, t);
        float front = between(a->z_front, b->z_front, c->z_front, d->z_front, t);
        float back = between(a->z_back, b->z_back, c->z_back, d->z_back, t);
        float half = view->lateral ? 0.5f * (front - back) : width;
        float middle = view->lateral ? view->facing * 0.5f * (front + back) : x;
        float depth = SOFT * (view->lateral ? 2.0f * side : front - back);
        float *out = sum + (size_t)row * (size_t)scene->width;
        float blunt = view->lateral ? -view->facing : 0.0f;
        float u0 = (view->x0 + 0.5f / scene->scale - middle) / half,
              du = 1.0f / (scene->scale * half);
        for (int col = 0; col < scene->width; col++) {
            float u = u0 + du * (float)col, q = u * u;
            /* the back is flat, the belly round */
            float left =
                1.0f - (u * blunt > 0.0f ? q * q * (0.2f + 0.8f * q * q) : q * (0.35f + 0.65f * q));
            out[col] = left > 0.0f ? depth * sqrtf(left) : 0.0f;
        }
    }
}
