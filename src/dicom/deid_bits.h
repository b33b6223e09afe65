/* The bits of a sample that are not part of the pixel. They may contain overlays or any other
 * data. */
#ifndef SX_DICOM_DEID_BITS_H
#define SX_DICOM_DEID_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The position of a pixel's bits in its sample: BitsStored bits up to HighBit. */
typedef struct sx_deid_bits {
    int allocated, stored, high;
    bool is_signed;
} sx_deid_bits;

/* Clears the bits outside those of the pixel; above a signed value they repeat its sign. v has the
 * signedness of the pixels. */
int32_t sx_deid_bits_of(const sx_deid_bits *b, int32_t v);
/* The same for all samples of uncompressed pixels of 8, 16 or 32 bits, in the machine's byte order.
 * Returns false for samples of another size, whose bits are unknown. */
bool sx_deid_clear_bits(const sx_deid_bits *b, void *samples, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
