#include "phantom/phantom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/vindr_classes.h"
#include "phantom/lesion.h"
#include "phantom/marker.h"
#include "phantom/physics.h"
#include "phantom/view.h"

const char *sx_phantom_finding_name(sx_phantom_finding f) {
    static const sx_vindr_class classes[SX_PHANTOM_FINDINGS] = {
        SX_VINDR_DISC_SPACE_NARROWING, SX_VINDR_FORAMINAL_STENOSIS, SX_VINDR_OSTEOPHYTES,
        SX_VINDR_SPONDYLOLYSTHESIS,    SX_VINDR_SURGICAL_IMPLANT,   SX_VINDR_VERTEBRAL_COLLAPSE,
        SX_VINDR_OTHER_LESIONS,
    };
    return f >= 0 && f < SX_PHANTOM_FINDINGS ? sx_vindr_class_name(classes[f]) : "?";
}

const char *sx_phantom_region_name(sx_phantom_region r) {
    static const char *const names[] = { "any", "cervical", "thoracic", "lumbar", "full" };
    return (unsigned)r < sizeof names / sizeof names[0] ? names[r] : "?";
}

void sx_phantom_film_free(sx_phantom_film *film) {
    sx_image_free(&film->image);
    *film = (sx_phantom_film){ 0 };
}

static sx_phantom_region draw_region(uint64_t seed, uint64_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom region", seed, study);
    float u = sx_ph_unit(&d);
    return u < 0.58f   ? SX_PHANTOM_LUMBAR
           : u < 0.80f ? SX_PHANTOM_CERVICAL
           : u < 0.93f ? SX_PHANTOM_THORACIC
                       : SX_PHANTOM_FULL;
}

/* Everything about a film except its pixels. */
typedef struct plan {
    sx_ph_patient patient;
    sx_ph_view view;
    sx_ph_scene scene;
    sx_ph_exposure exposure;
} plan;

static void draw_exposure(plan *p, uint64_t seed, size_t index) {
    sx_ph_draw d = sx_ph_draw_start("phantom exposure", seed, index);
    const sx_ph_scene *s = &p->scene;
    sx_ph_exposure *e = &p->exposure;
    bool lateral = p->view.lateral;
    float spacing = 1.0f / s->scale;
    float dose = sx_ph_range(&d, 0.0f, 1.0f); /* quanta per square mm, on a logarithmic scale */
    e->counts = (lateral ? 3200.0f : 4500.0f) * powf(6.0f, dose) * spacing * spacing;
    e->scatter = sx_ph_range(&d, 0.15f, 0.55f) * (lateral ? 1.2f : 1.0f);
    e->spread = 45.0f;
    e->focus = fminf(1.4f, fmaxf(0.35f, sx_ph_range(&d, 0.14f, 0.34f) * s->scale));
    e->equalise =
        sx_ph_chance(&d, 0.25f) ? sx_ph_range(&d, 0.0f, 0.3f) : sx_ph_range(&d, 0.3f, 0.75f);
    e->reach = sx_ph_range(&d, 14.0f, 26.0f);
    if (p->view.region == SX_PHANTOM_THORACIC ||
        p->view.region == SX_PHANTOM_FULL) { /* lungs and abdomen */
        e->equalise = 0.45f + 0.5f * e->equalise;
        e->reach *= 1.6f;
    }
    e->sharpen = sx_ph_range(&d, 0.0f, 0.8f);
    e->low = sx_ph_range(&d, 0.005f, 0.03f);
    e->high = 1.0f - sx_ph_range(&d, 0.0015f, 0.01f);
    float soft = sx_ph_unit(&d); /* mostly low contrast, some high */
    e->depth = (0.12f + 0.75f * soft) * (lateral                                 ? 0.4f
                                         : p->view.region == SX_PHANTOM_CERVICAL ? 0.45f
                                                                                 : 1.0f);
    e->gamma = sx_ph_range(&d, 0.85f, 1.35f);
    float spine = sx_ph_project(&p->view, p->patient.rest[p->view.middle].at).x;
    float ahead = lateral && p->view.facing < 0.0f ? 40.0f : 75.0f,
          behind = lateral && p->view.facing > 0.0f ? 40.0f : 75.0f;
    e->left = (spine - behind - s->origin.x) * s->scale;
    e->right = (spine + ahead - s->origin.x) * s->scale;
    e->open_white = sx_ph_chance(&d, 0.12f);
    e->noise = sx_ph_draw_start("phantom quanta", seed, index).key;
    float w = (float)s->width, h = (float)s->height;
    e->cx = 0.5f * w;
    e->cy = 0.5f * h;
    e->hx = 2.0f * w;
    e->hy = 2.0f * h;
    if (sx_ph_chance(&d, 0.5f)) return; /* the film is the field */
    e->hx = w * sx_ph_range(&d, 0.455f, 0.51f);
    e->hy = h * sx_ph_range(&d, 0.47f, 0.51f);
    e->turn = sx_ph_normal(&d, 0.0f, 0.008f);
}

