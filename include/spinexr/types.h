/* Choices and plain structures that several parts of the interface share. */
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

/* The numbers that the networks compute with. AUTO: bf16 if the processor has it, else f32. */
typedef enum sx_precision { SX_PRECISION_AUTO, SX_PRECISION_F32, SX_PRECISION_BF16 } sx_precision;

/* How the stored values of a DICOM file become 8 bit: by the standard's pipeline (Modality LUT, VOI
 * LUT or window, presentation), or by that of the VinDr-SpineXR authors' dicom2png. AUTO: by the
 * weights' metadata; without it DICOM. */
typedef enum sx_pixels { SX_PIXELS_AUTO, SX_PIXELS_DICOM, SX_PIXELS_VINDR } sx_pixels;

/* Test-time augmentation: a film is also predicted mirrored (FLIP), by detectors also at 0.8 and
 * 1.25 times the size (SCALES), or both. Logits are averaged, and boxes are fused (Solovyev 2021,
 * IoU 0.55). */
typedef enum sx_tta { SX_TTA_NONE, SX_TTA_FLIP, SX_TTA_SCALES, SX_TTA_BOTH } sx_tta;

/* The caller's pixels: rows from top to bottom, samples of a pixel side by side, `stride` bytes
 * from one row to the next (0: no gaps). 1 channel (grey) or 3 (RGB), 8 bits, or 16 bits in native
 * byte order. Air is dark, bone is bright. This struct does not grow. */
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
/* For pictures that a function passes to the caller. NULL is allowed. */
SX_API void sx_picture_free(sx_picture *picture);
/* Writes a PNG; the file is whole or absent. Errors: SX_ERR_USAGE (NULL, not a picture as described
 * above), SX_ERR_IO, SX_ERR_MEMORY. */
SX_API bool sx_picture_write_png(const sx_picture *picture, const char *path,
                                 sx_error *err) SX_MUST_USE;

/* For text that a function passes to the caller. NULL is allowed. */
SX_API void sx_text_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
