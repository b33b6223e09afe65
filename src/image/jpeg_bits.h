/* The entropy-coded data of JPEG streams: bits and Huffman codes (ITU-T T.81 annexes C and F). */
#ifndef SX_IMAGE_JPEG_BITS_H
#define SX_IMAGE_JPEG_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bits of a segment of entropy-coded data, in which 0xFF is followed by 0. `failed`: more bits
 * were requested than there are, or the bits are no code. */
typedef struct sx_jpeg_bits {
    const uint8_t *at, *end;
    uint64_t next; /* the bits that were fetched, from the top */
    int count;     /* of them */
    bool failed;
} sx_jpeg_bits;

/* The end of the entropy-coded data that begin at p: a marker, or `end`. */
const uint8_t *sx_jpeg_data_end(const uint8_t *p, const uint8_t *end);

/* Fetches bits until there are more than 48, or no more bytes. */
void sx_jpeg_bits_fetch(sx_jpeg_bits *b);

static inline void sx_jpeg_bits_skip(sx_jpeg_bits *b, int n) {
    b->next <<= n;
    b->count -= n;
}

/* n: 0..16 */
static inline unsigned sx_jpeg_bits_read(sx_jpeg_bits *b, int n) {
    if (n == 0) return 0;
    if (b->count < n) sx_jpeg_bits_fetch(b);
    if (b->count < n) {
        b->failed = true;
        return 0;
    }
    const unsigned value = (unsigned)(b->next >> (64 - n));
    sx_jpeg_bits_skip(b, n);
    return value;
}

/* A signed value of n bits, as differences and coefficients are coded (T.81 F.2.2.1). */
static inline int sx_jpeg_bits_signed(sx_jpeg_bits *b, int n) {
    const int value = (int)sx_jpeg_bits_read(b, n);
    return n > 0 && value < 1 << (n - 1) ? value - (1 << n) + 1 : value;
}

/* A Huffman table. {0}: not defined. */
typedef struct sx_jpeg_codes {
    bool defined;
    uint8_t symbols[256];
    uint16_t quick[256]; /* by the next 8 bits: length << 8 | symbol; 0: the code is longer */
    int32_t limit[17];   /* of each length: the first 16 bits that are no such code or a shorter */
    int32_t first[17];   /* of each length: index of the first symbol minus its code */
} sx_jpeg_codes;

/* Makes a table from a DHT segment's lengths[16] and count symbols. False: there are more codes
 * than their lengths allow. */
bool sx_jpeg_codes_make(sx_jpeg_codes *c, const uint8_t *lengths, const uint8_t *symbols,
                        size_t count);

int sx_jpeg_bits_long_symbol(sx_jpeg_bits *b, const sx_jpeg_codes *c); /* for the next function */

/* The next symbol; 0 with b->failed if there is none. */
static inline int sx_jpeg_bits_symbol(sx_jpeg_bits *b, const sx_jpeg_codes *c) {
    if (b->count < 16) sx_jpeg_bits_fetch(b);
    const unsigned quick = c->quick[b->next >> 56];
    const int length = (int)(quick >> 8);
    if (length == 0 || length > b->count) return sx_jpeg_bits_long_symbol(b, c);
    sx_jpeg_bits_skip(b, length);
    return (int)(quick & 0xFF);
}

#endif