static void draw_format(sx_phantom_film *f, uint64_t seed, size_t index) {
    sx_ph_draw d = sx_ph_draw_start("phantom format", seed, index);
    static const int bits[] = { 12, 12, 12, 10, 11, 13, 14 };
    f->bits = bits[sx_ph_int(&d, 7)];
    f->inverted = sx_ph_chance(&d, 0.25f);
    f->window_width = sx_ph_chance(&d, 0.8f) ? sx_ph_range(&d, 0.7f, 0.98f) : 0.0f;
    f->window_center = sx_ph_range(&d, 0.48f, 0.52f);
}

static void leave_out(sx_ph_patient *p, int lesion) {
    if (lesion < 0 || lesion >= p->lesion_count) return;
    for (int i = lesion; i + 1 < p->lesion_count; i++)
        p->lesions[i] = p->lesions[i + 1];
    p->lesion_count--;
}

static void plan_film(plan *p, sx_phantom_film *f, uint64_t seed, size_t index,
                      const sx_phantom_options *o) {
    size_t study = index / 2;
    f->study = study;
    f->lateral = index & 1;
    f->region = o->region == SX_PHANTOM_ANY ? draw_region(seed, study) : o->region;
    sx_ph_patient_draw(&p->patient, seed, study);
    /* the field is placed by the healthy spine, so that lesions do not move it */
    sx_ph_spine_build(&p->patient, seed, study);
    memcpy(p->patient.rest, p->patient.spine, sizeof p->patient.rest);
    sx_ph_view_set(&p->view, &p->patient, f->region, f->lateral, seed, index);
    if (!o->healthy) {
        sx_ph_lesions_draw(&p->patient, f->region, o->mix, seed, study);
        leave_out(&p->patient, o->without - 1);
        sx_ph_spine_build(&p->patient, seed, study);
    }
    f->age = p->patient.age;
    f->sex = p->patient.sex;
    f->facing_left = f->lateral && p->view.facing < 0.0f;
    float wide = p->view.x1 - p->view.x0, high = p->view.y1 - p->view.y0, side = fmaxf(wide, high);
    float scale = (float)(o->long_side ? o->long_side : 1250) / side;
    sx_ph_scene_start(&p->scene, (int)(wide * scale + 0.5f), (int)(high * scale + 0.5f), scale,
                      (sx_ph_point){ p->view.x0, p->view.y0 });
    p->view.scene = &p->scene;
    f->spacing = 1.0f / scale;
    draw_format(f, seed, index);
    draw_exposure(p, seed, index);
    const sx_ph_exposure *e = &p->exposure;
    f->field = (sx_box){ fmaxf(0.0f, e->cx - e->hx), fmaxf(0.0f, e->cy - e->hy),
                         fminf((float)p->scene.width, e->cx + e->hx),
                         fminf((float)p->scene.height, e->cy + e->hy) };
}

/* The lesion's box: its extent clipped to film and field; left out if less than 60% of it
 * remains. */
static void add_box(sx_phantom_film *f, const plan *p, int lesion, const sx_ph_extent *e) {
    const sx_ph_lesion *l = &p->patient.lesions[lesion];
    const sx_ph_scene *s = &p->scene;
    if (e->x0 >= e->x1 || f->box_count == SX_PHANTOM_MAX_BOXES) return;
    float x0 = (e->x0 - s->origin.x) * s->scale, x1 = (e->x1 - s->origin.x) * s->scale;
    float y0 = (e->y0 - s->origin.y) * s->scale, y1 = (e->y1 - s->origin.y) * s->scale;
    const sx_box *in = &f->field;
    sx_box b = { fmaxf(x0, in->x0), fmaxf(y0, in->y0), fminf(x1, in->x1), fminf(y1, in->y1) };
    if (b.x0 >= b.x1 || b.y0 >= b.y1) return;
    if ((b.x1 - b.x0) * (b.y1 - b.y0) < 0.6f * (x1 - x0) * (y1 - y0)) return;
    f->boxes[f->box_count++] = (sx_phantom_box){ .finding = l->finding,
                                                 .box = b,
                                                 .severity = l->severity,
                                                 .level = l->level,
                                                 .lesion = lesion,
                                                 .kind = l->kind };
}

static void add_lesions(plan *p, sx_phantom_film *f) {
    for (int i = 0; i < p->patient.lesion_count; i++) {
        sx_ph_extent e = sx_ph_lesion_add(&p->view, &p->patient.lesions[i]);
        add_box(f, p, i, &e);
    }
}

