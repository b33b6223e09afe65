#include "data/augment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "data/augment_impl.h"
#include "image/resize.h"

static double stream_uniform(void *ctx) {
    sx_rng_draws *s = ctx;
    return sx_rng_unit(s->key, s->next++);
}
static int stream_integer(void *ctx, int low, int high) {
    sx_rng_draws *s = ctx;
    return low + (int)((sx_rng_u64(s->key, s->next++) >> 32) * (uint64_t)(high - low) >> 32);
}
static int stream_sign(void *ctx) {
    return stream_integer(ctx, 0, 2) ? 1 : -1;
}

sx_draws sx_draws_from_rng(sx_rng_draws *s) {
    return (sx_draws){ stream_uniform, stream_integer, stream_sign, s };
}

/* ---- the operations ---- */

typedef struct sample {
    sx_image *im;
    sx_film_box *boxes;
    size_t *count;
    const sx_draws *draws;
    sx_error *err;
} sample;

static bool color(const sample *s, double v) {
    sx_aug_color(s->im, v);
    return true;
}
static bool brightness(const sample *s, double v) {
    sx_aug_brightness(s->im, v);
    return true;
}
static bool contrast(const sample *s, double v) {
    sx_aug_contrast(s->im, v);
    return true;
}
static bool sharpness(const sample *s, double v) {
    return sx_aug_sharpness(s->im, 1 + s->draws->sign(s->draws->ctx) * v, s->err);
}
static bool auto_contrast(const sample *s, double v) {
    (void)v;
    sx_aug_auto_contrast(s->im);
    return true;
}
static bool equalize(const sample *s, double v) {
    (void)v;
    sx_aug_equalize(s->im);
    return true;
}
static bool solarize(const sample *s, double v) {
    sx_aug_solarize(s->im, v);
    return true;
}
static bool solarize_add(const sample *s, double v) {
    sx_aug_solarize_add(s->im, v);
    return true;
}
static bool posterize(const sample *s, double v) {
    sx_aug_posterize(s->im, v);
    return true;
}
static bool cutout(const sample *s, double v) {
    const int half = (int)v, y = s->draws->integer(s->draws->ctx, 0, s->im->height),
              x = s->draws->integer(s->draws->ctx, 0, s->im->width);
    sx_aug_fill(s->im, y - half, x - half, y + half, x + half);
    return true;
}
static bool box_cutout(const sample *s, double v) {
    if (*s->count == 0) return true;
    const sx_film_box *b = &s->boxes[s->draws->integer(s->draws->ctx, 0, (int)*s->count)];
    const int h = s->im->height, w = s->im->width;
    const int y0 = (int)(h * b->y0), y1 = (int)(h * b->y1), x0 = (int)(w * b->x0),
              x1 = (int)(w * b->x1);
    if (y1 < y0 || x1 < x0)
        return sx_fail(s->err, SX_ERR_VALUE, "cutout in a box whose sides are reversed");
    const int y = s->draws->integer(s->draws->ctx, y0, y1 + 1),
              x = s->draws->integer(s->draws->ctx, x0, x1 + 1);
    const int half_y = (int)(v * ((y1 - y0 + 1) / 2.0)), half_x = (int)(v * ((x1 - x0 + 1) / 2.0));
    sx_aug_fill(s->im, y - half_y, x - half_x, y + half_y, x + half_x);
    return true;
}
static bool rotate(const sample *s, double v) {
    if (!sx_aug_rotate(s->im, v, s->err)) return false;
    sx_aug_rotate_boxes(s->boxes, s->count, v, s->im->width, s->im->height);
    return true;
}
static bool translate_x(const sample *s, double v) {
    if (!sx_aug_translate(s->im, v, 0, s->err)) return false;
    sx_aug_translate_boxes(s->boxes, s->count, v, 0, s->im->width, s->im->height);
    return true;
}
static bool translate_y(const sample *s, double v) {
    if (!sx_aug_translate(s->im, 0, v, s->err)) return false;
    sx_aug_translate_boxes(s->boxes, s->count, 0, v, s->im->width, s->im->height);
    return true;
}
static bool shear_x(const sample *s, double v) {
    if (!sx_aug_shear(s->im, v, false, s->err)) return false;
    sx_aug_shear_boxes(s->boxes, s->count, v, false, s->im->width, s->im->height);
    return true;
}
static bool shear_y(const sample *s, double v) {
    if (!sx_aug_shear(s->im, v, true, s->err)) return false;
    sx_aug_shear_boxes(s->boxes, s->count, v, true, s->im->width, s->im->height);
    return true;
}

