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
} sx_deid_pixel_options;

typedef struct sx_deid_pixels {
    size_t areas;             /* where likely text is, in all frames; 0: none */
    char where[SX_DEID_NOTE]; /* the same as text */
    /* All frames, with `blank` the areas blanked, in the machine's byte order; free with free().
     * Unused bits repeat the sign, or are 0 (dicom/used_bits.h). */
    void *samples;
    bool changed; /* the samples are not those of the file */
    size_t count; /* of samples */
    int bits;     /* of a sample: 8 or 16 */
    /* Of the samples, for the header. high: the highest of all frames; in another frame the values
     * may be below it, if their bits say so. */
    int stored, high;
    bool is_signed;
    /* Padding beyond BitsStored: `padding` is the samples' and takes the place of the header's
     * value or range (dicom/deid_bits.h). */
    bool padding_moved;
    uint16_t padding; /* its bits */
} sx_deid_pixels;

/* Decodes every frame, and with `search` searches for text (image/text.h), both as its window shows
 * it and over its whole range of values. An area is blanked in every frame, with the median of the
 * values around it. Errors: those of sx_film_from_memory and sx_film_to_8bit: a film that our
 * reader rejects, such as one in colour. */
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
