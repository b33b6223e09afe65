#include "phantom/spine.h"

#include <math.h>

#include "phantom/phantom_rng.h"

/* half width, half depth, half height, disc below (mm, a man), sagittal tilt (degrees) */
static const struct level {
    float width, depth, height, disc, tilt;
} levels[SX_PH_LEVELS] = {
    { 11.0f, 6.0f, 5.2f, 1.6f, -6.0f }, /* C1: its arch and lateral masses are drawn separately */
    { 8.5f, 7.5f, 9.8f, 4.0f, -1.0f },  /* C2; the dens is drawn separately */
    { 8.8f, 7.6f, 7.2f, 4.2f, 1.0f },      { 9.0f, 7.7f, 7.1f, 4.3f, 4.0f },
    { 9.3f, 7.8f, 7.0f, 4.5f, 8.0f },      { 9.8f, 8.0f, 7.0f, 4.6f, 13.0f },
    { 10.8f, 8.2f, 7.6f, 4.2f, 19.0f },    { 13.0f, 9.2f, 8.2f, 3.4f, 23.0f },
    { 13.2f, 9.8f, 8.8f, 3.2f, 22.0f },    { 12.8f, 10.5f, 9.1f, 3.1f, 19.0f },
    { 12.6f, 11.3f, 9.4f, 3.2f, 15.0f },   { 12.8f, 12.2f, 9.7f, 3.4f, 11.0f },
    { 13.2f, 13.1f, 10.0f, 3.7f, 6.5f },   { 13.7f, 13.8f, 10.2f, 3.9f, 2.0f },
    { 14.4f, 14.4f, 10.6f, 4.2f, -3.0f },  { 15.2f, 15.1f, 10.9f, 4.5f, -7.0f },
    { 16.2f, 15.5f, 11.3f, 5.0f, -10.5f }, { 17.6f, 15.8f, 12.0f, 5.4f, -13.0f },
    { 19.2f, 16.3f, 12.6f, 6.1f, -14.0f }, { 20.6f, 16.9f, 13.3f, 6.9f, -13.0f },
    { 21.6f, 17.5f, 13.7f, 7.8f, -8.0f },  { 22.8f, 18.2f, 14.0f, 8.6f, 0.0f },
    { 24.2f, 18.6f, 14.0f, 9.3f, 10.0f },  { 25.6f, 18.8f, 13.8f, 8.6f, 24.0f },
    { 26.5f, 18.4f, 15.0f, 0.0f, 39.0f },
};

const char *sx_ph_level_name(int level) {
    static const char *const names[SX_PH_LEVELS] = { "C1", "C2", "C3",  "C4",  "C5",  "C6", "C7",
                                                     "T1", "T2", "T3",  "T4",  "T5",  "T6", "T7",
                                                     "T8", "T9", "T10", "T11", "T12", "L1", "L2",
                                                     "L3", "L4", "L5",  "S1" };
    return level >= 0 && level < SX_PH_LEVELS ? names[level] : "?";
}

void sx_ph_patient_draw(sx_ph_patient *p, uint64_t seed, uint64_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom patient", seed, study);
    *p = (sx_ph_patient){ 0 };
    p->sex = sx_ph_chance(&d, 0.379f) ? 'M' : 'F'; /* the share in the paper's training set */
    float age = sx_ph_normal(&d, 49.0f, 16.0f);
    p->age = (int)fminf(fmaxf(age, 8.0f), 94.0f);
    p->size = (p->sex == 'M' ? 1.0f : 0.92f) * sx_ph_normal(&d, 0.98f, 0.04f);
    if (p->age < 17) p->size *= 0.72f + 0.28f * (float)p->age / 17.0f;
    float lost = fmaxf(0.0f, ((float)p->age - 40.0f) / 55.0f) * (p->sex == 'F' ? 0.62f : 0.42f);
    p->density = fmaxf(0.3f, sx_ph_normal(&d, 1.0f - lost, 0.10f));
    p->girth = fmaxf(0.82f, sx_ph_normal(&d, 1.0f, 0.09f));
    p->wear =
        fminf(1.0f, fmaxf(0.0f, ((float)p->age - 30.0f) / 50.0f + sx_ph_normal(&d, 0.0f, 0.15f)));
}