/* argument = level / 10 * scale + offset, truncated for whole numbers, signed for directions. */
static const struct {
    const char *name;
    bool (*apply)(const sample *s, double argument);
    double scale, offset;
    bool whole, directed;
} ops[SX_AUG_OPS] = {
    [SX_AUG_COLOR] = { "Color", color, 1.8, 0.1 },
    [SX_AUG_BRIGHTNESS] = { "Brightness", brightness, 1.8, 0.1 },
    [SX_AUG_CONTRAST] = { "Contrast", contrast, 1.8, 0.1 },
    [SX_AUG_SHARPNESS] = { "Sharpness", sharpness, 1.8, 0.1 },
    [SX_AUG_AUTO_CONTRAST] = { "AutoContrast", auto_contrast },
    [SX_AUG_EQUALIZE] = { "Equalize", equalize },
    [SX_AUG_SOLARIZE] = { "Solarize", solarize, 256, 0, true },
    [SX_AUG_SOLARIZE_ADD] = { "SolarizeAdd", solarize_add, 110, 0, true },
    [SX_AUG_POSTERIZE] = { "Posterize", posterize, 4, 0, true },
    [SX_AUG_CUTOUT] = { "Cutout", cutout, 100, 0, true },
    [SX_AUG_BOX_CUTOUT] = { "BBox_Cutout", box_cutout, 0.75 },
    [SX_AUG_ROTATE] = { "Rotate_BBox", rotate, 30, 0, false, true },
    [SX_AUG_TRANSLATE_X] = { "TranslateX_BBox", translate_x, 250, 0, false, true },
    [SX_AUG_TRANSLATE_Y] = { "TranslateY_BBox", translate_y, 250, 0, false, true },
    [SX_AUG_SHEAR_X] = { "ShearX_BBox", shear_x, 0.3, 0, false, true },
    [SX_AUG_SHEAR_Y] = { "ShearY_BBox", shear_y, 0.3, 0, false, true },
};

const char *sx_augment_name(sx_augment_op op) {
    return ops[op].name;
}

double sx_augment_argument(sx_augment_op op, int level, bool positive) {
    const double v = level / 10.0 * ops[op].scale + ops[op].offset;
    if (ops[op].whole) return trunc(v);
    return ops[op].directed && !positive ? -v : v;
}

bool sx_augment_apply(sx_augment_op op, double argument, sx_image *im, sx_film_box *boxes,
                      size_t *count, const sx_draws *draws, sx_error *err) {
    if (im->bits != 8 || (im->channels != 1 && im->channels != 3))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "cannot augment an image of %d channels of %d bits",
                       im->channels, im->bits);
    return ops[op].apply(&(sample){ im, boxes, count, draws, err }, argument);
}

/* ---- the policy ---- */

enum { LISTS = 15, LONGEST = 3 };

typedef struct step {
    sx_augment_op op;
    double probability;
    int level;
} step;

