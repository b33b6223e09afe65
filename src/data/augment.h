/* Augmentation of training films with their boxes: flip, resize, and AutoAugment for detection
 * (policy v2 of Zoph et al. 2019, "Learning Data Augmentation Strategies for Object Detection"),
 * pixel by pixel as the VinDr-SpineXR authors' Python computes it. One difference: a box that
 * leaves the film takes its label with it (there, the labels of all later boxes shift).
 *
 * Films: 8 bits, 1 or 3 channels; 1 gives what 3 equal channels would. */
#ifndef SX_DATA_AUGMENT_H
#define SX_DATA_AUGMENT_H

#include "image/image.h"

/* Where the numbers come from: a seeded stream, or a recorded list in tests. */
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

/* `source`: the index of the box before anything was dropped; it leads to the label. Absolute
 * pixels in sx_augment_film, fractions of the film's width and height in the operations of
 * AutoAugment. */
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
    SX_AUG_COLOR, /* saturation: 0 grey, 1 as it is */
    SX_AUG_BRIGHTNESS,
    SX_AUG_CONTRAST,
    SX_AUG_SHARPNESS, /* 1 as it is; draws a sign */
    SX_AUG_AUTO_CONTRAST,
    SX_AUG_EQUALIZE,
    SX_AUG_SOLARIZE,     /* inverts from this grey level on */
    SX_AUG_SOLARIZE_ADD, /* added to grey levels below 128 */
    SX_AUG_POSTERIZE,    /* low bits cleared */
    SX_AUG_CUTOUT,       /* half the side of a grey square, pixels; draws its centre */
    SX_AUG_BOX_CUTOUT,   /* the same within one box, as a fraction of its size; draws box and centre
                          */
    SX_AUG_ROTATE,       /* degrees, counter-clockwise */
    SX_AUG_TRANSLATE_X,  /* pixels, to the left */
    SX_AUG_TRANSLATE_Y,  /* pixels, upwards */
    SX_AUG_SHEAR_X,
    SX_AUG_SHEAR_Y,
    SX_AUG_OPS
} sx_augment_op;

const char *sx_augment_name(sx_augment_op op); /* as the policy's authors write it: "ShearX_BBox" */
/* The argument for a level 0..10; `positive` gives the direction of the geometric ones. */
double sx_augment_argument(sx_augment_op op, int level, bool positive);

/* Applies one operation to *im and the boxes (fractions), of which some may be dropped: *count
 * falls and those that stay keep their order. Errors: SX_ERR_UNSUPPORTED (image), SX_ERR_MEMORY,
 * SX_ERR_VALUE: a cutout in a box whose sides are reversed; then nothing has changed. */
bool sx_augment_apply(sx_augment_op op, double argument, sx_image *im, sx_film_box *boxes,
                      size_t *count, const sx_draws *draws, sx_error *err) SX_MUST_USE;

/* One of the policy's 15 lists of two or three operations, chosen at random, each applied with its
 * own probability. Boxes as fractions. Errors as above; after SX_ERR_VALUE some operations may have
 * been applied. */
bool sx_augment_policy_v2(sx_image *im, sx_film_box *boxes, size_t *count, const sx_draws *draws,
                          sx_error *err) SX_MUST_USE;

/* ---- all of it ---- */

typedef struct sx_augment_options {
    double flip; /* probability (the authors': 0.5) */
    const int
        *min_sizes; /* shorter side, one of these at random (800); NULL: the film keeps its size */
    int min_count, max_size; /* limit of the longer side (1333) */
    bool policy;
} sx_augment_options;

/* A training sample from a film: flips, resizes, clips the boxes, applies the policy. An operation
 * that fails on its boxes is tried anew with other numbers, up to ten times; if all boxes leave the
 * film, the policy's work is thrown away. Boxes (absolute pixels; `source` is set here) of less
 * than 1e-5 pixels are dropped. Makes *out; `out_boxes` has room for `count`. Errors:
 * SX_ERR_UNSUPPORTED, SX_ERR_MEMORY. */
bool sx_augment_film(const sx_image *film, const sx_film_box *boxes, size_t count,
                     const sx_augment_options *options, const sx_draws *draws, sx_image *out,
                     sx_film_box *out_boxes, size_t *out_count, sx_error *err) SX_MUST_USE;

#endif
