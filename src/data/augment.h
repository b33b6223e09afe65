/* Augmentation of training films with their boxes: flip, resize, and AutoAugment for detection
 * (policy v2 of Zoph et al. 2019, "Learning Data Augmentation Strategies for Object Detection"),
 * with the same pixels as the Python code of VinDr-SpineXR's authors. There is one difference: a
 * box that leaves the film is removed with its label. In their code, the labels of all later boxes
 * shift.
 *
 * Films have 8 bits and 1 or 3 channels. The result for 1 channel is the same as for 3 equal
 * ones. */
#ifndef SX_DATA_AUGMENT_H
#define SX_DATA_AUGMENT_H

#include "image/image.h"

/* The source of random numbers: a generator, or a recorded list in tests. */
typedef struct sx_draws {
    double (*uniform)(void *ctx);                 /* [0, 1) */
    int (*integer)(void *ctx, int low, int high); /* low <= value < high */
    int (*sign)(void *ctx);                       /* -1 or 1 */
    void *ctx;
} sx_draws;

/* Draws from sx_rng_u64(key, next++). */
typedef struct sx_rng_draws {
    uint64_t key, next;
} sx_rng_draws;
sx_draws sx_draws_from_rng(sx_rng_draws *s);

/* Pixels in sx_augment_film, fractions of the film's width and height in the operations of
 * AutoAugment. `source` is the index of the box before any was dropped, and gives its label. */
typedef struct sx_film_box {
    double x0, y0, x1, y1;
    int source;
} sx_film_box;

/* ---- flip and resize ---- */

/* Mirrors left and right: x becomes width - x. */
void sx_flip_image(sx_image *im);
void sx_flip_boxes(sx_film_box *boxes, size_t count, double width);
void sx_scale_boxes(sx_film_box *boxes, size_t count, double x, double y);
void sx_clip_boxes(sx_film_box *boxes, size_t count, double width, double height);

/* ---- AutoAugment ---- */

typedef enum sx_augment_op {
    SX_AUG_COLOR, /* saturation: 0 grey, 1 unchanged */
    SX_AUG_BRIGHTNESS,
    SX_AUG_CONTRAST,
    SX_AUG_SHARPNESS, /* 1 unchanged; draws a sign */
    SX_AUG_AUTO_CONTRAST,
    SX_AUG_EQUALIZE,
    SX_AUG_SOLARIZE,     /* inverts grey levels of at least this */
    SX_AUG_SOLARIZE_ADD, /* added to grey levels below 128 */
    SX_AUG_POSTERIZE,    /* low bits cleared */
    SX_AUG_CUTOUT,       /* half the side of a grey square, pixels; draws its centre */
    /* The same within one box, as a fraction of its size; draws the box and the centre. */
    SX_AUG_BOX_CUTOUT,
    SX_AUG_ROTATE,      /* degrees, counter-clockwise */
    SX_AUG_TRANSLATE_X, /* pixels, to the left */
    SX_AUG_TRANSLATE_Y, /* pixels, upwards */
    SX_AUG_SHEAR_X,
    SX_AUG_SHEAR_Y,
    SX_AUG_OPS
} sx_augment_op;

const char *sx_augment_name(sx_augment_op op); /* as in the paper: "ShearX_BBox" */
/* The argument for a level 0..10; `positive` is the direction of the geometric operations. */
double sx_augment_argument(sx_augment_op op, int level, bool positive);

/* Applies one operation to *im and the boxes (fractions). Boxes may be dropped: *count then
 * decreases, and the others keep their order. Errors: SX_ERR_UNSUPPORTED (the image),
 * SX_ERR_MEMORY, SX_ERR_VALUE (a cutout in a box with reversed sides), which leaves everything
 * unchanged. */
bool sx_augment_apply(sx_augment_op op, double argument, sx_image *im, sx_film_box *boxes,
                      size_t *count, const sx_draws *draws, sx_error *err) SX_MUST_USE;

/* Chooses one of the policy's 15 lists of two or three operations and applies each operation with
 * its probability. Boxes are fractions. Errors: as above; after SX_ERR_VALUE some operations may
 * have been applied. */
bool sx_augment_policy_v2(sx_image *im, sx_film_box *boxes, size_t *count, const sx_draws *draws,
                          sx_error *err) SX_MUST_USE;

/* ---- classifiers ---- */

/* A draw from the Beta distribution with both parameters alpha, 0 < alpha <= 1. */
double sx_draw_beta(const sx_draws *d, double alpha);

/* MixUp of pixels (Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"): each sample
 * becomes share * own + (1 - share) * other's, rounded. Both have 8 bits, 1 or 3 channels, and the
 * same size; share is 0..1. */
void sx_augment_mix(sx_image *im, const sx_image *other, double share);

#define SX_MILD_DEGREES 15.0
#define SX_MILD_SCALE   0.1
#define SX_MILD_SHIFT   0.05
#define SX_MILD_SHARE   0.2
/* Multiplies brightness and contrast by 0.8 to 1.2, turns the film by up to 15 degrees, scales it
 * by 0.9 to 1.1, moves it by up to 5 % of its width and height, and blends it with its mean over
 * 3x3 pixels (the centre counts five times), by a share of 0 to 1. Each number is uniformly
 * distributed. Errors: those of sx_augment_apply. */
bool sx_augment_mild(sx_image *im, const sx_draws *d, sx_error *err) SX_MUST_USE;

/* ---- all together ---- */

typedef struct sx_augment_options {
    double flip; /* probability; the authors use 0.5 */
    /* [min_count] lengths of the shorter side, of which one is chosen at random (the authors: 800);
     * NULL: the film keeps its size. */
    const int *min_sizes;
    int min_count, max_size; /* max_size: limit of the longer side (the authors: 1333) */
    bool policy;             /* apply sx_augment_policy_v2 */
} sx_augment_options;

/* Makes a training sample of a film: flips, resizes, clips the boxes, applies the policy. A policy
 * that fails on a box is tried again with other numbers, up to ten times; if it drops all boxes,
 * its result is discarded. Boxes are in pixels; `source` is set here; boxes below 1e-5 pixels are
 * dropped. *out is a new image; `out_boxes` has room for `count` boxes. Errors: SX_ERR_UNSUPPORTED,
 * SX_ERR_MEMORY. */
bool sx_augment_film(const sx_image *film, const sx_film_box *boxes, size_t count,
                     const sx_augment_options *options, const sx_draws *draws, sx_image *out,
                     sx_film_box *out_boxes, size_t *out_count, sx_error *err) SX_MUST_USE;

#endif
