/* BitsStored and HighBit as every part of the program reads them: films are decoded and
 * de-identified by the same rules. */
#ifndef SX_DICOM_HEADER_BITS_H
#define SX_DICOM_HEADER_BITS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Corrects BitsStored and HighBit of a header where they are invalid or contradict each other. 0
 * and -1: absent. A BitsStored above `allocated` stays: such films are rejected. */
void sx_settle_header_bits(int allocated, int *stored, int *high_bit);

/* Whether values are in the lowest `stored` bits of their words although HighBit claims that they
 * are `shift` bits above. all: the bits that are set in any value. */
bool sx_bits_are_low(uint32_t all, int stored, int shift);

#ifdef __cplusplus
}
#endif
#endif
