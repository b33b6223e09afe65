/* The bits of a film's decoded values, where the header and the values disagree about them. */
#ifndef SX_DICOM_STORED_BITS_H
#define SX_DICOM_STORED_BITS_H

#include "dicom/film_types.h"

/* Corrects high_bit and sets stream_bits of a film whose samples were decoded. precision: the bits
 * of a value in a JPEG, JPEG-LS, JPEG 2000 or JPEG XL stream; 0: words without a precision of their
 * own (native pixels, RLE). Logs a warning if BitsStored is too small for the values. */
void sx_film_settle_stored_bits(sx_film *f, int precision);

/* The stored value of a sample of a film whose bits were settled: BitsStored bits up to HighBit.
 * The other bits may hold overlays. Values of a lossy decoder that exceed the range are limited to
 * it. */
int32_t sx_film_stored_value(const sx_film_info *info, int32_t sample);

/* Whether a sample of such a film is padding: the sample as a whole, or its stored value, is in the
 * range of PixelPaddingValue, whether or not the header states a negative value with its sign. */
bool sx_film_is_padding(const sx_film_info *info, int32_t sample);

/* The smallest and the largest stored value of the pixels that are not padding. False: there are
 * none; both are 0. */
bool sx_film_stored_range(const sx_film *f, int32_t *low, int32_t *high);

#endif
