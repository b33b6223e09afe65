/* Clears the bits of samples that are not part of the pixel, where the film is not decoded. */
#ifndef SX_DICOM_DEID_BITS_H
#define SX_DICOM_DEID_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The position of a pixel's bits in its sample, as the header has it after sx_settle_header_bits
 * (dicom/header_bits.h): BitsStored bits up to HighBit. */
typedef struct sx_deid_bits {
    int allocated, stored, high;
    bool is_signed;
} sx_deid_bits;

/* Clears the other bits of uncompressed pixels that no reader of ours decodes (colour, 32 bits), in
 * the machine's byte order; above a signed value they repeat its sign. Returns false if the bits in
 * use are unknown: samples are not of 1, 8, 16 or 32 bits, or BitsStored exceeds them. */
bool sx_deid_clear_bits(const sx_deid_bits *b, void *samples, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
