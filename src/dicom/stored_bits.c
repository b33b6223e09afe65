#include "dicom/stored_bits.h"

#include <stdlib.h>

#include "base/context_impl.h"
#include "dicom/film_warnings.h"
#include "dicom/header_bits.h"

static bool is_between(int32_t v, int32_t low, int32_t high) {
    return v >= low && v <= high;
}

/* Before the bits are settled, only whole samples can be compared. PixelPaddingValue of signed
 * pixels may be the BitsStored bits of a negative value without its sign: 0830H for -2000 in 12
 * bits. Such a value is none of these pixels. */
static bool is_padding(const sx_film_info *info, int32_t v) {
    const int32_t low = info->padding_low, high = info->padding_high,
                  whole = (int32_t)1 << info->bits_stored;
    if (!info->has_padding) return false;
    if (is_between(v, low, high)) return true;
    return info->is_signed && !info->stream_bits && low >= whole / 2 && high < whole &&
           is_between(v, low - whole, high - whole);
}

/* Whether these are unsigned 16-bit values, the most frequent kind, that fit into `bits` bits. This
 * pass is much faster than the following ones. */
static bool words_fit(const sx_film *f, int bits) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    const uint16_t *words = f->samples;
    uint16_t all = 0;
    if (f->sample != SX_SAMPLE_U16) return false;
    for (size_t i = 0; i < n; i++)
        all |= words[i];
    return all >> bits == 0;
}

/* The smallest and the largest value, without padding. */
static void find_range(const sx_film *f, int32_t *low, int32_t *high) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    *low = INT32_MAX;
    *high = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        const int32_t v = sx_film_value(f, i);
        if (is_padding(&f->info, v)) continue;
        if (v < *low) *low = v;
        if (v > *high) *high = v;
    }
}

/* A lossy decoder may exceed the range of `bits` bits a little, by at most a quarter of it. */
static int32_t lossy_margin(const sx_film *f, int bits) {
    return f->info.lossy_stream ? ((int32_t)1 << bits) / 4 : 0;
}

/* Whether there are values that do not fit into `bits` bits. Signed values may be sign-extended or
 * not. */
static bool exceeds(const sx_film *f, int bits) {
    int32_t low, high;
    const int32_t whole = (int32_t)1 << bits, margin = lossy_margin(f, bits);
    if (words_fit(f, bits)) return false;
    find_range(f, &low, &high);
    if (low > high) return false;
    if (high >= whole + margin) return true;
    if (!f->info.is_signed) return false;
    return low < -whole / 2 - margin || (low < 0 && high >= whole / 2 + margin);
}

/* The value of the lowest `bits` bits of v. */
static int32_t lowest_bits(const sx_film *f, int32_t v, int bits) {
    const int32_t whole = (int32_t)1 << bits, low = v & (whole - 1);
    return f->info.is_signed && low >= whole / 2 ? low - whole : low;
}

/* Whether the bits above the lowest `bits` are planes of their own, such as an overlay. Where such
 * a bit changes from pixel to pixel, the image below it changes as little as elsewhere. Where it is
 * part of the value, a carry changes all bits below. Random bits differ by a third of their
 * range. */
static bool has_planes(const sx_film *f, int bits) {
    double change = 0, pairs = 0;
    for (int y = 0; y < f->height; y++)
        for (int x = 1; x < f->width; x++) {
            const size_t i = (size_t)y * (size_t)f->width + (size_t)x;
            const int32_t a = sx_film_value(f, i - 1), b = sx_film_value(f, i);
            const int32_t low_a = lowest_bits(f, a, bits), low_b = lowest_bits(f, b, bits);
            if (a - low_a == b - low_b || is_padding(&f->info, a) || is_padding(&f->info, b))
                continue;
            change += abs(low_a - low_b);
            pairs++;
        }
    return pairs > 0 && change / pairs < (double)((int32_t)1 << bits) / 6;
}

/* The bits that v uses if it is a value of `bits` bits; those of a negative value that is
 * sign-extended do not count above these. */
