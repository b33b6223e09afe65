/* Big-endian numbers of image streams. */
#ifndef SX_DICOM_BIG_ENDIAN_H
#define SX_DICOM_BIG_ENDIAN_H

#include <stdint.h>

static inline uint16_t sx_be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t sx_be32(const uint8_t *p) {
    return (uint32_t)sx_be16(p) << 16 | sx_be16(p + 2);
}

#endif
