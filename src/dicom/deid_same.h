/* How our reader shows a film that is de-identified, and whether the result is shown alike; only
 * for the bridges. */
#ifndef SX_DICOM_DEID_SAME_H
#define SX_DICOM_DEID_SAME_H

#include "dicom/deid_text.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What our reader takes from the header of a film of grey values. */
typedef struct sx_deid_shown {
    bool is_grey; /* false: everything else is 0 */
    int rows, columns;
    bool monochrome1, inverse, is_signed;
    bool has_slope, has_intercept, has_window, has_padding;
    double slope, intercept, center, width;
    const char *function;                  /* VOI LUT Function */
    uint16_t padding_value, padding_limit; /* bits of the stored values */
} sx_deid_shown;

/* Errors: those of sx_film_from_memory for a header. */
bool sx_deid_read_shown(const void *bytes, size_t n, sx_deid_shown *out, sx_error *err) SX_MUST_USE;

/* Fails with SX_ERR_UNSUPPORTED, naming the attribute if there is one, unless both the film `was`
 * and the result `now` give an 8-bit picture (SX_PIXELS_DICOM) of every frame and these are equal.
 * px: of the film; where its text was blanked, the headers must agree instead. */
bool sx_deid_same_picture(const void *was, size_t n, const void *now, size_t size,
                          const sx_deid_pixels *px, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