static const struct {
    int count;
    step steps[LONGEST];
} policy[LISTS] = {
    { 3, { { SX_AUG_COLOR, 0.0, 6 }, { SX_AUG_CUTOUT, 0.6, 8 }, { SX_AUG_SHARPNESS, 0.4, 8 } } },
    { 3, { { SX_AUG_ROTATE, 0.4, 8 }, { SX_AUG_SHARPNESS, 0.4, 2 }, { SX_AUG_ROTATE, 0.8, 10 } } },
    { 2, { { SX_AUG_TRANSLATE_Y, 1.0, 8 }, { SX_AUG_AUTO_CONTRAST, 0.8, 2 } } },
    { 3,
      { { SX_AUG_AUTO_CONTRAST, 0.4, 6 },
        { SX_AUG_SHEAR_X, 0.8, 8 },
        { SX_AUG_BRIGHTNESS, 0.0, 10 } } },
    { 3,
      { { SX_AUG_SOLARIZE_ADD, 0.2, 6 },
        { SX_AUG_CONTRAST, 0.0, 10 },
        { SX_AUG_AUTO_CONTRAST, 0.6, 0 } } },
    { 3, { { SX_AUG_CUTOUT, 0.2, 0 }, { SX_AUG_SOLARIZE, 0.8, 8 }, { SX_AUG_COLOR, 1.0, 4 } } },
    { 3,
      { { SX_AUG_TRANSLATE_Y, 0.0, 4 },
        { SX_AUG_EQUALIZE, 0.6, 8 },
        { SX_AUG_SOLARIZE, 0.0, 10 } } },
    { 3,
      { { SX_AUG_TRANSLATE_Y, 0.2, 2 }, { SX_AUG_SHEAR_Y, 0.8, 8 }, { SX_AUG_ROTATE, 0.8, 8 } } },
    { 3, { { SX_AUG_CUTOUT, 0.8, 8 }, { SX_AUG_BRIGHTNESS, 0.8, 8 }, { SX_AUG_CUTOUT, 0.2, 2 } } },
    { 3, { { SX_AUG_COLOR, 0.8, 4 }, { SX_AUG_TRANSLATE_Y, 1.0, 6 }, { SX_AUG_ROTATE, 0.6, 6 } } },
    { 3, { { SX_AUG_ROTATE, 0.6, 10 }, { SX_AUG_BOX_CUTOUT, 1.0, 4 }, { SX_AUG_CUTOUT, 0.2, 8 } } },
    { 3, { { SX_AUG_ROTATE, 0.0, 0 }, { SX_AUG_EQUALIZE, 0.6, 6 }, { SX_AUG_SHEAR_Y, 0.6, 8 } } },
    { 3,
      { { SX_AUG_BRIGHTNESS, 0.8, 8 },
        { SX_AUG_AUTO_CONTRAST, 0.4, 2 },
        { SX_AUG_BRIGHTNESS, 0.2, 2 } } },
    { 3,
      { { SX_AUG_TRANSLATE_Y, 0.4, 8 },
        { SX_AUG_SOLARIZE, 0.4, 6 },
        { SX_AUG_SOLARIZE_ADD, 0.2, 10 } } },
    { 3,
      { { SX_AUG_CONTRAST, 1.0, 10 },
        { SX_AUG_SOLARIZE_ADD, 0.2, 8 },
        { SX_AUG_EQUALIZE, 0.2, 4 } } },
};

bool sx_augment_policy_v2(sx_image *im, sx_film_box *boxes, size_t *count, const sx_draws *draws,
                          sx_error *err) {
    /* The directions of all lists are drawn before one is chosen. */
    double arguments[LISTS][LONGEST];
    for (int i = 0; i < LISTS; i++)
        for (int k = 0; k < policy[i].count; k++) {
            const step *s = &policy[i].steps[k];
            const bool positive = !ops[s->op].directed || draws->uniform(draws->ctx) >= 0.5;
            arguments[i][k] = sx_augment_argument(s->op, s->level, positive);
        }
    const int i = draws->integer(draws->ctx, 0, LISTS);
    for (int k = 0; k < policy[i].count; k++) {
        const step *s = &policy[i].steps[k];
        if (draws->uniform(draws->ctx) + s->probability < 1) continue;
        if (!sx_augment_apply(s->op, arguments[i][k], im, boxes, count, draws, err)) return false;
    }
    return true;
}