static uint32_t bits_used(const sx_film *f, int32_t v, int bits) {
    const int32_t half = (int32_t)1 << (bits - 1);
    if (!f->info.is_signed || v >= 0 || v < -half) return (uint32_t)v;
    return (uint32_t)(v + 2 * half);
}

/* HighBit may claim that values are in the upper bits of their words. If no value uses the upper
 * bits and some use the bits below, the values are in the lower bits. Padding is not counted: it
 * may use any bits of the word. */
static void settle_high_bit(sx_film *f) {
    sx_film_info *info = &f->info;
    const int shift = info->high_bit + 1 - info->bits_stored;
    const size_t n = (size_t)f->width * (size_t)f->height;
    uint32_t all = 0;
    if (shift == 0) return;
    for (size_t i = 0; i < n; i++) {
        const int32_t v = sx_film_value(f, i);
        if (!is_padding(info, v)) all |= bits_used(f, v, info->bits_stored);
    }
    if (sx_bits_are_low(all, info->bits_stored, shift)) info->high_bit = info->bits_stored - 1;
}

static void warn(const sx_film *f, int precision) {
    const int stored = f->info.bits_stored;
    if (precision)
        sx_film_warn(f,
                     "BitsStored is %d, but the compressed stream has values of %d bits; they are "
                     "used",
                     stored, precision);
    else
        sx_film_warn(f, "BitsStored is %d, but values have bits above it; these bits are ignored",
                     stored);
}

/* Signed values of a lossy decoder: bit patterns, if none is negative and some are far above the
 * highest value, as -1 is as a pattern. */
static bool has_lossy_patterns(const sx_film *f) {
    int32_t low, high;
    const int bits = f->info.bits_stored;
    if (!f->info.is_signed || !f->info.lossy_stream) return false;
    find_range(f, &low, &high);
    return low >= 0 && high >= ((int32_t)1 << bits) / 2 + lossy_margin(f, bits);
}

void sx_film_settle_stored_bits(sx_film *f, int precision) {
    sx_film_info *info = &f->info;
    /* a value of a stream has no bits above its precision, and lossy values are not shifted */
    if ((precision && precision <= info->high_bit) || info->lossy_stream)
        info->high_bit = info->bits_stored - 1;
    const int bits = info->high_bit + 1, most = precision ? precision : info->bits_allocated;
    if (most > bits && exceeds(f, bits) && !has_planes(f, bits)) {
        info->stream_bits = precision;
        warn(f, precision);
    }
    settle_high_bit(f);
    info->lossy_patterns = has_lossy_patterns(f);
}

/* Limited to the range, as a value beyond it would appear at its other end. */
static int32_t limited(int32_t v, int32_t low, int32_t high) {
    return v < low ? low : v > high ? high : v;
}

int32_t sx_film_stored_value(const sx_film_info *info, int32_t sample) {
    if (info->stream_bits) return sample;
    const int bits = info->bits_stored;
    const int32_t mask = (int32_t)((1U << bits) - 1U);
    if (info->lossy_stream && !info->is_signed) return sample > mask ? mask : sample;
    if (info->lossy_stream && !info->lossy_patterns)
        return limited(sample, -mask / 2 - 1, mask / 2);
    if (info->lossy_stream) sample = limited(sample, 0, mask);
    const int32_t v = (sample >> (info->high_bit + 1 - bits)) & mask;
    return info->is_signed && v >> (bits - 1) ? v - mask - 1 : v;
}

bool sx_film_is_padding(const sx_film_info *info, int32_t sample) {
    return is_padding(info, sample) || is_padding(info, sx_film_stored_value(info, sample));
}

bool sx_film_stored_range(const sx_film *f, int32_t *low, int32_t *high) {
    const size_t n = (size_t)f->width * (size_t)f->height;
    *low = INT32_MAX;
    *high = INT32_MIN;
    for (size_t i = 0; i < n; i++) {
        const int32_t sample = sx_film_value(f, i), v = sx_film_stored_value(&f->info, sample);
        if ((v >= *low && v <= *high) || sx_film_is_padding(&f->info, sample)) continue;
        if (v < *low) *low = v;
        if (v > *high) *high = v;
    }
    if (*low <= *high) return true;
    *low = *high = 0;
    return false;
}
