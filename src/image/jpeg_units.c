/* Reads the units of a scan without decoding the image: MCUs and blocks of sequential (T.81 annex
 * F) and progressive streams (annex G), samples of lossless ones (annex H). */
#include <stdlib.h>

#include "image/jpeg_scan.h"

/* No coefficient of P-bit samples exceeds 2^(P+2) before it is quantised; half of that is added for
 * encoders that overshoot on purpose. */
static void check_coefficient(sx_jpeg_scan *s, const sx_jpeg_part *p, int k, int value) {
    const int64_t quantiser = p->quantisers[k], most = (int64_t)3 << (s->frame->precision + 1);
    if (!s->behind && llabs((int64_t)value) * quantiser > most + quantiser) s->out_of_range = true;
}

static void read_dc(sx_jpeg_scan *s, sx_jpeg_part *p) {
    const int size = sx_jpeg_bits_symbol(&s->bits, p->dc);
    if (size > 16) s->bits.failed = true;
    const int difference = size > 16 ? 0 : sx_jpeg_bits_signed(&s->bits, size);
    if (s->behind || s->bits.failed) return;
    p->predicted += difference;
    check_coefficient(s, p, 0, p->predicted * (1 << s->low));
}

/* ---- sequential ---- */

static void read_block(sx_jpeg_scan *s, sx_jpeg_part *p) {
    read_dc(s, p);
    for (int k = 1; k < 64 && !s->bits.failed; k++) {
        const int symbol = sx_jpeg_bits_symbol(&s->bits, p->ac), run = symbol >> 4,
                  size = symbol & 15;
        if (size == 0 && run < 15) return;
        k += run;
        if (size == 0) continue;
        if (k > 63) {
            s->bits.failed = true;
            return;
        }
        check_coefficient(s, p, k, sx_jpeg_bits_signed(&s->bits, size));
    }
}

/* ---- progressive ---- */

static int read_end_of_band(sx_jpeg_scan *s, int bits) {
    return (1 << bits) + (int)sx_jpeg_bits_read(&s->bits, bits);
}

static void read_first_ac(sx_jpeg_scan *s, sx_jpeg_part *p, uint64_t *nonzero) {
    if (s->end_of_band > 0) {
        s->end_of_band--;
        return;
    }
    for (int k = s->first; k <= s->last && !s->bits.failed; k++) {
        const int symbol = sx_jpeg_bits_symbol(&s->bits, p->ac), run = symbol >> 4,
                  size = symbol & 15;
        if (size == 0 && run < 15) {
            s->end_of_band = read_end_of_band(s, run) - 1;
            return;
        }
        k += run;
        if (size == 0) continue;
        const int value = sx_jpeg_bits_signed(&s->bits, size);
        if (k > s->last) {
            s->bits.failed = true;
            return;
        }
        check_coefficient(s, p, k, value * (1 << s->low));
        *nonzero |= (uint64_t)1 << k;
    }
}

/* Passes over `zeros` coefficients that are still 0, and stands at the one after them. Those that
 * are not 0 have a bit each. */
static int pass_zeros(sx_jpeg_scan *s, uint64_t nonzero, int k, int zeros) {
    for (; k <= s->last; k++)
        if (nonzero >> k & 1)
            (void)sx_jpeg_bits_read(&s->bits, 1);
        else if (zeros-- == 0)
            break;
    return k;
}

static void refine_ac(sx_jpeg_scan *s, sx_jpeg_part *p, uint64_t *nonzero) {
    int k = s->first;
    for (; k <= s->last && s->end_of_band == 0 && !s->bits.failed; k++) {
        const int symbol = sx_jpeg_bits_symbol(&s->bits, p->ac), run = symbol >> 4,
                  size = symbol & 15;
        if (size == 0 && run < 15) {
            s->end_of_band = read_end_of_band(s, run);
            break;
        }
        if (size) (void)sx_jpeg_bits_read(&s->bits, 1); /* the sign */
        k = pass_zeros(s, *nonzero, k, run);
        if (size > 1 || (size && k > s->last)) s->bits.failed = true;
        if (size && !s->bits.failed) *nonzero |= (uint64_t)1 << k;
    }
    if (s->end_of_band == 0) return;
    (void)pass_zeros(s, *nonzero, k, 64);
    s->end_of_band--;
}

static void read_progressive(sx_jpeg_scan *s, sx_jpeg_part *p) {
    uint64_t none = 0;
    if (s->first == 0) {
        if (s->high == 0)
            read_dc(s, p);
        else
            (void)sx_jpeg_bits_read(&s->bits, 1);
        return;
    }
    uint64_t *nonzero = s->behind ? &none : &p->component->nonzero[s->unit];
    (s->high == 0 ? read_first_ac : refine_ac)(s, p, nonzero);
}

/* ---- lossless ---- */

/* T.81 table H.1 */
static int predict(const sx_jpeg_scan *s, int above) {
    const int a = s->left, b = above, c = s->corner;
    switch (s->first) {
    case 1:
        return a;
    case 2:
        return b;
    case 3:
        return c;
    case 4:
        return a + b - c;
    case 5:
        return a + ((b - c) >> 1);
    case 6:
        return b + ((a - c) >> 1);
    default:
        return (a + b) >> 1;
    }
}

static void read_sample(sx_jpeg_scan *s, sx_jpeg_part *p) {
    const int category = sx_jpeg_bits_symbol(&s->bits, p->dc), bits = s->frame->precision - s->low;
    if (category > 16) s->bits.failed = true;
    const int difference = category >= 16 ? 32768 : sx_jpeg_bits_signed(&s->bits, category);
    if (s->behind || s->bits.failed) return;
    const size_t x = s->unit % (size_t)s->columns;
    const int above = s->line[x];
    const int predicted = x > 0 ? (s->first_line ? s->left : predict(s, above))
                                : (s->first_line ? 1 << (bits - 1) : above);
    s->left = (predicted + difference) & 0xFFFF;
    if (s->left >> bits) s->out_of_range = true;
    s->line[x] = (uint16_t)s->left;
    s->corner = above;
    if (x + 1 == (size_t)s->columns) s->first_line = false;
}

/* ---- any ---- */

static void read_part(sx_jpeg_scan *s, sx_jpeg_part *p) {
    if (s->frame->marker == 0xC3)
        read_sample(s, p);
    else if (s->frame->marker == 0xC2)
        read_progressive(s, p);
    else
        read_block(s, p);
}

bool sx_jpeg_scan_read(sx_jpeg_scan *s) {
    for (int i = 0; i < s->count && !s->bits.failed; i++) {
        sx_jpeg_part *p = &s->parts[i];
        const int blocks = s->count > 1 ? p->component->across * p->component->down : 1;
        for (int j = 0; j < blocks && !s->bits.failed; j++)
            read_part(s, p);
    }
    s->unit++;
    return !s->bits.failed && !s->out_of_range;
}

void sx_jpeg_scan_restart(sx_jpeg_scan *s) {
    for (int i = 0; i < s->count; i++)
        s->parts[i].predicted = 0;
    s->end_of_band = 0;
    s->first_line = true;
}
