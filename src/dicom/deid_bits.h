/* The samples that a de-identified film is written with: without the bits that are not in use, and
 * with its padding.
 *
 * PixelPaddingValue may lie beyond BitsStored. Padding whose other bits were cleared would then be
 * image. It gets another value of BitsStored bits, one that no other pixel has, and the header gets
 * this value too. If there is no such value, padding stays what the header says, as one value. In
 * both cases its bits tell nothing but where the padding is. */
#ifndef SX_DICOM_DEID_BITS_H
#define SX_DICOM_DEID_BITS_H

#include "dicom/used_bits.h"

/* {0} before the first frame. */
typedef struct sx_deid_bits {
    uint8_t *taken;      /* [SX_LEVELS], values of pixels that are not padding; owned */
    bool beyond;         /* there are bits that are not in use */
    bool padding_beyond; /* padding with such bits, which without them would not be padding */
    /* After sx_deid_bits_choose. The new padding value: a stored value, or, if `whole`, a sample
     * with bits beyond BitsStored. */
    int32_t padding;
    bool whole;
} sx_deid_bits;

/* Examines a frame. SX_ERR_MEMORY. */
bool sx_deid_bits_add(sx_deid_bits *b, const sx_film *f, sx_error *err) SX_MUST_USE;
/* After all frames: chooses the padding value. info: of any frame. */
void sx_deid_bits_choose(sx_deid_bits *b, const sx_film_info *info);
/* The sample that is written for one of the film with these `used` bits. */
int32_t sx_deid_bits_clear(const sx_deid_bits *b, const sx_used_bits *used, int32_t sample);
void sx_deid_bits_free(sx_deid_bits *b);

#endif
