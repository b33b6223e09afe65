#include "image/jpeg_bits.h"

#include <string.h>

const uint8_t *sx_jpeg_data_end(const uint8_t *p, const uint8_t *end) {
    while (p < end && (p = memchr(p, 0xFF, (size_t)(end - p)))) {
        const uint8_t *after = p + 1;
        while (after < end && *after == 0xFF) /* fill bytes */
            after++;
        if (after < end && *after != 0) return p;
        p = after;
    }
    return end;
}

void sx_jpeg_bits_fetch(sx_jpeg_bits *b) {
    while (b->count <= 48 && b->at < b->end) {
        const uint8_t byte = *b->at++;
        if (byte == 0xFF) { /* and fill bytes, and 0 */
            while (b->at < b->end && *b->at == 0xFF)
                b->at++;
            if (b->at < b->end) b->at++;
        }
        b->next |= (uint64_t)byte << (56 - b->count);
        b->count += 8;
    }
}

/* ---- Huffman codes ---- */

static void fill_quick(sx_jpeg_codes *c, int code, int length, uint8_t symbol) {
    if (length > 8) return;
    const int first = code << (8 - length), count = 1 << (8 - length);
    for (int i = first; i < first + count; i++)
        c->quick[i] = (uint16_t)(length << 8 | symbol);
}

bool sx_jpeg_codes_make(sx_jpeg_codes *c, const uint8_t *lengths, const uint8_t *symbols,
                        size_t count) {
    int code = 0;
    size_t at = 0;
    *c = (sx_jpeg_codes){ 0 };
    memcpy(c->symbols, symbols, count < 256 ? count : 256);
    for (int length = 1; length <= 16; length++) {
        const int n = lengths[length - 1];
        if (code + n > 1 << length || at + (size_t)n > count) return false;
        c->first[length] = (int32_t)at - code;
        for (int i = 0; i < n; i++)
            fill_quick(c, code + i, length, c->symbols[at + (size_t)i]);
        at += (size_t)n;
        code += n;
        c->limit[length] = code << (16 - length);
        code <<= 1;
    }
    return c->defined = true;
}

int sx_jpeg_bits_long_symbol(sx_jpeg_bits *b, const sx_jpeg_codes *c) {
    const int32_t next = (int32_t)(b->next >> 48);
    for (int length = 1; length <= 16 && length <= b->count; length++) {
        if (next >= c->limit[length]) continue;
        sx_jpeg_bits_skip(b, length);
        return c->symbols[(next >> (16 - length)) + c->first[length]];
    }
    b->failed = true;
    return 0;
}
