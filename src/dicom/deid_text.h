/* Text burned into the pixels of a film that is de-identified; only for deid_bridge.cc. */
#ifndef SX_DICOM_DEID_TEXT_H
#define SX_DICOM_DEID_TEXT_H

#include "dicom/deid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sx_deid_pixel_options {
    const char *name; /* stands for the path in messages */
    bool search;      /* for text */
    bool blank;       /* what is found */
    bool clear;       /* compressed pixels: search for bits outside BitsStored */
    bool decode;      /* return the samples also where nothing was changed */
} sx_deid_pixel_options;

typedef struct sx_deid_pixels {
    size_t areas;             /* where likely text is, in all frames; 0: none */
    char where[SX_DEID_NOTE]; /* the same as text */
    /* With `decode`, with `blank` and areas, or with bits outside BitsStored: all frames with the
     * areas blanked, in the machine's byte order; free with free(). Bits outside BitsStored repeat
     * the sign, or are 0. */
    void *samples;
    bool changed; /* the samples are not those of the file */
    size_t count; /* of samples */
    int bits;     /* of a sample: 8 or 16 */
} sx_deid_pixels;

/* Decodes every frame and searches for text (image/text.h), both as its window shows it and over
 * its whole range of values. An area is blanked in every frame, with the median of the values
 * around it. Errors: those of sx_film_from_memory, for pixels that cannot be decoded. */
bool sx_deid_search_pixels(const void *bytes, size_t n, const sx_deid_pixel_options *o,
                           sx_deid_pixels *out, sx_error *err) SX_MUST_USE;

/* Whether a result decodes to the same samples. *same is false also if it cannot be decoded; the
 * only error is SX_ERR_MEMORY. */
bool sx_deid_same_pixels(const void *bytes, size_t n, const sx_deid_pixels *px, bool *same,
                         sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
