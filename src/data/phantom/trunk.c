/* The outline of neck and trunk, and the tissue between skin and skin, a row at a time. */
#include "data/phantom/view.h"

#define SOFT 0.0185f /* attenuation of soft tissue per mm, hardened beam */

/* At a vertebra's height: half width; skin in front of and behind the body's middle (mm, a man). */
static const struct girth {
    int level;
    float below; /* mm below that vertebra */
    float width, front, back;
} girths[] = {
    { 0, -120.0f, 62.0f, 90.0f, 100.0f },  { 0, -40.0f, 70.0f, 108.0f, 84.0f },
    { 1, 0.0f, 62.0f, 104.0f, 56.0f },     { 2, 0.0f, 57.0f, 74.0f, 54.0f },
    { 4, 0.0f, 58.0f, 50.0f, 56.0f },      { 6, 0.0f, 76.0f, 56.0f, 58.0f },
    { 7, 8.0f, 150.0f, 74.0f, 62.0f },     { 9, 0.0f, 198.0f, 112.0f, 66.0f },
    { 14, 0.0f, 172.0f, 172.0f, 60.0f },   { 18, 0.0f, 156.0f, 172.0f, 60.0f },
    { 21, 0.0f, 146.0f, 142.0f, 66.0f },   { 23, 0.0f, 160.0f, 128.0f, 80.0f },
    { 24, 60.0f, 180.0f, 124.0f, 92.0f },  { 24, 170.0f, 186.0f, 108.0f, 84.0f },
    { 24, 400.0f, 170.0f, 100.0f, 80.0f },
};
enum { GIRTHS = (int)(sizeof girths / sizeof girths[0]) };

typedef struct slice {
    float y, x, z_front, z_back, width;
} slice;

static slice slice_of(const sx_ph_patient *p, int i) {
    const struct girth *g = &girths[i];
    const sx_ph_vertebra *v = &p->spine[g->level];
    float k = p->size * (g->level > 6 ? p->girth : 1.0f);
    slice s = { v->at.y + g->below * p->size, v->at.x, 0.0f, 0.0f, g->width * k };
    float z = g->level == SX_PH_S1 ? -20.0f : v->at.z;
    s.z_front = z + g->front * k;
    s.z_back = z - g->back * (0.5f * k + 0.5f * p->size);
    return s;
}

static float smooth(float t) {
    return t * t * (3.0f - 2.0f * t);
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
        t = smooth(t < 0.0f ? 0.0f : t > 1.0f ? 1.0f : t);
        const slice *a = &s[i], *b = &s[i + 1];
        float width = a->width + t * (b->width - a->width), x = a->x + t * (b->x - a->x);
        float front = a->z_front + t * (b->z_front - a->z_front),
              back = a->z_back + t * (b->z_back - a->z_back);
        float half = view->lateral ? 0.5f * (front - back) : width;
        float middle = view->lateral ? view->facing * 0.5f * (front + back) : x;
        float depth = SOFT * (view->lateral ? 2.0f * width : front - back);
        /* arms are raised in a lateral film: shoulders are less in the way than they are wide */
        if (view->lateral && depth > SOFT * 310.0f) depth = SOFT * (310.0f + 0.3f * (depth / SOFT - 310.0f));
        float *out = sum + (size_t)row * (size_t)scene->width;
        float blunt = view->lateral ? -view->facing : 0.0f;
        float u0 = (view->x0 + 0.5f / scene->scale - middle) / half, du = 1.0f / (scene->scale * half);
        for (int c = 0; c < scene->width; c++) {
            float u = u0 + du * (float)c, q = u * u;
            /* the back is flat, the belly round */
            float left = 1.0f - (u * blunt > 0.0f ? q * q * (0.2f + 0.8f * q * q) : q * (0.35f + 0.65f * q));
            out[c] = left > 0.0f ? depth * sqrtf(left) : 0.0f;
        }
    }
}
