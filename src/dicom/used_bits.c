#include "dicom/used_bits.h"

#include "dicom/stored_bits.h"

sx_used_bits sx_used_bits_of(const sx_film *f) {
    sx_used_bits u = { &f->info, f->sample, false };
    const size_t n = (size_t)f->width * (size_t)f->height;
    const uint32_t above = ~0U << (f->info.high_bit + 1),
                   whole = f->info.bits_allocated == 8 ? 0xFF : 0xFFFF;
    for (size_t i = 0; i < n && f->info.is_signed && !u.extended; i++)
        u.extended = (uint32_t)sx_film_value(f, i) & above & whole;
    return u;
}

int32_t sx_used_bits_sample(const sx_used_bits *u, int32_t stored) {
    const sx_film_info *info = u->info;
    const int shift = info->stream_bits ? 0 : info->high_bit + 1 - info->bits_stored;
    uint32_t bits = (uint32_t)stored << shift;
    if (!u->extended && !info->stream_bits) bits &= ~(~0U << (info->high_bit + 1));
    switch (u->sample) {
    case SX_SAMPLE_U8:
        return (uint8_t)bits;
    case SX_SAMPLE_S8:
        return (int8_t)(uint8_t)bits;
    case SX_SAMPLE_U16:
        return (uint16_t)bits;
    default:
        return (int16_t)(uint16_t)bits;
    }
}

int32_t sx_used_bits_clear(const sx_used_bits *u, int32_t sample) {
    return sx_used_bits_sample(u, sx_film_stored_value(u->info, sample));
}