sx_ph_vec sx_ph_local(const sx_ph_vertebra *v, float left, float up, float forward) {
    return (sx_ph_vec){ v->at.x + left * v->left.x + up * v->up.x + forward * v->forward.x,
                        v->at.y + left * v->left.y + up * v->up.y + forward * v->forward.y,
                        v->at.z + left * v->left.z + up * v->up.z + forward * v->forward.z };
}

/* Axes of a vertebra tilted forwards by `sagittal`, to the left by `coronal`, turned about its own
 * axis by `axial` (radians). */
static void set_axes(sx_ph_vertebra *v, float sagittal, float coronal, float axial) {
    float cs = cosf(sagittal), ss = sinf(sagittal), cc = cosf(coronal), sc = sinf(coronal);
    sx_ph_vec up = { sc * cs, -cc * cs, ss };
    sx_ph_vec left = { cc, sc, 0.0f };
    sx_ph_vec forward = { -sc * ss, cc * ss, cs };
    float ca = cosf(axial), sa = sinf(axial);
    v->up = up;
    v->left = (sx_ph_vec){ left.x * ca + forward.x * sa, left.y * ca + forward.y * sa,
                           left.z * ca + forward.z * sa };
    v->forward = (sx_ph_vec){ forward.x * ca - left.x * sa, forward.y * ca - left.y * sa,
                              forward.z * ca - left.z * sa };
    v->tilt = sagittal;
}

typedef struct curve {
    float lordosis, kyphosis, slope; /* factors and an angle on the table's sagittal profile */
    float coronal, middle, spread;   /* a scoliotic curve: radians, level, levels */
    float second;                    /* its counter-curve, a fraction */
    float axial;                     /* rotation of the whole patient */
} curve;

static curve draw_curve(const sx_ph_patient *p, uint64_t seed, uint64_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom curvature", seed, study);
    curve c;
    c.lordosis = fmaxf(0.45f, sx_ph_normal(&d, 1.0f - 0.15f * p->wear, 0.16f));
    c.kyphosis = fmaxf(0.5f, sx_ph_normal(&d, 1.0f + 0.2f * p->wear, 0.16f));
    c.slope = sx_ph_normal(&d, 0.0f, 0.06f);
    float degrees =
        sx_ph_chance(&d, 0.18f) ? sx_ph_range(&d, 5.0f, 17.0f) : sx_ph_range(&d, 0.0f, 3.0f);
    c.coronal = (sx_ph_chance(&d, 0.5f) ? 1.0f : -1.0f) * degrees * 0.0174533f;
    c.middle = sx_ph_range(&d, 12.0f, 22.0f);
    c.spread = sx_ph_range(&d, 3.5f, 6.0f);
    c.second = sx_ph_range(&d, 0.2f, 0.8f);
    c.axial = sx_ph_normal(&d, 0.0f, 0.035f);
    return c;
}

/* The coronal angle is an odd function around the middle of a curve; its derivative gives the
 * rotation. */
static void orient(sx_ph_vertebra *v, int level, const curve *c, float jitter, float forwards) {
    float table = levels[level].tilt * 0.0174533f;
    float lumbar = (float)level / 24.0f;
    float factor = level >= SX_PH_T12 - 2 ? c->lordosis : c->kyphosis;
    float sagittal = table * factor + c->slope * lumbar + forwards;
    float t = ((float)level - c->middle) / c->spread, bell = expf(-0.5f * t * t);
    float s = t + 2.4f, counter = expf(-0.5f * s * s) * c->second;
    float coronal = c->coronal * (t * bell - s * counter) * 1.4f + jitter;
    float axial = c->axial + c->coronal * 0.9f * (bell - counter);
    set_axes(v, sagittal, coronal, axial);
}

