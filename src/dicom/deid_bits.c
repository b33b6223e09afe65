#include "dicom/deid_bits.h"

/* HighBit is right only where all stored bits lie below it. */
static int shift_of(const sx_deid_bits *b) {
    const bool fits = b->high >= b->stored - 1 && b->high < b->allocated;
    return fits ? b->high + 1 - b->stored : 0;
}

static int stored_of(const sx_deid_bits *b) {
    return b->stored >= 1 && b->stored <= b->allocated ? b->stored : b->allocated;
}

static uint32_t clear_unused(uint32_t v, int stored, int shift, bool is_signed) {
    const uint32_t field = stored < 32 ? ((1u << stored) - 1) << shift : UINT32_MAX;
    const uint32_t sign = 1u << (shift + stored - 1);
    const uint32_t bits = v & field;
    return is_signed && (bits & sign) ? bits | ~(sign | (sign - 1)) : bits;
}

int32_t sx_deid_bits_of(const sx_deid_bits *b, int32_t v) {
    return (int32_t)clear_unused((uint32_t)v, stored_of(b), shift_of(b), b->is_signed);
}

bool sx_deid_clear_bits(const sx_deid_bits *b, void *samples, size_t bytes) {
    const int stored = stored_of(b), shift = shift_of(b);
    uint8_t *p8 = samples;
    uint16_t *p16 = samples;
    if (b->allocated == 8)
        for (size_t i = 0; i < bytes; i++)
            p8[i] = (uint8_t)clear_unused(p8[i], stored, shift, b->is_signed);
    else if (b->allocated == 16)
        for (size_t i = 0; i < bytes / 2; i++)
            p16[i] = (uint16_t)clear_unused(p16[i], stored, shift, b->is_signed);
    else if (b->allocated == 32)
        for (size_t i = 0; i + 1 < bytes / 2; i += 2) {
            const uint32_t v =
                clear_unused(p16[i] | (uint32_t)p16[i + 1] << 16, stored, shift, b->is_signed);
            p16[i] = (uint16_t)v;
            p16[i + 1] = (uint16_t)(v >> 16);
        }
    return b->allocated == 8 || b->allocated == 16 || b->allocated == 32 ||
           (b->allocated == 1 && b->stored == 1);
}
