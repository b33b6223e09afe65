/* Enumerations and plain structs that several headers share. */
#ifndef SPINEXR_TYPES_H
#define SPINEXR_TYPES_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a network is for. A classifier gives P(abnormal) of a film, a detector gives boxes of
 * findings. */
typedef enum sx_task { SX_CLASSIFIER, SX_DETECTOR } sx_task;

/* The type of numbers that the networks compute with. AUTO: bf16 if the processor supports it,
 * otherwise f32. */
typedef enum sx_precision { SX_PRECISION_AUTO, SX_PRECISION_F32, SX_PRECISION_BF16 } sx_precision;

/* How the stored values of a DICOM file are converted to 8 bits. DICOM: the pipeline of the
 * standard (Modality LUT, VOI LUT or window, presentation). VINDR: the pipeline of the
 * VinDr-SpineXR authors' dicom2png script. AUTO: the pipeline that the weights' metadata name, or
 * DICOM if they name none. */
typedef enum sx_pixels { SX_PIXELS_AUTO, SX_PIXELS_DICOM, SX_PIXELS_VINDR } sx_pixels;

/* Test-time augmentation. FLIP: each film is also predicted mirrored. SCALES: the detector also
 * predicts each film at 0.8 and 1.25 times its size. BOTH: mirrored and scaled. Logits are
 * averaged, and boxes are fused (Solovyev 2021, IoU 0.55). */
typedef enum sx_tta { SX_TTA_NONE, SX_TTA_FLIP, SX_TTA_SCALES, SX_TTA_BOTH } sx_tta;

/* How a detector's boxes become findings. POINTS: a box is a finding if it reaches its class's
 * operating point in the weights, and if the classifiers' probability of the class reaches its
 * gate, if they store one; on a film called normal it must also reach `keep`. If the weights store
 * no operating points, PAPER is used instead. PAPER: every box of an abnormal film; on a normal
 * film, the boxes that reach `keep` (Nguyen et al. 2021). ALL: every box. Without classifiers no
 * film is called normal. */
typedef enum sx_rule_kind { SX_RULE_POINTS, SX_RULE_PAPER, SX_RULE_ALL } sx_rule_kind;

/* The operating points of a class, in ascending order of score. */
typedef enum sx_point { SX_POINT_NONE, SX_POINT_SENSITIVE, SX_POINT_SPECIFIC } sx_point;

/* The caller's pixels: rows from top to bottom, with the samples of a pixel next to each other.
 * `stride` is the number of bytes from one row to the next (0: rows have no gaps). `channels` is 1
 * (grey) or 3 (RGB); `bits` is 8, or 16 in native byte order. Air must be dark and bone bright.
 * This struct does not grow. */
typedef struct sx_pixel_view {
    const void *data;
    int width, height; /* 1..32768 each, at most 2^28 pixels */
    int channels, bits;
    size_t stride;
} sx_pixel_view;

/* A picture of the library: 8 bits per sample, rows from top to bottom without gaps,
 * data[height][width][channels] with channels 1 (grey) or 3 (RGB). This struct does not grow. */
typedef struct sx_picture {
    int width, height, channels;
    unsigned char *data;
} sx_picture;
/* Frees a picture that the caller owns. NULL is allowed. */
SX_API void sx_picture_free(sx_picture *picture);
/* Writes a PNG file. On failure no partly written file remains. Errors: SX_ERR_USAGE (NULL, not a
 * picture as described above), SX_ERR_IO, SX_ERR_MEMORY. */
SX_API bool sx_picture_write_png(const sx_picture *picture, const char *path,
                                 sx_error *err) SX_MUST_USE;

/* Frees text that the caller owns. NULL is allowed. */
SX_API void sx_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
