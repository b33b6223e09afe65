/* Choices that several parts of the interface share. */
#ifndef SPINEXR_TYPES_H
#define SPINEXR_TYPES_H

/* What the networks compute with. AUTO: bf16 where the processor has it, f32 elsewhere. */
typedef enum sx_precision { SX_PRECISION_AUTO, SX_PRECISION_F32, SX_PRECISION_BF16 } sx_precision;

/* How a DICOM file's stored values become 8 bit: the standard's pipeline (Modality LUT, VOI LUT or
 * window, presentation), or that of the VinDr-SpineXR authors' dicom2png. AUTO: as the weights'
 * metadata say, DICOM without it. */
typedef enum sx_pixels { SX_PIXELS_AUTO, SX_PIXELS_DICOM, SX_PIXELS_VINDR } sx_pixels;

/* Test-time augmentation: a film is looked at also mirrored, by detectors also at 0.8 and 1.25
 * times the size, or both; what is said is the mean (logits), and boxes are fused (Solovyev 2021,
 * IoU 0.55). */
typedef enum sx_tta { SX_TTA_NONE, SX_TTA_FLIP, SX_TTA_SCALES, SX_TTA_BOTH } sx_tta;

#endif
