#include "dicom/deid_bits.h"

#include "dicom/header_bits.h"

static uint32_t sample_at(int allocated, const void *samples, size_t i) {
    const uint8_t *p8 = samples;
    const uint16_t *p16 = samples;
    if (allocated == 8) return p8[i];
    return allocated == 16 ? p16[i] : p16[2 * i] | (uint32_t)p16[2 * i + 1] << 16;
}

static void set_sample(int allocated, void *samples, size_t i, uint32_t v) {
    uint8_t *p8 = samples;
    uint16_t *p16 = samples;
    if (allocated == 8) {
        p8[i] = (uint8_t)v;
    } else if (allocated == 16) {
        p16[i] = (uint16_t)v;
    } else {
        p16[2 * i] = (uint16_t)v;
        p16[2 * i + 1] = (uint16_t)(v >> 16);
    }
}

static uint32_t clear_unused(uint32_t v, int stored, int shift, bool is_signed) {
    const uint32_t field = stored < 32 ? ((1u << stored) - 1) << shift : UINT32_MAX;
    const uint32_t sign = 1u << (shift + stored - 1);
    const uint32_t bits = v & field;
    return is_signed && (bits & sign) ? bits | ~(sign | (sign - 1)) : bits;
}

bool sx_deid_clear_bits(const sx_deid_bits *b, void *samples, size_t bytes) {
    const int allocated = b->allocated, stored = b->stored;
    int shift = b->high + 1 - stored;
    if (allocated == 1) return stored == 1;
    if (allocated != 8 && allocated != 16 && allocated != 32) return false;
    if (stored < 1 || shift < 0 || b->high >= allocated) return false;
    const size_t n = bytes / (size_t)(allocated / 8);
    uint32_t all = 0;
    for (size_t i = 0; i < n; i++)
        all |= sample_at(allocated, samples, i);
    if (sx_bits_are_low(all, stored, shift)) shift = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t v = sample_at(allocated, samples, i);
        set_sample(allocated, samples, i, clear_unused(v, stored, shift, b->is_signed));
    }
    return true;
}
