/* The bits of a sample that are not part of the pixel. They may contain overlays or any other
 * data. Which bits are part of it is what the reader says (dicom/stored_bits.h), so that a film
 * without the others reads the same. */
#ifndef SX_DICOM_USED_BITS_H
#define SX_DICOM_USED_BITS_H

#include "dicom/film_types.h"

/* The bits of a film's samples that are in use. */
typedef struct sx_used_bits {
    const sx_film_info *info; /* borrowed */
    sx_sample sample;
    /* The bits above signed values repeat the sign. Otherwise they are 0 in every sample of the
     * frame, and stay so. */
    bool extended;
} sx_used_bits;

/* f: a film with samples, which must outlive the result. */
sx_used_bits sx_used_bits_of(const sx_film *f);
/* The sample of a stored value, without other bits, with the signedness of the film's samples. */
int32_t sx_used_bits_sample(const sx_used_bits *u, int32_t stored);
/* A sample without its other bits. */
int32_t sx_used_bits_clear(const sx_used_bits *u, int32_t sample);

#endif
