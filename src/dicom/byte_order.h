/* Numbers in bytes: big-endian (be) in image streams, little-endian (le) in fragments and RLE, and
 * of the data set's order. */
#ifndef SX_DICOM_BYTE_ORDER_H
#define SX_DICOM_BYTE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

static inline uint16_t sx_be16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t sx_be32(const uint8_t *p) {
    return (uint32_t)sx_be16(p) << 16 | sx_be16(p + 2);
}

static inline uint16_t sx_le16(const uint8_t *p) {
    return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t sx_le32(const uint8_t *p) {
    return (uint32_t)sx_le16(p + 2) << 16 | sx_le16(p);
}

static inline void sx_put_le16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void sx_put_le32(uint8_t *p, uint32_t v) {
    sx_put_le16(p, (uint16_t)v);
    sx_put_le16(p + 2, (uint16_t)(v >> 16));
}

static inline uint16_t sx_u16(const uint8_t *p, bool big) {
    return big ? sx_be16(p) : sx_le16(p);
}

static inline uint32_t sx_u32(const uint8_t *p, bool big) {
    return big ? sx_be32(p) : sx_le32(p);
}

#endif