/* ---- all together ---- */

/* The flip comes first, as in the authors' program. */
static bool flip_and_resize(const sx_image *film, const sx_augment_options *o, const sx_draws *d,
                            sx_image *out, sx_film_box *boxes, size_t count, sx_error *err) {
    int width = film->width, height = film->height;
    const bool flip = d->uniform(d->ctx) < o->flip;
    if (flip) sx_flip_boxes(boxes, count, width);
    if (o->min_sizes) {
        const int i = o->min_count > 1 ? d->integer(d->ctx, 0, o->min_count) : 0;
        sx_resize_shortest(film->width, film->height, o->min_sizes[i], o->max_size, &width,
                           &height);
        width = width < 1 ? 1 : width;
        height = height < 1 ? 1 : height;
    }
    const bool ok = flip ? sx_image_resize_mirrored(NULL, film, width, height, out, err)
                         : sx_image_resize(NULL, film, width, height, out, err);
    if (!ok) return false;
    sx_scale_boxes(boxes, count, (double)out->width / film->width,
                   (double)out->height / film->height);
    sx_clip_boxes(boxes, count, out->width, out->height);
    return true;
}

/* One attempt, on copies: *out and `tried` hold the result. */
static bool try_policy(const sx_image *im, const sx_film_box *boxes, size_t *count,
                       const sx_draws *d, sx_image *out, sx_film_box *tried, sx_error *err) {
    if (!sx_image_new(out, im->width, im->height, im->channels, 8, err)) return false;
    memcpy(out->data, im->data, sx_image_bytes(im));
    for (size_t i = 0; i < *count; i++)
        tried[i] =
            (sx_film_box){ boxes[i].x0 / im->width, boxes[i].y0 / im->height,
                           boxes[i].x1 / im->width, boxes[i].y1 / im->height, boxes[i].source };
    if (!sx_augment_policy_v2(out, tried, count, d, err)) {
        sx_image_free(out);
        return false;
    }
    sx_scale_boxes(tried, *count, im->width, im->height);
    return true;
}

static bool apply_policy(sx_image *im, sx_film_box *boxes, size_t *count, const sx_draws *d,
                         sx_error *err) {
    enum { TRIES = 10 };
    sx_film_box *tried = sx_calloc_for(*count + 1, sizeof *tried, "augmentation", err);
    bool ok = tried != NULL, done = false;
    for (int i = 0; ok && !done && i < TRIES; i++) {
        sx_error why = { 0 };
        sx_image out;
        size_t left = *count;
        if (!try_policy(im, boxes, &left, d, &out, tried, &why)) {
            ok = why.code == SX_ERR_VALUE || sx_fail(err, why.code, "%s", why.message);
            continue;
        }
        done = true;
        /* A film that loses all its findings is used unchanged. */
        if (left == 0 && *count > 0) {
            sx_image_free(&out);
            break;
        }
        sx_image_free(im);
        *im = out;
        memcpy(boxes, tried, left * sizeof *boxes);
        *count = left;
    }
    free(tried);
    return ok;
}

bool sx_augment_film(const sx_image *film, const sx_film_box *boxes, size_t count,
                     const sx_augment_options *options, const sx_draws *draws, sx_image *out,
                     sx_film_box *out_boxes, size_t *out_count, sx_error *err) {
    *out = (sx_image){ 0 };
    *out_count = 0;
    for (size_t i = 0; i < count; i++) {
        out_boxes[i] = boxes[i];
        out_boxes[i].source = (int)i;
    }
    if (!flip_and_resize(film, options, draws, out, out_boxes, count, err)) return false;
    if (options->policy && !apply_policy(out, out_boxes, &count, draws, err)) {
        sx_image_free(out);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (out_boxes[i].x1 - out_boxes[i].x0 > 1e-5 && out_boxes[i].y1 - out_boxes[i].y0 > 1e-5)
            out_boxes[(*out_count)++] = out_boxes[i];
    return true;
}
