/* The standard's grey scale pipeline of a film (PS3.4 N.2), up to the VOI transformation: what a
 * program needs that shows the film in windows of its own. */
#ifndef SX_DICOM_PRESENTATION_H
#define SX_DICOM_PRESENTATION_H

#include "dicom/levels.h"

typedef enum sx_voi_kind {
    SX_VOI_TABLE, /* the film's VOI LUT */
    SX_VOI_WINDOW,
    SX_VOI_LIMITS /* smallest..largest value */
} sx_voi_kind;

/* From values after the Modality LUT to 0..1. */
typedef struct sx_voi {
    sx_voi_kind kind;
    const sx_film_info *film;
    double top;       /* TABLE: the entry that is 1 */
    int32_t first;    /* TABLE: the first value that it maps */
    double low, high; /* LIMITS; high <= low: a film of one value, which is black */
} sx_voi;

typedef struct sx_presentation {
    const uint8_t *seen;
    /* By level: the value after the Modality LUT; NaN for padding. 0 where seen is 0. */
    double *values; /* [count], owned */
    int count;
    int value_count; /* levels that occur and are no padding */
    sx_voi voi;
} sx_presentation;

/* Whether the values that a VOI LUT maps can be negative; a Modality LUT's output is unsigned. */
bool sx_voi_input_is_signed(const sx_film_info *f);

/* Reads it for the levels that occur (sx_levels_scan). `f` and `seen` must outlive *p. Errors:
 * SX_ERR_FORMAT: a look-up table with fewer entries than it claims, or without a descriptor, unless
 * it is a VOI LUT beside a window; SX_ERR_VALUE: a rescale to values that are not finite;
 * SX_ERR_MEMORY. On failure *p is empty. */
bool sx_presentation_read(const sx_film *f, const uint8_t *seen, sx_presentation *p,
                          sx_error *err) SX_MUST_USE;
void sx_presentation_free(sx_presentation *p); /* {0} is allowed */

#endif