static void set_size(const sx_ph_patient *p, sx_ph_vertebra *v, int level, sx_ph_draw *d) {
    const struct level *l = &levels[level];
    float k = p->size;
    v->half_width = l->width * k * sx_ph_normal(d, 1.0f, 0.025f);
    v->half_depth = l->depth * k * sx_ph_normal(d, 1.0f, 0.025f);
    v->half_height = l->height * k * sx_ph_normal(d, 1.0f, 0.02f);
    v->disc = l->disc * k * fmaxf(0.8f, sx_ph_normal(d, 1.0f - 0.06f * p->wear, 0.06f));
    v->cup = sx_ph_normal(d, 0.3f * p->wear, 0.3f) * k;
    v->wedge = sx_ph_normal(d, 0.0f, 0.45f) * k;
}

static void apply_lesions(sx_ph_patient *p) {
    for (int i = 0; i < p->lesion_count; i++) {
        const sx_ph_lesion *l = &p->lesions[i];
        sx_ph_vertebra *v = &p->spine[l->level];
        float tall = 2.0f * v->half_height;
        switch (l->finding) {
        case SX_PHANTOM_DISC:
            v->disc *= 0.52f - 0.34f * l->severity;
            break;
        case SX_PHANTOM_SLIP:
            v->slip = 2.0f * v->half_depth * (0.14f + 0.34f * l->severity);
            break;
        case SX_PHANTOM_COLLAPSE: { /* wedge: the front; biconcave: the middle; crush: all of it */
            float lost =
                tall * (l->kind == 1 ? 0.20f + 0.16f * l->severity : 0.30f + 0.32f * l->severity);
            v->loss_front = l->kind == 1 ? 0.4f * lost : lost;
            v->loss_middle = l->kind == 1 ? lost : 0.75f * lost;
            v->loss_back = l->kind == 2 ? 0.8f * lost : l->kind == 1 ? 0.35f * lost : 0.12f * lost;
            break;
        }
        default:
            break;
        }
    }
}

void sx_ph_spine_build(sx_ph_patient *p, uint64_t seed, uint64_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom vertebrae", seed, study);
    curve c = draw_curve(p, seed, study);
    for (int i = 0; i < SX_PH_LEVELS; i++) {
        sx_ph_vertebra *v = &p->spine[i];
        *v = (sx_ph_vertebra){ 0 };
        set_size(p, v, i, &d);
    }
    apply_lesions(p);
    float forwards = 0.0f; /* kyphosis that wedge fractures add to all vertebrae above them */
    sx_ph_vec foot = { 0.0f, 0.0f, 0.0f };
    for (int i = SX_PH_S1; i >= 0; i--) {
        sx_ph_vertebra *v = &p->spine[i];
        orient(v, i, &c, sx_ph_normal(&d, 0.0f, 0.008f), forwards);
        float rise = v->half_height, drop = 0.0f;
        if (i == SX_PH_S1) {
            v->at = (sx_ph_vec){ -rise * v->up.x, -rise * v->up.y, -rise * v->up.z };
        } else {
            const sx_ph_vertebra *w = &p->spine[i + 1];
            float gap = 0.5f * v->disc;
            drop = rise + gap;
            v->at = (sx_ph_vec){ foot.x + gap * w->up.x + v->slip * w->forward.x + drop * v->up.x,
                                 foot.y + gap * w->up.y + v->slip * w->forward.y + drop * v->up.y,
                                 foot.z + gap * w->up.z + v->slip * w->forward.z + drop * v->up.z };
        }
        float lost =
            fminf(v->loss_front, v->loss_back) * 0.5f + 0.25f * (v->loss_front + v->loss_back);
        float top = v->half_height - lost;
        foot = (sx_ph_vec){ v->at.x + top * v->up.x, v->at.y + top * v->up.y,
                            v->at.z + top * v->up.z };
        forwards += 0.5f * (v->loss_front - v->loss_back) / (2.0f * v->half_depth);
    }
}
