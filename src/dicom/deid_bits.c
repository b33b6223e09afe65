#include "dicom/deid_bits.h"

#include <stdlib.h>

#include "base/mem.h"
#include "dicom/levels.h"
#include "dicom/stored_bits.h"

static void add_level(sx_deid_bits *b, const sx_used_bits *used, int32_t sample) {
    const int32_t cleared = sx_used_bits_clear(used, sample);
    b->beyond |= cleared != sample;
    if (!sx_film_is_padding(used->info, sample)) {
        /* a value is compared with both (sx_film_is_padding) */
        b->taken[(uint16_t)cleared] = 1;
        b->taken[(uint16_t)sx_film_stored_value(used->info, sample)] = 1;
    } else {
        b->padding_beyond |= !sx_film_is_padding(used->info, cleared);
    }
}

bool sx_deid_bits_add(sx_deid_bits *b, const sx_film *f, sx_error *err) {
    const sx_used_bits used = sx_used_bits_of(f);
    if (!b->taken && !(b->taken = sx_calloc_for(SX_LEVELS, 1, "grey levels", err))) return false;
    uint8_t *seen = sx_calloc_for(SX_LEVELS, 1, "grey levels", err);
    if (!seen) return false;
    sx_levels_scan(f, seen);
    for (int i = 0; i < sx_level_count(f); i++)
        if (seen[i]) add_level(b, &used, sx_level_value(f, i));
    free(seen);
    return true;
}

/* The nearest one to the value without its other bits, which a program that knows no padding
 * shows. */
void sx_deid_bits_choose(sx_deid_bits *b, const sx_film_info *info) {
    if (!b->padding_beyond) return;
    const int32_t range = (int32_t)1 << info->bits_stored, low = info->is_signed ? -range / 2 : 0,
                  near = sx_film_stored_value(info, info->padding_low);
    b->whole = true;
    b->padding = info->padding_low;
    for (int32_t k = 0; b->whole && k < 2 * range; k++) {
        const int32_t v = k % 2 ? near - (k + 1) / 2 : near + k / 2;
        if (v < low || v >= low + range || b->taken[(uint16_t)v]) continue;
        b->padding = v;
        b->whole = false;
    }
}

int32_t sx_deid_bits_clear(const sx_deid_bits *b, const sx_used_bits *used, int32_t sample) {
    if (!b->padding_beyond || !sx_film_is_padding(used->info, sample))
        return sx_used_bits_clear(used, sample);
    return b->whole ? b->padding : sx_used_bits_sample(used, b->padding);
}

void sx_deid_bits_free(sx_deid_bits *b) {
    free(b->taken);
    *b = (sx_deid_bits){ 0 };
}