static void add_anatomy(plan *p, uint64_t seed, size_t study, size_t index) {
    const sx_ph_view *v = &p->view;
    sx_ph_add_soft(v, seed, study);
    sx_ph_add_thorax(v, seed, study);
    sx_ph_add_pelvis(v);
    sx_ph_add_head(v);
    sx_ph_add_spine(v);
    sx_ph_add_marker(v, seed, index);
}

typedef struct rows_job {
    const plan *p;
    const float *grain, *mottle;
    float *sum;
    sx_phantom_film *film;
} rows_job;

static void integrate_rows(void *ctx, size_t begin, size_t end) {
    rows_job *j = ctx;
    sx_ph_trunk_rows(&j->p->view, (int)begin, (int)end, j->sum);
    sx_ph_scene_rows(&j->p->scene, (int)begin, (int)end, j->grain, j->mottle, j->sum);
}

static void store_rows(void *ctx, size_t begin, size_t end) {
    rows_job *j = ctx;
    const sx_phantom_film *f = j->film;
    size_t n = (size_t)f->image.width;
    uint16_t *out = sx_image_u16(&f->image);
    float top = (float)((1 << f->bits) - 1),
          width = f->window_width > 0.0f ? f->window_width : 1.0f;
    float center = f->window_width > 0.0f ? f->window_center : 0.5f;
    float base = (center - 0.5f * width) * top + 0.5f, scale = width * top;
    for (size_t i = begin * n; i < end * n; i++) {
        float v = base + scale * j->sum[i];
        v = v < 0.0f ? 0.0f : v > top ? top : v;
        out[i] = (uint16_t)(f->inverted ? top - v + 0.5f : v);
    }
}

static bool render(const sx_context *context, plan *p, sx_phantom_film *f, uint64_t seed,
                   size_t index, sx_error *err) {
    const sx_ph_scene *s = &p->scene;
    size_t pixels = (size_t)s->width * (size_t)s->height;
    const size_t tile = SX_PH_TILE * SX_PH_TILE;
    if (s->failed) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the phantom's scene");
    if (!sx_image_new(&f->image, s->width, s->height, 1, 16, err)) return false;
    float *grain = sx_calloc_for(2 * tile, sizeof *grain, "textures", err);
    float *sum = sx_aligned_alloc(pixels * sizeof *sum);
    bool ok = grain && sum;
    if (grain && !sum)
        (void)sx_fail(err, SX_ERR_MEMORY, "out of memory for a film of %d x %d", s->width,
                      s->height);
    rows_job j = { p, grain, grain ? grain + tile : NULL, sum, f };
    if (ok) ok = sx_ph_textures(grain, grain + tile, s->scale, seed, index, err);
    if (ok) {
        sx_parallel_for(context, (size_t)s->height, 16, integrate_rows, &j);
        ok = sx_ph_expose(context, sum, s->width, s->height, s->scale, &p->exposure, err);
    }
    if (ok) sx_parallel_for(context, (size_t)s->height, 16, store_rows, &j);
    sx_aligned_free(sum);
    free(grain);
    return ok;
}

static bool make_film(const sx_context *context, sx_phantom_film *f, uint64_t seed, size_t index,
                      const sx_phantom_options *options, bool pixels, sx_error *err) {
    static const sx_phantom_options none = { 0 };
    const sx_phantom_options *o = options ? options : &none;
    *f = (sx_phantom_film){ 0 };
    if (o->long_side && (o->long_side < 64 || o->long_side > 8192))
        return sx_fail(err, SX_ERR_USAGE,
                       "a phantom's longer side must be from 64 to 8192 pixels, not %d",
                       o->long_side);
    plan *p = sx_calloc_for(1, sizeof *p, "a phantom", err);
    if (!p) return false;
    plan_film(p, f, seed, index, o);
    f->image.width = p->scene.width;
    f->image.height = p->scene.height;
    if (pixels) add_anatomy(p, seed, index / 2, index);
    add_lesions(p, f);
    bool ok = !pixels || render(context, p, f, seed, index, err);
    sx_ph_scene_free(&p->scene);
    free(p);
    float top = (float)((1 << f->bits) - 1);
    f->window_center = f->inverted ? (1.0f - f->window_center) * top : f->window_center * top;
    f->window_width *= top;
    if (!ok) sx_phantom_film_free(f);
    return ok;
}

bool sx_phantom_draw(const sx_context *context, sx_phantom_film *film, uint64_t seed, size_t index,
                     const sx_phantom_options *options, sx_error *err) {
    return make_film(context, film, seed, index, options, true, err);
}

bool sx_phantom_plan(sx_phantom_film *film, uint64_t seed, size_t index,
                     const sx_phantom_options *options, sx_error *err) {
    return make_film(NULL, film, seed, index, options, false, err);
}
